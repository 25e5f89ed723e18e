#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tfoshim attach and detach: servers that run already, and cannot be preloaded.

# run --separate-stderr assigns stderr; what is waited for is evaluated each time; the scripts have
# arguments of their own.
# shellcheck disable=SC2154,SC2016,SC2153

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

NO_GUARD='no guard: anyone who recorded a SYN can make the process execute its request again'

setup_file() {
  local programs=$BATS_TEST_DIRNAME/programs
  load lib/network
  load programs/programs
  cd "$BATS_FILE_TMPDIR" || exit
  cc -static -D_GNU_SOURCE -o static-server "$programs"/{server,common}.c
  go_server_build go-server
}

setup() {
  load lib/network
  load programs/programs
  tools_required curl go nft setpriv unshare /usr/bin/python3
  tfoshim=$TFOSHIM_BUILD/tfoshim
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR
  export LSAN_OPTIONS=suppressions=$BATS_TEST_DIRNAME/lsan.supp:print_suppressions=0
  unset XDG_RUNTIME_DIR TFOSHIM_CONFIG XDG_CONFIG_HOME
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  [[ -z ${NETWORK_DIR-} ]] || network_down
}

# A server that knows nothing of Fast Open, and what reaches it.
static_server() { # [OPTION]...
  RECORD=$NETWORK_DIR/record
  : >"$RECORD"
  server_spawn "$BATS_FILE_TMPDIR/static-server" :: "$PORT" sink --record "$RECORD" "$@"
  wait_listening "$PORT"
}

attach() { # [OPTION]... PID|UNIT
  run --separate-stderr on_server "$tfoshim" attach --first-read any "$@"
}

detach() { # [OPTION]... PID|UNIT
  run --separate-stderr on_server "$tfoshim" detach "$@"
}

# A row of the table, the widths of its columns left out.
assert_row() { # LISTENER QUEUE PROCESS NOW
  assert_line --regexp "^$1 +$2 +$3 +$4\$"
}

# What attach would do changes nothing, and tells of every listener.
assert_untouched() { # LISTENER QUEUE
  run on_server "$tfoshim" attach "$SPAWNED"
  assert_line --regexp "^$1 +$2 +"
}

# The server's kernel has handed over what the SYN brought.
taken() {
  netstat_value server TCPFastOpenPassive
}

# Two connections: for the cookie, and with data in the SYN.
connect_twice() { # ADDRESS
  prime "$1"
  shim "$PROGRAMS/client" "$1" "$PORT"
  assert_success
  if [[ -n ${RECORD-} ]]; then
    assert_equal "$(record_take 2 | uniq | sed 's/checksum=[0-9a-f]*/ok/')" 'bytes=79 ok end=EOF'
  fi
}

assert_taken() { # ADDRESS
  local before
  before=$(taken)
  connect_twice "$1"
  assert_equal "$1 $(last_syn syn.option syn.data synack.ack)" "$1 cookie 79 80"
  assert_equal "$1 $(taken)" "$1 $((before + 1))"
}

# Whatever cookie the client still has.
assert_not_taken() { # ADDRESS
  local before
  before=$(taken)
  connect_twice "$1"
  refute [ "$(last_syn synack.ack)" -gt 1 ]
  assert_equal "$1 $(taken)" "$1 $before"
}

# ---- the command line ----

@test "help; arguments that are not understood" {
  run -0 --separate-stderr "$tfoshim" attach --help
  assert_line --index 0 'usage: tfoshim attach --first-read any [--port N] [--queue N] PID|UNIT'
  run -0 --separate-stderr "$tfoshim" detach --help
  assert_line --index 0 'usage: tfoshim detach [--port N] PID|UNIT'
  local verb arguments
  for verb in attach detach; do
    for arguments in '' '1 2' '--port 80'; do
      # shellcheck disable=SC2086
      run -2 "$tfoshim" "$verb" $arguments
      assert_output "tfoshim: $verb: expected one process or systemd service, see tfoshim $verb --help"
    done
    for arguments in 0 -1 65536 80x ''; do
      run -2 "$tfoshim" "$verb" "--port=$arguments" 1
      assert_output "tfoshim: $verb: --port: found \"$arguments\", expected a number from 1 to 65535"
    done
    run -2 "$tfoshim" "$verb" 0
    assert_output "tfoshim: $verb: found \"0\", expected a process number or a systemd service"
    run -2 "$tfoshim" "$verb" 4294967297
    assert_output "tfoshim: $verb: found \"4294967297\", expected a process number or a systemd service"
    run -2 "$tfoshim" "$verb" web.socket
    assert_output "tfoshim: $verb: found \"web.socket\", expected a service: the one that it starts"
  done
  run -2 "$tfoshim" attach --queue 0 1
  assert_output 'tfoshim: attach: --queue: found "0", expected a number from 1 to 65535'
  run -2 "$tfoshim" attach --first-read replay-safe 1
  assert_output --partial 'which needs the library in the process (tfoshim run, tfoshim enable); expected "any"'
  run -2 "$tfoshim" attach --first-read all 1
  assert_output 'tfoshim: attach: --first-read: found "all", expected "any"'
  run -2 "$tfoshim" detach --queue 5 1
  assert_output 'tfoshim: detach: unknown option "--queue", see tfoshim detach --help'
}

