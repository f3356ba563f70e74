#!/bin/sh
# Print the Python to build the environment with: the newest of 3.13, 3.12, 3.11 that can make
# virtual environments, or a later one. A name on the PATH may be an empty shim or too old, so every
# candidate is asked. An explicit choice comes first: PYTHON=/path/to/python3.
set -u

# 0: suitable, 3: too old, 4: cannot make virtual environments, other: does not start
ask='import sys
if sys.version_info[:2] < (3, 11):
    sys.exit(3)
try:
    import ensurepip, venv
except ImportError:
    sys.exit(4)'

if [ -n "${PYTHON:-}" ]; then
    candidates=$PYTHON
else
    candidates="python3.13 python3.12 python3.11 python3 python python3.14 python3.15 python3.16"
fi

old='' bare=''
IFS_BEFORE=$IFS
[ -z "${PYTHON:-}" ] || IFS=''
for name in $candidates; do
    IFS=$IFS_BEFORE
    path=$(command -v "$name" 2>/dev/null) || continue
    "$path" -c "$ask" >/dev/null 2>&1
    case $? in
        0) printf '%s\n' "$path"; exit 0 ;;
        3) old="$old $path" ;;
        4) bare="$bare $path" ;;
    esac
done

if [ -n "$bare" ]; then
    echo "Python 3.11 or newer was found at$bare, but without the modules venv and ensurepip." >&2
    echo "Install them (Debian and Ubuntu: the package python3-venv), or name another Python:" >&2
elif [ -n "$old" ]; then
    echo "Only Pythons older than 3.11 were found:$old." >&2
    echo "Install Python 3.11 or newer, or name one that is not on the PATH:" >&2
elif [ -n "${PYTHON:-}" ]; then
    echo "PYTHON='$PYTHON' does not start as a Python. Correct it:" >&2
else
    echo "No Python was found on the PATH." >&2
    echo "Install Python 3.11 or newer, or name one:" >&2
fi
echo "    make forecast PYTHON=/path/to/python3" >&2
exit 1
