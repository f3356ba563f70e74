#!/bin/sh
# Prove that a fresh machine is enough: clone the committed state into an empty folder (whose name
# has a space) and run make there with a fresh HOME, empty caches and a PATH that holds Python, make
# and the basic commands alone: no compiler, no git, no MPI, no browser.
#
#     sh tools/clean_room.sh [make target …]        default: environment
#
# Kept from outside: how pip reaches its index (PIP_*, proxies, certificates). The room is removed
# at the end; KEEP=1 keeps it. PYTHON names the Python to use.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
python=$(sh "$root/tools/find_python.sh")
room=$(mktemp -d "${TMPDIR:-/tmp}/clean room.XXXXXX")
[ -n "${KEEP:-}" ] || trap 'rm -rf "$room"' EXIT
mkdir "$room/home" "$room/bin" "$room/tmp"
git clone --quiet "$root" "$room/forecast"

commands="sh bash make cat cp mv rm ln ls mkdir mktemp rmdir touch chmod chown head tail tee sort uniq
    wc tr cut sed awk grep find xargs dirname basename date env expr id kill printf pwd readlink
    realpath sleep stat test true false uname hostname ps df du nproc sha256sum tar gzip ldd"
for command in $commands; do
    path=$(command -v "$command") && [ -x "$path" ] && ln -s "$path" "$room/bin/$command"
done
# "exec" keeps the name by which a Python finds its own libraries, which a link would lose.
printf '#!/bin/sh\nexec "%s" "$@"\n' "$python" >"$room/bin/python3"
chmod +x "$room/bin/python3"

set -- "${@:-environment}"
echo "Clean room '$room', $("$python" --version), commit $(git -C "$root" rev-parse --short HEAD)"
cd "$room/forecast"
start=$(date +%s)
env | grep -iE '^(PIP_[A-Z_]+|https?_proxy|no_proxy|SSL_CERT_FILE|REQUESTS_CA_BUNDLE)=' |
    tr '\n' '\0' >"$room/kept"
for target in "$@"; do
    echo "== make $target"
    began=$(date +%s)
    xargs -0 -a "$room/kept" sh -c 'target=$1; shift; exec env -i "$@" make "$target"' \
        clean-room "$target" HOME="$room/home" TMPDIR="$room/tmp" PATH="$room/bin"
    echo "== make $target took $(($(date +%s) - began)) s"
done
echo "All of it took $(($(date +%s) - start)) s; .venv holds $(du -sh .venv | cut -f1)."