# ---- servers ----

@test "a static server takes data in SYNs while it is attached to" {
  local address
  network_up --rtt 20
  static_server --backlog 7
  for address in "$SERVER_IP4" "$SERVER_IP6"; do
    assert_not_taken "$address"
  done
  attach "$SPAWNED"
  assert_success
  assert_line --index 0 --regexp '^listener +queue +process +now$'
  assert_row '\[::\]:8080' 7 "$SPAWNED \(static-server\)" 'accepts SYN data'
  assert_line "$NO_GUARD"
  assert_line 'no deferral: connections that the process opens are not changed'
  assert_line "to undo it: tfoshim detach $SPAWNED"
  assert_equal "$stderr" ''
  for address in "$SERVER_IP4" "$SERVER_IP6"; do
    assert_taken "$address"
  done
  detach "$SPAWNED"
  assert_success
  assert_row '\[::\]:8080' 0 "$SPAWNED \(static-server\)" 'no longer accepts SYN data'
  # Its clients have cookies still.
  for address in "$SERVER_IP4" "$SERVER_IP6"; do
    assert_not_taken "$address"
  done
  detach "$SPAWNED"
  assert_failure
  assert_row '\[::\]:8080' 0 "$SPAWNED \(static-server\)" 'left alone: attach did not set TCP_FASTOPEN'
  assert_equal "$stderr" 'tfoshim: detach: attach has set TCP_FASTOPEN on none of them'
}

@test "a Go server takes data in SYNs while it is attached to" {
  local address before
  network_up --rtt 20
  server_spawn "$BATS_FILE_TMPDIR/go-server" ":$PORT"
  wait_listening "$PORT"
  attach "$SPAWNED"
  assert_success
  assert_row '\[::\]:8080' '[1-9][0-9]*' "$SPAWNED \(go-server\)" 'accepts SYN data'
  for address in "$SERVER_IP4" "[$SERVER_IP6]"; do
    before=$(taken)
    for _ in first second third; do
      plain curl -sS --tcp-fastopen "http://$address:$PORT/"
      assert_output 'the page'
    done
    assert_equal "$address $(taken)" "$address $((before + 2))"
    (($(last_syn_data) > 70))
    (($(last_syn synack.ack) > 70))
  done
  detach "$SPAWNED"
  assert_success
  before=$(taken)
  plain curl -sS --tcp-fastopen "http://$SERVER_IP4:$PORT/"
  assert_output 'the page'
  assert_equal "$(last_syn synack.ack) $(taken)" "1 $before"
}

# Go's, since 1.24, ask for Multipath TCP. Linux takes the option there since 6.2.
@test "a listener that speaks Multipath TCP" {
  local held='
import socket
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("0.0.0.0", 8080))
listener.listen(7)
while True:
    connection, _ = listener.accept()
    while connection.recv(100):
        pass
    connection.close()'
  network_up --rtt 20
  server_spawn /usr/bin/python3 -c "$held"
  wait_listening "$PORT"
  attach "$SPAWNED"
  if /usr/bin/python3 -c 'import socket
socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 1)'; then
    assert_success
    assert_row '0\.0\.0\.0:8080' 7 "$SPAWNED \(python3\)" 'accepts SYN data'
    assert_taken "$SERVER_IP4"
  else
    assert_failure
    assert_row '0\.0\.0\.0:8080' 0 "$SPAWNED \(python3\)" 'the kernel refuses TCP_FASTOPEN'
  fi
}

# ---- consent ----

