#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Keys that age: the command, a fleet behind one address, cookies out of date, and listeners with keys of
# a file.

# run --separate-stderr assigns stderr.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

ONE=00112233-44556677-8899aabb-ccddeeff
TWO=0f1e2d3c-4b5a6978-8796a5b4-c3d2e1f0
THREE=deadbeef-00000001-00000002-00000003
EXPECTED='a key xxxxxxxx-xxxxxxxx-xxxxxxxx-xxxxxxxx of hexadecimal digits, or two with a comma between'

setup() {
  load lib/network
  load lib/fleet
  load programs/programs
  tools_required nft openssl /usr/bin/python3
  tfoshim=$TFOSHIM_BUILD/tfoshim
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR
  export LSAN_OPTIONS=suppressions=$BATS_TEST_DIRNAME/lsan.supp:print_suppressions=0
  unset TFOSHIM_CONFIG XDG_CONFIG_HOME
  network_up --rtt 10
  SYSCTL=/proc/sys/net/ipv4/tcp_fastopen_key
  ADDRESS=$FLEET_IP4
  cd "$BATS_TEST_TMPDIR" || exit
  (umask 077 && printf 'a secret of more than 16 bytes' >secret)
}

teardown() {
  fleet_down
  network_down
}

keys_are() { # KEYS
  assert_equal "$(on_server cat "$SYSCTL")" "$1"
}

# What the secret gives on a day, as another program reckons it.
key_of() { # DAY
  printf 'tfoshim tcp_fastopen_key %s' "$1" |
    openssl dgst -sha256 -hmac "$(<secret)" |
    sed -E 's/.*= *(.{8})(.{8})(.{8})(.{8}).*/\1-\2-\3-\4/'
}

# ---- the command ----

@test "help; arguments that are not understood" {
  run -0 --separate-stderr "$tfoshim" key --help
  assert_line --index 0 'usage: tfoshim key show [--secret FILE [--day DAY]]'
  local arguments
  for arguments in '' 'show more' 'set' 'set a b' "set $ONE --secret secret" 'rotate --day 2026-01-31'; do
    # shellcheck disable=SC2086
    run -2 "$tfoshim" key $arguments
    assert_output 'tfoshim: key: expected show, set KEY[,BACKUP] or rotate, see tfoshim key --help'
  done
  run -2 "$tfoshim" key rotat
  assert_output 'tfoshim: unknown command "key rotat", did you mean "key rotate"?'
  run -2 "$tfoshim" key show --secert x
  assert_output 'tfoshim: key: unknown option "--secert", did you mean "--secret"?'
  local day
  for day in 2026-02-31 2026-2-3 today '2026-01-31 ' 20260131; do
    run -2 "$tfoshim" key show --secret secret --day "$day"
    assert_output "tfoshim: key: --day: found \"$day\", expected a day such as 2026-01-31"
  done
}

