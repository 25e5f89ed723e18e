#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the library costs where there is nothing to do, in instructions, which are the same in each run: a
# hook is a comparison, a branch and a jump before the C library's function. A slow path that a compiler
# inlines, or a table that is asked before the word that says whether there is anything to do, fails here.
# And what a deferred connection costs, in system calls.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

ROUNDS=10

teardown() {
  network_down
}

setup() {
  load lib/network
  load programs/programs
  load programs/names
  tools_required valgrind callgrind_annotate objdump nm strace
  export XDG_CONFIG_HOME=$BATS_TEST_TMPDIR HOME=$BATS_TEST_TMPDIR XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR
  unset TFOSHIM_CONFIG TFOSHIM_DISABLE
  cd "$BATS_TEST_TMPDIR" || exit
}

# Runs a command under the profiler; the account is in FILE.
profile() { # FILE [NAME=VALUE]... COMMAND...
  local file=$1
  shift
  valgrind -q --tool=callgrind --trace-children=yes --callgrind-out-file="$file.%p" env "$@" >/dev/null || return
  # env has become the command, whose account took the place of its own.
  mv "$file".* "$file"
}

# Prints each call of the program with the instructions that one takes.
per_call() { # FILE
  callgrind_annotate --inclusive=yes --threshold=100 --show-percs=no "$1" |
    sed -nE 's/^ *([0-9,]+) .*:call_(\w+) \[.*untouched\].*/\2 \1/p' | tr -d , |
    awk -v rounds=$ROUNDS '{ print $1, $2 / rounds }' | sort
}

# Prints those of the calls that cost more than MOST instructions over plain.
dearer_than() { # MOST PATTERN PLAIN SHIM
  join <(per_call "$3") <(per_call "$4") | grep -E "^($2) " |
    awk -v most="$1" '$3 - $2 > most { print $1, $3 - $2 }'
}

all() { # FILE
  callgrind_annotate --show-percs=no "$1" | sed -nE 's/^ *([0-9,]+) .*PROGRAM TOTALS.*/\1/p' | tr -d ,
}

# Where the shim is on it looks at what begins a connection, or says that the program knows of Fast Open.
BEGINS='accept|connect|setsockopt'

@test "a call on what is none of the shim's business costs three instructions more" {
  profile plain LD_PRELOAD= "$PROGRAMS/untouched" "$ROUNDS"
  profile shim LD_PRELOAD="$SHIM" "$PROGRAMS/untouched" "$ROUNDS"
  assert_equal "$(per_call plain | wc -l)" 25
  run bash -c "$(declare -f per_call dearer_than); ROUNDS=$ROUNDS
    dearer_than 3 '.*' plain shim | grep -vE '^($BEGINS|syscall|syscall_read) '"
  assert_output ''
  run dearer_than 12 'syscall|syscall_read' plain shim
  assert_output ''
}

# Where a listener takes SYN data, what it accepts may be guarded: event loops look, and what may close it.
@test "so it does in a server, but for event loops and descriptors that go or are sent" {
  profile plain LD_PRELOAD= "$PROGRAMS/untouched" "$ROUNDS" listen
  profile shim LD_PRELOAD="$SHIM" "$PROGRAMS/untouched" "$ROUNDS" listen
  run bash -c "$(declare -f per_call dearer_than); ROUNDS=$ROUNDS
    dearer_than 3 '.*' plain shim | cut -d ' ' -f 1 | grep -vE '^($BEGINS|syscall|syscall_read)$' | xargs"
  assert_output 'close dup epoll_ctl epoll_wait fcntl getsockopt ioctl poll select sendmsg'
  run dearer_than 12 syscall_read plain shim
  assert_output ''
}

@test "every call does where it is switched off" {
  profile plain LD_PRELOAD= "$PROGRAMS/untouched" "$ROUNDS"
  profile shim TFOSHIM_DISABLE=1 LD_PRELOAD="$SHIM" "$PROGRAMS/untouched" "$ROUNDS"
  run bash -c "$(declare -f per_call dearer_than); ROUNDS=$ROUNDS
    dearer_than 3 '.*' plain shim | grep -v '^syscall'"
  assert_output ''
  run dearer_than 12 '.*' plain shim
  assert_output ''
}

@test "start-up costs little more than what the dynamic linker does" {
  profile plain LD_PRELOAD= /bin/true
  profile disabled TFOSHIM_DISABLE=1 LD_PRELOAD="$SHIM" /bin/true
  profile built-in LD_PRELOAD="$SHIM" /bin/true
  (($(all disabled) - $(all plain) < 40000))
  (($(all built-in) - $(all plain) < 50000))
}

