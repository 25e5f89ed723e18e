#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The compiled policy that a user's processes share: who has to compile, who need not, and what is believed.

# LIBRARIES is for `served` of the same test.
# shellcheck disable=SC2030,SC2031

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# Says which queue its listener got, and how its policy came into being is seen by its files.
LISTEN='
import socket
with socket.create_server(("127.0.0.1", 0), backlog=3) as listener:
    print(listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN))'

setup() {
  load lib/network
  load programs/programs
  tools_required python3 ipcs ipcrm cc strace unshare
  [[ -n ${TFOSHIM_NAMESPACE-} ]] || fail 'run this by tests/in-namespace'
  ipcrm --all=shm # those of other tests: this namespace is theirs
  cd "$BATS_TEST_TMPDIR" || exit
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR XDG_CONFIG_HOME=$BATS_TEST_TMPDIR TFOSHIM_CONFIG=$BATS_TEST_TMPDIR/its.conf
  LIBRARIES=$SHIM
}

# Writes a configuration whose listeners have that queue.
config() { # FILE QUEUE [SETTING]
  printf 'server = { rules = ( { port = "1-65535"; queue = %d; %s } ); };\n' "$2" "${3-}" >"$1"
}

# Until files have been as they are for so long that their times tell of any change.
settle() { # FILE...
  wait_until "[[ -z \$(find ${*@Q} $TFOSHIM_BUILD/libtfoshim-policy.so -newerct '2.1 seconds ago') ]]"
}

# Runs a server; prints its queue, and whether its policy was `compiled` or `kept`.
served() { # [NAME]
  local queue how=kept
  queue=$(LD_DEBUG=files LD_DEBUG_OUTPUT=$PWD/loaded LD_PRELOAD=$LIBRARIES \
    bash -c 'exec -a "$0" /usr/bin/python3 -c "$1"' "${1-server}" "$LISTEN") || return
  ! grep -qs 'libtfoshim-policy' loaded.* || how=compiled
  rm -f loaded.*
  printf '%s %s\n' "$queue" "$how"
}

# The segments that hold a policy, the newest at last: their numbers, which grow, and their keys. (The kernel lists
# them in an order that begins anew after 64.)
kept() {
  ipcs --shmems | awk '$4 == 400 { print $2, $1 }' | sort -n
}

# Makes `alter`, which does to a policy what no process of the library would.
alter_make() {
  cc -D_GNU_SOURCE -o alter -x c - <<'END'
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
static void set_mode(int id, int mode)
{
    struct shmid_ds status;
    if (shmctl(id, IPC_STAT, &status) != 0)
        exit(1);
    status.shm_perm.mode = mode;
    if (shmctl(id, IPC_SET, &status) != 0)
        exit(1);
}
int main(int argc, char **argv) /* flip ID OFFSET | mode ID MODE | cut ID SIZE KEY */
{
    int id = (int)strtoul(argv[2], NULL, 0), number = (int)strtoul(argv[3], NULL, 0);
    if (strcmp(argv[1], "mode") == 0) {
        set_mode(id, number);
    } else if (strcmp(argv[1], "cut") == 0) {
        char *whole = shmat(id, NULL, SHM_RDONLY);
        shmctl(id, IPC_RMID, NULL);
        id = shmget((key_t)strtoul(argv[4], NULL, 0), number, IPC_CREAT | IPC_EXCL | 0600);
        memcpy(shmat(id, NULL, 0), whole, number);
        set_mode(id, 0400);
    } else {
        set_mode(id, 0600);
        char *bytes = shmat(id, NULL, 0);
        bytes[number] ^= 1;
        set_mode(id, 0400);
    }
    return argc < 4;
}
END
}

@test "the first process compiles, and those after it open neither module nor libconfig" {
  config its.conf 5
  settle its.conf
  assert_equal "$(served)" '5 compiled'
  assert_equal "$(served)" '5 kept'
  assert_equal "$(served another)" '5 kept'
  assert_equal "$(kept | wc -l)" 1
}

