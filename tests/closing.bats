#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A program may end its connection at any moment: over a link with a delay the handshake is then still
# under way, and closing would reset the connection. Every byte and the end must arrive all the same.

# Every test has a PORT of its own.
# shellcheck disable=SC2030,SC2031

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required
  network_up
  reference_start sink
}

teardown() {
  network_down
}

# The server has every byte and the end of the stream, as in the plain run, and what was written first
# was in the SYN, where it fits.
everything_arrives() { # OPTION...
  local ADDRESS bytes
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    for bytes in 79 "$(room "$ADDRESS")" 20000; do
      compare "$PROGRAMS/client" "$ADDRESS" "$PORT" --bytes "$bytes" "$@"
      assert_regex "$RECORDED" "^bytes=$bytes checksum=[0-9a-f]+ end=EOF\$"
      assert_equal "$bytes $(last_syn syn.option syn.data)" \
        "$bytes $(opening "$*") $(syn_share "$*" "$ADDRESS" "$bytes")"
    done
  done
}

@test "non-blocking: write and half-close" {
  everything_arrives --nonblocking --then shutdown
}

@test "non-blocking: write, half-close and close" {
  everything_arrives --nonblocking --then shutdown-close
}

@test "non-blocking: write and close" {
  everything_arrives --nonblocking --then close
}

@test "non-blocking: write and return from main" {
  everything_arrives --nonblocking --then exit
}

@test "non-blocking: write and _exit" {
  everything_arrives --nonblocking --then _exit
}

@test "blocking: write and close" {
  everything_arrives --then close
}

@test "blocking: write and _exit" {
  everything_arrives --then _exit
}

# The bytes of the SYN are refused and still have to be sent when the program is done with the socket.
@test "closing at once where the server does not take the bytes of the SYN" {
  local end ADDRESS=$SERVER_IP4 key=00112233445566778899aabbccddeeff
  for end in close shutdown-close exit _exit; do
    server_key_set "$key"
    cookies_flush
    prime "$ADDRESS"
    record_take 1 >/dev/null
    server_key_set "$(rev <<<"$key")"
    shim "$PROGRAMS/client" "$ADDRESS" "$PORT" --nonblocking --then "$end"
    assert_success
    assert_line --partial 'sent: bytes=79 '
    assert_equal "$end: $(record_take 1)" "$end: ${lines[4]#sent: } end=EOF"
    assert_equal "$(last_syn syn.data synack.ack)" "$(gain nonblocking 79) 1"
  done
}

@test "connecting and closing with nothing written is a connection to the server" {
  local ADDRESS
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    compare "$PROGRAMS/client" "$ADDRESS" "$PORT" --call none --then close
    assert_regex "$RECORDED" '^bytes=0 checksum=[0-9a-f]+ end=EOF$'
  done
}

@test "connecting and half-closing with nothing written" {
  local ADDRESS way
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    for way in '' --nonblocking; do
      # shellcheck disable=SC2086
      compare "$PROGRAMS/client" "$ADDRESS" "$PORT" --call none --then shutdown $way
      assert_regex "$RECORDED" '^bytes=0 checksum=[0-9a-f]+ end=EOF$'
    done
  done
}

# Ten seconds from the SYN at most, where the kernel would try for two minutes; a busy machine needs longer.
# What is connected truly waits for the server before it writes. All
# at once, each with a memory of its own: two of them would teach the others that the program never reads.
@test "non-blocking: a server that is gone does not keep an ending program waiting" {
  local end pids=() ADDRESS=$SERVER_IP4 ENDS=(close shutdown-close exit _exit)
  for end in "${ENDS[@]}"; do
    mkdir "$BATS_TEST_TMPDIR/memory-$end"
    NETWORK_DIR=$BATS_TEST_TMPDIR/memory-$end prime "$ADDRESS"
  done
  network_control cut
  for end in "${ENDS[@]}"; do
    (NETWORK_DIR=$BATS_TEST_TMPDIR/memory-$end PATIENCE=30 shim TFOSHIM_LOG=debug \
      "$PROGRAMS/client" "$ADDRESS" "$PORT" --nonblocking --then "$end"
      echo "$status $output" >"$BATS_TEST_TMPDIR/$end") 3>&- &
    pids+=("$!")
  done
  wait "${pids[@]}"
  network_control restore
  for end in "${ENDS[@]}"; do
    run cat "$BATS_TEST_TMPDIR/$end"
    if [[ $(opening nonblocking) == none ]]; then
      assert_output --regexp "^124 .*connect: EINPROGRESS"
    else
      assert_output --regexp "^0 .*connect: "
      assert_line --partial 'sent: bytes=79 '
    fi
  done
}

