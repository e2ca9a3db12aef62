#!/usr/bin/env bash
# Runs the conformance tools against this package's servers and clients.
#
#   Tests/Conformance/run.sh [--quick]
#
# The tools are looked for in CONFORMANCE_TOOLS, else in ../shared/conformance. Without --quick everything runs, which
# takes about two hours, a quarter of it the soak (SOAK_MINUTES), and docs/conformance.md is written. Exit status: 0 if
# nothing failed, 78 if there are no tools, else 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

quick=
case ${1:-} in
--quick) quick=yes ;;
'') ;;
*)
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac

tools=${CONFORMANCE_TOOLS:-../shared/conformance}
if [ ! -e "$tools/http1_probe.py" ]; then
    echo "no conformance tools in $tools (see CONFORMANCE_TOOLS)"
    exit 78
fi

if [ -n "$quick" ] && [ -n "${INTEROP_PRODUCTS:-}" ]; then
    products=$INTEROP_PRODUCTS
else
    for product in ws-echo http-get shell-tasks; do swift build -c release --product "$product"; done
    products=$(swift build -c release --show-bin-path)
fi

work=$(mktemp -d)
servers=()
finish() {
    if [ ${#servers[@]} -gt 0 ]; then kill "${servers[@]}" 2>/dev/null || true; fi
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

# Starts a server on a free port; the port is then in $port.
serve() { # NAME COMMAND …
    local log=$work/$1.log
    shift
    "$@" --port 0 2>"$log" &
    servers+=($!)
    for _ in $(seq 200); do
        port=$(sed -n 's|.*on https\{0,1\}://127\.0\.0\.1:\([0-9]*\).*|\1|p' "$log" | head -n 1)
        if [ -n "$port" ]; then return; fi
        sleep 0.05
    done
    echo "error: $1 did not start:" >&2
    cat "$log" >&2
    return 1
}

failed=0
rows=()

# Runs a tool, keeps its output, and notes its summary line: the last one that matches a pattern.
tool() { # TITLE PATTERN COMMAND …
    local title=$1 pattern=$2 status=0 start=$SECONDS summary
    shift 2
    echo
    echo "== $title"
    "$@" >"$work/output" 2>&1 || status=$?
    summary=$(grep -E "$pattern" "$work/output" | tail -n 1 || true)
    # What is not ok is for people to read.
    grep -E '^(FAIL|FAILED|failed|UNIMPLEMENTED|NON-STRICT|✘)' "$work/output" | grep -vxF "$summary" || true
    echo "${summary:-no summary, status $status}"
    if [ -z "$summary" ]; then tail -n 20 "$work/output"; fi
    summary=$(sed 's/^\[[^]]*\] //; s/ *([0-9]* s)$//; s/  */ /g' <<<"$summary")
    rows+=("| $title | ${summary:-could not be run (status $status)} | $((SECONDS - start)) s |")
    if [ "$status" -ne 0 ] && [ -z "${expected_failures:-}" ]; then failed=1; fi
    if [ -n "${expected_failures:-}" ]; then
        local seen
        seen=$(sed -n 's/^failed: //p' "$work/output" | tr ' ' '\n' | sort | xargs)
        if [ "$seen" != "$expected_failures" ]; then
            echo "error: expected to fail, and only these: $expected_failures"
            failed=1
        fi
    fi
}

probe() { python3 -B "$tools/http1_probe.py" --quiet "$@"; }
tls_probe() { python3 -B "$tools/tls_probe" "$@"; }

certificates=$work/certificates
tls_probe certs "$certificates" >/dev/null
tls=(--tls-cert "$certificates/server.pem" --tls-key "$certificates/server.key")
limit=1048576
serve echo "$products/ws-echo" --max-body-bytes $limit
plain_port=$port
serve secure-echo "$products/ws-echo" --max-body-bytes $limit "${tls[@]}"
secure_port=$port
serve example "$products/shell-tasks" --quiet
example_port=$port

http=(--path /health --post-path /echo --ws-path /ws --body-limit $limit --trickle-body-max 45)
if [ -n "$quick" ]; then http+=(--fast --no-slow); fi
tool "HTTP/1.1, \`ws-echo\`" ' passed, ' probe --port "$plain_port" "${http[@]}"
tool "HTTP/1.1 over TLS, \`ws-echo\`" ' passed, ' probe --port "$secure_port" --tls "${http[@]}"

# The service contract answers HEAD with 405, as the original does.
expected_failures="head/1.0-no-body head/no-body head/same-length-as-get length/head-body-is-no-request"
expected_failures+=" pipeline/10-mixed-in-order"
example=(--path /health --post-path /final-score/ --ws-path /ws/setup-task --body-limit 67108864)
if [ -n "$quick" ]; then example+=(--fast --no-slow); else example+=(--trickle-body-max 45); fi
tool "HTTP/1.1, the example service" ' passed, ' probe --port "$example_port" "${example[@]}"
expected_failures=

tool "TLS, \`ws-echo\`" ' passed, ' tls_probe server "$secure_port" --ca "$certificates/ca.pem"
tool "TLS, \`http-get\`" ' passed, ' tls_probe client -- "$products/http-get" '{url}' --ca '{ca}'

summary='^(\[[^]]*\] )?OK [0-9]+ '
autobahn=(--quiet)
# 12 and 13, compression, take most of the time.
if [ -n "$quick" ]; then autobahn+=(--exclude '12.*' --exclude '13.*'); else autobahn+=(--require-deflate); fi
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
tool "WebSocket, \`ws-echo\`" "$summary" \
    "$tools/autobahn" "ws://127.0.0.1:$plain_port/" --jobs 2 "${autobahn[@]}"
tool "WebSocket, \`ws-echo --client\`" "$summary" \
    "$tools/autobahn-server" "$(free_port)" --run "'$products/ws-echo' --client \$URL" "${autobahn[@]}"
if [ -z "$quick" ]; then
    # The suite's server sends its own certificate and not the one between it and the authority.
    cat "$certificates/ca.pem" "$certificates/server.pem" >"$work/authorities.pem"
    tool "WebSocket over TLS, \`ws-echo\`" "$summary" \
        "$tools/autobahn" "wss://127.0.0.1:$secure_port/" --jobs 2 "${autobahn[@]}"
    tool "WebSocket over TLS, \`ws-echo --client\`" "$summary" \
        "$tools/autobahn-server" "$(free_port)" --cert "$certificates/server.pem" --key "$certificates/server.key" \
        --run "'$products/ws-echo' --client \$URL --ca '$work/authorities.pem'" "${autobahn[@]}"
fi

if [ -z "$quick" ]; then
    for sanitizer in thread address; do
        tool "The Swift tests, \`--sanitize=$sanitizer\`" 'Test run with [0-9]+ tests' ./dev test "--sanitize=$sanitizer"
    done
fi

# What holds and what it costs, in the words of the programs.
held=$work/held
holds() {
    echo
    echo "== holds $*"
    echo "\$ python3 -m holds $*" >>"$held"
    (cd Benchmarks && python3 -B -m holds "$@") 2>&1 | tee -a "$held" || failed=1
}
if [ -z "$quick" ]; then
    holds idle
    holds idle --tls
    holds slow-reader
    holds soak --minutes "${SOAK_MINUTES:-30}"
fi

echo
printf '%s\n' "${rows[@]}"
if [ -z "$quick" ]; then
    . Tests/Conformance/report.sh
    report >docs/conformance.md
    echo "written: docs/conformance.md"
fi
exit "$failed"
