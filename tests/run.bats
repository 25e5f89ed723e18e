#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tfoshim and tfoshim run: how programs are started, and what is reported of them at the end. What happens
# to their connections is tested elsewhere.

# run --separate-stderr assigns stderr.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  build=$(realpath "${TFOSHIM_BUILD:-$BATS_TEST_DIRNAME/../build}")
  tfoshim=$build/tfoshim
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR
  unset TFOSHIM_CONFIG XDG_CONFIG_HOME LD_PRELOAD
  # AddressSanitizer, where the command is built with it, wants nothing preloaded before it.
  export ASAN_OPTIONS=verify_asan_link_order=0
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  ! declare -F network_down >/dev/null || network_down
}

# A network, a server on it, and the memory of a client that has been there.
with_network() {
  load lib/network
  load programs/programs
  tools_required
  network_up --rtt 20
  reference_start answer
  prime "$SERVER_IP4"
  export XDG_RUNTIME_DIR=$NETWORK_DIR TFOSHIM_CONFIG=$CONF/on.conf
}

# The command by itself, with a library beside it that does nothing.
alone() {
  mkdir -p alone
  cp "$tfoshim" alone/
  cc -shared -o alone/libtfoshim.so -x c - <<<'extern int nothing; int nothing;'
  tfoshim=$PWD/alone/tfoshim library=$PWD/alone/libtfoshim.so
}

# Prints what the program it starts finds in a variable.
value_of() {
  local name=$1
  shift
  # shellcheck disable=SC2016
  run -0 --separate-stderr "$tfoshim" run "$@" sh -c 'eval "printf %s \"\${$1-unset}\""' - "$name"
}

@test "help and version go to stdout" {
  run -0 --separate-stderr "$tfoshim" --help
  assert_line --index 0 "usage: tfoshim COMMAND [ARGUMENT...]"
  assert_line --regexp '^  run +'
  assert_line --regexp '^  check +'
  assert_equal "$stderr" ""
  run -0 "$tfoshim" help explain
  assert_output "$("$tfoshim" explain --help)"
  assert_equal "$("$tfoshim" help)" "$("$tfoshim" --help)"
  assert_equal "$("$tfoshim" version)" "$("$tfoshim" --version)"
  run -0 --separate-stderr "$tfoshim" --version
  assert_output --regexp '^tfoshim [0-9]+\.[0-9]+\.[0-9]+$'
  run -0 --separate-stderr "$tfoshim" run --help
  assert_line --index 0 "usage: tfoshim run [-c FILE] [--log LEVEL] [--stats | --dry-run] [--] PROGRAM [ARGUMENT...]"
}

@test "unknown commands and options are answered with the nearest" {
  run -2 --separate-stderr "$tfoshim" chek
  assert_equal "$stderr" 'tfoshim: unknown command "chek", did you mean "check"?'
  run -2 --separate-stderr "$tfoshim" rnu
  assert_equal "$stderr" 'tfoshim: unknown command "rnu", did you mean "run"?'
  run -2 --separate-stderr "$tfoshim" frobnicate
  assert_equal "$stderr" 'tfoshim: unknown command "frobnicate", see tfoshim --help'
  run -2 --separate-stderr "$tfoshim" --verison
  assert_equal "$stderr" 'tfoshim: unknown option "--verison", did you mean "--version"?'
  run -2 --separate-stderr "$tfoshim" -x
  assert_equal "$stderr" 'tfoshim: unknown option "-x", see tfoshim --help'
  run -2 --separate-stderr "$tfoshim"
  assert_equal "$stderr" 'tfoshim: no command given, see tfoshim --help'
}

@test "each command has --help, and answers an unknown option with the nearest" {
  verbs=$("$tfoshim" --help | awk '/^commands:/ { on = 1; next } !NF { on = 0 } on { print $1 }')
  (($(wc -w <<<"$verbs") >= 9))
  for verb in $verbs; do
    run -0 --separate-stderr "$tfoshim" "$verb" --help
    assert_equal "$stderr" ""
    assert_line --index 0 --regexp "^usage: tfoshim $verb "
    run -2 --separate-stderr "$tfoshim" "$verb" --hlep
    assert_output ""
    assert_equal "$stderr" "tfoshim: $verb: unknown option \"--hlep\", did you mean \"--help\"?"
    run -2 --separate-stderr "$tfoshim" "$verb" -x
    assert_equal "$stderr" "tfoshim: $verb: unknown option \"-x\", see tfoshim $verb --help"
  done
}