@test "keys are shown, set and rotated" {
  run -0 on_server "$tfoshim" key show
  assert_output 'none yet: the kernel generates one for the first listener that accepts data in SYNs'
  run -0 on_server "$tfoshim" key set "$ONE"
  refute_output
  run -0 on_server "$tfoshim" key show
  assert_output "primary $ONE"$'\n''backup  none'
  run -0 on_server "$tfoshim" key rotate
  refute_output
  run -0 on_server "$tfoshim" key show
  assert_line --index 0 --regexp '^primary [0-9a-f]{8}(-[0-9a-f]{8}){3}$'
  refute_line --index 0 "primary $ONE"
  assert_line --index 1 "backup  $ONE"
  first=${lines[0]#primary }
  run -0 on_server "$tfoshim" key rotate
  run -0 on_server "$tfoshim" key show
  assert_line --index 1 "backup  $first"
  refute_line --index 0 "primary $first"
  on_server "$tfoshim" key set - <<<"${ONE^^},$TWO"
  keys_are "$ONE,$TWO"
}

@test "a key of another form is refused, and nothing is set" {
  on_server "$tfoshim" key set "$ONE,$TWO"
  local key
  for key in '' abc "${ONE%f}" "${ONE}0" "${ONE%f}g" "${ONE//-/:}" "$ONE," "$ONE;$TWO" "$ONE,$TWO,$THREE"; do
    run -2 on_server "$tfoshim" key set "$key"
    assert_output "tfoshim: key: found \"$key\", expected $EXPECTED"
  done
  keys_are "$ONE,$TWO"
}

@test "whoever is not root is told so" {
  local action
  for action in show rotate; do
    run -1 on_server setpriv --reuid 1000 --clear-groups "$tfoshim" key "$action"
    assert_output "tfoshim: key: only root may read $SYSCTL: Permission denied"
  done
  run -1 on_server setpriv --reuid 1000 --clear-groups "$tfoshim" key set "$ONE"
  assert_output "tfoshim: key: only root may write $SYSCTL: Permission denied"
}

@test "a secret and the day make the keys, twice a day the same ones" {
  run -0 on_server "$tfoshim" key show --secret secret --day 2028-03-01
  assert_output "primary $(key_of 2028-03-01)"$'\n'"backup  $(key_of 2028-02-29)"
  on_server "$tfoshim" key rotate --secret secret --day 2026-01-01
  keys_are "$(key_of 2026-01-01),$(key_of 2025-12-31)"
  on_server "$tfoshim" key rotate --secret secret --day 2026-01-01
  keys_are "$(key_of 2026-01-01),$(key_of 2025-12-31)"
  on_server "$tfoshim" key rotate --secret secret --day 2026-01-02
  keys_are "$(key_of 2026-01-02),$(key_of 2026-01-01)"
  # Without a day it is today, in UTC whatever the zone.
  local first_day last_day
  first_day=$(key_of "$(date -u +%F)")
  on_server TZ=Pacific/Kiritimati "$tfoshim" key rotate --secret secret
  run on_server cat "$SYSCTL"
  last_day=$(key_of "$(date -u +%F)")
  [[ ${output%,*} == "$first_day" || ${output%,*} == "$last_day" ]]
}

@test "a secret that others could know is refused" {
  on_server "$tfoshim" key set "$ONE"
  refused() { # FILE PROBLEM
    run -1 on_server "$tfoshim" key rotate --secret "$1"
    assert_output "tfoshim: key: $1: $2"
    keys_are "$ONE"
  }
  local mode
  for mode in 604 640 620 601; do
    chmod "$mode" secret
    refused secret 'found a file that grants rights to others than its owner, expected mode 0600 or 0400'
  done
  chmod 400 secret
  ln -s secret link
  refused link 'found a symbolic link, expected a regular file'
  mkfifo -m 600 fifo
  refused fifo 'found a directory, device, FIFO or socket, expected a regular file'
  refused . 'found a directory, device, FIFO or socket, expected a regular file'
  refused none 'No such file or directory'
  (umask 077 && printf 'fifteen bytes..' >short && head -c 5000 /dev/zero >long)
  refused short 'found less than 16 bytes, expected a secret of 16 bytes or more'
  refused long 'found a file that is too long, expected a secret'
  cp secret given
  chmod 600 given
  if chown 1 given 2>/dev/null; then
    refused given "found a file of another user, expected one of this user or root"
  fi
  on_server "$tfoshim" key rotate --secret secret
}

# ---- the units ----

@test "the units are understood, rotate without a capability, and take a secret by a drop-in" {
  local units=root/etc/systemd/system
  mkdir -p "$units/tfoshim-key-rotate.service.d"
  # Where the program will be there is none yet.
  sed "s|=/[^ ]*/tfoshim |=$tfoshim |" "$TFOSHIM_BUILD/tfoshim-key-rotate.service" \
    >"$units/tfoshim-key-rotate.service"
  cp "$TFOSHIM_ROOT/conf/tfoshim-key-rotate.timer" "$units/"
  run -0 systemd-analyze verify --man=no "$units"/tfoshim-key-rotate.{service,timer}
  refute_output
  run -0 systemd-analyze security --offline=true --threshold=20 "$units/tfoshim-key-rotate.service"
  cp "$TFOSHIM_ROOT/examples/systemd/key-secret.conf" "$units/tfoshim-key-rotate.service.d/"
  sed -i "s|=/usr/bin/tfoshim|=$tfoshim|" "$units/tfoshim-key-rotate.service.d/key-secret.conf"
  run -0 systemd-analyze verify --man=no "$units/tfoshim-key-rotate.service"
  refute_output
  on_server "$tfoshim" key set "$ONE"
  on_server setpriv --bounding-set -all --inh-caps -all --no-new-privs "$tfoshim" key rotate
  run -0 on_server "$tfoshim" key show
  assert_line --index 1 "backup  $ONE"
}

# ---- a fleet ----

# Each of the servers that examples/balancer has, and what they record.
fleet_serve() {
  fleet_up
  RECORD=$NETWORK_DIR/record
  : >"$RECORD"
  fleet_spawn "$PROGRAMS/server" :: "$PORT" --record "$RECORD" --queue 16 sink
}

fleet_rotates() { # DAY
  on_first "$tfoshim" key rotate --secret secret --day "$1"
  on_second "$tfoshim" key rotate --secret secret --day "$1"
}

connect() {
  shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
  assert_success
}

failures() {
  echo "$(($(netstat_value first TCPFastOpenPassiveFail) + $(netstat_value second TCPFastOpenPassiveFail)))"
}

taken() {
  echo "$(netstat_value first TCPFastOpenPassive) $(netstat_value second TCPFastOpenPassive)"
}

# A figure of the one destination that there is.
figure() { # KEY
  on_client XDG_RUNTIME_DIR="$NETWORK_DIR" "$tfoshim" stat --json | /usr/bin/python3 -c '
import json, sys
[destination] = json.load(sys.stdin)["destinations"]
print(destination[sys.argv[1]])' "$1"
}

@test "machines that share a secret take each other's cookies, and yesterday's" {
  fleet_serve
  fleet_rotates 2026-01-01
  connect
  assert_equal "$(last_syn syn.option syn.data)" 'request 0'
  for _ in 1 2 3 4; do
    connect
    assert_equal "$(last_syn syn.option syn.data synack.ack)" 'cookie 79 80'
  done
  assert_equal "$(taken)" '2 2'
  # Yesterday's passes, and brings today's home, which the other machine takes.
  fleet_rotates 2026-01-02
  connect
  assert_equal "$(last_syn syn.option syn.data synack.ack synack.option)" 'cookie 79 80 cookie'
  for _ in 1 2 3; do
    connect
    assert_equal "$(last_syn syn.option syn.data synack.ack synack.option)" 'cookie 79 80 none'
  done
  assert_equal "$(taken)" '4 4'
  assert_equal "$(failures)" 0
  assert_equal "$(figure accepted) $(figure stale)" '8 0'
}

@test "a cookie of two days ago is refused, replaced, and costs no byte and no back-off" {
  fleet_serve
  fleet_rotates 2026-01-01
  connect
  connect
  assert_equal "$(last_syn syn.data synack.ack)" '79 80'
  plain_record=$(record_take 2 | tail -n 1)
  fleet_rotates 2026-01-03
  connect
  assert_equal "$(last_syn syn.option syn.data synack.ack synack.option)" 'cookie 79 1 cookie'
  assert_equal "$(record_take 1)" "$plain_record"
  assert_equal "$(failures)" 1
  assert_equal "$(figure stale) $(figure ignored) $(figure backed_off_seconds) $(figure last)" '1 0 0 stale'
  assert_equal "$(figure trouble)" None
  connect
  assert_equal "$(last_syn syn.option syn.data synack.ack)" 'cookie 79 80'
  assert_equal "$(record_take 1)" "$plain_record"
  # And for whomever asks otherwise.
  run -0 on_client XDG_RUNTIME_DIR="$NETWORK_DIR" "$tfoshim" stat --prometheus
  assert_line --regexp '^tfoshim_fast_opens_total\{address="192\.0\.2\.80",port="8080",netns="[0-9]+",outcome="stale"\} 1$'
  run -0 on_client XDG_RUNTIME_DIR="$NETWORK_DIR" "$tfoshim" explain "$ADDRESS:$PORT"
  assert_line --partial '3 fast opens tried, 2 accepted, 1 with a cookie out of date'
}

@test "connections that leave together with a cookie out of date back off no more than one" {
  fleet_serve
  fleet_rotates 2026-01-01
  connect
  connect
  record_take 2 >/dev/null
  fleet_rotates 2026-01-03
  local clients=() client
  for _ in 1 2 3 4 5; do
    client_spawn TFOSHIM_CONFIG="$CONF/on.conf" XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" \
      "$PROGRAMS/client" "$ADDRESS" "$PORT"
    clients+=("$SPAWNED")
  done
  for client in "${clients[@]}"; do
    wait "$client"
  done
  assert_equal "$(record_take 5 | sort -u | wc -l)" 1
  (($(figure stale) >= 1))
  assert_equal "$(figure ignored) $(figure backed_off_seconds)" '0 0'
  connect
  assert_equal "$(last_syn syn.option syn.data synack.ack)" 'cookie 79 80'
}

@test "machines of one address with different keys are told of" {
  fleet_serve
  on_first "$tfoshim" key set "$ONE"
  on_second "$tfoshim" key set "$TWO"
  for _ in 1 2 3 4 5; do
    connect
  done
  assert_equal "$(figure stale) $(figure accepted) $(figure backed_off_seconds)" '4 0 0'
  run -0 on_client XDG_RUNTIME_DIR="$NETWORK_DIR" "$tfoshim" stat
  assert_line --partial "$ADDRESS:$PORT: most cookies are refused: the servers or listeners of this address have different keys (tfoshim key, key_file)"
}

# The cookie is made of the address that the server sees.
@test "behind an address that is translated machines take no cookie of each other's" {
  fleet_serve
  fleet_rotates 2026-01-01
  on_server sh -ec "
    nft flush chain inet fleet balance
    nft 'add chain inet fleet translate { type nat hook prerouting priority dstnat; }'
    nft 'add rule inet fleet translate ip daddr $ADDRESS dnat ip to numgen inc mod 2 map { 0 : 198.51.100.11, 1 : 198.51.100.12 }'
  "
  for _ in 1 2 3 4; do
    connect
  done
  assert_equal "$(figure stale) $(figure accepted)" '3 0'
  assert_equal "$(failures)" 3
}

# ---- key_file ----

key_file_is() { # KEYS
  (umask 077 && printf '%s\n' "$1" >key.new)
  mv key.new key
}

keys_config() {
  printf 'client = { default = "on"; min_rtt = 0; };\nserver = { default = "on"; key_file = "%s"; };\n' \
    "$PWD/key" >keys.conf
}

under_shim() { # [NAME=VALUE]... COMMAND
  on_server TFOSHIM_CONFIG="$PWD/keys.conf" XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" "$@"
}

serve() {
  RECORD=$NETWORK_DIR/record
  : >"$RECORD"
  server_spawn TFOSHIM_CONFIG="$PWD/keys.conf" XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" \
    "$PROGRAMS/server" :: "$PORT" sink --record "$RECORD"
  wait_listening "$PORT"
}

# The keys of a listener of its own, as bytes.
own_keys() { # [PYTHON BEFORE listen()]
  under_shim /usr/bin/python3 -c "
import socket
listener = socket.socket()
listener.bind(('0.0.0.0', 8001))
${1-}
listener.listen()
print(listener.getsockopt(socket.IPPROTO_TCP, 33, 32).hex())"
}

@test "a listener has the keys of its rule's file, in the sysctl's form" {
  ADDRESS=$SERVER_IP4
  # A cookie of the namespace's key ...
  on_server "$tfoshim" key set "$ONE"
  reference_start sink
  connect
  kill "$SPAWNED"
  process_end "$SPAWNED"
  # ... is good for a listener that has the same from a file, and the namespace another.
  on_server "$tfoshim" key set "$THREE"
  key_file_is "$ONE"
  keys_config
  serve
  connect
  assert_equal "$(last_syn syn.option syn.data synack.ack)" 'cookie 79 80'
  assert_equal "$(<"$SPAWNED_LOG")" ''
  # Two keys, and one.
  run -0 own_keys
  assert_output 3322110077665544bbaa9988ffeeddcc
}

# What check warns of.
@test "listeners of one address with different keys take no cookie of each other's" {
  ADDRESS=$SERVER_IP4
  key_file_is "$ONE"
  printf 'server = { rules = ( { port = 8080; key_file = "%s"; }, { } ); };\n' "$PWD/key" >keys.conf
  run -0 "$tfoshim" check keys.conf
  assert_line --partial 'warning: keys.conf:1: its key_file differs from that of the rule at keys.conf:1'
  serve
  PORT=8081 serve
  connect
  PORT=8081 connect
  local other
  for other in 8081 8080 8081 8080; do
    PORT=$other connect
    assert_equal "$other: $(PORT=$other last_syn syn.option synack.ack synack.option)" "$other: cookie 1 cookie"
  done
}

@test "a program that sets a key of its own keeps it" {
  key_file_is "$ONE"
  keys_config
  run -0 own_keys "listener.setsockopt(socket.IPPROTO_TCP, 33, bytes(range(16)))"
  assert_output 000102030405060708090a0b0c0d0e0f
}

@test "keys are taken up where the file is replaced, as connections come in" {
  ADDRESS=$SERVER_IP4
  key_file_is "$ONE"
  keys_config
  serve
  connect
  cookie() {
    ip -n "$NETWORK_CLIENT" tcp_metrics show "$SERVER_IP4" | sed -n 's/.* fo_cookie \([0-9a-f]*\).*/\1/p'
  }
  cookie_is_new() {
    connect
    [[ $(cookie) != "$before" ]]
  }
  before=$(cookie)
  key_file_is "$TWO,$ONE"
  # Within a second, and as one connection after another comes in; none is refused.
  wait_until cookie_is_new
  assert_equal "$(netstat_value server TCPFastOpenPassiveFail)" 0
  before=$(cookie)
  # One that cannot be used is said once, and changes nothing.
  chmod 644 key
  for _ in 1 2 3; do
    sleep 1.1
    connect
  done
  assert_equal "$(cookie)" "$before"
  assert_equal "$(<"$SPAWNED_LOG")" "tfoshim: key_file $PWD/key: found a file that grants rights to others than \
its owner, expected mode 0600 or 0400: the former keys stay"
  chmod 600 key
  key_file_is "$THREE"
  wait_until cookie_is_new
  connect
  assert_equal "$(last_syn syn.option syn.data synack.ack)" 'cookie 79 80'
}

@test "a key_file that cannot be used: the namespace's keys serve, and it is said once" {
  ADDRESS=$SERVER_IP4
  on_server "$tfoshim" key set "$ONE"
  serves_without() { # PROBLEM
    serve
    connect
    connect
    assert_equal "$(last_syn syn.option syn.data synack.ack)" 'cookie 79 80'
    assert_equal "$(<"$SPAWNED_LOG")" \
      "tfoshim: key_file $PWD/key: $1: the keys of the network namespace apply"
    kill "$SPAWNED"
    process_end "$SPAWNED"
    run -0 under_shim LD_PRELOAD= "$tfoshim" check
    assert_line "tfoshim: warning: $PWD/keys.conf: key_file $PWD/key: $1"
    run -0 under_shim LD_PRELOAD= "$tfoshim" explain --listen "0.0.0.0:$PORT"
    assert_line "  keys    those of the network namespace: $PWD/key: $1"
    rm -rf key
  }
  keys_config
  serves_without 'No such file or directory'
  key_file_is abc
  serves_without "found something else, expected $EXPECTED"
  key_file_is "$TWO" && chmod 640 key
  serves_without 'found a file that grants rights to others than its owner, expected mode 0600 or 0400'
  key_file_is "$TWO" && mv key elsewhere && ln -s elsewhere key
  serves_without 'found a symbolic link, expected a regular file'
  mkfifo -m 600 key
  serves_without 'found a directory, device, FIFO or socket, expected a regular file'
  key_file_is "$TWO"
  run -0 under_shim LD_PRELOAD= "$tfoshim" explain --listen "0.0.0.0:$PORT"
  assert_line "  keys    those of $PWD/key, a primary without a backup"
}

@test "a listener that is handed down has the keys as well" {
  key_file_is "$ONE,$TWO"
  keys_config
  local told='
import socket, sys
listener = socket.socket(fileno=3)
if sys.argv[1] == "listen":
    listener.settimeout(0)
    try:
        listener.accept()
    except BlockingIOError:
        pass
print(listener.getsockopt(socket.IPPROTO_TCP, 33, 32).hex())'
  run -0 under_shim "$PROGRAMS/hand-down" bind 0.0.0.0 8001 env -u LD_PRELOAD /usr/bin/python3 -c "$told" bind
  assert_output 3322110077665544bbaa9988ffeeddcc3c2d1e0f78695a4bb4a59687f0e1d2c3
  run -0 on_server "$PROGRAMS/hand-down" listen 0.0.0.0 8001 env TFOSHIM_CONFIG="$PWD/keys.conf" \
    XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" /usr/bin/python3 -c "$told" listen
  assert_output 3322110077665544bbaa9988ffeeddcc3c2d1e0f78695a4bb4a59687f0e1d2c3
}
