#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A listener accepts Fast Open when the policy says so, and is otherwise what its program made of it.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required curl /usr/bin/python3
  network_up
}

teardown() {
  network_down
}

# The assignments that put a server under the shim, a line each.
under_shim() { # [CONFIG]
  printf '%s\n' "TFOSHIM_CONFIG=${1-$CONF/on.conf}" "XDG_RUNTIME_DIR=$NETWORK_DIR" \
    "LD_PRELOAD=$SHIM"
}

# A server under the shim has this queue when it has called listen(); it is ended again.
queue_is() { # EXPECTED CONFIG PORT [OPTION]...
  local variables
  mapfile -t variables < <(under_shim "$2")
  server_spawn "${variables[@]}" "$PROGRAMS/server" 0.0.0.0 "$3" sink --report "${@:4}"
  wait_listening "$3"
  wait_until "grep -q 'queue after listen' '$SPAWNED_LOG'"
  assert_equal "$(<"$SPAWNED_LOG")" "queue after listen: $1"
  kill "$SPAWNED"
  process_end "$SPAWNED"
}

@test "the queue is the backlog" {
  queue_is 7 "$CONF/on.conf" 8001 --backlog 7
}

@test "the queue is what the rule says" {
  queue_is 33 "$CONF/server-rules.conf" 8001 --backlog 7
}

@test "a backlog of 0, which means one, is a queue of one" {
  queue_is 1 "$CONF/on.conf" 8001 --backlog 0
}

# A program that found another's setting might clear it.
@test "a socket that is bound and does not listen yet says that it takes no SYN data" {
  local read='
import socket
with socket.socket() as listener:
    listener.bind(("0.0.0.0", 8001))
    print(listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN))
    listener.listen(7)
    print(listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN))'
  plain /usr/bin/python3 -c "$read"
  assert_output $'0\n0'
  shim /usr/bin/python3 -c "$read"
  assert_output $'0\n7'
}

@test "rules select listeners by port and address, the first that matches wins" {
  queue_is 7 "$CONF/server-rules.conf" 8003 --backlog 7
  queue_is 0 "$CONF/server-rules.conf" 8004 --backlog 7
  queue_is 0 "$CONF/server-rules.conf" 8005 --backlog 7
  queue_is 0 "$CONF/server-rules.conf" 8006 --backlog 7
}

@test "with the policy off the socket is untouched" {
  queue_is 0 "$CONF/off.conf" 8001
}

@test "with no configuration at all servers are on" {
  queue_is 7 '' 8001 --backlog 7
}

@test "a program that sets the queue itself is left alone" {
  queue_is 5 "$CONF/on.conf" 8001 --backlog 7 --queue 5
  queue_is 5 "$CONF/on.conf" 8001 --backlog 7 --queue 5 --queue-after
  queue_is 5 "$CONF/server-rules.conf" 8001 --queue 5
}

# Without a guard, as the rule says.
@test "a socket bound here is accepted on when another program listens" {
  local variables
  printf 'server = { default = "on"; first_read = "any"; };\n' >"$NETWORK_DIR/any.conf"
  mapfile -t variables < <(under_shim "$NETWORK_DIR/any.conf")
  server_spawn "${variables[@]}" "$PROGRAMS/hand-down" bind 0.0.0.0 8001 \
    env -u LD_PRELOAD "$PROGRAMS/server" 0.0.0.0 8001 sink --report --inherit 3 --backlog 7
  wait_until "grep -q 'queue after listen' '$SPAWNED_LOG'"
  run cat "$SPAWNED_LOG"
  assert_output --regexp '^queue after listen: [1-9][0-9]*$'
}

