#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A configuration that changes while programs run: what they do from then on, and that they notice nothing.

# SHIM is for `steadfast_start` of the same test.
# shellcheck disable=SC2030,SC2031

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required python3 nginx ab ipcrm cc
  tfoshim=$TFOSHIM_BUILD/tfoshim
  cd "$BATS_TEST_TMPDIR" || exit
  umask 022
  export LC_ALL=C HOME=$PWD XDG_CONFIG_HOME=$PWD/config TFOSHIM_CONFIG=$PWD/its.conf TFOSHIM_LOG=info
  mkdir config
}

teardown() {
  touch stop
  network_down
  ipcrm --all=shm
}

ON='client = { default = "on"; first_write = "any"; };'
OFF='client = { default = "off"; };'
QUIET='failed 0, children 0, signals 0, threads 0, descriptors 0, errno 0, mask 0'

# Until files have been as they are for so long that their times tell of any change.
settle() { # FILE...
  wait_until "[[ -z \$(find ${*@Q} $TFOSHIM_BUILD/libtfoshim-policy.so -newerct '2.1 seconds ago') ]]"
}

version() { # FILE
  "$tfoshim" check "$1" 2>/dev/null | sed -n 's/^version //p'
}

# How many processes have that version, and nothing but it.
running() { # VERSION
  "$tfoshim" stat --all --prometheus | awk -v version="$1" '
    /^tfoshim_processes/ && index($0, ",version=\"" version "\",former=\"\",") { sum += $NF }
    END { print sum + 0 }'
}

taken_up() { # FILE [PROCESSES]
  local wanted
  wanted=$(version "$1") && wait_until "((\$(running $wanted) >= ${2:-1}))" 15
}

# The program that connects all the time, by threads.
steadfast_start() { # THREADS PAUSE [NAME=VALUE]...
  local threads=$1 pause=$2
  shift 2
  client_spawn XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" "$@" \
    "$PROGRAMS/steadfast" "$PWD/stop" "$threads" "$pause" "$PORT" "$SERVER_IP4" "$SERVER_IP6"
  STEADFAST=$SPAWNED STEADFAST_LOG=$SPAWNED_LOG
}

steadfast_end() {
  touch stop
  wait_until "! process_runs $STEADFAST"
}

# What the SYNs of the latest connections carry: bytes and option, each once.
syns() { # LINES
  connections "tcp.port == $PORT" | grep 'from=client' | grep -v 'syn.option=request' | tail -n "$1" |
    sed 's/.* \(syn.data=[0-9]*\) \(syn.option=[a-z]*\).*/\1 \2/' | sort -u
}

# Whatever connections come from now on, so many of them are asked about.
syns_from_now() {
  sleep 0.7
  syns 8
}

PLAIN='syn.data=0 syn.option=none'
FAST='syn.data=12 syn.option=cookie'

