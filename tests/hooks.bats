#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Every name of the hook table is called by a test program, plain and under the shim, each the first
# call after a connect, and the two agree.

# ADDRESS is for compare.
# shellcheck disable=SC2034

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

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

@test "waiting for threads" {
  meet thread
}

@test "sleeping, and looking again and again" {
  meet sleep
}

@test "waiting for locks" {
  meet lock
}

@test "waiting for signals" {
  meet signal
}

@test "waiting for messages, semaphores and events" {
  meet ipc
}

@test "waiting for processes and for locks on files" {
  meet process
}

@test "waiting for streams" {
  meet stream
}

@test "waiting for streams of wide characters" {
  meet wide
}

@test "waiting for descriptors" {
  meet poll
}

@test "waiting to read, to be accepted and to be connected" {
  meet read
}

@test "waiting to write" {
  meet write
}

# Files answer, where elsewhere a server does.
@test "looking up users and groups" {
  meet user
}

@test "looking up services, protocols, networks and hosts" {
  meet service
}

@test "connecting and looking up inside the C library" {
  meet remote
}

@test "waiting for name servers, by every call that looks up" {
  local how ADDRESS=$SERVER_IP4
  network_up --rtt 20
  reference_start sink
  for how in getaddrinfo gethostbyname gethostbyname2 gethostbyname_r gethostbyname2_r getnameinfo \
    gethostbyaddr gethostbyaddr_r res_query res_search res_querydomain res_send res_nquery res_nsearch \
    res_nquerydomain res_nsend; do
    compare --records 0 "$PROGRAMS/look-up" 127.0.0.1 "$how"
    assert_success
    assert_line "close: 0"
  done
}

# ---- calls on the connection itself ----

@test "first calls that write" {
  first_calls answer writes
}

@test "first calls that read" {
  first_calls greet reads
}

@test "first calls that make, copy or close descriptors" {
  first_calls answer descriptors
}

@test "first calls that end the process" {
  first_calls answer exits
}

@test "first calls that start another program" {
  first_calls answer processes
}
