# What the scripts that start engines share. Each is called as SCRIPT start|stop FOLDER, sources this,
# defines two functions `start` and `stop`, and ends with "$action".
# shellcheck shell=bash

action=${1:-} folder=$(realpath -m "${2:-.}")
if [[ $# != 2 || ! $action =~ ^(start|stop)$ ]]; then
    echo "usage: ${0##*/} start|stop FOLDER" >&2
    exit 2
fi

# A daemon that was stopped may stay a zombie where nobody buries it.
runs() { [ -e "$folder/$1.pid" ] && grep -q '^State:[[:space:]]*[^Z[:space:]]' "/proc/$(cat "$folder/$1.pid")/status" 2>/dev/null; }

wait_until() {
    for _ in $(seq 300); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    echo "${0##*/}: it never happened: $*" >&2
    tail -n 5 "$folder"/log/*.log >&2
    exit 1
}

# For a daemon that stays in the foreground. An interrupt of the caller is none of its business, hence the
# session of its own; and Podman writes into the folder that it is started in.
spawn() {
    local name=$1
    shift
    (cd "$folder" && exec setsid "$@") >"$folder/log/$name.log" 2>&1 </dev/null &
    echo $! >"$folder/$name.pid"
}

end() {
    for daemon in "$@"; do
        if runs "$daemon"; then kill "$(cat "$folder/$daemon.pid")"; fi
    done
    for daemon in "$@"; do
        wait_until ended "$daemon"
    done
}
ended() { ! runs "$1"; }

# Daemons leave mounts behind, with which nobody can delete their folders.
unmount_all() {
    grep --only-matching " $1/[^ ]*" /proc/mounts | tac | xargs --no-run-if-empty umount --lazy || true
}