@test "a hundred changes under load: nginx fails no request, and a threaded client has one policy or the other" {
  local i
  network_up --rtt 2
  reference_start echo
  mkdir policies
  for ((i = 0; i <= 100; i++)); do
    if ((i % 2)); then
      printf '# %d\n%s\nserver = { default = "on"; };\n' "$i" "$OFF"
    else
      printf '# %d\n%s\nserver = { rules = ( { address = "127.0.0.1"; queue = 7; } ); };\n' "$i" "$ON"
    fi >"policies/$i.conf"
  done
  settle policies/*.conf
  ln -s policies/0.conf its.conf
  printf '%s\n' "pid $PWD/nginx.pid; error_log stderr; daemon off; worker_processes 2; user root;" \
    'events { } http { access_log off;' \
    "client_body_temp_path $PWD/1; proxy_temp_path $PWD/2; fastcgi_temp_path $PWD/3; uwsgi_temp_path $PWD/4;" \
    "scgi_temp_path $PWD/5;" \
    'server { listen 127.0.0.1:8081; listen [::1]:8081; location / { return 200 "ok\n"; } } }' >nginx.conf
  server_spawn XDG_RUNTIME_DIR="$NETWORK_DIR" TFOSHIM_LOG=warn LD_PRELOAD="$SHIM" \
    nginx -c "$PWD/nginx.conf"
  NGINX_LOG=$SPAWNED_LOG
  wait_listening 8081
  for i in 127.0.0.1 '[::1]'; do
    server_spawn ab -q -c 2 -t 900 -n 100000000 "http://$i:8081/"
    eval "AB$((${AB:+1} + 1))=$SPAWNED_LOG; AB=\"${AB-} $SPAWNED\""
  done
  steadfast_start 4 50
  # Both of nginx's workers, and the client; its first process neither connects nor accepts.
  for ((i = 1; i <= 100; i++)); do
    ln -s "policies/$i.conf" next
    mv -T next its.conf
    taken_up "policies/$i.conf" 3
  done
  steadfast_end
  # shellcheck disable=SC2086
  kill -INT $AB
  # Before they say anything they sort a million requests each, by several times.
  wait_until "grep -q '^Failed requests' $AB1 && grep -q '^Failed requests' $AB2" 60
  for i in "$AB1" "$AB2"; do
    run cat "$i"
    assert_line --regexp '^Failed requests: +0$'
    refute_line --partial 'Non-2xx'
    assert_line --regexp '^Complete requests: +[0-9]{4,}$'
  done
  run cat "$NGINX_LOG"
  assert_output ''
  run grep -v 'has changed and is applied' "$STEADFAST_LOG"
  assert_line "$QUIET"
  # One policy or the other: a SYN with all of it and the cookie, or a plain one. Each address's first asks.
  run syns 1000000
  assert_output "$PLAIN"$'\n'"$FAST"
}

@test "a program takes up a change within seconds, and notices nothing of it" {
  local i
  network_up --rtt 2
  reference_start echo
  echo "$ON" >its.conf
  settle its.conf
  steadfast_start 1 20 ALLOCATIONS="$PWD/allocations" LD_PRELOAD="$PROGRAMS/count-allocations.so:$SHIM"
  assert_equal "$(sleep 1; syns_from_now)" "$FAST"
  # In place, and by another file's taking its name.
  echo "$OFF" >its.conf
  taken_up its.conf
  assert_equal "$(syns_from_now)" "$PLAIN"
  echo "$ON # again" >new.conf
  mv new.conf its.conf
  taken_up its.conf
  assert_equal "$(syns_from_now)" "$FAST"
  steadfast_end
  run cat "$STEADFAST_LOG"
  assert_line "$QUIET"
  # As many as a run in which nothing changes.
  rm stop
  mv allocations changed
  steadfast_start 1 20 ALLOCATIONS="$PWD/allocations" LD_PRELOAD="$PROGRAMS/count-allocations.so:$SHIM"
  sleep 1
  steadfast_end
  run cat changed
  assert_output "$(<allocations)"
}

# Lines of the log that say something of a kind.
said() { # WORDS
  grep -c -- "$1" "$STEADFAST_LOG" || true
}

@test "a file with errors is said once, and the former policy stays until it is mended" {
  network_up --rtt 2
  reference_start echo
  echo "$ON" >its.conf
  settle its.conf
  steadfast_start 2 20
  sleep 1
  echo 'client = { default = "sometimes"; };' >its.conf
  wait_until "grep -q sometimes $STEADFAST_LOG"
  assert_equal "$(syns_from_now)" "$FAST"
  run "$tfoshim" stat --all --prometheus
  assert_line --regexp "^tfoshim_processes.*version=\"$(running_version "$ON")\".*refusal=\".*its.conf:1: .*sometimes"
  # The same again, with other times; a program that begins now runs without.
  touch its.conf
  settle its.conf
  sleep 2
  assert_equal "$(said sometimes)" 1
  run grep sometimes "$STEADFAST_LOG"
  assert_output "tfoshim: $PWD/its.conf:1: default: found \"sometimes\", expected \"on\" or \"off\"; the former policy stays"
  # Who may not believe it does not; nobody may write to it but root.
  echo "$OFF" >its.conf
  chmod 666 its.conf
  wait_until "grep -q 'others may write to' $STEADFAST_LOG"
  assert_equal "$(syns_from_now)" "$FAST"
  chmod 644 its.conf
  taken_up its.conf
  assert_equal "$(syns_from_now)" "$PLAIN"
  steadfast_end
  run cat "$STEADFAST_LOG"
  assert_line "$QUIET"
}

running_version() { # TEXT
  echo "$1" >text.conf
  version text.conf
}

@test "a file that is written piece by piece is left alone until it is whole" {
  local half
  network_up --rtt 2
  reference_start echo
  echo "$ON" >its.conf
  settle its.conf
  steadfast_start 1 20
  sleep 1
  # Each piece would do as a policy.
  echo "$OFF" >its.conf
  half=$(version its.conf)
  for _ in {1..4}; do
    sleep 1
    echo '# more' >>its.conf
  done
  taken_up its.conf
  assert_equal "$(syns_from_now)" "$PLAIN"
  steadfast_end
  run grep -c 'is applied' "$STEADFAST_LOG"
  assert_output 1
  run cat "$STEADFAST_LOG"
  refute_line --partial "$half"
}

@test "files come and go: none and one, a user's before the system's, those beside it and those it includes" {
  network_up --rtt 2
  reference_start echo
  # The built-in policy enables it, but not what is no opening.
  unset TFOSHIM_CONFIG
  steadfast_start 1 20
  assert_equal "$(sleep 1; syns_from_now)" "$PLAIN"
  echo "$ON" >config/tfoshim.conf
  taken_up config/tfoshim.conf
  # It has learned what its first writes are to the former one.
  on_client XDG_RUNTIME_DIR="$NETWORK_DIR" "$tfoshim" stat --reset
  assert_equal "$(syns_from_now)" "$FAST"
  # A directory, then a file in it, and what that includes.
  mkdir config/tfoshim.conf.d
  taken_up config/tfoshim.conf
  echo 'client = { rules = ( { address = "*"; fastopen = "off"; } ); };' >config/tfoshim.conf.d/a.conf
  taken_up config/tfoshim.conf
  assert_equal "$(syns_from_now)" "$PLAIN"
  echo '@include "more*"' >config/tfoshim.conf.d/a.conf
  taken_up config/tfoshim.conf
  assert_equal "$(syns_from_now)" "$FAST"
  echo 'client = { rules = ( { address = "0.0.0.0/0"; fastopen = "off"; }, { address = "::/0"; fastopen = "off"; } ); };' \
    >config/tfoshim.conf.d/more
  taken_up config/tfoshim.conf
  assert_equal "$(syns_from_now)" "$PLAIN"
  rm -r config/tfoshim.conf.d
  taken_up config/tfoshim.conf
  assert_equal "$(syns_from_now)" "$FAST"
  # Without a file that is left what was known serves on.
  rm config/tfoshim.conf
  wait_until "grep -q 'is gone; the former policy stays' $STEADFAST_LOG"
  assert_equal "$(syns_from_now)" "$FAST"
  echo "$OFF" >config/tfoshim.conf
  taken_up config/tfoshim.conf
  assert_equal "$(syns_from_now)" "$PLAIN"
  steadfast_end
  run cat "$STEADFAST_LOG"
  assert_line "$QUIET"
}

@test "a process that began with a file that has errors, or with none, runs without until it is mended" {
  local start
  network_up --rtt 2
  reference_start echo
  for start in 'nonsense' ''; do
    rm -f stop its.conf
    [[ -z $start ]] || echo "$start" >its.conf
    steadfast_start 1 20
    assert_equal "$(sleep 2.5; syns_from_now)" "$PLAIN"
    assert_equal "$(said 'running without Fast Open')" 1
    echo "$ON" >its.conf
    taken_up its.conf
    assert_equal "$(syns_from_now)" "$FAST"
    steadfast_end
    run cat "$STEADFAST_LOG"
    assert_line "$QUIET"
  done
}

@test "the system's file serves where a user's goes" {
  local prefix system
  prefix=$(sed -n 's/^CMAKE_INSTALL_PREFIX:PATH=//p' "$TFOSHIM_BUILD/CMakeCache.txt")
  system=$prefix/etc
  network_up --rtt 2
  reference_start echo
  mount -t tmpfs -o mode=755 tmpfs "$system"
  echo "$ON" >"$system/tfoshim.conf"
  echo "$OFF" >config/tfoshim.conf
  settle "$system/tfoshim.conf" config/tfoshim.conf
  unset TFOSHIM_CONFIG
  steadfast_start 1 20
  assert_equal "$(sleep 1; syns_from_now)" "$PLAIN"
  rm config/tfoshim.conf
  taken_up "$system/tfoshim.conf"
  assert_equal "$(syns_from_now)" "$FAST"
  echo "$OFF # again" >config/tfoshim.conf
  taken_up config/tfoshim.conf
  assert_equal "$(syns_from_now)" "$PLAIN"
  steadfast_end
  umount "$system"
}

# Says of each connection whether its bytes came at once; all are sent in the SYN.
SERVE='
import socket, sys
with socket.create_server(("::", 8080), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
    while True:
        connection, _ = listener.accept()
        connection.recv(100)
        connection.close()'

# Prints how many bytes the server takes from the SYN of a client that knows of Fast Open.
taken_from_syn() { # ADDRESS
  on_client python3 -c '
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
with socket.socket(family) as s:
    s.sendto(b"hello there\n", socket.MSG_FASTOPEN, (sys.argv[1], 8080))
    s.recv(1)' "$1" || return
  connections 'tcp.port == 8080' | grep 'from=client' | tail -n 1 | sed 's/.*synack.ack=\([0-9]*\) .*/\1/' |
    awk '{ print $1 - 1 }'
}

