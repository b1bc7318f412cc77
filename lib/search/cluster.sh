#!/bin/sh
# Ray on machines of your own; further options go to `ray start`.
#
#   lib/search/cluster.sh head ADDRESS   on the first machine, with its address on a private network
#   lib/search/cluster.sh join ADDRESS   on every other machine, with the first one's address
#   lib/search/cluster.sh stop           on each of them
#
# ADDRESS may name a port (10.0.0.1:6379). Whoever reaches Ray's ports and knows the token can run programs here.
set -eu

fail() {
    echo "error: $1" >&2
    exit 2
}

action=${1:-} host=${2:-}
case "$action $host" in
"head "?* | "join "?*) shift 2 ;;
"stop ") ;;
*) fail "usage: $0 head ADDRESS, join ADDRESS or stop" ;;
esac
port=6379
case $host in *:*) port=${host##*:} host=${host%:*} ;; esac

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
PATH="$root/.venv/bin:$PATH"                  # where there is no .venv, a conda environment must be active
PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}" # candidates import this checkout
RAY_AUTH_MODE=token RAY_USAGE_STATS_ENABLED=0 # nobody joins without ~/.ray/auth_token; no reports to Ray's makers
export PATH PYTHONPATH RAY_AUTH_MODE RAY_USAGE_STATS_ENABLED
command -v ray > /dev/null || fail "Ray is not installed; pip install ray"

case $action in
head)
    (umask 077 && ray get-auth-token --generate > /dev/null 2>&1) || fail "no token could be made in ~/.ray"
    ray start --head --node-ip-address="$host" --port="$port" --include-dashboard=false "$@"
    echo "On each other machine, with a copy of ~/.ray/auth_token there: lib/search/cluster.sh join $host:$port"
    ;;
join)
    ray get-auth-token > /dev/null 2>&1 || fail "there is no token; copy ~/.ray/auth_token from the first machine"
    ray start --address="$host:$port" "$@"
    ;;
stop) ray stop ;;
esac
