#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tfoshim stat: its figures are what the kernels and the captures say, and what gains nothing is told of.

# run --separate-stderr assigns stderr.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/json
  load lib/network
  load programs/programs
  tools_required python3 cc
  tfoshim=$TFOSHIM_BUILD/tfoshim
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR
  export LSAN_OPTIONS=suppressions=$BATS_TEST_DIRNAME/lsan.supp:print_suppressions=0
  network_up --rtt 20
  # The memory that programs under `shim` share.
  export XDG_RUNTIME_DIR=$NETWORK_DIR
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  network_down
}

connect_times() { # N ADDRESS
  local i
  for ((i = 0; i < $1; i++)); do
    shim "$PROGRAMS/client" "$2" "$PORT"
    assert_success
  done
}

# What stat --json says, by a Python expression of the whole (`all`) or the first destination and
# listener (`d`, `l`).
json_of() { # client|server EXPRESSION
  "on_$1" "$tfoshim" stat --json | python3 -c '
import json, sys
all = json.load(sys.stdin)
d = (all["destinations"] or [None])[0]
l = (all["listeners"] or [None])[0]
print(eval(sys.argv[1]))' "$2"
}

@test "as JSON: what its page says" {
  local name=$'odd "\\\n\xff.conf'
  cp "$CONF/on.conf" "$name"
  wait_until "[[ -z \$(find . $TFOSHIM_BUILD/libtfoshim-policy.so -newerct '2.1 seconds ago') ]]"
  server_spawn XDG_RUNTIME_DIR="$NETWORK_DIR" TFOSHIM_CONFIG="$PWD/$name" LD_PRELOAD="$SHIM" \
    "$PROGRAMS/server" :: "$PORT" answer --record "$NETWORK_DIR/record"
  wait_listening "$PORT"
  for _ in 1 2; do
    shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  done
  run -0 --separate-stderr on_client "$tfoshim" stat --json --all
  assert_equal "$stderr" ""
  json_assert stat
  assert_equal "$(json_get '[len(all[name]) for name in ("destinations", "listeners", "processes")]')" '[1, 1, 1]'
  assert_equal "$(json_get 'all["destinations"][0]["here"], all["listeners"][0]["here"]')" '(True, False)'
  assert_equal "$(json_get 'ascii(all["processes"][0]["policy"].rpartition("/")[2])')" \
    "'odd \"\\\\\\n\\ufffd.conf'"
  # And of nothing.
  on_client "$tfoshim" stat --reset
  run -0 on_server "$tfoshim" stat --json
  json_assert stat
  assert_equal "$(json_get 'all["destinations"] + all["listeners"]')" '[]'
}

# A server under the shim.
shim_server_start() { # MODE [OPTION]...
  RECORD=$NETWORK_DIR/record
  server_spawn XDG_RUNTIME_DIR="$NETWORK_DIR" TFOSHIM_CONFIG="$CONF/on.conf" LD_PRELOAD="$SHIM" \
    "$PROGRAMS/server" :: "$PORT" "$1" --record "$RECORD" "${@:2}"
  wait_listening "$PORT"
}

@test "help; arguments that are not understood" {
  run -0 --separate-stderr "$tfoshim" stat --help
  assert_line --index 0 "usage: tfoshim stat [--all] [--color WHEN] [--watch [SECONDS]] [WHOSE]"
  run -2 "$tfoshim" stat --jsn
  assert_output 'tfoshim: stat: unknown option "--jsn", did you mean "--json"?'
  run -2 "$tfoshim" stat --json=yes
  assert_output 'tfoshim: stat: option "--json=yes" takes no argument'
  run -2 "$tfoshim" stat host
  assert_output 'tfoshim: stat: found "host", expected no argument'
  run -2 "$tfoshim" stat --json --reset
  assert_output 'tfoshim: stat: --json, --prometheus, --reset and --watch cannot be used together'
  for interval in 0 x 2s 1e9 -- -1; do
    run -2 "$tfoshim" stat --watch="$interval"
    assert_output \
      "tfoshim: stat: --watch: found \"$interval\", expected a number of seconds from 0.1 to 86400"
  done
}