@test "listeners begin to take data from SYNs, guarded, and end it" {
  local address off
  network_up --rtt 2
  echo 'server = { default = "off"; };' >its.conf
  settle its.conf
  server_spawn XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" python3 -c "$SERVE"
  wait_listening 8080
  assert_equal "$(taken_from_syn "$SERVER_IP4")" 0
  echo 'server = { default = "on"; };' >its.conf
  wait_until "((\$(taken_from_syn $SERVER_IP4) == 12))" 15
  taken_from_syn "$SERVER_IP6" # which brings the cookie
  assert_equal "$(taken_from_syn "$SERVER_IP6")" 12
  run on_server XDG_RUNTIME_DIR="$NETWORK_DIR" "$tfoshim" stat --json
  assert_line --regexp '"guarded": [1-9]'
  # That ends with the change; it looks when it has accepted.
  echo 'server = { default = "off"; };' >its.conf
  off=$(version its.conf)
  wait_until "taken_from_syn $SERVER_IP4 >/dev/null && ((\$(running $off)))" 15
  for address in "$SERVER_IP4" "$SERVER_IP6"; do
    assert_equal "$(taken_from_syn "$address")" 0
  done
}

# Of two processes with one listener the second accepts nothing before there is a file of that name.
SHARE='
import os, signal, socket, sys, time
with socket.create_server(("::", 8080), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
    first = os.fork()
    while first and not os.path.exists("second"):
        time.sleep(0.01)
    if first:
        os.kill(first, signal.SIGSTOP)
    while True:
        connection, _ = listener.accept()
        connection.recv(100)
        connection.close()'

guarded() {
  on_server XDG_RUNTIME_DIR="$NETWORK_DIR" "$tfoshim" stat --json | sed -n 's/.*"guarded": \([0-9]*\).*/\1/p'
}

@test "who shares a listener guards it, where another process has begun" {
  local before
  network_up --rtt 2
  echo 'server = { default = "off"; };' >its.conf
  settle its.conf
  server_spawn XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" python3 -c "$SHARE"
  wait_listening 8080
  taken_from_syn "$SERVER_IP4"
  echo 'server = { default = "on"; };' >its.conf
  wait_until "((\$(taken_from_syn $SERVER_IP4) == 12))" 15
  before=$(guarded)
  assert [ "$before" -ge 1 ]
  touch second
  wait_until "pgrep --parent $SPAWNED --runstates T"
  assert_equal "$(taken_from_syn "$SERVER_IP4")" 12
  assert_equal "$(guarded)" $((before + 1))
  pkill -KILL --parent "$SPAWNED"
}

@test "an inherited listener that a change has begun is put back when the process ends" {
  local inherit='
import socket, subprocess, sys, time
with socket.create_server(("::", 8080), family=socket.AF_INET6, dualstack_ipv6=True) as listener:
    heir = """
import os, socket
listener = socket.socket(fileno=0)
while not os.path.exists("end"):
    connection, _ = listener.accept()
    connection.recv(100)
    connection.close()"""
    subprocess.run(["env", "LD_PRELOAD=" + sys.argv[1], sys.executable, "-c", heir], stdin=listener)
    print(listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN))'
  network_up --rtt 2
  echo 'server = { default = "off"; };' >its.conf
  settle its.conf
  server_spawn XDG_RUNTIME_DIR="$NETWORK_DIR" python3 -c "$inherit" "$SHIM"
  wait_listening 8080
  taken_from_syn "$SERVER_IP4"
  echo 'server = { default = "on"; };' >its.conf
  wait_until "((\$(taken_from_syn $SERVER_IP4) == 12))" 15
  touch end
  taken_from_syn "$SERVER_IP4" >taken
  wait_until "! process_runs $SPAWNED"
  run tail -n 1 "$SPAWNED_LOG"
  assert_output 0
}

