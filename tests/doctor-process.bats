#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tfoshim doctor: what it finds of processes that run, and of services.

# run --separate-stderr assigns stderr; the scripts have arguments of their own.
# shellcheck disable=SC2154,SC2016

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# Listens on two ports, and says what queue each has.
LISTENERS='
import signal, socket
listeners = [socket.create_server(("127.0.0.1", port)) for port in (8080, 8081)]
print(*(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN) for one in listeners), flush=True)
signal.pause()'

setup() {
  load lib/json
  load lib/network
  tfoshim=$TFOSHIM_BUILD/tfoshim
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR
  export LSAN_OPTIONS=suppressions=$BATS_TEST_DIRNAME/lsan.supp:print_suppressions=0
  export ASAN_OPTIONS=verify_asan_link_order=0
  unset TFOSHIM_CONFIG TFOSHIM_LOG TFOSHIM_DISABLE XDG_CONFIG_HOME XDG_RUNTIME_DIR LD_PRELOAD NO_COLOR
  cd "$BATS_TEST_TMPDIR" || exit
  pid=
}

teardown() {
  stop
}

stop() {
  [[ -z $pid ]] || kill "$pid" 2>/dev/null || true
  pid=
}

has_begun() {
  [[ -s said ]] || ! kill -0 "$pid"
}

# Starts a program, which is then the process `pid`, and waits until it has said something.
start() { # COMMAND...
  stop
  : >said
  # File descriptor 3 is Bats's: a process that keeps it open keeps Bats waiting.
  "$@" >said 2>errors 3>&- &
  pid=$!
  wait_until has_begun
  [[ -s said ]] || fail "nothing from: $*: $(<errors)"
}

# The words that enter a network namespace of its own, with net.ipv4.tcp_fastopen as given.
with_fastopen() { # VALUE
  WITH=(unshare --net sh -ec 'ip link set lo up; echo "$1" >/proc/sys/net/ipv4/tcp_fastopen; shift; exec "$@"' - "$1")
}

doctor() { # [COMMAND...]
  run --separate-stderr "$@" "$tfoshim" doctor --pid "$pid"
}

assert_listener() { # PORT REGEX
  assert_line --regexp "^  [a-z]+ +listener 127\.0\.0\.1:$1: $2$"
}

# A policy that other processes can share: what has just been written they cannot.
settle() { # FILE
  wait_until "[[ -z \$(find ${1@Q} $TFOSHIM_BUILD/libtfoshim-policy.so -newerct '2.1 seconds ago') ]]"
}

# A program that says its name and waits; with an argument, after it has written over its environment.
compile() { # FILE [OPTION]...
  cc -o "$1" "${@:2}" -x c - <<'END'
#include <stdio.h>
#include <string.h>
#include <unistd.h>
extern char **environ;
#ifdef GO
__attribute__((section(".go.buildinfo"))) char go = 1;
#endif
int main(int count, char **words) {
  for (char **at = environ; count > 1 && *at; at++) memset(*at, 0, strlen(*at));
  puts(words[0]);
  fflush(stdout);
  return pause();
}
END
}

@test "arguments that are not understood; a process that is not there" {
  local number
  for number in 0 -1 x 4294967297; do
    run -2 "$tfoshim" doctor "--pid=$number"
    assert_output "tfoshim: doctor: --pid: found \"$number\", expected a number from 1 to 2147483647"
  done
  run -2 "$tfoshim" doctor --pid 1 cat
  assert_output 'tfoshim: doctor: found "cat" and --pid, expected one of them, see tfoshim doctor --help'
  run -1 "$tfoshim" doctor --pid 999999999
  assert_output 'tfoshim: doctor: there is no process 999999999'
  run -1 "$tfoshim" doctor 4711
  assert_line '           a process: tfoshim doctor --pid 4711'
  run -1 "$tfoshim" doctor no-such
  assert_line '           a systemd service: tfoshim doctor no-such.service'
}

# ---- with the library ----

@test "a process that has the library: what it goes by, and its listeners" {
  local first second
  start "$tfoshim" run /usr/bin/python3 -c "$LISTENERS"
  doctor
  assert_success
  assert_equal "$stderr" ''
  assert_line --index 0 "process $pid (python3)"
  assert_line --regexp '^  ok +program: /usr/bin/python3'
  assert_line --regexp '^  ok +user: .*\(0\)$'
  assert_line "  ok       library: $TFOSHIM_BUILD/libtfoshim.so"
  assert_line '  ok       configuration: no file, so the built-in policy applies'
  assert_line '  ok       memory of destinations: /run/tfoshim/memory'
  assert_line '  ok       net.ipv4.tcp_fastopen is 3: client (1), server (2)'
  read -r first second <said
  ((first > 0 && second > 0))
  assert_listener 8080 "accepts SYN data, with a queue of $first"
  assert_listener 8081 "accepts SYN data, with a queue of $second"
}

