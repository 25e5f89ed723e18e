#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tfoshim doctor: what it finds on machines, in installations and of programs with faults made for it.

# run --separate-stderr assigns stderr.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/json
  build=$(realpath "${TFOSHIM_BUILD:-$BATS_TEST_DIRNAME/../build}")
  tfoshim=$build/tfoshim
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR
  export LSAN_OPTIONS=suppressions=$BATS_TEST_DIRNAME/lsan.supp:print_suppressions=0
  # AddressSanitizer, where the command is built with it, wants nothing preloaded before it.
  export ASAN_OPTIONS=verify_asan_link_order=0
  unset TFOSHIM_CONFIG TFOSHIM_LOG TFOSHIM_DISABLE XDG_CONFIG_HOME XDG_RUNTIME_DIR LD_PRELOAD NO_COLOR
  cd "$BATS_TEST_TMPDIR" || exit
}

# Runs a shell script in a network namespace of its own, with net.ipv4.tcp_fastopen as given.
with_fastopen() { # VALUE SCRIPT [ARGUMENT...]
  # shellcheck disable=SC2016
  run --separate-stderr unshare --net sh -ec '
    ip link set lo up
    echo "$1" >/proc/sys/net/ipv4/tcp_fastopen
    script=$2
    shift 2
    eval "$script"' sh "$1" "$2" "$tfoshim" "${@:3}"
}

doctor_with_fastopen() { # VALUE
  # shellcheck disable=SC2016
  with_fastopen "$1" '"$1" doctor'
}

@test "help; arguments that are not understood" {
  run -0 --separate-stderr "$tfoshim" doctor --help
  assert_line --index 0 "usage: tfoshim doctor [--color WHEN] [--json] [PROGRAM]"
  assert_line --index 1 "       tfoshim doctor [--color WHEN] [--json] --pid N|UNIT.service"
  run -2 --separate-stderr "$tfoshim" doctor --colr=never
  assert_equal "$stderr" 'tfoshim: doctor: unknown option "--colr", did you mean "--color"?'
  run -2 --separate-stderr "$tfoshim" doctor --color=red
  assert_equal "$stderr" \
    'tfoshim: doctor: --color: found "red", expected "auto", "always" or "never"'
  run -2 --separate-stderr "$tfoshim" doctor a b
  assert_equal "$stderr" 'tfoshim: doctor: one program at a time: found "b" after "a"'
  run -2 --separate-stderr "$tfoshim" docter
  assert_equal "$stderr" 'tfoshim: unknown command "docter", did you mean "doctor"?'
}

@test "every bit of the sysctl has a name" {
  doctor_with_fastopen 3
  assert_equal "$status" 0
  assert_line "  ok       net.ipv4.tcp_fastopen is 3: client (1), server (2)"
  refute_output --partial 'sysctl -w'
  doctor_with_fastopen $((0x607))
  assert_line --partial "is 1543: client (1), server (2), client without cookies (4), server accepts \
data without cookies (0x200), server on every listener (0x400)"
  doctor_with_fastopen $((0x903))
  assert_line --partial "server (2), unused by present kernels (0x100), unknown (0x800)"
  doctor_with_fastopen $((0x607))
  assert_line --regexp '^  note +bit 4: '
}

@test "SYN data without a cookie, or for every listener, is a problem where servers take any" {
  local bit
  for bit in 0x200 0x400; do
    doctor_with_fastopen $((bit | 3))
    assert_equal "$bit $status" "$bit 1"
    assert_line --regexp "^  problem +bit $bit: "
    assert_line "           now: sysctl -w net.ipv4.tcp_fastopen=3"
    doctor_with_fastopen $((bit | 1))
    assert_equal "$bit $status" "$bit 0"
    assert_line --regexp "^  note +bit $bit: "
  done
}

@test "a client's bit that is not set is a problem, and the command given mends it" {
  doctor_with_fastopen 0
  assert_equal "$status" 1
  assert_line \
    "  problem  net.ipv4.tcp_fastopen is 0: off: no client can use Fast Open"
  assert_line "           now: sysctl -w net.ipv4.tcp_fastopen=3"
  assert_line "           always: echo 'net.ipv4.tcp_fastopen = 3' >/etc/sysctl.d/60-tfoshim.conf"
  # shellcheck disable=SC2016
  with_fastopen 0 '
    eval "$("$1" doctor | sed -n "s/.* now: sysctl -w/sysctl -qw/p")"
    "$1" doctor'
  assert_equal "$status" 0
  assert_line "  ok       net.ipv4.tcp_fastopen is 3: client (1), server (2)"
}

