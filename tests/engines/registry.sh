#!/usr/bin/env bash
# Starts or stops a registry of images on this machine, which asks for a user and a password:
#   registry.sh start|stop FOLDER
# `start` starts what does not run; FOLDER/env then holds the variables that the tests need.
set -euo pipefail
# shellcheck source=daemons.sh source-path=SCRIPTDIR
. "$(dirname "$0")/daemons.sh"

# It takes a free port, and says so in its log.
address() { grep --only-matching --perl-regexp 'listening on \K[0-9.:]+' "$folder/log/registry.log"; }

configure() {
    htpasswd -iBc "$folder/htpasswd" tester <<<"$1" 2>/dev/null
    cat >"$folder/config.yml" <<END
version: 0.1
storage:
  filesystem: {rootdirectory: $folder/data}
  delete: {enabled: true}
http: {addr: "127.0.0.1:0"}
auth:
  htpasswd: {realm: tests, path: $folder/htpasswd}
END
}

start() {
    local password
    if runs registry; then return; fi
    mkdir -p "$folder/log"
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' ')
    configure "$password"
    spawn registry docker-registry serve "$folder/config.yml"
    wait_until address
    cat >"$folder/env" <<END
TEST_REGISTRY='$(address)'
TEST_REGISTRY_USER='tester'
TEST_REGISTRY_PASSWORD='$password'
END
}

stop() {
    rm -f "$folder/env"
    end registry
}

"$action"