# A health check writes nothing: it connects, is told, and closes at once by a reset. What lingers of the
# first one tells the second.
@test "a health check finds out that its server has died" {
  local ADDRESS=$SERVER_IP4 checks='
import errno, select, socket, struct, sys
for _ in range(4):
    with socket.socket() as check:
        check.setblocking(False)
        check.connect_ex((sys.argv[1], int(sys.argv[2])))
        select.select([], [check], [])
        error = check.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        check.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    print(errno.errorcode.get(error, "up"))
    select.select([], [], [], 0.2)'
  prime "$ADDRESS"
  kill "$SPAWNED"
  process_end "$SPAWNED"
  shim /usr/bin/python3 -c "$checks" "$ADDRESS" "$PORT"
  assert_regex "$output" $'^(up|ECONNREFUSED)(\nECONNREFUSED){3}$'
  # Nor does one that has learned nothing but that it is there.
  reference_start sink
  prime "$ADDRESS"
  shim /usr/bin/python3 -c "$checks" "$ADDRESS" "$PORT"
  assert_output $'up\nup\nup\nup'
  kill "$SPAWNED"
  process_end "$SPAWNED"
  shim /usr/bin/python3 -c "$checks" "$ADDRESS" "$PORT"
  assert_output $'ECONNREFUSED\nECONNREFUSED\nECONNREFUSED\nECONNREFUSED'
}

# The bytes are in the SYN and the end leaves alone, after the server has been heard: where it is lost the
# server answers first. A close that waits for its acknowledgement does not answer that with a reset.
@test "a lingering close of which the end is lost alone" {
  local ADDRESS=$SERVER_IP4 way
  PORT=8081
  reference_start echo
  for way in '' --nonblocking; do
    prime "$ADDRESS"
    record_take 1
    network_control spare-left 2
    network_control lose-left 1
    # shellcheck disable=SC2086
    shim "$PROGRAMS/client" "$ADDRESS" "$PORT" $way --then linger
    assert_output --regexp $'SO_LINGER: 0\nclose: 0$'
    assert_regex "$way $(record_take 1)" "^$way bytes=79 checksum=[0-9a-f]+ end=EOF\$"
    network_control spare-left 0
    network_control lose-left 0
  done
}

# The end of the stream waits in the buffer behind what was written, as it does in the plain run.
@test "half-closing while nobody reads does not wait" {
  local ADDRESS=$SERVER_IP4 writer='
import socket, sys, time
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
connection.sendall(b"x")
connection.setblocking(False)
try:
    while True:
        connection.send(bytes(100000))
except BlockingIOError:
    pass
began = time.monotonic()
connection.shutdown(socket.SHUT_WR)
print("took", int(time.monotonic() - began))'
  kill "$SPAWNED"
  process_end "$SPAWNED"
  server_spawn /usr/bin/python3 -c "import socket
with socket.create_server(('0.0.0.0', $PORT)) as listener:
    connection, _ = listener.accept()
    connection.recv(1)
    connection.close()
    connections = []
    while True:
        connections.append(listener.accept())"
  wait_listening "$PORT"
  prime "$ADDRESS"
  shim /usr/bin/python3 -c "$writer" "$ADDRESS" "$PORT"
  assert_output 'took 0'
}

# As long as connect() would have: until the server is there again.
@test "blocking: a server that is gone for a while keeps an ending program waiting, and hears everything" {
  local end log pid ADDRESS=$SERVER_IP4
  for end in close shutdown-close exit _exit; do
    prime "$ADDRESS"
    record_take 1 >/dev/null
    network_control cut
    client_spawn TFOSHIM_CONFIG="$CONF/on.conf" XDG_RUNTIME_DIR="$NETWORK_DIR" "${KERNEL[@]}" \
      env LD_PRELOAD="$SHIM" "$PROGRAMS/client" "$ADDRESS" "$PORT" --then "$end"
    pid=$SPAWNED log=$SPAWNED_LOG
    wait_until "grep -q '^sent: bytes=79 ' '$log'"
    network_control restore
    wait_until "! process_runs $pid" "$PATIENCE"
    assert_equal "$end: $(record_take 1)" "$end: $(sed -n 's/^sent: //p' "$log") end=EOF"
    (($(last_syn syns) >= 2))
  done
}

