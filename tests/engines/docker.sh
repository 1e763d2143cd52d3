#!/usr/bin/env bash
# Starts or stops a Docker of its own on this machine, as root, without systemd:
#   docker.sh start|stop FOLDER
# `start` starts what does not run; FOLDER/env then holds the variables that the clients need. The images
# are localhost/base:test, a Python, and on it the oldest and the newest tested ZenML, which pass for the
# parent images that ZenML chooses when nobody names one; the newest is localhost/zenml:test as well.
set -euo pipefail
here=$(realpath "$(dirname "$0")")
# shellcheck source=daemons.sh source-path=SCRIPTDIR
. "$here/daemons.sh"

# The legacy builder is the one that the Docker SDK for Python, and so ZenML, builds with.
export DOCKER_HOST=unix://$folder/docker.sock DOCKER_CONFIG=$folder/config DOCKER_BUILDKIT=0

# A network of its own: Docker's default one may belong to another Docker on this machine.
number=$(($(cksum <<<"$folder" | cut -d ' ' -f 1) % 256))
bridge=sop-new-$number
network=10.213.$number

rules() {
    iptables "$1" FORWARD --in-interface "$bridge" --jump ACCEPT
    iptables "$1" FORWARD --out-interface "$bridge" --jump ACCEPT
    iptables --table nat "$1" POSTROUTING \
        --source "$network.0/24" ! --out-interface "$bridge" --jump MASQUERADE
}

start_network() {
    if ip link show "$bridge" >/dev/null 2>&1; then return; fi
    ip link add "$bridge" type bridge
    ip address add "$network.1/24" dev "$bridge"
    ip link set "$bridge" up
    rules --insert
}

stop_network() {
    if ! ip link show "$bridge" >/dev/null 2>&1; then return; fi
    rules --delete
    ip link delete "$bridge"
}

# What pip and uv need on this machine to reach a package index they need in an image, too, as
# instructions of a Dockerfile. No file of this machine is there but its certificates.
index_settings() {
    {
        python3 -m pip config list | sed -n "
            s/^.*\.index-url='\(.*\)'$/PIP_INDEX_URL=\1/p
            s/^.*\.extra-index-url='\(.*\)'$/PIP_EXTRA_INDEX_URL=\1/p
            s/^.*\.trusted-host='\(.*\)'$/PIP_TRUSTED_HOST=\1/p"
        env | grep -E '^UV_(DEFAULT_INDEX|INDEX|INDEX_URL|EXTRA_INDEX_URL|INSECURE_HOST)='
    } | grep -v file: | sed 's/^\([^=]*\)=\(.*\)/ENV \1="\2"/' || true
}

# A Debian for the images to begin with, made of Debian's packages: no registry is asked for anything.
import_debian() {
    local certificates=/etc/ssl/certs/ca-certificates.crt settings
    if docker image inspect localhost/debian:test >/dev/null 2>&1; then return; fi
    mapfile -t settings < <(index_settings)
    settings+=("ENV SSL_CERT_FILE=$certificates PIP_CERT=$certificates" "CMD bash")
    # usr-is-merged spares a Perl.
    mmdebstrap --quiet --variant=apt --include=usr-is-merged,python3-venv,python-is-python3 \
        --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr \
        --customize-hook="install -D --mode=644 $certificates \"\$1$certificates\"" \
        --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        bookworm 2>"$folder/log/debian.log" |
        docker import "${settings[@]/#/--change=}" - localhost/debian:test >/dev/null
}

# Docker knows gpus where it finds this program of NVIDIA's, which it runs before a container that asks for some.
pretend_gpus() {
    install -D --mode=755 /bin/true "$folder/bin/nvidia-container-runtime-hook"
}

# What is built already, and from the same lock, comes from Docker's cache.
build_images() {
    local locks=$here/../zenml/locks lock
    build() { docker build --quiet --file "$here/Dockerfile" "$@" "$locks" >/dev/null; }
    build --target base --tag localhost/base:test
    for lock in $(find "$locks" -name '*.txt' -printf '%f\n' | sort --version-sort | sed -n '1p;$p'); do
        build --build-arg "LOCK=$lock" --target zenml --tag localhost/zenml:test \
            --tag "zenmldocker/zenml:$(sed -n 's/^zenml==//p' "$locks/$lock")-py3.11"
    done
}

start() {
    mkdir -p "$folder"/{config,log}
    if ! runs dockerd; then
        start_network
        pretend_gpus
        PATH=$folder/bin:$PATH spawn dockerd dockerd --live-restore --host "$DOCKER_HOST" --pidfile= \
            --data-root "$folder/data" --exec-root "$folder/exec" --bridge "$bridge" --iptables=false
    fi
    wait_until docker version
    import_debian
    build_images
    printf "DOCKER_HOST='%s'\nDOCKER_CONFIG='%s'\n" "$DOCKER_HOST" "$DOCKER_CONFIG" >"$folder/env"
}

stop() {
    rm -f "$folder/env"
    # Docker itself would give containers ten seconds to end, and restart some with its next start.
    if runs dockerd; then docker ps --all --quiet | xargs --no-run-if-empty docker rm --force >/dev/null; fi
    end dockerd
    unmount_all "$folder"
    stop_network
}

"$action"
