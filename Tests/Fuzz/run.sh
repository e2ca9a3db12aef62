#!/usr/bin/env bash
# Fuzzing of the decoders that read a peer's bytes, with libFuzzer.
#
#   run.sh [--seconds N] [NAME …]
#
# Builds all targets at once, optimised but with all checks, into .build-fuzz, and runs each or the named ones for N
# seconds of processor time, 10 if not given, on a copy of its seeds in Corpus. An input that crashes a target, makes it
# hang or refutes what it claims is kept in Crashes; the others go on, and the exit code is 1 in the end.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)

usage() {
    echo "usage: run.sh [--seconds N] [NAME …]"
    echo "names: $(all)"
}

all() { (cd "$here/Corpus" && echo *); }

seconds=10
names=()
while [ $# -gt 0 ]; do
    case $1 in
    --seconds)
        seconds=${2:-}
        if ! [[ $seconds =~ ^[1-9][0-9]*$ ]]; then
            usage >&2
            exit 2
        fi
        shift 2
        ;;
    *)
        if ! [[ $1 =~ ^[A-Za-z0-9]+$ ]] || [ ! -d "$here/Corpus/$1" ]; then
            usage >&2
            exit 2
        fi
        names+=("$1")
        shift
        ;;
    esac
done
if [ ${#names[@]} -eq 0 ]; then read -r -a names <<<"$(all)"; fi

# MARK: Build

# `-assert-config` keeps the checks of unsafe buffers that a release build leaves out.
flags=(-c release --sanitize=fuzzer --scratch-path "$root/.build-fuzz" --package-path "$root")
flags+=(-Xswiftc -enable-testing -Xswiftc -assert-config -Xswiftc Debug -Xswiftc -g)
export FUZZ=1
swift build "${flags[@]}"
products=$(swift build "${flags[@]}" --show-bin-path)

# MARK: Runs

# The words of a format, which the seeds alone would not bring together.
dictionary() { # NAME
    case $1 in
    HTTP* | WebSocketHandshake) echo "$here/Dictionaries/HTTP.dict" ;;
    *) if [ -f "$here/Dictionaries/$1.dict" ]; then echo "$here/Dictionaries/$1.dict"; fi ;;
    esac
}

# The seconds of processor time a process has used; none once it has ended.
used() { # PID
    local fields
    fields=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null) || return 1
    # After the name in brackets, the 12th and the 13th: time in user mode and in the kernel, in hundredths.
    read -r -a fields <<<"$fields"
    if [ "${fields[0]}" = Z ]; then return 1; fi
    echo $(((fields[11] + fields[12]) / 100))
}

# The last number of the log's lines behind a word; a target that failed has not all of them.
figure() { # LOG WORD
    local number
    number=$(grep -a '^#\|^stat::' "$1" | sed -n "s/.*\b$2: *\([0-9][0-9]*\).*/\1/p" | tail -n 1)
    echo "${number:--}"
}

# The handler of Swift's runtime would end the program before libFuzzer can write the input.
export SWIFT_BACKTRACE=enable=no
work=$(mktemp -d)
fuzzer=
trap 'if [ -n "$fuzzer" ]; then kill "$fuzzer" 2>/dev/null || true; fi; rm -rf "$work"' EXIT
crashes=$here/Crashes
failed=0
rows=()
for name in "${names[@]}"; do
    echo "-- $name"
    corpus=$work/$name
    log=$work/$name.log
    cp -r "$here/Corpus/$name" "$corpus"
    mkdir -p "$crashes"
    options=(-max_len=65536 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1)
    options+=(-artifact_prefix="$crashes/$name-")
    words=$(dictionary "$name")
    if [ -n "$words" ]; then options+=(-dict="$words"); fi
    status=0
    "$products/fuzz-$name" "${options[@]}" "$corpus" >"$log" 2>&1 &
    fuzzer=$!
    spent=0
    while now=$(used "$fuzzer"); do
        spent=$now
        # What asks libFuzzer to stop and to say what it did.
        if [ "$spent" -ge "$seconds" ]; then kill -USR1 "$fuzzer" 2>/dev/null || true; fi
        sleep 0.5
    done
    wait "$fuzzer" || status=$?
    fuzzer=
    note=
    if [ "$status" -ne 0 ]; then
        failed=1
        note="  FAILED"
        { grep -a -A 6 'Fatal error\|ERROR: libFuzzer' "$log" || tail -n 20 "$log"; } | cut -c 1-400
        grep -a 'Test unit written to' "$log" | sed 's/.*written to /input: /' || true
    fi
    rows+=("$(printf '%-20s %6s %11s %8s %6s/%-6s %5s MB%s' "$name" "$spent" "$(figure "$log" number_of_executed_units)" \
        "$(figure "$log" average_exec_per_sec)" "$(figure "$log" cov)" "$(figure "$log" ft)" \
        "$(figure "$log" peak_rss_mb)" "$note")")
done
rmdir "$crashes" 2>/dev/null || true

echo
printf '%-20s %6s %11s %8s %13s %8s\n' target cpu-s executions per-s cov/ft peak
printf '%s\n' "${rows[@]}"
exit "$failed"
