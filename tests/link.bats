#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The link emulator, proven with a client and a server that use Fast Open natively: were it wrong,
# whatever the other tests say of the shim would be wrong too.

# shellcheck disable=SC2030,SC2031,SC2154 # `run` sets output, lines and stderr

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  TFOLINK=$TFOSHIM_BUILD/tests/link/tfolink
}

teardown() {
  network_down
}

# A server that the kernel makes a Fast Open server, whatever it does itself (0x400).
native_up() { # [tfolink option]...
  network_up "$@"
  on_server sysctl -qw net.ipv4.tcp_fastopen=0x403
  echo hello >"$BATS_TEST_TMPDIR/hello"
  server_spawn /usr/bin/python3 -m http.server --directory "$BATS_TEST_TMPDIR" --bind :: 80
  wait_listening 80
}

address() { # 4|6
  if (($1 == 4)); then echo "$SERVER_IP4"; else echo "[$SERVER_IP6]"; fi
}

fetch() { # 4|6 [curl option]...
  on_client curl -qsS --noproxy '*' --globoff --tcp-fastopen --max-time 8 "${@:2}" \
    "http://$(address "$1")/hello"
}

# After this the client has a cookie, and the capture one connection.
prime() { # 4|6
  run -0 fetch "$1"
  assert_output hello
}

assert_opening() { # STREAM WORD...
  local line word
  line=" $(connections "tcp.stream == $1") "
  for word in "${@:2}"; do
    [[ $line == *" $word "* ]] || fail "no $word in:$line"
  done
}

# What the server's host saw of a connection's SYNs.
server_syns() { # STREAM
  network_control drain >/dev/null
  PCAP=$NETWORK_PCAP_SERVER packets "tcp.flags.syn == 1 && tcp.flags.ack == 0 && tcp.stream == $1"
}

assert_one_line() { # REGEXP
  assert_equal "${#lines[@]}" 1
  assert_line --index 0 --regexp "$1"
}

assert_checksums_good() {
  local pcap
  for pcap in "$NETWORK_PCAP" "$NETWORK_PCAP_SERVER"; do
    run -0 --separate-stderr tshark -n -r "$pcap" -o tcp.check_checksum:TRUE \
      -o ip.check_checksum:TRUE -Y 'tcp.checksum.status == 0 || ip.checksum.status == 0'
    assert_output ''
  done
}

assert_between() { # LEAST VALUE MOST
  awk -v least="$1" -v value="$2" -v most="$3" \
    'BEGIN { exit !(least <= value && value <= most) }' || fail "$2 is not between $1 and $3"
}

synack_ms() { # STREAM
  connections "tcp.stream == $1" | sed 's/.* synack.ms=\([^ ]*\) .*/\1/'
}

# Numbered UDP packets to the server; prints the numbers of those that arrive.
send_numbers() { # FIRST LAST
  # shellcheck disable=SC2016
  on_client bash -c 'for ((i = $1; i <= $2; i++)); do echo $i >/dev/udp/$3/7777; done' \
    bash "$1" "$2" "$SERVER_IP4"
}

# A digit's code is 3 and the digit.
numbers_arrived() {
  network_control drain >/dev/null
  tshark -n -r "$NETWORK_PCAP_SERVER" -Y 'udp.dstport == 7777 && !icmp' -T fields -e udp.payload \
    2>/dev/null | sed 's/0a$//; s/3\(.\)/\1/g'
}

@test "a round trip takes as long as --rtt says" {
  native_up --rtt 40
  prime 4
  assert_between 40 "$(synack_ms 0)" 80
}

@test "--delay is the delay of one way, to a fraction of a millisecond" {
  native_up --delay 7.25
  prime 6
  assert_between 14.5 "$(synack_ms 0)" 50
}

@test "the kernel measures the same round trip" {
  native_up --rtt 30
  # shellcheck disable=SC2016
  client_spawn bash -c 'exec 5<>"/dev/tcp/$1/80"; read -r <&5' bash "$SERVER_IP4"
  established() {
    [[ $(on_client ss -Htin state established dport = :80) =~ minrtt:([0-9.]+) ]]
  }
  wait_until established
  established
  assert_between 30 "${BASH_REMATCH[1]}" 70
}

