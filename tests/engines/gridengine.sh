#!/usr/bin/env bash
# Starts or stops a Grid Engine of one node on this machine, on loopback, as root, without systemd:
#   gridengine.sh start|stop FOLDER
# `start` starts what does not run; FOLDER/env then holds the variables that the clients need.
set -euo pipefail
# shellcheck source=daemons.sh source-path=SCRIPTDIR
. "$(dirname "$0")/daemons.sh"

# Its own, beside what this machine may have, and where every user finds it.
export SGE_ROOT=/var/lib/test-gridengine-$(cksum <<<"$folder" | cut -d ' ' -f 1) SGE_CELL=default
export SGE_QMASTER_PORT=16444 SGE_EXECD_PORT=16445
cell=$SGE_ROOT/$SGE_CELL spool=$SGE_ROOT/spool queue=test.q

configure() {
    install -d -o sgeadmin -g sgeadmin "$cell/common" "$spool"/{database,qmaster,qmaster/job_scripts,execd}
    for part in bin lib util utilbin; do ln -sfn /var/lib/gridengine/$part "$SGE_ROOT/$part"; done
    cat >"$cell/common/bootstrap" <<END
admin_user              sgeadmin
default_domain          none
ignore_fqdn             false
spooling_method         berkeleydb
spooling_lib            libspoolb
spooling_params         $spool/database
binary_path             /usr/sbin
qmaster_spool_dir       $spool/qmaster
security_mode           none
listener_threads        2
worker_threads          2
scheduler_threads       1
END
    # The machine's own name may be one of 127.0.0.1.
    echo "localhost $(hostname -s)" >"$cell/common/host_aliases"
    echo localhost >"$cell/common/act_qmaster"
    chown -R sgeadmin: "$cell" "$spool"
    setpriv --reuid=sgeadmin --regid=sgeadmin --clear-groups /usr/share/gridengine/scripts/init_cluster \
        "$SGE_ROOT" "$SGE_CELL" "$spool/database" sgeadmin
}

# Let root run jobs, look for them each second, and tell why one waits.
set_up() {
    # What is there already is an error to it.
    for each in '-ah localhost' '-as localhost' '-am root'; do
        # shellcheck disable=SC2086
        qconf $each || true
    done
    mkdir -p "$folder/conf"
    qconf -sconf | sed -e ':a;/\\$/N;s/\\\n[[:space:]]*/ /;ta' | sed -e 's/^min_uid.*/min_uid 0/' -e 's/^min_gid.*/min_gid 0/' \
        -e 's/^load_report_time.*/load_report_time 00:00:02/' -e "s#^execd_spool_dir.*#execd_spool_dir $spool/execd#" \
        -e 's/^reporting_params.*/reporting_params accounting=true reporting=false flush_time=00:00:01 joblog=false sharelog=00:00:00 accounting_flush_time=00:00:00/' \
        >"$folder/conf/global"
    qconf -Mconf "$folder/conf/global"
    qconf -ssconf | sed -e 's/^schedule_interval.*/schedule_interval 0:0:1/' -e 's/^flush_submit_sec.*/flush_submit_sec 1/' \
        -e 's/^flush_finish_sec.*/flush_finish_sec 1/' -e 's/^schedd_job_info.*/schedd_job_info true/' >"$folder/conf/scheduler"
    qconf -Msconf "$folder/conf/scheduler"
    cat >"$folder/conf/smp" <<END
pe_name smp
slots 999
user_lists NONE
xuser_lists NONE
start_proc_args /bin/true
stop_proc_args /bin/true
allocation_rule \$pe_slots
control_slaves FALSE
job_is_first_task TRUE
urgency_slots min
accounting_summary TRUE
qsort_args NONE
END
    qconf -Ap "$folder/conf/smp"
    # A gpu, as sites have them: a number that is used up.
    qconf -sc >"$folder/conf/complex"
    echo "gpu gpu INT <= YES YES 0 0" >>"$folder/conf/complex"
    qconf -Mc "$folder/conf/complex"
    qconf -sq | sed -e "s/^qname.*/qname $queue/" -e 's/^hostlist.*/hostlist localhost/' -e 's/^slots.*/slots 8/' \
        -e 's/^pe_list.*/pe_list smp/' -e 's#^shell .*#shell /bin/bash#' -e 's/^shell_start_mode.*/shell_start_mode unix_behavior/' \
        -e 's/^load_thresholds.*/load_thresholds NONE/' -e 's/^notify .*/notify 00:00:05/' >"$folder/conf/queue"
    qconf -Aq "$folder/conf/queue"
    qconf -mattr exechost complex_values gpu=1 localhost
}

answers() { qconf -sh >/dev/null 2>&1; }
takes_jobs() { qstat -f 2>/dev/null | grep -qE "^$queue@localhost.* lx-amd64 *$"; }

start() {
    mkdir -p "$folder/log"
    [ -e "$cell/common/bootstrap" ] || configure >"$folder/log/configure.log" 2>&1
    ln -sfn "$spool/qmaster/qmaster.pid" "$folder/qmaster.pid"
    ln -sfn "$spool/execd/localhost/execd.pid" "$folder/execd.pid"
    runs qmaster || sge_qmaster
    wait_until answers
    qconf -sq $queue >/dev/null 2>&1 || set_up >"$folder/log/set-up.log" 2>&1
    runs execd || sge_execd
    wait_until takes_jobs
    printf "SGE_ROOT='%s'\nSGE_CELL='%s'\nSGE_QMASTER_PORT=%s\nSGE_EXECD_PORT=%s\n" \
        "$SGE_ROOT" "$SGE_CELL" "$SGE_QMASTER_PORT" "$SGE_EXECD_PORT" >"$folder/env"
}

stop() {
    if runs qmaster; then qdel -u '*' >/dev/null 2>&1 || true; fi
    end execd qmaster
    rm -rf "$folder/env" "$SGE_ROOT"
}

"$action"
