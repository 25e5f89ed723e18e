#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The hook table says what it is to say, and nothing that can block is missing from it. What "can block"
# means does not depend on anybody's memory: the cancellation points that POSIX lists, and whatever is named
# like one (tests/hooks/families). A C library with a new pthread_..._wait fails here.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required nm cc
  TABLE=$TFOSHIM_ROOT/src/shim/hooks.def
  LISTS=$TFOSHIM_ROOT/tests/hooks
  cd "$BATS_TEST_TMPDIR" || exit
}

# Every hook as NAME KIND NUMBER, the aliases as NAME.
hooks() {
  sed -nE 's/^HOOK(_OPTIONAL|_TIME64)?\((\w+), (\w+), (\w+)\)$/\2 \3 \4/p; s/^HOOK_ALIAS\((\w+), \w+\)$/\1/p' "$TABLE"
}

# The numbers in the table.
numbers() {
  grep -oE '^(HOOK|NUMBER).*\bSYS_\w+' "$TABLE" | grep -o 'SYS_.*' | sort -u
}

# The system calls that the C library's headers know, of any machine.
system_calls() {
  local header
  header=$(cc -M -xc - <<<'#include <sys/syscall.h>' | grep -oE '[^ ]*/bits/syscall\.h')
  # Alpha has those of another system as well.
  grep -oE '\bSYS_\w+' "$header" | grep -v '^SYS_osf_' | sort -u
}

# The functions that programs can be linked with, which have a version that is the default one.
c_library() {
  local library
  library=$(ldd "$PROGRAMS/client" | sed -nE 's|.* => (/.*libc\.so\.[0-9]+) .*|\1|p')
  nm -D --defined-only "$library" | sed -nE 's/^[0-9a-f]+ [TWi] (\w+)@@GLIBC_[0-9].*/\1/p' | sort -u
}

words() { # LIST
  grep -v '^#' "$LISTS/$1"
}

# Those of the names on stdin that a list of expressions has.
named_like() { # LIST
  grep -Ef <(words "$1")
}

left_out() {
  words left-out | cut -f 1 | sort -u
}

@test "every line of the table says a kind and a number" {
  run -0 grep -cE '^HOOK' "$TABLE"
  assert_equal "$(hooks | wc -l)" "$output"
  # A number that no header knows would be left out without a word.
  run comm -23 <(numbers) <(system_calls)
  assert_output ''
  run bash -c "$(declare -f hooks); TABLE=$TABLE hooks | awk 'NF == 3 && \$3 !~ /^(SYS_[a-z0-9_]+|SAME_NUMBER|NO_NUMBER)\$/'"
  assert_output ''
}

@test "a hook of what is a system call too has its number" {
  local name kind number call
  system_calls >calls
  numbers >known
  while read -r name kind number; do
    [[ -n $kind ]] || continue
    # __recvmsg64 and __recv_chk are recvmsg and recv.
    call=$(sed -E 's/^__//; s/(_time64|_chk|64|64_chk)$//' <<<"$name")
    if grep -qx "SYS_$name" calls; then
      [[ $number == "SYS_$name" ]] || echo "$name: found $number, expected SYS_$name"
    elif grep -qx "SYS_$call" calls; then
      [[ $number != NO_NUMBER ]] || echo "$name: found $number, SYS_$call is one"
      grep -qx "SYS_$call" known || echo "$name: SYS_$call is missing"
    fi
  done < <(hooks) >wrong
  run cat wrong
  assert_output ''
}

@test "whatever of the C library can block is hooked, or left out with a reason" {
  c_library >functions
  (($(wc -l <functions) > 1500))
  sort -u <(named_like families <functions) <(words cancellation-points | sort | comm -12 - functions) >blocking
  (($(wc -l <blocking) > 400))
  run comm -23 blocking <(sort -u <(hooks | cut -d ' ' -f 1) <(left_out))
  assert_output ''
}

@test "whatever system call can block is known to syscall(), or left out with a reason" {
  system_calls | sed 's/^SYS_//' | named_like number-families | sed 's/^/SYS_/' | sort >blocking
  (($(wc -l <blocking) > 80))
  run comm -23 blocking <(sort -u <(numbers) <(left_out))
  assert_output ''
}

@test "nothing is left out that is hooked, or that nothing asks for, or without a reason" {
  run comm -12 <(left_out) <(sort -u <(hooks | cut -d ' ' -f 1) <(numbers))
  assert_output ''
  left_out | grep -v '^SYS_' >names
  run comm -23 names <(sort -u <(named_like families <names) <(words cancellation-points))
  assert_output ''
  run bash -c "grep -v '^#' '$LISTS/left-out' | grep -vP '^\\w+\\t.+'"
  assert_output ''
}
