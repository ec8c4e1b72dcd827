#!/bin/sh
# A real Kafka broker from ordinary Maven packages, without containers and without root.
#
#   broker.sh start   DIR [PORT [CONTROLLER_PORT]]  start on 127.0.0.1 with its data in DIR; returns once it answers
#   broker.sh stop    DIR                           stop it, in order; the data stay in DIR
#   broker.sh kill    DIR                           end it at once, as a crash does; returns once it is gone
#   broker.sh status  DIR                           say whether it runs
#   broker.sh cluster DIR PORT…                     start three in DIR/1, DIR/2, DIR/3, which share three replicas: six
#                                                   ports, for each its own and its controller's; each is stopped,
#                                                   killed and started again by its own folder, with its two ports
#   broker.sh hold    DIR PORT CONTROLLER_PORT      start, and stop and remove all of it once standard input is closed:
#   broker.sh hold    DIR PORT…                     whoever holds the other end of that pipe may be killed and leaves
#                                                   nothing behind; with six ports, three of them
#
# BROKER_DETOUR="PORT ADVERTISED_PORT" has a single broker listen on a second port too. Who connects there is told that
# the broker is at ADVERTISED_PORT, so that all its connections go through whatever stands between the two.
#
# The packages are fetched once, into target/services/kafka. `broker.sh classpath` prints where Java finds them.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
jars=$here/../../target/services/kafka
BROKER_DETOUR=${BROKER_DETOUR:-}
START_SECONDS=60
STOP_SECONDS=20

fail() {
  echo "$*" >&2
  exit 1
}

usage() {
  fail "usage: broker.sh start|stop|kill|status|cluster|hold DIR [PORT…]; the first lines of $0 say more."
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
  # If another was quicker, this one's are not needed.
  if [ -d "$jars" ]; then rm -rf "$jars.$$"; else mv "$jars.$$" "$jars"; fi
}

kafka() {
  java -Dlog4j2.configurationFile="$here/log4j2.properties" -cp "$jars/*" "$@"
}

running() {
  [ -f "$1/pid" ] && kill -0 "$(cat "$1/pid")" 2>/dev/null
}

# Writes the settings of one node and formats its folder: prepare DIR PORT CONTROLLER_PORT NODE VOTERS REPLICAS CLUSTER_ID
prepare() {
  mkdir -p "$1"
  detour=${BROKER_DETOUR:+,DETOUR://127.0.0.1:}
  sed -e "s|@DIR@|$1|" -e "s|@PORT@|$2|" -e "s|@CONTROLLER_PORT@|$3|" -e "s|@NODE@|$4|" -e "s|@VOTERS@|$5|" \
    -e "s|@REPLICAS@|$6|" -e "s|@DETOUR@|${detour}${BROKER_DETOUR% *}|" \
    -e "s|@DETOUR_ADVERTISED@|${detour}${BROKER_DETOUR#* }|" "$here/server.properties" >"$1/server.properties"
  kafka kafka.tools.StorageTool format -t "$7" -c "$1/server.properties" >"$1/format.log" 2>&1 || {
    rm "$1/server.properties"
    fail "The broker's folder could not be formatted: $1/format.log says why."
  }
}

launch() {
  running "$1" && fail "A broker runs in $1 already (process $(cat "$1/pid"))."
  : >"$1/broker.log"
  java -Xms256m -Xmx256m -XX:+UseSerialGC -Dlog4j2.configurationFile="$here/log4j2.properties" \
    -cp "$jars/*" kafka.Kafka "$1/server.properties" </dev/null >>"$1/broker.log" 2>&1 &
  echo $! >"$1/pid"
}

await() {
  tries=$((START_SECONDS * 5))
  until grep -q 'Kafka Server started' "$1/broker.log"; do
    running "$1" || {
      tail -n 20 "$1/broker.log" >&2
      fail "The broker ended while it was starting: the lines above, from $1/broker.log, say why."
    }
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || {
      tail -n 20 "$1/broker.log" >&2
      fail "The broker did not answer within $START_SECONDS s: the lines above, from $1/broker.log, may say why."
    }
    sleep 0.2
  done
}

start() {
  [ -f "$dir/server.properties" ] ||
    prepare "$dir" "$1" "$2" 1 "1@127.0.0.1:$2" 1 "$(kafka kafka.tools.StorageTool random-uuid)"
  launch "$dir"
  await "$dir"
  echo "127.0.0.1:$1"
}

cluster() {
  [ $# -eq 6 ] || fail "A cluster takes six ports, for each of three brokers its own and its controller's."
  voters="1@127.0.0.1:$2,2@127.0.0.1:$4,3@127.0.0.1:$6"
  id=$(kafka kafka.tools.StorageTool random-uuid)
  brokers="127.0.0.1:$1,127.0.0.1:$3,127.0.0.1:$5"
  for node in 1 2 3; do
    prepare "$dir/$node" "$1" "$2" "$node" "$voters" 3 "$id"
    shift 2
  done
  # None of them answers before two are there.
  for node in 1 2 3; do launch "$dir/$node"; done
  for node in 1 2 3; do await "$dir/$node"; done
  echo "$brokers"
}

# Ends one with this signal, and with the last one if it takes too long: end DIR SIGNAL
end() {
  running "$1" || return 0
  pid=$(cat "$1/pid")
  kill "$2" "$pid" 2>/dev/null || true
  # One that stands still hears nothing else.
  kill -CONT "$pid" 2>/dev/null || true
  tries=$((STOP_SECONDS * 5))
  while kill -0 "$pid" 2>/dev/null; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || kill -KILL "$pid" 2>/dev/null || true
    [ "$tries" -gt -25 ] || fail "The broker (process $pid) cannot be ended."
    sleep 0.2
  done
  rm -f "$1/pid"
}

# Three that are stopped in order one after another would wait for a quorum that is gone.
remove() {
  for node in "$dir" "$dir/1" "$dir/2" "$dir/3"; do end "$node" -KILL; done
  rm -rf "$dir"
}

command=${1:-}
need_java
fetch
[ "$command" = classpath ] && { echo "$jars/*"; exit; }
[ $# -ge 2 ] || usage
mkdir -p "$2"
dir=$(cd "$2" && pwd)
shift 2

case $command in
start)
  port=${1:-19092}
  start "$port" "${2:-$((port + 1))}"
  ;;
stop) end "$dir" -TERM ;;
kill) end "$dir" -KILL ;;
status)
  running "$dir" || { echo "No broker runs in $dir."; exit 1; }
  echo "The broker in $dir runs (process $(cat "$dir/pid"))."
  ;;
cluster) cluster "$@" ;;
hold)
  trap remove EXIT
  trap 'exit 1' INT TERM HUP
  if [ $# -eq 2 ]; then start "$@"; else cluster "$@"; fi
  # Ends when the pipe does.
  cat >/dev/null
  ;;
*) usage ;;
esac
