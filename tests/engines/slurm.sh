#!/usr/bin/env bash
# Starts or stops a Slurm cluster of two nodes on this machine, on loopback, as root, without systemd:
#   slurm.sh start|stop FOLDER
# `start` starts what does not run; FOLDER/env then holds the variables that the clients need.
set -euo pipefail
# shellcheck source=daemons.sh source-path=SCRIPTDIR
. "$(dirname "$0")/daemons.sh"

export SLURM_CONF=$folder/slurm.conf
spool=/var/spool/test-slurm-$(cksum <<<"$folder" | cut -d ' ' -f 1)

start_munge() {
    install -d -o munge -g munge -m 755 /run/munge
    install -d -o munge -g munge -m 700 /var/log/munge /var/lib/munge
    if [ ! -s /etc/munge/munge.key ]; then
        install -o munge -g munge -m 400 <(head -c 128 /dev/urandom) /etc/munge/munge.key
    fi
    if ! munge -n >/dev/null 2>&1; then
        rm -f /run/munge/munge.socket.2*
        setpriv --reuid=munge --regid=munge --clear-groups /usr/sbin/munged
    fi
    wait_until munge -n
}

# Memory is enforced by cgroups where they can be had without systemd, by polling elsewhere.
configure() {
    if [ -d /sys/fs/cgroup/memory ]; then
        tracking="ProctrackType=proctrack/cgroup
TaskPlugin=task/cgroup
JobAcctGatherType=jobacct_gather/cgroup"
        cat >"$folder/cgroup.conf" <<END
CgroupPlugin=cgroup/v1
CgroupAutomount=no
ConstrainRAMSpace=yes
END
    else
        tracking="ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherParams=OverMemoryKill"
    fi
    cat >"$SLURM_CONF" <<END
ClusterName=test
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=16817
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CryptoType=crypto/munge
StateSaveLocation=$folder/state
# Where every user's job can be read by its user: the folders above others may be closed.
SlurmdSpoolDir=$spool/%n
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd-%n.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd-%n.log
$tracking
JobAcctGatherFrequency=1
MpiDefault=none
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,sched_interval=1,bf_interval=1,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
DefMemPerCPU=1000
MinJobAge=300
KillWait=5
CompleteWait=0
GresTypes=gpu,shard
NodeName=n1 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=17001 CPUs=4 RealMemory=8000 Gres=gpu:1,shard:4
NodeName=n2 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=17002 CPUs=4 RealMemory=8000 Gres=gpu:1,shard:4
PartitionName=test Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
END
    cat >"$folder/gres.conf" <<END
NodeName=n1 Name=gpu File=/dev/null
NodeName=n2 Name=gpu File=/dev/zero
NodeName=n[1-2] Name=shard Count=4
END
}

both_up() { [ "$(sinfo --noheader --format=%T --Node 2>/dev/null | grep -cx 'idle\|mixed\|allocated')" = 2 ]; }

start() {
    mkdir -p "$folder"/{state,log} "$spool"/{n1,n2}
    start_munge
    [ -e "$SLURM_CONF" ] || configure
    runs slurmctld || slurmctld
    for node in n1 n2; do
        runs slurmd-$node || slurmd -N $node
    done
    wait_until both_up
    echo "SLURM_CONF='$SLURM_CONF'" >"$folder/env"
}

stop() {
    end slurmd-n1 slurmd-n2 slurmctld
    rm -rf "$folder/env" "$spool"
}

"$action"