@test "attach sets nothing before it is told that a repeated request does no harm" {
  network_up --rtt 20
  static_server
  run --separate-stderr on_server "$tfoshim" attach --port "$PORT" "$SPAWNED"
  assert_failure
  assert_row '\[::\]:8080' 16 "$SPAWNED \(static-server\)" 'would accept SYN data'
  refute_line --partial 'undo'
  assert_equal "$stderr" "tfoshim: attach: nothing was set: the process has no guard, so anyone who recorded a SYN can \
make it execute the request again; if that does no harm: tfoshim attach --first-read any \
--port $PORT $SPAWNED"
  assert_not_taken "$SERVER_IP4"
  assert_equal "$(last_syn syn.option syn.data)" 'request 0'
}

# What is consented to.
@test "a server that is attached to executes again what was recorded" {
  local post='POST /order HTTP/1.0\r\nContent-Length: 1\r\n\r\nx'
  network_up
  server_spawn /usr/bin/python3 -B "$TFOSHIM_ROOT/tests/guard/orders.py" "$PORT" block
  wait_listening "$PORT"
  attach "$SPAWNED"
  assert_success
  for _ in 1 2; do
    on_client /usr/bin/python3 -B "$TFOSHIM_ROOT/tests/guard/client.py" "$SERVER_IP4" "$PORT" "$post"
  done
  wait_until '(($(grep -c "^order POST" "$SPAWNED_LOG") == 2))'
  on_client /usr/bin/python3 -B "$TFOSHIM_ROOT/tests/guard/replay.py" "$NETWORK_PCAP" "$PORT" 1 20000
  wait_until '(($(grep -c "^order POST" "$SPAWNED_LOG") == 3))'
}

# ---- what is left alone ----

# Listens on two ports; on SIGUSR1 it sets the queue of the second one itself, on SIGUSR2 to none.
TWO='
import signal, socket
def listen(port):
    listener = socket.create_server(("0.0.0.0", port), backlog=9)
    return listener
first, second = listen(8080), listen(8081)
def set_queue(number, _):
    second.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 3 if number == signal.SIGUSR1 else 0)
    print("set", number, flush=True)
signal.signal(signal.SIGUSR1, set_queue)
signal.signal(signal.SIGUSR2, set_queue)
print("ready", flush=True)
while True:
    signal.pause()'

two_listeners() {
  server_spawn /usr/bin/python3 -c "$TWO"
  wait_until "grep -q ready '$SPAWNED_LOG'"
  NAME="$SPAWNED \(python3\)"
}

@test "--port is one of several, and --queue another one than the backlog" {
  network_up --rtt 4
  two_listeners
  attach --port 8081 "$SPAWNED"
  assert_success
  assert_row '0\.0\.0\.0:8081' 9 "$NAME" 'accepts SYN data'
  refute_line --partial ':8080'
  assert_line "to undo it: tfoshim detach --port 8081 $SPAWNED"
  assert_untouched '0\.0\.0\.0:8080' 9
  assert_line --regexp '^0\.0\.0\.0:8080 .*would accept SYN data$'
  attach --queue 33 "$SPAWNED"
  assert_success
  assert_row '0\.0\.0\.0:8080' 33 "$NAME" 'accepts SYN data'
  assert_row '0\.0\.0\.0:8081' 33 "$NAME" 'accepts SYN data'
  detach --port 8080 "$SPAWNED"
  assert_success
  assert_row '0\.0\.0\.0:8080' 0 "$NAME" 'no longer accepts SYN data'
  refute_line --partial ':8081'
  detach "$SPAWNED"
  assert_success
  assert_row '0\.0\.0\.0:8080' 0 "$NAME" 'left alone: attach did not set TCP_FASTOPEN'
  assert_row '0\.0\.0\.0:8081' 0 "$NAME" 'no longer accepts SYN data'
  attach --port 99 "$SPAWNED"
  assert_failure
  assert_equal "$stderr" \
    "tfoshim: attach: process $SPAWNED (python3) does not listen on port 99, but on 8080 and others"
}

