#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What programs seldom do with a connection, or between two of them: plain and under the shim they see the
# same, the server does, and the first write is in the SYN, or is not, as it should be.

# ADDRESS and CONFIG are for compare, which sets RECORD, and run what it sets: each test is a subshell of its own.
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required
  network_up --rtt 20
}

teardown() {
  network_down
}

corner() { # WAY [ARGUMENT]
  local ADDRESS=$SERVER_IP4
  compare --records "${RECORDS-1}" "$PROGRAMS/corners" "$ADDRESS" "$PORT" "$@"
  assert_success
}

@test "a connection that a stream has closed leaves nothing to the next of its number" {
  RECORDS=2
  reference_start echo
  corner stream read
  assert_line 'connect again: EISCONN'
  assert_line 'same number: 1'
  assert_equal "$(last_syns_data 2)" '5 5'
}

@test "nor does one that nobody has read from" {
  RECORDS=2
  reference_start sink
  corner stream
  assert_line 'same number: 1'
  assert_equal "$(last_syns_data 2)" '5 5'
}

# What is known of the destination, as a shell's words.
known() {
  on_client XDG_RUNTIME_DIR="$NETWORK_DIR" "$TFOSHIM_BUILD/tfoshim" stat --json | python3 -c '
import json, sys
for d in json.load(sys.stdin)["destinations"]:
    print(d["connected"], d["accepted"])'
}

renumbered() { # KIND [written]
  local plain_output
  plain "$PROGRAMS/renumbered" "$ADDRESS" "$PORT" "$@"
  assert_success
  plain_output=$output
  # Until it is known that a SYN's data comes through.
  prime "$ADDRESS"
  shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
  assert_equal "$(known)" '2 1'
  shim "$PROGRAMS/renumbered" "$ADDRESS" "$PORT" "$@"
  assert_equal "$output" "$plain_output"
  assert_success
  assert_equal "$(known)" '2 1'
}

@test "a number that is another descriptor's by now, where no hook has seen it change, is that one's" {
  local kind ADDRESS=$SERVER_IP4
  reference_start sink
  for kind in datagram pair pipe; do
    renumbered "$kind"
    assert_line --partial 'read: 6 '
    renumbered "$kind" written
    assert_line --partial 'read: 6 '
  done
}

# connect() waits for a handshake then, and says that it has succeeded as where it is deferred. The path is so much
# shorter than it was known that the time it took does not tell either.
without_cookie() { # COMMAND
  local plain_output plain_record
  : >"$RECORD"
  plain "$@"
  plain_output="$status $output" plain_record=$(record_take 1)
  prime "$ADDRESS"
  shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
  record_take 2 >/dev/null
  cookies_flush
  network_control rtt 2 >/dev/null
  shim "$@"
  network_control rtt 20 >/dev/null
  assert_equal "$status $output" "$plain_output"
  assert_equal "$(record_take 1)" "$plain_record"
  assert_equal "$(last_syn syn.option syn.data)" 'request 0'
}

@test "a cookie is gone, and the path is shorter than it was" {
  local options ADDRESS=$SERVER_IP4
  reference_start answer
  for options in '' '--then shutdown-close' '--then exit' '--bytes 20000' '--send-timeout 3000' \
    '--call none' '--call none --then close' '--call sendmmsg --then linger' '--nonblocking'; do
    # shellcheck disable=SC2086
    without_cookie "$PROGRAMS/client" "$ADDRESS" "$PORT" $options
  done
}

@test "a connection that is given to a spawned program and closed" {
  reference_start greet
  corner spawn path
  corner spawn file
  assert_regex "$RECORDED" '^bytes=5 .* end=EOF$'
}

@test "a program that is spawned beside a connection which it does not get leaves the gain" {
  reference_start answer
  corner beside
  assert_equal "$(last_syn_data)" 5
}

@test "a connection in the second of two messages" {
  reference_start answer
  corner message
}

# What refuses has not been asked before, and its host has given no cookie.
@test "a connect that blocks waits for nobody else's SYN" {
  reference_start answer
  corner second "$SERVER_IP6"
  assert_equal "$(connections 'tcp.flags.syn == 1' | tail -n 2 | grep -oE ' port=[0-9]+ .* syn.data=[0-9]+')" \
    " port=$PORT syns=1 syn.data=0"$'\n port=9 syns=1 syn.data=0'
}

@test "a request that is not safe to repeat, on a copy" {
  local CONFIG=$NETWORK_DIR/safe.conf
  echo 'client = { default = "on"; };' >"$CONFIG"
  reference_start answer
  corner copy
  assert_equal "$(last_syn_data)" 0
}

@test "a connection that was told writable and is closed" {
  local facility
  reference_start sink
  for facility in poll select pselect epoll epoll-late epoll-edge epoll-edge-late; do
    corner told "$facility"
    assert_equal "$facility $RECORDED" "$facility bytes=0 checksum=cbf29ce484222325 end=EOF"
  done
}

# Each is connected to plainly, by the primer, and then by the program under the shim.
@test "so many times a connection may be asked before its first write, and no more" {
  local asked data
  data=$(gain nonblocking 5)
  reference_start answer
  # w: whether it is writable; r: a read that cannot block; l: a look that cannot, either.
  for asked in w7 w8 r1 r2 l63 l64; do
    corner asked "$asked"
  done
  assert_equal "$(last_syns_data 18 | xargs -n 3 | cut -d ' ' -f 3 | paste -sd ' ')" "$data 0 $data 0 $data 0"
}

