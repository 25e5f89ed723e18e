#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Where Fast Open is not to be had, or is no longer, every byte arrives in order and no program sees an
# error.

# `output` is always of the same test's last run.
# shellcheck disable=SC2030,SC2031

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

KEY_A=00112233445566778899aabbccddeeff
KEY_B=ffeeddccbbaa99887766554433221100

setup() {
  load lib/network
  load programs/programs
  tools_required
  network_up
}

teardown() {
  network_down
}

# The command given makes the trouble, between the priming connection and the one that is looked at.
nothing_is_lost() { # TROUBLE...
  local ADDRESS way plain_output plain_record
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    # The last fits in a SYN of IPv4 and of IPv6.
    for way in '--nonblocking --bytes 79' '--bytes 20000' '--bytes 1400'; do
      # shellcheck disable=SC2086
      plain "$PROGRAMS/client" "$ADDRESS" "$PORT" $way
      plain_output=$output
      plain_record=$(record_take 1)
      prime "$ADDRESS"
      record_take 1 >/dev/null
      "$@"
      # shellcheck disable=SC2086
      shim "$PROGRAMS/client" "$ADDRESS" "$PORT" $way
      assert_equal "$output" "$plain_output"
      assert_success
      assert_equal "$(record_take 1)" "$plain_record"
      undo
    done
  done
}

# Each test says how to end its trouble before the next round.
undo() {
  :
}

client_switch() { # VALUE
  on_client sysctl -qw net.ipv4.tcp_fastopen="$1"
}

server_switch() { # VALUE
  on_server sysctl -qw net.ipv4.tcp_fastopen="$1"
}

@test "the server's kernel has Fast Open off" {
  reference_start sink
  server_switch 1
  nothing_is_lost true
  assert_equal "$(last_syn syn.option syn.data synack.option)" 'request 0 none'
}

@test "the server's kernel has Fast Open switched off after it gave a cookie" {
  undo() { server_switch 3; }
  reference_start sink
  nothing_is_lost server_switch 1
  assert_equal "$(last_syn syn.option synack.ack)" 'cookie 1'
}

@test "the listener does not accept Fast Open" {
  reference_start sink --queue 0
  nothing_is_lost true
  assert_equal "$(last_syn syn.option synack.ack)" 'request 1'
}

@test "the listener no longer accepts Fast Open" {
  server_restart() {
    kill "$SPAWNED"
    process_end "$SPAWNED"
    reference_start sink "$@"
  }
  undo() { server_restart --queue 16; }
  reference_start sink
  nothing_is_lost server_restart --queue 0
  assert_equal "$(last_syn syn.option synack.ack)" 'cookie 1'
}

@test "the client's kernel has Fast Open off: the plain packets" {
  client_switch 0
  reference_start sink
  nothing_is_lost true
  assert_equal "$(last_syn syn.option syn.data)" 'none 0'
}

# A sanitizer reads bad addresses itself.
# bats test_tags=no-sanitizer
@test "the client's kernel has it off, in every kind of program" {
  local ADDRESS=$SERVER_IP4
  client_switch 0
  reference_start echo
  compare --records 11 "$PROGRAMS/inspect" "$ADDRESS" "$PORT" nonblocking
  compare "$PROGRAMS/waits" "$ADDRESS" "$PORT" epoll-edge client-first nonblocking
  compare --records 5 "$PROGRAMS/sigpipe" "$ADDRESS" "$PORT"
}

# The kernel has no way back from a connect that it has deferred (docs/how-it-works.md, limits): the error
# that it invents for this is not passed on, one that any connection may meet is.
switched_off_in_between() { # [OPTION]...
  local go=$NETWORK_DIR/go ADDRESS=$SERVER_IP4 pid log
  prime "$ADDRESS"
  record_take 1 >/dev/null
  client_spawn TFOSHIM_CONFIG="$CONF/on.conf" XDG_RUNTIME_DIR="$NETWORK_DIR" "${KERNEL[@]}" \
    env LD_PRELOAD="$SHIM" \
    "$PROGRAMS/client" "$ADDRESS" "$PORT" --pause "$go" "$@"
  pid=$SPAWNED log=$SPAWNED_LOG
  wait_until "grep -qE '^connect: 0|^SO_ERROR' '$log'"
  client_switch 0
  : >"$go"
  wait_until "! process_runs $pid" "$PATIENCE"
  client_switch 3
  rm "$go"
  run cat "$log"
  # What the shim itself has deferred can still be connected.
  if [[ ${TFOSHIM_TEST_KERNEL-} == old ]]; then
    assert_line --partial 'sent: bytes='
  else
    assert_line --regexp '^(send|sendmsg): ECONNABORTED after 0$'
  fi
  refute_output --partial EOPNOTSUPP
  refute_output --partial ENOTSUP
}

@test "the client's kernel has it switched off between connect and the first write" {
  reference_start sink
  switched_off_in_between
  switched_off_in_between --nonblocking
  switched_off_in_between --nonblocking --bytes 20000 --call sendmsg
}