# Each name that is imported costs every process hundreds of instructions. What is left is called at every
# turn, or before the library can look anything up, or is a function of which the C library has several, or says
# that buffers are checked.
@test "nothing is imported that could be looked up when it is called" {
  run -0 symbols_called "$SHIM"
  run grep -vxE '(mem|str|stp)[a-z]+|__(mem|stp)cpy_chk|__stack_chk_fail|__errno_location|__libc_single_threaded|clock_gettime|dlsym|getauxval|stdin' \
    <<<"$output"
  assert_output ''
}

# Writes a configuration with that many rules, which is old enough to be kept.
rules() { # COUNT
  awk -v count="$1" 'BEGIN {
    print "client = { default = \"on\"; rules = ("
    for (i = 0; i < count; i++)
      printf "%s{ address = \"10.%d.%d.0/24\"; fastopen = \"off\"; }\n", i ? "," : "", i / 256, i % 256
    print "); };"
  }' >"rules-$1.conf"
  wait_until "[[ -z \$(find rules-$1.conf $TFOSHIM_BUILD/libtfoshim-policy.so -newerct '2.1 seconds ago') ]]"
}

@test "nor does a configuration, of ten rules or of 10,000, once another process has compiled it" {
  local count
  profile plain LD_PRELOAD= /bin/true
  for count in 10 10000; do
    rules "$count"
    TFOSHIM_CONFIG=$PWD/rules-$count.conf LD_PRELOAD=$SHIM /bin/true
    profile "with-$count" TFOSHIM_CONFIG="$PWD/rules-$count.conf" LD_PRELOAD="$SHIM" /bin/true
    (($(all "with-$count") - $(all plain) < 53000))
  done
  # Nothing grows with the rules: what differs are the names of the files.
  (($(all with-10000) - $(all with-10) < 1000))
}

@test "nor do rules that select processes, but for the patterns" {
  profile plain LD_PRELOAD= /bin/true
  cat >select.conf <<'END'
client = { default = "on"; rules = (
  { program = [ "one", "two", "/opt/*" ]; }, { user = ( "root", 33 ); port = 9; },
  { unit = [ "web.service", "job@*.service", "*.scope" ]; fastopen = "off"; },
  { interface = [ "wg*", "eth0" ]; fastopen = "off"; }
); };
END
  wait_until "[[ -z \$(find select.conf /etc/passwd $TFOSHIM_BUILD/libtfoshim-policy.so -newerct '2.1 seconds ago') ]]"
  TFOSHIM_CONFIG=$PWD/select.conf LD_PRELOAD=$SHIM /bin/true
  profile selecting TFOSHIM_CONFIG="$PWD/select.conf" LD_PRELOAD="$SHIM" /bin/true
  (($(all selecting) - $(all plain) < 58000))
}

# Prints the kilobytes of memory that a process has for itself: not those of files, which others may or may
# not have mapped just then.
private() { # [NAME=VALUE]...
  # shellcheck disable=SC2016
  env "$@" awk '
    /^[0-9a-f]+-/ { shared_memory = /\/SYSV/ }
    /^Private_Dirty/ || (/^Private_Clean/ && shared_memory) { sum += $2 }
    END { print sum }' /proc/self/smaps
}

@test "10,000 rules cost a process 40 kB of memory" {
  local built_in
  rules 10000
  TFOSHIM_CONFIG=$PWD/rules-10000.conf LD_PRELOAD=$SHIM /bin/true
  built_in=$(private LD_PRELOAD="$SHIM")
  run private TFOSHIM_CONFIG="$PWD/rules-10000.conf" LD_PRELOAD="$SHIM"
  ((output - built_in < 40))
}

# Those that have no last argument to pass on, do not return, or are looked for when they are called.
OTHERWISE='io_submit|io_uring_setup|io_uring_queue_init(_.*)?|_exit|_Exit|quick_exit|execle?|execlp|(__)?dprintf(_chk)?|(__isoc(99|23)_)?f?w?scanf|syscall'

