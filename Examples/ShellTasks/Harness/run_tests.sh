#!/bin/sh
# Runs a program against test cases: sh run_tests.sh CASES PROGRAM
#
# A case is a folder with the files name, arguments (one per line), stdin, expected_stdout and expected_exit, and
# optionally a folder files, whose contents are copied to the program's working directory. Prints a line per case, `ok 3
# - name` or `not ok 3 - name` followed by the difference in comments, then `# passed P of T`. Exits with 0, or with 2
# if the tests could not be run.
set -u
cases=$1
program=$2
limit=${CASE_SECONDS:-10}
most=128 # blocks of 512 bytes, or of 1 KiB in some shells

fail() {
    echo "# cannot run the tests: $1"
    exit 2
}
[ -d "$cases" ] || fail "no folder $cases"
work=$(mktemp -d) || fail "no temporary folder"
trap 'chmod -R u+rwx "$work" 2>/dev/null; rm -rf "$work"' EXIT

# Prints the first lines of a file, as comments.
show() {
    head -c 400 "$2" | head -n 8 | while IFS= read -r line || [ -n "$line" ]; do
        printf '# %s: %s\n' "$1" "$line"
    done
}

# Runs the program on the case $1 in a fresh folder; writes its output to $work/out, its exit code to $work/exit.
run() {
    rm -rf "$work/home" "$work/out"
    mkdir "$work/home" || fail "no working folder"
    if [ -d "$1/files" ]; then cp -R "$1/files/." "$work/home"; fi
    case_folder=$1
    shift
    while IFS= read -r argument || [ -n "$argument" ]; do set -- "$@" "$argument"; done <"$case_folder/arguments"
    # To a file and not a pipe: processes that the program leaves in the background must not hold the tests up.
    (
        cd "$work/home" || exit 126
        ulimit -f "$most"
        timeout -k 1 "$limit" sh "$program" "$@" <"$case_folder/stdin" >"$work/out" 2>/dev/null
    )
    echo "$?" >"$work/exit"
}

cases=$(cd "$cases" && pwd)
number=0
passed=0
for folder in "$cases"/*/; do
    folder=${folder%/}
    number=$((number + 1))
    read -r name <"$folder/name" || :
    echo 125 >"$work/exit"
    if [ ! -f "$program" ]; then
        echo "not ok $number - $name"
        echo "# there is no $program"
        continue
    fi
    run "$folder"
    read -r status <"$work/exit"
    read -r expected <"$folder/expected_exit"
    if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
        echo "not ok $number - $name"
        echo "# ended after $limit seconds"
    elif [ "$status" -ne "$expected" ]; then
        echo "not ok $number - $name"
        echo "# expected exit code $expected, got $status"
    elif cmp -s "$work/out" "$folder/expected_stdout"; then
        echo "ok $number - $name"
        passed=$((passed + 1))
    else
        echo "not ok $number - $name"
        show expected "$folder/expected_stdout"
        show actual "$work/out"
    fi
done
echo "# passed $passed of $number"
