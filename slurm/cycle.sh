#!/bin/sh
# Launch the newest cycle; for cron, every few minutes. POSIX sh, no options of its own:
#
#   */10 * * * *  FORECAST_RUNS=RUNS CHECKOUT/slurm/cycle.sh --site mine >> RUNS/cycle.log 2>&1
#
# Every argument goes to `forecast launch`, and from there to `forecast run`. Calling it again does
# no harm: a cycle that runs or is complete is left alone, one whose driver died with its machine is
# taken up again, one that has failed waits for a person.
#
# This is the only place where the clock of the machine chooses a cycle; everything behind it is
# told. Variables:
#   FORECAST_RUNS          folder of all runs                                   (runs in the checkout)
#   FORECAST_PYTHON        Python of the environment                            (.venv/bin/python there)
#   FORECAST_FIRST_HOUR    hour of the day of a cycle, UTC                      (4)
#   FORECAST_CYCLE_HOURS   hours from one cycle to the next; divides 24         (12)
#   FORECAST_DELAY_MINUTES how long after its hour a cycle can begin, when its
#                          meteorology is expected                              (0)
#   FORECAST_NOW           seconds since 1970, UTC, instead of the clock; for tests
set -u

here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd) || exit 1
runs=${FORECAST_RUNS:-$here/runs}
python=${FORECAST_PYTHON:-$here/.venv/bin/python}
first=${FORECAST_FIRST_HOUR:-4}
every=${FORECAST_CYCLE_HOURS:-12}
delay=${FORECAST_DELAY_MINUTES:-0}
now=${FORECAST_NOW:-$(date -u +%s)}

fail() {
    echo "cycle.sh: $*" >&2
    exit 1
}

for number in "$first" "$every" "$delay" "$now"; do
    case $number in
        '' | *[!0-9]*) fail "'$number' is no whole number; look at the FORECAST_ variables" ;;
    esac
done
# a leading zero would be read as octal
first=${first#0} every=${every#0}
first=${first:-0}
[ "${every:-0}" -ge 1 ] && [ $((24 % every)) -eq 0 ] ||
    fail "FORECAST_CYCLE_HOURS '$every' does not divide 24"
[ -x "$python" ] || fail "there is no Python '$python'; run 'make environment' or set FORECAST_PYTHON"

# the newest full hour that is `first` plus a multiple of `every`, at least `delay` ago
hours=$(((now - delay * 60) / 3600))
hours=$((hours - (hours - first % every) % every))
seconds=$((hours * 3600))
cycle=$(date -u -d "@$seconds" +%Y-%m-%dT%H 2>/dev/null || date -u -r "$seconds" +%Y-%m-%dT%H) ||
    fail "date cannot write the time $seconds"

# two calls at the same moment: the second leaves it to the first
mkdir -p "$runs" || fail "cannot make '$runs'"
exec 9>"$runs/.cycle.lock" || fail "cannot write '$runs/.cycle.lock'"
if ! flock -n 9; then
    echo "cycle.sh: another call is launching; nothing done" >&2
    exit 0
fi

PYTHONPATH=$here
PYTHONSAFEPATH=1
export PYTHONPATH PYTHONSAFEPATH
"$python" -m forecast launch "$cycle" --runs "$runs" --unless-failed "$@" 9>&-
code=$?
case $code in
    3) exit 0 ;; # runs already
    4) exit 0 ;; # has failed; the alert has gone out, a person decides
esac
exit $code
