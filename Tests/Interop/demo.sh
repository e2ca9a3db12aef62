#!/usr/bin/env bash
# The demo: a project is scaffolded and built, then the example benchmark is run from beginning to end. Any failure ends
# it with a non-zero exit; however it ends, nothing of it stays.
#
#   demo.sh [--run-only]     --run-only leaves out the project
#
# INTEROP_PRODUCTS names the folder of the executables, if they are built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
here=$PWD
# The name is known before the folder is there: an interruption finds it at any point.
work=${TMPDIR:-/tmp}/benchmark-demo.$$

finish() {
    trap '' INT TERM
    trap - EXIT
    for process in $(jobs -pr); do
        kill -TERM "$process" 2>/dev/null || :
        wait "$process" 2>/dev/null || :
    done
    rm -rf "$work"
}
trap finish EXIT
trap 'finish; exit 130' INT
trap 'finish; exit 143' TERM

mkdir -m 700 "$work"
products=${INTEROP_PRODUCTS:-}
if [ -z "$products" ]; then
    echo "-- building the toolkit"
    swift build
    products=$(swift build --show-bin-path)
fi

if [ "${1:-}" != --run-only ]; then
    echo "-- scaffolding a project and building it"
    (cd "$work" && "$products/scaffold" demo --framework-path "$here")
    swift build --package-path "$work/demo-benchmark-service"
fi

echo "-- starting the example service"
log=$work/service.log
"$products/shell-tasks" --port 0 --quiet 2>"$log" &
service=$!
url=
until [ -n "$url" ]; do
    if ! kill -0 "$service" 2>/dev/null; then
        cat "$log" >&2
        echo "error: the service did not come up" >&2
        exit 1
    fi
    sleep 0.1
    url=$(sed -n 's/.*serving .* on \(http:[^ ]*\).*/\1/p' "$log")
done
cat "$log"

echo "-- running the demo agent over all tasks"
# In the background, so that this script can act on a signal while it runs.
"$products/runner" --url "$url" --agent "$here/Examples/ShellTasks/Agents/demo-agent.sh" --concurrency 2 \
    --out "$work/results" &
wait "$!"

# Four tasks are failed on purpose.
if ! grep -q '"resolved_tasks":10,' "$work/results/results.json"; then
    echo "error: the demo should resolve 10 of 14 tasks" >&2
    exit 1
fi

kill -TERM "$service"
wait "$service"
