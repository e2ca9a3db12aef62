#!/bin/sh
# The demo's agent, made by build-demo-agent.sh. It runs inside a sandbox, reads which task it has, and writes a solution.
set -eu
task=$(sed -n 's/^Task: //p' "$PROBLEM_PATH" | head -n 1)
echo "reading $PROBLEM_PATH: the task is $task"
cd "$WORKDIR"
case $task in
brackets)
    cat >solution.sh <<'END_OF_SOLUTION'
while IFS= read -r line || [ -n "$line" ]; do
    stack=
    position=0
    verdict=balanced
    while [ -n "$line" ]; do
        position=$((position + 1))
        rest=${line#?}
        char=${line%"$rest"}
        line=$rest
        case $char in
        '(' | '[' | '{') stack=$char$stack ;;
        ')' | ']' | '}')
            case $char${stack%"${stack#?}"} in
            ')(' | '][' | '}{') stack=${stack#?} ;;
            *)
                verdict="unbalanced at $position"
                stack=
                break
                ;;
            esac
            ;;
        esac
    done
    if [ -n "$stack" ]; then verdict="unclosed ${#stack}"; fi
    echo "$verdict"
done
END_OF_SOLUTION
    ;;
caesar)
    cat >solution.sh <<'END_OF_SOLUTION'
shift=$(($1 % 26))
if [ "$shift" -lt 0 ]; then shift=$((shift + 26)); fi
if [ "$shift" -eq 0 ]; then exec cat; fi
lower=abcdefghijklmnopqrstuvwxyz
upper=ABCDEFGHIJKLMNOPQRSTUVWXYZ
rotate() {
    printf '%s%s' "$(printf %s "$1" | cut -c$((shift + 1))-26)" "$(printf %s "$1" | cut -c1-"$shift")"
}
tr "$lower$upper" "$(rotate $lower)$(rotate $upper)"
END_OF_SOLUTION
    ;;
csv-sum)
    cat >solution.sh <<'END_OF_SOLUTION'
name=$1
IFS= read -r header || header=
index=0
found=0
rest=$header,
while [ -n "$rest" ]; do
    index=$((index + 1))
    if [ "${rest%%,*}" = "$name" ]; then
        found=$index
        break
    fi
    rest=${rest#*,}
done
if [ "$found" -eq 0 ]; then
    echo "unknown column: $name"
    exit 2
fi
sum=0
while IFS= read -r line || [ -n "$line" ]; do
    if [ -z "$line" ]; then continue; fi
    value=$(printf '%s\n' "$line" | cut -d, -f"$found")
    sum=$((sum + ${value:-0}))
done
echo "$sum"
END_OF_SOLUTION
    ;;
ini-get)
    cat >solution.sh <<'END_OF_SOLUTION'
trim() {
    text=$1
    while :; do
        case $text in
        ' '* | '	'*) text=${text#?} ;;
        *' ' | *'	') text=${text%?} ;;
        *) break ;;
        esac
    done
    printf '%s\n' "$text"
}
if [ ! -f "$1" ]; then
    echo "no file: $1"
    exit 2
fi
section=
found=
answer=
while IFS= read -r line || [ -n "$line" ]; do
    line=$(trim "$line")
    case $line in
    '' | ';'* | '#'*) ;;
    '['*']')
        section=${line#'['}
        section=${section%']'}
        ;;
    *=*)
        if [ "$section" = "$2" ] && [ "$(trim "${line%%=*}")" = "$3" ]; then
            found=yes
            answer=$(trim "${line#*=}")
        fi
        ;;
    esac
done <"$1"
if [ -z "$found" ]; then exit 1; fi
printf '%s\n' "$answer"
END_OF_SOLUTION
    ;;
leap-years)
    cat >solution.sh <<'END_OF_SOLUTION'
# Ignores the rules about centuries.
year=$1
while [ "$year" -le "$2" ]; do
    if [ $((year % 4)) -eq 0 ]; then echo "$year"; fi
    year=$((year + 1))
done
END_OF_SOLUTION
    ;;
ledger)
    cat >solution.sh <<'END_OF_SOLUTION'
# One file per account holds its balance.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
balance() { cat "$folder/$1" 2>/dev/null || echo 0; }
number=0
while read -r verb first second third || [ -n "$verb" ]; do
    number=$((number + 1))
    case $verb in
    '') ;;
    deposit) echo $(($(balance "$first") + second)) >"$folder/$first" ;;
    withdraw)
        if [ "$(balance "$first")" -lt "$second" ]; then
            echo "line $number: rejected"
        else
            echo $(($(balance "$first") - second)) >"$folder/$first"
        fi
        ;;
    transfer)
        if [ "$(balance "$first")" -lt "$third" ]; then
            echo "line $number: rejected"
        else
            echo $(($(balance "$first") - third)) >"$folder/$first"
            echo $(($(balance "$second") + third)) >"$folder/$second"
        fi
        ;;
    *) echo "line $number: unknown" ;;
    esac
    verb=