@test "a socket that is inherited already listening is covered from its first accept" {
  local variables log
  mapfile -t variables < <(under_shim)
  server_spawn "$PROGRAMS/hand-down" listen 0.0.0.0 8001 \
    env "${variables[@]}" "$PROGRAMS/server" 0.0.0.0 8001 sink --report --inherit 3 --listening
  log=$SPAWNED_LOG
  wait_until "grep -q 'queue after listen' '$log'"
  plain "$PROGRAMS/client" "$SERVER_IP4" 8001
  assert_success
  wait_until "grep -q 'queue after accept' '$log'"
  run cat "$log"
  assert_line --index 0 'queue after listen: 0'
  assert_line --index 1 --regexp '^queue after accept: [1-9][0-9]*$'
}

# Whoever gave it may go on with it without the library, and has nobody then who guards it.
@test "a listener that is inherited is put back as it was when the service is done with it" {
  local way variables held='
import os, socket, subprocess, sys
listener = socket.create_server(("0.0.0.0", 8001))
service = """
import os, socket, sys
listener = socket.socket(fileno=int(sys.argv[1]))
children = [os.fork()] if sys.argv[2] == "worker" else []
if children and children[0]:
    os.wait()
else:
    listener.accept()[0].recv(1)
    queue = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN)
    print("served", queue > 0, flush=True)
    if sys.argv[2] == "close":
        listener.close()
        sys.stdin.read()
    elif sys.argv[2] == "range":
        os.closerange(listener.fileno(), listener.fileno() + 1)
        sys.stdin.read()
    elif sys.argv[2] == "_exit":
        os._exit(0)
    elif sys.argv[2] == "exec":
        os.execv("/bin/true", ["true"])
    elif sys.argv[2] == "child" and os.fork() == 0:
        os._exit(0)
    elif sys.argv[2] == "child":
        os.wait()
        queue = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN)
        print("still", queue > 0, flush=True)
    listener.detach()
"""
print("listening", flush=True)
child = subprocess.Popen(["env", *sys.argv[2:], sys.executable, "-c", service, str(listener.fileno()), sys.argv[1]],
                         pass_fds=[listener.fileno()], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
print(child.stdout.readline().decode(), end="", flush=True)
if sys.argv[1] == "child":
    print(child.stdout.readline().decode(), end="", flush=True)
if sys.argv[1] in ("close", "range"):
    while listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN):
        pass
child.communicate(b"")
print("left", listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN))'
  mapfile -t variables < <(under_shim)
  for way in return close range _exit exec worker child; do
    server_spawn /usr/bin/python3 -c "$held" "$way" "${variables[@]}"
    wait_until "grep -q listening '$SPAWNED_LOG'"
    plain "$PROGRAMS/client" "$SERVER_IP4" 8001
    wait_until "grep -q left '$SPAWNED_LOG'"
    assert_equal "$way: $(grep -c 'served True' "$SPAWNED_LOG") $(grep left "$SPAWNED_LOG")" "$way: 1 left 0"
    [[ $way != child ]] || grep -q 'still True' "$SPAWNED_LOG"
    process_end "$SPAWNED"
  done
}

@test "setting the option fails and listening does not" {
  local error variables
  for error in EPERM ENOPROTOOPT; do
    mapfile -t variables < <(under_shim)
    RECORD=$NETWORK_DIR/record.$error
    server_spawn "${variables[@]}" "$PROGRAMS/sandbox" "$error" setsockopt \
      "$PROGRAMS/server" 0.0.0.0 8001 sink --report --record "$RECORD"
    wait_listening 8001
    plain "$PROGRAMS/client" "$SERVER_IP4" 8001
    assert_success
    assert_regex "$(record_take 1)" '^bytes=79 checksum=[0-9a-f]+ end=EOF$'
    assert_equal "$(head -n 1 "$SPAWNED_LOG")" 'queue after listen: 0'
    kill "$SPAWNED"
    process_end "$SPAWNED"
  done
}

