#!/bin/sh
# A real Kafka broker from ordinary Maven packages, without containers and without root.
#
#   broker.sh start  DIR [PORT [CONTROLLER_PORT]]   start on 127.0.0.1 with its data in DIR; returns once it answers
#   broker.sh stop   DIR                            stop it, in order; the data stay in DIR
#   broker.sh kill   DIR                            end it at once, as a crash does; returns once it is gone
#   broker.sh status DIR                            say whether it runs
#   broker.sh hold   DIR PORT CONTROLLER_PORT [remove]
#                                                   start, and stop once standard input is closed: whoever holds the
#                                                   other end of that pipe may be killed and leaves no broker behind;
#                                                   with `remove` no data either
#
# The packages are fetched once, into target/services/kafka. `broker.sh classpath` prints where Java finds them.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
jars=$here/../../target/services/kafka
START_SECONDS=60
STOP_SECONDS=20

fail() {
  echo "$*" >&2
  exit 1
}

need_java() {
  command -v java >/dev/null ||
    fail "Kafka runs on Java 17, and java is not here: install it (Debian, Ubuntu: apt install openjdk-17-jre-headless; macOS: brew install openjdk@17), then run this again."
  version=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
  [ "${version:-0}" -ge 17 ] ||
    fail "Kafka needs Java 17 or newer and this is Java ${version:-of an unknown version}: install openjdk-17-jre-headless, then run this again."
}

# Fetched beside and moved in one step, so that what is there is whole, also if two fetch at once.
fetch() {
  [ -d "$jars" ] && return
  command -v mvn >/dev/null ||
    fail "Kafka's packages are fetched by Maven, and mvn is not here: install it (Debian, Ubuntu: apt install maven; macOS: brew install maven), then run this again."
  mkdir -p "$jars.$$"
  echo "fetching Kafka into target/services/kafka (once, about 50 MB)" >&2
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DoutputDirectory="$jars.$$" \
    -DexcludeGroupIds=io.zonky.test.postgres >&2 || {
    rm -rf "$jars.$$"
    fail "Maven could not fetch Kafka's packages: is the network there? Then run this again."
  }
  mv "$jars.$$" "$jars" 2>/dev/null || rm -rf "$jars.$$"
}

running() {
  [ -f "$dir/pid" ] && kill -0 "$(cat "$dir/pid")" 2>/dev/null
}

answers() {
  grep -q 'Kafka Server started' "$dir/broker.log" 2>/dev/null
}

kafka() {
  java -Dlog4j2.configurationFile="$here/log4j2.properties" -cp "$jars/*" "$@"
}

start() {
  running && fail "A broker runs in $dir already (process $(cat "$dir/pid"))."
  need_java
  fetch
  mkdir -p "$dir"
  sed -e "s|@DIR@|$dir|" -e "s|@PORT@|$port|" -e "s|@CONTROLLER_PORT@|$controller_port|" \
    "$here/server.properties" >"$dir/server.properties"
  if [ ! -f "$dir/data/meta.properties" ]; then
    id=$(kafka kafka.tools.StorageTool random-uuid)
    kafka kafka.tools.StorageTool format -t "$id" -c "$dir/server.properties" >"$dir/format.log" 2>&1 ||
      fail "The broker's folder could not be formatted: $dir/format.log says why."
  fi
  : >"$dir/broker.log"
  java -Xms256m -Xmx256m -XX:+UseSerialGC \
    -Dlog4j2.configurationFile="$here/log4j2.properties" \
    -cp "$jars/*" kafka.Kafka "$dir/server.properties" </dev/null >>"$dir/broker.log" 2>&1 &
  echo $! >"$dir/pid"
  tries=$((START_SECONDS * 5))
  until answers; do
    running || fail "The broker ended while it was starting: $dir/broker.log says why."
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "The broker did not answer within $START_SECONDS s: $dir/broker.log says why."
    sleep 0.2
  done
  echo "127.0.0.1:$port"
}

# Ends it with this signal, and with the last one if it takes too long.
stop() {
  running || return 0
  pid=$(cat "$dir/pid")
  kill "$1" "$pid" 2>/dev/null || true
  tries=$((STOP_SECONDS * 5))
  while kill -0 "$pid" 2>/dev/null; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || kill -9 "$pid" 2>/dev/null || true
    [ "$tries" -gt -25 ] || fail "The broker (process $pid) cannot be ended."
    sleep 0.2
  done
  rm -f "$dir/pid"
}

command=${1:-}
[ "$command" = classpath ] && { need_java; fetch; echo "$jars/*"; exit; }
[ $# -ge 2 ] || fail "usage: broker.sh start|stop|kill|status|hold DIR [PORT [CONTROLLER_PORT]]"
mkdir -p "$2"
dir=$(cd "$2" && pwd)
port=${3:-19092}
controller_port=${4:-$((port + 1))}

case $command in
start) start ;;
stop) stop -TERM ;;
kill) stop -KILL ;;
status)
  if running; then echo "The broker in $dir runs (process $(cat "$dir/pid"))."; else echo "No broker runs in $dir."; exit 1; fi
  ;;
hold)
  ended() {
    stop -TERM
    [ "${5:-}" != remove ] || rm -rf "$dir"
  }
  trap 'ended "$@"; exit 1' INT TERM HUP
  start
  # Ends when the pipe does.
  cat >/dev/null
  ended "$@"
  ;;
*) fail "usage: broker.sh start|stop|kill|status|hold DIR [PORT [CONTROLLER_PORT]]" ;;
esac
