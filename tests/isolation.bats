#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The library keeps to itself: what it brings into a process, what it exports, and what it does when it
# cannot do anything.

# `output` is always of the same test's last run.
# shellcheck disable=SC2030,SC2031

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  load programs/names
  tools_required readelf nm
}

# Only the tests that need the network have it.
teardown() {
  [[ -z ${NETWORK_DIR-} ]] || network_down
}

answering_server() {
  network_up
  reference_start answer
}

@test "the library needs the C library alone" {
  # Sanitizers bring their own; they are not what is released.
  run bash -c "readelf -dW '$SHIM' | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
    grep -vE '^(lib[atu]+san|libubsan)\.so'"
  assert_output 'libc.so.6'
}

@test "exactly the hooks are exported" {
  run nm -D --defined-only --format=just-symbols "$SHIM"
  assert_success
  assert_equal "$(printf '%s\n' "${lines[@]%%@*}" | sort)" "$(
    sed -nE 's/^HOOK(_OPTIONAL|_ALIAS)?\(([A-Za-z0-9_]+).*/\2/p' \
      "$TFOSHIM_ROOT/src/shim/hooks.def" | sort
  )"
  ((${#lines[@]} > 40))
}

@test "everything is bound at start-up and read-only afterwards" {
  run readelf -dW "$SHIM"
  assert_output --regexp '\(FLAGS\) .*BIND_NOW'
  assert_output --regexp '\(FLAGS_1\) .*NOW.*NODELETE'
  refute_output --partial TEXTREL
  run readelf -lW "$SHIM"
  assert_output --partial GNU_RELRO
}

@test "the stack is not executable" {
  run bash -c "readelf -lW '$SHIM' | awk '\$1 == \"GNU_STACK\" { print \$7 }'"
  assert_output RW
}

@test "thread-local data is small and in the initial block" {
  run bash -c "readelf -lW '$SHIM' | awk '\$1 == \"TLS\" { print \$6 }'"
  ((output <= 256))
  run readelf -rW "$SHIM"
  refute_output --regexp 'DTPMOD|TLSDESC'
}

# A program's own config_init() and the like stay its own, and the policy was read all the same.
namesake() { # PROGRAM [PLUGIN]
  local ADDRESS=$SERVER_IP4
  compare "$PROGRAMS/$1" "$ADDRESS" "$PORT" "${@:2}"
  assert_success
  assert_line 'own calls: 1 1 1 1 1'
  assert_line 'config_error_line: none'
  assert_equal "$(last_syn_data)" 5
}

@test "a program with functions named like libconfig's" {
  answering_server
  namesake namesake
}

@test "a program whose plugin has functions named like libconfig's" {
  answering_server
  namesake namesake-host "$PROGRAMS/namesake-plugin.so"
}

# One line, the program as ever, the plain packets.
inert() { # CONFIG EXPECTED-LINE
  local ADDRESS=$SERVER_IP4 plain_output
  plain "$PROGRAMS/client" "$ADDRESS" "$PORT"
  plain_output=$output
  prime "$ADDRESS"
  run --separate-stderr on_client timeout "$PATIENCE" env TFOSHIM_CONFIG="$1" \
    XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" "$PROGRAMS/client" "$ADDRESS" "$PORT"
  assert_success
  assert_equal "$output" "$plain_output"
  # shellcheck disable=SC2154
  assert_equal "${#stderr_lines[@]}" 1
  # shellcheck disable=SC2154
  assert_regex "$stderr" "$2"
  assert_equal "$(last_syn syn.option syn.data)" 'none 0'
}

@test "a bad configuration: one line, and the program runs as ever" {
  local file=$BATS_TEST_TMPDIR/bad.conf
  answering_server
  # Not libconfig's syntax; a key that nobody knows; a value of the wrong type; one that makes no sense.
  printf 'client = {\n  default = \n};\n' >"$file"
  inert "$file" "^tfoshim: $file:3: "
  printf 'client = {\n  defualt = "on";\n};\n' >"$file"
  inert "$file" "^tfoshim: $file:2: .*defualt.*default"
  printf 'client = {\n  default = 7;\n};\n' >"$file"
  inert "$file" "^tfoshim: $file:2: "
  printf 'client = { rules = (\n{ address = "10.9.0.299"; }\n); };\n' >"$file"
  inert "$file" "^tfoshim: $file:2: .*10\\.9\\.0\\.299"
  printf 'client = { rules = (\n{ address = "*"; port = 70000; },\n{ port = "x"; } ); };\n' >"$file"
  inert "$file" "^tfoshim: $file:2: .*70000"
}

@test "a configuration that is not there, or cannot be read" {
  answering_server
  inert "$BATS_TEST_TMPDIR/no-such.conf" "^tfoshim: $BATS_TEST_TMPDIR/no-such\\.conf: "
  inert "$BATS_TEST_TMPDIR" "^tfoshim: $BATS_TEST_TMPDIR: "
}

@test "root takes no configuration that others could have written" {
  local file=$BATS_TEST_TMPDIR/its.conf
  answering_server
  cp "$CONF/on.conf" "$file"
  chmod 666 "$file"
  inert "$file" "^tfoshim: $file: found a file that others may write to, expected .*; running without"
  chmod 644 "$file"
  # In a user namespace with one user in it all of root's files are nobody's.
  chown 1 "$file" 2>/dev/null || mount --bind /etc/passwd "$file"
  inert "$file" "^tfoshim: $file: found a file of another user, expected one that belongs to root; running without"
  umount "$file" 2>/dev/null || true
}

@test "TFOSHIM_DISABLE=1: not a packet is different" {
  local ADDRESS=$SERVER_IP4
  answering_server
  prime "$ADDRESS"
  shim TFOSHIM_DISABLE=1 "$PROGRAMS/client" "$ADDRESS" "$PORT"
  assert_success
  assert_equal "$(last_syn syn.option syn.data)" 'none 0'
}

# The kernel marks setuid programs. This C library says of any program that it did.
@test "a program that runs with more rights than its user: the environment is not asked" {
  local listen='
import socket
with socket.create_server(("127.0.0.1", 0), backlog=7) as listener:
    print(listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN))'
  cd "$BATS_TEST_TMPDIR"
  cc -shared -fPIC -o libsecure.so -x c - <<END
#include <elf.h>
unsigned long getauxval(unsigned long type)
{
    return type == AT_SECURE;
}
END
  mkdir -m 700 run
  CONFIG=$CONF/off.conf
  under() { # LIBRARIES
    run env TFOSHIM_CONFIG="$CONFIG" TFOSHIM_LOG=loud XDG_RUNTIME_DIR="$PWD/run" TFOSHIM_DISABLE="${2-}" \
      TFOSHIM_DRY_RUN="${2-}" LD_PRELOAD="$1" /usr/bin/python3 -c "$listen"
  }
  under "$PWD/libsecure.so:$SHIM" 1
  assert_output 7
  LD_PRELOAD=$PWD/libsecure.so run -0 "$TFOSHIM_BUILD/tfoshim" run --stats /bin/true
  assert_output --partial 'no program loaded the library'
  assert_equal "$(ls run)" ''
  under "$SHIM"
  assert_output $'tfoshim: TFOSHIM_LOG: found "loud", expected none, error, warn, info or debug\n0'
  assert_equal "$(ls run)" tfoshim
}

# A library that gives connect() another meaning, as torsocks and proxychains do: it connects to a proxy,
# tells it what is wanted, and hears that it is there.
redirector_make() {
  cc -shared -fPIC -D_GNU_SOURCE -o libredirector.so -x c - -ldl <<END
#include <arpa/inet.h>
#include <dlfcn.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
int connect(int fd, const struct sockaddr *address, socklen_t length)
{
    struct sockaddr_in proxy = {.sin_family = AF_INET, .sin_port = htons($PORT)};
    int (*next)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
    char answer[6];
    (void)address, (void)length;
    inet_pton(AF_INET, "$SERVER_IP4", &proxy.sin_addr);
    if (next(fd, (struct sockaddr *)&proxy, sizeof proxy) != 0)
        return -1;
    if (write(fd, "wanted", 6) != 6 || recv(fd, answer, 6, MSG_WAITALL) != 6)
        return -1;
    return memcmp(answer, "wanted", 6) == 0 ? 0 : -1;
}
END
}

@test "a library that redirects connect() goes on working, before the shim and behind it" {
  local library=$SHIM redirector=$BATS_TEST_TMPDIR/libredirector.so order plain_output
  cd "$BATS_TEST_TMPDIR"
  network_up --rtt 4
  reference_start echo
  redirector_make
  run -0 on_client LD_PRELOAD="$redirector" "$PROGRAMS/client" 192.0.2.1 9
  plain_output=$output
  for order in "$redirector:$library" "$library:$redirector"; do
    for _ in 1 2; do
      SHIM=$order shim "$PROGRAMS/client" 192.0.2.1 9
      assert_success
      assert_equal "$output" "$plain_output"
    done
    last_syn syn.data syn.option
  done >syns
  # What it tells the proxy is in the SYN only where the shim comes after it.
  assert_equal "$(<syns)" $'6 cookie\n0 none'
}

@test "the module that reads the configuration is missing" {
  answering_server
  cp "$SHIM" "$BATS_TEST_TMPDIR/libtfoshim.so"
  SHIM=$BATS_TEST_TMPDIR/libtfoshim.so inert "$CONF/on.conf" "^tfoshim: "
}

@test "start-up leaves no descriptor and no libconfig behind" {
  run env TFOSHIM_CONFIG="$CONF/on.conf" LD_PRELOAD="$SHIM" ls -1 /proc/self/fd
  with=${#lines[@]}
  run ls -1 /proc/self/fd
  assert_equal "$with" "${#lines[@]}"
  run env TFOSHIM_CONFIG="$CONF/on.conf" LD_PRELOAD="$SHIM" cat /proc/self/maps
  assert_output --partial "$SHIM"
  refute_output --partial libconfig
}

# libconfig frees what the C library's strdup() got from the program's malloc().
@test "a program that brings its own allocator" {
  run ldconfig -p
  assert_output --partial libjemalloc.so.2
  CONFIG=$CONF/on.conf
  run env TFOSHIM_CONFIG="$CONFIG" LD_PRELOAD="$SHIM libjemalloc.so.2" /bin/echo alive
  assert_success
  assert_output alive
  run env TFOSHIM_CONFIG="$CONFIG" LD_PRELOAD="libjemalloc.so.2 $SHIM" /bin/echo alive
  assert_success
  assert_output alive
}

# A table of symbols as it was before 2006: there the dynamic linker is asked for every function, before the
# library's constructor in this case, by an allocator, which must not be called for that.
@test "a library that only the dynamic linker can look into, and an allocator" {
  echo 'int between;' >"$BATS_TEST_TMPDIR/between.c"
  cc -shared -fPIC -Wl,--hash-style=sysv -o "$BATS_TEST_TMPDIR/between.so" "$BATS_TEST_TMPDIR/between.c"
  run timeout 60 env TFOSHIM_CONFIG="$CONF/on.conf" \
    LD_PRELOAD="$SHIM $BATS_TEST_TMPDIR/between.so libjemalloc.so.2" /bin/echo alive
  assert_success
  assert_output alive
  answering_server
  local ADDRESS=$SERVER_IP4
  SHIM=$SHIM:$BATS_TEST_TMPDIR/between.so compare "$PROGRAMS/client" "$ADDRESS" "$PORT"
  (($(last_syn_data) > 0))
}

# What a hook calls of others it calls by the next function, which is what the program has called.
@test "nothing is imported, or found when it is called, that allocates or waits for a lock" {
  run -0 cat <(symbols_called "$SHIM") <(found_late LIBC LIBC_VARIADIC)
  assert_line clock_gettime
  assert_line getpid
  refute_line --regexp '^(__libc_)?(malloc|calloc|realloc|reallocarray|free|memalign|aligned_alloc|valloc)(@|$)'
  refute_line --regexp '^(posix_memalign|strn?dup|asprintf|v?[a-z]*printf|f?puts|f(open|dopen|write|flush))(@|$)'
  refute_line --regexp '^(getaddrinfo|qsort|setenv|putenv|opendir|syslog|localtime|strerror)(@|$)'
  refute_line --regexp '_(timed|clock)?(rd|wr)?(lock|wait)(@|$)'
}

# One that is there once for each kind of processor, or no more by default, would be asked of the dynamic
# linker, under its lock.
@test "what is found when it is called can be found in the symbol tables" {
  local libc
  libc=$(ldd "$PROGRAMS/client" | sed -nE 's|.* => (/.*libc\.so\.[0-9]+) .*|\1|p')
  nm -D --defined-only "$libc" | sed -nE 's/^[0-9a-f]+ [TW] (\w+)@@GLIBC_[0-9].*/\1/p' | sort -u >"$BATS_TEST_TMPDIR/libc"
  found_late LIBC LIBC_VARIADIC >"$BATS_TEST_TMPDIR/late"
  (($(wc -l <"$BATS_TEST_TMPDIR/late") > 50))
  run comm -23 "$BATS_TEST_TMPDIR/late" "$BATS_TEST_TMPDIR/libc"
  assert_output ''
}

# shmget() is called by every process that has the library, and by no echo.
@test "the library's own calls go to what comes after it, and not to what comes before" {
  cd "$BATS_TEST_TMPDIR"
  cc -shared -fPIC -o libshmget.so -x c - <<'END'
#include <unistd.h>
int shmget(int key, unsigned long size, int flags)
{
    (void)!write(2, "shmget\n", 7);
    return key + (int)size + flags, -1;
}
END
  run -0 --separate-stderr env LD_PRELOAD="$PWD/libshmget.so:$SHIM" /bin/echo alive
  assert_equal "$output$stderr" alive
  run -0 --separate-stderr env LD_PRELOAD="$SHIM:$PWD/libshmget.so" /bin/echo alive
  assert_equal "$output:${stderr_lines[0]}" alive:shmget
}

# Prints how often each of the program's processes has allocated, with LIBRARIES preloaded.
allocations() { # LIBRARIES PROGRAM [ARGUMENT]...
  local counts=$BATS_TEST_TMPDIR/allocations
  rm -f "$counts"
  SHIM="$PROGRAMS/count-allocations.so $1" shim ALLOCATIONS="$counts" "$PROGRAMS/$2" "${@:3}"
  assert_success
  # Processes end in any order.
  sort "$counts"
}

no_allocation() { # PROGRAM [ARGUMENT]...
  plainly=$(allocations '' "$@")
  assert_equal "$*: $(allocations "$SHIM" "$@")" "$*: $plainly"
}

@test "no hook of writing, closing and handing over allocates" {
  local ADDRESS=$SERVER_IP4 what way
  answering_server
  prime "$ADDRESS"
  for what in write writev send sendto sendto-address sendmsg sendmmsg; do
    for way in '' --nonblocking; do
      # shellcheck disable=SC2086
      no_allocation client "$ADDRESS" "$PORT" --call "$what" $way
      assert_equal "$what $(last_syn_data)" "$what $(gain "$way" 79)"
    done
  done
  for what in close shutdown-close exit; do
    no_allocation client "$ADDRESS" "$PORT" --nonblocking --then "$what"
  done
  for what in dup dup2 replacing fork-child fork-both exec spawn message raw-close; do
    no_allocation handover "$ADDRESS" "$PORT" "$what"
  done
}

@test "no hook of waiting and asking allocates" {
  local ADDRESS=$SERVER_IP4 CONFIG=$CONF/on.conf what
  network_up
  reference_start echo
  prime "$ADDRESS"
  for what in poll select epoll epoll-edge-late; do
    no_allocation waits "$ADDRESS" "$PORT" "$what" client-first blocking
    no_allocation waits "$ADDRESS" "$PORT" "$what" client-first nonblocking
  done
  no_allocation inspect "$ADDRESS" "$PORT" nonblocking
  ADDRESS=127.0.0.1 CONFIG=$CONF/local.conf
  for what in sem_wait pthread_cond_wait nanosleep read fscanf pthread_mutex_lock connect waitpid sigwait; do
    no_allocation rendezvous "$ADDRESS" "$what"
  done
  # Starting a thread is one: they are counted, in the process that does.
  [[ ${plainly##*$'\n'} == [1-9]* ]]
}

