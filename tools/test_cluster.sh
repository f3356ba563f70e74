#!/bin/sh
# Bring up a Slurm cluster on this machine, run the tests that need one, take it down again.
#
#   sh tools/test_cluster.sh PYTHON [OPTIONS OF PYTEST ...]
#
# The cluster gets a folder and ports of its own, so that one that is up already stays as it is.
# Fails when anything does, also when there can be no cluster here.
set -eu

python=$1
shift
cd "$(dirname "$0")/.."

FORECAST_LAB=$(mktemp -d "${TMPDIR:-/tmp}/forecast-drills-XXXXXX")
LAB_PORT=$((18000 + $$ % 250 * 40))
export FORECAST_LAB LAB_PORT

finish() {
    status=$?
    trap - EXIT INT TERM HUP
    slurm/lab.sh down --purge || status=1
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP

slurm/lab.sh up
# shellcheck source=/dev/null
. "$FORECAST_LAB/env"
"$python" -m pytest -m slurm tests/cluster "$@"