@test "each capture shows what that side's host would see" {
  native_up --rtt 40
  prime 4
  network_control drain
  # The same packets on both sides, at other times.
  assert_equal "$(packets | sed 's/ms=[^ ]*//' | sort)" \
    "$(PCAP=$NETWORK_PCAP_SERVER packets | sed 's/ms=[^ ]*//' | sort)"
  assert_between 40 "$(synack_ms 0)" 80
  # The server's host answers at once.
  assert_between 0 "$(PCAP=$NETWORK_PCAP_SERVER synack_ms 0)" 20
}

@test "a capture is a pcap file of raw IP with nanoseconds, and its checksums are good" {
  native_up --rtt 0
  prime 4
  prime 6
  run -0 od -An -tx4 -N16 --endian=little "$NETWORK_PCAP"
  assert_output --regexp '^ a1b23c4d 00040002 00000000 00000000$'
  run -0 od -An -tu4 -j20 -N4 --endian=little "$NETWORK_PCAP"
  assert_output --regexp '^ +101$'
  assert_checksums_good
}

fast_open_passes() { # 4|6
  native_up --rtt 20
  prime "$1"
  assert_opening 0 "family=$1" syns=1 syn.data=0 syn.option=request synack.option=cookie
  prime "$1"
  assert_opening 1 "family=$1" syns=1 syn.option=cookie synack.option=none
  [[ $(connections 'tcp.stream == 1') =~ syn.data=([0-9]+).*synack.ack=([0-9]+) ]]
  assert_between 70 "${BASH_REMATCH[1]}" 200
  assert_equal "${BASH_REMATCH[2]}" $((BASH_REMATCH[1] + 1))
}

@test "a plain link lets Fast Open through, IPv4" {
  fast_open_passes 4
}

@test "a plain link lets Fast Open through, IPv6" {
  fast_open_passes 6
}

syn_data_dropped() { # 4|6
  native_up --rtt 20 --drop-syn-data
  prime "$1"
  assert_opening 0 syns=1 syn.option=request
  prime "$1"
  # The kernel repeats the SYN without its data.
  assert_opening 1 syns=2 syn.option=cookie synack.ack=1 end=fin
  run -0 server_syns 1
  assert_one_line ' len=0 option=none$'
  run -0 network_control counters
  assert_output --partial ' dropped=1'
}

@test "--drop-syn-data drops a SYN that carries data and no other, IPv4" {
  syn_data_dropped 4
}

@test "--drop-syn-data drops a SYN that carries data and no other, IPv6" {
  syn_data_dropped 6
}

option_dropped() { # 4|6
  native_up --rtt 20 --drop-option
  prime "$1"
  assert_opening 0 syns=2 syn.data=0 syn.option=request synack.option=none end=fin
  run -0 server_syns 0
  assert_one_line ' len=0 option=none$'
}

@test "--drop-option drops a SYN that asks for a cookie, IPv4" {
  option_dropped 4
}

@test "--drop-option drops a SYN that asks for a cookie, IPv6" {
  option_dropped 6
}

@test "--drop-option knows the experimental option" {
  native_up --rtt 20
  on_server sysctl -qw net.ipv4.tcp_fastopen=1
  # A server that does not answer option 34 is asked by option 254 the next time.
  prime 4
  network_control drop-option
  prime 4
  assert_opening 1 syns=2 syn.option=request
  run -0 --separate-stderr tshark -n -r "$NETWORK_PCAP" -Y 'tcp.option_kind == 254' \
    -T fields -e tcp.stream
  assert_output 1
}

option_stripped() { # 4|6
  native_up --rtt 20
  prime "$1"
  network_control strip-option
  prime "$1"
  # Without its cookie the data is not taken, and sent again.
  assert_opening 1 syns=1 syn.option=cookie synack.ack=1 synack.option=none end=fin
  run -0 server_syns 1
  assert_one_line ' len=[1-9][0-9]* option=none$'
  cookies_flush
  prime "$1"
  assert_opening 2 syns=1 syn.option=request synack.option=none
  assert_checksums_good
}

@test "--strip-option takes the option off a SYN, IPv4" {
  option_stripped 4
}

@test "--strip-option takes the option off a SYN, IPv6" {
  option_stripped 6
}

data_stripped() { # 4|6
  native_up --rtt 20 --strip-data
  prime "$1"
  prime "$1"
  assert_opening 1 syns=1 syn.option=cookie synack.ack=1 end=fin
  run -0 server_syns 1
  assert_one_line ' len=0 option=cookie:'
  assert_checksums_good
}

