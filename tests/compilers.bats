#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The library as either compiler builds it when it sees all of it at once, which is how distributions build. What
# optimizes across files may drop a hook, or bring back an import that only glibc has.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  load programs/names
  tools_required cmake nm gcc clang musl-gcc
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  [[ -z ${NETWORK_DIR-} ]] || network_down
}

# Warnings are errors.
build_by() { # COMPILER
  cmake -S "$TFOSHIM_ROOT" -B "$1" -DCMAKE_C_COMPILER="$1" -DCMAKE_BUILD_TYPE=Release -DTFOSHIM_WERROR=ON \
    -DCMAKE_C_FLAGS_RELEASE='-O3 -flto' -DTFOSHIM_COMMAND=OFF -DTFOSHIM_TESTS=OFF >/dev/null &&
    cmake --build "$1" --target tfoshim_library --parallel "$(nproc)" >/dev/null
}

# The names are exported, a first write leaves in the SYN, and a program of musl runs.
good_library() { # FILE
  local ADDRESS
  # shellcheck disable=SC2034
  local SHIM=$1
  assert_equal "$(symbols_defined "$1")" "$(hooked_names HOOK HOOK_OPTIONAL HOOK_ALIAS)"
  network_up --rtt 4
  reference_start answer
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    compare "$PROGRAMS/client" "$ADDRESS" "$PORT"
    assert_success
    assert_equal "$(last_syn syn.data syn.option)" '79 cookie'
  done
  echo 'int main(void) { return 7; }' >seven.c
  musl-gcc -o seven seven.c
  run -7 --separate-stderr env LD_PRELOAD="$1" ./seven
  # shellcheck disable=SC2154
  assert_equal "$stderr" ''
}

@test "gcc -O3 -flto" {
  build_by gcc
  good_library "$PWD/gcc/libtfoshim.so"
}

@test "clang -O3 -flto" {
  build_by clang
  good_library "$PWD/clang/libtfoshim.so"
}