@test "a directory beside the file, or that a pattern looks into, is seen to come, to change and to go" {
  local other
  for other in its.conf.d more; do
    echo '@include "more/*.conf"' >its.conf
    settle its.conf
    assert_equal "$(served; served)" $'0 compiled\n0 kept'
    # It comes, with nothing in it.
    mkdir "$other"
    settle its.conf "$other"
    assert_equal "$(served; served)" $'0 compiled\n0 kept'
    config "$other/a.conf" 5
    assert_equal "$(served)" '5 compiled'
    settle "$other"
    assert_equal "$(served; served)" $'5 compiled\n5 kept'
    config "$other/a.conf" 6
    assert_equal "$(served)" '6 compiled'
    settle "$other"
    assert_equal "$(served; served)" $'6 compiled\n6 kept'
    rm "$other/a.conf"
    assert_equal "$(served)" '0 compiled'
    rmdir "$other"
    assert_equal "$(served)" '0 compiled'
    # It has been as it is now, and what was kept then is gone.
    assert_equal "$(served)" '0 kept'
  done
}

@test "what is kept is mapped read-only, by the one that has compiled it as well" {
  config its.conf 5
  settle its.conf
  for _ in 1 2; do
    run -0 env LD_PRELOAD="$LIBRARIES" grep /SYSV /proc/self/maps
    assert_line --regexp '^[0-9a-f]+-[0-9a-f]+ r--s '
    assert_equal "$(grep -c ' rw-s ' <<<"$output")" 1 # the destination memory
  done
}

@test "a file that has changed is compiled anew: in place, replaced, touched, with other rights" {
  config its.conf 5
  config other.conf 6
  touch -d 2020-01-01 its.conf other.conf
  settle its.conf other.conf
  assert_equal "$(served)" '5 compiled'
  # Another one with the same size and time of change, in its place.
  mv other.conf its.conf
  assert_equal "$(served)" '6 compiled'
  settle its.conf
  assert_equal "$(served)" '6 compiled'
  assert_equal "$(served)" '6 kept'
  # Written to, with the same size, and the time put back.
  config its.conf 7
  touch -d 2020-01-01 its.conf
  assert_equal "$(served)" '7 compiled'
  settle its.conf
  assert_equal "$(served; served)" $'7 compiled\n7 kept'
  touch its.conf
  assert_equal "$(served)" '7 compiled'
  settle its.conf
  assert_equal "$(served; served)" $'7 compiled\n7 kept'
  chmod 640 its.conf
  assert_equal "$(served)" '7 compiled'
  # What is out of date goes.
  assert_equal "$(kept | wc -l)" 1
}

