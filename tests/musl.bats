#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Programs of musl meet a library that was built with glibc: in LD_PRELOAD of a machine that has both, or of a
# container. They run as without it, and the command says so. Then they meet the library that the preset musl
# makes, which is for them, with the compiler of configurations that is glibc's.

# SHIM and PROGRAMS are for what tests/programs/programs.bash defines.
# shellcheck disable=SC2030,SC2031,SC2034

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# The test programs that musl has all functions for, and two that say more of what is in the process.
setup_file() {
  export BUILD_MUSL=$BATS_FILE_TMPDIR/build
  mkdir "$BUILD_MUSL"
  cd "$BATS_TEST_DIRNAME/.." || exit
  cmake --preset musl -B "$BUILD_MUSL/library" >/dev/null &&
    cmake --build "$BUILD_MUSL/library" --target tfoshim_library --parallel "$(nproc)" >/dev/null || return
  # Each start is counted.
  # shellcheck disable=SC2016
  printf '#!/bin/sh\necho "$1" >>%s\nexec %s "$@"\n' "$BUILD_MUSL/compiled" "${TFOSHIM_BUILD:-$PWD/build}/tfoshim-compile" \
    >"$BUILD_MUSL/library/tfoshim-compile"
  chmod +x "$BUILD_MUSL/library/tfoshim-compile"
  cd "$BATS_TEST_DIRNAME/programs" || exit
  cat >"$BUILD_MUSL/missing.h" <<'END'
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>
static inline const char *strerrorname_np(int error)
{
    static char name[16];
    snprintf(name, sizeof name, "error %d", error);
    return name;
}
static inline int epoll_pwait2(int epoll, struct epoll_event *events, int most, const struct timespec *time,
                               const sigset_t *mask)
{
    return (int)syscall(441, epoll, events, most, time, mask, 8L);
}
END
  cat >"$BUILD_MUSL/maps.c" <<'END'
#include <stdio.h>
int main(void)
{
    char line[4096];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        fputs(line, stdout);
    return 7;
}
END
  cat >"$BUILD_MUSL/wide.c" <<'END'
#include <stdio.h>
#include <unistd.h>
#undef lockf64
int lockf64(int, int, long);
int main(void)
{
    int result = lockf64(fileno(tmpfile()), F_LOCK, 0);
    printf("%d\n", result);
    return result;
}
END
  local program
  for program in 'client writers' server 'waits facilities' streams handover inspect cancelled steadfast; do
    # shellcheck disable=SC2086
    musl_program $program common || return
  done
  musl_program "$BUILD_MUSL/maps" && musl_program "$BUILD_MUSL/wide"
}

musl_program() { # NAME [SOURCE]...
  musl-gcc -O1 -Wall -D_GNU_SOURCE -include "$BUILD_MUSL/missing.h" -I../../src -o "$BUILD_MUSL/${1##*/}" "${@/%/.c}"
}

# The reference server is one of glibc, and so is the client that brings cookies home.
setup() {
  load lib/network
  load programs/programs
  load programs/names
  tools_required musl-gcc nm
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  [[ -z ${NETWORK_DIR-} ]] || network_down
}

loader() {
  readelf -lW "$BUILD_MUSL/maps" | sed -n 's/.*program interpreter: \(.*\)]/\1/p'
}

@test "what musl lacks the library does not insist on" {
  run -0 nm -D --undefined-only "$SHIM"
  assert_line --regexp '^ +w __memcpy_chk@'
  comm -23 <(sed -nE 's/^ +U (\w+)(@.*)?$/\1/p' <<<"$output" | sort -u) <(symbols_defined "$(loader)") >missing
  assert_equal "$(<missing)" ''
}

@test "the library is in a program of musl, which runs" {
  run -7 --separate-stderr env LD_PRELOAD="$SHIM" "$BUILD_MUSL/maps"
  assert_output --partial "$TFOSHIM_BUILD/libtfoshim.so"
  refute_output --partial /libc.so.6
  # shellcheck disable=SC2154
  assert_equal "$stderr" ''
}

# Plain packets, and the same answers.
as_without() { # [--records N] PROGRAM [ARGUMENT]...
  local records=()
  if [[ $1 == --records ]]; then
    records=("$1" "$2") && shift 2
  fi
  compare "${records[@]}" "$BUILD_MUSL/$1" "$ADDRESS" "$PORT" "${@:2}"
  assert_success
  assert_equal "$*: $(last_syn syn.option syn.data)" "$*: none 0"
}

@test "clients of musl: first writes and endings" {
  local ADDRESS call
  network_up --rtt 4
  reference_start answer
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    for call in write writev send sendto sendmsg sendmmsg; do
      as_without client --call "$call"
    done
  done
  as_without client --nonblocking
  for call in close exit _exit; do
    as_without client --then "$call"
  done
}

@test "clients of musl: descriptors, processes and streams" {
  local ADDRESS=$SERVER_IP4 how
  network_up --rtt 4
  reference_start answer
  for how in dup dup2 fork-child exec spawn message raw-close; do
    as_without handover "$how"
  done
  for how in fdopen unbuffered exit 0 1; do
    as_without streams "$how"
  done
}