@test "colours: on a terminal alone, unless something is said" {
  escape=$'\033'
  echo 'client = { default = "on"; };' >t.conf
  for verb in check:t.conf doctor: explain:127.0.0.1 stat: cookies: probe:127.0.0.1:1; do
    # shellcheck disable=SC2206
    arguments=(${verb%%:*} --color=WHEN ${verb#*:})
    painted() { # WHEN [NAME=VALUE]...
      local command="$tfoshim ${arguments[*]/WHEN/$1}"
      [[ $(env "${@:2}" script -qec "$command" /dev/null) == *"$escape"* ]] && echo yes || echo no
    }
    # Some may have nothing to paint here.
    ink=$([[ $("$tfoshim" "${arguments[@]/WHEN/always}" 2>/dev/null) == *"$escape"* ]] && echo yes || echo no)
    assert_equal "$verb $(painted auto NO_COLOR= TERM=xterm)" "$verb $ink"
    assert_equal "$verb $(painted auto NO_COLOR=1 TERM=xterm)" "$verb no"
    assert_equal "$verb $(painted auto NO_COLOR= TERM=dumb)" "$verb no"
    assert_equal "$verb $(painted always NO_COLOR=1 TERM=dumb)" "$verb $ink"
    assert_equal "$verb $(painted never NO_COLOR= TERM=xterm)" "$verb no"
    run "$tfoshim" "${arguments[@]/WHEN/auto}"
    refute_output --partial "$escape"
    run -2 "$tfoshim" "${verb%%:*}" --color=red
    assert_output "tfoshim: ${verb%%:*}: --color: found \"red\", expected \"auto\", \"always\" or \"never\""
  done
}

@test "run: arguments that are not understood" {
  run -2 --separate-stderr "$tfoshim" run
  assert_equal "$stderr" 'tfoshim: run: no program given, see tfoshim run --help'
  run -2 --separate-stderr "$tfoshim" run --confg x true
  assert_equal "$stderr" 'tfoshim: run: unknown option "--confg", did you mean "--config"?'
  run -2 --separate-stderr "$tfoshim" run -c
  assert_equal "$stderr" 'tfoshim: run: option "-c" needs an argument'
  run -2 --separate-stderr "$tfoshim" run --config
  assert_equal "$stderr" 'tfoshim: run: option "--config" needs an argument'
  run -2 --separate-stderr "$tfoshim" run --help=yes
  assert_equal "$stderr" 'tfoshim: run: option "--help=yes" takes no argument'
}

@test "run: the exit status is the program's" {
  alone
  run -0 "$tfoshim" run true
  run -7 "$tfoshim" run sh -c 'exit 7'
  run -126 "$tfoshim" run "$BATS_TEST_TMPDIR"
  assert_output "tfoshim: run: cannot execute \"$BATS_TEST_TMPDIR\": Permission denied"
  echo nothing >file
  run -126 "$tfoshim" run ./file
  assert_output 'tfoshim: run: cannot execute "./file": Permission denied'
  run -127 "$tfoshim" run no-such-program
  assert_output 'tfoshim: run: cannot execute "no-such-program": No such file or directory'
}

@test "run: the arguments are the program's" {
  alone
  run -0 "$tfoshim" run printf '%s|' -c --help -- "a b" ''
  assert_output -- '-c|--help|--|a b||'
  run -0 "$tfoshim" run -- printf '%s|' -c
  assert_output -- '-c|'
}

@test "run: the library goes after what is preloaded already, and only once" {
  alone
  value_of LD_PRELOAD
  assert_output "$library"
  LD_PRELOAD='' value_of LD_PRELOAD
  assert_output "$library"
  LD_PRELOAD=libm.so.6 value_of LD_PRELOAD
  assert_output "libm.so.6:$library"
  LD_PRELOAD="libm.so.6 $library:" value_of LD_PRELOAD
  assert_output "libm.so.6 $library:"
  LD_PRELOAD="$library" value_of LD_PRELOAD
  assert_output "$library"
  cp "$library" "${library}x"
  LD_PRELOAD="${library}x" value_of LD_PRELOAD
  assert_output "${library}x:$library"
}

@test "run: where the library was looked for" {
  alone
  rm "$library"
  run -125 "$tfoshim" run true
  assert_output --regexp \
    "^tfoshim: run: cannot find libtfoshim\.so: looked for $library and /.*/libtfoshim\.so$"
}

@test "run: a library that LD_PRELOAD cannot name" {
  alone
  mv alone "a b"
  run -125 "a b/tfoshim" run true
  assert_output \
    "tfoshim: run: cannot preload \"$PWD/a b/libtfoshim.so\": a name in LD_PRELOAD cannot contain a blank or a colon"
}

@test "run: the configuration is checked, and found from any directory" {
  alone
  echo 'client = { default = "on"; };' >t.conf
  value_of TFOSHIM_CONFIG -c t.conf
  assert_output "$PWD/t.conf"
  value_of TFOSHIM_CONFIG --config=t.conf
  assert_output "$PWD/t.conf"
  value_of TFOSHIM_CONFIG
  assert_output unset
  printf 'client = {\n  default = "yes";\n  rules = { };\n};\n' >t.conf
  run -125 "$tfoshim" run -c t.conf true
  assert_output - <<'END'
tfoshim: t.conf:2: default: found "yes", expected "on" or "off"
tfoshim: t.conf:3: rules: found a group, expected a list of rules: ( { ... }, ... )
END
  run -125 "$tfoshim" run -c missing.conf true
  assert_output "tfoshim: missing.conf: cannot read it: No such file or directory"
}

@test "run: the level of the log" {
  alone
  value_of TFOSHIM_LOG --log debug
  assert_output debug
  TFOSHIM_LOG=info value_of TFOSHIM_LOG
  assert_output info
  run -2 "$tfoshim" run --log loud true
  assert_output 'tfoshim: run: --log: found "loud", expected "none", "error", "warn", "info" or "debug"'
}

@test "run: a library for 32-bit programs beside that for 64-bit ones" {
  local wide narrow
  wide=$(cc -print-multiarch)
  case $wide in
  x86_64-linux-gnu) narrow=i386-linux-gnu ;;
  aarch64-linux-gnu) narrow=arm-linux-gnueabihf ;;
  *) fail "not known of $wide" ;;
  esac
  alone
  mkdir -p "lib/$wide" "lib/$narrow"
  mv "$tfoshim" "$library" "lib/$wide/"
  # The command finds the library beside itself, and then looks for the other.
  tfoshim=lib/$wide/tfoshim value_of LD_PRELOAD
  assert_output "$PWD/lib/$wide/libtfoshim.so"
  : >"lib/$narrow/libtfoshim.so"
  tfoshim=lib/$wide/tfoshim value_of LD_PRELOAD
  # shellcheck disable=SC2016
  assert_output "$PWD"'/$LIB/libtfoshim.so'
  # And that is a name the loader understands.
  run -0 --separate-stderr "lib/$wide/tfoshim" run cat /proc/self/maps
  assert_line --regexp " $PWD/lib/$wide/libtfoshim.so$"
  assert_equal "$stderr" ""
}