@test "what was looked up before is plain where rules by name are new, until it is looked up again" {
  local look_up='
import os, socket, sys, time
def connect(address):
    with socket.socket() as s:
        s.connect(address)
        s.sendall(b"hello there\n")
        s.recv(100)
look = lambda: socket.getaddrinfo("web.test", 8080, socket.AF_INET, socket.SOCK_STREAM)[0][4]
address = look()
while not os.path.exists("stop"):
    if os.path.exists("again"):
        os.remove("again")
        look()
    connect(address)
    time.sleep(0.05)'
  network_up --rtt 2
  reference_start echo
  echo "$SERVER_IP4 web.test" >hosts
  mount --bind hosts /etc/hosts
  echo "$ON" >its.conf
  settle its.conf
  client_spawn XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" python3 -c "$look_up"
  STEADFAST=$SPAWNED
  assert_equal "$(sleep 1; syns_from_now)" "$FAST"
  echo 'client = { rules = ( { host = "web.test"; first_write = "any"; }, { address = "*"; first_write = "any"; } ); };' \
    >its.conf
  taken_up its.conf
  assert_equal "$(syns_from_now)" "$PLAIN"
  touch again
  wait_until '[[ ! -e again ]]'
  assert_equal "$(syns_from_now)" "$FAST"
  # The same patterns in other rules, and what is known of names stays.
  echo 'client = { rules = ( { host = "web.test"; fastopen = "off"; }, { address = "*"; first_write = "any"; } ); };' \
    >its.conf
  taken_up its.conf
  assert_equal "$(syns_from_now)" "$PLAIN"
  steadfast_end
  umount /etc/hosts
}

