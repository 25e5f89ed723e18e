#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is read off the kernel's account of a connection (src/kernel/tcp.c), over the link.

# Every test has a PORT of its own.
# shellcheck disable=SC2030,SC2031

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required
}

teardown() {
  network_down
}

asked() { # ADDRESS [BYTES]
  run -0 on_client timeout "$PATIENCE" "$TFOSHIM_BUILD/tests/unit/tcp" "$1" "$PORT" "${@:2}"
}

@test "the room of a SYN is what the kernel then takes" {
  local address
  network_up --rtt 20
  reference_start sink
  for mtu in 1500 1280 600; do
    [[ $mtu != 600 ]] || on_client ip -6 addr flush dev link0
    on_client ip link set link0 mtu "$mtu"
    for case in "$SERVER_IP4:40" "$SERVER_IP6:60"; do
      address=${case%:*} room=$((mtu - ${case##*:} - 40))
      # Below 1280 bytes there is no IPv6.
      [[ $mtu$address != 600*:* ]] || continue
      cookies_flush
      asked "$address" 20000
      assert_line --index 0 --partial " retransmitted=0 request_lost=0 local=0 room=$room "
      assert_line --index 1 "reckoned=$room sent=$room"
      assert_line --index 2 --partial " acked=1 fail=0 "
      assert_line --index 2 --partial " room=$room "
    done
  done
}

@test "a host whose segments are small says so once, and is remembered" {
  network_up --rtt 20
  on_server ip link set link0 mtu 1000
  reference_start sink
  asked "$SERVER_IP4" 20000
  assert_line --index 0 --partial " room=$((1000 - 40 - 40)) "
  # The route does not know.
  assert_line --index 1 "reckoned=$((1500 - 40 - 40)) sent=$((1000 - 40 - 40))"
}

@test "round trips, and the machine itself" {
  network_up --rtt 60
  reference_start sink
  asked "$SERVER_IP4"
  # The link is never early; the machine may be busy.
  assert_line --regexp " local=0 .* rtt_ms=[6-9][0-9] min_rtt_ms=[6-9][0-9]\$"
  PORT=8081
  client_spawn "$PROGRAMS/server" :: "$PORT" sink --queue 16
  wait_listening client "$PORT"
  for address in 127.0.0.1 ::1 "$CLIENT_IP4" "$CLIENT_IP6"; do
    asked "$address"
    assert_line --regexp "^state=1 .* local=1 .* rtt_ms=0 min_rtt_ms=0\$"
  done
}

@test "a lost request for a cookie, and a lost SYN with data" {
  network_up --rtt 20
  reference_start sink
  network_control drop-option
  asked "$SERVER_IP4"
  assert_line --partial " fail=1 retransmitted=1 request_lost=1 "
  # Without the option nothing is lost, and a server that gives no cookie is no path that swallows.
  network_control drop-option off
  network_control strip-option
  cookies_flush
  asked "$SERVER_IP4"
  assert_line --partial " fail=1 retransmitted=0 request_lost=0 "
  network_control strip-option off
  cookies_flush
  asked "$SERVER_IP4"
  network_control drop-syn-data
  asked "$SERVER_IP4" 100
  assert_line --index 2 --partial " acked=0 fail=3 "
  assert_line --index 2 --partial " request_lost=0 "
}

# Which is why one that had to be started carries it (docs/how-it-works.md, limits).
@test "a deferred connect cannot leave without its cookie, nor be made anew unseen" {
  local ADDRESS=$SERVER_IP4 deferred='
import ctypes, errno, select, socket, struct, sys
connection = socket.socket()
connection.setsockopt(socket.IPPROTO_TCP, 30, 1) # TCP_FASTOPEN_CONNECT
print(connection.connect_ex((sys.argv[1], int(sys.argv[2]))), connection.getsockopt(socket.IPPROTO_TCP, 11))
for option, value in ((34, 1), (30, 0)): # TCP_FASTOPEN_NO_COOKIE
    try:
        connection.setsockopt(socket.IPPROTO_TCP, option, value)
    except OSError as error:
        print(errno.errorcode[error.errno])
watch = select.epoll()
watch.register(connection, select.EPOLLIN | select.EPOLLET)
watch.poll(0)
ctypes.CDLL(None).connect(connection.fileno(), struct.pack("H14x", socket.AF_UNSPEC), 16)
print(watch.poll(0)[0][1] == select.EPOLLERR | select.EPOLLHUP)
print(errno.errorcode[connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)])'
  network_up --rtt 20
  reference_start sink
  prime "$ADDRESS"
  plain /usr/bin/python3 -c "$deferred" "$ADDRESS" "$PORT"
  assert_output $'0 2\nEINVAL\nEINVAL\nTrue\nECONNRESET'
}
