#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Every name of the hook table is called by a test program, plain and under the shim, each the first
# call after a connect, and the two agree.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# The port that rendezvous accepts at; the reference server has $PORT.
MEETING_PORT=8090

setup() {
  load lib/network
  load programs/programs
  load programs/names
  tools_required nm
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  [[ -z ${NETWORK_DIR-} ]] || network_down
}

@test "every hooked name that the C library has is called by a test program" {
  hooked_names HOOK HOOK_OPTIONAL HOOK_ALIAS >hooks
  (($(wc -l <hooks) > 150))
  symbols_defined "$(c_library)" >libc
  run comm -23 <(comm -12 hooks libc) <(symbols_called "$PROGRAMS"/*)
  assert_output ''
}

# ---- waits ----

meet() { # FIRST LAST
  local ways ADDRESS=$SERVER_IP4 PATIENCE=120
  network_up --rtt 20
  # The listener of rendezvous is on the server, the socket that connects on the client: nothing can be
  # accepted before the SYN has crossed the link.
  # shellcheck disable=SC2317
  on_client() {
    on_server "$PROGRAMS/hand-down" listen "$SERVER_IP4" "$MEETING_PORT" \
      nsenter --net="/run/netns/$NETWORK_CLIENT" env "$@"
  }
  on_server sysctl -qw net.ipv4.tcp_fastopen=1027 # for listeners that do not ask for it, too
  reference_start sink
  mapfile -t ways < <("$PROGRAMS/rendezvous" ways | sed -n "/^$1\$/,/^$2\$/p")
  ((${#ways[@]} > 1))
  compare --records 0 "$PROGRAMS/rendezvous" inherited "${ways[@]}"
  assert_success
  refute_line --partial 'NOT MET'
  PORT=$MEETING_PORT deferred "${#ways[@]}"
}

# Each way comes after a connection that writes first: those show that connects were deferred all along.
# The first one of all may have been a true one.
deferred() { # WAYS
  (($(client_syns | grep -c 'syn.data=5 ') >= $1 - 1))
}

@test "waiting for threads" {
  meet pthread_join pthread_once
}

@test "sleeping, and looking again and again" {
  meet sleep looking
}

@test "waiting for locks" {
  meet pthread_mutex_lock flockfile
}

@test "waiting for signals" {
  meet sigwait pause
}

@test "waiting for messages, semaphores and events" {
  meet msgrcv eventfd_read
}

@test "waiting for processes and for locks on files" {
  meet wait __fcntl
}

@test "waiting for streams" {
  meet fgetc __isoc99_vfscanf
}

@test "waiting for streams of wide characters" {
  meet fgetwc __isoc99_vfwscanf
}

@test "waiting for descriptors" {
  meet poll epoll_pwait2
}

@test "waiting to read, to be accepted and to be connected" {
  meet connect recvmmsg
}

@test "waiting to write" {
  meet write vmsplice
}

@test "waiting for name servers, by every call that looks up" {
  local how ADDRESS=$SERVER_IP4
  network_up --rtt 20
  reference_start sink
  for how in getaddrinfo gethostbyname gethostbyname2 gethostbyname_r gethostbyname2_r getnameinfo \
    gethostbyaddr gethostbyaddr_r; do
    compare --records 0 "$PROGRAMS/look-up" 127.0.0.1 "$how"
    assert_success
    assert_line "close: 0"
  done
}

# ---- calls on the connection itself ----

# Each call has two connections, and "__connect" makes a third.
first_calls() { # SERVER FAMILY
  local way count ADDRESS=$SERVER_IP4 PATIENCE=40
  network_up --rtt 20
  reference_start "$1"
  count=$("$PROGRAMS/first-call" "$2" | sed -n '/^__connect$/p;p;p' | wc -l)
  ((count > 10))
  for way in blocking nonblocking; do
    compare --records "$count" "$PROGRAMS/first-call" "$ADDRESS" "$PORT" "$2" "$way"
    assert_success
    refute_line --regexp 'status [1-9]|EPIPE|ENOTCONN'
  done
}

@test "first calls that write" {
  first_calls answer writes
}

@test "first calls that read" {
  first_calls greet reads
}

@test "first calls that make, copy or close descriptors" {
  first_calls answer descriptors
}

@test "first calls that end the process or start another" {
  first_calls answer processes
}