@test "the log follows, too" {
  network_up --rtt 2
  reference_start echo
  echo "$ON" >its.conf
  settle its.conf
  unset TFOSHIM_LOG
  steadfast_start 1 50
  sleep 1
  echo "$ON log = { level = \"debug\"; to = \"$PWD/its.log\"; };" >its.conf
  wait_until '[[ -s its.log ]]'
  wait_until "grep -q 'data in the SYN' its.log"
  steadfast_end
  run grep -c tfoshim "$STEADFAST_LOG"
  assert_output 0
}

# The processes are those of this namespace alone, or none would be known.
@test "stat shows which version each process has, and check that of the files" {
  local sleepers=() wanted config
  network_up
  echo "$ON" >its.conf
  settle its.conf
  wanted=$(version its.conf)
  for config in its.conf its.conf ''; do
    client_spawn TFOSHIM_CONFIG="${config:+$PWD/$config}" LD_PRELOAD="$SHIM" sleep 60
    sleepers+=("$SPAWNED")
    wait_until "grep -q libtfoshim /proc/$SPAWNED/maps && [[ \$(</proc/$SPAWNED/comm) == sleep ]]"
  done
  wait_until "((\$(running $wanted) == 2))"
  run -0 "$tfoshim" stat
  assert_line --regexp '^program +running +version +policy +process$'
  assert_line --regexp "^sleep +2 +$wanted +$PWD/its.conf +${sleepers[0]}, ${sleepers[1]}\$"
  assert_line --regexp "^sleep +1 +- +built-in or not shared +${sleepers[2]}\$"
  "$tfoshim" stat --json | python3 -c '
import json, sys
told = {each["pid"]: each for each in json.load(sys.stdin)["processes"]}
one, other, built_in = (told[int(pid)] for pid in sys.argv[3:])
assert one == {"pid": int(sys.argv[3]), "program": "sleep", "policy": sys.argv[1], "version": sys.argv[2],
               "former": None, "refusal": None}, one
assert other["version"] == sys.argv[2]
assert built_in["version"] is None and built_in["policy"] is None' "$PWD/its.conf" "$wanted" "${sleepers[@]}"
  # Where nobody has a configuration there is nothing to compare.
  kill "${sleepers[0]}" "${sleepers[1]}"
  wait_until "((\$(running $wanted) == 0))"
  run -0 "$tfoshim" stat
  refute_line --partial sleep
}

