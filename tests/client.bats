#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A client's first write travels in the SYN, whatever call it is written with, and nothing else changes.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required
  network_up
}

teardown() {
  network_down
}

# Blocking and non-blocking, over IPv4 and IPv6: the SYN of the second connection has the first write,
# `expected` of `bytes` bytes, the server got all and the end, the program saw what it sees plain.
first_write_is_in_the_syn() { # CALL BYTES EXPECTED
  local ADDRESS way data
  reference_start sink
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    for way in '' --nonblocking; do
      data=$(gain "$way" "$3")
      cookies_flush
      # shellcheck disable=SC2086
      compare "$PROGRAMS/client" "$ADDRESS" "$PORT" --call "$1" --bytes "$2" $way
      assert_line --partial "sent: bytes=$2 "
      assert_equal "$RECORDED" "${lines[$((${#lines[@]} - 4))]#sent: } end=EOF"
      assert_equal "$ADDRESS $way $(last_syn syn.data syn.option synack.ack)" \
        "$ADDRESS $way $data $(opening "$way") $((data + 1))"
    done
  done
}

@test "write: the first bytes are in the SYN" {
  first_write_is_in_the_syn write 79 79
}

@test "writev: the first bytes are in the SYN" {
  first_write_is_in_the_syn writev 79 79
}

@test "send: the first bytes are in the SYN" {
  first_write_is_in_the_syn send 79 79
}

@test "sendto: the first bytes are in the SYN" {
  first_write_is_in_the_syn sendto 79 79
}

@test "sendto that names the peer again: the first bytes are in the SYN" {
  first_write_is_in_the_syn sendto-address 79 79
}

@test "sendmsg: the first bytes are in the SYN" {
  first_write_is_in_the_syn sendmsg 79 79
}

@test "sendmmsg: the first messages are in the SYN together" {
  first_write_is_in_the_syn sendmmsg 79 79
}

@test "a single byte" {
  first_write_is_in_the_syn write 1 1
}

@test "no byte at all: a plain handshake" {
  first_write_is_in_the_syn write 0 0
}

# sendmmsg() sends it in two halves. What does not fit waits for the handshake, which a SYN with the cookie
# begins.
@test "much data: it goes into the SYN whole or not at all, and every byte arrives in order" {
  local ADDRESS call bytes way room
  reference_start sink
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    room=$(room "$ADDRESS")
    for call in write sendmsg sendmmsg; do
      for bytes in 1000 "$room" $((room + 1)) 20000 200000; do
        way=$([[ $call == write ]] || echo --nonblocking)
        # shellcheck disable=SC2086
        compare "$PROGRAMS/client" "$ADDRESS" "$PORT" --call "$call" --bytes "$bytes" $way
        assert_regex "$RECORDED" "^bytes=$bytes checksum=[0-9a-f]+ end=EOF\$"
        assert_equal "$call $bytes $(last_syn syns syn.data syn.option)" \
          "$call $bytes 1 $(syn_share "$way" "$ADDRESS" "$bytes") $(opening "$way")"
      done
    done
  done
}

@test "one round trip is saved" {
  local ADDRESS=$SERVER_IP4 plain_ms shim_ms
  reference_start echo
  compare "$PROGRAMS/client" "$ADDRESS" "$PORT" --then read
  plain_ms=$(answer_ms "$(client_syns | head -n 1)")
  shim_ms=$(answer_ms "$(client_syns | tail -n 1)")
  # Two round trips of 50 ms against one; the machine may be busy, the link never early.
  ((plain_ms >= 99))
  ((shim_ms >= 49 && shim_ms < 90))
}

# When the first byte of the server's answer came, in whole milliseconds after the SYN.
answer_ms() { # CONNECTION
  local stream=${1%% *}
  packets "tcp.stream == ${stream#stream=} && tcp.srcport == $PORT && tcp.len > 0" |
    sed -n '1s/.* ms=\([0-9]*\)\..*/\1/p'
}

@test "the first connection to a host is a true connect and asks for a cookie" {
  reference_start sink
  shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  assert_success
  run client_syns
  assert_output --regexp 'syn.data=0 syn.option=request .*synack.option=cookie'
}

