#!/usr/bin/env bash
# A small Slurm cluster on one Debian machine, for tests and to try things: several nodes, MPI over
# nodes through PMIx, preemption, requeue, and power cuts. Needs root; nothing of it survives `down`.
#
#   slurm/lab.sh up               install what is missing, start what is not running, wait for the nodes
#   slurm/lab.sh down [--purge]   stop everything that `up` started; --purge removes the folder as well
#   slurm/lab.sh crash NODE [now] cut the power of a node (n1, n2, ...) or of `slurmctld`; Slurm notices
#                                 a dead node after some 20 s, with `now` at once
#   slurm/lab.sh start NODE       switch it (or `slurmctld`) on again
#   slurm/lab.sh status           nodes and jobs
#
# What can be set, with the default:
#   FORECAST_LAB  ${TMPDIR:-/tmp}/forecast-lab-<uid>   folder of the lab; two labs need two folders and ports
#   LAB_NODES     4      nodes
#   LAB_CPUS      4      CPUs that each node claims to have; there may be fewer
#   LAB_MEMORY    4000   MB that each node claims to have
#   LAB_PORT      17100  first of some 40 TCP ports on 127.0.0.1
#   DBD           0      1 adds accounting (slurmdbd with MariaDB), so that sacct answers
#
# Afterwards `. $FORECAST_LAB/env` makes the Slurm commands of a shell talk to the lab.
#
# Partitions: low (may be preempted by the others), main (default), high. A job whose node dies or
# that is preempted is queued again. Features of the nodes: the first half `older`, the others `newer`.
set -euo pipefail

LAB=${FORECAST_LAB:-${TMPDIR:-/tmp}/forecast-lab-$(id -u)}
NODES=${LAB_NODES:-4}
CPUS=${LAB_CPUS:-4}
MEMORY=${LAB_MEMORY:-4000}
PORT=${LAB_PORT:-17100}
DBD=${DBD:-0}
HOST=$(hostname -s)
MUNGE_SOCKET=$LAB/run/munge.sock
export SLURM_CONF=$LAB/etc/slurm.conf

say() { printf 'lab: %s\n' "$*"; }
fail() {
    printf 'lab: %s\n' "$*" >&2
    exit 1
}

# --- packages -------------------------------------------------------------------------------------

