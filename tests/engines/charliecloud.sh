#!/usr/bin/env bash
# Makes an image for Charliecloud of the tests' base image, from the Docker at DOCKER_HOST, or deletes it:
#   charliecloud.sh start|stop FOLDER
# FOLDER/env then holds the variable that names it.
set -euo pipefail
# shellcheck source=daemons.sh source-path=SCRIPTDIR
. "$(dirname "$0")/daemons.sh"

image=$folder/image

start() {
    if [ ! -e "$image" ]; then
        mkdir -p "$image.part"
        container=$(docker create localhost/base:test true)
        docker export "$container" | tar --extract --directory "$image.part" --exclude 'dev/*'
        docker rm "$container" >/dev/null
        # Where something is bound, there has to be a folder.
        for python in $(command -v pyenv >/dev/null && pyenv versions --bare --skip-aliases || true) system; do
            prefix=$(PYENV_VERSION=$python python3 -c 'import sys; print(sys.base_prefix)')
            mkdir -p "$image.part$prefix"
        done
        mkdir -p "$image.part$(realpath "$(dirname "$0")/../..")" "$image.part/tmp"
        touch "$image.part/image-of-the-tests"
        mv "$image.part" "$image"
    fi
    echo "TEST_CHARLIECLOUD_IMAGE='$image'" >"$folder/env"
}

stop() { rm -rf "$folder/env" "$image" "$image.part"; }

"$action"