@test "listeners that its policy does not enable, and by which rule" {
  local first second
  printf '%s\n' 'server = {' '  default = "on";' '  rules = (' \
    '    { port = 8080; program = "cat"; fastopen = "off"; },' \
    '    { port = 8081; program = "python3"; user = "0"; fastopen = "off"; }' '  );' '};' >t.conf
  # Compiled by the process for itself, and later shared.
  start "$tfoshim" run -c t.conf /usr/bin/python3 -c "$LISTENERS"
  doctor
  assert_success
  assert_line "  ok       configuration: $PWD/t.conf, in a private copy"
  read -r first second <said
  ((first > 0 && second == 0))
  assert_listener 8080 "accepts SYN data, with a queue of $first"
  assert_listener 8081 "accepts no SYN data: the policy does not enable it, by the rule at $PWD/t.conf:5"
  settle t.conf
  start "$tfoshim" run -c t.conf /usr/bin/python3 -c "$LISTENERS"
  doctor
  assert_success
  assert_line "  ok       configuration: $PWD/t.conf, version $("$tfoshim" check t.conf | sed -n 's/^version //p')"
  assert_listener 8080 "accepts SYN data, with a queue of $first"
  assert_listener 8081 "accepts no SYN data: the policy does not enable it, by the rule at $PWD/t.conf:5"
  # Its group's default.
  echo 'client = { default = "on"; };' >t.conf
  start "$tfoshim" run -c t.conf /usr/bin/python3 -c "$LISTENERS"
  assert_equal "$(<said)" '0 0'
  doctor
  assert_listener 8081 "accepts no SYN data: the policy does not enable it, by the default of \"server\" in $PWD/t.conf: no rule matches"
}

@test "a configuration that has errors, from the beginning and later" {
  echo 'client = { default = "yes"; };' >t.conf
  settle t.conf
  for _ in made shared; do
    start env TFOSHIM_CONFIG="$PWD/t.conf" "$tfoshim" run /usr/bin/python3 -c "$LISTENERS"
  done
  doctor
  assert_failure 1
  assert_line "  problem  configuration: $PWD/t.conf:1: default: found \"yes\", expected \"on\" or \"off\": \
the library does nothing until this is corrected"
  echo 'server = { default = "on"; };' >t.conf
  settle t.conf
  start "$tfoshim" run -c t.conf /usr/bin/python3 -c "$LISTENERS"
  # A process that sleeps takes nothing up.
  echo 'server = { default = "off"; };' >t.conf
  doctor
  assert_success
  assert_line --regexp "^  ok +configuration: $PWD/t.conf, version [0-9a-f]{8}$"
  assert_line --partial "  note     configuration: it has changed since (version $("$tfoshim" check t.conf | sed -n 's/^version //p')): "
}

@test "a program that takes its listener's option back, one that has set it, and Multipath TCP" {
  local own='
import signal, socket, sys
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, int(sys.argv[1]))
listener.bind(("127.0.0.1", 8080))
listener.listen()
if sys.argv[2]:
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, int(sys.argv[2]))
print("ready", flush=True)
signal.pause()'
  start "$tfoshim" run /usr/bin/python3 -c "$own" 0 0
  doctor
  assert_success
  assert_listener 8080 'accepts no SYN data: the policy enables it, but .* switched it off.*'
  start "$tfoshim" run /usr/bin/python3 -c "$own" 262 ''
  doctor
  assert_success
  assert_listener 8080 'accepts no SYN data: the library leaves listeners of Multipath TCP alone'
  start /usr/bin/python3 -c "$own" 0 7
  doctor
  assert_failure 1
  assert_listener 8080 'accepts SYN data, with a queue of 7, by its program or by "tfoshim attach"'
}