done
cd "$folder" || exit 1
for account in *; do
    if [ -f "$account" ]; then echo "$account $(cat "$account")"; fi
done | LC_ALL=C sort
END_OF_SOLUTION
    ;;
list-diff)
    cat >solution.sh <<'END_OF_SOLUTION'
contains() {
    wanted=$1
    while IFS= read -r other || [ -n "$other" ]; do
        if [ "$other" = "$wanted" ]; then return 0; fi
    done <"$2"
    return 1
}
status=0
while IFS= read -r line || [ -n "$line" ]; do
    contains "$line" "$2" || { printf '< %s\n' "$line"; status=1; }
done <"$1"
while IFS= read -r line || [ -n "$line" ]; do
    contains "$line" "$1" || { printf '> %s\n' "$line"; status=1; }
done <"$2"
exit $status
END_OF_SOLUTION
    ;;
log-status)
    cat >solution.sh <<'END_OF_SOLUTION'
# The status is the field after the request's closing quote.
while IFS= read -r line || [ -n "$line" ]; do
    if [ -z "$line" ]; then continue; fi
    rest=${line#*'"'}
    rest=${rest#*'" '}
    status=${rest%% *}
    case $status in
    [1-5][0-9][0-9]) echo "$status" ;;
    *) echo malformed ;;
    esac
done | LC_ALL=C sort | uniq -c | LC_ALL=C sort -k1,1nr -k2,2 |
    while read -r count status; do echo "$status $count"; done
END_OF_SOLUTION
    ;;
primes)
    cat >solution.sh <<'END_OF_SOLUTION'
candidate=2
while [ "$candidate" -le "$1" ]; do
    divisor=2
    prime=yes
    while [ $((divisor * divisor)) -le "$candidate" ]; do
        if [ $((candidate % divisor)) -eq 0 ]; then
            prime=
            break
        fi
        divisor=$((divisor + 1))
    done
    if [ -n "$prime" ]; then echo "$candidate"; fi
    candidate=$((candidate + 1))
done
END_OF_SOLUTION
    ;;
roman-numerals)
    cat >solution.sh <<'END_OF_SOLUTION'
# Forgets the subtractive forms.
while read -r number; do
    text=
    for pair in 1000:M 500:D 100:C 50:L 10:X 5:V 1:I; do
        while [ "$number" -ge "${pair%:*}" ]; do
            text=$text${pair#*:}
            number=$((number - ${pair%:*}))
        done
    done
    echo "$text"
done
END_OF_SOLUTION
    ;;
run-length)
    cat >solution.sh <<'END_OF_SOLUTION'
while IFS= read -r line || [ -n "$line" ]; do
    out=
    while [ -n "$line" ]; do
        rest=${line#?}
        first=${line%"$rest"}
        count=1
        while [ -n "$rest" ] && [ "${rest#"$first"}" != "$rest" ]; do
            rest=${rest#?}
            count=$((count + 1))
        done
        out=$out$count$first
        line=$rest
    done
    printf '%s\n' "$out"
done
END_OF_SOLUTION
    ;;
transpose)
    cat >solution.sh <<'END_OF_SOLUTION'
# One file per column, to which every row appends.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
width=-1
while read -r line || [ -n "$line" ]; do
    # shellcheck disable=SC2086 # the line is to be split
    set -f -- $line
    if [ "$width" -ge 0 ] && [ $# -ne "$width" ]; then
        echo "ragged"
        exit 1
    fi
    width=$#
    column=0
    for cell; do
        column=$((column + 1))
        printf '%s ' "$cell" >>"$folder/$column"
    done
done
column=0
while [ "$column" -lt "$width" ]; do
    column=$((column + 1))
    read -r row <"$folder/$column" || :
    echo "$row"
done
END_OF_SOLUTION
    ;;
word-frequency)
    cat >solution.sh <<'END_OF_SOLUTION'
# Puts every run of letters on a line of its own, then counts them.
tr -cs 'A-Za-z' '\n' | LC_ALL=C sort | uniq -c | LC_ALL=C sort -k1,1nr -k2,2 |
    while read -r count word; do
        if [ -n "$word" ]; then echo "$count $word"; fi
    done
END_OF_SOLUTION
    ;;
*)
    echo "I have no idea how to solve $task"
    exit 1
    ;;
esac
echo "wrote $WORKDIR/solution.sh, $(wc -l <solution.sh) lines"
