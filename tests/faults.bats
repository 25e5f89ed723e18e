#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Whatever call of the library fails, its program sees what it would see without. docs/faults.md says how.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  export TFOSHIM_BUILD
}

# Descriptor 3 is Bats's.
faults() { # ARGUMENT...
  run /usr/bin/python3 -B "$TFOSHIM_ROOT/tests/faults/main.py" "$@" 3>&-
}

@test "each call of the library fails, once and for good" {
  faults --coarse
  assert_success
  assert_line --regexp '^[34][0-9] system calls in [0-9]{2} forms, [0-9]{3} errnos, [0-9]{3} cases, 0 differences'
}

# A call that is the program's own, made later.
@test "the tester sees a fault that a program sees" {
  TFOSHIM_FAULTS_EXPECTED=/dev/null faults 'half-close:shutdown-WR#1:EPERM'
  assert_failure 1
  assert_line --regexp '^DIFFERENCE half-close:shutdown-WR#1:EPERM '
}