@test "the server no longer accepts the cookie" {
  undo() {
    server_key_set "$KEY_A"
    cookies_flush
  }
  server_key_set "$KEY_A"
  reference_start sink
  nothing_is_lost server_key_set "$KEY_B"
  assert_equal "$(last_syn syn.option synack.ack)" 'cookie 1'
}

@test "the server's key is rotated with the old one as a backup" {
  undo() {
    server_key_set "$KEY_A"
    cookies_flush
  }
  server_key_set "$KEY_A"
  reference_start sink
  nothing_is_lost server_key_set "$KEY_B,$KEY_A"
  assert_equal "$(last_syn syn.option syn.data synack.ack)" 'cookie 1400 1401'
}

# Only the last connection's SYN is sent twice: the plain one and the primer went before the trouble.
middlebox() { # SWITCH
  undo() {
    network_control "$TROUBLE" off
    cookies_flush
  }
  TROUBLE=$1
  reference_start sink
  nothing_is_lost network_control "$TROUBLE" on
}

@test "a middlebox drops SYNs that carry data" {
  middlebox drop-syn-data
  assert_equal "$(last_syn syns)" 2
}

@test "a middlebox drops SYNs with the Fast Open option" {
  middlebox drop-option
  assert_equal "$(last_syn syns)" 2
}

@test "a middlebox takes the Fast Open option out" {
  middlebox strip-option
  assert_equal "$(last_syn syn.option synack.ack)" 'cookie 1'
}

@test "a middlebox takes the data out of SYNs" {
  middlebox strip-data
  assert_equal "$(last_syn syn.data synack.ack)" '1400 1'
}

# Where no SYN's data has come through before, what the reset has lost is sent once more, behind a plain
# handshake; and the port is not deferred again before a minute is over.
@test "a middlebox resets SYNs that carry data" {
  local ADDRESS=$SERVER_IP4 end way
  reference_start sink
  network_control reset-syn-data on
  for end in '' '--then shutdown-close' '--then close' '--then exit' '--then _exit'; do
    for way in "$end" "--nonblocking $end"; do
      # shellcheck disable=SC2086
      compare "$PROGRAMS/client" "$ADDRESS" "$PORT" $way
      assert_regex "$RECORDED" "^bytes=79 checksum=[0-9a-f]+ end=EOF\$"
      [[ $(gain "${way/--nonblocking*/nonblocking}" 79) == 0 ]] ||
        assert_equal "$way: $(last_syns_data 2)" "$way: 79 0"
    done
  done
  # shellcheck disable=SC2086
  shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
  assert_success
  assert_equal "$(last_syns_data 1)" 0
}

# curl asks for it as soon as it is connected.
@test "a middlebox resets a SYN that carries data, and the program knows its port" {
  local ADDRESS=$SERVER_IP4 named='
import socket, sys
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
connection.sendall(b"a")
name = connection.getsockname()
connection.shutdown(socket.SHUT_WR)
print(connection.recv(100), connection.getsockname() == name)'
  PORT=8081
  reference_start answer
  network_control reset-syn-data on
  compare /usr/bin/python3 -c "$named" "$ADDRESS" "$PORT"
  assert_output --regexp "^b'.+' True$"
  assert_equal "$(last_syns_data 2)" '1 0'
}

# The other thread finds a record of which the first, kept from running, has not said yet that its SYN has left.
@test "a middlebox resets a SYN that carries data, and another thread uses the connection" {
  local ADDRESS=$SERVER_IP4 pause use bytes threads='
import select, socket, sys, threading, time
def poll():
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    print(poll.poll(3000) == [(connection.fileno(), select.POLLIN)])
uses = {"write": lambda: connection.sendall(b"abcde"), "read": lambda: print(len(connection.recv(1)) == 1),
        "poll": poll}
writing = False
def use():
    while not writing:
        time.sleep(0.001)
    time.sleep(float(sys.argv[3]))
    uses[sys.argv[4]]()
other = threading.Thread(target=use)
other.start()
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
writing = True
connection.sendall(b"abcde")
other.join()
connection.shutdown(socket.SHUT_WR)
print(len(b"".join(iter(lambda: connection.recv(9), b""))))'
  reference_start echo
  network_control reset-syn-data on
  for pause in 0 0.01 0.06; do
    for use in write read poll; do
      bytes=5
      [[ $use != write ]] || bytes=10
      [[ $use != read ]] || bytes=4
      SHIM=$SHIM:$PROGRAMS/late-syn.so compare /usr/bin/python3 -c "$threads" "$ADDRESS" "$PORT" "$pause" "$use"
      assert_line --index -1 "$bytes"
      assert_equal "$use $pause: $(last_syns_data 2)" "$use $pause: 5 0"
    done
  done
}

# One that has taken them looks like a server that has died, and to the program it is one, once.
@test "a middlebox resets SYNs that carry data, and has let them through before" {
  local ADDRESS=$SERVER_IP4 plain_output
  reference_start sink
  plain "$PROGRAMS/client" "$ADDRESS" "$PORT"
  plain_output=$output
  prime "$ADDRESS"
  shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
  assert_equal "$(last_syn syn.data)" 79
  network_control reset-syn-data on
  shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
  assert_output 'connect: 0
sent: bytes=79 checksum=f98a15ca727b7fb8
shutdown: ENOTCONN
read: 0 cbf29ce484222325 ECONNRESET
close: 0'
  for _ in 1 2 3; do
    shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
    assert_success
    assert_equal "$output" "$plain_output"
    assert_equal "$(last_syn syn.data)" 0
  done
}