@test "a library that has been replaced, that is another one, or that is switched off" {
  mkdir other
  cp "$TFOSHIM_BUILD"/libtfoshim{,-policy}.so other/
  start env LD_PRELOAD="$PWD/other/libtfoshim.so" /usr/bin/python3 -c "$LISTENERS"
  doctor
  assert_success
  assert_line "  ok       library: $PWD/other/libtfoshim.so"
  assert_line "  note     library: not the one that belongs to this command"
  cp other/libtfoshim.so other/new
  mv other/new other/libtfoshim.so
  doctor
  assert_success
  assert_line "  note     library: $PWD/other/libtfoshim.so, which was replaced or removed since: the process uses the \
old one until it is restarted"
  start env TFOSHIM_DISABLE=1 "$tfoshim" run /usr/bin/python3 -c "$LISTENERS"
  assert_equal "$(<said)" '0 0'
  doctor
  assert_failure 1
  assert_line '  problem  TFOSHIM_DISABLE is set: the library does nothing'
  assert_line --partial '  note     memory of destinations: not shared: '
  assert_listener 8080 'accepts no SYN data: TFOSHIM_DISABLE is set'
  start env TFOSHIM_DRY_RUN=1 "$tfoshim" run /usr/bin/python3 -c "$LISTENERS"
  doctor
  assert_success
  assert_listener 8080 'accepts no SYN data: TFOSHIM_DRY_RUN is set'
}

@test "the memory that it has: a file's, its user's, one whose file has gone" {
  mkdir -m 700 runtime
  compile waits
  start env XDG_RUNTIME_DIR="$PWD/runtime" "$tfoshim" run ./waits
  doctor
  assert_success
  assert_line "  ok       memory of destinations: $PWD/runtime/tfoshim/memory"
  rm runtime/tfoshim/memory
  doctor
  assert_success
  assert_line --partial '  note     memory of destinations: its file was removed or replaced since: '
  # Root has a file in /run, unless others may write there.
  start unshare --mount sh -ec 'mount -t tmpfs -o mode=777 tmpfs /run; exec "$@"' - "$tfoshim" run ./waits
  doctor
  assert_success
  assert_line '  ok       memory of destinations: the default one of user 0, who has no runtime directory'
  start unshare --ipc "$tfoshim" run ./waits
  doctor
  assert_success
  assert_line '  note     memory of destinations: cannot be seen: the process is in another IPC namespace'
}

@test "as JSON: the findings of the text, of a process that has the library and of one that has not" {
  local text command status_of_text
  for command in "$tfoshim run" env; do
    # shellcheck disable=SC2086
    start $command /usr/bin/python3 -c "$LISTENERS"
    doctor
    text=$output status_of_text=$status
    run --separate-stderr "$tfoshim" doctor --json --pid "$pid"
    assert_equal "$stderr" ''
    assert_equal "$status" "$status_of_text"
    json_assert doctor
    assert_equal "$(json_findings)" "$(grep '^  ' <<<"$text")"
    assert_equal "$(json_get 'all["pid"], all["program"], all["unit"], all["complete"]')" "($pid, None, None, True)"
    assert_equal "$(json_get '{one["section"] for one in all["findings"]}')" "{'process'}"
    assert_equal "$(json_get '[one["subject"] for one in all["findings"] if one["check"] == "listener"]')" \
      "['127.0.0.1:8080', '127.0.0.1:8081']"
  done
  # Nothing of it can be examined; and not all.
  run -1 --separate-stderr "$tfoshim" doctor --json --pid 999999999
  assert_equal "$stderr" 'tfoshim: doctor: there is no process 999999999'
  json_assert doctor
  assert_equal "$(json_get 'all["complete"], all["problems"], all["findings"]')" '(False, 0, [])'
  run -1 --separate-stderr unshare --user --map-user=1000 "$tfoshim" doctor --json --pid "$pid"
  json_assert doctor
  assert_regex "$stderr" 'cannot duplicate the sockets'
  assert_equal "$(json_get 'all["complete"]')" False
}

# ---- without ----

@test "why the library is not in a process: it was not preloaded" {
  compile waits
  start ./waits
  doctor
  assert_failure 1
  assert_line '  problem  library: not in the process: LD_PRELOAD was not set when it was started'
  assert_line '           restart it: tfoshim run PROGRAM ...'
  assert_line "           for a running server: tfoshim attach $pid"
  refute_line --partial 'configuration:'
  assert_line --regexp '^  ok +listeners: none of its 0 sockets '
  cc -shared -o else.so -x c - <<<'extern int nothing; int nothing;'
  start env LD_PRELOAD="$PWD/else.so" ./waits
  doctor
  assert_failure 1
  assert_line '  problem  library: not in the process: LD_PRELOAD did not contain it when it was started'
  start env LD_PRELOAD="$PWD/else.so $PWD/not/libtfoshim.so" TFOSHIM_DISABLE=1 ./waits
  doctor
  assert_failure 1
  assert_line "  problem  library: not in the process: its LD_PRELOAD names $PWD/not/libtfoshim.so, which is not there"
  echo damaged >libtfoshim.so
  start env LD_PRELOAD="$PWD/libtfoshim.so" ./waits
  doctor
  assert_failure 1
  assert_line --regexp "^  problem +library: not in the process: its LD_PRELOAD names $PWD/libtfoshim.so, which its user cannot read"
  start env TFOSHIM_DISABLE=1 ./waits
  doctor
  assert_line '  note     TFOSHIM_DISABLE is set: the library would do nothing'
  start env LD_PRELOAD="$PWD/not/libtfoshim.so" ./waits now
  doctor
  assert_failure 1
  assert_line '  note     environment: unknown, as the program has overwritten it'
  assert_line --partial '  problem  library: not in the process; its LD_PRELOAD is unknown'
}

