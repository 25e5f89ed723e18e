#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Nobody waits for a packet that a connect of their own has not caused yet. Whatever hangs is killed
# and fails.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

LEVEL=(poll ppoll select pselect epoll epoll-late epoll_pwait epoll_pwait2)
EDGE=(epoll-edge epoll-edge-looked epoll-edge-late)

setup() {
  load lib/network
  load programs/programs
  tools_required
  network_up
}

teardown() {
  network_down
}

conversation() { # FIRST WAY FACILITY...
  local facility ADDRESS=$SERVER_IP4
  for facility in "${@:3}"; do
    compare "$PROGRAMS/waits" "$ADDRESS" "$PORT" "$facility" "$1" "$2"
    assert_success
    assert_line 'close: 0'
  done
}

# The gain is kept: "hello\n" is in the SYN.
conversation_with_gain() { # FIRST WAY FACILITY...
  local facility
  for facility in "${@:3}"; do
    conversation "$1" "$2" "$facility"
    assert_equal "$facility $(last_syn_data)" "$facility $(gain polled 6)"
  done
}

@test "the client speaks first, blocking" {
  reference_start echo
  conversation_with_gain client-first blocking "${LEVEL[@]}" "${EDGE[@]}"
}

@test "the client speaks first, non-blocking" {
  reference_start echo
  conversation_with_gain client-first nonblocking "${LEVEL[@]}"
}

@test "the client speaks first, non-blocking and edge-triggered" {
  reference_start echo
  conversation_with_gain client-first nonblocking "${EDGE[@]}"
}

@test "the server speaks first, blocking" {
  reference_start greet
  conversation server-first blocking "${LEVEL[@]}" "${EDGE[@]}"
}

@test "the server speaks first, non-blocking" {
  reference_start greet
  conversation server-first nonblocking "${LEVEL[@]}" "${EDGE[@]}"
}

@test "the server speaks first to a client that looks again and again" {
  reference_start greet
  conversation server-first blocking yielding napping
  conversation server-first nonblocking yielding napping
}

@test "a client that reads before it writes" {
  reference_start greet
  conversation read-first blocking poll
  conversation peek-first blocking poll
  conversation read-first nonblocking poll select epoll epoll-edge
}

@test "a server that closes at once is seen to" {
  local ADDRESS=$SERVER_IP4
  reference_start sink
  prime "$ADDRESS"
  server_spawn "$PROGRAMS/server" :: 8081 close --queue 16
  wait_listening 8081
  # Twice, for the first connection to the port is a true one.
  for _ in first second; do
    shim "$PROGRAMS/client" "$ADDRESS" 8081 --call none --then read
    assert_success
    assert_line --regexp '^read: 0 .* EOF$'
  done
}

@test "a thread that is its own client and server" {
  local order self ADDRESS=$SERVER_IP4 CONFIG=$CONF/local.conf
  reference_start sink
  for self in 127.0.0.1 ::1 "$CLIENT_IP4"; do
    for order in accept-first write-first poll-first speak-first outlive by-number; do
      compare --records 0 "$PROGRAMS/oneself" "$self" "$order"
      assert_success
      assert_line 'connect: ECONNREFUSED'
    done
  done
}

# A thread that connects and then waits for something else than the socket is waited for itself.
rendezvous() { # HOW...
  local how ADDRESS=$SERVER_IP4 CONFIG=$CONF/local.conf
  reference_start sink
  for how; do
    compare --records 0 "$PROGRAMS/rendezvous" 127.0.0.1 "$how"
    assert_success
    assert_line "$how: met"
  done
}

@test "waiting for another thread by a semaphore" {
  rendezvous sem_wait sem_timedwait
}

# ThreadSanitizer takes condition variables past every other interposer.
# bats test_tags=no-sanitizer
@test "waiting for another thread by a condition variable" {
  rendezvous pthread_cond_wait pthread_cond_timedwait
}

@test "waiting for another thread by joining it, or at a barrier" {
  rendezvous pthread_join pthread_barrier_wait
}

@test "waiting for another thread by sleeping until it is done" {
  rendezvous nanosleep clock_nanosleep usleep
}

@test "waiting for another thread by a pipe" {
  rendezvous read
}

@test "waiting for another thread by a stream" {
  rendezvous fscanf fgetwc fgetc_unlocked fgets_unlocked fread_unlocked fwscanf getwc_unlocked
}

@test "waiting for a lock that another thread holds" {
  rendezvous pthread_mutex_lock pthread_mutex_timedlock pthread_rwlock_rdlock pthread_rwlock_wrlock \
    pthread_spin_lock mtx_lock flockfile fcntl futex
}

# ThreadSanitizer has a pthread_once() of its own.
# bats test_tags=no-sanitizer
@test "waiting for another thread to initialize something" {
  rendezvous pthread_once
}

