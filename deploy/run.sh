#!/bin/sh
# What `make run` does: build, make the demo store once, say where to look, serve until Ctrl-C.
set -eu
cargo=$1
data=$2
bin=target/release/salesync

"$cargo" build --release --locked -p salesync
# The second time this finds the demo store made and ends at once.
"$bin" demo --data "$data"

cat <<'TEXT'

  The till is at   http://127.0.0.1:8080         (Ctrl-C stops it; the data stays in ./data)
  Try the API at   http://127.0.0.1:8080/docs
  Metrics at       http://127.0.0.1:8081/metrics
  Demo log-in      demostore / Demostore1!

  Last month's sales, day by day:

    TOKEN=$(curl -s http://127.0.0.1:8080/stores/login -H 'content-type: application/json' \
      -d '{"username":"demostore","password":"Demostore1!"}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
    curl -s "http://127.0.0.1:8080/dashboard/volumes?start=$(date -d '-30 days' +%F)&end=$(date +%F)" \
      -H "authorization: Bearer $TOKEN"

TEXT
exec "$bin" serve --data "$data"