@test "--strip-data delivers a SYN without its data, IPv4" {
  data_stripped 4
}

@test "--strip-data delivers a SYN without its data, IPv6" {
  data_stripped 6
}

syn_data_reset() { # 4|6
  native_up --rtt 40 --reset-syn-data
  prime "$1"
  run ! fetch "$1"
  assert_opening 1 syns=1 syn.option=cookie synack.ms=none end=rst
  run -0 packets 'tcp.stream == 1 && tcp.flags.reset == 1'
  assert_one_line 'server->client RST,ACK seq=[0-9]+ ack=[0-9]+ len=0'
  # Half-way: one way's delay, there and back.
  [[ $output =~ ms=([0-9.]+) ]]
  assert_between 20 "${BASH_REMATCH[1]}" 39
  assert_checksums_good
  # The host itself was not asked.
  run -0 server_syns 1
  assert_output ''
}

@test "--reset-syn-data answers a SYN that carries data, IPv4" {
  syn_data_reset 4
}

@test "--reset-syn-data answers a SYN that carries data, IPv6" {
  syn_data_reset 6
}

@test "--loss loses about so many packets, and by seed the same ones" {
  for seed in 1 1 2; do
    network_up --rtt 0 --loss 30 --seed "$seed"
    send_numbers 1 200
    arrived+=("$(numbers_arrived | xargs)")
    assert_between 110 "$(wc -w <<<"${arrived[-1]}")" 170
    network_down
  done
  assert_equal "${arrived[0]}" "${arrived[1]}"
  [[ ${arrived[0]} != "${arrived[2]}" ]] || fail 'the seed makes no difference'
}

@test "a loss of 0 and of 100 percent are exact" {
  network_up --rtt 0 --loss 100
  send_numbers 1 50
  network_control loss 0
  send_numbers 51 53
  run -0 numbers_arrived
  assert_output $'51\n52\n53'
}

@test "lose-left and lose-right lose the next segments from that side" {
  native_up --rtt 20
  network_control lose-left 1
  prime 4
  assert_opening 0 syns=2 synack.option=none
  network_control lose-right 1
  prime 4
  assert_opening 1 syns=2 syn.option=request
  # The SYN came, its answer was lost: the host saw both.
  run -0 server_syns 1
  assert_equal "${#lines[@]}" 2
}

@test "a cut link passes nothing until it is restored" {
  native_up --rtt 20
  prime 4
  network_control cut
  run -28 fetch 4 --max-time 0.3
  network_control restore
  prime 4
  assert_opening 2 syns=1 end=fin
}

@test "cutting the link loses what is under way" {
  network_up --rtt 2000
  send_numbers 1 5
  network_control cut
  network_control restore
  network_control rtt 0
  send_numbers 6 7
  run -0 numbers_arrived
  assert_output $'6\n7'
}

@test "a delay that becomes shorter lets no packet overtake another" {
  network_up --rtt 400
  send_numbers 1 20
  network_control rtt 0
  send_numbers 21 40
  run -0 numbers_arrived
  assert_output "$(seq 1 40)"
}

@test "the round trip can be changed in mid-connection" {
  native_up --rtt 0
  prime 4
  network_control rtt 60
  prime 4
  assert_between 60 "$(synack_ms 1)" 120
  assert_between 0 "$(synack_ms 0)" 50
}

@test "drain answers when nothing is under way" {
  network_up --rtt 300
  send_numbers 1 1
  before=${EPOCHREALTIME/./}
  network_control drain
  assert_between 100 $(((${EPOCHREALTIME/./} - before) / 1000)) 1000
}

@test "a command that cannot be obeyed is answered with an error, and changes nothing" {
  native_up --rtt 0
  run -1 --separate-stderr network_control dance
  assert_output 'error: dance: no such setting'
  run -1 --separate-stderr network_control rtt soon
  assert_output 'error: rtt: expected milliseconds, at most an hour of them'
  run -1 --separate-stderr network_control loss 101
  assert_output 'error: loss: expected a percentage'
  run -1 --separate-stderr network_control cut perhaps
  assert_output 'error: cut: expected on or off'
  run -1 --separate-stderr network_control seed
  assert_output 'error: seed: a value is missing'
  run -1 --separate-stderr network_control "$(printf 'x%.0s' {1..600})"
  assert_output 'error: the line is too long'
  network_control sync
  prime 4
}