@test "a server's bit that is not set is worth a note" {
  doctor_with_fastopen 1
  assert_equal "$status" 0
  assert_line \
    "  note     servers here accept no SYN data: the server bit (2) is not set"
  assert_line "           now: sysctl -w net.ipv4.tcp_fastopen=3"
}

@test "in a container that may not set it, whoever starts the container is told" {
  # The tests are in a process namespace of their own, as a container is.
  doctor_with_fastopen 3
  assert_line --regexp '^  note +this seems to be a container: settings, cookies and counters are '
  # shellcheck disable=SC2016
  with_fastopen 0 '
    mount --bind /proc/sys/net /proc/sys/net
    mount -o remount,bind,ro /proc/sys/net
    trap "umount /proc/sys/net" EXIT
    "$1" doctor'
  assert_equal "$status" 1
  assert_line "           outside: this container cannot set it; its engine can: --sysctl net.ipv4.tcp_fastopen=3"
  refute_output --partial "sysctl -w"
}

@test "the cookie key and black hole detection" {
  # shellcheck disable=SC2016
  with_fastopen 1 '
    echo 0 >/proc/sys/net/ipv4/tcp_fastopen_blackhole_timeout_sec
    "$1" doctor
    echo 3600 >/proc/sys/net/ipv4/tcp_fastopen_blackhole_timeout_sec
    sysctl -qw net.ipv4.tcp_fastopen_key=1-2-3-4,5-6-7-8
    "$1" doctor'
  assert_line --partial "the kernel creates one when a listener first uses Fast Open"
  assert_line --partial "black holes: the kernel's detection is off"
  assert_line --partial "cookie key: set, with a backup; servers behind one address must share it"
  assert_line --regexp "^  note +black holes: .* of this namespace for 3600 s"
  refute_output --partial 00000001
}

@test "the kernel's counters, with what failures mean" {
  # A cookie, a fast open, and one with a cookie that a new key has made void.
  cat >open.py <<'END'
import socket, subprocess
listener = socket.socket()
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)
listener.bind(("127.0.0.1", 0))
listener.listen()
for key in "", "", "9-9-9-9":
    if key:
        subprocess.run(["sysctl", "-qw", "net.ipv4.tcp_fastopen_key=" + key], check=True)
    client = socket.socket()
    client.sendto(b"data", socket.MSG_FASTOPEN, listener.getsockname())
    listener.accept()[0].recv(4)
    client.close()
END
  # shellcheck disable=SC2016
  with_fastopen 3 'python3 open.py && "$1" doctor'
  assert_equal "$status" 0
  assert_line --partial "  ok       TCPFastOpenActive 1: "
  assert_line --partial "  ok       TCPFastOpenPassive 1: "
  assert_line --partial "  ok       TCPFastOpenCookieReqd 1: "
  assert_line --partial "  note     TCPFastOpenPassiveFail 1: "
  assert_line --regexp 'TCPFastOpenPassiveFail 1: .* the key was changed'
  assert_line --partial "  ok       TCPFastOpenListenOverflow 0: "
}

@test "the library and its module" {
  mkdir -p alone
  cp "$tfoshim" alone/
  run -1 alone/tfoshim doctor
  assert_line --regexp "^  problem  library: /.*/libtfoshim.so"
  cp "$build/libtfoshim.so" alone/
  run -1 alone/tfoshim doctor
  assert_line "  ok       library: $PWD/alone/libtfoshim.so"
  assert_line --regexp "^  problem  module: $PWD/alone/libtfoshim-policy.so: No such file"
  cp "$build/libtfoshim-policy.so" alone/
  run -0 alone/tfoshim doctor
  assert_line --partial "  ok       module that reads the configuration: $PWD/alone/"
  assert_line "  note     compiler: $PWD/alone/tfoshim-compile: No such file or directory: running programs do not \
apply a changed configuration"
  cp "$build/tfoshim-compile" alone/
  run -0 alone/tfoshim doctor
  refute_line --partial compiler
}

