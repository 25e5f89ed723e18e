#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# 32-bit programs on a 64-bit machine: the library that the preset i386 makes, under programs of that
# width, with the C library's usual names and with those of a time_t of 64 bits.

# SHIM and PROGRAMS are for what tests/programs/programs.bash defines; run --separate-stderr assigns stderr.
# shellcheck disable=SC2034,SC2154

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# Built once, warnings being errors here too.
setup_file() {
  export BUILD_32=$BATS_FILE_TMPDIR/build
  cd "$BATS_TEST_DIRNAME/.." || exit
  cmake --preset i386 -B "$BUILD_32" >/dev/null
  cmake --build "$BUILD_32" --parallel "$(nproc)" >/dev/null
}

# The link emulator is the native one.
setup() {
  load lib/network
  load lib/package
  load programs/programs
  load programs/names
  tools_required readelf nm
  NATIVE_SHIM=$SHIM NATIVE_PROGRAMS=$PROGRAMS
  SHIM=$BUILD_32/libtfoshim.so PROGRAMS=$BUILD_32/tests/programs
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  [[ -z ${NETWORK_DIR-} ]] || network_down
}

# Runs a check with the programs as they are, and with those that know 64-bit times.
with_both_times() { # COMMAND
  "$@"
  PROGRAMS=$BUILD_32/tests/programs/time64 "$@"
}

@test "the library is a 32-bit one that needs the C library alone" {
  run -0 readelf -hW "$SHIM"
  assert_line --regexp 'Class: +ELF32'
  run -0 readelf -dW "$SHIM"
  assert_equal "$(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' <<<"$output")" libc.so.6
  refute_output --partial TEXTREL
}

@test "what is looked up when it is called is not imported, by its name for 64-bit times neither" {
  run -0 found_late LIBC LIBC_VARIADIC LIBC_TIME64
  assert_line __stat64_time64
  run -1 grep -xF "$output" <(symbols_called "$SHIM")
  run -0 grep -vxF "$(symbols_called "$NATIVE_SHIM")" <(symbols_called "$SHIM")
  assert_output __clock_gettime64
}

@test "exactly the hooks are exported, those of 64-bit times among them" {
  assert_equal "$(symbols_defined "$SHIM")" "$(hooked_names HOOK HOOK_OPTIONAL HOOK_ALIAS HOOK_TIME64)"
  run -1 grep -xF "$(hooked_names HOOK_TIME64)" <(symbols_defined "$NATIVE_SHIM")
}

# The C library names them __NAME64 or __NAME_time64.
@test "whatever is hooked is hooked under its name for 64-bit times too" {
  symbols_defined "$(c_library -m32)" >libc
  hooked_names HOOK HOOK_OPTIONAL | sed 's/.*/__&64\n__&_time64/' | sort | comm -12 - libc >expected
  (($(wc -l <expected) >= 20))
  run comm -23 expected <(hooked_names HOOK_TIME64)
  assert_output ''
  # And there are no others: __ppoll64_chk came with a later C library.
  run comm -13 libc <(hooked_names HOOK_TIME64)
  assert_output "$(comm -13 libc <(echo __ppoll64_chk))"
}