@test "calls that may wait, but not this time, leave the request in the SYN" {
  local way ADDRESS=$SERVER_IP4
  reference_start answer
  for way in blocking nonblocking; do
    compare "$PROGRAMS/first-call" "$ADDRESS" "$PORT" looks "$way"
    assert_equal "$way $(last_syn_data)" "$way $(gain polled 100)"
  done
}

# Twenty times over: on a machine that is busy, a moment may get too long.
@test "a lock that another thread holds for a moment leaves the request in the SYN" {
  local lock ADDRESS=$SERVER_IP4
  reference_start echo
  for lock in mutex futex; do
    compare --records 20 "$PROGRAMS/contended" "$ADDRESS" "$PORT" "$lock"
    assert_regex "$lock $(last_syns_data 20)" "^$lock .*5"
  done
}

ahead() { # MILLISECONDS [watched]
  local ADDRESS=$SERVER_IP4
  compare --records 20 "$PROGRAMS/ahead" "$ADDRESS" "$PORT" "$@"
  assert_success
}

# Twenty times over: on a machine that is busy, the request comes later.
@test "a connection that nothing is asked of has its request in the SYN, if that follows soon" {
  reference_start echo
  ahead 2
  assert_regex "$(last_syns_data 20)" "$(gain polled 5)"
}

@test "but it does not wait for the request for long, and an answer is not waited for" {
  reference_start echo
  ahead 40
  assert_equal "$(last_syns_data 20 | tr -d ' 0')" ''
  ahead 2 watched
  assert_equal "$(last_syns_data 20 | tr -d ' 0')" ''
}

@test "waiting for another thread to accept a connection of another kind" {
  rendezvous connect
}

@test "looking for another thread again and again" {
  rendezvous sched_yield looking
}

@test "waiting for a signal" {
  rendezvous sigwait sigwaitinfo sigsuspend __xpg_sigpause
}

# A peek asks nothing of the server, and is no read that comes first.
@test "a client that peeks before it writes keeps its gain, and teaches nothing" {
  local ADDRESS=$SERVER_IP4 peeking='
import select, socket, sys
for _ in range(3):
    connection = socket.socket()
    connection.setblocking(False)
    connection.connect_ex((sys.argv[1], int(sys.argv[2])))
    select.select([], [connection], [])
    for _ in range(3):
        try:
            connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            pass
    print(connection.send(b"hello"))
    connection.setblocking(True)
    print(connection.recv(100))
    connection.close()'
  reference_start echo
  compare --records 3 /usr/bin/python3 -c "$peeking" "$ADDRESS" "$PORT"
  assert_equal "$(client_syns | tail -n 3 | grep -c "syn.data=$(gain nonblocking 5)")" 3
}

# One that opens between two that wait keeps the lesson from being learned; two that wait in a row teach it.
@test "a client that is made to wait now and then keeps its gain" {
  local data ADDRESS=$SERVER_IP4 waiting='
import select, socket, sys, time
for waits in sys.argv[3]:
    connection = socket.socket()
    connection.setblocking(False)
    connection.connect_ex((sys.argv[1], int(sys.argv[2])))
    select.select([], [connection], [])
    if waits == "w":
        time.sleep(0.001)
    print(connection.send(b"hello"))
    connection.setblocking(True)
    print(connection.recv(100))
    connection.close()'
  reference_start echo
  compare --records 5 /usr/bin/python3 -c "$waiting" "$ADDRESS" "$PORT" wowoo
  data=$(gain nonblocking 5)
  assert_equal "$(last_syns_data 5)" "0 $data 0 $data $data"
  compare --records 4 /usr/bin/python3 -c "$waiting" "$ADDRESS" "$PORT" wwoo
  assert_equal "$(last_syns_data 4)" '0 0 0 0'
}