@test "--help goes to standard output and names every option" {
  run -0 --separate-stderr "$TFOLINK" --help
  assert_equal "$stderr" ''
  for option in left right rtt delay loss seed lose-left lose-right cut device drop-option \
    drop-syn-data reset-syn-data strip-option strip-data pcap pcap-right control status; do
    assert_output --regexp "(^|[[:space:]])--$option "
  done
}

@test "arguments that make no sense are refused by name" {
  run -1 "$TFOLINK"
  assert_output 'tfolink: cannot join anything: --left and --right are needed, see --help'
  run -1 "$TFOLINK" --lift client
  assert_output 'tfolink: cannot use --lift: no such option, see --help'
  run -1 "$TFOLINK" client
  assert_output 'tfolink: cannot use client: expected an option, see --help'
  run -1 "$TFOLINK" --left
  assert_output 'tfolink: cannot use --left: a value is missing'
  run -1 "$TFOLINK" --rtt -1
  assert_output 'tfolink: cannot use --rtt -1: expected milliseconds, at most an hour of them'
  run -1 "$TFOLINK" --loss nan
  assert_output 'tfolink: cannot use --loss nan: expected a percentage'
  run -1 "$TFOLINK" --seed 1x
  assert_output 'tfolink: cannot use --seed 1x: expected a whole number'
}

@test "what cannot be opened or made is said with its reason" {
  network_up
  run -1 "$TFOLINK" --left nowhere --right server
  assert_output \
    'tfolink: cannot open network namespace /run/netns/nowhere: No such file or directory'
  run -1 "$TFOLINK" --left "$BATS_TEST_FILENAME" --right server
  assert_output \
    "tfolink: cannot enter network namespace $BATS_TEST_FILENAME: Invalid argument"
  run -1 "$TFOLINK" --left "$NETWORK_CLIENT" --right "$NETWORK_SERVER"
  assert_output \
    "tfolink: cannot make TUN device link0 in namespace $NETWORK_CLIENT: Device or resource busy"
  run -1 "$TFOLINK" --left a --right b --device a-name-that-is-too-long
  assert_output --partial 'cannot name a device a-name-that-is-too-long: the name is too long'
  run -1 "$TFOLINK" --left a --right b --pcap /nowhere/link.pcap
  assert_output 'tfolink: cannot create /nowhere/link.pcap: No such file or directory'
  run -1 "$TFOLINK" --left a --right b --control /nowhere/control
  assert_output 'tfolink: cannot open /nowhere/control: No such file or directory'
}

@test "without /dev/net/tun it says so" {
  network_up
  run -1 unshare --mount sh -c 'mount -t tmpfs none /dev && exec "$@"' sh \
    "$TFOLINK" --left "$NETWORK_CLIENT" --right "$NETWORK_SERVER"
  assert_output 'tfolink: cannot open /dev/net/tun: No such file or directory'
}

@test "a namespace may be a path or that of a process" {
  network_up
  # Its namespace is the client's only when the program itself runs.
  client_spawn sh -c 'echo inside; exec sleep 60'
  wait_until "grep -qx inside '$SPAWNED_LOG'"
  status=$BATS_TEST_TMPDIR/status
  "$TFOLINK" --left "pid:$SPAWNED" --right "/run/netns/$NETWORK_SERVER" --device link1 \
    --status "$status" 3>&- &
  wait_until "grep -qx ready '$status'"
  run -0 on_client ip link show link1
  run -0 on_server ip link show link1
  kill $!
  wait $!
}

@test "SIGTERM ends it with status 0" {
  network_up
  kill -TERM "$NETWORK_LINK"
  wait "$NETWORK_LINK"
}

@test "it ends with the process that started it" {
  network_up
  # shellcheck disable=SC2016
  bash -c '"$@" & echo $! >"$0"; wait' "$BATS_TEST_TMPDIR/pid" \
    "$TFOLINK" --left "$NETWORK_CLIENT" --right "$NETWORK_SERVER" --device link1 \
    --status "$BATS_TEST_TMPDIR/status" 3>&- &
  wait_until "grep -qx ready '$BATS_TEST_TMPDIR/status'"
  link=$(<"$BATS_TEST_TMPDIR/pid")
  process_runs "$link"
  kill -KILL $!
  wait_until "! process_runs $link"
}
