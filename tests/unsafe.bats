#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Bytes that are not safe to repeat leave in no SYN, whatever writes them: whether the library sees that write, a
# part of it, or nothing. What is asserted is the packets.

# ADDRESS and CONFIG are for `shim` and `compare`.
# shellcheck disable=SC2034

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required "$PROGRAMS/first-call" "$PROGRAMS/streams" "$PROGRAMS/confined" "$PROGRAMS/submit"
  network_up
  ADDRESS=$SERVER_IP4
  CONFIG=$CONF/safe.conf
}

teardown() {
  network_down
}

# The SYN's option and data. That of the primer is before it: a deferred one has a cookie.
written() { # WHAT OPTION COMMAND...
  compare "${@:3}"
  assert_equal "$1: $(last_syn syn.option syn.data)" "$1: $2 0"
}

# Each in a process of its own, after a connection as most are: what is learned of a program would have it
# connect plainly.
first_calls() { # FAMILY WAY
  local call
  run -0 "$PROGRAMS/first-call" "$1"
  for call in $output; do
    written "$call" "$(opening "$2")" "$PROGRAMS/first-call" "$ADDRESS" "$PORT" "$call" "$2"
  done
}

@test "by any call that writes" {
  reference_start answer
  first_calls writes blocking
}

@test "by any call that writes on a connect that did not block" {
  reference_start answer
  first_calls writes nonblocking
}

@test "by the kernel, for another thread" {
  local way
  reference_start answer
  for way in name number; do
    written "$way" cookie "$PROGRAMS/submit" "$ADDRESS" "$PORT" "$way"
    assert_success
  done
}

@test "by any call, on another descriptor" {
  reference_start answer
  first_calls descriptors blocking
}

@test "by a stream that was there before the connection" {
  local way
  reference_start answer
  for way in fdopen _IO_fdopen unbuffered exit 0 1 2 perror dup-before; do
    written "$way" none "$PROGRAMS/streams" "$ADDRESS" "$PORT" "$way"
    assert_success
  done
  written dup-after cookie "$PROGRAMS/streams" "$ADDRESS" "$PORT" dup-after
}

@test "where a sandbox refuses what Fast Open needs" {
  local call error
  reference_start answer
  for call in fastopen setsockopt deferral netlink; do
    for error in EPERM EACCES ENOSYS EINVAL ENOPROTOOPT; do
      compare "$PROGRAMS/sandbox" "$error" "$call" "$PROGRAMS/client" "$ADDRESS" "$PORT"
      assert_equal "$call $error $(last_syn_data)" "$call $error 0"
    done
  done
}

@test "where a sandbox refuses it from the connect on" {
  local call error way
  reference_start answer
  for call in fastopen setsockopt; do
    for error in EPERM ENOSYS; do
      for way in blocking told untold; do
        compare "$PROGRAMS/confined" "$ADDRESS" "$PORT" "$way" "$error" "$call"
        assert_equal "$call $error $way $(last_syn_data)" "$call $error $way 0"
      done
    done
  done
}