@test "clients of musl: waits and questions" {
  local ADDRESS=$SERVER_IP4 what
  network_up --rtt 4
  reference_start echo
  for what in poll ppoll select pselect epoll epoll-edge; do
    as_without waits "$what" client-first
  done
  as_without --records 11 inspect nonblocking
}

@test "clients of musl: threads that are cancelled" {
  local ADDRESS=$SERVER_IP4 what
  network_up --rtt 4
  reference_start sink
  for what in write poll sem_wait blocked-read; do
    as_without cancelled "$what"
  done
}

@test "servers of musl" {
  network_up --rtt 4
  server_spawn LD_PRELOAD="$SHIM" "$BUILD_MUSL/server" :: "$PORT" answer
  wait_listening "$PORT"
  for _ in 1 2; do
    shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
    assert_success
  done
  assert_equal "$(last_syn syn.data synack.option)" '0 none'
}

@test "a name that only musl's dynamic linker knows" {
  # Since version 1.2.4 lockf64() is not in its table of symbols.
  sed 's/lockf64/lockf6_/g' "$(loader)" >linker
  chmod +x linker
  run -127 ./linker "$BUILD_MUSL/wide"
  run -0 ./linker --preload "$SHIM" "$BUILD_MUSL/wide"
  assert_output 0
}

@test "run and doctor say that it runs without Fast Open, and why" {
  export HOME=$BATS_TEST_TMPDIR XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR
  run -7 --separate-stderr "$TFOSHIM_BUILD/tfoshim" run "$BUILD_MUSL/maps"
  assert_equal "$stderr" "tfoshim: run: $BUILD_MUSL/maps runs without TCP Fast Open: its C library is musl, \
and the library is for glibc, so LD_PRELOAD has no effect"
  run -1 "$TFOSHIM_BUILD/tfoshim" doctor "$BUILD_MUSL/maps"
  assert_line '  problem  its C library is musl, and the library is for glibc: LD_PRELOAD has no effect on it'
  run "$TFOSHIM_BUILD/tfoshim" doctor "$PROGRAMS/client"
  assert_line '  ok       can be preloaded'
}

# ---- the library for programs of musl ----

# The program that brings cookies home is of musl here too.
for_musl() {
  SHIM=$BUILD_MUSL/library/libtfoshim.so PROGRAMS=$BUILD_MUSL
}

# It needs no library by name: musl is the program's, and its name means something else to glibc's dynamic linker.
@test "for musl: the library wants functions of musl alone, and exports the hooks that musl has" {
  for_musl
  run -0 readelf -dW "$SHIM"
  refute_output --partial NEEDED
  refute_output --partial TEXTREL
  symbols_defined "$(loader)" >musl
  run -0 nm -D --undefined-only "$SHIM"
  comm -23 <(sed -nE 's/^ +U (\w+)$/\1/p' <<<"$output" | sort -u) musl >missing
  assert_equal "$(<missing)" ''
  # What liburing and libaio have is no question of the C library's.
  hooked_names HOOK HOOK_OPTIONAL HOOK_ALIAS >hooks
  { comm -12 hooks musl && grep -E '^io_(uring_|submit)' hooks; } | sort >expected
  (($(wc -l <expected) > 200))
  run diff expected <(symbols_defined "$SHIM")
  assert_output ''
}

@test "for musl: a program of glibc that meets it runs as without it" {
  local ADDRESS=$SERVER_IP4 native=$PROGRAMS call
  for_musl
  network_up --rtt 4
  reference_start answer
  for call in write send sendmsg sendmmsg; do
    compare "$native/client" "$ADDRESS" "$PORT" --call "$call"
    assert_success
    assert_equal "$call: $(last_syn syn.option syn.data)" "$call: none 0"
  done
  run -0 --separate-stderr env LD_PRELOAD="$SHIM" bash -c 'true | cat /proc/self/maps'
  assert_output --partial "$SHIM"
  assert_equal "$stderr" ''
}

# The same answers, and a connection that was deferred.
as_without_but_deferred() { # PROGRAM [ARGUMENT]...
  compare "$BUILD_MUSL/$1" "$ADDRESS" "$PORT" "${@:2}"
  assert_success
  assert_equal "$*: $(last_syn syn.option)" "$*: cookie"
}

@test "for musl: first writes are in the SYN" {
  local ADDRESS call
  for_musl
  network_up --rtt 4
  reference_start answer
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    for call in write writev send sendto sendmsg sendmmsg; do
      as_without_but_deferred client --call "$call"
      assert_equal "$call: $(last_syn_data)" "$call: 79"
    done
  done
  as_without_but_deferred client --nonblocking
  for call in close exit _exit; do
    as_without_but_deferred client --then "$call"
    assert_equal "$call: $(last_syn_data)" "$call: 79"
  done
}

