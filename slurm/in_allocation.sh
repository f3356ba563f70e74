#!/bin/sh
# Run a command, such as mpirun, with the variables that Slurm gave to this job.
#
#   sh slurm/in_allocation.sh mpirun -n 4 …
#
# The workflow engine takes nearly all SLURM_* variables away from what it starts inside a job, and
# mpirun then does not find its nodes. The shell that Slurm itself started still has them: the
# nearest process above this one that does is asked. Outside of a job the command runs as it is.
set -eu

process=$$
while [ "$process" -gt 1 ]; do
    if tr '\0' '\n' <"/proc/$process/environ" 2>/dev/null | grep -q '^SLURM_JOB_NODELIST='; then
        # names and values of Slurm hold no line breaks
        while IFS= read -r line; do
            case $line in
            SLURM_*=*) export "$line" ;;
            esac
        done <<END
$(tr '\0' '\n' <"/proc/$process/environ")
END
        break
    fi
    process=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$process/status")
done
exec "$@"