@test "attach twice is as once, also where the kernel makes the queue shorter" {
  network_up --rtt 4
  on_server sysctl -qw net.core.somaxconn=20
  two_listeners
  attach --port 8080 "$SPAWNED"
  assert_success
  attach --port 8080 "$SPAWNED"
  assert_success
  assert_row '0\.0\.0\.0:8080' 9 "$NAME" 'already accepts SYN data: attached before'
  # Nothing would be set, so nothing need be consented to.
  run -0 on_server "$tfoshim" attach --port 8080 "$SPAWNED"
  for _ in 1 2; do
    attach --queue 1000 "$SPAWNED"
    assert_success
    assert_row '0\.0\.0\.0:8080' 20 "$NAME" 'accepts SYN data'
  done
  detach "$SPAWNED"
  assert_success
  assert_row '0\.0\.0\.0:8080' 0 "$NAME" 'no longer accepts SYN data'
}

@test "a program's own TCP_FASTOPEN is left alone, when it was set before and when after" {
  network_up --rtt 4
  server_spawn "$BATS_FILE_TMPDIR/static-server" 0.0.0.0 "$PORT" sink --queue 5
  wait_listening "$PORT"
  attach "$SPAWNED"
  assert_success
  assert_row '0\.0\.0\.0:8080' 5 "$SPAWNED \(static-server\)" 'left alone: attach did not set its TCP_FASTOPEN'
  refute_line "$NO_GUARD"
  detach "$SPAWNED"
  assert_failure
  assert_row '0\.0\.0\.0:8080' 5 "$SPAWNED \(static-server\)" 'left alone: attach did not set TCP_FASTOPEN'
  kill "$SPAWNED"
  process_end "$SPAWNED"
  two_listeners
  attach "$SPAWNED"
  assert_success
  kill -USR1 "$SPAWNED"
  wait_until "grep -q '^set' '$SPAWNED_LOG'"
  attach "$SPAWNED"
  assert_success
  assert_row '0\.0\.0\.0:8081' 3 "$NAME" 'left alone: attach did not set its TCP_FASTOPEN'
  detach "$SPAWNED"
  assert_success
  assert_row '0\.0\.0\.0:8080' 0 "$NAME" 'no longer accepts SYN data'
  assert_row '0\.0\.0\.0:8081' 3 "$NAME" 'left alone: attach did not set its TCP_FASTOPEN'
}

@test "a program that switches off what attach has set" {
  network_up --rtt 4
  two_listeners
  attach "$SPAWNED"
  assert_success
  kill -USR2 "$SPAWNED"
  wait_until "grep -q '^set' '$SPAWNED_LOG'"
  detach --port 8081 "$SPAWNED"
  assert_success
  assert_row '0\.0\.0\.0:8081' 0 "$NAME" 'accepts no SYN data: the program has removed TCP_FASTOPEN since'
  attach "$SPAWNED"
  assert_success
  assert_row '0\.0\.0\.0:8080' 9 "$NAME" 'already accepts SYN data: attached before'
  assert_row '0\.0\.0\.0:8081' 9 "$NAME" 'accepts SYN data'
}

@test "setting the option fails" {
  network_up --rtt 4
  static_server
  run -1 on_server "$PROGRAMS/sandbox" EPERM setsockopt "$tfoshim" attach --first-read any "$SPAWNED"
  assert_row '\[::\]:8080' 0 "$SPAWNED \(static-server\)" 'the kernel refuses TCP_FASTOPEN'
  detach "$SPAWNED"
  assert_failure
  assert_row '\[::\]:8080' 0 "$SPAWNED \(static-server\)" 'left alone: attach did not set TCP_FASTOPEN'
}

@test "a process that runs under the library is left alone" {
  network_up --rtt 4
  server_spawn "TFOSHIM_CONFIG=$CONF/off.conf" "LD_PRELOAD=$SHIM" "$PROGRAMS/server" 0.0.0.0 "$PORT" sink
  wait_listening "$PORT"
  attach "$SPAWNED"
  assert_success
  assert_row '0\.0\.0\.0:8080' 0 "$SPAWNED \(server\)" 'left alone: runs under libtfoshim.so, whose policy decides'
}

@test "what does not listen for TCP connections is left alone, and nothing is claimed" {
  local held='
import signal, socket
unix = socket.socket(socket.AF_UNIX)
unix.bind("listener")
unix.listen()
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", 8080))
bound = socket.socket()
bound.bind(("127.0.0.1", 8080))
client = socket.create_connection(("127.0.0.1", 8081))
print("ready", flush=True)
signal.pause()'
  network_up --rtt 4
  server_spawn "$PROGRAMS/server" 127.0.0.1 8081 sink
  wait_listening 8081
  server_spawn /usr/bin/python3 -c "$held"
  wait_until "grep -q ready '$SPAWNED_LOG'"
  attach "$SPAWNED"
  assert_failure
  assert_output ''
  assert_equal "$stderr" "tfoshim: attach: process $SPAWNED (python3) has no TCP listener (other sockets: 4)"
  kill "$SPAWNED"
  process_end "$SPAWNED"
  attach "$SPAWNED"
  assert_failure
  assert_equal "$stderr" "tfoshim: attach: there is no process $SPAWNED"
}

