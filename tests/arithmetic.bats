#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The example, packet by packet: what a capture of TCP Fast Open looks like when both programs know
# nothing of it.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required
  ARITHMETIC=$TFOSHIM_BUILD/examples/arithmetic
  CONFIG=$TFOSHIM_ROOT/examples/arithmetic/tfoshim.conf
  network_up
}

teardown() {
  network_down
}

server_start() { # [NAME=VALUE]...
  server_spawn "$@" "$ARITHMETIC/arithmetic-server" :: 8080
  wait_listening 8080
}

ask() { # ADDRESS SUM...
  shim "$ARITHMETIC/arithmetic-client" "$1" 8080 "${@:2}"
}

# The handshake of a connection: SYN, then SYN-ACK.
handshake() { # STREAM
  packets "tcp.stream == $1 && tcp.flags.syn == 1" | cut -d ' ' -f 3-
}

# First connection: a request for a cookie, and a cookie of 8 bytes. Second: the cookie and the 79
# bytes of the request, all acknowledged by the SYN-ACK.
two_connections() { # ADDRESS
  local cookie
  server_start TFOSHIM_CONFIG="$CONFIG" LD_PRELOAD="$SHIM"

  ask "$1" 1 + 1
  assert_success
  assert_output 2
  run handshake 0
  assert_line --index 0 'client->server SYN seq=0 ack=0 len=0 option=request'
  assert_line --index 1 --regexp \
    '^server->client SYN,ACK seq=0 ack=1 len=0 option=cookie:[0-9a-f]{16}$'
  cookie=${lines[1]#*cookie:}

  ask "$1" 1 + 1
  assert_success
  assert_output 2
  run handshake 1
  assert_line --index 0 "client->server SYN seq=0 ack=0 len=79 option=cookie:$cookie"
  assert_line --index 1 --partial 'server->client SYN,ACK seq=0 ack=80 len=0'
  assert_equal "${#lines[@]}" 2
}

# The length of option 34 as it stands in the packet, kind and length included.
option_lengths() { # STREAM
  tshark -n -r "$NETWORK_PCAP" -Y "tcp.stream == $1 && tcp.flags.syn == 1 && tcp.option_kind == 34" \
    -T json -e tcp.options 2>/dev/null |
    sed -n 's/.*"\([0-9a-f]*\)".*/\1/p' | sed -n 's/.*0303[0-9a-f][0-9a-f]22\(..\).*/\1/p'
}

@test "IPv4: the second connection carries the request in its SYN" {
  two_connections "$SERVER_IP4"
}

@test "IPv6: the second connection carries the request in its SYN" {
  two_connections "$SERVER_IP6"
}

@test "the option is 2 bytes long as a request and 10 with a cookie" {
  server_start TFOSHIM_CONFIG="$CONFIG" LD_PRELOAD="$SHIM"
  ask "$SERVER_IP4" 1 + 1
  ask "$SERVER_IP4" 1 + 1
  assert_output 2
  run option_lengths 0
  assert_output $'02\n0a'
  run option_lengths 1
  assert_output '0a'
}

@test "sums asked for on one connection are answered in turn" {
  server_start TFOSHIM_CONFIG="$CONFIG" LD_PRELOAD="$SHIM"
  for _ in first second; do
    ask "$SERVER_IP4" 1 + 1 6 '*' 7 9 / 2 1 - 3
    assert_success
    assert_output $'2\n42\n4\n-2'
  done
  assert_equal "$(client_syns | wc -l) $(last_syn_data)" '2 79'
}

@test "a sum without a result is answered with a reason" {
  local sum
  server_start
  for sum in '1 / 0' 'one + 1' '9223372036854775807 + 1' '1 % 1'; do
    # shellcheck disable=SC2086
    plain "$ARITHMETIC/arithmetic-client" "$SERVER_IP4" 8080 $sum
    assert_failure
    assert_output --regexp '^arithmetic-client: MATH/1.1 4[0-9]{2} .*: .*'
  done
}

@test "without the shim there is no Fast Open" {
  server_start
  for _ in first second; do
    plain "$ARITHMETIC/arithmetic-client" "$SERVER_IP4" 8080 1 + 1
    assert_output 2
  done
  run client_syns
  assert_line --index 1 --partial 'syn.data=0 syn.option=none'
}
