#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Programs of musl meet a library that was built with glibc: in LD_PRELOAD of a machine that has both, or of a
# container. They run as without it, and the command says so.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# The test programs that musl has all functions for, and two that say more of what is in the process.
setup_file() {
  export BUILD_MUSL=$BATS_FILE_TMPDIR/build
  mkdir "$BUILD_MUSL"
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
  for program in 'client writers' server 'waits facilities' streams handover inspect cancelled; do
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