@test "the configuration: none, valid, useless, wrong" {
  TFOSHIM_CONFIG='' run -0 "$tfoshim" doctor
  assert_line "  ok       configuration: no file, so the built-in policy applies"
  export TFOSHIM_CONFIG=$PWD/t.conf
  echo 'client = { default = "on"; };' >t.conf
  run -0 "$tfoshim" doctor
  assert_line "  ok       configuration: $PWD/t.conf"
  echo 'client = { rules = ( { port = 80; fastopen = "off"; } ); };' >t.conf
  run -0 "$tfoshim" doctor
  assert_line "  note     configuration: $PWD/t.conf enables nothing"
  printf 'client = {\n  default = "yes";\n  rules = { };\n};\n' >t.conf
  run -1 "$tfoshim" doctor
  assert_line "  problem  configuration: $PWD/t.conf:2: default: found \"yes\", expected \"on\" or \"off\""
  assert_line "           all errors: tfoshim check $PWD/t.conf"
}

@test "the log" {
  local config=$PWD/t.conf
  echo "log = { to = \"$PWD/log\"; };" >t.conf
  TFOSHIM_CONFIG=$config run -0 "$tfoshim" doctor
  refute_output --partial "  log: "
  ln -s /nowhere log
  TFOSHIM_CONFIG=$config run -0 "$tfoshim" doctor
  assert_line "  note     log: $PWD/log: found a symbolic link, expected a regular file: user $EUID cannot write to it"
}

@test "the memory of destinations" {
  mkdir -m 700 runtime
  XDG_RUNTIME_DIR=$PWD/runtime run -0 "$tfoshim" doctor
  assert_line "  ok       memory of destinations: $PWD/runtime/tfoshim/memory, created when it is needed"
  # A look does not make it; a program does.
  [[ ! -e runtime/tfoshim ]]
  XDG_RUNTIME_DIR=$PWD/runtime run -0 "$tfoshim" run true
  XDG_RUNTIME_DIR=$PWD/runtime run -0 "$tfoshim" doctor
  assert_line "  ok       memory of destinations: $PWD/runtime/tfoshim/memory"
  # Whoever is not root has no other place for a file than the one that is named.
  XDG_RUNTIME_DIR=$PWD/runtime run -0 unshare --user --map-user=1000 "$tfoshim" doctor
  assert_line "  ok       memory of destinations: $PWD/runtime/tfoshim/memory"
  XDG_RUNTIME_DIR=/not/there run -0 unshare --user --map-user=1000 "$tfoshim" doctor
  assert_line "  ok       memory of destinations: the default one of user 1000, who has no runtime directory"
  : >runtime/tfoshim/memory
  chmod 666 runtime/tfoshim/memory
  XDG_RUNTIME_DIR=$PWD/runtime run -0 "$tfoshim" doctor
  assert_line --regexp "^  note +memory of destinations: $PWD/runtime/tfoshim/memory: found a file of another mode, expected mode 0600: the default one of user $EUID is used"
  # Nor is there any where the kernel or a sandbox has no shared memory.
  cc -shared -fPIC -o refuse.so -x c - <<<'#include <errno.h>
int shmget(int key, unsigned long size, int flags) { return key + (int)size + flags, errno = ENOSYS, -1; }'
  LD_PRELOAD=$PWD/refuse.so run -0 "$tfoshim" doctor
  assert_line --regexp '^  note +memory of destinations: shared memory is not available \(shmget: Function not implemented\): each process'
}

@test "the environment" {
  run -0 "$tfoshim" doctor
  refute_output --partial LD_PRELOAD
  for name in libtorsocks.so libtorsocks.so.0.0.0 libproxychains.so.4 libproxychains4.so libasan.so.8; do
    cc -shared -o "$name" -x c - <<<'extern int nothing; int nothing;'
    LD_PRELOAD=$PWD/$name run -0 "$tfoshim" doctor
    assert_line --regexp "^  note +LD_PRELOAD has $name, which "
  done
  assert_line --partial 'has libasan.so.8, which must come first: use "tfoshim run", which appends the library'
  LD_PRELOAD=$PWD/libtorsocks.so run -0 "$tfoshim" doctor
  assert_line --partial "Fast Open works at most for the connections that it opens itself"
  TFOSHIM_DISABLE=1 run -1 "$tfoshim" doctor
  assert_line "  problem  TFOSHIM_DISABLE is set: the library does nothing"
  TFOSHIM_LOG=loud run -0 "$tfoshim" doctor
  assert_line --partial 'TFOSHIM_LOG: found "loud", expected none, error'
}