@test "for musl: descriptors, processes and streams" {
  local ADDRESS how
  for_musl
  network_up --rtt 4
  reference_start answer
  ADDRESS=$SERVER_IP4
  for how in dup dup2 fork-child exec spawn message raw-close; do
    as_without_but_deferred handover "$how"
  done
  for how in fdopen unbuffered exit 0 1; do
    compare "$BUILD_MUSL/streams" "$ADDRESS" "$PORT" "$how"
    assert_success
  done
}

@test "for musl: waits and questions" {
  local ADDRESS what
  for_musl
  network_up --rtt 4
  reference_start echo
  ADDRESS=$SERVER_IP4
  for what in poll ppoll select pselect epoll epoll-edge; do
    as_without_but_deferred waits "$what" client-first
    assert_equal "$what: $(last_syn_data)" "$what: 6"
  done
  for what in blocking nonblocking; do
    compare --records 11 "$BUILD_MUSL/inspect" "$ADDRESS" "$PORT" "$what"
    assert_success
  done
}

@test "for musl: threads that are cancelled" {
  local ADDRESS what
  for_musl
  network_up --rtt 4
  reference_start sink
  ADDRESS=$SERVER_IP4
  for what in write poll sem_wait blocked-read; do
    as_without_but_deferred cancelled "$what"
  done
}

@test "for musl: a server takes a request from the SYN" {
  for_musl
  network_up --rtt 4
  server_spawn TFOSHIM_CONFIG="$CONF/on.conf" LD_PRELOAD="$SHIM" "$BUILD_MUSL/server" :: "$PORT" answer
  wait_listening "$PORT"
  for _ in 1 2; do
    shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
    assert_success
  done
  assert_equal "$(last_syn syn.data synack.ack)" '79 80'
  assert_equal "$(netstat_value server TCPFastOpenPassive)" 1
}

# With what its names are, for a rule may ask.
@test "for musl: a configuration is compiled once, by another program" {
  local ADDRESS
  for_musl
  network_up --rtt 4
  reference_start answer
  ADDRESS=$SERVER_IP4
  printf 'client = { default = "off"; rules = ( { program = "client"; port = %d; first_write = "any"; } ); };\n' \
    "$PORT" >own.conf
  rm -f "$BUILD_MUSL/compiled"
  # Before the file is some seconds old a change would not be seen, and each process compiles.
  CONFIG=$PWD/own.conf as_without_but_deferred client
  wait_until "[[ -z \$(find own.conf $BUILD_MUSL/library/tfoshim-compile -newerct '2.1 seconds ago') ]]"
  for _ in 1 2 3; do
    CONFIG=$PWD/own.conf as_without_but_deferred client
  done
  assert_equal "$(last_syn_data)" 79
  assert_equal "$(<"$BUILD_MUSL/compiled")" "$PWD/own.conf"$'\n'"$PWD/own.conf"$'\n'"$PWD/own.conf"
  cp "$BUILD_MUSL/client" other
  CONFIG=$PWD/own.conf shim ./other "$ADDRESS" "$PORT"
  assert_equal "$(last_syn syn.data syn.option)" '0 none'
}

# One line, and the program runs.
says() { # TEXT
  run -7 --separate-stderr env TFOSHIM_CONFIG="$PWD/its.conf" LD_PRELOAD="$SHIM" "$BUILD_MUSL/maps"
  # shellcheck disable=SC2154
  assert_equal "$stderr" "tfoshim: $PWD/its.conf$1; running without Fast Open"
}

@test "for musl: a configuration that cannot be had is told of, and the program runs" {
  for_musl
  printf '\nclient = { default = "sometimes"; };\n' >its.conf
  says ':2: default: found "sometimes", expected "on" or "off"'
  echo 'client = { default = "on"; };' >its.conf
  mkdir alone
  cp "$SHIM" alone
  SHIM=$PWD/alone/libtfoshim.so
  says ": cannot be read: $PWD/alone/tfoshim-compile cannot be started"
  # Of another version, which writes something else.
  printf '#!/bin/sh\necho policy\n' >alone/tfoshim-compile
  chmod +x alone/tfoshim-compile
  says ": cannot be read: $PWD/alone/tfoshim-compile makes no policy for this library"
}

@test "for musl: a program takes up a change within seconds, and notices nothing of it" {
  for_musl
  network_up --rtt 4
  reference_start echo
  cp "$CONF/on.conf" its.conf
  client_spawn XDG_RUNTIME_DIR="$NETWORK_DIR" TFOSHIM_CONFIG="$PWD/its.conf" LD_PRELOAD="$SHIM" \
    "$BUILD_MUSL/steadfast" "$PWD/stop" 2 20 "$PORT" "$SERVER_IP4"
  wait_until "(last_syn syn.data syn.option) | grep -qx '12 cookie'"
  cp "$CONF/off.conf" its.conf
  wait_until "(last_syn syn.data syn.option) | grep -qx '0 none'" 15
  touch stop
  wait_until "! process_runs $SPAWNED"
  run cat "$SPAWNED_LOG"
  assert_line 'failed 0, children 0, signals 0, threads 0, descriptors 0, errno 0, mask 0'
}
