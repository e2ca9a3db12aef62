#!/bin/sh
# Checks the content of the benchmark: every reference solution passes all cases of its task, every wrong one only some.
# Needs python3 to read the dataset.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

python3 - "$here/Data/default.jsonl" "$work" <<'END'
import json, os, sys
for line in open(sys.argv[1], encoding="utf-8"):
    task = json.loads(line)
    for number, test in enumerate(task["tests"], 1):
        folder = os.path.join(sys.argv[2], task["id"], f"{number:02}")
        os.makedirs(folder)
        files = {
            "name": test["name"], "arguments": "".join(a + "\n" for a in test["arguments"]), "stdin": test["stdin"],
            "expected_stdout": test["expected_stdout"], "expected_exit": f"{test['expected_exit']}\n",
        }
        files.update({"files/" + path: text for path, text in test.get("files", {}).items()})
        for path, text in files.items():
            path = os.path.join(folder, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text)
END

check() { # NAME PROGRAM TASK EXPECTATION
    total=$(find "$work/$3" -mindepth 1 -maxdepth 1 | wc -l)
    passed=$(sh "$here/Harness/run_tests.sh" "$work/$3" "$2" | grep -c '^ok ' || :)
    case $4 in
    all) [ "$passed" -eq "$total" ] && verdict=ok || verdict=WRONG ;;
    some) [ "$passed" -lt "$total" ] && [ "$passed" -gt 0 ] && verdict=ok || verdict=WRONG ;;
    esac
    echo "$verdict: $1 passes $passed of $total"
    [ "$verdict" = ok ] || status=1
}

for folder in "$work"/*/; do
    task=$(basename "$folder")
    check "$task" "$here/Reference/$task.sh" "$task" all
    if [ -f "$here/Reference/wrong/$task.sh" ]; then
        check "wrong/$task" "$here/Reference/wrong/$task.sh" "$task" some
    fi
done
exit $status