@test "the server's kernel has Fast Open off" {
  local variables
  on_server sysctl -qw net.ipv4.tcp_fastopen=1
  mapfile -t variables < <(under_shim)
  RECORD=$NETWORK_DIR/record
  server_spawn "${variables[@]}" "$PROGRAMS/server" 0.0.0.0 8001 sink --record "$RECORD"
  wait_listening 8001
  plain "$PROGRAMS/client" "$SERVER_IP4" 8001
  assert_success
  assert_regex "$(record_take 1)" '^bytes=79 checksum=[0-9a-f]+ end=EOF$'
  assert_equal "$(<"$SPAWNED_LOG")" ''
}

# Written for TCP Fast Open by others: the client is curl's own, the server knows nothing.
@test "Python's http.server takes a request from the SYN" {
  local address variables before
  # shellcheck disable=SC2034
  PORT=8000
  mkdir "$BATS_TEST_TMPDIR/root"
  echo 'the page' >"$BATS_TEST_TMPDIR/root/page"
  mapfile -t variables < <(under_shim '')
  server_spawn "${variables[@]}" /usr/bin/python3 -m http.server --bind :: 8000 \
    --directory "$BATS_TEST_TMPDIR/root"
  wait_listening 8000
  for address in "$SERVER_IP4" "[$SERVER_IP6]"; do
    before=$(netstat_value server TCPFastOpenPassive)
    for _ in first second; do
      plain curl -sS --tcp-fastopen "http://$address:8000/page"
      assert_output 'the page'
    done
    assert_equal "$(netstat_value server TCPFastOpenPassive)" "$((before + 1))"
    (($(last_syn_data) > 70))
  done
}

# A fork server's children close the listener that they have inherited.
@test "a child that closes a listener says nothing of the same port elsewhere" {
  local PORT=8001 forking='
import os, socket
listener = socket.create_server(("0.0.0.0", 8001))
child = os.fork()
if child == 0:
    listener.close()
    os._exit(0)
os.waitpid(child, 0)
os.kill(os.getpid(), 9)'
  reference_start sink
  prime "$SERVER_IP4"
  shim /usr/bin/python3 -c "$forking"
  shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  assert_success
  assert_equal "$(last_syn syn.option syn.data)" 'cookie 79'
}

@test "nothing but TCP is touched by listening" {
  local kind plain_output
  for kind in unix seqpacket; do
    plain "$PROGRAMS/families" 127.0.0.1 8080 "$kind"
    plain_output=$output
    shim "$PROGRAMS/families" 127.0.0.1 8080 "$kind"
    assert_success
    assert_equal "$output" "$plain_output"
  done
}

# A connection that came out of the SYN says, until its handshake is over, that nothing is to be read, and
# that nothing which was written is under way.
@test "how much there is to read, and is under way, is told before the handshake is over" {
  local variables PORT=8001 told='
import fcntl, select, socket, struct, termios
def ask(connection, request):
    return struct.unpack("i", fcntl.ioctl(connection, request, bytes(4)))[0]
with socket.create_server(("0.0.0.0", 8001)) as listener:
    for _ in range(3):
        connection, _ = listener.accept()
        with connection:
            select.select([connection], [], [])
            unread = ask(connection, termios.FIONREAD)
            connection.send(bytes(500))
            # TIOCOUTQ, and how much of it has not left.
            print(unread, ask(connection, 0x5411), ask(connection, 0x894b), len(connection.recv(100)),
                  flush=True)
            while connection.recv(100):
                pass'
  mapfile -t variables < <(under_shim)
  server_spawn "${variables[@]}" /usr/bin/python3 -c "$told"
  wait_listening "$PORT"
  prime "$SERVER_IP4"
  for _ in 1 2; do
    shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
    assert_success
  done
  assert_equal "$(last_syn syn.option syn.data synack.ack)" 'cookie 79 80'
  wait_until "(( \$(wc -l <'$SPAWNED_LOG') == 3 ))"
  assert_equal "$(<"$SPAWNED_LOG")" $'79 500 0 79\n79 500 0 79\n79 500 0 79'
}
