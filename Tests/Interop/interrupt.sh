#!/usr/bin/env bash
# Interrupts a run of the example at ten points, with Ctrl-C's signal, and compares the machine before and after: no
# process, no mount and no temporary file may stay.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. Tests/Interop/service.sh
swift build >/dev/null
products=$(swift build --show-bin-path)
work=$(mktemp -d)
service=
trap 'if [ -n "$service" ]; then kill "$service" 2>/dev/null || :; fi; rm -rf "$work"' EXIT
# Temporary files go below a folder of its own, so that what others leave in /tmp does not count.
export TMPDIR=$work/tmp
mkdir "$TMPDIR"
start_service "$products" "$work/service.log"

# What a run could leave behind. Sandboxes' processes are known by the folder of their instance, or by their variable.
snapshot() {
    for process in /proc/[0-9]*; do
        { tr '\0' ' ' <"$process/cmdline" | grep -F "$work" || tr '\0' '\n' <"$process/environ" | grep DAYTONA_SANDBOX_ID; } \
            2>/dev/null || :
    done | sort
    sort /proc/self/mountinfo
    ls -A "$TMPDIR"
}

status=0
snapshot >"$work/before"
for delay in 0.02 0.1 0.2 0.4 0.7 1.0 1.4 1.9 2.5 3.2; do
    # A session of its own, as a terminal would give it; the signal goes to all of it.
    setsid "$products/runner" --url "$url" --agent Examples/ShellTasks/Agents/demo-agent.sh >"$work/run.log" 2>&1 &
    runner=$!
    sleep "$delay"
    kill -INT -- "-$runner" 2>/dev/null || :
    code=0
    wait "$runner" || code=$?
    snapshot >"$work/after"
    if ! diff "$work/before" "$work/after" >"$work/diff"; then
        echo "FAILED: interrupted after $delay s, this stayed or is gone:"
        cat "$work/diff"
        status=1
    elif [ "$code" -ne 130 ]; then
        echo "FAILED: interrupted after $delay s, the runner exited with $code:"
        tail -n 5 "$work/run.log"
        status=1
    else
        echo "interrupted after $delay s, at '$(tail -n 2 "$work/run.log" | head -n 1)': nothing left"
    fi
done
stop_service
exit $status