@test "a rule may leave the deferral to the shim" {
  local ADDRESS way rules=$NETWORK_DIR/shim.conf
  echo 'client = { default = "on"; first_write = "any"; defer = "shim"; };' >"$rules"
  reference_start sink
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6" "::ffff:$SERVER_IP4"; do
    for way in '' --nonblocking; do
      cookies_flush
      # shellcheck disable=SC2086
      CONFIG=$rules compare "$PROGRAMS/client" "$ADDRESS" "$PORT" $way
      assert_equal "$ADDRESS $way $(last_syn syn.data syn.option)" \
        "$ADDRESS $way $([[ $way ]] && echo '0 none' || echo '79 cookie')"
    done
  done
}

@test "with no cookie in the cache connect is a true one again" {
  local ADDRESS=$SERVER_IP4
  reference_start sink
  prime "$ADDRESS"
  cookies_flush
  kill "$SPAWNED"
  process_end "$SPAWNED"
  shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
  assert_line 'connect: ECONNREFUSED'
  assert_equal "$(last_syn syn.option syn.data)" 'request 0'
}

@test "a closed port is refused by connect, cookie or not" {
  local ADDRESS way
  reference_start sink
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    for way in '' --nonblocking; do
      # shellcheck disable=SC2086
      compare --records 0 "$PROGRAMS/client" "$ADDRESS" 9 $way
      assert_output --partial ECONNREFUSED
      assert_line 'close: 0'
      assert_equal "$status" 1
    done
  done
}

# Once it is known.
opens_fast_to_itself() { # ADDRESS
  local count
  prime "$1"
  count=$(netstat_value client TCPFastOpenActive)
  shim "$PROGRAMS/client" "$1" "$PORT"
  assert_success
  assert_equal "$1 $(netstat_value client TCPFastOpenActive)" "$1 $((count + 1))"
}

# That an address is the machine's own is seen at the first contact, which asks for a cookie.
@test "connections to the machine itself are plain" {
  local ADDRESS
  client_spawn "$PROGRAMS/server" :: "$PORT" sink --queue 16
  wait_listening client "$PORT"
  to_itself() {
    for ADDRESS; do
      for _ in 1 2 3; do
        shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
        assert_success
      done
    done
    assert_equal "$(netstat_value client TCPFastOpenActive)" 0
  }
  to_itself 127.0.0.1 ::1 ::ffff:127.0.0.1
  assert_equal "$(netstat_value client TCPFastOpenCookieReqd)" 0
  # shellcheck disable=SC2153
  to_itself "$CLIENT_IP4" "$CLIENT_IP6"
  assert_equal "$(netstat_value client TCPFastOpenCookieReqd)" 2
}

@test "connections to the machine itself open fast where min_rtt says that no round trip is too short" {
  # shellcheck disable=SC2034 # for `shim`
  local ADDRESS CONFIG=$CONF/local.conf
  client_spawn "$PROGRAMS/server" :: "$PORT" sink --queue 16
  wait_listening client "$PORT"
  for ADDRESS in 127.0.0.1 ::1 "$CLIENT_IP4" "$CLIENT_IP6"; do
    opens_fast_to_itself "$ADDRESS"
  done
}

@test "a round trip that is shorter than min_rtt is not worth it" {
  # shellcheck disable=SC2034 # for `shim`
  local ADDRESS=$SERVER_IP4 CONFIG=$NETWORK_DIR/near.conf
  reference_start sink
  echo 'client = { default = "on"; first_write = "any"; min_rtt = 1000000; };' >"$CONFIG"
  prime "$ADDRESS"
  shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
  assert_success
  assert_equal "$(last_syn syn.option syn.data)" 'none 0'
}

@test "a server on the same machine is killed: its port is refused by connect" {
  # shellcheck disable=SC2034 # for `shim`
  local ADDRESS CONFIG=$NETWORK_DIR/loopback.conf
  echo 'client = { rules = ({ address = [ "127.0.0.1", "::1" ]; first_write = "any"; }); };' >"$CONFIG"
  client_spawn "$PROGRAMS/server" :: "$PORT" sink --queue 16
  wait_listening client "$PORT"
  for ADDRESS in 127.0.0.1 ::1 ::ffff:127.0.0.1; do
    opens_fast_to_itself "$ADDRESS"
  done
  kill -KILL "$SPAWNED"
  process_end "$SPAWNED"
  for ADDRESS in 127.0.0.1 ::1 ::ffff:127.0.0.1; do
    shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
    assert_line "connect: ECONNREFUSED"
  done
}

