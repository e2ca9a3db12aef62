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