@test "nothing yet: it says so, and what to do" {
  run -0 --separate-stderr on_client "$tfoshim" stat
  assert_equal "$stderr" ""
  assert_line --index 0 --partial "nothing yet in this network namespace"
  assert_line --regexp '^  tfoshim doctor +'
  assert_line --regexp '^  tfoshim explain HOST:PORT +'
  [[ ! -e $NETWORK_DIR/tfoshim ]]
  assert_equal "$(json_of client 'all["destinations"] + all["listeners"]')" '[]'
}

@test "a client's figures are the kernel's and the capture's" {
  reference_start answer
  connect_times 4 "$SERVER_IP4"
  connect_times 3 "$SERVER_IP6"
  acknowledged=$(client_syns | grep -v syn.data=0 | grep -cv synack.ack=1)
  assert_equal "$acknowledged" 5
  assert_equal "$(netstat_value client TCPFastOpenActive)" 5
  assert_equal "$(json_of client 'sum(d["accepted"] for d in all["destinations"])')" 5
  assert_equal "$(json_of client 'all["kernel"]["TCPFastOpenActive"]')" 5
  # The first of each asked for a cookie.
  assert_equal "$(json_of client '[d["tried"], d["connected"], d["deferred"], d["last"]]')" \
    "[3, 4, 3, 'accepted']"
  # A link is never early, and a busy machine may be late.
  assert_equal "$(json_of client '0.019 < d["round_trip_seconds"] < 0.2')" True
  assert_equal "$(json_of client 'abs(d["saved_seconds"] - 3 * d["round_trip_seconds"]) < 1e-9')" True

  run -0 --separate-stderr on_client "$tfoshim" stat
  assert_equal "$stderr" ""
  assert_line --index 0 --regexp '^destination +tried +accepted +refused +saved +seen +last$'
  # The most saved first.
  assert_line --index 1 --regexp \
    "^${SERVER_IP4//./\\.}:$PORT +3 +3 +0 +3 x [0-9.]+ ms = [0-9.]+ ms +[0-9] s +SYN data acknowledged\$"
  assert_line --index 2 --regexp "^\\[$SERVER_IP6\\]:$PORT +2 +2 +0 +2 x "
  assert_line --index 3 --regexp '^saved: 5 round trips, [0-9.]+ ms in all$'
  assert_line --regexp '^TCPFastOpenActive +5 +5$'
  assert_line "the kernel counts 5 fast opens since boot in this network namespace, tfoshim 5"
  refute_output --partial 'gain nothing'
}

@test "what a parent and its child both see is counted once" {
  local client='
import os, socket, sys
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
connection.sendall(b"x")
child = os.fork()
if child == 0:
    connection.recv(100)
    os._exit(0)
os.waitpid(child, 0)
connection.close()'
  reference_start echo
  connect_times 2 "$SERVER_IP4"
  shim /usr/bin/python3 -c "$client" "$SERVER_IP4" "$PORT"
  assert_success
  assert_equal "$(json_of client '[d["tried"], d["accepted"], d["connected"]]')" '[2, 2, 3]'
  assert_equal "$(netstat_value client TCPFastOpenActive)" 2
}

# The server has taken the data, and its answer is lost: what that took is no round trip.
@test "a SYN that is sent again saves no more than others" {
  reference_start answer
  connect_times 2 "$SERVER_IP4"
  network_control lose-right 1
  run -0 --separate-stderr on_client env TFOSHIM_CONFIG="$CONF/on.conf" XDG_RUNTIME_DIR="$NETWORK_DIR" \
    "$tfoshim" run --stats "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  assert_equal "$(last_syn syns syn.data)" '2 79'
  assert_regex "$stderr" 'tfoshim: run: 1 round trip saved, [0-9]{2}\.[0-9] ms in all$'
  assert_equal "$(json_of client '[d["accepted"], d["round_trip_seconds"] < 0.2]')" '[2, True]'
}

@test "a program that asks for Fast Open itself makes the kernel's figure differ" {
  reference_start answer
  connect_times 2 "$SERVER_IP4"
  on_client python3 - "$SERVER_IP4" "$PORT" <<'END'
import socket, sys
client = socket.socket()
client.sendto(b"data", socket.MSG_FASTOPEN, (sys.argv[1], int(sys.argv[2])))
client.shutdown(socket.SHUT_WR)
client.recv(100)
END
  assert_equal "$(netstat_value client TCPFastOpenActive)" 2
  run -0 on_client "$tfoshim" stat
  assert_line --regexp '^TCPFastOpenActive +2 +1$'
  assert_line --regexp '^the kernel counts 2 fast opens since boot .*, tfoshim 1: the others belong to '
}

