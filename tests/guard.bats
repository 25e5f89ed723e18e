#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A server does once what a client has sent once. A SYN that was recorded can be sent again by whoever has seen it, and
# its cookie lets its bytes in: what is not safe to repeat waits until the client has shown that it is there.

# What is waited for is evaluated each time.
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required /usr/bin/python3 nft nginx
  network_up
}

teardown() {
  network_down
}

POST='POST /order HTTP/1.0\r\nContent-Length: 1\r\n\r\nx'
GET='GET / HTTP/1.0\r\n\r\n'

guard() { # PROGRAM [ARGUMENT]...
  on_client /usr/bin/python3 -B "$TFOSHIM_ROOT/tests/guard/$1.py" "${@:2}"
}

serve() { # WAY [CONFIG [COMMAND...]]
  server_spawn "${@:3}" env "TFOSHIM_CONFIG=${2-$CONF/on.conf}" "XDG_RUNTIME_DIR=$NETWORK_DIR" "LD_PRELOAD=$SHIM" \
    /usr/bin/python3 -B "$TFOSHIM_ROOT/tests/guard/orders.py" 8080 "$1"
  wait_listening 8080
}

request() { # REQUEST
  run guard client "$SERVER_IP4" 8080 "$1"
  assert_success
}

orders() {
  grep -c '^order POST' "$SPAWNED_LOG"
}

# What the kernel has taken from SYNs: the replay has come in.
taken() {
  netstat_value server TCPFastOpenPassive
}

# A listener that is handed on gives cookies when the program that gets it accepts: the port is listened on before.
cookie_get() {
  request "$GET"
  ip -n "$NETWORK_CLIENT" tcp_metrics show "$SERVER_IP4" | grep -q fo_cookie
}

# One in the SYN, that is recorded.
order_once() {
  wait_until cookie_get
  request "$POST"
  assert_output --regexp '^HTTP/1.0 200 OK in-the-SYN'
  wait_until '(($(orders) == 1))'
}

# Two clients were there, and those of the replay were not.
the_figures_say() {
  run on_server "XDG_RUNTIME_DIR=$NETWORK_DIR" "$TFOSHIM_BUILD/tfoshim" stat --json
  run python3 -c 'import json, sys
for l in json.loads(sys.argv[1])["listeners"]:
    print(l["guarded"] == l["accepted"] >= 42, l["proved"], l["unproved"] == l["guarded"] - 2)' "$output"
  assert_output 'True 2 True'
}

replay_does_nothing() { # WAY
  local before
  serve "$1"
  order_once
  before=$(taken)
  guard replay "$NETWORK_PCAP" 8080 5
  guard replay "$NETWORK_PCAP" 8080 40 20000
  wait_until "((\$(taken) >= $before + 40))"
  # Who comes after them is served: nothing is left that waits.
  request "$POST"
  wait_until '(($(orders) == 2))'
  assert_equal "$1 $(orders)" "$1 2"
  [[ $1 != block ]] || the_figures_say
  pkill -P "$SPAWNED" || true
  kill "$SPAWNED"
  process_end "$SPAWNED"
  cookies_flush
}

@test "a recorded SYN is not executed again by a server that reads at once" {
  local way
  for way in block timeout fork thread stream spawn; do
    replay_does_nothing "$way"
  done
}

@test "a recorded SYN is not executed again by an event loop" {
  local way
  for way in poll select many epoll edge oneshot loop; do
    replay_does_nothing "$way"
  done
}

@test "a recorded SYN is not executed again by processes that share a listener, or were handed one" {
  local way
  for way in prefork reuseport handed; do
    replay_does_nothing "$way"
  done
}

# Nothing could wait for its client: no SYN is taken.
@test "where a sandbox refuses what the guard waits with a listener takes no SYN data" {
  local call
  for call in epoll duplicate; do
    serve block "$CONF/on.conf" "$PROGRAMS/sandbox" EPERM "$call"
    request "$POST"
    request "$POST"
    assert_output --regexp '^HTTP/1.0 200 OK after-the-handshake'
    wait_until '(($(orders) == 2))'
    assert_equal "$call $(taken)" "$call 0"
    kill "$SPAWNED"
    process_end "$SPAWNED"
    cookies_flush
  done
}