@test "a program: not there, a shared one, a static one" {
  run -1 "$tfoshim" doctor no-such-program
  assert_line "no-such-program"
  assert_line "  problem  cannot be started: no executable file of this name in \$PATH"
  printf '#include <sys/socket.h>\nint main(void) { return connect(0, 0, 0) + listen(0, 0); }\n' >p.c
  cc -o shared p.c
  run -0 "$tfoshim" doctor ./shared
  assert_line "  ok       can be preloaded"
  assert_line "  ok       calls connect() and listen()"
  echo 'int main(void) { return 0; }' >q.c
  cc -o bystander q.c
  PATH=$PATH:$PWD run -0 "$tfoshim" doctor bystander
  assert_line "  ok       found: $PWD/bystander"
  assert_line --partial "  note     does not call connect() or listen() itself"
  cc -static -o static p.c
  run -1 "$tfoshim" doctor ./static
  assert_line "  problem  it is statically linked: LD_PRELOAD has no effect on it"
  assert_line "           for a running server: tfoshim attach PID"
  strip shared
  run -0 "$tfoshim" doctor ./shared
  assert_line "  ok       calls connect() and listen()"
}

@test "a program made by the Go compiler" {
  PATH=$PATH:$build run -0 "$tfoshim" doctor promtool
  assert_line --partial "  note     compiled by Go: "
  assert_line "           for a running server: tfoshim attach PID"
}

@test "a program that changes its privileges, for whoever would gain by it" {
  local theirs=65534
  cp /bin/true set-id
  # Without root's rights over all there is nobody to give the file to but oneself.
  if [[ ! $(</proc/self/uid_map) =~ ^\ +0\ +0\ +4294967295$ ]]; then
    run -1 "$tfoshim" doctor su
    assert_line "  problem  it is set-uid: LD_PRELOAD has no effect on it"
    return
  fi
  for kind in 'u+s set-uid' 'g+s set-gid'; do
    chown "$theirs:$theirs" set-id
    chmod u-s,g-s set-id
    chmod "${kind% *}" set-id
    run -1 "$tfoshim" doctor ./set-id
    assert_line "  problem  it is ${kind#* }: LD_PRELOAD has no effect on it"
    chown 0:0 set-id
    chmod "${kind% *}" set-id
    run -0 "$tfoshim" doctor ./set-id
    assert_line "  ok       can be preloaded"
  done
}

@test "a program that is linked with AddressSanitizer's library" {
  echo 'int main(void) { return 3; }' >p.c
  cc -fsanitize=address -o sanitized p.c
  runtime=$(readelf -d sanitized | sed -n 's/.*(NEEDED).*\[\(libasan.*\)\]/\1/p')
  run -1 "$tfoshim" doctor ./sanitized
  assert_line "  problem  it is linked with $runtime, which must come first in LD_PRELOAD"
  assert_line "           now: LD_PRELOAD=$runtime tfoshim run ./sanitized"
  # That is so; and by itself it would end, so it is left alone.
  unset ASAN_OPTIONS
  LD_PRELOAD=$runtime run -3 "$tfoshim" run ./sanitized
  refute_output
  run -3 "$tfoshim" run ./sanitized
  assert_output "tfoshim: run: ./sanitized runs without TCP Fast Open: it is linked with $runtime, which \
must come first: LD_PRELOAD=$runtime tfoshim run ..."
  printf '#!%s/sanitized\n' "$PWD" >script
  chmod +x script
  run -3 "$tfoshim" run ./script
  assert_output --partial "./script runs without TCP Fast Open: it is linked with $runtime"
}

@test "a program with file capabilities, for whoever is not root" {
  cp /bin/true capable
  # CAP_NET_BIND_SERVICE, permitted and effective (linux/capability.h).
  python3 -c 'import os, struct
os.setxattr("capable", "security.capability", struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0))'
  run -0 "$tfoshim" doctor ./capable
  run -1 unshare --user "$tfoshim" doctor ./capable
  assert_line "  problem  it has file capabilities: LD_PRELOAD has no effect on it"
}

@test "a program of another architecture, a damaged one" {
  # The machine's number in the ELF header: s390.
  cp /bin/true foreign
  printf '\026\000' | dd of=foreign bs=1 seek=18 conv=notrunc status=none
  run -1 "$tfoshim" doctor ./foreign
  assert_line "  problem  it is for another architecture: LD_PRELOAD has no effect on it"
  head -c 1000 /bin/true >damaged
  chmod +x damaged
  run -0 "$tfoshim" doctor ./damaged
  : >empty
  chmod +x empty
  run -0 "$tfoshim" doctor ./empty
  assert_line --partial "neither an ELF file nor a script"
}