@test "a listener's figures are the kernel's" {
  shim_server_start answer --backlog 7
  plain "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  connect_times 4 "$SERVER_IP4"
  assert_equal "$(netstat_value server TCPFastOpenPassive)" 3
  assert_equal "$(json_of server '[l["address"], l["port"], l["queue"], l["set"], l["accepted"]]')" \
    "['::', $PORT, 7, 1, 3]"
  run -0 on_server "$tfoshim" stat
  assert_line --index 0 --regexp '^listener +queue +with SYN data +guarded +unproved +seen$'
  assert_line --index 1 --regexp "^\\[::\\]:$PORT +7 +3 +3 +0 +[0-9] s\$"
  assert_line --regexp '^TCPFastOpenPassive +3 +3$'
  assert_line --partial "counts 3 connections accepted with SYN data since boot in this network \
namespace, tfoshim 3"
}

@test "a listener that was inherited is counted, one with Fast Open of its own is not" {
  server_spawn "$PROGRAMS/hand-down" listen 0.0.0.0 "$PORT" env XDG_RUNTIME_DIR="$NETWORK_DIR" \
    TFOSHIM_CONFIG="$CONF/on.conf" LD_PRELOAD="$SHIM" \
    "$PROGRAMS/server" 0.0.0.0 "$PORT" answer --inherit 3 --listening
  wait_listening "$PORT"
  # The first accept was under way when the listener took no SYN data yet.
  connect_times 3 "$SERVER_IP4"
  before=$(netstat_value server TCPFastOpenPassive)
  ((before > 0))
  assert_equal "$(json_of server 'l["accepted"]')" "$before"
  kill "$SPAWNED"
  process_end "$SPAWNED"
  shim_server_start answer --queue 5
  connect_times 2 "$SERVER_IP4"
  (($(netstat_value server TCPFastOpenPassive) > before))
  assert_equal "$(json_of server '[l["accepted"] for l in all["listeners"]]')" "[$before]"
}

# How often the library asks for TCP_INFO, as its calls pass another preloaded library.
@test "accept asks the kernel once a connection, and of covered listeners alone" {
  local asked case
  cc -shared -fPIC -D_GNU_SOURCE -o counter.so -x c - -ldl <<'END'
#include <dlfcn.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>
long syscall(long number, ...)
{
    long a[6];
    va_list arguments;
    va_start(arguments, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_getsockopt && a[1] == 6 && a[2] == TCP_INFO)
        (void)!write(2, "TCP_INFO\n", 9);
    return ((long (*)(long, ...))dlsym(RTLD_NEXT, "syscall"))(number, a[0], a[1], a[2], a[3], a[4],
                                                              a[5]);
}
END
  for case in on.conf:4 off.conf:0; do
    server_spawn XDG_RUNTIME_DIR="$NETWORK_DIR" TFOSHIM_CONFIG="$CONF/${case%:*}" \
      LD_PRELOAD="$SHIM:$PWD/counter.so" "$PROGRAMS/server" :: "$PORT" close
    wait_listening "$PORT"
    asked=$(grep -c TCP_INFO "$SPAWNED_LOG") || true # whether it is to be had, for the guard
    for _ in 1 2 3 4; do
      plain "$PROGRAMS/client" "$SERVER_IP4" "$PORT" --call none
    done
    kill "$SPAWNED"
    process_end "$SPAWNED"
    assert_equal "$case $(($(grep -c TCP_INFO "$SPAWNED_LOG") - asked))" "$case ${case#*:}"
  done
}

