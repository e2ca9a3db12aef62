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