# Its SYN's cookie lets the server speak a round trip earlier than to a plain client, which has ended by
# then and left nothing unread.
@test "a server that speaks first, and a client that does not listen" {
  local ADDRESS=$SERVER_IP4 PORT=8001 end
  reference_start banner
  for end in close exit _exit; do
    compare "$PROGRAMS/client" "$ADDRESS" "$PORT" --bytes 5000 --hold 5 --then "$end"
    assert_regex "$RECORDED" '^bytes=5000 checksum=[0-9a-f]+ end=EOF$'
  done
}

# The process waits for the other connection's handshake before it ends. The answer that comes meanwhile
# would not have been there, and closing a connection with unread data resets it.
@test "an answer that comes while the end of the process waits makes no reset" {
  local ADDRESS=$SERVER_IP4 PORT=8001 end='
import os, select, socket, sys
asks = socket.create_connection((sys.argv[1], sys.argv[2]))
asks.sendall(b"question 1")
asks.recv(10)
other = socket.socket()
other.setblocking(False)
other.connect_ex((sys.argv[1], int(sys.argv[2])))
select.select([], [other], [])
asks.sendall(b"question 2")
os._exit(0)'
  reference_start echo
  compare --records 2 python3 -c "$end" "$ADDRESS" "$PORT"
  assert_regex "$RECORDED" 'bytes=20 checksum=[0-9a-f]+ end=EOF$'
}

# What the C library writes and closes itself no hook sees; and at exit() it writes after the library's end.
stream_over() { # WHAT COMES AFTER
  cat <<END
import ctypes, select, socket, sys, time
to = sys.argv[1], int(sys.argv[2])
library = ctypes.CDLL(None)
library.fdopen.restype = ctypes.c_void_p
stream = None
def stream_of(connection):
    global stream
    stream = ctypes.c_void_p(library.fdopen(connection.detach(), b"w"))
def say(text):
    library.fputs(text, stream)
$1
END
}

@test "a stream over a connection on which the server speaks first" {
  local ADDRESS=$SERVER_IP4 PORT=8001 end
  reference_start banner
  for end in 'library.fclose(stream)' 'library.fflush(stream)' ''; do
    # Python takes its time to end.
    compare python3 -c "$(stream_over "
connection = socket.create_connection(to)
connection.sendall(b'question 1')
stream_of(connection)
time.sleep(0.01)
say(b'question 2')
$end
library.exit(0)")" "$ADDRESS" "$PORT"
    assert_regex "$RECORDED" '^bytes=20 checksum=[0-9a-f]+ end=EOF$'
  done
}

@test "what a stream holds is written when the process exits, whatever the exit waits for" {
  local ADDRESS=$SERVER_IP4 PORT=8001
  reference_start echo
  compare --records 2 python3 -c "$(stream_over "
asks = socket.create_connection(to)
asks.sendall(b'question 1')
asks.recv(10)
stream_of(asks)
say(b'question 2')
other = socket.socket()
other.setblocking(False)
other.connect_ex(to)
select.select([], [other], [])
library.exit(0)")" "$ADDRESS" "$PORT"
  assert_regex "$RECORDED" 'bytes=20 checksum=[0-9a-f]+ end=EOF$'
}

# Once the handshake is over the shim has nothing more to ask of the kernel: a second connect() would
# throw away what came before the reset.
@test "what a server sent before it reset the connection is read, and then the error" {
  # shellcheck disable=SC2034 # for `shim`
  local self way ADDRESS=$SERVER_IP4 CONFIG=$CONF/local.conf
  reference_start sink
  for self in 127.0.0.1 ::1; do
    for way in data unread; do
      compare --records 0 "$PROGRAMS/reset" "$self" "$way"
      assert_success
    done
  done
}

# AddressSanitizer does not see the stack unwound, and takes it for still in use. By number (by-name) no call is
# a cancellation point.
# bats test_tags=no-sanitizer,by-name
@test "a thread that is cancelled" {
  local where ADDRESS=$SERVER_IP4
  compare --records 0 "$PROGRAMS/cancelled" "$ADDRESS" "$PORT" connect
  assert_line 'connect: cancelled'
  for where in write sendmsg read poll close sem_wait blocked-read blocked-poll; do
    compare "$PROGRAMS/cancelled" "$ADDRESS" "$PORT" "$where"
    assert_line "$where: cancelled"
    assert_equal "$where ${RECORDED%% *} ${RECORDED##* }" "$where bytes=0 end=EOF"
  done
}