@test "a server that resets what it has accepted keeps being opened fast" {
  local reset='import select, socket, sys
connection = socket.create_connection(sys.argv[1:])
connection.sendall(b"hello")
waiting = select.poll()
waiting.register(connection, select.POLLIN)
waiting.poll()
try:
    print(connection.recv(9))
except ConnectionResetError:
    print("reset")'
  server_spawn "$PROGRAMS/server" :: "$PORT" close --queue 16
  wait_listening "$PORT"
  for data in 0 5 5 5; do
    shim /usr/bin/python3 -c "$reset" "$SERVER_IP4" "$PORT"
    # It closes before bytes come that were not in the SYN.
    ((data == 0)) || assert_output reset
    assert_equal "$(last_syn syn.data)" "$data"
  done
}

@test "a middlebox drops the very first request for a cookie" {
  local ADDRESS=$SERVER_IP4
  reference_start sink
  network_control drop-option on
  # Plainly, then as a first contact, and then with a path that is known to be like that.
  compare "$PROGRAMS/client" "$ADDRESS" "$PORT"
  assert_equal "$(client_syns | grep -oE ' syns=.* syn.option=[a-z]+' | tr '\n' ' ')" \
    ' syns=1 syn.data=0 syn.option=none  syns=2 syn.data=0 syn.option=request  syns=1 syn.data=0 syn.option=none '
}

# A program that believes itself connected waits for its answer, and may be killed for that without a word.
@test "a server that has gone silent costs those that find out, and no later ones" {
  local ADDRESS=$SERVER_IP4 client='
import socket, sys
peer = (sys.argv[1], int(sys.argv[2]))
step = "connect"
try:
    with socket.create_connection(peer, float(sys.argv[3])) as connection:
        step = "answer"
        connection.sendall(b"x")
        connection.recv(1)
except OSError as error:
    print(step, type(error).__name__)'
  reference_start answer
  prime "$ADDRESS"
  network_control cut
  PATIENCE=3 shim /usr/bin/python3 -c "$client" "$ADDRESS" "$PORT" 30
  assert_equal "$status" 124
  shim /usr/bin/python3 -c "$client" "$ADDRESS" "$PORT" 0.5
  assert_output 'connect TimeoutError'
  network_control restore
  for _ in 1 2; do
    shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
    assert_success
  done
  assert_equal "$(last_syn_data)" 79
}

@test "a link that loses packets" {
  local ADDRESS=$SERVER_IP4
  reference_start sink
  network_control loss 5
  compare "$PROGRAMS/client" "$ADDRESS" "$PORT" --bytes 20000 --nonblocking
  compare "$PROGRAMS/client" "$ADDRESS" "$PORT" --bytes 20000
}

# Under a filter as strict as those that container engines and browsers bring.
sandboxed() { # ERRNO CALL
  local ADDRESS=$SERVER_IP4 plain_output
  plain "$PROGRAMS/sandbox" "$1" "$2" "$PROGRAMS/client" "$ADDRESS" "$PORT"
  plain_output=$output
  prime "$ADDRESS"
  shim "$PROGRAMS/sandbox" "$1" "$2" "$PROGRAMS/client" "$ADDRESS" "$PORT"
  assert_success
  assert_equal "$output" "$plain_output"
  # A first contact, with a cookie.
  rm "$NETWORK_DIR/tfoshim/memory"
  shim "$PROGRAMS/sandbox" "$1" "$2" "$PROGRAMS/client" "$ADDRESS" "$PORT"
  assert_success
  assert_equal "$output" "$plain_output"
  assert_equal "$(record_take 4 | sort -u | wc -l)" 1
}

@test "a sandbox refuses what Fast Open needs" {
  local error
  reference_start sink
  for error in EPERM ENOSYS ENOPROTOOPT; do
    sandboxed "$error" setsockopt
    sandboxed "$error" netlink
  done
}

@test "a sandbox refuses the flag that Fast Open writes with" {
  local error
  reference_start sink
  for error in EPERM ENOSYS ENOPROTOOPT; do
    sandboxed "$error" fastopen
  done
}

# As on a kernel without TCP_FASTOPEN_CONNECT, where the cookie is asked for by an empty write that says EINPROGRESS.
@test "a connect that asks for a cookie and succeeds leaves errno alone" {
  reference_start echo
  (sleep 1; touch "$NETWORK_DIR/stop") 3>&- &
  shim "$PROGRAMS/sandbox" ENOPROTOOPT deferral \
    "$PROGRAMS/steadfast" "$NETWORK_DIR/stop" 1 20 "$PORT" "$SERVER_IP4" "$SERVER_IP6"
  assert_line --regexp '^failed 0, .* errno 0, '
  wait $!
}