# ---- units ----

# Three processes that share a listener, and end with the first of them.
WORKERS='
import os, signal, socket
listener = socket.create_server(("0.0.0.0", 8080), backlog=9)
reading, writing = os.pipe()
for _ in range(2):
    if os.fork() == 0:
        os.close(writing)
        os.read(reading, 1)
        os._exit(0)
print("ready", flush=True)
signal.pause()'

# A systemctl that has been told what to answer.
systemctl_make() {
  mkdir -p bin units cgroup
  cat >bin/systemctl <<'END'
#!/bin/sh
[ "$1 $2 $3 $4 $5" = 'show --property=LoadState --property=MainPID --property=ControlGroup --' ] || exit 3
cat "${0%/*}/../units/$6"
END
  chmod +x bin/systemctl
}

unit_make() { # UNIT LOADED PID GROUP
  printf '%s\n' "LoadState=$2" "MainPID=$3" "ControlGroup=$4" >"units/$1"
}

# The command, where that systemctl and the control groups of `cgroup` are the machine's.
by_unit() { # COMMAND...
  run --separate-stderr on_server "PATH=$PWD/bin:$PATH" unshare --mount sh -c \
    'mount --bind "$1" /sys/fs/cgroup && shift && exec "$@"' - "$PWD/cgroup" "$tfoshim" "$@"
}

@test "a unit is all its processes, and a listener that they share is one" {
  local workers
  network_up --rtt 4
  systemctl_make
  server_spawn /usr/bin/python3 -c "$WORKERS"
  wait_until "grep -q ready '$SPAWNED_LOG'"
  mapfile -t workers < <(pgrep -P "$SPAWNED")
  unit_make web.service loaded "$SPAWNED" /system.slice/web.service
  mkdir -p cgroup/system.slice/web.service/workers
  printf '%s\n' "$SPAWNED" "${workers[0]}" >cgroup/system.slice/web.service/cgroup.procs
  printf '%s\n' "${workers[1]}" >cgroup/system.slice/web.service/workers/cgroup.procs
  by_unit attach --first-read any web
  assert_success
  assert_equal "$(grep -c '0\.0\.0\.0:8080' <<<"$output")" 1
  assert_row '0\.0\.0\.0:8080' 9 "$SPAWNED \(python3\), 2 more" 'accepts SYN data'
  assert_line 'to undo it: tfoshim detach web'
  # It is each worker's.
  run -0 on_server "$tfoshim" attach "${workers[1]}"
  assert_row '0\.0\.0\.0:8080' 9 "${workers[1]} \(python3\)" 'already accepts SYN data: attached before'
  by_unit detach web.service
  assert_success
  assert_row '0\.0\.0\.0:8080' 0 "$SPAWNED \(python3\), 2 more" 'no longer accepts SYN data'
  # A process that has ended meanwhile is nobody's loss.
  echo 999999999 >>cgroup/system.slice/web.service/cgroup.procs
  by_unit attach --first-read any web
  assert_success
  assert_equal "$stderr" ''
}

@test "where one of the processes that share a listener has the library, it is left alone" {
  local held='
import signal, socket, subprocess, sys
listener = socket.create_server(("0.0.0.0", 8080))
child = subprocess.Popen(["env", *sys.argv[1:]], pass_fds=[listener.fileno()], stdin=subprocess.PIPE)
print("child", child.pid, listener.fileno(), flush=True)
signal.pause()'
  network_up --rtt 4
  systemctl_make
  server_spawn /usr/bin/python3 -c "$held" "TFOSHIM_CONFIG=$CONF/off.conf" "LD_PRELOAD=$SHIM" cat
  wait_until "grep -q child '$SPAWNED_LOG'"
  child=$(awk '/child/ { print $2 }' "$SPAWNED_LOG")
  wait_until "grep -qx cat /proc/$child/comm"
  unit_make web.service loaded "$SPAWNED" /web.service
  mkdir cgroup/web.service
  echo "$child" >cgroup/web.service/cgroup.procs
  by_unit attach --first-read any web
  assert_success
  assert_row '0\.0\.0\.0:8080' 0 "$SPAWNED \(python3\), 1 more" 'left alone: runs under libtfoshim.so, whose policy decides'
}

