#!/bin/sh
# Generates demo-agent.sh from the reference solutions: sh build-demo-agent.sh >demo-agent.sh
#
# The agent knows all answers, but is deliberately wrong for three tasks and has no answer for one, so that the demo
# shows what a real run looks like.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
wrong='word-frequency roman-numerals leap-years'
none='anagrams'

cat <<'END'
#!/bin/sh
# The demo's agent, made by build-demo-agent.sh. It runs inside a sandbox, reads which task it has, and writes a solution.
set -eu
task=$(sed -n 's/^Task: //p' "$PROBLEM_PATH" | head -n 1)
echo "reading $PROBLEM_PATH: the task is $task"
cd "$WORKDIR"
case $task in
END
for program in "$here"/Reference/*.sh; do
    task=$(basename "$program" .sh)
    case " $none " in *" $task "*) continue ;; esac
    case " $wrong " in *" $task "*) program=$here/Reference/wrong/$task.sh ;; esac
    printf '%s)\n' "$task"
    printf "    cat >solution.sh <<'END_OF_SOLUTION'\n"
    cat "$program"
    printf 'END_OF_SOLUTION\n    ;;\n'
done
cat <<'END'
*)
    echo "I have no idea how to solve $task"
    exit 1
    ;;
esac
echo "wrote $WORKDIR/solution.sh, $(wc -l <solution.sh) lines"
END
