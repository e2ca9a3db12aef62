# Sourced by the scripts beside it: starts the example service and waits until it answers.

# Starts the service on a free port; sets `service` to its process and `url` to its address.
start_service() { # PRODUCTS LOGFILE
    "$1/shell-tasks" --port 0 --quiet 2>"$2" &
    service=$!
    url=
    for _ in $(seq 100); do
        url=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' "$2" | head -n 1)
        if [ -n "$url" ]; then return; fi
        if ! kill -0 "$service" 2>/dev/null; then break; fi
        sleep 0.1
    done
    echo "error: the service did not come up" >&2
    cat "$2" >&2
    exit 1
}

# Stops it; fails if it does not end in good order.
stop_service() {
    kill -TERM "$service"
    wait "$service"
    service=
}