@test "a unit whose control groups are elsewhere, or cannot be seen" {
  network_up --rtt 4
  systemctl_make
  static_server
  unit_make web.service loaded 0 /system.slice/web.service
  mkdir -p cgroup/systemd/system.slice/web.service
  echo "$SPAWNED" >cgroup/systemd/system.slice/web.service/cgroup.procs
  by_unit attach --first-read any web
  assert_success
  assert_row '\[::\]:8080' 16 "$SPAWNED \(static-server\)" 'accepts SYN data'
  rm -r cgroup/systemd
  unit_make web.service loaded "$SPAWNED" /system.slice/web.service
  by_unit detach web
  assert_success
  assert_row '\[::\]:8080' 0 "$SPAWNED \(static-server\)" 'no longer accepts SYN data'
}

@test "a unit that is not there, does not run, does not listen, or is not told of" {
  network_up --rtt 4
  systemctl_make
  unit_make none.service not-found 0 ''
  by_unit attach --first-read any none
  assert_failure
  assert_equal "$stderr" 'tfoshim: attach: there is no unit none.service'
  unit_make idle.service loaded 0 ''
  by_unit detach idle.service
  assert_failure
  assert_equal "$stderr" 'tfoshim: detach: idle.service is not running'
  server_spawn sleep 1000
  unit_make mute.service loaded "$SPAWNED" ''
  by_unit attach --first-read any mute
  assert_failure
  assert_equal "$stderr" 'tfoshim: attach: mute (1 process) has no TCP listener (other sockets: 0)'
  by_unit attach --first-read any other
  assert_failure
  assert_regex "$stderr" 'tfoshim: attach: systemctl does not report the processes of other.service: give a process number instead$'
  run --separate-stderr on_server PATH=/nowhere "$tfoshim" attach web
  assert_failure
  assert_equal "$stderr" 'tfoshim: attach: cannot run systemctl to find the processes of web.service: No such file or directory'
}

# ---- who may not ----

REFUSED() { # NAME ERROR
  echo "tfoshim: attach: cannot duplicate the sockets of process $SPAWNED ($1): $2"
}

# As somebody without privileges, who is the same user to the kernel.
without_rights() { # COMMAND...
  run --separate-stderr unshare --user --map-user=1000 "$@"
}

# The files of /proc/sys/kernel, with Yama's alone.
with_yama() { # VALUE COMMAND...
  unshare --mount sh -c 'mount -t tmpfs tmpfs /proc/sys/kernel && mkdir /proc/sys/kernel/yama &&
    echo "$1" >/proc/sys/kernel/yama/ptrace_scope && shift && exec "$@"' - "$@"
}

@test "a process of more rights, of another user, and root without the right: who may is told" {
  network_up --rtt 4
  static_server
  without_rights "$tfoshim" attach "$SPAWNED"
  assert_failure
  assert_equal "$stderr" "$(REFUSED static-server 'Permission denied')
tfoshim: attach: the process has more privileges than its user, or is not dumpable (PR_SET_DUMPABLE of prctl(2)): sudo tfoshim attach ..."
  # Yama has no say in looking.
  run --separate-stderr with_yama 1 unshare --user --map-user=1000 "$tfoshim" attach "$SPAWNED"
  assert_failure
  assert_regex "$stderr" 'the process has more privileges than its user'
  printf 'Name:\tserver\nUid:\t33\t33\t33\t33\n' >status
  run --separate-stderr unshare --mount sh -c 'mount --bind status "/proc/$1/status" && shift && exec "$@"' - \
    "$SPAWNED" unshare --user --map-user=1000 "$tfoshim" attach "$SPAWNED"
  assert_failure
  assert_equal "$stderr" "$(REFUSED static-server 'Permission denied')
tfoshim: attach: the process belongs to user 33, the caller is user 1000: sudo tfoshim attach ..."
  run --separate-stderr setpriv --bounding-set=-sys_ptrace "$tfoshim" attach "$SPAWNED"
  assert_failure
  assert_equal "$stderr" "$(REFUSED static-server 'Permission denied')
tfoshim: attach: root lacks CAP_SYS_PTRACE here: in a container, grant it (docker run --cap-add SYS_PTRACE)"
}