@test "run: a program that is statically linked is run, with a warning" {
  alone
  echo 'int main(void) { return 3; }' >static.c
  cc -static -o static static.c
  run -3 "$tfoshim" run ./static
  assert_output \
    "tfoshim: run: ./static runs without TCP Fast Open: it is statically linked, so LD_PRELOAD has no effect"
  PATH=$PATH:$PWD run -3 "$tfoshim" run static
  assert_output --partial "it is statically linked"
  cc -o dynamic static.c
  run -3 "$tfoshim" run ./dynamic
  refute_output
}

@test "run: a program that is set-uid or set-gid is run, with a warning" {
  alone
  if [[ ! $(</proc/self/uid_map) =~ ^\ +0\ +0\ +4294967295$ ]]; then
    # Only root can give a file away; but here root's own are somebody else's.
    run -0 "$tfoshim" run su --version
    assert_line --partial "su runs without TCP Fast Open: it is set-uid"
    return
  fi
  cp /bin/true set-id
  chown 65534 set-id
  chmod u+s set-id
  run -0 "$tfoshim" run ./set-id
  assert_output \
    "tfoshim: run: ./set-id runs without TCP Fast Open: it is set-uid, so LD_PRELOAD has no effect"
  chown 0:65534 set-id
  chmod u-s,g+s set-id
  run -0 "$tfoshim" run ./set-id
  assert_output \
    "tfoshim: run: ./set-id runs without TCP Fast Open: it is set-gid, so LD_PRELOAD has no effect"
  chown 0:0 set-id
  chmod u+s,g+s set-id
  run -0 "$tfoshim" run ./set-id
  refute_output
}

