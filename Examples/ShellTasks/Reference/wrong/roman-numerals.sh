# Forgets the subtractive forms.
while read -r number; do
    text=
    for pair in 1000:M 500:D 100:C 50:L 10:X 5:V 1:I; do
        while [ "$number" -ge "${pair%:*}" ]; do
            text=$text${pair#*:}
            number=$((number - ${pair%:*}))
        done
    done
    echo "$text"
done
