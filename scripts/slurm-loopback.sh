#!/usr/bin/env bash
# A whole Slurm on one machine, for tests: two nodes with a fake GPU each, reachable on 127.0.0.1 only.
#   sudo scripts/slurm-loopback.sh install | up | status | down
# Everything it writes lies in $SLURM_LOOPBACK (default /tmp/sspbench-slurm), but for one link: /etc/slurm/slurm.conf,
# because jobs look for their configuration there. `down` stops what `up` started and removes folder and link.
set -euo pipefail

PLACE=${SLURM_LOOPBACK:-/tmp/sspbench-slurm}
NODES=(node1 node2)
PORT=17817
LINKS=(/etc/slurm/slurm.conf /etc/slurm/gres.conf)
PACKAGES=(slurmctld slurmd slurm-client slurm-wlm-basic-plugins munge)

fail() {
    echo "slurm-loopback: $1" >&2
    exit 1
}

install() {
    command -v slurmctld >/dev/null && command -v slurmd >/dev/null && command -v munged >/dev/null && return
    command -v apt-get >/dev/null || fail "no apt-get here: install ${PACKAGES[*]} by other means"
    # Debian asks policy-rc.d before it starts a service: 101 says no. An existing one is left as it is.
    local policy=/usr/sbin/policy-rc.d mine=no
    [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy && chmod +x $policy && mine=yes; }
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${PACKAGES[@]}" >/dev/null
    [ $mine = no ] || rm $policy
}

write_configuration() {
    local host index=0
    host=$(hostname -s)
    {
        echo "ClusterName=loopback"
        echo "SlurmctldHost=$host(127.0.0.1)"
        echo "SlurmctldPort=$PORT"
        echo "CommunicationParameters=NoCtldInAddrAny,NoInAddrAny" # listen on 127.0.0.1 only
        echo "SlurmUser=root"
        echo "SlurmdUser=root"
        echo "AuthType=auth/munge"
        echo "CredType=cred/munge"
        echo "AuthInfo=socket=$PLACE/munge.socket"
        # No control groups and no accounting: containers rarely allow the one, and the other needs a database.
        echo "ProctrackType=proctrack/pgid"
        echo "TaskPlugin=task/none"
        echo "JobAcctGatherType=jobacct_gather/none"
        echo "AccountingStorageType=accounting_storage/none"
        echo "SwitchType=switch/none"
        echo "MpiDefault=none"
        echo "MailProg=/bin/true"
        echo "SelectType=select/cons_tres"
        echo "SelectTypeParameters=CR_Core" # cores are counted, memory is not
        echo "GresTypes=gpu"
        echo "SlurmdParameters=config_overrides" # believe what is said below of the nodes
        echo "SchedulerParameters=sched_interval=1,batch_sched_delay=0"
        echo "ReturnToService=2"
        echo "MinJobAge=3600" # ended jobs stay visible to squeue, the only witness without accounting
        echo "KillWait=10"    # seconds from SIGTERM to SIGKILL
        echo "StateSaveLocation=$PLACE/state"
        echo "SlurmctldPidFile=$PLACE/slurmctld.pid"
        echo "SlurmctldLogFile=$PLACE/slurmctld.log"
        echo "SlurmdPidFile=$PLACE/slurmd-%n.pid"
        echo "SlurmdLogFile=$PLACE/slurmd-%n.log"
        echo "SlurmdSpoolDir=$PLACE/spool-%n"
        for node in "${NODES[@]}"; do
            index=$((index + 1))
            echo "NodeName=$node NodeHostname=$host NodeAddr=127.0.0.1 Port=$((PORT + 1 + index)) CPUs=$(nproc)" \
                "RealMemory=256000 Gres=gpu:1 State=UNKNOWN"
        done
        echo "PartitionName=gpu Nodes=ALL Default=YES MaxTime=INFINITE State=UP"
    } >"$PLACE/slurm.conf"
    # A fake GPU is a device file of its own kind of nothing: Slurm counts it and sets CUDA_VISIBLE_DEVICES.
    [ -e "$PLACE/gpu0" ] || mknod "$PLACE/gpu0" c 1 3
    printf 'NodeName=%s Name=gpu File=%s/gpu0\n' node1 "$PLACE" node2 "$PLACE" >"$PLACE/gres.conf"
}

link_configuration() {
    mkdir -p /etc/slurm
    for link in "${LINKS[@]}"; do
        [ ! -e "$link" ] || [ "$(readlink "$link")" = "$PLACE/${link##*/}" ] || fail "$link belongs to another Slurm"
        ln -sfn "$PLACE/${link##*/}" "$link"
    done
}

up() {
    [ ! -e "$PLACE/slurmctld.pid" ] || fail "it is up already; stop it with: $0 down"
    mkdir -p "$PLACE/state"
    chmod 755 "$PLACE"
    write_configuration
    link_configuration
    (umask 077 && head -c 1024 /dev/urandom >"$PLACE/munge.key")
    munged --force --key-file="$PLACE/munge.key" --socket="$PLACE/munge.socket" --pid-file="$PLACE/munged.pid" \
        --log-file="$PLACE/munged.log" --seed-file="$PLACE/munge.seed"
    slurmctld -c
    for node in "${NODES[@]}"; do
        mkdir -p "$PLACE/spool-$node"
        slurmd -N "$node"
    done
    for _ in $(seq 60); do
        [ "$(sinfo --noheader --Node --states=idle --format=%N 2>/dev/null | wc -l)" = ${#NODES[@]} ] && return
        sleep 0.5
    done
    down
    fail "the nodes did not come up"
}

# Without control groups Slurm loses sight of a process that left its job: end those of this Slurm's jobs.
end_leftovers() {
    local folder
    for folder in /proc/[0-9]*; do
        if grep -qsz "^SLURM_WORKING_CLUSTER=loopback:127.0.0.1:$PORT:" "$folder/environ"; then
            kill -9 "${folder#/proc/}" 2>/dev/null || true
        fi
    done
}

down() {
    # Jobs first, so that nothing of them outlives their node.
    [ ! -e "$PLACE/slurmctld.pid" ] || scancel --user=root --quiet 2>/dev/null || true
    for file in "$PLACE"/slurmd-*.pid "$PLACE/slurmctld.pid" "$PLACE/munged.pid"; do
        [ -e "$file" ] || continue
        pid=$(cat "$file")
        kill "$pid" 2>/dev/null || true
        for _ in $(seq 40); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.25
        done
    done
    end_leftovers
    for link in "${LINKS[@]}"; do
        [ "$(readlink "$link" || true)" != "$PLACE/${link##*/}" ] || rm "$link"
    done
    rm -rf "$PLACE"
}

[ "$(id -u)" = 0 ] || fail "this needs root"
case ${1:-} in
    install | up | down) "$1" ;;
    status) sinfo --Node --format='%N %t %c CPUs %m MB %G' && squeue ;;
    *) fail "say install, up, status or down" ;;
esac