# For all the programs below to be of one time or the other, they must import the names.
@test "every hooked name that the C library has is called by a test program" {
  hooked_names HOOK HOOK_OPTIONAL HOOK_ALIAS >hooks
  hooked_names HOOK_TIME64 >hooks64
  symbols_defined "$(c_library -m32)" >libc
  symbols_called "$PROGRAMS"/* >called
  symbols_called "$PROGRAMS"/time64/* >called64
  run comm -23 <(comm -12 hooks libc) called
  assert_output ''
  run comm -23 <(comm -12 hooks64 libc) called64
  assert_output ''
  run comm -12 hooks64 called
  assert_output ''
}

# sendmmsg() is given two messages, and both leave in the SYN.
first_writes() {
  local pair ADDRESS
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    for pair in write:79 send:79 sendmsg:79 sendmmsg:79; do
      compare "$PROGRAMS/client" "$ADDRESS" "$PORT" --call "${pair%:*}"
      assert_success
      assert_equal "${pair%:*}: $(last_syn syn.data syn.option)" "${pair/:/: } cookie"
    done
  done
}

@test "first writes are in the SYN" {
  network_up --rtt 20
  reference_start answer
  with_both_times first_writes
}

waits() { # FIRST EXPECTED-SYN-DATA
  local facility ADDRESS=$SERVER_IP4
  for facility in poll ppoll select pselect epoll epoll_pwait2 epoll-edge; do
    compare "$PROGRAMS/waits" "$ADDRESS" "$PORT" "$facility" "$1"
    assert_success
    assert_line 'close: 0'
    assert_equal "$facility: $(last_syn_data)" "$facility: $2"
  done
}

@test "a client that waits until it may write keeps its gain" {
  network_up --rtt 20
  reference_start echo
  with_both_times waits client-first 6
}

@test "a client that waits for the server to speak is not kept waiting" {
  network_up --rtt 20
  reference_start greet
  with_both_times waits server-first 0
}

meets() {
  local how ADDRESS=$SERVER_IP4 CONFIG=$CONF/local.conf
  for how in sem_timedwait pthread_cond_timedwait nanosleep clock_nanosleep sigwaitinfo waitpid; do
    compare --records 0 "$PROGRAMS/rendezvous" 127.0.0.1 "$how"
    assert_success
    assert_line "$how: met"
  done
}

@test "a thread that waits for what its own connect brings about" {
  network_up --rtt 20
  reference_start sink
  with_both_times meets
}

# The families in which a name has a twin for 64-bit times. A shell is of the other width, which the loader
# has something to say of.
each_name() {
  local family
  for family in sleep ipc poll read thread lock signal remote; do
    meet "$family"
  done
  meet process 'system|pclose|wordexp'
}

@test "every name that knows a time, as the first call after a connect" {
  network_up --rtt 20
  with_both_times each_name
}

@test "a 32-bit server takes a request from the SYN" {
  network_up --rtt 20
  RECORD=$NETWORK_DIR/record
  server_spawn TFOSHIM_CONFIG="$CONF/on.conf" LD_PRELOAD="$SHIM" \
    "$PROGRAMS/server" :: "$PORT" answer --record "$RECORD"
  wait_listening "$PORT"
  for _ in 1 2; do
    shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
    assert_success
  done
  assert_equal "$(last_syn syn.data synack.ack)" '79 80'
  assert_equal "$(netstat_value server TCPFastOpenPassive)" 1
}

@test "programs of either width share the memory of destinations" {
  local address
  network_up --rtt 20
  reference_start answer
  for address in "$SERVER_IP4" "$SERVER_IP6"; do
    SHIM=$NATIVE_SHIM shim "$NATIVE_PROGRAMS/client" "$address" "$PORT"
    assert_equal "$(last_syn syn.data syn.option)" '0 request'
    shim "$PROGRAMS/client" "$address" "$PORT"
    assert_success
    assert_equal "$(last_syn syn.data syn.option)" '79 cookie'
    SHIM=$NATIVE_SHIM shim "$NATIVE_PROGRAMS/client" "$address" "$PORT"
    assert_equal "$(last_syn syn.data syn.option)" '79 cookie'
  done
}

@test "the rules are the same at this width" {
  local test
  run -0 "$BUILD_32/tests/unit/openings" "$TFOSHIM_ROOT"/tests/openings/*.txt
  assert_output --regexp '^[0-9]{3,} first writes, 0 failures$'
  for test in compiling decide endpoint matching names search words memory_backoff \
    memory_damage memory_eviction memory_figures memory_lately memory_model; do
    run -0 env XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR" "$BUILD_32/tests/unit/$test"
    refute_output
  done
}

@test "packages of both widths go beside each other, and programs find theirs" {
  local debs name
  cmake -S "$TFOSHIM_ROOT" -B native -DCMAKE_INSTALL_PREFIX=/usr -DTFOSHIM_TESTS=OFF >/dev/null
  cmake --build native --parallel "$(nproc)" >/dev/null
  cat >maps.c <<'END'
#include <stdio.h>
int main(void)
{
    char line[4096];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        fputs(line, stdout);
    return 0;
}
END
  cc -o maps64 maps.c
  cc -m32 -o maps32 maps.c
  scratch_root
  root_files >before
  dpkg_in_root --add-architecture i386
  packages DEB "$PWD/native" >debs
  packages DEB "$BUILD_32" >>debs
  mapfile -t debs <debs
  dpkg_in_root --install "${debs[@]}"
  # One name in LD_PRELOAD stands for both, and the loader has nothing to say.
  for name in 64:x86_64 32:i386; do
    run -0 --separate-stderr root/usr/bin/tfoshim run "./maps${name%:*}"
    assert_equal "$stderr" ''
    assert_equal "$(sed -n 's|.* /|/|p' <<<"$output" | grep libtfoshim | uniq)" \
      "$PWD/root/usr/lib/${name#*:}-linux-gnu/libtfoshim.so"
  done
  run -0 root/usr/bin/tfoshim doctor
  assert_line "  ok       library for 32-bit programs: $PWD/root/usr/lib/i386-linux-gnu/libtfoshim.so"
  # The same name for a service of that system, though this machine has neither library.
  mkdir -p image/usr/lib/systemd/system image/etc/systemd/system
  cp -r root/usr/lib/{x86_64,i386}-linux-gnu image/usr/lib/
  printf '%s\n' '[Service]' 'ExecStart=/usr/bin/server' >image/usr/lib/systemd/system/legacy.service
  run -0 root/usr/bin/tfoshim enable --root image legacy
  # shellcheck disable=SC2016
  assert_equal "$(grep Environment image/etc/systemd/system/legacy.service.d/50-tfoshim.conf)" \
    "$(grep LD_PRELOAD "$TFOSHIM_ROOT/examples/systemd/fast-open.conf")"
  dpkg_in_root --purge tfoshim libtfoshim:amd64 libtfoshim:i386
  root_files >after
  run -0 diff before after
}