@test "run --stats: what was deferred and saved, as the capture has it" {
  with_network
  # Two programs of one run, one of them in the background of another, and one that is none of it.
  # shellcheck disable=SC2016
  run -0 --separate-stderr on_client "$tfoshim" run --stats sh -c '
    for _ in 1 2; do
      "$@" >/dev/null
    done
    LD_PRELOAD= "$@" >/dev/null' - "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  refute_output
  assert_equal "$(client_syns | grep -c 'syn.data=79')" 2
  assert_equal "$(echo "$stderr" | head -n 1)" "tfoshim: run: 2 connects enabled by the policy: 2 deferred, \
0 not; SYNs with data: 2, without: 0"
  # A link is never early.
  ms='(4|[5-9])[0-9]\.[0-9] ms'
  assert_regex "$(echo "$stderr" | tail -n 1)" "^tfoshim: run: 2 round trips saved, $ms in all\$"
  # What others have done, and the memory knows, is not counted.
  run -0 --separate-stderr on_client "$tfoshim" run --stats "$PROGRAMS/client" "$SERVER_IP6" "$PORT"
  assert_equal "$stderr" "tfoshim: run: 1 connect enabled by the policy: 0 deferred, 1 not; SYNs with data: \
0, without: 0
tfoshim: run: 0 round trips saved, 0.0 ms in all"
  run -0 --separate-stderr on_client "$tfoshim" run --stats "$PROGRAMS/client" "$SERVER_IP4" "$PORT" \
    --call none
  assert_regex "$stderr" ': 1 deferred, 0 not; SYNs with data: 0, without: 1'
}

@test "run --stats: a server" {
  with_network
  server_spawn "$tfoshim" run --stats "$PROGRAMS/server" :: 8001 close
  log=$SPAWNED_LOG
  wait_listening 8001
  for _ in 1 2 3; do
    shim "$PROGRAMS/client" "$SERVER_IP4" 8001
  done
  # The first contact is a true connect, and brings the cookie without data.
  assert_equal "$(connections 'tcp.port == 8001' | grep -c syn.data=79)" 2
  # The signal is the server's.
  kill "$SPAWNED"
  process_end "$SPAWNED"
  run cat "$log"
  assert_output "tfoshim: run: 1 listener accepted SYN data: 2 connections with data, 2 guarded, 0 of these unproved"
}

@test "run --stats: nothing to tell" {
  run -0 --separate-stderr "$tfoshim" run --stats true
  assert_equal "$stderr" \
    "tfoshim: run: nothing matched the policy: see tfoshim explain"
  alone
  run -0 --separate-stderr "$tfoshim" run --stats true
  assert_equal "$stderr" "tfoshim: run: no program loaded the library: see tfoshim doctor PROGRAM"
  # A program that does not start has no figures.
  run -127 --separate-stderr "$tfoshim" run --stats no-such-program
  assert_equal "$stderr" 'tfoshim: run: cannot execute "no-such-program": No such file or directory'
}

@test "run --stats: lines of the log that could not be written" {
  local connect='
import socket, sys
for _ in range(int(sys.argv[1])):
    socket.socket().connect_ex(("127.0.0.1", 1))'
  cd "$BATS_TEST_TMPDIR" || exit
  echo "client = { default = \"off\"; }; log = { level = \"debug\"; to = \"$PWD/log\"; };" >t.conf
  run -0 --separate-stderr "$tfoshim" run -c t.conf --stats python3 -c "$connect" 3
  refute [ -z "$(<log)" ]
  assert_equal "$(tail -n 1 <<<"$stderr")" 'tfoshim: run: nothing matched the policy: see tfoshim explain'
  rm log
  ln -s /nowhere log
  run -0 --separate-stderr "$tfoshim" run -c t.conf --stats python3 -c "$connect" 3
  assert_equal "$(tail -n 1 <<<"$stderr")" 'tfoshim: run: 3 log lines could not be written: see tfoshim check'
  assert_equal "$(wc -l <<<"$stderr")" 2
  run -0 --separate-stderr "$tfoshim" run -c t.conf --stats python3 -c "$connect" 1
  assert_equal "$(tail -n 1 <<<"$stderr")" 'tfoshim: run: 1 log line could not be written: see tfoshim check'
}