# What is not called above: each begins with the same three instructions, in the native library; from the
# seventh on arguments are on the stack, and the compiler moves them to where they are already. Other
# machines need more.
@test "every hook begins with them" {
  [[ $(uname -m) == x86_64 ]] || return 0
  hooked_names HOOK HOOK_OPTIONAL HOOK_ALIAS | grep -vxE "$OTHERWISE" >hooks
  (($(wc -l <hooks) > 300))
  objdump -d --no-show-raw-insn "$SHIM" | awk '
    /^[0-9a-f]+ <.*>:$/ { name = substr($2, 2, length($2) - 3); at = moves = 0; next }
    name && $2 ~ /^mov/ && at + (++moves) < 9 { next }
    name && ++at == 1 && $2 !~ /^cmpl$/ { name = "" }
    name && at == 2 && $2 != "jne" { name = "" }
    name && at == 3 { if ($2 == "jmp" && $3 ~ /^\*/) print name; name = "" }' | sort -u >fast
  nm -D --defined-only "$SHIM" | awk '{ print $1, $3 }' | sort >addresses
  # Aliases have their hooks' addresses.
  grep -Fwf fast addresses | cut -d ' ' -f 1 | sort -u >fast-addresses
  run bash -c "grep -vFf fast-addresses addresses | cut -d ' ' -f 2 | sort | comm -12 - <(sort hooks)"
  assert_output ''
}

# Prints how many system calls the last of several connections takes. A way has -stack behind it where what the
# calls are given is on the stack.
calls_of_one() { # WAY [NAME=VALUE]...
  local way=$1 variable options=() stack=()
  shift
  for variable; do
    options+=(-E "$variable")
  done
  [[ $way != *-stack ]] || stack=(stack)
  on_client strace -qq -o "trace.$way" "${options[@]}" \
    "$PROGRAMS/deferrals" "$ADDRESS" "$PORT" "${way%-stack}" 4 "${stack[@]}" || return
  awk '/^getppid/ { last = calls; calls = 0; next } /^[a-z]/ { calls++ } END { print last }' "trace.$way"
}

# Prints the ways by which more system calls are added than are said here, or fewer.
added_otherwise() { # CONFIG [WAY=CALLS]...
  local way wanted without with
  printf 'client = { %s };\n' "$1" >on.conf
  shift
  for way; do
    wanted=${way#*=} way=${way%%=*}
    # What brings the cookie, and shows that a SYN's data comes through.
    without=$(calls_of_one "$way") && on_client TFOSHIM_CONFIG=on.conf LD_PRELOAD="$SHIM" \
      "$PROGRAMS/deferrals" "$ADDRESS" "$PORT" "${way%-stack}" 2 &&
      with=$(calls_of_one "$way" TFOSHIM_CONFIG=on.conf LD_PRELOAD="$SHIM") || return
    ((with - without == wanted)) || echo "$way: found $((with - without)), expected $wanted"
  done
}

assert_added() { # CONFIG [WAY=CALLS]...
  run added_otherwise "$@"
  assert_output ''
  assert_success
}

assert_added_deferred() { # CONFIG [WAY=CALLS]...
  assert_added "$@"
  (($(last_syn_data) > 0))
}

# What each of them is for docs/how-it-works.md says.
@test "system calls that a deferred connection adds" {
  local ADDRESS=$SERVER_IP4
  network_up --rtt 10
  reference_start echo
  assert_added_deferred 'default = "on"; first_write = "any";' blocking=6 poll=6 epoll=6 \
    blocking-stack=5 poll-stack=5 epoll-stack=5
  assert_added_deferred 'default = "on"; first_write = "replay-safe";' blocking=7 poll=7 epoll=7 \
    blocking-stack=5 poll-stack=5 epoll-stack=5
  assert_added_deferred 'default = "on"; first_write = "any"; defer = "shim";' blocking=7 blocking-stack=6
}

@test "where nothing is deferred it is one, which asks whether the address can be read, or none" {
  local ADDRESS=$SERVER_IP4
  network_up --rtt 10
  reference_start echo
  assert_added 'default = "off";' blocking=1 poll=1 epoll=1 blocking-stack=0 poll-stack=0 epoll-stack=0
  assert_added 'default = "on"; min_rtt = 1000000;' blocking=1 poll=1 epoll=1 \
    blocking-stack=0 poll-stack=0 epoll-stack=0
  client_spawn "$PROGRAMS/server" :: "$PORT" echo --queue 16
  wait_listening client "$PORT"
  for ADDRESS in 127.0.0.1 ::1 "$CLIENT_IP4"; do
    assert_added 'default = "on";' blocking=1 poll=1 epoll=1 blocking-stack=0 poll-stack=0 epoll-stack=0
  done
}
