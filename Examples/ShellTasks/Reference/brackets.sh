while IFS= read -r line || [ -n "$line" ]; do
    stack=
    position=0
    verdict=balanced
    while [ -n "$line" ]; do
        position=$((position + 1))
        rest=${line#?}
        char=${line%"$rest"}
        line=$rest
        case $char in
        '(' | '[' | '{') stack=$char$stack ;;
        ')' | ']' | '}')
            case $char${stack%"${stack#?}"} in
            ')(' | '][' | '}{') stack=${stack#?} ;;
            *)
                verdict="unbalanced at $position"
                stack=
                break
                ;;
            esac
            ;;
        esac
    done
    if [ -n "$stack" ]; then verdict="unclosed ${#stack}"; fi
    echo "$verdict"
done
