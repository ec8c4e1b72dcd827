#!/bin/sh
# A chain on one machine, to kill things in and watch; and the services alone, for tests.
#
#   cluster.sh services          start a broker and a database, say how tests are told to use them, stop them at Ctrl-C
#   cluster.sh all SALESYNC      the same, and three command instances, two projectors, a query instance and demo load
#
# Everything is under target/cluster: the logs of the instances, their process ids, the data. Ports from 19000 (PORTS) on.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=$here/../target/cluster
ports=${PORTS:-19000}
broker_port=$((ports + 92)) controller_port=$((ports + 93)) database_port=$((ports + 54))
READY_SECONDS=60

say() { echo "cluster: $*"; }
fail() { echo "cluster: $*" >&2; exit 1; }

stop() {
    trap '' INT TERM
    say "stopping"
    for pid in "$folder"/*.pid; do
        if [ -f "$pid" ]; then kill -TERM "$(cat "$pid")" 2>/dev/null || true; fi
    done
    for pid in "$folder"/*.pid; do
        if [ -f "$pid" ]; then
            while kill -0 "$(cat "$pid")" 2>/dev/null; do sleep 0.1; done
            rm -f "$pid"
        fi
    done
    sh "$here/services/broker.sh" stop "$folder/kafka" || true
    sh "$here/services/database.sh" stop "$folder/postgres" || true
}

services() {
    mkdir -p "$folder"
    trap 'exit 130' INT TERM
    trap stop EXIT
    sh "$here/services/broker.sh" start "$folder/kafka" "$broker_port" "$controller_port" >/dev/null
    sh "$here/services/database.sh" start "$folder/postgres" "$database_port" >/dev/null
    say "a broker is at      127.0.0.1:$broker_port                      (SALESYNC_TEST_KAFKA)"
    say "a database is at    postgres://postgres@127.0.0.1:$database_port/postgres  (SALESYNC_TEST_POSTGRES)"
}

# instance NAME ROLES NTH
instance() {
    "$salesync" serve --roles "$2" --listen "127.0.0.1:$((ports + $3))" --admin-listen "127.0.0.1:$((ports + 500 + $3))" \
        --log-format json 2>"$folder/$1.log" &
    echo $! >"$folder/$1.pid"
    say "$1 ($2) is at http://127.0.0.1:$((ports + $3)), process $!, log target/cluster/$1.log"
}

ready() {
    tries=0
    until curl -fs -o /dev/null "http://127.0.0.1:$((ports + $1))/health/ready"; do
        tries=$((tries + 1))
        [ "$tries" -lt $((READY_SECONDS * 4)) ] || fail "the instance at port $((ports + $1)) is not ready after $READY_SECONDS s: see target/cluster/"
        sleep 0.25
    done
}

# Signs up a store, then orders and pays at whichever instance comes next, until it is told to stop.
load() {
    store=load$(date +%s)
    json='content-type: application/json'
    answer=$(curl -fs "http://127.0.0.1:$((ports + 1))/stores/" -H "$json" -d "{\"username\":\"$store\",\"password\":\"Demostore1!\",\"owner_name\":\"demo\",\"phone\":\"01012345678\",\"store_name\":\"demo\",\"address\":\"Seoul\",\"store_type\":\"cafe\"}")
    token=$(echo "$answer" | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
    n=0 refused=0
    send() {
        curl -s -o /dev/null -w '%{http_code}' --max-time 12 "http://127.0.0.1:$((ports + 1 + n % 3))$1" -H "$json" \
            -H "authorization: Bearer $token" -H "idempotency-key: $store-$2-$n" -d "$3" || true
    }
    keep() {
        until case $(send "$@") in 2??) true ;; *) false ;; esac do refused=$((refused + 1)); sleep 0.2; done
    }
    keep /categories/ category '{"name":"coffee"}'
    keep /categories/1/items item '{"name":"americano","price":4500}'
    while :; do
        n=$((n + 1))
        keep /orders/ order '{"table_no":1,"carts":[{"item_id":1,"quantity":1}]}'
        keep /sales/ sale '{"table_no":1,"payment_type":"card"}'
        [ $((n % 100)) -ne 0 ] || say "$n sales of $store are acknowledged; $refused attempts had to be repeated"
    done
}

case ${1:-} in
services)
    services
    say "Ctrl-C stops both"
    while :; do sleep 1; done
    ;;
all)
    salesync=${2:?the program}
    command -v curl >/dev/null || fail "the demo load is sent by curl, and curl is not here: install it."
    services
    SALESYNC_LOG=kafka://127.0.0.1:$broker_port/shop
    SALESYNC_VIEWS=postgres://postgres@127.0.0.1:$database_port/postgres
    SALESYNC_ALLOW_SINGLE_REPLICA=true
    [ -f "$folder/token-secret" ] || (umask 077; head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$folder/token-secret")
    SALESYNC_TOKEN_SECRET_FILE=$folder/token-secret
    export SALESYNC_LOG SALESYNC_VIEWS SALESYNC_ALLOW_SINGLE_REPLICA SALESYNC_TOKEN_SECRET_FILE
    "$salesync" topic create --partitions 8 --replicas 1
    instance project1 project 4
    instance project2 project 5
    instance command1 command 1
    instance command2 command 2
    instance command3 command 3
    instance query1 query 6
    for nth in 1 2 3 6; do ready "$nth"; done
    say "everything is ready; Ctrl-C stops it, and the data stays in target/cluster"
    load
    ;;
*) fail "say services, or all and the program" ;;
esac