# Here a filter refuses what Yama would.
@test "Yama's setting is explained" {
  local scope here='
    "$1" 127.0.0.1 8080 sink &
    while ! grep -q ":1F90 00000000:0000 0A" /proc/net/tcp; do sleep 0.02; done
    "$2" EPERM getfd "$3" attach $!
    status=$?
    kill $!
    exit $status'
  for scope in 1 2; do
    run --separate-stderr with_yama "$scope" timeout 20 unshare --net sh -c 'ip link set lo up && exec "$@"' - \
      unshare --user --map-user=1000 sh -c "$here" - \
      "$BATS_FILE_TMPDIR/static-server" "$PROGRAMS/sandbox" "$tfoshim"
    assert_failure 1
    assert_output ''
    assert_regex "$stderr" '^tfoshim: attach: cannot duplicate the sockets of process [0-9]+ \(static-server\): Operation not permitted
tfoshim: attach: kernel.yama.ptrace_scope is '"$scope"': only root may trace a running process \(CAP_SYS_PTRACE\): sudo tfoshim attach \.\.\.$'
  done
  network_up --rtt 4
  static_server
  run --separate-stderr with_yama 3 "$PROGRAMS/sandbox" EPERM getfd "$tfoshim" attach "$SPAWNED"
  assert_failure
  assert_equal "$stderr" "$(REFUSED static-server 'Operation not permitted')
tfoshim: attach: kernel.yama.ptrace_scope is 3: nobody may trace a process, not even root, until the machine boots with another value"
  # Where it allows, it is not what refuses.
  run --separate-stderr with_yama 0 "$PROGRAMS/sandbox" EPERM getfd "$tfoshim" attach "$SPAWNED"
  assert_failure
  assert_regex "$stderr" 'a sandbox \(seccomp\) forbids this'
}

