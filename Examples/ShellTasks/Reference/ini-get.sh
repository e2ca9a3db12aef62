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
