#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The library for other machines, by the presets that build it, in programs that the user mode of qemu runs. Its
# kernel lacks generic netlink and some socket options: cookies cannot be looked up, so programs run as without the
# library, however much of it is at work.

# `output` is always of the same test's last run.
# shellcheck disable=SC2030,SC2031

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# Warnings are errors here too.
setup_file() {
  local machine
  export MACHINES=$BATS_FILE_TMPDIR
  cd "$BATS_TEST_DIRNAME/.." || exit
  for machine in arm64 riscv64; do
    cmake --preset "$machine" -B "$MACHINES/$machine" >/dev/null &&
      cmake --build "$MACHINES/$machine" --target tfoshim_library --parallel "$(nproc)" >/dev/null || return
  done
}

# The link emulator and the reference server are native ones.
setup() {
  load lib/network
  load programs/programs
  load programs/names
  tools_required qemu-aarch64-static qemu-riscv64-static aarch64-linux-gnu-gcc riscv64-linux-gnu-gcc
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  [[ -z ${NETWORK_DIR-} ]] || network_down
}

# It exports the hooks, and wants of the C library what the native one wants, and nothing of the compiler's.
library_is_like_the_native_one() { # MACHINE
  local library=$MACHINES/$1/libtfoshim.so
  assert_equal "$(symbols_defined "$library")" "$(hooked_names HOOK HOOK_OPTIONAL HOOK_ALIAS)"
  run comm -13 <(symbols_called "$SHIM") <(symbols_called "$library" | grep -vx __stack_chk_guard)
  assert_output ''
}

@test "arm64: the library is built, and exports the hooks" {
  library_is_like_the_native_one arm64
}

@test "riscv64: the library is built, and exports the hooks" {
  library_is_like_the_native_one riscv64
}

# Runs a test program on the client's side, with a library or with none.
emulated() { # PREFIX PRELOAD PROGRAM [ARGUMENT]...
  run on_client XDG_RUNTIME_DIR="$NETWORK_DIR" timeout "$PATIENCE" \
    "qemu-$1-static" -L "/usr/$1-linux-gnu" ${2:+-E "LD_PRELOAD=$2"} "./$3" "${@:4}"
}

program_for() { # PREFIX NAME [SOURCE]...
  (
    cd "$TFOSHIM_ROOT/tests/programs" || exit
    local sources=("${@:2}")
    "$1-linux-gnu-gcc" -O1 -D_GNU_SOURCE -I../../src -o "$BATS_TEST_TMPDIR/$2" "${sources[@]/%/.c}" common.c
  )
}

as_without() { # PREFIX LIBRARY PROGRAM ADDRESS [ARGUMENT]...
  local output_without
  emulated "$1" '' "$3" "$4" "$PORT" "${@:5}"
  output_without=$output
  emulated "$1" "$2" "$3" "$4" "$PORT" "${@:5}"
  assert_success
  assert_equal "$output" "$output_without"
}

# Over the loopback and over a link.
programs_run() { # MACHINE PREFIX
  local address way library=$MACHINES/$1/libtfoshim.so
  program_for "$2" client writers
  program_for "$2" handover
  network_up --rtt 4
  reference_start answer
  client_spawn "$PROGRAMS/server" :: "$PORT" answer
  wait_listening client "$PORT"
  for address in 127.0.0.1 ::1 "$SERVER_IP4" "$SERVER_IP6"; do
    for way in write send sendmsg sendmmsg; do
      as_without "$2" "$library" client "$address" --call "$way"
      as_without "$2" "$library" client "$address" --call "$way" --nonblocking
    done
  done
  for way in dup fork-child message raw-close; do
    as_without "$2" "$library" handover "$SERVER_IP4" "$way"
  done
  # Plainly: what no look-up answers is not deferred.
  assert_equal "$(last_syn syn.option syn.data)" 'none 0'
  # The library was on all the time: what it keeps for this user's processes is there.
  [[ -s $NETWORK_DIR/tfoshim/memory ]]
}

@test "arm64: programs run under the library" {
  programs_run arm64 aarch64
}

@test "riscv64: programs run under the library" {
  programs_run riscv64 riscv64
}
