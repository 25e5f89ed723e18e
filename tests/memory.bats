#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The destination memory: its rules (tests/unit), where it lies, and the file that names it.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  build=${TFOSHIM_BUILD:-$BATS_TEST_DIRNAME/../build}
  tool=$build/tests/unit/memory_file
  export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/run
  directory=$XDG_RUNTIME_DIR/tfoshim
  file=$directory/memory
  mkdir -m 700 "$XDG_RUNTIME_DIR"
  [[ -n ${TFOSHIM_NAMESPACE-} ]] || fail 'run this by tests/in-namespace'
  ipcrm --all=shm # those of other tests
}

teardown() {
  cut -d ' ' -f 5 /proc/self/mountinfo | grep "^$BATS_TEST_TMPDIR/" | xargs --no-run-if-empty umount
}

unit() {
  run -0 "$build/tests/unit/$1"
  refute_output
}

# ---- a process that has the memory open, and does as it is told ----

open_process() {
  coproc TOOL { exec 3>&-; exec "$tool"; }
}

tell() { # ORDER...
  printf '%s\n' "$*" >&"${TOOL[1]}"
  # No answer means that it has died, or that it hangs.
  IFS= read -r -t 20 answer <&"${TOOL[0]}" || fail "no answer to: $*"
}

expect() { # ANSWER ORDER...
  tell "${@:2}"
  assert_equal "$answer" "$1"
}

close_process() {
  local pid=$TOOL_PID orders=${TOOL[1]}
  exec {orders}>&-
  wait "$pid"
}

# What one process says that gets all its orders at once.
say() { # ORDER...
  printf '%s\n' "$@" | timeout 20 "$tool"
}

# Where the process has memory that it shares, by which segments.
shared_pages() {
  grep --fixed-strings rw-s "/proc/$TOOL_PID/maps"
}

count_segments() {
  awk 'NR > 1' /proc/sysvipc/shm | wc -l
}

# ---- files to find ----

make_good() {
  run -0 say "open $file" 'connect 1'
  assert_line --index 0 shared
}

# All there is to know of what stands there, but for when it was looked at.
picture() { # PATH
  stat --format '%i %f %u %h %s %y %z' "$1"
  [[ -f $1 && ! -L $1 ]] && cksum <"$1"
  return 0
}

# What stands there is not used and not touched: the memory that the user has without a file serves.
assert_refused() { # REASON
  local before
  before=$(picture "$file")
  run -0 say "open $file" reset 'lately 1' 'connect 1' 'lately 1'
  assert_output "$1"$'\ndone\nno\ndone\nyes'
  run -0 say open 'lately 1'
  assert_output $'by number\nyes'
  assert_equal "$(picture "$file")" "$before"
  assert_equal "$(ls -A "$directory")" memory
}

# What stood there is replaced by an empty one, good for the next process too.
assert_replaced() {
  run -0 say "open $file" 'lately 1' 'connect 1'
  assert_output $'shared\nno\ndone'
  run -0 say "open $file" 'lately 1'
  assert_output $'shared\nyes'
  assert_equal "$(ls -A "$directory")" memory
}

patch_byte() { # OFFSET BYTE
  # shellcheck disable=SC2059 # an escape
  printf "\\x$2" | dd of="$file" bs=1 seek="$1" conv=notrunc status=none
}

# Somebody else's, whether the test is root or has a user namespace with one user in it, to whom all
# of root's files are nobody's.
give_away() { # PATH FOREIGN
  chown 1 "$1" 2>/dev/null || mount --bind "$2" "$1"
}

# Removes what is there and takes its key, and the next one, with something that is no memory of ours.
occupy_keys() {
  local key
  key=$(awk 'NR == 2 { print $1 }' /proc/sysvipc/shm)
  ipcrm --all=shm
  python3 - "$key" <<'END'
import ctypes, sys
key, IPC_CREAT = int(sys.argv[1]), 0o1000
for key, size, mode in ((key, 4096, 0o600), (key + 1, 1 << 20, 0o666)):
    if ctypes.CDLL(None).shmget(key, size, IPC_CREAT | mode) < 0:
        sys.exit("shmget")
END
}

# What others do at that very moment: this is called for the C library's function, with its arguments.
interposer_make() { # DEFINITION
  # A sanitizer's runtime must be the first library of all.
  others=${TFOSHIM_SANITIZER:+$TFOSHIM_SANITIZER:}$BATS_TEST_TMPDIR/others.so
  cc -shared -fPIC -D_GNU_SOURCE -o "$BATS_TEST_TMPDIR/others.so" -x c - <<END
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
$1
END
}

