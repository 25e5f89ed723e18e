#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What a program does by a ring (io_uring) passes no hook. From the set-up of one on its connects are true ones and
# its listeners take no SYN data: nothing leaves, and nothing is read, that the library has not seen.

# What is waited for is evaluated each time; CONFIG and ADDRESS are for what programs.bash defines.
# shellcheck disable=SC2016,SC2034

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required "$PROGRAMS/ring" /usr/bin/python3
  network_up
  ADDRESS=$SERVER_IP4
  CONFIG=$CONF/safe.conf
}

teardown() {
  network_down
}

ORDER='POST /order HTTP/1.0\r\nContent-Length: 1\r\n\r\nx'

# ---- clients ----

# A bare SYN, whose cookie tells that it was deferred until the ring came, or a plain one.
written_by_ring() { # WHAT HOW WHEN EXPECTED
  compare "$PROGRAMS/ring" "$ADDRESS" "$PORT" "${@:1:3}"
  assert_success
  assert_line 'ring: there'
  assert_equal "$* $(last_syn syn.option syn.data)" "$* $4 0"
}

@test "the kernel has rings" {
  run -0 "$PROGRAMS/ring" 127.0.0.1 9 client library before
  assert_line 'ring: there'
}

@test "what is written by a ring leaves in no SYN" {
  local how
  reference_start answer
  for how in library params setup number; do
    written_by_ring client "$how" before none
    written_by_ring patient "$how" before none
  done
}

@test "nor where the connect came before the ring" {
  local how
  reference_start answer
  for how in library params setup number; do
    written_by_ring client "$how" after cookie
    written_by_ring patient "$how" after "$(opening nonblocking)"
  done
}

@test "nor by a child, with the ring of its parent" {
  reference_start answer
  written_by_ring client library parent none
  written_by_ring client number parent none
}

@test "nor by a plugin that brings the library for rings along" {
  reference_start answer
  compare "$PROGRAMS/plugged" "$PROGRAMS/ring-plugin.so" "$ADDRESS" "$PORT" client library before
  assert_success
  assert_line 'ring: there'
  assert_equal "$(last_syn syn.option syn.data)" 'none 0'
}

# Whatever may go into a SYN: a ring would also read from what is deferred, and wait for it.
@test "nor where any first write may" {
  CONFIG=$CONF/on.conf
  reference_start answer
  written_by_ring client library before none
  written_by_ring client library after cookie
}

@test "a ring that cannot be had changes nothing" {
  local error how
  CONFIG=$CONF/on.conf
  reference_start answer
  for error in ENOSYS EPERM; do
    for how in library number; do
      compare "$PROGRAMS/sandbox" "$error" ring "$PROGRAMS/ring" "$ADDRESS" "$PORT" client "$how" before
      assert_success
      assert_line "ring: $error"
      assert_equal "$(last_syn_data)" 44
    done
  done
}

@test "a process without one opens fast, beside one that has" {
  reference_start answer
  CONFIG=$CONF/on.conf
  written_by_ring client library before none
  compare "$PROGRAMS/client" "$ADDRESS" "$PORT"
  assert_equal "$(last_syn_data)" 79
}

@test "debug: why" {
  reference_start answer
  prime "$ADDRESS"
  shim TFOSHIM_LOG=debug "$PROGRAMS/ring" "$ADDRESS" "$PORT" client library before
  assert_output --partial 'connects plainly: the program uses io_uring'
  shim TFOSHIM_LOG=debug "$PROGRAMS/ring" "$ADDRESS" "$PORT" client library after
  assert_output --regexp 'started by io_uring_[a-z_]+\(\): io_uring may write to it'
}

# ---- servers ----

serve() { # COMMAND
  server_spawn "TFOSHIM_CONFIG=$CONF/on.conf" "XDG_RUNTIME_DIR=$NETWORK_DIR" "LD_PRELOAD=$SHIM" "$@"
  wait_listening 8080
}

serve_orders() { # WAY
  serve /usr/bin/python3 -B "$TFOSHIM_ROOT/tests/guard/orders.py" 8080 "$1"
}

# A ring lets go of its sockets some time after its process has ended.
served() {
  kill "$SPAWNED"
  process_end "$SPAWNED"
  wait_until '! port_is_listening server 8080'
}

guard() { # PROGRAM [ARGUMENT]...
  on_client /usr/bin/python3 -B "$TFOSHIM_ROOT/tests/guard/$1.py" "${@:2}"
}

request() {
  run guard client "$SERVER_IP4" 8080 "$ORDER"
  assert_success
}

# A SYN with a cookie and a request, as a server without a ring took it.
record_request() {
  serve_orders block
  request
  request
  assert_output --regexp 'in-the-SYN'
  served
}

orders() {
  grep -c '^order' "$SPAWNED_LOG"
}

accepted_by_ring() { # HOW WHEN
  local before
  serve "$PROGRAMS/ring" 0.0.0.0 8080 serve "$1" "$2"
  wait_until 'grep -q "ring: there" "$SPAWNED_LOG"'
  before=$(netstat_value server TCPFastOpenPassive)
  guard replay "$NETWORK_PCAP" 8080 5
  guard replay "$NETWORK_PCAP" 8080 20 20000
  request
  assert_output --regexp '^HTTP/1.0 200 OK after-the-handshake'
  assert_equal "$* $(orders)" "$* 1"
  assert_equal "$(netstat_value server TCPFastOpenPassive)" "$before"
  served
}

@test "a recorded SYN is not executed again by a server that accepts by a ring" {
  local how when
  record_request
  for how in library number; do
    for when in before bound after; do
      accepted_by_ring "$how" "$when"
    done
  done
}

@test "nor by one that was handed its listener" {
  local before
  record_request
  serve_orders handed-ring
  wait_until 'grep -q "^ring" "$SPAWNED_LOG"'
  before=$(netstat_value server TCPFastOpenPassive)
  guard replay "$NETWORK_PCAP" 8080 5 20000
  request
  assert_output --regexp 'after-the-handshake'
  assert_equal "$(orders)" 1
  assert_equal "$(netstat_value server TCPFastOpenPassive)" "$before"
}

# What is guarded when the ring comes is proved before, or ended.
@test "nor by one that had it guarded" {
  record_request
  serve_orders ring
  guard replay "$NETWORK_PCAP" 8080 1 20000
  wait_until 'grep -qE "^read" "$SPAWNED_LOG"'
  assert_equal "$(grep -E '^(read|order)' "$SPAWNED_LOG")" 'read 0'
  served
  serve_orders ring
  request
  assert_output --regexp '^HTTP/1.0 200 OK in-the-SYN'
  assert_equal "$(orders)" 1
}