@test "run --stats: the exit status and the signals are the program's" {
  run -7 "$tfoshim" run --stats sh -c 'exit 7'
  # By a signal, and so that whoever waits can tell that from an exit.
  run -0 python3 -c 'import subprocess, sys
print(subprocess.run(sys.argv[1:]).returncode)' "$tfoshim" run --stats sh -c 'kill -USR1 $$'
  assert_line -- -10
  # What the command is sent, the program gets, and nothing else of it.
  cat >told.py <<'END'
import os, signal, sys, time
got = []
names = sys.argv[1:]
for name in names:
    signal.signal(getattr(signal, name), lambda number, frame: got.append(signal.Signals(number).name))
open("ready", "w").close()
while len(got) < len(names):
    time.sleep(0.01)
print(*sorted(got))
sys.exit(len(got))
END
  load lib/network
  signals=(SIGHUP SIGINT SIGQUIT SIGUSR1 SIGUSR2 SIGPIPE SIGALRM SIGTERM SIGCONT SIGWINCH SIGRTMIN)
  # Interactive shells leave SIGINT alone in the background; this one does not.
  # shellcheck disable=SC2016
  python3 -c 'import signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
program = subprocess.Popen(sys.argv[1:], stdout=open("told", "w"))
open("pid", "w").write(str(program.pid))
print(program.wait())' "$tfoshim" run --stats python3 told.py "${signals[@]}" >status 2>/dev/null 3>&- &
  wait_until '[[ -e ready && -s pid ]]'
  for signal in "${signals[@]}"; do
    kill -s "$signal" "$(<pid)"
  done
  wait "$!"
  assert_equal "$(<told)" "$(printf '%s\n' "${signals[@]}" | sort | paste -sd ' ')"
  assert_equal "$(<status)" "${#signals[@]}"
  # And has the signals that it would have without.
  # shellcheck disable=SC2016
  own() {
    (
      trap '' CHLD USR1
      "$@" python3 -c 'print(*[line for line in open("/proc/self/status") if line[:6] in ("SigPnd", "SigBlk", "SigIgn", "SigCgt")])'
    ) 2>/dev/null
  }
  assert_equal "$(own "$tfoshim" run --stats)" "$(own env)"
}

state_is() { # PID LETTER
  [[ $(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) == "$2" ]]
}

@test "run --stats: the program stops and goes on, and does not outlive the command" {
  load lib/network
  # shellcheck disable=SC2016
  "$tfoshim" run --stats sh -c 'echo $$ >pid; exec sleep 60' 2>/dev/null 3>&- &
  command=$!
  wait_until '[[ -s pid ]]'
  program=$(<pid)
  kill -STOP "$program"
  # shellcheck disable=SC2016
  wait_until 'state_is $command T'
  kill -CONT "$command"
  # shellcheck disable=SC2016
  wait_until 'state_is $command S && state_is $program S'
  kill -KILL "$command"
  # shellcheck disable=SC2016
  wait_until '! process_runs $program'
}

@test "run --stats: the figures are no descriptor of the program's, and leave nothing behind" {
  # shellcheck disable=SC2016
  run -0 --separate-stderr "$tfoshim" run --stats sh -c 'echo "$TFOSHIM_FIGURES"; ls -l /proc/self/fd'
  assert_line --index 0 --regexp '^/proc/[0-9]+/fd/[0-9]+$'
  refute_output --partial memfd
  name=${lines[0]}
  # A name that means something else is left alone, and silently.
  printf '%0152d' 0 >file
  mkfifo fifo
  for other in "$name" /proc/self/exe "$PWD/file" "$PWD/fifo" /proc/1/fd/0 ''; do
    TFOSHIM_FIGURES=$other LD_PRELOAD=$build/libtfoshim.so run -0 timeout 10 true
    refute_output
  done
  assert_equal "$(tr -d 0 <file)" ""
}

