#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The log gets the better of nobody: it does not wait, end a program, or write where it was led.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required python3
  unset JOURNAL_STREAM
  cd "$BATS_TEST_TMPDIR" || exit
  cat >stderr.conf <<<'client = { default = "off"; };'
  printf 'client = { default = "off"; }; log = { to = "%s/log"; };\n' "$PWD" >file.conf
}

scene() { # NAME CONFIGURATION [COMMAND...]
  run "${@:3}" python3 "$TFOSHIM_ROOT/tests/lib/sinks.py" "$1" "$SHIM" "$PWD/$2.conf"
  assert_success
  output=$(tr -s ' ' <<<"$output" | sed -E 's/tfoshim: [0-9]+: (fd [0-9]+: )?/tfoshim: /')
}

CLEAN='blocked: pending: heard: O_NONBLOCK: 0'
LINE='tfoshim: 127.0.0.1:1: connects plainly: no rule enables it'
LOST='tfoshim: lines lost here because the log was not ready:'

# What a program says, and how it ends, once for each that the scene starts.
says() { # WORDS
  printf '%s\nends: 0\n' "$1"
}

# Two lines went nowhere; then there was room.
assert_two_lost() {
  assert_output "$(says "$CLEAN")
$LOST 2
$LINE
$LINE"
}

@test "standard error is a full pipe: lines are lost, and the next tells how many" {
  scene full_pipe stderr
  assert_two_lost
}

@test "a full pipe of a kernel that has no RWF_NOWAIT for pipes, or no pwritev2()" {
  for error in EOPNOTSUPP ENOSYS EPERM; do
    scene full_pipe stderr "$PROGRAMS/sandbox" "$error" pwritev2
    assert_two_lost
  done
}

@test "a full socket" {
  scene full_socket stderr
  assert_two_lost
}

@test "what a process has lost its child does not tell" {
  scene inherited stderr
  assert_output "$(says "$CLEAN")
$LINE"
}

@test "nobody reads the pipe: the signal is the log's own, and another stays the program's" {
  for kernel in '' "$PROGRAMS/sandbox EOPNOTSUPP pwritev2"; do
    # shellcheck disable=SC2086
    scene broken_pipe stderr $kernel
    assert_output "$(
      says "$CLEAN"
      says "$CLEAN"
      says 'blocked: SIGPIPE,SIGTTOU,SIGXFSZ pending: SIGPIPE heard: O_NONBLOCK: 0'
    )"
  done
}

@test "nobody reads the socket" {
  scene broken_socket stderr
  assert_output "$(says "$CLEAN")"
}

at_limit() {
  says "$CLEAN"
  says "$CLEAN"
  says 'blocked: SIGPIPE,SIGTTOU,SIGXFSZ pending: heard: O_NONBLOCK: 0'
  says 'blocked: SIGPIPE,SIGTTOU,SIGXFSZ pending: SIGXFSZ heard: O_NONBLOCK: 0'
}

@test "standard error is a file at its limit" {
  scene full_file stderr
  assert_output "$(at_limit)
size: 1024"
}

@test "the log is a file at its limit" {
  scene full_log file
  assert_output "$(at_limit)
size: 1024"
}

@test "a terminal that is stopped" {
  scene stopped_terminal stderr
  assert_two_lost
}

@test "a terminal that takes no more" {
  scene full_terminal stderr
  assert_two_lost
}

@test "a terminal of another user, that takes no more" {
  scene foreign_terminal stderr setpriv --bounding-set=-all --inh-caps=-all
  assert_two_lost
}

@test "a job in the background of a terminal that stops such" {
  scene background stderr
  assert_output "$CLEAN"
}

@test "the log is a FIFO, which nobody reads, or somebody" {
  mkfifo log
  scene log_alone file
  assert_output "$(says "$CLEAN")"
  scene log_read file
  assert_output "$(says "$CLEAN")
read: []"
}

@test "the log is a symbolic link, or another name of a file" {
  for target in missing there; do
    [[ $target == missing ]] || : >there
    ln -sf "$target" log
    scene log_alone file
    assert_output "$(says "$CLEAN")"
  done
  assert [ ! -e missing ]
  rm log
  ln there log
  scene log_alone file
  assert_output "$(says "$CLEAN")"
  assert [ ! -s there ]
  rm log
  scene log_alone file
  assert_equal "$(wc -l <log)" 2
}
