#!/usr/bin/env bash
# The demo: a project is scaffolded and built, then the example benchmark is run from beginning to end. Any failure ends
# it with a non-zero exit.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. Tests/Interop/service.sh
here=$PWD
work=$(mktemp -d "${TMPDIR:-/tmp}/benchmark-demo.XXXXXX")
service=

finish() {
    trap - EXIT INT TERM
    if [ -n "$service" ]; then
        kill -TERM "$service" 2>/dev/null || :
        wait "$service" 2>/dev/null || :
    fi
    rm -rf "$work"
}
trap finish EXIT
trap 'finish; exit 130' INT
trap 'finish; exit 143' TERM

echo "-- building the toolkit"
swift build
products=$(swift build --show-bin-path)

echo "-- scaffolding a project and building it"
(cd "$work" && "$products/scaffold" demo --framework-path "$here")
swift build --package-path "$work/demo-benchmark-service"

echo "-- starting the example service"
start_service "$products" "$work/service.log"
cat "$work/service.log"

echo "-- running the demo agent over all tasks"
"$products/runner" --url "$url" --agent "$here/Examples/ShellTasks/Agents/demo-agent.sh" --concurrency 2 \
    --out "$work/results"

# Four tasks are failed on purpose.
grep -q '"resolved_tasks":10,' "$work/results/results.json" || {
    echo "error: the demo should resolve 10 of 14 tasks" >&2
    exit 1
}
stop_service