# Nothing is known of it in another form; and the server is none of IPv6's.
@test "an IPv4 address in an IPv6 one that is asked for first" {
  # shellcheck disable=SC2034 # for `shim`
  local ADDRESS=::ffff:127.0.0.1 CONFIG=$NETWORK_DIR/loopback.conf
  echo 'client = { rules = ({ address = "127.0.0.1"; first_write = "any"; }); };' >"$CONFIG"
  client_spawn "$PROGRAMS/server" 127.0.0.1 "$PORT" sink --queue 16
  wait_listening client "$PORT"
  prime "$ADDRESS"
  shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
  assert_success
  assert_equal "$(netstat_value client TCPFastOpenActive)" 1
}

@test "a destination that is off gets exactly the plain packets" {
  local ADDRESS
  reference_start sink
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    prime "$ADDRESS"
    CONFIG=$CONF/off.conf shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
    assert_success
    assert_equal "$(last_syn syn.option syn.data)" 'none 0'
  done
}

# A sanitizer reads the bad addresses itself.
# bats test_tags=no-sanitizer
@test "what a program can ask of a connected socket" {
  local ADDRESS way
  reference_start echo
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    for way in blocking nonblocking; do
      compare --records 11 "$PROGRAMS/inspect" "$ADDRESS" "$PORT" "$way"
    done
  done
}

# The kernel stamps no bytes of a SYN: whoever asks for stamps after connect() has a connection. 37 is
# SO_TIMESTAMPING, 65 what programs with 64-bit times on 32-bit machines say.
@test "time stamps of what is written, asked for before the connect, meanwhile or after it" {
  local option when ADDRESS=$SERVER_IP4 stamped='
import select, socket, struct, sys
def ask():
    connection.setsockopt(socket.SOL_SOCKET, int(sys.argv[3]), 0x2 | 0x200 | 0x10 | 0x800)
connection = socket.socket()
if sys.argv[4] == "before":
    ask()
connection.setblocking(sys.argv[4] != "meanwhile")
connection.connect_ex((sys.argv[1], int(sys.argv[2])))
if sys.argv[4] != "before":
    ask()
select.select([], [connection], [])
connection.sendall(b"some")
stamps = select.poll()
stamps.register(connection, select.POLLERR)
for _ in range(2):
    print(stamps.poll(2000)[0][1] & select.POLLERR)
    data, control, flags, peer = connection.recvmsg(0, 512, socket.MSG_ERRQUEUE)
    print([struct.unpack_from("I", value, 8)[0] for level, kind, value in control if kind == 11])'
  reference_start answer
  for option in 37 65; do
    for when in before meanwhile after; do
      compare /usr/bin/python3 -c "$stamped" "$ADDRESS" "$PORT" "$option" "$when"
      assert_equal "$when $status" "$when 0"
    done
  done
}

# stdio has these three from the start, and what it writes no hook sees.
@test "a socket that is the standard output carries no unsafe bytes in its SYN" {
  # shellcheck disable=SC2034 # for `shim`
  local ADDRESS=$SERVER_IP4 CONFIG=$CONF/safe.conf writer='
import ctypes, os, socket, sys
os.close(1)
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
library = ctypes.CDLL(None)
library.printf(b"POST / HTTP/1.0\r\n\r\n")
library.fflush(None)
connection.shutdown(socket.SHUT_WR)
print(connection.fileno(), connection.recv(100), file=sys.stderr)'
  reference_start answer
  compare /usr/bin/python3 -c "$writer" "$ADDRESS" "$PORT"
  assert_output --partial '1 b'
  assert_equal "$(last_syn_data)" 0
}

# The sanitizers look at this one.
@test "a program that asks for its answer at an odd address" {
  local way ADDRESS=$SERVER_IP4
  reference_start echo
  for way in blocking nonblocking; do
    compare "$PROGRAMS/inspect" "$ADDRESS" "$PORT" "$way" 'SO_ERROR at an odd address'
    assert_line 'SO_ERROR: 0 0 0 0'
  done
}

@test "a socket that is disconnected and connected anew" {
  local way ADDRESS=$SERVER_IP4
  reference_start echo
  for way in blocking nonblocking; do
    # The connection that was given up before anything was written need not reach the server.
    compare --records any "$PROGRAMS/inspect" "$ADDRESS" "$PORT" "$way" reconnect
  done
}