@test "a script is what its interpreter is" {
  printf '#!/bin/sh\n' >plain
  printf '#! /usr/bin/env -S sh -e\n' >by-env
  printf '#!%s/interpreter\n' "$PWD" >of-static
  printf '#!/not/there -x\n' >broken
  echo 'int main(void) { return 0; }' >p.c
  cc -static -o interpreter p.c
  chmod +x plain by-env of-static broken
  run -0 "$tfoshim" doctor ./plain
  assert_line "  ok       ./plain is a script: its program is /bin/sh"
  run -0 "$tfoshim" doctor ./by-env
  assert_line --regexp "^  ok +./by-env is a script: its program is /.*/sh$"
  run -1 "$tfoshim" doctor ./of-static
  assert_line "  problem  it is statically linked: LD_PRELOAD has no effect on it"
  run -1 "$tfoshim" doctor ./broken
  assert_line "  problem  ./broken is a script whose program is not found: /not/there"
  run -0 "$tfoshim" run ./of-static
  assert_output --partial "./of-static runs without TCP Fast Open: it is statically linked"
}

@test "as JSON: the findings of the text, as its page says, and the same status" {
  local value text status_of_text expected
  ln -s /bin/true program
  for value in 0x605 0 3; do
    # shellcheck disable=SC2016
    with_fastopen "$value" '"$1" doctor ./program'
    text=$output status_of_text=$status
    # shellcheck disable=SC2016
    with_fastopen "$value" '"$1" doctor --json ./program'
    assert_equal "$stderr" ""
    assert_equal "$status" "$status_of_text"
    json_assert doctor
    assert_equal "$(json_findings)" "$(grep '^  ' <<<"$text")"
    assert_equal "$(json_get 'all["problems"]')" "$(grep -c '^  problem' <<<"$text")"
    assert_equal "$(json_get 'all["program"], all["unit"], all["pid"], all["complete"]')" "('./program', None, None, True)"
    assert_equal "$(json_get '[*dict.fromkeys(one["section"] for one in all["findings"])]')" \
      "['machine', 'counters', 'installation', 'program']"
    # A title for each.
    expected=$(grep -v '^  ' <<<"$text" | sed 's/ .*//' | paste -sd ' ')
    assert_equal "$expected" "machine counters installation ./program"
  done
  assert_equal "$(json_get '[one["subject"] for one in all["findings"] if one["check"] == "counter"][0]')" TCPFastOpenActive
}

@test "as JSON: names that are no text, and mistakes" {
  local odd=$'odd "\\\n\xff'
  echo 'client = { default = "on"; };' >"$odd"
  printf '#!/bin/sh\n' >"x$odd"
  chmod +x "x$odd"
  TFOSHIM_CONFIG=$PWD/$odd run -0 "$tfoshim" doctor --json "./x$odd"
  json_assert doctor
  assert_equal "$(json_get 'ascii(all["program"])')" "'./xodd \"\\\\\\n\\ufffd'"
  assert_equal "$(json_get 'ascii([one["subject"].rpartition("/")[2] for one in all["findings"] if one["check"] == "configuration"])')" \
    "['odd \"\\\\\\n\\ufffd']"
  run -1 --separate-stderr "$tfoshim" doctor --json no-such-program
  json_assert doctor
  assert_equal "$(json_get 'all["problems"]')" 1
  run -2 --separate-stderr "$tfoshim" doctor --json a b
  refute_output
  assert_equal "$stderr" 'tfoshim: doctor: one program at a time: found "b" after "a"'
  # Where there is no room for it.
  # shellcheck disable=SC2016
  run -1 sh -c '"$1" doctor --json >/dev/full' sh "$tfoshim"
  assert_output 'tfoshim: cannot write the output: No space left on device'
}

@test "colours: on a terminal, and where they are asked for" {
  escape=$'\033'
  run -0 "$tfoshim" doctor
  refute_output --partial "$escape"
  run -0 "$tfoshim" doctor --color=always
  assert_output --partial "${escape}[32mok"
  run -0 script -qec "$tfoshim doctor" /dev/null
  assert_output --partial "${escape}[32mok"
  NO_COLOR=1 run -0 script -qec "$tfoshim doctor" /dev/null
  refute_output --partial "$escape"
  run -0 script -qec "$tfoshim doctor --color never" /dev/null
  refute_output --partial "$escape"
}
