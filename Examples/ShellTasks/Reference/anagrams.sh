# Groups words by their sorted letters; the groups are printed in the order of their first words.
tr 'A-Z' 'a-z' | LC_ALL=C sort -u | while read -r word; do
    if [ -z "$word" ]; then continue; fi
    echo "$(printf %s "$word" | fold -w1 | LC_ALL=C sort | tr -d '\n') $word"
done | LC_ALL=C sort | {
    last=
    group=
    count=0
    while read -r key word; do
        if [ "$key" != "$last" ]; then
            if [ "$count" -gt 1 ]; then echo "$group"; fi
            last=$key
            group=$word
            count=1
        else
            group="$group $word"
            count=$((count + 1))
        fi
    done
    if [ "$count" -gt 1 ]; then echo "$group"; fi
} | LC_ALL=C sort