@test "half-closing and then writing raises SIGPIPE as ever" {
  local ADDRESS=$SERVER_IP4
  reference_start sink
  compare --records 5 "$PROGRAMS/sigpipe" "$ADDRESS" "$PORT"
  assert_line 'killed by SIGPIPE'
}

# Calls that the shim sees and calls that it does not, each the first on its connection.
first_call() { # CALL...
  local call way ADDRESS=$SERVER_IP4
  reference_start answer
  for call; do
    for way in blocking nonblocking; do
      compare "$PROGRAMS/first-call" "$ADDRESS" "$PORT" "$call" "$way"
      refute_output --regexp 'EPIPE|ENOTCONN|EINPROGRESS after'
    done
  done
}

@test "sendfile and splice as the first write" {
  first_call sendfile splice
}

@test "stdio on a socket as the first write" {
  first_call fprintf fdopen
}

@test "dprintf as the first write" {
  first_call dprintf
}

@test "system calls made directly as the first write" {
  first_call raw raw-sendto
}

@test "first writes with flags" {
  first_call more oob dontwait zerocopy pwritev2
}

@test "Fast Open's own flag on a socket that the program believes connected" {
  first_call msg-fastopen
}

@test "first writes of nothing" {
  first_call nothing
}

handed_over() { # HOW...
  local how ADDRESS=$SERVER_IP4
  reference_start answer
  for how; do
    compare "$PROGRAMS/handover" "$ADDRESS" "$PORT" "$how"
  done
}

@test "a connection that changes its descriptor before the first write" {
  handed_over dup dup2 dupfd replacing
}

@test "a connection that is closed by a system call made directly" {
  handed_over raw-close
}

@test "a connection that is shared by fork before the first write" {
  handed_over fork-child fork-parent fork-both
}

@test "a connection that is handed to another program before the first write" {
  handed_over exec vfork-exec vfork-close spawn system message
}

@test "a connection that is written on by another thread" {
  handed_over thread
}

@test "sockets that are not what they seem" {
  local kind ADDRESS=$SERVER_IP4
  reference_start answer
  for kind in mapped bound long; do
    compare "$PROGRAMS/families" "$ADDRESS" "$PORT" "$kind"
    assert_equal "$kind $(last_syn_data)" "$kind 5"
  done
  # No more than the plain run's, one or none: where a kernel does without, there is no connection.
  for kind in mptcp sctp; do
    compare --records any "$PROGRAMS/families" "$ADDRESS" "$PORT" "$kind"
  done
  for kind in udp unix seqpacket short unspec; do
    compare --records 0 "$PROGRAMS/families" "$ADDRESS" "$PORT" "$kind"
  done
}

# The same address may be another host's on another link, and neither the kernel's cookies nor the
# memory know of links.
@test "a link-local address is always connected plainly" {
  # shellcheck disable=SC2034 # says which packets are the client's
  local ADDRESS=fe80::2%link0 CLIENT_IP6=fe80::1
  on_client ip addr add fe80::1/64 dev link0 nodad
  on_server ip addr add fe80::2/64 dev link0 nodad
  reference_start answer
  compare "$PROGRAMS/client" "$ADDRESS" "$PORT"
  assert_equal "$(last_syn syn.data syn.option)" '0 none'
}

@test "signals while a connection ends" {
  local ADDRESS=$SERVER_IP4
  reference_start answer
  compare "$PROGRAMS/interrupted" "$ADDRESS" "$PORT" ending
  assert_line 'close: 0'
}

@test "connections made in a signal handler" {
  local ADDRESS=$SERVER_IP4
  reference_start answer
  compare --records 10 "$PROGRAMS/interrupted" "$ADDRESS" "$PORT" handler
  assert_line 'conversations: 5, of the handler: 5'
}

@test "a connection made before the library has started up" {
  local ADDRESS=$SERVER_IP4
  reference_start answer
  compare --records 2 "$PROGRAMS/early" "$ADDRESS" "$PORT"
  assert_equal "$(client_syns | tail -n 2 | grep -oE ' syn.data=[0-9]+' | tr '\n' ' ')" ' syn.data=0  syn.data=5 '
}
