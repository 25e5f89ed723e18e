#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What compiler and linker were asked for against mistakes of ours is in the objects that they made; and
# the hooks, which every call of a program goes through, carry none of it on their way past.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  build=${TFOSHIM_BUILD:-$BATS_TEST_DIRNAME/../build}
  source=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  library_objects=$build/src/shim/CMakeFiles/tfoshim_library.dir
}

# Every object that is installed.
each_object() { # FUNCTION
  local object
  for object in libtfoshim.so libtfoshim-policy.so tfoshim tfoshim-compile; do
    "$1" "$build/$object"
  done
}

# What is called, whether it is another object's or our own.
called() { # OBJECT...
  nm -u "$@" | sed -nE 's/^ +[Uw] (\w+)(@.*)?$/\1/p' | sort -u
}

read_only_after_relocation() { # OBJECT
  run -0 readelf -lW "$1"
  assert_line --regexp '^ +GNU_RELRO '
  # Nothing can be written to and run.
  assert_line --regexp '^ +GNU_STACK .* RW +0x'
  refute_line --regexp '^ +LOAD .* RWE '
  run -0 readelf -dW "$1"
  assert_line --regexp '\(FLAGS_1\) .*\bNOW\b'
  refute_line --regexp 'TEXTREL|RPATH|RUNPATH'
}

@test "everything is bound at the start, and read-only from then on" {
  each_object read_only_after_relocation
}

at_any_address() { # OBJECT
  run -0 readelf -hW "$1"
  assert_line --regexp '^ +Type: +DYN '
}

@test "everything can be loaded anywhere" {
  each_object at_any_address
}

guarded() { # OBJECT
  run -0 called -D "$1"
  assert_line __stack_chk_fail
  assert_line --regexp '^__\w+_chk$'
}

@test "stacks have guards, and buffers' sizes are checked" {
  each_object guarded
}

marked() { # OBJECT
  run -0 readelf -nW "$1"
  assert_line --regexp 'x86 feature: .*SHSTK'
}

@test "processes with a shadow stack keep it" {
  # Other machines have none.
  [[ $(uname -m) != x86_64 ]] || each_object marked
}

@test "no hook has a guard, nor what looks descriptors up for it" {
  run -0 called "$library_objects"/hooks/*.o "$library_objects"/{note,readiness,record}.c.o
  refute_line __stack_chk_fail
  refute_line __stack_chk_fail_local
}

# A fortified call that a hook has the name of would come back in. The hooks themselves are compiled
# without (shim/declarations.h), and call each other on purpose.
@test "the library calls none of the fortified names that it hooks" {
  run -0 sed -nE 's/^HOOK[A-Z0-9_]*\((\w+_chk)\b.*/\1/p' "$source/src/shim/hooks.def"
  assert_line __read_chk
  printf '%s\n' "${lines[@]}" | sort -u >"$BATS_TEST_TMPDIR/hooked"
  find "$library_objects" "$build"/src/{decision,kernel,memory}/CMakeFiles \
    "$build/src/policy/CMakeFiles/tfoshim_policy.dir" -name '*.o' ! -path '*/hooks/*' >"$BATS_TEST_TMPDIR/objects"
  (($(wc -l <"$BATS_TEST_TMPDIR/objects") > 30))
  mapfile -t objects <"$BATS_TEST_TMPDIR/objects"
  run comm -12 "$BATS_TEST_TMPDIR/hooked" <(called "${objects[@]}")
  assert_output ''
}
