#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the library tells on its log, and where.

# run --separate-stderr assigns stderr.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required python3
  network_up --rtt 2
  unset TFOSHIM_LOG JOURNAL_STREAM
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  network_down
}

# What was told on the file `log`, without the process and the descriptor.
told() {
  sed -E "s/tfoshim: [0-9]+: fd [0-9]+: /tfoshim: /; s/[0-9.]+ ms/N ms/" log
}

# A client under the shim whose standard error is the file `log`.
client_with_log() { # [NAME=VALUE]...
  : >log
  # shellcheck disable=SC2016
  shim "$@" sh -c 'exec "$@" 2>>log' - "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  assert_success
}

@test "nothing is told where nothing is wrong" {
  reference_start answer
  for _ in 1 2; do
    run --separate-stderr on_client TFOSHIM_CONFIG="$CONF/on.conf" XDG_RUNTIME_DIR="$NETWORK_DIR" \
      LD_PRELOAD="$SHIM" "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
    assert_success
    assert_equal "$stderr" ""
  done
}

@test "debug: each connection's story" {
  # On a busy machine, too, the program comes to its shutdown() before a handshake is over.
  network_control rtt 300
  reference_start answer
  place=$SERVER_IP4:$PORT
  client_with_log TFOSHIM_LOG=debug TFOSHIM_CONFIG="$CONF/off.conf"
  assert_equal "$(told)" "tfoshim: $place: connects plainly: no rule enables it"
  client_with_log TFOSHIM_LOG=debug
  assert_equal "$(told)" "tfoshim: $place: not deferred: no recent handshake with this address and port
tfoshim: $place: connected (round trip N ms)"
  client_with_log TFOSHIM_LOG=debug
  assert_equal "$(told)" "tfoshim: $place: deferred
tfoshim: $place: opened with data in the SYN by send(): its rule allows any first write
tfoshim: $place: waited for its handshake
tfoshim: $place: SYN data acknowledged, a round trip saved (round trip N ms)"
  cookies_flush
  client_with_log TFOSHIM_LOG=debug
  assert_equal "$(told | head -n 1)" "tfoshim: $place: not deferred: no cookie yet"
  network_control drop-syn-data
  client_with_log TFOSHIM_LOG=debug
  assert_equal "$(told | tail -n 1)" \
    "tfoshim: $place: SYN lost and sent again without data (round trip N ms)"
  client_with_log TFOSHIM_LOG=debug
  assert_equal "$(told | head -n 1)" "tfoshim: $place: connects plainly: fast opens have failed here"
}

# How its SYN leaves where a program does this with a connection `c` whose connect() blocked: the
# first such line of its story.
syn_of() { # POLICY STEPS
  printf 'client = { default = "on"; %s }; log = { level = "debug"; to = "%s/log"; };\n' "$1" "$PWD" >why.conf
  rm -f "$NETWORK_DIR/tfoshim/memory"
  for steps in 'c.send(b"1")' "$2"; do
    rm -f log
    CONFIG=$PWD/why.conf shim python3 -c "import os, select, socket, sys, time
c = socket.create_connection((sys.argv[1], int(sys.argv[2])))
$steps" "$SERVER_IP4" "$PORT"
    assert_success
  done
  told | grep -E ': (started|opened)' | sed "s/.*:$PORT: //"
}

@test "debug: why a SYN has left empty, or with what: the call, and the first write" {
  reference_start answer
  local -A policies=([any]='first_write = "any";' [safe]='first_write = "replay-safe";')
  GET='b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"'
  while IFS='|' read -r policy steps wanted; do
    run syn_of "${policies[$policy]}" "$steps"
    assert_equal "$steps: $output" "$steps: $wanted"
  done <<END
any|c.send(b"1")|opened with data in the SYN by send(): its rule allows any first write
safe|c.send($GET)|opened with data in the SYN by send(): its first write is safe to repeat
safe|c.send($GET.replace(b"GET", b"PUT"))|started by send(): its first write is not safe to repeat
any|c.send(b"1" * 5000)|started by send(): its first write does not fit into the SYN
any|c.send(b"")|started by send(): its first write is empty
any|c.send(b"1", socket.MSG_OOB)|started by send(): its first write has flags or control messages that need a connection
any|os.sendfile(c.fileno(), os.open("/etc/passwd", 0), 0, 9)|started by sendfile64(): this call cannot write into a SYN
any|c.settimeout(0.1); select.select([c], [], [], 0.01)|started by select(): the thread waits, and nothing is ready
any|select.poll().poll(1)|started by poll(): the thread waits, and nothing is ready
any|time.sleep(0.001)|started by clock_nanosleep(): the thread is about to wait for something else
any|c.dup().send(b"1")|started by fcntl64(): its socket gets another descriptor or owner
any|os.fork()|started by fork(): a forked child gets its socket
any|c.shutdown(socket.SHUT_WR)|started by shutdown(): it is closed or shut down without a write
any|c.close()|started by close(): it is closed or shut down without a write
any|os._exit(0)|started by _exit(): the process exits
any|os.execlp("true", "true")|started by execv(): the process executes another program
any|c.set_inheritable(True); os.posix_spawnp("true", ["true"], {})|started by posix_spawnp(): a program that is started gets its socket
any|c.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO)|started by getsockopt(): this call needs an established connection
any|[select.select([], [], [], 0) for _ in range(99)]|started by select(): the thread polled many times and did not write
END
}

