#!/usr/bin/env bash
# Interoperability with Python: the official Daytona SDK against local-daytona; httpx, websockets, schemathesis and the
# official Descope package against the example service. Exits with 77, and says why in its last line, if that cannot be
# run here.
#
#   run.sh [options of pytest]
#   run.sh --pages [options of pytest]    only the documentation's pages, in Chromium; exits with 78 if there is none.
#                                         INTEROP_SCREENSHOTS names a folder for pictures of them
#
# The environments are kept in .build-interop. INTEROP_PRODUCTS names the folder of the executables, if they are built.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
environments=$here/../../.build-interop
cd "$here"

# Prepares an environment with exactly what a list of requirements names; an equal one is used again.
prepare() { # NAME REQUIREMENTS
    local folder=$environments/$1 key log
    key=$({ python3 -c 'import sys; print(sys.version, sys.executable)'; cat "$2"; } | sha256sum)
    if [ "$(cat "$folder/key" 2>/dev/null)" = "$key" ]; then return; fi
    echo "-- preparing $1: $(grep -m 1 '==' "$2")"
    rm -rf "$folder"
    if ! python3 -m venv "$folder" >/dev/null 2>&1; then
        rm -rf "$folder"
        echo "python3 has no venv module (apt-get install python3-venv)"
        exit 77
    fi
    log=$folder/pip.log
    if ! "$folder/bin/python" -m pip --disable-pip-version-check --retries 3 --timeout 30 install --quiet \
        --requirement "$2" >"$log" 2>&1; then
        tail -n 20 "$log"
        if grep -qE 'NewConnectionError|ConnectTimeout|ConnectionReset|NameResolutionError|ProxyError|ReadTimeout' "$log"; then
            echo "PyPI cannot be reached"
            exit 77
        fi
        exit 1
    fi
    echo "$key" >"$folder/key"
}

if ! command -v python3 >/dev/null; then
    echo "there is no python3"
    exit 77
fi
prepare current requirements.txt
prepare older requirements-older.txt
prepare schemathesis requirements-schemathesis.txt

if [ -z "${INTEROP_PRODUCTS:-}" ]; then
    swift build --package-path ../..
    INTEROP_PRODUCTS=$(swift build --package-path ../.. --show-bin-path)
fi
INTEROP_SCHEMATHESIS=$environments/schemathesis/bin/schemathesis
export INTEROP_PRODUCTS INTEROP_SCHEMATHESIS

work=$(mktemp -d "${TMPDIR:-/tmp}/interop.XXXXXX")
trap 'rm -rf "$work"' EXIT
# Nothing of the caller's may decide where requests go or what they carry.
unset "${!DAYTONA_@}" "${!DESCOPE_@}" BENCHMARK_API_KEY AUTH_REQUIRED
export NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 PYTHONDONTWRITEBYTECODE=1

# Not a measure of speed: the whole takes about a minute. SIGINT lets the tests stop the programs they have started.
limited() { timeout --signal INT --kill-after 60 900 "$@"; }

if [ "${1:-}" = --pages ]; then
    INTEROP_CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
    if [ -z "$INTEROP_CHROMIUM" ]; then
        echo "there is no Chromium (apt-get install chromium)"
        exit 78
    fi
    export INTEROP_CHROMIUM
    limited "$environments/current/bin/python" -m pytest -q -rs --basetemp "$work/pages" test_docs_page.py "${@:2}"
    exit
fi

echo "-- the SDK, and the example service"
limited "$environments/current/bin/python" -m pytest -q -rs --basetemp "$work/current" --ignore test_docs_page.py "$@"
echo "-- an older SDK"
limited "$environments/older/bin/python" -m pytest -q -rs --basetemp "$work/older" \
    test_sandboxes.py test_commands.py test_files.py "$@"