@test "a path that swallows SYNs with data: how long it is backed off from" {
  reference_start answer
  connect_times 1 "$SERVER_IP4"
  network_control drop-syn-data
  connect_times 2 "$SERVER_IP4"
  assert_equal "$(netstat_value client TCPFastOpenActiveFail)" 1
  run -0 on_client "$tfoshim" stat
  assert_line --index 1 --regexp ":$PORT +1 +0 +1 +- +[0-9] s +.*; backed off\$"
  assert_line "destinations that gain nothing, and why"
  assert_line --regexp "^  ${SERVER_IP4//./\\.}:$PORT: the path dropped the SYN with data, 1 time: \
backed off, connects are plain for [0-9]+ s more\$"
  run json_of client '[d["retransmitted"], 50 < d["backed_off_seconds"] <= 60]'
  assert_output '[1, True]'
}

# A command on the client's side, so many seconds from now by the clock that the memory goes by.
later() { # SECONDS COMMAND
  on_client unshare --fork --time --boottime "$1" -- "${@:2}"
}

client_later() { # SECONDS
  run -0 later "$1" timeout "$PATIENCE" env TFOSHIM_CONFIG="$CONF/on.conf" LD_PRELOAD="$SHIM" \
    "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
}

# What the SYN of a client carries then.
syn_later() { # SECONDS
  client_later "$1"
  last_syn_data
}

backed_off_later() { # SECONDS
  later "$1" "$tfoshim" stat --json | python3 -c 'import json, sys
print(json.load(sys.stdin)["destinations"][0]["backed_off_seconds"])'
}

@test "a path that swallows SYNs with data is tried after a minute, two, ... a day, until it takes one" {
  reference_start answer
  connect_times 1 "$SERVER_IP4"
  network_control drop-syn-data
  local now=0 length left
  for length in 60 120 240 480 960 1920 3840 7680 15360 30720 61440 86400; do
    assert_equal "$length s: $(syn_later "$now")" "$length s: 79"
    left=$(backed_off_later "$now")
    # A busy machine takes its time.
    ((left <= length && left > length - 20)) || fail "backed off for $left s, expected $length"
    # Not before that; the first of the two may be a first contact again.
    client_later $((now + left - 20))
    assert_equal "$length s: $(syn_later $((now + left - 20)))" "$length s: 0"
    now=$((now + left + 1))
  done
  network_control drop-syn-data off
  assert_equal "$(syn_later "$now")" 79
  assert_equal "$(backed_off_later "$now")" 0
  # Forgotten after an hour without a connection, and not before.
  assert_equal "$(syn_later $((now + 3500)))" 79
  assert_equal "$(syn_later $((now + 3500 + 3601)))" 0
  # And from the beginning.
  network_control drop-syn-data
  assert_equal "$(syn_later $((now + 3500 + 3601)))" 79
  left=$(backed_off_later $((now + 3500 + 3601)))
  ((left > 40 && left <= 60))
}

@test "data that is ignored, and servers that give no cookie" {
  reference_start answer
  connect_times 1 "$SERVER_IP4"
  network_control strip-data
  connect_times 2 "$SERVER_IP4"
  run -0 on_client "$tfoshim" stat
  assert_line --partial \
    "$SERVER_IP4:$PORT: the SYN's data was not acknowledged, 2 times: backed off, connects are plain"
  network_control strip-data off
  network_control strip-option
  connect_times 3 "$SERVER_IP6"
  run -0 on_client "$tfoshim" stat
  assert_line --partial "[$SERVER_IP6]:$PORT: no cookie from the server: "
}

@test "the kernel does not allow it" {
  on_client sysctl -qw net.ipv4.tcp_fastopen=2
  run -0 on_client "$tfoshim" stat
  assert_line "the kernel does not allow Fast Open for clients here (net.ipv4.tcp_fastopen is 2): see tfoshim doctor"
  on_client sysctl -qw net.ipv4.tcp_fastopen=1
  run -0 on_client "$tfoshim" stat
  assert_line --partial "the kernel does not allow Fast Open for listeners here"
  refute_output --partial "no client"
  # Which nobody wants to know where there are only clients.
  reference_start answer
  connect_times 2 "$SERVER_IP4"
  run -0 on_client "$tfoshim" stat
  refute_output --partial "no listener"
  assert_line "the kernel counts 1 fast open since boot in this network namespace, tfoshim 1"
}

