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
