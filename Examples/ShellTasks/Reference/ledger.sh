# One file per account holds its balance.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
balance() { cat "$folder/$1" 2>/dev/null || echo 0; }
number=0
while read -r verb first second third || [ -n "$verb" ]; do
    number=$((number + 1))
    case $verb in
    '') ;;
    deposit) echo $(($(balance "$first") + second)) >"$folder/$first" ;;
    withdraw)
        if [ "$(balance "$first")" -lt "$second" ]; then
            echo "line $number: rejected"
        else
            echo $(($(balance "$first") - second)) >"$folder/$first"
        fi
        ;;
    transfer)
        if [ "$(balance "$first")" -lt "$third" ]; then
            echo "line $number: rejected"
        else
            echo $(($(balance "$first") - third)) >"$folder/$first"
            echo $(($(balance "$second") + third)) >"$folder/$second"
        fi
        ;;
    *) echo "line $number: unknown" ;;
    esac
    verb=
done
cd "$folder" || exit 1
for account in *; do
    if [ -f "$account" ]; then echo "$account $(cat "$account")"; fi
done | LC_ALL=C sort