@test "first writes that may not go into a SYN, and programs that read first" {
  reference_start greet
  connect_times 1 "$SERVER_IP4"
  # Without a file only what may be delivered twice goes into a SYN, and these may not.
  CONFIG='' shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  CONFIG='' shim python3 -c 'import socket, sys
connection = socket.create_connection(sys.argv[1:])
connection.sendall(b"thanks")
connection.recv(100)' "$SERVER_IP4" "$PORT"
  run -0 on_client "$tfoshim" stat
  assert_line --partial "$SERVER_IP4:$PORT: every SYN left without data: the first write may not go into \
one (first_write), or the program waits before it writes"
  assert_equal "$(json_of client '[d["deferred"], d["started"], d["tried"]]')" '[2, 2, 0]'
  # A program's second is enough to learn it by, and the next one of it is not deferred.
  for _ in 2 3; do
    CONFIG='' shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  done
  run -0 on_client "$tfoshim" stat
  refute_output --partial 'every SYN left without data'
  assert_line --regexp "^$SERVER_IP4:$PORT .*; a program's first writes may not go into a SYN\$"
  assert_equal "$(json_of client '[d["deferred"], d["started"], d["tried"]]')" '[3, 3, 0]'
  connect_times 1 "$SERVER_IP6"
  # What it has learned, it goes by: the third is not deferred.
  for _ in 1 2 3; do
    shim python3 -c 'import socket, sys
connection = socket.create_connection(sys.argv[1:])
connection.recv(100)
connection.sendall(b"thanks")' "$SERVER_IP6" "$PORT"
    assert_success
  done
  assert_equal "$(json_of client '[d["deferred"] for d in all["destinations"] if ":" in d["address"]]')" '[2]'
  # Another program, and one that has no name, may do otherwise.
  run -0 on_client "$tfoshim" explain --program python3 "[$SERVER_IP6]:$PORT"
  assert_line "  now     a plain connect: this program reads first here"
  run -0 on_client "$tfoshim" explain "[$SERVER_IP6]:$PORT"
  assert_line --regexp '^  memory  .*; some program reads first, for [0-9]+ s more$'
  assert_line --partial "  now     a fast open: connect() is deferred"

  run -0 on_client "$tfoshim" stat
  assert_line --regexp "^\\[$SERVER_IP6\\]:$PORT .*; a program reads first\$"
}

@test "network namespaces are told apart" {
  shim_server_start answer
  connect_times 2 "$SERVER_IP4"
  run -0 on_server "$tfoshim" stat
  refute_output --partial "$SERVER_IP4"
  assert_line "1 more in other network namespaces: tfoshim stat --all"
  run -0 on_server "$tfoshim" stat --all
  assert_line --regexp "^[0-9]+ +$SERVER_IP4:$PORT "
  assert_line --regexp "^here +\\[::\\]:$PORT "
  refute_output --partial 'more in other'
  # What happened there is not compared with the kernel's figure here.
  assert_line --regexp '^TCPFastOpenActive +0 +0$'
  assert_equal "$(on_server "$tfoshim" stat --json --all | grep -c '"here": false')" 1
}

@test "reset forgets, for every process" {
  reference_start answer
  connect_times 2 "$SERVER_IP4"
  run -0 on_server "$tfoshim" stat --reset
  refute_output
  run -0 on_client "$tfoshim" stat
  assert_line --index 0 --partial 'nothing yet'
  # A first contact again, which connects plainly, for there is a cookie.
  connect_times 1 "$SERVER_IP4"
  assert_equal "$(last_syn syn.data syn.option | cut -d : -f 1)" '0 none'
}

@test "a file that may not be used: the memory without one, and a word about it" {
  reference_start answer
  connect_times 1 "$SERVER_IP4"
  chmod 666 "$NETWORK_DIR/tfoshim/memory"
  # Programs go on with that, too.
  connect_times 2 "$SERVER_IP4"
  run -0 --separate-stderr on_client "$tfoshim" stat
  assert_equal "$stderr" \
    "tfoshim: $NETWORK_DIR/tfoshim/memory: found a file of another mode, expected mode 0600: programs use the default memory of user $EUID"
  assert_line --index 1 --regexp "^${SERVER_IP4//./\\.}:$PORT +1 +1 +0 "
  chmod 600 "$NETWORK_DIR/tfoshim/memory"
}