@test "a recorded SYN is executed again where the rule says so" {
  local before
  printf 'server = { default = "on"; first_read = "any"; };\n' >"$NETWORK_DIR/any.conf"
  serve thread "$NETWORK_DIR/any.conf"
  order_once
  before=$(taken)
  guard replay "$NETWORK_PCAP" 8080 5 20000
  wait_until "((\$(taken) >= $before + 5))"
  wait_until '(($(orders) >= 6))'
}

@test "a recorded SYN is executed again where a rule's prefix vouches for it" {
  local before
  printf 'server = { default = "on"; rules = ( { port = 8080; prefixes = [ "HELP", "POST /order " ]; } ); };\n' \
    >"$NETWORK_DIR/prefix.conf"
  serve thread "$NETWORK_DIR/prefix.conf"
  order_once
  before=$(taken)
  guard replay "$NETWORK_PCAP" 8080 5 20000
  wait_until "((\$(taken) >= $before + 5))"
  wait_until '(($(orders) >= 6))'
}

# Workers that accept what another process listens on, and read as soon as they have accepted.
@test "a recorded SYN is not executed again by nginx" {
  local before log=$NETWORK_DIR/access.log
  printf '%s\n' "pid $NETWORK_DIR/nginx.pid; error_log stderr; daemon off; worker_processes 2;" \
    'events { worker_connections 64; }' \
    "http { access_log $log; client_body_temp_path $NETWORK_DIR; proxy_temp_path $NETWORK_DIR;" \
    "fastcgi_temp_path $NETWORK_DIR; uwsgi_temp_path $NETWORK_DIR; scgi_temp_path $NETWORK_DIR;" \
    'server { listen 8080; location / { return 200 "ok\n"; } } }' >"$NETWORK_DIR/nginx.conf"
  server_spawn "TFOSHIM_CONFIG=$CONF/on.conf" "XDG_RUNTIME_DIR=$NETWORK_DIR" "LD_PRELOAD=$SHIM" \
    nginx -c "$NETWORK_DIR/nginx.conf"
  wait_listening 8080
  wait_until cookie_get
  request "$POST"
  assert_output --regexp '^HTTP/1.1 200 OK in-the-SYN'
  before=$(taken)
  guard replay "$NETWORK_PCAP" 8080 5
  guard replay "$NETWORK_PCAP" 8080 40 20000
  wait_until "((\$(taken) >= $before + 40))"
  request "$POST"
  wait_until "((\$(grep -c 'POST /order' '$log') == 2))"
  request "$GET"
  wait_until "((\$(grep -c 'GET /' '$log') >= 2))"
  assert_equal "$(grep -c 'POST /order' "$log")" 2
}

# It is as if the bytes had not come yet.
@test "nothing tells of what is guarded" {
  serve look
  order_once
  assert_equal "$(grep -A1 '^at once' "$SPAWNED_LOG" | tail -n 2)" \
    $'at once 1 7 nothing 0 False\nthen True 7 9 True'
}

# One round trip: the answer leaves before the client has said anything more.
@test "what is safe to repeat is answered at once" {
  serve thread
  request "$GET"
  network_control rtt 500 # a busy machine answers within it
  request "$GET"
  assert_output --regexp '^HTTP/1.0 200 OK in-the-SYN'
  run tshark -n -r "$NETWORK_PCAP_SERVER" -Y 'tcp.stream == 1' -T fields -e tcp.dstport -e tcp.len
  assert_output --regexp $'\n8080\t[1-9][0-9]*\n[0-9]+\t0\n[0-9]+\t[1-9][0-9]*\n'
}

# No client is there to say that it is not: SYN-ACKs are unanswered.
@test "a recorded SYN that nobody answers for is not executed, and does not keep others" {
  local before
  serve block
  order_once
  kill "$SPAWNED"
  process_end "$SPAWNED"
  serve epoll
  before=$(taken)
  on_client nft 'add table ip mute; add chain ip mute out { type filter hook output priority 0; };
    add rule ip mute out tcp flags rst drop'
  guard replay "$NETWORK_PCAP" 8080 5 20000
  wait_until "((\$(taken) >= $before + 5))"
  request "$POST"
  wait_until '(($(orders) == 1))'
  assert_equal "$(orders)" 1
}
