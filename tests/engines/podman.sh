#!/usr/bin/env bash
# Starts or stops Podman's service for the API of Docker on this machine, as root, without systemd:
#   podman.sh start|stop FOLDER
# `start` starts what does not run; FOLDER/env then holds the variables that the tests need. The images are
# those of docker.sh, from the Docker at DOCKER_HOST.
set -euo pipefail
# shellcheck source=daemons.sh source-path=SCRIPTDIR
. "$(dirname "$0")/daemons.sh"

socket=unix://$folder/podman.sock
export CONTAINERS_CONF=$folder/containers.conf CONTAINERS_REGISTRIES_CONF=$folder/registries.conf
# Podman refuses one whose path has more than fifty characters.
run=/run/podman-$(cksum <<<"$folder" | cut -d ' ' -f 1)
podman=(podman --root "$folder/data" --runroot "$run")

# Limits that the root of a container of its own may set, too; no systemd; and runc, since crun refuses a
# machine with both versions of cgroups.
configure() {
    cat >"$CONTAINERS_CONF" <<END
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
runtime = "runc"
tmp_dir = "$folder/tmp"
[network]
network_config_dir = "$folder/networks"
END
    printf '[[registry]]\nlocation = "127.0.0.1"\ninsecure = true\n' >"$CONTAINERS_REGISTRIES_CONF"
}

load_images() {
    local images
    if "${podman[@]}" image exists localhost/zenml:test; then return; fi
    mapfile -t images < <(docker image ls --format '{{.Repository}}:{{.Tag}}' | grep -E '^(localhost|zenmldocker)/.*[^>]$')
    docker save "${images[@]}" | "${podman[@]}" load --quiet >/dev/null
}

start() {
    mkdir -p "$folder"/{log,networks,tmp}
    configure
    load_images
    if ! runs podman; then
        spawn podman "${podman[@]}" system service --time 0 "$socket"
    fi
    wait_until podman --remote --url "$socket" version
    echo "PODMAN_HOST='$socket'" >"$folder/env"
}

stop() {
    rm -f "$folder/env"
    end podman
    if [ -d "$folder/data" ]; then "${podman[@]}" rm --all --force --time 0 >/dev/null; fi
    unmount_all "$folder"
    unmount_all "$run"
    rm -rf "$run"
}

"$action"
