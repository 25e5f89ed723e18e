#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The oldest glibc that the library is for, 2.31: it is built with that, and programs run with both.

# SHIM and PROGRAMS are for what tests/programs/programs.bash defines.
# shellcheck disable=SC2030,SC2031,SC2034

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# Warnings are errors here too. The programs find that C library, and not the machine's, whatever libraries they load.
setup_file() {
  local program dynamic_linker
  export OLD=$BATS_FILE_TMPDIR/old
  cd "$BATS_TEST_DIRNAME/.." || exit
  ROOT=$PWD/build/old-glibc
  [[ -d $ROOT/usr ]] || { echo 'there is no glibc 2.31: ./dev test fetches it' && return 1; }
  cmake -S . -B "$OLD" -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/old-glibc.cmake" -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DTFOSHIM_WERROR=ON -DTFOSHIM_COMMAND=OFF -DTFOSHIM_TESTS=OFF >/dev/null &&
    cmake --build "$OLD" --parallel "$(nproc)" >/dev/null || return
  mkdir "$OLD/programs"
  cat >"$OLD/missing.h" <<'END'
#include <stdio.h>
static inline const char *strerrorname_np(int error)
{
    static char name[16];
    snprintf(name, sizeof name, "error %d", error);
    return name;
}
END
  cd tests/programs || exit
  libraries=$ROOT/usr/lib/$(gcc -print-multiarch)
  dynamic_linker=$(echo "$ROOT"/lib/*/ld-2.31.so)
  for program in 'client writers' cancelled handover server; do
    # shellcheck disable=SC2086
    set -- $program common
    gcc --sysroot="$ROOT" -B"$libraries/" -L"$libraries" -O1 -Wall -D_GNU_SOURCE -include "$OLD/missing.h" -I../../src \
      -o "$OLD/programs/$1" "${@/%/.c}" -pthread \
      -Wl,--disable-new-dtags,-rpath,"${dynamic_linker%/*}",--dynamic-linker="$dynamic_linker" || return
  done
}

# The link emulator is a native program.
setup() {
  load lib/network
  load programs/programs
  load programs/names
  SHIM=$OLD/libtfoshim.so PROGRAMS=$OLD/programs
  tools_required objdump nm
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  [[ -z ${NETWORK_DIR-} ]] || network_down
}

@test "what is built with glibc 2.31 wants no later one, and exports the same hooks" {
  for file in libtfoshim.so libtfoshim-policy.so tfoshim-compile; do
    objdump -T "$OLD/$file" | grep -oE 'GLIBC_[0-9.]+' | sort -u >versions
    [[ -s versions ]]
    assert_equal "$file $({ cat versions && echo GLIBC_2.31; } | sort -V | tail -n 1)" "$file GLIBC_2.31"
  done
  assert_equal "$(symbols_defined "$SHIM")" "$(hooked_names HOOK HOOK_OPTIONAL HOOK_ALIAS)"
}

# Its connect() is in two libraries, of which a program with threads has both.
@test "clients run, and first writes are in the SYN" {
  local ADDRESS call how
  network_up --rtt 4
  reference_start answer
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    for call in write send sendmsg sendmmsg; do
      compare "$PROGRAMS/client" "$ADDRESS" "$PORT" --call "$call"
      assert_success
      assert_equal "$call: $(last_syn syn.data syn.option)" "$call: 79 cookie"
    done
  done
  for how in dup fork-child exec spawn message; do
    compare "$PROGRAMS/handover" "$ADDRESS" "$PORT" "$how"
    assert_success
  done
}

@test "threads are cancelled" {
  local ADDRESS=$SERVER_IP4 what
  network_up --rtt 4
  reference_start sink
  for what in write poll sem_wait blocked-read; do
    compare "$PROGRAMS/cancelled" "$SERVER_IP4" "$PORT" "$what"
    assert_success
    assert_equal "$what: $(last_syn syn.option)" "$what: cookie"
  done
}

@test "a server takes a request from the SYN" {
  network_up --rtt 4
  server_spawn TFOSHIM_CONFIG="$CONF/on.conf" LD_PRELOAD="$SHIM" "$PROGRAMS/server" :: "$PORT" answer
  wait_listening "$PORT"
  for _ in 1 2; do
    shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
    assert_success
  done
  assert_equal "$(last_syn syn.data synack.ack)" '79 80'
}
