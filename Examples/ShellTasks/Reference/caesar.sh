shift=$(($1 % 26))
if [ "$shift" -lt 0 ]; then shift=$((shift + 26)); fi
if [ "$shift" -eq 0 ]; then exec cat; fi
lower=abcdefghijklmnopqrstuvwxyz
upper=ABCDEFGHIJKLMNOPQRSTUVWXYZ
rotate() {
    printf '%s%s' "$(printf %s "$1" | cut -c$((shift + 1))-26)" "$(printf %s "$1" | cut -c1-"$shift")"
}
tr "$lower$upper" "$(rotate $lower)$(rotate $upper)"
