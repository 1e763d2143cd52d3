#!/usr/bin/env bash
# Starts or stops a machine that is reached by ssh alone, on this one, as root: an account with a home of its own,
# and a Slurm and a Grid Engine that only that account's login shells know:
#   login.sh start|stop FOLDER
# `start` starts what does not run; FOLDER/env then holds the variables that the tests need. FOLDER/bin/ssh stands
# for the ssh of who has configured a host `login`. SLURM_CONF and SGE_ROOT, SGE_CELL… name the clusters. At
# `login-SHELL`, an account has another login shell, whose startup files print.
set -euo pipefail
# shellcheck source=daemons.sh source-path=SCRIPTDIR
. "$(dirname "$0")/daemons.sh"

# Each folder has one of its own.
number=$(cksum <<<"$folder" | cut -d ' ' -f 1)
port=$((30000 + number % 10000)) account=steps$((number % 100000)) place=/var/lib/test-login-$number
shells='fish tcsh zsh'

make_account() {
    local name=$1 home=$2 shell=$3
    # Without a password, and not locked, which sshd would refuse.
    id "$name" >/dev/null 2>&1 ||
        useradd --no-create-home --home-dir "$home" --shell "$(type -P "$shell")" --password '*' "$name"
    install -d -o "$name" -g "$name" -m 700 "$home"
}

make_accounts() {
    local uv
    install -d -m 755 "$place"
    make_account "$account" "$place/home" bash
    # Who may not read the folder of the cluster has a copy.
    [ -z "${SLURM_CONF:-}" ] || install -m 644 "$SLURM_CONF" "$place/slurm.conf"
    # With it, an environment there is a matter of seconds.
    uv=$(PATH="$PATH:$(realpath "$(dirname "$0")/../..")/.venv/bin" type -P uv || true)
    [ -z "$uv" ] || install -D -m 755 "$(realpath "$uv")" "$place/bin/uv"
    {
        echo "export PATH=$place/bin:\$PATH"
        echo "export SLURM_CONF=$place/slurm.conf"
        # What leads to the other cluster, and installers of this machine to an index.
        for name in SGE_ROOT SGE_CELL SGE_QMASTER_PORT SGE_EXECD_PORT HTTPS_PROXY PIP_CERT PIP_INDEX_URL SSL_CERT_FILE UV_INDEX_URL; do
            [ -z "${!name:-}" ] || printf 'export %s=%q\n' "$name" "${!name}"
        done
    } >"$place/home/.bash_profile"
    for shell in $shells; do
        local home=$place/$shell
        make_account "$account$shell" "$home" "$shell"
        cp "$place/home/.bash_profile" "$home/.bash_profile"
        mkdir -p "$home/.config/fish"
        echo 'echo Welcome. You have 3 new messages.' |
            tee "$home/.tcshrc" "$home/.zshenv" "$home/.config/fish/config.fish" >>"$home/.bash_profile"
        chown -R "$account$shell:" "$home"
    done
}

configure() {
    for key in host user; do
        [ -e "$folder/$key" ] || ssh-keygen -q -t ed25519 -N '' -f "$folder/$key"
    done
    install -m 644 "$folder/user.pub" "$place/authorized_keys"
    cat >"$folder/sshd_config" <<END
Port $port
ListenAddress 127.0.0.1
HostKey $folder/host
AuthorizedKeysFile $place/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
END
    printf '[127.0.0.1]:%s %s\n' "$port" "$(cat "$folder/host.pub")" >"$folder/known_hosts"
    cat >"$folder/config" <<END
Host login
  HostName 127.0.0.1
  Port $port
  User $account
  IdentityFile $folder/user
  IdentitiesOnly yes
  UserKnownHostsFile $folder/known_hosts
  GlobalKnownHostsFile /dev/null
END
    for shell in $shells; do
        sed -e "s/^Host login/Host login-$shell/" -e "s/^  User .*/  User $account$shell/" "$folder/config" >"$folder/config.$shell"
    done
    for shell in $shells; do cat "$folder/config.$shell" >>"$folder/config"; done
    mkdir -p "$folder/bin"
    # ssh finds its configuration by the account, whatever HOME says.
    printf '#!/bin/sh\nexec /usr/bin/ssh -F %q "$@"\n' "$folder/config" >"$folder/bin/ssh"
    chmod 700 "$folder/bin/ssh"
}

start() {
    mkdir -p "$folder/log" /run/sshd
    if ! runs sshd; then
        make_accounts
        configure
        spawn sshd /usr/sbin/sshd -D -e -f "$folder/sshd_config"
    fi
    wait_until "$folder/bin/ssh" -o BatchMode=yes login true
    printf "TEST_LOGIN_BIN='%s'\nTEST_LOGIN_PLACE='%s'\n" "$folder/bin" "$place" >"$folder/env"
}

stop() {
    rm -f "$folder/env"
    end sshd
    for name in "$account" "$account"{fish,tcsh,zsh}; do
        if id "$name" >/dev/null 2>&1; then
            for process in $(ps -o pid= -u "$name"); do kill -KILL "$process" || true; done
            userdel "$name"
        fi
    done
    rm -rf "$place"
}

"$action"
