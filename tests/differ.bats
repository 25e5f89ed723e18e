#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Programs that nobody thought of: with and without the shim they see the same. docs/differ.md says how.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  export TFOSHIM_BUILD TFOSHIM_DIFFER_FINDS=$BATS_TEST_TMPDIR/finds
}

# Python is Debian's own, which python3-hypothesis is for. Descriptor 3 is Bats's.
differ() { # [SECONDS|FILE...]
  run /usr/bin/python3 -B "$TFOSHIM_ROOT/tests/differ/main.py" "$@" 3>&-
}

@test "programs that told once do not tell again" {
  differ "$TFOSHIM_ROOT"/tests/differ/cases/*.txt
  assert_success
}

# Every commit has programs of its own, and the same ones each time: a find can be made again. An archive of the
# sources has those of the first.
@test "two minutes of new programs" {
  local seed
  seed=${TFOSHIM_DIFFER_SEED-$(git -C "$TFOSHIM_ROOT" rev-list --count HEAD || echo 1)}
  TFOSHIM_DIFFER_SEED=$seed differ 120
  assert_success
  assert_line --regexp '^seed [0-9]+,'
  assert_line --regexp '^[0-9]{3,} programs, 0 differ$'
}

# With the shim off, a difference would be the differ's own.
@test "the differ finds nothing where there is nothing" {
  TFOSHIM_DIFFER_POLICY=off differ 20
  assert_success
  assert_line --regexp '^[0-9]+ programs, 0 differ$'
}

@test "the differ finds a fault and shrinks it" {
  export TFOSHIM_DIFFER_LIBRARY=$TFOSHIM_BUILD/tests/differ/faulty.so:$TFOSHIM_BUILD/libtfoshim.so
  TFOSHIM_DIFFER_SEED=1 TFOSHIM_DIFFER_POLICY=off differ 20
  assert_failure 1
  assert_line 'DIFFERENCE main: setopt: plain 0, shim -1 EINVAL'
  differ "$TFOSHIM_DIFFER_FINDS"/*.txt
  assert_failure 1
  assert_line --regexp ': differs$'
}