# ---- rules ----

# bats test_tags=unit
@test "a handshake counts for an hour, until it is struck" {
  unit memory_lately
}

# bats test_tags=unit
@test "failing fast opens back off" {
  unit memory_backoff
}

# bats test_tags=unit
@test "what a program does twice in a row is learned of it, for a day" {
  unit memory_lessons
}

# bats test_tags=unit
@test "the memory counts, smooths and forgets" {
  unit memory_figures
}

# bats test_tags=unit
@test "random events leave what a plain model says" {
  unit memory_model
}

# bats test_tags=unit
@test "the stalest entry of a set is evicted, and leaves nothing behind" {
  unit memory_eviction
}

# bats test_tags=unit
@test "half-changed entries and rubbish are lived with" {
  unit memory_damage
}

# bats test_tags=unit
@test "threads at one table tear and lose nothing" {
  unit memory_threads
}

# bats test_tags=unit
@test "200 processes at one file, half of them killed, tear and lose nothing" {
  mkdir -m 700 "$directory"
  run -0 "$build/tests/unit/memory_stress" "$file"
  refute_output
}

@test "the memory needs no allocation, no stdio and no locks" {
  local objects=("$build"/src/memory/CMakeFiles/tfoshim_memory.dir/*.o)
  # The sanitizers and the debug builds of libc add names of their own.
  run -0 nm --undefined-only --format=just-symbols "${objects[@]}"
  assert_line --regexp "^mmap(64)?\$" # so that the list is not of nothing
  refute_line --regexp '^(malloc|calloc|realloc|free|strdup|pthread_.*|.*printf.*|fopen|fputs)$'
}

# ---- the file ----

@test "one process knows what another has seen" {
  run -0 say "open $file" 'lately 1' 'connect 1'
  assert_output $'shared\nno\ndone'
  run -0 say "open $file" 'lately 1' 'lately 2'
  assert_output $'shared\nyes\nno'
}

@test "the file is small and its user's alone, whatever the umask" {
  local mask
  for mask in 000 022 077 777; do
    rm -rf "$directory"
    (umask "$mask" && make_good)
    assert_equal "$(stat --format '%a %u %h %s' "$file")" "600 $EUID 1 24"
    assert_equal "$(stat --format '%a %u' "$directory")" "700 $EUID"
    run -0 say "open $file" 'lately 1'
    assert_output $'shared\nyes'
  done
}

@test "an open memory holds no descriptor, and maps no file" {
  open_process
  local before
  expect no lately 1 # it has begun
  before=$(ls "/proc/$TOOL_PID/fd")
  expect shared open "$file"
  assert_equal "$(ls "/proc/$TOOL_PID/fd")" "$before"
  run -1 grep --fixed-strings "$file" "/proc/$TOOL_PID/maps"
  run -0 shared_pages
  assert_line --regexp '^[0-9a-f]+-[0-9a-f]+ rw-s .* /SYSV'
  close_process
}

@test "many that make the file at a time agree on one" {
  mkdir -m 700 "$directory"
  run -0 "$build/tests/unit/memory_creation" "$file"
  refute_output
  assert_equal "$(ls -A "$directory")" memory
}

@test "a file that is deleted lives on for those who have it, and is made anew for others" {
  open_process
  expect shared open "$file"
  expect 'done' connect 1
  rm -r "$directory"
  run -0 say "open $file" 'lately 1' 'connect 2'
  assert_output $'shared\nno\ndone'
  expect yes lately 1
  expect no lately 2
  close_process
}

# ---- what cannot happen to it ----

@test "a file that is cut short costs nobody what he knows" {
  local size
  for size in 0 1 4096; do
    open_process
    rm -rf "$directory"
    expect shared open "$file"
    expect 'done' connect 1
    truncate --size "$size" "$file"
    expect yes lately 1
    expect 'done' connect 2
    assert_replaced
    expect yes lately 2
    close_process
  done
}

@test "a file that is cut short, at whichever moment, kills nobody" {
  local round pid orders=$BATS_TEST_TMPDIR/orders
  { echo "open $file" && yes 'connect 1' | head -n 3000; } >"$orders"
  for round in {1..100}; do
    rm -rf "$directory"
    say "open $file" >"$BATS_TEST_TMPDIR/answer"
    "$tool" <"$orders" >"$BATS_TEST_TMPDIR/answers" &
    pid=$!
    until [[ -s $BATS_TEST_TMPDIR/answers ]]; do :; done
    truncate --size 0 "$file"
    wait "$pid" || fail "round $round: status $?"
  done
}

@test "a full file system, and one that copies on write, have nothing to refuse" {
  mkdir -m 700 "$directory"
  mount -t tmpfs -o size=512k,mode=700 tmpfs "$directory"
  open_process
  expect shared open "$file"
  # Whatever room the file has is taken from it, as a snapshot does, and by others.
  fallocate --punch-hole --offset 0 --length "$(stat --format %s "$file")" "$file"
  dd if=/dev/zero of="$directory/full" bs=4096 status=none || true
  local number
  for number in {1..100}; do
    expect 'done' connect "$number"
  done
  for number in {1..100}; do
    expect yes lately "$number"
  done
  close_process
}

# To write to what is in the lower layer takes a copy, for which the upper one has no room.
@test "a file system that copies on write and is full has nothing to refuse" {
  local layers=$BATS_TEST_TMPDIR/layers number
  make_good
  mkdir "$layers"
  mount -t tmpfs -o size=64k,mode=700 tmpfs "$layers"
  mkdir -m 700 "$layers"/{upper,work}
  mount -t overlay -o "lowerdir=$directory,upperdir=$layers/upper,workdir=$layers/work" overlay "$directory"
  dd if=/dev/zero of="$layers/full" bs=4096 status=none || true
  run ! dd if=/dev/zero of="$file" conv=notrunc bs=4096 count=1 status=none
  open_process
  expect shared open "$file"
  expect yes lately 1
  for number in {2..100}; do
    expect 'done' connect "$number"
  done
  # Now it is another file, of the upper layer: cut short, or replaced, it is nobody's end.
  rm "$layers/full"
  truncate --size 0 "$file"
  for number in {1..100}; do
    expect yes lately "$number"
  done
  assert_replaced
  expect yes lately 100
  close_process
}

@test "processes for which the boot has another identity, or none, leave each other's alone" {
  make_good
  local before
  before=$(picture "$file")
  echo another >"$BATS_TEST_TMPDIR/boot-id"
  mount --bind "$BATS_TEST_TMPDIR/boot-id" /proc/sys/kernel/random/boot_id
  run -0 say "open $file" 'lately 1' 'connect 2'
  umount /proc/sys/kernel/random/boot_id
  assert_output $'shared\nyes\ndone'
  run -0 say "open $file" 'lately 2'
  assert_output $'shared\nyes'
  assert_equal "$(picture "$file")" "$before"
}

@test "a segment that is removed lives on for those who have it, and is made anew for others" {
  open_process
  expect shared open "$file"
  expect 'done' connect 1
  ipcrm --all=shm
  expect yes lately 1
  run -0 say "open $file" 'lately 1'
  assert_output $'shared\nno'
  expect yes lately 1
  close_process
}

@test "a user has 64 memories at most; what somebody has mapped is not removed for a new one" {
  local number
  open_process
  expect shared open "$file"
  expect 'done' connect 1
  for number in {1..70}; do
    rm "$file"
    run -0 say "open $file"
    assert_output shared
  done
  run -0 count_segments
  assert_output 64
  awk -v id="$(shared_pages | awk '{ print $5 }')" '$2 == id { found = 1 } END { exit !found }' /proc/sysvipc/shm
  expect yes lately 1
  close_process
}

@test "the memory that goes for a new one is the one that was left longest ago" {
  local number second
  # The kernel's numbers begin again after so many.
  for number in {1..100}; do
    rm -f "$file"
    run -0 say "open $file"
  done
  second=$EPOCHSECONDS
  while ((EPOCHSECONDS == second)); do :; done
  rm "$file"
  run -0 say "open $file" 'connect 1'
  mv "$file" "$file-used"
  for number in {1..20}; do
    rm -f "$file"
    run -0 say "open $file"
  done
  run -0 say "open $file-used" 'lately 1'
  assert_output $'shared\nyes'
}

# ---- no file ----

@test "a user without a runtime directory has a memory all the same" {
  run -0 say open 'lately 1' 'connect 1'
  assert_output $'by number\nno\ndone'
  run -0 say open 'lately 1'
  assert_output $'by number\nyes'
  # In a user namespace, so that this is no matter of privileges.
  run -0 unshare --user --map-user=1000 "$tool" <<<$'open\nlately 1\nconnect 2'
  assert_output $'by number\nno\ndone'
  run -0 unshare --user --map-user=1000 "$tool" <<<$'open\nlately 1\nlately 2'
  assert_output $'by number\nno\nyes'
}

@test "segments under its keys that are not its own are passed over" {
  run -0 say open 'connect 1'
  occupy_keys # the first two of the user's
  run -0 say open 'lately 1' 'connect 2'
  assert_output $'by number\nno\ndone'
  run -0 say open 'lately 2'
  assert_output $'by number\nyes'
}

@test "without shared memory each process has its own" {
  interposer_make '
#include <errno.h>
int shmget(int key, size_t size, int flags)
{
    (void)key, (void)size, (void)flags;
    errno = ENOSYS;
    return -1;
}'
  LD_PRELOAD=$others run -0 say open 'connect 1' 'lately 1' "open $file" 'connect 1' 'lately 1'
  assert_output $'alone\ndone\nyes\nalone\ndone\nyes'
}

# ---- another user ----

@test "a process that acts as somebody else leaves the memory alone" {
  open_process
  expect shared open "$file"
  expect 'done' connect 1
  expect 'done' become-somebody
  expect no lately 1
  expect 'done' connect 2
  run -0 say "open $file" 'lately 1' 'lately 2'
  assert_output $'shared\nyes\nno'
  close_process
}

@test "a process that has become somebody else has that one's, and not the former one's any more" {
  open_process
  local before
  expect shared open "$file"
  expect 'done' connect 1
  before=$(shared_pages)
  expect 'done' user-changed
  assert_equal "$(shared_pages)" "$before"
  expect yes lately 1
  expect 'done' become-somebody
  expect 'done' user-changed
  run -0 shared_pages
  refute_output --partial "${before##*SYSV}"
  assert_line --partial /SYSV
  expect no lately 1
  expect 'done' connect 2
  expect yes lately 2
  run -0 say "open $file" 'lately 1' 'lately 2'
  assert_output $'shared\nyes\nno'
  close_process
}

@test "a damaged file that somebody replaces by a good one is not removed" {
  local good
  make_good
  cp --sparse=never "$file" "$directory/good"
  good=$(stat --format %i "$directory/good")
  patch_byte 0 00
  # It is looked at, opened, found damaged, and looked at once more.
  interposer_make '
int fstatat64(int directory, const char *name, struct stat64 *status, int flags)
{
    int (*next)(int, const char *, struct stat64 *, int) = dlsym(RTLD_NEXT, "fstatat64");
    static int calls;
    if (++calls == 2)
        renameat(directory, "good", directory, name);
    return next(directory, name, status, flags);
}'
  LD_PRELOAD=$others run -0 say "open $file" 'lately 1'
  assert_output $'shared\nyes'
  assert_equal "$(stat --format %i "$file")" "$good"
}

@test "a file that others remove whenever it is made is made four times" {
  mkdir -m 700 "$directory"
  interposer_make '
long syscall(long number, ...)
{
    long a[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    long (*next)(long, ...) = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
    if (number != SYS_renameat2)
        return next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    fputs("made\n", stderr);
    return unlinkat((int)a[2], (const char *)a[1], 0);
}'
  LD_PRELOAD=$others run -0 say "open $file" 'connect 1' 'lately 1'
  assert_output $'made\nmade\nmade\nmade\nit is removed again and again\ndone\nyes'
  assert_equal "$(ls -A "$directory")" ''
}

@test "where there is no room for the file, the user's memory without one serves" {
  mkdir -m 700 "$directory"
  mount -t tmpfs -o size=64k,mode=700 tmpfs "$directory"
  dd if=/dev/zero of="$directory/full" bs=4096 status=none || true
  run -0 say "open $file" 'connect 1' 'lately 1'
  assert_output $'there is no space to create it\ndone\nyes'
  assert_equal "$(ls -A "$directory")" full
}

@test "a limit on the size of files kills nobody" {
  ulimit -f 0
  run -0 say "open $file" 'connect 1' 'lately 1'
  assert_output $'there is no space to create it\ndone\nyes'
  assert_equal "$(ls -A "$directory")" ''
}

# ---- files that are refused ----

@test "somebody else's file is left alone" {
  make_good
  give_away "$file" /etc/passwd
  assert_refused 'found a file of another user, expected one of this user'
}

@test "a file that others may read, write or run is left alone" {
  local mode
  make_good
  for mode in 0640 0604 0620 0602 0700 0400 4600 1600; do
    chmod "$mode" "$file"
    assert_refused 'found a file of another mode, expected mode 0600'
  done
}

@test "a symbolic link is left alone, and so is what it leads to" {
  make_good
  mv "$file" "$XDG_RUNTIME_DIR/other"
  ln -s ../other "$file"
  local before
  before=$(picture "$XDG_RUNTIME_DIR/other")
  assert_refused 'found a symbolic link, expected a regular file'
  assert_equal "$(picture "$XDG_RUNTIME_DIR/other")" "$before"
  ln -sf /nowhere "$file"
  assert_refused 'found a symbolic link, expected a regular file'
}

@test "a directory, a FIFO and a device are left alone" {
  mkdir -m 700 "$directory"
  mkdir -m 600 "$file"
  assert_refused 'found a directory, device, FIFO or socket, expected a regular file'
  rmdir "$file"
  mkfifo -m 600 "$file"
  assert_refused 'found a directory, device, FIFO or socket, expected a regular file'
  rm "$file"
  touch "$file"
  mount --bind /dev/null "$file"
  assert_refused 'found a directory, device, FIFO or socket, expected a regular file'
}

@test "a file with a second name is left alone" {
  make_good
  ln "$file" "$XDG_RUNTIME_DIR/other"
  assert_refused 'found a file with other hard links, expected a single link'
}

@test "a newer version's file is left alone" {
  make_good
  patch_byte 8 05
  assert_refused 'a newer version has created it'
  truncate --size 16 "$file"
  assert_refused 'a newer version has created it'
}

# ---- files that are replaced ----

@test "a file of the wrong size is replaced" {
  local size
  make_good
  for size in 0 1 16 +1 +4096; do
    truncate --size "$size" "$file"
    assert_replaced
  done
}

@test "rubbish is replaced" {
  make_good
  patch_byte 0 00
  assert_replaced
  dd if=/dev/urandom of="$file" bs="$(stat --format %s "$file")" count=1 conv=notrunc status=none
  assert_replaced
}

@test "an older version's file is replaced" {
  make_good
  patch_byte 8 02
  assert_replaced
}

# ---- the directory ----

@test "a directory that cannot be written to has no file" {
  mkdir -m 700 "$directory"
  mount --bind "$directory" "$directory"
  mount -o remount,ro,bind "$directory"
  run -0 say "open $file" 'connect 1' 'lately 1'
  assert_output $'cannot be created\ndone\nyes'
}

@test "a directory that is not there, or not ours alone, has no file" {
  run -0 say 'open /not/there/memory' 'open memory' 'open /' 'open /memory' \
    "open $XDG_RUNTIME_DIR/" 'connect 1' 'lately 1'
  assert_line --index 0 'its directory cannot be created'
  for line in 1 2 3 4; do
    assert_line --index "$line" 'its path is not usable'
  done
  assert_line --index 6 yes
  ln -s "$BATS_TEST_TMPDIR" "$directory"
  run -0 say "open $file"
  assert_output 'its directory cannot be opened'
  rm "$directory"
  mkdir -m 700 "$directory"
  local mode
  for mode in 0770 0707 0755; do
    chmod "$mode" "$directory"
    run -0 say "open $file"
    assert_output 'expected a directory of this user with mode 0700'
  done
  chmod 2700 "$directory"
  run -0 say "open $file"
  assert_output shared
  rm "$file"
  give_away "$directory" /usr
  run -0 say "open $file"
  assert_output 'expected a directory of this user with mode 0700'
}

# ---- where the file is ----

@test "the file is in the runtime directory that the environment names" {
  run -0 say path
  assert_output "$file"
  run -0 say "small-path $((${#file} + 1))"
  assert_output "$file"
}

@test "else it is in the user's own, or for root in the system's" {
  [[ $EUID == 0 ]] || fail 'not root here'
  unset XDG_RUNTIME_DIR
  run -0 say path secure-path
  assert_output $'/run/tfoshim/memory\n/run/tfoshim/memory'
  mkdir -p /run/user/0
  run -0 say path secure-path
  assert_output $'/run/user/0/tfoshim/memory\n/run/user/0/tfoshim/memory'
  rmdir /run/user/0
  chmod 777 /run
  run -0 say path
  chmod 755 /run
  assert_output none
}

@test "a runtime directory that will not do is passed over" {
  local name
  cd "$BATS_TEST_TMPDIR"
  run -0 say secure-path "small-path ${#file}"
  assert_output $'/run/tfoshim/memory\n/run/tfoshim/memory'
  touch a-file
  for name in '' run /not/there "$PWD/a-file"; do
    XDG_RUNTIME_DIR=$name run -0 say path
    assert_output /run/tfoshim/memory
  done
  chmod 720 run
  run -0 say path
  assert_output /run/tfoshim/memory
  chmod 702 run
  run -0 say path
  assert_output /run/tfoshim/memory
  chmod 755 run
  run -0 say path
  assert_output "$file"
  give_away run /usr
  run -0 say path
  assert_output /run/tfoshim/memory
}
