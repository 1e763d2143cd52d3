#!/usr/bin/env bash
# Starts or stops an sshd of its own on this machine, for who has its key, as root:
#   ssh.sh start|stop FOLDER
# `start` starts what does not run; FOLDER/env then holds the variables that the tests need. Who logs in finds
# the Docker that DOCKER_HOST names, as the program FOLDER/docker.
set -euo pipefail
# shellcheck source=daemons.sh source-path=SCRIPTDIR
. "$(dirname "$0")/daemons.sh"

# Each folder has one of its own.
port=$((20000 + $(cksum <<<"$folder" | cut -d ' ' -f 1) % 10000))

configure() {
    for key in host user; do
        [ -e "$folder/$key" ] || ssh-keygen -q -t ed25519 -N '' -f "$folder/$key"
    done
    cat >"$folder/sshd_config" <<END
Port $port
ListenAddress 127.0.0.1
HostKey $folder/host
AuthorizedKeysFile $folder/user.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
# Steps that are started side by side log in at once.
MaxStartups 100
Subsystem sftp internal-sftp
END
    printf '[127.0.0.1]:%s %s\n' "$port" "$(cat "$folder/host.pub")" >"$folder/known_hosts"
    cat >"$folder/docker" <<END
#!/bin/sh
DOCKER_HOST='$DOCKER_HOST' DOCKER_CONFIG='$folder/config' exec docker "\$@"
END
    chmod 700 "$folder/docker"
}

start() {
    mkdir -p "$folder/log" /run/sshd
    if runs sshd; then return; fi
    configure
    spawn sshd /usr/sbin/sshd -D -e -f "$folder/sshd_config"
    wait_until ssh -F none -i "$folder/user" -p "$port" -o BatchMode=yes \
        -o UserKnownHostsFile="$folder/known_hosts" 127.0.0.1 "$folder/docker" version
    printf "TEST_SSH_PORT='%s'\nTEST_SSH_FOLDER='%s'\n" "$port" "$folder" >"$folder/env"
}

stop() {
    rm -f "$folder/env"
    end sshd
}

"$action"