@test "several connections may be asked by turns, as many times each" {
  local asked data
  RECORDS=4
  data=$(gain nonblocking 5)
  reference_start answer
  for asked in 63 64; do
    corner turns "$asked"
    assert_equal "$asked $(last_syns_data 4)" "$asked $data $data $data $data"
    data=0
  done
}

@test "a wait begins this thread's connections and no other's" {
  RECORDS=3
  reference_start answer
  corner neighbour
  assert_equal "$(last_syns_data 3 | tr ' ' '\n' | sort -n | paste -sd ' ')" '0 0 5'
}

# What is known is known of the socket's network. The shim alone needs the kernel's cookies as well, and the
# kernel tells the thread those of its own network.
@test "a thread that goes to another network with its socket" {
  local data=5
  [[ ${TFOSHIM_TEST_KERNEL-} != old ]] || data=0
  reference_start answer
  corner elsewhere "/run/netns/$NETWORK_SERVER"
  assert_equal "$(last_syn_data)" "$data"
}

# The thread's network has a cookie for the same address, which is of no use to the socket's.
@test "a thread that goes to a network where there is a cookie" {
  local ADDRESS=$SERVER_IP4 CONFIG=$NETWORK_DIR/shim.conf
  echo 'client = { default = "on"; first_write = "any"; defer = "shim"; min_rtt = 0; };' >"$CONFIG"
  reference_start answer
  (
    # shellcheck disable=SC2317 # called by `shim`
    on_client() { on_server "$@"; }
    prime "$ADDRESS"
  )
  run -0 ip -n "$NETWORK_SERVER" tcp_metrics show "$ADDRESS"
  assert_output --partial fo_cookie
  prime "$ADDRESS"
  cookies_flush
  kill "$SPAWNED"
  process_end "$SPAWNED"
  shim "$PROGRAMS/corners" "$ADDRESS" "$PORT" elsewhere "/run/netns/$NETWORK_SERVER"
  assert_output $'setns: 0\nconnect: ECONNREFUSED'
}

# On a link with larger packets the SYN has room for more than is looked at.
@test "a long request that is safe to repeat, with one that is not behind it" {
  local host first_write ADDRESS=$SERVER_IP4 CONFIG=$NETWORK_DIR/safe.conf send='
import socket, sys
data = b"GET / HTTP/1.1\r\nX: " + 1500 * b"x" + b"\r\n\r\nPOST / HTTP/1.1\r\n\r\n"
with socket.create_connection(sys.argv[1:]) as connection:
    connection.sendall(data)
    connection.shutdown(socket.SHUT_WR)
    print(connection.recv(99))'
  for host in "$NETWORK_CLIENT" "$NETWORK_SERVER"; do
    ip -n "$host" link set link0 mtu 9000
  done
  reference_start answer
  for first_write in any replay-safe; do
    echo "client = { default = \"on\"; first_write = \"$first_write\"; };" >"$CONFIG"
    compare /usr/bin/python3 -c "$send" "$ADDRESS" "$PORT"
    assert_success
  done
  assert_equal "$(last_syns_data 4)" '1542 0 0 0'
}

# Java's selectors do this: what the epoll says is writable a poll that does not wait has to confirm. In between
# the thread waits for a lock, and the connection begins.
@test "what has been told writable stays so to a look, while its handshake is under way" {
  local look waits='import select, socket, sys, time
c = socket.socket()
c.setblocking(False)
print("connect", c.connect_ex((sys.argv[1], int(sys.argv[2]))))
e = select.epoll()
e.register(c, select.EPOLLOUT)
print("told", [events for _, events in e.poll(5)])
time.sleep(0.001)
def polled(ms):
    p = select.poll()
    p.register(c, select.POLLIN | select.POLLOUT)
    return [events for _, events in p.poll(ms)]
def selected(s):
    r, w, x = select.select([c], [c], [c], s)
    return len(r), len(w), len(x)
look = {"poll": lambda: polled(0), "poll in time": lambda: polled(1), "select": lambda: selected(0), "select in time": lambda: selected(0.001)}
print(look[sys.argv[3]](), c.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR), c.getpeername())
print("sent", c.send(b"hello"))
c.setblocking(True)
print("read", len(c.recv(99)))
c.close()'
  reference_start echo
  ADDRESS=$SERVER_IP4
  for look in poll 'poll in time' select 'select in time'; do
    compare /usr/bin/python3 -c "$waits" "$ADDRESS" "$PORT" "$look"
    assert_success
    assert_equal "$look $(last_syn_data)" "$look 0"
  done
}

# Sanitizers look at variables of the thread that ends.
# bats test_tags=no-sanitizer
@test "a child without thread-local variables ends" {
  RECORDS=0
  reference_start sink
  corner threadless
  assert_line 'status: 0'
}

# Each of them may find the handshake over, and one tells the destination memory.
@test "what several threads wait for is told once" {
  local ADDRESS=$SERVER_IP4 wait='
import select, socket, sys, threading
def wait(connection):
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    poll.poll()
for _ in range(100):
    with socket.create_connection(sys.argv[1:]) as connection:
        connection.sendall(b"question")
        threads = [threading.Thread(target=wait, args=[connection]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        connection.recv(100)'
  reference_start echo
  RECORDS=100
  compare --records 100 python3 -c "$wait" "$ADDRESS" "$PORT"
  assert_success
  # The first is that of the program that primes.
  assert_equal "$(known)" '101 100'
}