@test "of many processes one has it compiled" {
  local i
  network_up --rtt 2
  reference_start echo
  mkdir own
  cp "$TFOSHIM_BUILD/libtfoshim.so" "$TFOSHIM_BUILD/libtfoshim-policy.so" own
  printf '#!/bin/sh\necho compiled >>%q\nexec %q "$@"\n' "$PWD/count" "$TFOSHIM_BUILD/tfoshim-compile" >own/tfoshim-compile
  chmod 755 own/tfoshim-compile
  echo "$ON" >its.conf
  settle its.conf own/*
  SHIM=${SHIM%"$TFOSHIM_BUILD/libtfoshim.so"}$PWD/own/libtfoshim.so
  for ((i = 0; i < 8; i++)); do
    steadfast_start 2 50
  done
  sleep 1
  echo "$OFF" >its.conf
  taken_up its.conf 8
  run cat count
  assert_output compiled
  steadfast_end
}

# ---- whom rules are for ----

for_whom() { # RULE
  printf 'client = { first_write = "any"; rules = ( %s ); };\n' "$1"
}

# The compiler is another program, and in another control group than the one that the process is shown.
@test "rules for a program's file, a user and a unit are chosen for the process, not for what compiles" {
  local mine='{ program = "*/steadfast"; user = 1000; unit = "web.service"; }'
  network_up --rtt 2
  reference_start echo
  echo 0::/system.slice/web.service >cgroup
  for_whom '{ program = "*/tfoshim-compile"; }, { user = 0; }, { unit = "mail.service"; }' >its.conf
  settle its.conf
  # shellcheck disable=SC2016
  steadfast_start 2 20 bash -c \
    'mount --bind cgroup /proc/$$/cgroup && exec unshare --user --map-user=1000 --map-group=1000 "$0" "$@"'
  sleep 1
  assert_equal "$(syns_from_now)" "$PLAIN"
  for_whom "$mine" >its.conf
  taken_up its.conf
  assert_equal "$(syns_from_now)" "$FAST"
  # What is wrong with a file is so for everybody.
  for_whom "$mine, { port = 0; }" >its.conf
  wait_until "grep -q 'its.conf:1: .*; the former policy stays' $STEADFAST_LOG"
  for_whom '{ program = "steadfast"; user = 1000; unit = "mail.service"; }' >its.conf
  taken_up its.conf
  assert_equal "$(syns_from_now)" "$PLAIN"
  steadfast_end
  assert_equal "$(said 'the former policy stays')" 1
  run cat "$STEADFAST_LOG"
  assert_line "$QUIET"
}

# The new user can read what lies in /run.
@test "after a change too, rules are for the user that a program was started by" {
  local become='
import os, socket, sys, time
os.seteuid(1000)
while True:
    with socket.socket() as s:
        s.connect((sys.argv[1], 8080))
        s.sendall(b"hello there\n")
        s.recv(100)
    time.sleep(0.05)'
  network_up --rtt 2
  reference_start echo
  for_whom '{ user = 1000; }' >/run/its.conf
  settle /run/its.conf
  client_spawn XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" TFOSHIM_CONFIG=/run/its.conf \
    python3 -c "$become" "$SERVER_IP4"
  sleep 1
  assert_equal "$(syns_from_now)" "$PLAIN"
  for_whom '{ user = 0; }' >/run/its.conf
  wait_until "grep -q 'applied: version $(version /run/its.conf)' $SPAWNED_LOG" 15
  assert_equal "$(syns_from_now)" "$FAST"
  rm /run/its.conf
}

# ---- where it cannot be done ----

