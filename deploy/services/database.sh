#!/bin/sh
# A PostgreSQL server of one's own, without containers: for tests, and to try the chain on one machine.
#
#   database.sh start DIR PORT   starts a server whose data is in DIR, on 127.0.0.1:PORT; makes DIR the first time
#   database.sh stop DIR         stops it; the data stays
#   database.sh kill DIR         stops it as a crash would
#   database.sh status DIR       ends with 0 if it runs
#   database.sh run              starts one in a temporary folder, prints how to reach it, and removes it when standard
#                                input ends: so it goes with the process that started it, however that ends
#   database.sh again DIR        starts it again after it was killed in between
#
# It takes the PostgreSQL that the machine has, if that is 15 or newer; else it fetches the server's binaries with Maven
# into target/services (SERVICES). The user is `postgres`, without a password: whoever reaches the port is let in.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
SERVICES=${SERVICES:-$here/../../target/services}
OLDEST=15

fail() { echo "database.sh: $*" >&2; exit 1; }

# The major version of the server in a folder of binaries, 0 if there is none.
version_in() {
    [ -x "$1/postgres" ] && [ -x "$1/initdb" ] && [ -x "$1/pg_ctl" ] || { echo 0; return; }
    "$1/postgres" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/'
}

installed() {
    for bin in "$(dirname -- "$(readlink -f "$(command -v postgres || echo /nowhere/postgres)")")" \
        /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin; do
        if [ "$(version_in "$bin")" -ge "$OLDEST" ]; then echo "$bin"; return 0; fi
    done
    return 1
}

fetched() {
    bin=$SERVICES/postgres/bin
    if [ "$(version_in "$bin")" -lt "$OLDEST" ]; then fetch >&2; fi
    echo "$bin"
}

fetch() {
    command -v mvn >/dev/null || fail "PostgreSQL $OLDEST is not here, and neither is Maven to fetch it: install one of them (Debian, Ubuntu: apt install postgresql, or apt install maven)."
    for tool in unzip tar xz; do
        command -v $tool >/dev/null || fail "unpacking PostgreSQL needs $tool, which is not here: install it (Debian, Ubuntu: apt install unzip xz-utils)."
    done
    echo "fetching PostgreSQL with Maven into $SERVICES"
    new=$SERVICES/postgres.new.$$
    mkdir -p "$new"
    mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeGroupIds=io.zonky.test.postgres \
        -DoutputDirectory="$new" || fail "Maven could not fetch PostgreSQL (the output above says why)."
    unzip -q -o "$new"/embedded-postgres-binaries-*.jar -d "$new"
    tar -xJf "$new"/*.txz -C "$new"
    rm -f "$new"/*.jar "$new"/*.txz
    rm -rf "$SERVICES/postgres"
    mv "$new" "$SERVICES/postgres"
}

# PostgreSQL refuses to run as root: there, another user runs it.
as_owner() {
    if [ "$(id -u)" = 0 ]; then
        command -v setpriv >/dev/null || fail "PostgreSQL does not run as root, and setpriv is not here to run it as nobody: start this as another user."
        setpriv --reuid=nobody --regid="$(id -g nobody)" --clear-groups -- "$@"
    else
        "$@"
    fi
}

# Makes DIR, readable by whoever runs the server, and a database cluster in it.
make_cluster() {
    mkdir -p "$1"
    if [ "$(id -u)" = 0 ]; then chown nobody "$1"; fi
    chmod 700 "$1"
    [ -f "$1/data/PG_VERSION" ] || as_owner "$bin/initdb" -D "$1/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$1.log" 2>&1 \
        || { cat "$1.log" >&2; fail "initdb failed in $1."; }
    rm -f "$1.log"
}

start() {
    as_owner "$bin/pg_ctl" -s -w -t 60 -D "$1/data" -l "$1/server.log" -o "$2" start \
        || { as_owner cat "$1/server.log" >&2; fail "PostgreSQL did not start in $1."; }
}

# Nothing here has to outlive the machine: without fsync a test waits for no disk.
start_for_tests() {
    start "$1" "-h '' -c unix_socket_directories=$1 -c max_connections=400 -c shared_buffers=64MB -c fsync=off -c full_page_writes=off"
}

[ $# -ge 1 ] || fail "say start, stop, kill, status, run or again (the first lines of this file explain them)."
bin=$(installed || fetched)
cd /

case $1 in
start)
    [ $# -eq 3 ] || fail "start takes a folder and a port."
    case $2 in /*) ;; *) fail "name the folder from the root: $2";; esac
    make_cluster "$2"
    start "$2" "-p $3 -h 127.0.0.1 -c unix_socket_directories= -c max_connections=300"
    echo "postgres://postgres@127.0.0.1:$3/postgres"
    ;;
stop)
    [ $# -ge 2 ] || fail "stop takes a folder."
    as_owner "$bin/pg_ctl" -s -D "$2/data" -m fast -w stop
    ;;
kill)
    [ $# -ge 2 ] || fail "kill takes a folder."
    as_owner "$bin/pg_ctl" -s -D "$2/data" -m immediate -w stop
    ;;
status)
    [ $# -ge 2 ] || fail "status takes a folder."
    as_owner "$bin/pg_ctl" -s -D "$2/data" status >/dev/null
    ;;
run)
    trap '' INT HUP
    dir=$(mktemp -d "${TMPDIR:-/tmp}/salesync-database.XXXXXX")
    make_cluster "$dir"
    start_for_tests "$dir"
    echo "host=$dir user=postgres dbname=postgres"
    cat >/dev/null
    # It may have been killed in between.
    as_owner "$bin/pg_ctl" -s -D "$dir/data" -m immediate -w stop || true
    rm -rf "$dir"
    ;;
again)
    [ $# -ge 2 ] || fail "again takes a folder."
    start_for_tests "$2"
    ;;
*) fail "say start, stop, kill, status, run or again, not $1." ;;
esac
