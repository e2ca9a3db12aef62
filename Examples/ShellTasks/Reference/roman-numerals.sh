roman() {
    number=$1
    text=
    for pair in 1000:M 900:CM 500:D 400:CD 100:C 90:XC 50:L 40:XL 10:X 9:IX 5:V 4:IV 1:I; do
        value=${pair%:*}
        while [ "$number" -ge "$value" ]; do
            text=$text${pair#*:}
            number=$((number - value))
        done
    done
    echo "$text"
}
while read -r line || [ -n "$line" ]; do
    case $line in
    '' | *[!0-9]* | 0*) echo invalid ;;
    ????[0-9]*) echo invalid ;;
    *) if [ "$line" -gt 3999 ]; then echo invalid; else roman "$line"; fi ;;
    esac
done