@test "debug: why, of a call by its number" {
  reference_start answer
  local by_number=$PROGRAMS/by-number.so:$SHIM
  SHIM=$by_number run syn_of 'first_write = "any";' 'c.shutdown(socket.SHUT_WR)'
  assert_output 'started by shutdown(): it is closed or shut down without a write'
  SHIM=$by_number run syn_of 'first_write = "replay-safe";' 'c.sendall(b"1")'
  assert_output --regexp '^started by send(to)?\(\): its first write is not safe to repeat$'
}

@test "debug: a listener's, too" {
  server_spawn TFOSHIM_LOG=debug XDG_RUNTIME_DIR="$NETWORK_DIR" TFOSHIM_CONFIG="$CONF/on.conf" \
    LD_PRELOAD="$SHIM" "$PROGRAMS/server" :: "$PORT" close
  wait_listening "$PORT"
  for _ in 1 2; do
    shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  done
  assert_equal "$(netstat_value server TCPFastOpenPassive)" 1
  cp "$SPAWNED_LOG" log
  # It closes at once: before its client is proved, or after.
  assert_equal "$(told | sort -u | grep -v 'client proved')" \
    "tfoshim: [::]:$PORT: accepted with data in the SYN
tfoshim: [::]:$PORT: guarded: the data of its SYN is not safe to repeat
tfoshim: [::]:$PORT: listener accepts SYN data"
}

@test "the journal is told the priority, and only the journal" {
  reference_start answer
  : >log
  stream=$(stat -c %d:%i log)
  client_with_log TFOSHIM_LOG=debug JOURNAL_STREAM="$stream"
  assert_equal "$(told | cut -d : -f 1 | sort -u)" '<7>tfoshim'
  client_with_log TFOSHIM_LOG=loud JOURNAL_STREAM="$stream"
  assert_equal "$(<log)" \
    '<4>tfoshim: TFOSHIM_LOG: found "loud", expected none, error, warn, info or debug'
  client_with_log TFOSHIM_CONFIG=/missing.conf JOURNAL_STREAM="$stream"
  assert_regex "$(<log)" '^<3>tfoshim: /missing\.conf: '
  client_with_log TFOSHIM_LOG=info XDG_RUNTIME_DIR="$PWD" JOURNAL_STREAM="$stream"
  chmod 666 tfoshim/memory
  client_with_log TFOSHIM_LOG=info XDG_RUNTIME_DIR="$PWD" JOURNAL_STREAM="$stream"
  assert_regex "$(<log)" '^<6>tfoshim: /.*: found a file of another mode, expected mode 0600: '
  # Another's stream, and what is none.
  for other in "${stream%:*}:1" "1:${stream#*:}" "${stream/:/ }" "$stream:" "$stream 0" "${stream%:*}" "${stream%:*}:" ''; do
    client_with_log TFOSHIM_LOG=debug JOURNAL_STREAM="$other"
    assert_equal "$other $(told | cut -d : -f 1 | sort -u)" "$other tfoshim"
  done
  # A log in a file is no journal, whatever standard error is.
  printf 'log = { level = "debug"; to = "%s"; };\n' "$PWD/file" >t.conf
  client_with_log TFOSHIM_CONFIG="$PWD/t.conf" JOURNAL_STREAM="$stream"
  assert_equal "$(<log)" ""
  assert_equal "$(cut -d : -f 1 file | sort -u)" tfoshim
}

@test "nothing is written to what takes the place of standard error" {
  reference_start sink
  for _ in 1 2; do
    # The connection itself gets descriptor 2; the server must hear nothing but the program.
    shim TFOSHIM_LOG=debug python3 -c 'import os, socket, sys
os.close(2)
connection = socket.socket()
assert connection.fileno() == 2
connection.connect((sys.argv[1], int(sys.argv[2])))
connection.sendall(b"1234")' "$SERVER_IP4" "$PORT"
    assert_success
  done
  assert_equal "$(record_take 2 | cut -d ' ' -f 1)" $'bytes=4\nbytes=4'
  # A stream's place is connected plainly: stdio may write there unseen.
  assert_equal "$(last_syn_data)" 0
}

@test "nothing is written to standard error that is a connection" {
  reference_start sink
  for _ in 1 2; do
    on_client timeout "$PATIENCE" python3 -c 'import os, socket, subprocess, sys
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
subprocess.run(sys.argv[3:], stdin=connection, stderr=connection, check=True)' "$SERVER_IP4" "$PORT" \
      env TFOSHIM_LOG=debug TFOSHIM_CONFIG="$CONF/on.conf" XDG_RUNTIME_DIR="$NETWORK_DIR" \
      LD_PRELOAD="$SHIM" "$PROGRAMS/client" "$SERVER_IP4" "$PORT" >/dev/null
  done
  assert_equal "$(record_take 4 | cut -d ' ' -f 1 | sort | uniq -c | tr -s ' ')" \
    $' 2 bytes=0\n 2 bytes=79'
}
