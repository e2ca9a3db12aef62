# The status is the field after the request's closing quote.
while IFS= read -r line || [ -n "$line" ]; do
    if [ -z "$line" ]; then continue; fi
    rest=${line#*'"'}
    rest=${rest#*'" '}
    status=${rest%% *}
    case $status in
    [1-5][0-9][0-9]) echo "$status" ;;
    *) echo malformed ;;
    esac
done | LC_ALL=C sort | uniq -c | LC_ALL=C sort -k1,1nr -k2,2 |
    while read -r count status; do echo "$status $count"; done