@test "a sandbox, and a kernel that is too old, are told" {
  local error words
  network_up --rtt 4
  static_server
  for error in EPERM:'Operation not permitted' ENOSYS:'Function not implemented'; do
    words=${error#*:}
    run --separate-stderr "$PROGRAMS/sandbox" "${error%%:*}" getfd "$tfoshim" attach "$SPAWNED"
    assert_failure
    assert_equal "$stderr" "$(REFUSED static-server "$words")
tfoshim: attach: a sandbox (seccomp) forbids this: run it outside, or give the container CAP_SYS_PTRACE (docker run \
--cap-add SYS_PTRACE)"
  done
  run --separate-stderr setarch --uname-2.6 "$PROGRAMS/sandbox" ENOSYS getfd "$tfoshim" attach "$SPAWNED"
  assert_failure
  assert_regex "$stderr" 'tfoshim: attach: found Linux 2\.6\.[^ ]*, expected 5\.6 or later \(pidfd_getfd\)$'
}

# A setting that is off keeps nobody from setting the option.
@test "the kernel's server part is off: here, in another network namespace, or where nobody may look" {
  network_up --rtt 4
  on_server sysctl -qw net.ipv4.tcp_fastopen=1
  static_server
  attach "$SPAWNED"
  assert_success
  assert_equal "$stderr" 'tfoshim: attach: the kernel does not allow Fast Open for listeners here (net.ipv4.tcp_fastopen is 1): sysctl -w net.ipv4.tcp_fastopen=3'
  assert_not_taken "$SERVER_IP4"
  # This command's own namespace has it on, and has no such socket.
  run -0 --separate-stderr "$tfoshim" attach --first-read any --queue 5 "$SPAWNED"
  assert_row '\[::\]:8080' 5 "$SPAWNED \(static-server\)" 'accepts SYN data'
  assert_equal "$stderr" "tfoshim: attach: the kernel does not allow Fast Open for listeners in the network \
namespace of process $SPAWNED (net.ipv4.tcp_fastopen is 1): nsenter --net --target $SPAWNED sysctl -w net.ipv4.tcp_fastopen=3"
  run -0 --separate-stderr setpriv --bounding-set=-sys_admin,-net_admin \
    "$tfoshim" attach --first-read any --queue 6 "$SPAWNED"
  assert_equal "$stderr" "tfoshim: attach: only root can see whether the kernel allows Fast Open for listeners in the \
network namespace of process $SPAWNED: nsenter --net --target $SPAWNED sysctl net.ipv4.tcp_fastopen"
  on_server sysctl -qw net.ipv4.tcp_fastopen=3
  run -0 --separate-stderr "$tfoshim" attach --first-read any --queue 7 "$SPAWNED"
  assert_equal "$stderr" ''
  assert_taken "$SERVER_IP4"
}

# The first one that is found is in the server's, the second one in the command's own.
@test "a process with listeners in two network namespaces" {
  local held='
import signal, socket
listener = socket.create_server(("0.0.0.0", 8081))
print("ready", flush=True)
signal.pause()'
  network_up --rtt 4
  on_server sysctl -qw net.ipv4.tcp_fastopen=1
  on_client sysctl -qw net.ipv4.tcp_fastopen=0
  server_spawn "$PROGRAMS/hand-down" listen 0.0.0.0 8080 \
    nsenter "--net=/run/netns/$NETWORK_CLIENT" /usr/bin/python3 -c "$held"
  wait_until "grep -q ready '$SPAWNED_LOG'"
  run -0 --separate-stderr on_client "$tfoshim" attach --first-read any "$SPAWNED"
  assert_row '0\.0\.0\.0:8080' '[1-9][0-9]*' "$SPAWNED \(python3\)" 'accepts SYN data'
  assert_row '0\.0\.0\.0:8081' '[1-9][0-9]*' "$SPAWNED \(python3\)" 'accepts SYN data'
  assert_equal "$stderr" "tfoshim: attach: the kernel does not allow Fast Open for listeners in the network \
namespace of process $SPAWNED (net.ipv4.tcp_fastopen is 1): nsenter --net --target $SPAWNED sysctl -w net.ipv4.tcp_fastopen=3
tfoshim: attach: the kernel does not allow Fast Open for listeners here (net.ipv4.tcp_fastopen is 0): sysctl -w net.ipv4.tcp_fastopen=2"
}

# ---- the record ----

@test "of many sockets the oldest are forgotten" {
  network_up --rtt 4
  static_server
  install -d -m 700 /run/tfoshim
  { cat /proc/sys/kernel/random/boot_id && seq -f '%.0f 5' 1000000001 1000004096; } >/run/tfoshim/attached
  chmod 600 /run/tfoshim/attached
  attach "$SPAWNED"
  assert_success
  assert_equal "$(sed -n -e 2p -e '$=' /run/tfoshim/attached)" $'1000000002 5\n4097'
  assert_regex "$(tail -n 1 /run/tfoshim/attached)" '^[0-9]+ 16$'
  rm /run/tfoshim/attached
}

@test "nothing is set that could not be undone" {
  network_up --rtt 4
  static_server
  install -d -m 700 /run/tfoshim
  rm -f /run/tfoshim/attached
  ln -s "$PWD/elsewhere" /run/tfoshim/attached
  attach "$SPAWNED"
  assert_failure
  assert_equal "$stderr" 'tfoshim: attach: cannot use the record /run/tfoshim/attached: Too many levels of symbolic links'
  rm /run/tfoshim/attached
  echo text >/run/tfoshim/attached
  chmod 666 /run/tfoshim/attached
  attach "$SPAWNED"
  assert_failure
  assert_equal "$stderr" 'tfoshim: attach: cannot use the record /run/tfoshim/attached: expected a regular file of this user with mode 0600'
  rm /run/tfoshim/attached
  # Not to a file of its own: there is no room in any.
  run on_server sh -c 'ulimit -f 0; trap "" XFSZ; exec "$@"' - "$tfoshim" attach --first-read any "$SPAWNED"
  assert_failure
  assert_output 'tfoshim: attach: cannot write the record: File too large'
  assert_untouched '\[::\]:8080' 16
  assert_line --partial 'would accept SYN data'
}

@test "a record of another boot is of other sockets" {
  network_up --rtt 4
  static_server
  attach "$SPAWNED"
  assert_success
  echo 11111111-2222-3333-4444-555555555555 >boot
  run --separate-stderr unshare --mount sh -c 'mount --bind boot /proc/sys/kernel/random/boot_id && exec "$@"' - \
    "$tfoshim" attach --first-read any --queue 5 "$SPAWNED"
  assert_success
  assert_row '\[::\]:8080' 16 "$SPAWNED \(static-server\)" 'left alone: attach did not set its TCP_FASTOPEN'
}