@test "without the program that compiles, a process keeps what it has and says so once" {
  network_up --rtt 2
  reference_start echo
  mkdir own
  cp "$TFOSHIM_BUILD/libtfoshim.so" "$TFOSHIM_BUILD/libtfoshim-policy.so" own
  echo "$ON" >its.conf
  settle its.conf own/*
  SHIM=${SHIM%"$TFOSHIM_BUILD/libtfoshim.so"}$PWD/own/libtfoshim.so
  steadfast_start 2 20
  sleep 1
  echo "$OFF" >its.conf
  wait_until "grep -q 'cannot start tfoshim-compile; the former policy stays' $STEADFAST_LOG"
  sleep 3
  assert_equal "$(said 'cannot start')" 1
  assert_equal "$(syns_from_now)" "$FAST"
  # What another process has compiled is taken up all the same.
  echo "$OFF # again" >its.conf
  settle its.conf
  LD_PRELOAD=$SHIM TFOSHIM_CONFIG=$PWD/its.conf /bin/true
  taken_up its.conf
  assert_equal "$(syns_from_now)" "$PLAIN"
  steadfast_end
  run cat "$STEADFAST_LOG"
  assert_line "$QUIET"
}

# A root that has all that this one has, and another file in the place of the configuration. In /run, which is
# this namespace's own: nobody is to remove through it what is bound there.
another_root() { # FILE
  local part
  mkdir /run/root
  mount -t tmpfs tmpfs /run/root
  for part in /bin /lib /lib64 /sbin; do
    [[ ! -L $part ]] || cp -P "$part" /run/root
  done
  for part in /usr "/${TFOSHIM_BUILD#/}" "$PWD"; do
    mkdir -p "/run/root$part"
    mount --bind "$part" "/run/root$part"
    mount -o remount,bind,ro "/run/root$part"
  done
  mount --bind "$1" "/run/root$PWD/its.conf"
}

@test "in another root the file is another one, and is not believed" {
  local roots='
import os, socket, sys, time
os.chroot("/run/root")
while not os.path.exists("stop"):
    with socket.socket() as s:
        s.connect((sys.argv[1], 8080))
        s.sendall(b"hello there\n")
        s.recv(100)
    time.sleep(0.05)'
  network_up --rtt 2
  reference_start echo
  echo "$ON" >its.conf
  echo "$OFF" >other.conf
  settle its.conf other.conf
  another_root other.conf
  client_spawn XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" python3 -c "$roots" "$SERVER_IP4"
  STEADFAST=$SPAWNED STEADFAST_LOG=$SPAWNED_LOG
  wait_until "grep -q 'the former policy stays' $STEADFAST_LOG"
  sleep 2
  assert_equal "$(syns_from_now)" "$FAST"
  assert_equal "$(said 'the former policy stays')" 1
  steadfast_end
  umount --recursive /run/root
}

# Kills for what a look takes, and for the compiler.
@test "a process in a sandbox that kills does nothing that it would be killed for" {
  local how
  network_up --rtt 2
  reference_start echo
  cc -D_GNU_SOURCE -o boxed -x c - <<'END'
#include <arpa/inet.h>
#include <err.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#define KILL(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
int main(int argc, char **argv)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef SYS_stat
        KILL(SYS_stat),
#endif
        KILL(SYS_newfstatat), KILL(SYS_statx), KILL(SYS_clone), KILL(SYS_shmget), KILL(SYS_execve),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
    struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(8080)};
    inet_pton(AF_INET, argv[1], &to.sin_addr);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    /* Programs ask first whether there is such a thing. */
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL);
    if (strcmp(argv[2], "prctl") == 0 ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)
                                      : syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
        err(1, "seccomp");
    for (int i = 0; i < 80; i++) {
        char answer[20];
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0 || write(fd, "hello there\n", 12) != 12 ||
            read(fd, answer, sizeof answer) != 12)
            err(1, "connection");
        close(fd);
        usleep(50000);
    }
    return argc - 3;
}
END
  for how in prctl seccomp; do
    echo "$ON" >its.conf
    settle its.conf
    (sleep 1; echo "$OFF" >its.conf) 3>&- &
    run on_client XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" \
      ./boxed "$SERVER_IP4" "$how"
    assert_success
    assert_output 'tfoshim: changes of the configuration are not applied: the process enters a sandbox'
    assert_equal "$(syns 8)" "$FAST"
    wait $!
  done
}