@test "why the library is not in a process: static, Go, more rights than its user" {
  compile static -static -DGO
  start "$tfoshim" run ./static
  doctor
  assert_failure 1
  assert_line '  problem  library: not in the process: it is statically linked: LD_PRELOAD has no effect on it'
  assert_line --partial '  note     compiled by Go: '
  assert_line "           for a running server: tfoshim attach $pid"
  # CAP_NET_BIND_SERVICE, permitted and effective (linux/capability.h), for who is not root.
  compile capable
  /usr/bin/python3 -c 'import os, struct
os.setxattr("capable", "security.capability", struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0))'
  start unshare --user --map-user=1000 "$tfoshim" run ./capable
  doctor
  assert_failure 1
  assert_line '  problem  library: not in the process: it was started with additional privileges (set-uid, set-gid or file capabilities), so LD_PRELOAD had no effect'
}

@test "a program that has been removed since, and a process that has none" {
  compile waits
  start "$tfoshim" run ./waits
  rm waits
  doctor
  assert_success
  assert_line "  note     program: $PWD/waits, which was replaced or removed since"
  start /usr/bin/python3 -c 'import os, signal
child = os.fork()
if child == 0:
    os._exit(0)
print(child, flush=True)
signal.pause()'
  wait_until "grep -q '^State:.Z' /proc/$(<said)/status"
  run -1 "$tfoshim" doctor --pid "$(<said)"
  assert_line '  problem  it has no program: it has ended, or is a kernel thread'
}

# ---- where, and who may look ----

@test "the kernel's settings are those of the process's network namespace" {
  local first second
  with_fastopen 1
  start "${WITH[@]}" "$tfoshim" run /usr/bin/python3 -c "$LISTENERS"
  read -r first second <said
  ((first > 0 && second > 0))
  doctor
  assert_failure 1
  assert_line --partial '  note     it is in another network namespace than this command, '
  assert_line '  ok       net.ipv4.tcp_fastopen is 1: client (1)'
  assert_line "           now: nsenter --net --target $pid sysctl -w net.ipv4.tcp_fastopen=3"
  assert_line --regexp '^  problem +listener 127\.0\.0\.1:8080: has TCP_FASTOPEN, but net\.ipv4\.tcp_fastopen is 1 in its network namespace: '
  # From there it is its own.
  doctor nsenter --net --target "$pid"
  assert_failure 1
  refute_line --partial 'another network namespace'
  assert_line '           now: sysctl -w net.ipv4.tcp_fastopen=3'
  # The command given mends it.
  eval "$("$tfoshim" doctor --pid "$pid" | sed -n 's/.* now: //p')"
  doctor
  assert_success
  assert_listener 8080 "accepts SYN data, with a queue of $first"
  doctor setpriv --bounding-set=-sys_admin,-net_admin
  assert_line "           only root can read its setting: nsenter --net --target $pid sysctl net.ipv4.tcp_fastopen"
  with_fastopen 0
  start "${WITH[@]}" /usr/bin/python3 -c "$LISTENERS"
  doctor
  assert_line '  problem  net.ipv4.tcp_fastopen is 0: off: no client can use Fast Open'
  assert_listener 8080 'accepts no SYN data: the process does not have the library; net\.ipv4\.tcp_fastopen does not allow it either'
}

