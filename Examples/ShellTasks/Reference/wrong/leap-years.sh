# Ignores the rules about centuries.
year=$1
while [ "$year" -le "$2" ]; do
    if [ $((year % 4)) -eq 0 ]; then echo "$year"; fi
    year=$((year + 1))
done