# The segments of a run over the link, a side at a time; without times, and without acknowledgements alone,
# which come sooner or later as the machine is busy.
traffic() { # COMMAND
  local before
  before=$(connections | wc -l)
  run --separate-stderr on_client "$@"
  packets "tcp.stream >= $before && !(tcp.flags == 0x10 && tcp.len == 0)" |
    sed -E 's/stream=[0-9]+ ms=[0-9.]+ //' | sort -s -k 1,1
}

@test "run --dry-run: not a packet is different, and what would have been saved is said" {
  with_network
  client=("$PROGRAMS/client" "$SERVER_IP4" "$PORT")
  for way in '' --nonblocking; do
    # shellcheck disable=SC2086
    traffic timeout 10 "${client[@]}" $way >plain
    # shellcheck disable=SC2086
    traffic timeout 10 "$tfoshim" run --dry-run "${client[@]}" $way >dry
    assert_equal "$(<dry)" "$(<plain)"
    [[ -s dry ]]
    run -0 --separate-stderr on_client "$tfoshim" run --dry-run "${client[@]}" $way
    assert_equal "$(echo "$stderr" | head -n 1)" "tfoshim: dry run: 1 connect enabled by the policy: 1 \
would have been deferred, 0 not; SYNs with data: 1, without: 0"
    assert_regex "$(echo "$stderr" | tail -n 1)" "^tfoshim: dry run: 1 round trip would have been saved, \
(2|[3-9])[0-9]\.[0-9] ms in all, if the servers support Fast Open: see tfoshim probe\$"
  done
  assert_equal "$(netstat_value client TCPFastOpenActive)" 0
}

dry_run_says() { # DEFERRED WITH-DATA WITHOUT COMMAND...
  run -0 --separate-stderr on_client "$tfoshim" run --dry-run "${@:4}"
  assert_regex "$stderr" "policy: $1 would have been deferred, [0-9]+ not; SYNs with data: $2, without: $3"
  assert_regex "$stderr" "$2 round trips? would have been saved"
}

@test "run --dry-run: what it would have saved is what is saved" {
  with_network
  run -0 --separate-stderr on_client "$tfoshim" run --dry-run "$PROGRAMS/client" "$SERVER_IP6" "$PORT"
  # A first contact, which the second run knows of.
  assert_regex "$stderr" ': 0 would have been deferred, 1 not; SYNs with data: 0, without: 0'
  dry_run_says 1 1 0 "$PROGRAMS/client" "$SERVER_IP6" "$PORT"
  # Programs that read first, or that write what may not go into a SYN.
  reads_first='import socket, sys
connection = socket.create_connection(sys.argv[1:])
connection.recv(100)
connection.sendall(b"thanks")'
  PORT=8001 reference_start greet
  dry_run_says 0 0 0 "$PROGRAMS/client" "$SERVER_IP4" 8001
  dry_run_says 1 0 1 python3 -c "$reads_first" "$SERVER_IP4" 8001
  TFOSHIM_CONFIG='' dry_run_says 1 0 1 "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  dry_run_says 1 0 1 "$PROGRAMS/client" "$SERVER_IP4" "$PORT" --call none
  TFOSHIM_CONFIG=$CONF/off.conf run -0 --separate-stderr on_client "$tfoshim" run --dry-run \
    "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  assert_equal "$stderr" \
    "tfoshim: dry run: nothing matched the policy: see tfoshim explain"
  # The log has each connection.
  run -0 --separate-stderr on_client "$tfoshim" run --dry-run --log debug \
    "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  assert_regex "$stderr" "$SERVER_IP4:$PORT: would have been opened with data in the SYN \(round trip "
}

@test "run --dry-run: a listener is left as it is" {
  with_network
  server_spawn "$tfoshim" run --dry-run "$PROGRAMS/server" :: 8001 close --report
  log=$SPAWNED_LOG
  wait_listening 8001
  wait_until "grep -q 'queue after listen: 0' '$log'"
  kill "$SPAWNED"
  process_end "$SPAWNED"
  run cat "$log"
  assert_line "tfoshim: dry run: 1 listener would have accepted SYN data"
}