install_packages() {
    # libpmix-dev: Slurm loads libpmix.so by that name, and only this package holds the name
    local wanted=(slurm-wlm munge openmpi-bin libpmix-dev) missing=() package
    if [ "$DBD" = 1 ]; then wanted+=(slurmdbd mariadb-server); fi
    for package in "${wanted[@]}"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    if [ ${#missing[@]} = 0 ]; then return; fi
    command -v apt-get >/dev/null || fail "needs the packages ${missing[*]}, and this is no Debian machine"
    say "installing ${missing[*]}"
    # daemons of the packages shall not start by themselves
    local policy=/usr/sbin/policy-rc.d ours=
    if [ ! -e $policy ]; then
        ours=$policy
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod 755 $policy
    fi
    apt_get "${missing[@]}" || { apt-get -q update >>"$LAB/log/packages.log" 2>&1 && apt_get "${missing[@]}"; } || {
        tail -n 20 "$LAB/log/packages.log" >&2
        if [ -n "$ours" ]; then rm -f "$ours"; fi
        fail "the packages could not be installed; see $LAB/log/packages.log"
    }
    if [ -n "$ours" ]; then rm -f "$ours"; fi
}

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
        install --no-install-recommends "$@" >>"$LAB/log/packages.log" 2>&1
}

# --- processes ------------------------------------------------------------------------------------
# Each runs as leader of a session of its own; its id is in run/NAME.pid. It is ours as long as its
# environment names our folder: an id may be used again, and a dead process may linger as a zombie.

alive() {
    local id
    id=$(cat "$LAB/run/$1.pid" 2>/dev/null) && [ -n "$id" ] &&
        grep -qsz "^LAB_PROCESS=$LAB/$1\$" "/proc/$id/environ"
}

launch() { # NAME COMMAND ...
    local name=$1
    shift
    # the lock of `up` (descriptor 9) must not live on in a daemon
    LAB_PROCESS=$LAB/$name setsid "$@" </dev/null >>"$LAB/log/$name.out" 2>&1 9>&- &
    echo $! >"$LAB/run/$name.pid"
}

halt() { # NAME [SIGNAL]
    local name=$1 id
    if alive "$name"; then
        id=$(cat "$LAB/run/$name.pid")
        kill -s "${2:-TERM}" -- "-$id" 2>/dev/null || true
        for _ in $(seq 100); do
            alive "$name" || break
            sleep 0.05
        done
        if alive "$name"; then kill -s KILL -- "-$id" 2>/dev/null || true; fi
    fi
    rm -f "$LAB/run/$name.pid"
}

await() { # SECONDS WHAT COMMAND ...
    local until=$((SECONDS + $1)) what=$2
    shift 2
    while [ $SECONDS -lt $until ]; do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.2
    done
    tail -n 8 "$LAB"/log/*.log "$LAB"/log/*.out >&2 || true
    fail "waited in vain for $what; the logs are in $LAB/log"
}

# --- configuration --------------------------------------------------------------------------------

node_names() { seq -f 'n%g' 1 "$NODES"; }

write_files() {
    local half=$((NODES / 2)) accounting='' name
    umask 022
    for name in $(node_names); do mkdir -p "$LAB/spool/$name"; done
    [ -s "$LAB/etc/munge.key" ] || (umask 077 && head -c 256 /dev/urandom >"$LAB/etc/munge.key")
    # takes the place of /etc/hosts inside the nodes
    { cat /etc/hosts 2>/dev/null || echo '127.0.0.1 localhost'; } >"$LAB/etc/hosts"
    for name in $(node_names); do echo "127.0.0.1 $name"; done >>"$LAB/etc/hosts"
    echo 'PMIxCliTmpDirBase=/run/lab-pmix' >"$LAB/etc/mpi.conf"
    echo 'CgroupPlugin=cgroup/v1' >"$LAB/etc/cgroup.conf" # read by slurmd, but nothing here uses it
    if [ "$DBD" = 1 ]; then
        accounting="AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$((PORT + 2))
AccountingStoragePass=$MUNGE_SOCKET
AccountingStoreFlags=job_comment"
        (umask 077 && write_slurmdbd_conf)
    fi
    write_slurm_conf "$half" "$accounting" >"$LAB/etc/slurm.conf.new"
    if ! cmp -s "$LAB/etc/slurm.conf.new" "$LAB/etc/slurm.conf"; then
        if alive slurmctld; then
            say 'other settings than before: starting again'
            stop_all
        fi
        # what slurmctld remembers of other nodes would not fit
        rm -rf "$LAB/state"
    fi
    mkdir -p "$LAB/state"
    mv "$LAB/etc/slurm.conf.new" "$LAB/etc/slurm.conf"
    write_environment >"$LAB/env"
}

write_slurm_conf() { # NODES_OF_THE_OLDER_KIND ACCOUNTING_LINES
    cat <<END
ClusterName=lab
SlurmctldHost=$HOST(127.0.0.1)
SlurmctldPort=$PORT
SlurmUser=root
AuthType=auth/munge
# a job that is queued again waits until its credential has expired: 120 s by default
AuthInfo=socket=$MUNGE_SOCKET,cred_expire=5
StateSaveLocation=$LAB/state
SlurmdSpoolDir=$LAB/spool/%n
SlurmctldPidFile=$LAB/run/slurmctld.own
SlurmdPidFile=$LAB/run/slurmd.%n.own
SlurmctldLogFile=$LAB/log/slurmctld.log
SlurmdLogFile=$LAB/log/slurmd.%n.log
# no control groups: they would need a machine of one's own
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill,NoShared
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=200
SlurmdParameters=config_overrides
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
KillWait=5
# squeue must know a job for longer than the longest pause between two looks
MinJobAge=3600
JobRequeue=1
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
SchedulerParameters=batch_sched_delay=0,sched_interval=5,sched_min_interval=0,bf_interval=2
LaunchParameters=send_gids
$2
NodeName=DEFAULT CPUs=$CPUS RealMemory=$MEMORY State=UNKNOWN
$(node_line 1 "$1" older)
$(node_line $(($1 + 1)) "$NODES" newer)
PartitionName=low Nodes=ALL MaxTime=INFINITE PriorityTier=1
PartitionName=main Nodes=ALL MaxTime=INFINITE PriorityTier=10 Default=YES
PartitionName=high Nodes=ALL MaxTime=INFINITE PriorityTier=100 PreemptMode=OFF
END
}

node_line() { # FIRST LAST FEATURE
    echo "NodeName=n[$1-$2] NodeHostname=$HOST NodeAddr=127.0.0.1" \
        "Port=[$((PORT + 10 + $1))-$((PORT + 10 + $2))] Feature=$3"
}

write_slurmdbd_conf() {
    cat >"$LAB/etc/slurmdbd.conf" <<END
AuthType=auth/munge
AuthInfo=socket=$MUNGE_SOCKET
DbdHost=localhost
DbdPort=$((PORT + 2))
SlurmUser=root
LogFile=$LAB/log/slurmdbd.log
PidFile=$LAB/run/slurmdbd.own
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$((PORT + 3))
StorageUser=slurm
StoragePass=slurm
StorageLoc=slurm_acct
END
}

write_environment() {
    cat <<END
export FORECAST_LAB=$LAB
export SLURM_CONF=$LAB/etc/slurm.conf
END
}

# --- parts ----------------------------------------------------------------------------------------

start_node() { # NAME
    alive "$1" && return
    # Its own process ids (so that a power cut takes all that runs on it), its own name, shared
    # memory and PMIx folder (MPI takes two nodes for one otherwise), and this lab as its Slurm.
    launch "$1" unshare --mount --uts --pid --fork --kill-child --mount-proc --propagation private \
        bash -c '
            hostname "$1"
            mount -t tmpfs -o mode=1777 none /dev/shm
            mkdir -p /run/lab-pmix /etc/slurm
            mount -t tmpfs none /run/lab-pmix
            mount --bind "$2/etc/hosts" /etc/hosts
            mount --bind "$2/etc" /etc/slurm
            slurmd -D -N "$1" &
            wait' node "$1" "$LAB"
}

start_slurmctld() {
    alive slurmctld || launch slurmctld slurmctld -D -i
    await 30 'slurmctld' controller_answers
}

controller_answers() { scontrol ping | grep -q UP; }
nodes_are_ready() { [ "$(sinfo -h -N -p main -t idle,mix,alloc -o %N | wc -l)" = "$NODES" ]; }

start_accounting() {
    local sql=(mariadb --no-defaults -uroot -S "$LAB/run/mysql.sock")
    [ -d "$LAB/db/mysql" ] || mariadb-install-db --no-defaults --datadir="$LAB/db" --user=root \
        --auth-root-authentication-method=normal --skip-test-db >"$LAB/log/mariadb-install.log" 2>&1
    alive mariadb || launch mariadb mariadbd --no-defaults --user=root --datadir="$LAB/db" \
        --socket="$LAB/run/mysql.sock" --pid-file="$LAB/run/mariadb.own" --bind-address=127.0.0.1 \
        --port=$((PORT + 3)) --innodb-buffer-pool-size=64M --innodb-flush-log-at-trx-commit=0
    await 60 'the database' "${sql[@]}" -e 'select 1'
    "${sql[@]}" -e "create database if not exists slurm_acct;
        create user if not exists slurm@'127.0.0.1' identified by 'slurm';
        grant all on slurm_acct.* to slurm@'127.0.0.1'"
    alive slurmdbd || launch slurmdbd env SLURM_CONF="$LAB/etc/slurmdbd.conf" slurmdbd -D
    await 30 'slurmdbd' sacctmgr -n show cluster
    sacctmgr -i add cluster lab >/dev/null 2>&1 || true # it may be there from before
}

stop_all() {
    local file name
    for file in "$LAB"/run/n[0-9]*.pid; do
        if [ -e "$file" ]; then halt "$(basename "$file" .pid)" KILL; fi
    done
    for name in slurmctld slurmdbd mariadb munged; do halt "$name"; done
}

# --- commands -------------------------------------------------------------------------------------

up() {
    [ "$(id -u)" = 0 ] || fail 'needs root: the nodes get name spaces of their own'
    [ "$NODES" -ge 2 ] || fail "LAB_NODES is '$NODES'; a cluster has at least 2 nodes"
    mkdir -p "$LAB"/{etc,run,log,state,spool,db}
    exec 9>"$LAB/lock"
    flock 9
    install_packages
    write_files
    alive munged || {
        rm -f "$MUNGE_SOCKET"*
        launch munged munged --foreground --force --socket="$MUNGE_SOCKET" --key-file="$LAB/etc/munge.key" \
            --log-file="$LAB/log/munged.log" --pid-file="$LAB/run/munged.own" --seed-file="$LAB/run/munge.seed"
    }
    await 20 'munge' munge -S "$MUNGE_SOCKET" -n
    if [ "$DBD" = 1 ]; then start_accounting; fi
    start_slurmctld
    local name
    for name in $(node_names); do start_node "$name"; done
    await 40 'the nodes' nodes_are_ready
    say "$NODES nodes are up; now: . $LAB/env"
}

down() { # [--purge]
    if [ ! -d "$LAB" ]; then return; fi
    exec 9>"$LAB/lock"
    flock 9
    if alive slurmctld; then
        timeout 10 scancel --user="$(id -un)" >/dev/null 2>&1 || true
    fi
    stop_all
    if [ "${1:-}" = --purge ]; then rm -rf "$LAB"; fi
    say 'is down'
}

crash() { # NAME [now]
    [ -n "${1:-}" ] || fail 'crash what? A node such as n1, or slurmctld'
    alive "$1" || fail "there is no '$1' that runs"
    halt "$1" KILL
    if [ "${2:-}" = now ]; then scontrol update NodeName="$1" State=DOWN Reason='power cut'; fi
}

start() { # NAME
    [ -n "${1:-}" ] || fail 'start what? A node such as n1, or slurmctld'
    if [ "$1" = slurmctld ]; then
        start_slurmctld
    else
        [ -d "$LAB/spool/$1" ] || fail "there is no node '$1'"
        start_node "$1"
        scontrol update NodeName="$1" State=RESUME >/dev/null 2>&1 || true # it may never have been missed
    fi
}

case ${1:-} in
    up) up ;;
    down) down "${2:-}" ;;
    crash) crash "${2:-}" "${3:-}" ;;
    start) start "${2:-}" ;;
    status) sinfo && squeue ;;
    *)
        sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
        exit 2
        ;;
esac