@test "output that cannot be written" {
  # shellcheck disable=SC2016
  run -1 on_client sh -c '"$1" stat >/dev/full' - "$tfoshim"
  assert_output "tfoshim: cannot write the output: No space left on device"
}

@test "watch: again and again, and what has come since" {
  reference_start answer
  client_spawn "$tfoshim" stat --watch 0.1
  log=$SPAWNED_LOG
  wait_until "grep -q 'nothing yet' '$log'"
  connect_times 2 "$SERVER_IP4"
  wait_until "grep -q '^$SERVER_IP4:$PORT  *1  *1 ' '$log'"
  # Another file in its place, as after a reboot of the runtime directory.
  rm -r "$NETWORK_DIR/tfoshim"
  connect_times 3 "$SERVER_IP4"
  wait_until "grep -q '^$SERVER_IP4:$PORT  *2  *2 ' '$log'"
  refute grep -q $'\033' "$log"
  # On a terminal each takes the place of the one before.
  run -124 on_client timeout 1 script -qec "$tfoshim stat --color=never --watch=0.2" /dev/null
  assert_output --partial $'\033[H\033[2Jdestination'
}

# Every rule of the format that concerns us: a line of a family is where the family is, HELP and TYPE come
# first and once, names, labels and values are well-formed, no sample comes twice, counters are named so.
# Prints the samples as JSON.
prometheus_read() { # FILE
  python3 - "$1" <<'END'
import json, re, sys
samples, helps, types, current = {}, {}, {}, None
text = open(sys.argv[1], newline="").read()
assert text.endswith("\n") and "\r" not in text and "\n\n" not in text
name = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
label = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
for line in text.splitlines():
    if found := re.fullmatch(rf"# HELP ({name}) (\S.*)", line):
        assert found[1] not in helps, "HELP twice: " + line
        current = found[1]
        helps[current] = found[2]
    elif found := re.fullmatch(rf"# TYPE ({name}) (counter|gauge)", line):
        assert found[1] == current and current not in types, "TYPE out of place: " + line
        types[current] = found[2]
        assert (found[2] == "counter") == current.endswith("_total"), line
    else:
        found = re.fullmatch(rf"({name})\{{({label}(?:,{label})*)\}} (\S+)", line)
        assert found, "not a sample: " + line
        assert found[1] == current and current in types, "sample out of place: " + line
        value = float(found[3])
        assert value == value and value >= 0, line
        labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found[2]))
        key = found[1] + json.dumps(labels, sort_keys=True)
        assert key not in samples, "twice: " + line
        samples[key] = dict(labels, name=found[1], value=value)
print(json.dumps(list(samples.values())))
END
}

# The value of the sample with these labels; "none".
sample() { # FILE NAME [LABEL=VALUE]...
  prometheus_read "$1" | python3 -c '
import json, sys
wanted = dict([("name", sys.argv[1])] + [word.split("=", 1) for word in sys.argv[2:]])
found = [s["value"] for s in json.load(sys.stdin) if wanted.items() <= s.items()]
print(found[0] if len(found) == 1 else len(found) and "several" or "none")' "${@:2}"
}

# bats test_tags=unit
@test "as JSON: values of every kind, and strings that are not UTF-8" {
  run -0 "$TFOSHIM_BUILD/tests/unit/json"
  python3 - "$output" <<'END'
import json, sys
text = sys.argv[1]
said = json.loads(text)
assert [*said][:4] == ["empty object", "empty array", "a", "numbers"], [*said]
assert said["empty object"] == {} and said["empty array"] == [] and said["a"] == {"b": {"c": [[{}], None]}}
assert said["numbers"] == [0, 2**64 - 1, None, 7, 0.1, 1e300, None, None, True, False], said["numbers"]
strings = said["strings"]
# Of a byte alone, ASCII is itself, and the others are replaced.
assert strings[:255] == [chr(byte) if byte < 128 else "\ufffd" for byte in range(1, 256)]
replaced = "\ufffd"
assert strings[255:] == ["", "\u00e4", "\u20ac", "\U0001f600", "\U0010ffff", 4 * replaced, 3 * replaced, 2 * replaced,
    3 * replaced, replaced, 2 * replaced, 2 * replaced + "x", 3 * replaced, "\u0085\u009f",
    'a "b"\\c\n\t\r\033[31m', None], strings[255:]
assert said['"name"\n\ufffd'] == ""
# A terminal sees no control character.
assert all(c == "\n" or c >= " " and not "\x7f" <= c <= "\x9f" for c in text), text
END
}