@test "who may not look, and who may" {
  start "$tfoshim" run /usr/bin/python3 -c "$LISTENERS"
  doctor unshare --user --map-user=1000
  assert_failure 1
  assert_line '  note     library: cannot be examined: Permission denied'
  assert_equal "$stderr" "tfoshim: doctor: cannot duplicate the sockets of process $pid (python3): Permission denied
tfoshim: doctor: the process has more privileges than its user, or is not dumpable (PR_SET_DUMPABLE of prctl(2)): sudo tfoshim doctor ..."
  # Who may look and not take sees the rest.
  doctor "$TFOSHIM_BUILD/tests/programs/sandbox" EPERM getfd
  assert_failure 1
  assert_line "  ok       library: $TFOSHIM_BUILD/libtfoshim.so"
  refute_line --partial 'listener'
  assert_regex "$stderr" 'a sandbox \(seccomp\) forbids this'
}

# ---- services ----

# The command, where a systemctl that has been told what to answer, and the drop-ins of `system`, are the machine's.
by_unit() { # UNIT [OPTION]
  run --separate-stderr env "PATH=$PWD/bin:$PATH" unshare --mount sh -ec \
    'mount --bind "$1" /etc/systemd/system && shift && exec "$@"' - "$PWD/system" "$tfoshim" doctor "$@"
}

unit_make() { # UNIT LOADED PID
  mkdir -p bin units system
  printf '%s\n' '#!/bin/sh' 'for unit; do :; done; cat "${0%/*}/../units/$unit"' >bin/systemctl
  chmod +x bin/systemctl
  printf '%s\n' "LoadState=$2" "MainPID=$3" 'ControlGroup=' >"units/$1"
}

@test "a service: its drop-in, and its main process" {
  start /usr/bin/python3 -c "$LISTENERS"
  unit_make web.service loaded "$pid"
  by_unit web.service
  assert_failure 1
  assert_line --index 0 web.service
  assert_line '  note     drop-in: there is no /etc/systemd/system/web.service.d/50-tfoshim.conf'
  assert_line "process $pid (python3)"
  assert_line '  problem  library: not in the process: LD_PRELOAD was not set when it was started'
  assert_line '           restart it: tfoshim enable web.service && systemctl daemon-reload && systemctl restart web.service'
  # What is done about it; the process still runs without.
  mkdir system/web.service.d
  printf '%s\n' '# Made by "tfoshim enable"; "tfoshim disable" takes it away.' '[Service]' \
    >system/web.service.d/50-tfoshim.conf
  by_unit web.service
  assert_failure 1
  assert_line '  ok       drop-in: /etc/systemd/system/web.service.d/50-tfoshim.conf'
  assert_line '  problem  library: not in the process: LD_PRELOAD was not set when it was started, before the drop-in took effect'
  assert_line '           restart it: systemctl daemon-reload && systemctl restart web.service'
  start "$tfoshim" run /usr/bin/python3 -c "$LISTENERS"
  unit_make web.service loaded "$pid"
  by_unit web.service
  assert_success
  assert_line "  ok       library: $TFOSHIM_BUILD/libtfoshim.so"
  assert_line --partial '  ok       listener 127.0.0.1:8080: accepts SYN data'
  echo '[Service]' >system/web.service.d/50-tfoshim.conf
  by_unit web.service
  assert_line '  note     drop-in: /etc/systemd/system/web.service.d/50-tfoshim.conf, which tfoshim did not create'
}

@test "as JSON: a service" {
  local text
  start /usr/bin/python3 -c "$LISTENERS"
  unit_make web.service loaded "$pid"
  by_unit web.service
  text=$output
  by_unit web.service --json
  assert_failure 1
  json_assert doctor
  assert_equal "$(json_findings)" "$(grep '^  ' <<<"$text")"
  assert_equal "$(json_get 'all["unit"], all["pid"], all["program"]')" "('web.service', $pid, None)"
  assert_equal "$(json_get '[*dict.fromkeys(one["section"] for one in all["findings"])]')" "['service', 'process']"
  unit_make idle.service loaded 0
  by_unit idle.service --json
  assert_failure 1
  assert_equal "$stderr" 'tfoshim: doctor: idle.service is not running'
  json_assert doctor
  assert_equal "$(json_get 'all["unit"], all["pid"], all["complete"], len(all["findings"])')" "('idle.service', None, False, 1)"
}

@test "a service that is not there, or does not run" {
  unit_make idle.service loaded 0
  by_unit idle.service
  assert_failure 1
  assert_line '  note     drop-in: there is no /etc/systemd/system/idle.service.d/50-tfoshim.conf'
  assert_equal "$stderr" 'tfoshim: doctor: idle.service is not running'
  unit_make none.service not-found 0
  by_unit none.service
  assert_failure 1
  assert_equal "$stderr" 'tfoshim: doctor: there is no unit none.service'
}
