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