# bats test_tags=unit
@test "for Prometheus: escapes in labels" {
  run -0 "$TFOSHIM_BUILD/tests/unit/labels"
  refute_output
}

@test "for Prometheus: well-formed, and the same figures" {
  shim_server_start answer
  connect_times 3 "$SERVER_IP4"
  connect_times 1 "$SERVER_IP6"
  run -0 --separate-stderr on_client "$tfoshim" stat --prometheus
  assert_equal "$stderr" ""
  printf '%s\n' "$output" >text
  run -0 prometheus_read text
  assert_equal "$(sample text tfoshim_fast_opens_total address="$SERVER_IP4" port="$PORT" outcome=accepted)" 2.0
  assert_equal "$(sample text tfoshim_fast_opens_total address="$SERVER_IP6" outcome=accepted)" 0.0
  assert_equal "$(sample text tfoshim_handshakes_total address="$SERVER_IP4")" 3.0
  assert_equal "$(sample text tfoshim_kernel_events_total counter=TCPFastOpenActive)" \
    "$(netstat_value client TCPFastOpenActive).0"
  assert_equal "$(sample text tfoshim_listener_fast_opens_total)" none
  # Whatever is in the memory is the namespace's alone, unless all of them are asked for.
  on_server "$tfoshim" stat --prometheus --all >text
  assert_equal "$(sample text tfoshim_listener_fast_opens_total address=::)" 2.0
  assert_equal "$(sample text tfoshim_fast_opens_total address="$SERVER_IP4" outcome=accepted)" 2.0
  # And of nothing.
  on_client "$tfoshim" stat --reset
  on_client "$tfoshim" stat --prometheus >text
  run -0 prometheus_read text
}

@test "for Prometheus, into a file: replaced as a whole, readable, nothing left beside it" {
  reference_start answer
  connect_times 2 "$SERVER_IP4"
  mkdir collector
  umask 022
  run -0 on_client "$tfoshim" stat --prometheus collector/tfoshim.prom
  refute_output
  assert_equal "$(sample collector/tfoshim.prom tfoshim_fast_opens_total outcome=accepted)" 1.0
  assert_equal "$(stat -c %a collector/tfoshim.prom)" 644
  # Whoever has the old one open reads that to its end.
  before=$(<collector/tfoshim.prom)
  exec {old}<collector/tfoshim.prom
  connect_times 1 "$SERVER_IP4"
  run -0 on_client "$tfoshim" stat --prometheus=collector/tfoshim.prom
  assert_equal "$(cat <&"$old")" "$before"
  exec {old}<&-
  assert_equal "$(sample collector/tfoshim.prom tfoshim_fast_opens_total outcome=accepted)" 2.0
  assert_equal "$(ls -A collector)" tfoshim.prom
  (
    umask 077
    on_client "$tfoshim" stat --prometheus collector/tfoshim.prom
  )
  assert_equal "$(stat -c %a collector/tfoshim.prom)" 600

  run -1 on_client "$tfoshim" stat --prometheus missing/tfoshim.prom
  assert_output 'tfoshim: stat: cannot create a file beside "missing/tfoshim.prom": No such file or directory'
  mkdir directory.prom
  run -1 on_client "$tfoshim" stat --prometheus directory.prom
  assert_output 'tfoshim: stat: cannot write "directory.prom": Is a directory'
  # A full disk leaves the old file as it was.
  before=$(<collector/tfoshim.prom)
  mount -t tmpfs -o size=4k tmpfs directory.prom
  cp collector/tfoshim.prom directory.prom/ 2>/dev/null || true
  run -1 on_client "$tfoshim" stat --prometheus directory.prom/new.prom
  assert_output 'tfoshim: stat: cannot write "directory.prom/new.prom": No space left on device'
  [[ ! -e directory.prom/new.prom ]]
  assert_equal "$(find directory.prom -name 'new.prom.*')" ""
  umount directory.prom
}
