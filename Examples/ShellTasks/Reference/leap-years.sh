if [ $# -ne 2 ]; then
    echo "usage: FROM TO"
    exit 2
fi
year=$1
count=0
while [ "$year" -le "$2" ]; do
    if [ $((year % 4)) -eq 0 ] && { [ $((year % 100)) -ne 0 ] || [ $((year % 400)) -eq 0 ]; }; then
        echo "$year"
        count=$((count + 1))
    fi
    year=$((year + 1))
done
if [ "$count" -eq 0 ]; then exit 1; fi
