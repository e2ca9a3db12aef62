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
