# Puts every run of letters on a line of its own, then counts them.
tr -cs 'A-Za-z' '\n' | LC_ALL=C sort | uniq -c | LC_ALL=C sort -k1,1nr -k2,2 |
    while read -r count word; do
        if [ -n "$word" ]; then echo "$count $word"; fi
    done
