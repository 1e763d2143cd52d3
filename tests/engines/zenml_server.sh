#!/usr/bin/env bash
# Starts or stops a ZenML server and an S3, both on this machine and empty at their start:
#   zenml_server.sh start|stop FOLDER
# `start` starts what does not run; FOLDER/env then holds the variables that the tests need. Both come from the
# environment that server.txt locks.
set -euo pipefail
# shellcheck source=daemons.sh source-path=SCRIPTDIR
. "$(dirname "$0")/daemons.sh"

repository=$(realpath "$(dirname "$0")/../..")

# Each folder has ports of its own.
number=$(cksum <<<"$folder" | cut -d ' ' -f 1)
zenml=http://127.0.0.1:$((40000 + number % 5000)) s3=http://127.0.0.1:$((45000 + number % 5000))

start_zenml() {
    rm -rf "$folder/data"
    spawn zenml env \
        ZENML_ANALYTICS_OPT_IN=false \
        ZENML_CONFIG_PATH="$folder/data" \
        ZENML_DEFAULT_USER_NAME=tester \
        ZENML_DEFAULT_USER_PASSWORD="$password" \
        ZENML_SERVER=true \
        ZENML_SERVER_ANALYTICS_OPT_IN=false \
        ZENML_SERVER_AUTO_ACTIVATE=true \
        ZENML_SERVER_DEPLOYMENT_TYPE=other \
        ZENML_SERVER_JWT_SECRET_KEY="$password$password" \
        "$environment/bin/uvicorn" zenml.zen_server.zen_server_api:app \
        --host 127.0.0.1 --port "${zenml##*:}" --no-server-header --log-level warning
}

start() {
    if runs zenml && runs s3; then return; fi
    stop
    mkdir -p "$folder/log"
    chmod 700 "$folder"
    environment=$(cd "$repository" && "$repository/.venv/bin/python" -m tests.engines.server)
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' ')
    start_zenml
    spawn s3 "$environment/bin/moto_server" -H 127.0.0.1 -p "${s3##*:}"
    wait_until curl --silent --fail "$s3/moto-api/"
    curl --silent --fail --request PUT "$s3/artifacts" >/dev/null
    wait_until curl --silent --fail "$zenml/health"
    cat >"$folder/env" <<END
TEST_ZENML_SERVER='$zenml'
TEST_ZENML_PASSWORD='$password'
TEST_S3='$s3'
END
}

stop() {
    rm -f "$folder/env"
    end zenml s3
}

"$action"