# It makes no call while it waits for the signal.
@test "waiting for the signal that something is there to read" {
  local when ADDRESS=$SERVER_IP4 signalled='
import fcntl, os, signal, socket, sys, time
seen = []
# Being connected is a signal as well.
signal.signal(signal.SIGIO, lambda number, frame: seen.append(number))
def ask():
    fcntl.fcntl(connection, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(connection, fcntl.F_SETFL, os.O_NONBLOCK | os.O_ASYNC)
connection = socket.socket()
if sys.argv[3] == "before":
    ask()
connection.connect_ex((sys.argv[1], int(sys.argv[2])))
if sys.argv[3] == "after":
    ask()
until = time.monotonic() + 5
while not seen and time.monotonic() < until:
    pass
# At once, with the handler in place: the signal for what the server says may come while Python takes itself down.
print(len(seen) > 0, flush=True)
os._exit(0)'
  # Time to ask in before the server speaks.
  network_control rtt 400
  reference_start banner
  for when in before after; do
    compare --records any /usr/bin/python3 -c "$signalled" "$ADDRESS" "$PORT" "$when"
    assert_output True
  done
}

# An epoll is a descriptor, too: that it is readable tells of what is in it.
@test "a connection that a poll of its epoll has told of is there when the program ends" {
  local how ADDRESS=$SERVER_IP4 nested='
import select, socket, sys
connection = socket.socket()
connection.setblocking(False)
connection.connect_ex((sys.argv[1], int(sys.argv[2])))
inner = select.epoll()
inner.register(connection, select.EPOLLOUT)
if sys.argv[3] == "poll":
    outer = select.poll()
    outer.register(inner, select.POLLIN)
    print(len(outer.poll(5000)))
else:
    print(len(select.select([inner], [], [], 5)[0]))'
  reference_start sink
  for how in poll select; do
    compare /usr/bin/python3 -c "$nested" "$ADDRESS" "$PORT" "$how"
    assert_output 1
  done
}

@test "waiting for a name server" {
  # shellcheck disable=SC2034 # for `shim`
  local how ADDRESS=$SERVER_IP4 CONFIG=$CONF/local.conf
  reference_start sink
  for how in getaddrinfo gethostbyname gethostbyname2 gethostbyname_r gethostbyname2_r getnameinfo \
    gethostbyaddr gethostbyaddr_r; do
    compare --records 0 "$PROGRAMS/look-up" 127.0.0.1 "$how"
    assert_success
  done
}

@test "waiting for another process" {
  rendezvous waitpid
}

@test "timeouts and interruptions are those of the plain run" {
  local how way ADDRESS=$SERVER_IP4
  reference_start sink
  for how in receive-timeout interrupted-read interrupted-poll poll-timeout epoll-timeout \
    select-timeout polling; do
    for way in blocking nonblocking; do
      compare "$PROGRAMS/patience" "$ADDRESS" "$PORT" "$how" "$way"
      assert_success
    done
  done
}

# What was closed is given its handshake before a wait that cannot be shared: that is where the signals come.
@test "a signal ends the same waits as in the plain run, after a close that lingers" {
  local ADDRESS=$SERVER_IP4
  network_down
  network_up --rtt 160
  reference_start sink
  compare --records any "$PROGRAMS/disturbed" "$ADDRESS" "$PORT"
  assert_success
  assert_line 'flock: EINTR'
  assert_line 'flock, restarting: 0'
}

# The plain program has the handshake behind it when it waits; where the SYN's data is lost the shim's has
# two round trips before it. And a limit for what is unacknowledged is none for a SYN that is lost.
@test "limits for answers run from where they do in the plain run" {
  local limit expected ADDRESS=$SERVER_IP4 limited='
import select, socket, struct, sys
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
if sys.argv[3] == "read":
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, 600000))
elif sys.argv[3] == "unacknowledged":
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 500)
connection.sendall(b"hello")
if sys.argv[3] == "select":
    print(len(select.select([connection], [], [], 0.6)[0]))
print(connection.recv(5))'
  network_control rtt 400
  reference_start echo
  for limit in read select unacknowledged; do
    plain /usr/bin/python3 -c "$limited" "$ADDRESS" "$PORT" "$limit"
    assert_success
    expected=$output
    prime "$ADDRESS"
    if [[ $limit == unacknowledged ]]; then
      network_control lose-left 1
    else
      network_control strip-data on
    fi
    shim /usr/bin/python3 -c "$limited" "$ADDRESS" "$PORT" "$limit"
    network_control strip-data off
    assert_equal "$limit: $output" "$limit: $expected"
    assert_equal "$limit: $(last_syn syn.data synack.ack)" \
      "$limit: $([[ $limit == unacknowledged ]] && echo 0 || echo 5) 1"
  done
}

@test "a limit for sending, which bounds connect too: the server is there" {
  local ADDRESS=$SERVER_IP4
  reference_start echo
  compare "$PROGRAMS/client" "$ADDRESS" "$PORT" --send-timeout 5000 --then read
  assert_equal "$(last_syn_data)" 79
}

# Where connect() would have given up, the first call that waits does. Without the limit it would be
# minutes.
@test "a limit for sending, which bounds connect too: the server is gone" {
  local call ADDRESS=$SERVER_IP4
  reference_start echo
  for call in send none; do
    prime "$ADDRESS"
    network_control cut
    shim "$PROGRAMS/client" "$ADDRESS" "$PORT" --send-timeout 300 --call "$call" --then read
    network_control restore
    assert_line --regexp "^(send|read): .*ETIMEDOUT"
    assert_line 'close: 0'
  done
}

# Bytes that arrived after all would be there twice when the program has tried again.
@test "a connection that was given up is given up" {
  # 7: TCP_CLOSE. The limit is a struct timeval.
  local ADDRESS=$SERVER_IP4 try='
import errno, socket, struct, sys
with socket.socket() as connection:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 200000))
    connection.connect((sys.argv[1], int(sys.argv[2])))
    try:
        connection.send(b"hello")
    except OSError as error:
        print(errno.errorcode[error.errno])
    print(connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0])'
  reference_start echo
  prime "$ADDRESS"
  network_control cut
  shim /usr/bin/python3 -c "$try" "$ADDRESS" "$PORT"
  network_control restore
  assert_output $'ETIMEDOUT\n7'
  assert_equal "$(last_syn_data)" 5
}