@test "so is one of which an included file has changed" {
  echo '@include "first.conf"' >its.conf
  echo '@include "second.conf"' >first.conf
  config second.conf 5
  settle ./*.conf
  assert_equal "$(served; served)" $'5 compiled\n5 kept'
  config second.conf 6
  assert_equal "$(served)" '6 compiled'
  settle second.conf
  assert_equal "$(served; served)" $'6 compiled\n6 kept'
  config new.conf 7
  mv new.conf first.conf
  assert_equal "$(served)" '7 compiled'
  rm first.conf
  run env LD_PRELOAD="$LIBRARIES" true
  assert_output --partial 'first.conf'
}

@test "what has changed a moment ago is not kept, for its times would not tell of the next change" {
  local begin
  served_at_once() {
    begin=${EPOCHREALTIME/[.,]/}
    config its.conf 5
    touch -d 2020-01-01 its.conf
    [[ $(served) == '5 compiled' ]] || fail 'it is kept'
    ((${EPOCHREALTIME/[.,]/} - begin < 1900000))
  }
  # On a machine that is too busy for that, once more.
  until served_at_once; do ipcrm --all=shm; done
  assert_equal "$(kept)" ''
  # Its owner has set a time that is still to come.
  settle its.conf
  touch -d '1 hour' its.conf
  settle its.conf
  assert_equal "$(served; served)" $'5 compiled\n5 compiled'
}

@test "another module compiles anew" {
  mkdir own
  cp "$TFOSHIM_BUILD/libtfoshim.so" "$TFOSHIM_BUILD/libtfoshim-policy.so" own
  LIBRARIES=${SHIM%"$TFOSHIM_BUILD/libtfoshim.so"}$PWD/own/libtfoshim.so
  config its.conf 5
  settle its.conf own/*
  assert_equal "$(served; served)" $'5 compiled\n5 kept'
  cp own/libtfoshim-policy.so own/new
  mv own/new own/libtfoshim-policy.so
  assert_equal "$(served)" '5 compiled'
  rm own/libtfoshim-policy.so
  run env LD_PRELOAD="$LIBRARIES" true
  assert_output --partial 'its.conf: cannot be read without libtfoshim-policy.so'
}

# bash, which becomes the program, is none that a rule names.
@test "where rules select processes, those have one of their own to whom the same rules are for" {
  config its.conf 5 'program = [ "one", "two*", "twofold" ];'
  settle its.conf
  assert_equal "$(served one; served one)" $'5 compiled\n5 kept'
  assert_equal "$(served three; served four)" $'0 kept\n0 kept'
  assert_equal "$(served two; served two2)" $'5 compiled\n5 kept'
  assert_equal "$(served twofold; served twofold)" $'5 compiled\n5 kept'
  assert_equal "$(served one; served two; served three)" $'5 kept\n5 kept\n0 kept'
  assert_equal "$(kept | wc -l)" 4
  # The one that tells what the rules ask may go. bash makes it again, and the others serve on.
  ipcrm --shmem-id "$(kept | cut -d ' ' -f 1 | head -n 1)"
  assert_equal "$(served two; served two)" $'5 compiled\n5 kept'
  assert_equal "$(kept | wc -l)" 4
}

# To each of two namespaces that has one user in it he is another.
@test "a user's policy is nobody else's, though his namespace has the same segments" {
  local as=(unshare --user --map-user=1000)
  printf 'server = { rules = ( { port = "1-65535"; user = 1000; queue = 7; }, { port = "1-65535"; user = 0; queue = 5; } ); };\n' >its.conf
  settle its.conf
  served_as() {
    LD_PRELOAD=$LIBRARIES "$@" /usr/bin/python3 -c "$LISTEN"
  }
  assert_equal "$(served_as; served_as)" $'5\n5'
  assert_equal "$(served_as "${as[@]}"; served_as "${as[@]}"; served_as)" $'7\n7\n5'
}

@test "a user by name is who has that name now" {
  local i
  printf 'server = { rules = ( { port = "1-65535"; user = "somebody"; queue = 7; } ); };\n' >its.conf
  for i in 0 1; do
    sed "\$a somebody:x:$i:$i::/:/bin/sh" /etc/passwd >"passwd.$i"
    chmod 644 "passwd.$i"
  done
  settle its.conf passwd.?
  mount --bind passwd.1 /etc/passwd
  assert_equal "$(served; served)" $'0 compiled\n0 kept'
  mount --bind passwd.0 /etc/passwd
  assert_equal "$(served; served)" $'7 compiled\n7 kept'
  umount /etc/passwd
  umount /etc/passwd
}

@test "which unit it is is asked where a rule names one, and who has which number where one names a user" {
  local key file
  for key in 'port = 80;' 'user = 0;' 'unit = "a.service";' 'user = "root";'; do
    config its.conf 5 "$key"
    settle its.conf
    for _ in compiled kept; do
      run -0 strace -qq -e trace=open,openat -E LD_PRELOAD="$LIBRARIES" /bin/true
      for file in /etc/passwd=user.*root /proc/self/cgroup=unit; do
        if [[ $key =~ ${file#*=} ]]; then
          assert_output --partial "\"${file%=*}\""
        else
          refute_output --partial "\"${file%=*}\""
        fi
      done
    done
  done
}

@test "files of one name in different directories are told apart" {
  mkdir one two
  config one/its.conf 5
  config two/its.conf 6
  settle one/its.conf two/its.conf
  export TFOSHIM_CONFIG=its.conf
  cd one
  assert_equal "$(served)" '5 compiled'
  cd ../two
  assert_equal "$(served)" '6 compiled'
}

@test "a policy that is not whole, or has been tampered with, is refused, and made anew" {
  local offset id key size whole
  alter_make
  config its.conf 5
  settle its.conf
  served
  # Its mark, the stamp of the module, and of the policy the magic number, the version and the size.
  for offset in 0 8 56 60 64; do
    read -r id _ < <(kept | tail -n 1)
    ./alter flip "$id" "$offset"
    assert_equal "$offset: $(served)" "$offset: 5 compiled"
    assert_equal "$offset: $(served)" "$offset: 5 kept"
  done
  # Cut short: in what it was made of, in its head, by a byte.
  whole=$(ipcs --shmems | awk '$4 == 400 { print $5; exit }')
  for size in 16 60 $((whole - 1)); do
    ipcrm --all=shm
    served
    read -r id key < <(kept)
    ./alter cut "$id" "$size" "$key"
    assert_equal "$size: $(served)" "$size: 5 compiled"
    assert_equal "$size: $(served)" "$size: 5 kept"
  done
}

@test "one that its maker was killed over is replaced" {
  local id
  alter_make
  config its.conf 5
  settle its.conf
  served
  read -r id _ < <(kept)
  ./alter mode "$id" 0600
  assert_equal "$(served; served)" $'5 compiled\n5 kept'
  run ipcs --shmems
  refute_line --regexp " $id +root "
}

@test "what somebody else owns or has made, or others may write to, is not believed" {
  local id what
  alter_make
  cc -shared -fPIC -D_GNU_SOURCE -o libforeign.so -x c - <<'END'
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>
int shmctl(int id, int command, struct shmid_ds *status)
{
    const char *what = getenv("FOREIGN");
    int result = (int)syscall(SYS_shmctl, id, command, status);
    if (result >= 0 && (command == IPC_STAT || command == SHM_STAT) && what && (status->shm_perm.mode & 0777) == 0400) {
        if (strcmp(what, "owner") == 0)
            status->shm_perm.uid += 1;
        if (strcmp(what, "maker") == 0)
            status->shm_perm.cuid += 1;
    }
    return result;
}
END
  config its.conf 5
  settle its.conf
  LIBRARIES=$SHIM:$PWD/libforeign.so
  served
  read -r id _ < <(kept)
  for what in owner maker; do
    export FOREIGN=$what
    assert_equal "$what: $(served)" "$what: 5 compiled"
    # Nor is it taken away from him.
    run kept
    assert_line --regexp "^$id "
  done
  unset FOREIGN
  assert_equal "$(served)" '5 kept'
  for what in 0600 0440 0404 0420; do
    ipcrm --all=shm
    served
    read -r id _ < <(kept)
    ./alter mode "$id" "$what"
    assert_equal "$what: $(served)" "$what: 5 compiled"
  done
}

@test "where nothing can be kept all compile, without a word" {
  local before
  config its.conf 5
  settle its.conf
  before=$(</proc/sys/kernel/shmmni)
  echo 0 >/proc/sys/kernel/shmmni
  run served
  assert_output '5 compiled'
  run served
  assert_output '5 compiled'
  run env LD_PRELOAD="$LIBRARIES" true
  assert_output ''
  echo "$before" >/proc/sys/kernel/shmmni
  assert_equal "$(served; served)" $'5 compiled\n5 kept'
}

@test "many that start at a time share few, or have their own" {
  local i
  config its.conf 5
  {
    echo 'client = { rules = ( { address = "*"; port = 9; }'
    printf ', { address = "10.9.8.7"; port = %d; }\n' {1..2000} # what takes its time
    echo '); };'
  } >>its.conf
  settle its.conf
  for ((i = 0; i < 12; i++)); do
    LD_PRELOAD=$LIBRARIES /usr/bin/python3 -c "$LISTEN
print(*(line.split()[4] for line in open('/proc/self/maps') if 'r--s' in line and '/SYSV' in line))" >"told.$i" &
  done
  wait
  run bash -c 'head -q -n 1 told.* | sort -u'
  assert_output 5
  (($(tail -q -n 1 told.* | grep . | sort -u | wc -l) <= 4))
  (($(kept | wc -l) <= 4))
  assert_equal "$(served)" '5 kept'
}

# Segments tell when they were used to the second.
next_second() {
  local before=$EPOCHSECONDS
  wait_until "((EPOCHSECONDS > $before))"
}

@test "no more than 32 are kept, and those stay that are used" {
  local i
  for ((i = 0; i < 40; i++)); do
    config "$i.conf" "$((i + 1))"
  done
  settle ./*.conf
  for ((i = 0; i < 32; i++)); do
    TFOSHIM_CONFIG=$PWD/$i.conf LD_PRELOAD=$LIBRARIES /bin/true
    ((i != 8)) || next_second # the eight that are to go are the oldest for certain
  done
  assert_equal "$(kept | wc -l)" 32
  next_second
  assert_equal "$(TFOSHIM_CONFIG=$PWD/0.conf served)" '1 kept'
  for (( ; i < 40; i++)); do
    TFOSHIM_CONFIG=$PWD/$i.conf LD_PRELOAD=$LIBRARIES /bin/true
    assert_equal "$(kept | wc -l)" 32
  done
  assert_equal "$(TFOSHIM_CONFIG=$PWD/0.conf served)" '1 kept'
  assert_equal "$(TFOSHIM_CONFIG=$PWD/39.conf served)" '40 kept'
  assert_equal "$(TFOSHIM_CONFIG=$PWD/1.conf served)" '2 compiled'
}

# The command is there to say what is wrong with the file.
@test "check and explain compile it themselves" {
  local verb
  config its.conf 5
  settle its.conf
  served
  for verb in 'check its.conf' 'explain --listen 127.0.0.1:80'; do
    # shellcheck disable=SC2086
    run -0 "$TFOSHIM_BUILD/tfoshim" $verb
    assert_equal "$(kept | wc -l)" 1
  done
  printf 'server = { rules = (\n{ queue = -1; } ); };\n' >its.conf
  run "$TFOSHIM_BUILD/tfoshim" check its.conf
  assert_output --partial its.conf:2
}

# The kernel marks setuid programs. This C library says of any program that it did.
@test "a program that runs with more rights than its user neither keeps a policy nor takes a kept one" {
  local prefix system
  prefix=$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$TFOSHIM_BUILD/CMakeCache.txt")
  system=$prefix/etc
  cc -shared -fPIC -o libsecure.so -x c - <<'END'
unsigned long getauxval(unsigned long type)
{
    return type == 23; /* AT_SECURE */
}
END
  mount -t tmpfs -o mode=755 tmpfs "$system"
  config "$system/tfoshim.conf" 5
  settle "$system/tfoshim.conf"
  unset TFOSHIM_CONFIG
  LIBRARIES=$PWD/libsecure.so:$SHIM
  assert_equal "$(served)" '5 compiled'
  assert_equal "$(kept)" ''
  assert_equal "$(LIBRARIES=$SHIM served)" '5 compiled'
  assert_equal "$(LIBRARIES=$SHIM served)" '5 kept'
  assert_equal "$(served)" '5 compiled'
  umount "$system"
}
