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
  local number
  native_up --rtt 30
  round_trips() {
    on_client ss -Htin state established dport = :80 | grep -o 'minrtt:[0-9.]*' | cut -d : -f 2 | sort -n
  }
  # A busy machine adds to some.
  for number in {1..5}; do
    # shellcheck disable=SC2016
    client_spawn bash -c 'exec 5<>"/dev/tcp/$1/80"; read -r <&5' bash "$SERVER_IP4"
    wait_until "((\$(round_trips | wc -l) == $number))"
  done
  assert_between 30 "$(round_trips | head -n 1)" 70
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

option_stripped_on_one_side() { # 4|6
  native_up --rtt 20
  prime "$1"
  network_control strip-option-left
  prime "$1"
  # What the right sends of the option still comes: a new cookie for a SYN that seems to have none.
  assert_opening 1 syns=1 syn.option=cookie synack.ack=1 end=fin
  run -0 server_syns 1
  assert_one_line ' len=[1-9][0-9]* option=none$'
  network_control strip-option-left off
  network_control strip-option-right
  cookies_flush
  prime "$1"
  assert_opening 2 syns=1 syn.option=request synack.option=none end=fin
  run -0 server_syns 2
  assert_one_line ' option=request$'
  [[ $(PCAP=$NETWORK_PCAP_SERVER connections 'tcp.stream == 2') == *' synack.option=cookie '* ]] ||
    fail 'the server gave no cookie'
  assert_checksums_good
}

@test "--strip-option-left and --strip-option-right strip one side only, IPv4" {
  option_stripped_on_one_side 4
}

@test "--strip-option-left and --strip-option-right strip one side only, IPv6" {
  option_stripped_on_one_side 6
}

cookie_of() { # The line of a SYN or SYN-ACK
  [[ $1 =~ option=cookie:([0-9a-f]{16})$ ]] || fail "no cookie in: $1"
  printf '%s\n' "${BASH_REMATCH[1]}"
}

cookie_altered() { # 4|6
  local given sent arrived
  native_up --rtt 20 --alter-cookie
  prime "$1"
  given=$(cookie_of "$(packets 'tcp.stream == 0 && tcp.flags.syn == 1 && tcp.flags.ack == 1')")
  prime "$1"
  sent=$(cookie_of "$(packets 'tcp.stream == 1 && tcp.flags.syn == 1 && tcp.flags.ack == 0')")
  arrived=$(cookie_of "$(server_syns 1)")
  assert_equal "$sent" "$given"
  assert_equal "${arrived:2}" "${given:2}"
  assert_equal $((16#${given:0:2} ^ 16#${arrived:0:2})) 1
  # It is refused, the data with it, and the right one given again.
  assert_opening 1 syns=1 synack.ack=1 synack.option=cookie end=fin
  assert_checksums_good
}

@test "--alter-cookie makes a SYN's cookie a wrong one, IPv4" {
  cookie_altered 4
}

@test "--alter-cookie makes a SYN's cookie a wrong one, IPv6" {
  cookie_altered 6
}

connections_opened() { # PCAP
  tshark -n -r "$1" -Y 'tcp.flags.syn == 1 && tcp.flags.ack == 0' -T fields -e tcp.stream 2>/dev/null
}

next_syn_reset() { # 4|6
  native_up --rtt 40 --reset-syn 1
  run -7 fetch "$1"
  assert_opening 0 syns=1 syn.data=0 syn.option=request synack.ms=none end=rst
  run -0 packets 'tcp.stream == 0 && tcp.flags.reset == 1'
  assert_one_line 'server->client RST,ACK seq=[0-9]+ ack=1 len=0'
  prime "$1"
  prime "$1"
  network_control reset-syn 1
  run ! fetch "$1"
  assert_opening 3 syns=1 syn.option=cookie synack.ms=none end=rst
  assert_checksums_good
  # Neither of the two came to the host itself.
  run -0 network_control counters
  assert_output --partial ' dropped=2'
  run -0 connections_opened "$NETWORK_PCAP_SERVER"
  assert_output $'0\n1'
}

@test "reset-syn answers the next SYNs, with data or without, IPv4" {
  next_syn_reset 4
}

@test "reset-syn answers the next SYNs, with data or without, IPv6" {
  next_syn_reset 6
}

synacks() { # PCAP
  tshark -n -r "$1" -Y 'tcp.flags.syn == 1 && tcp.flags.ack == 1' 2>/dev/null | wc -l
}

syn_repeated() { # 4|6
  native_up --rtt 20 --repeat-syn --repeat-after 150
  prime "$1"
  prime "$1"
  # The client sent one; two came, the second so much later. The server takes it for another client.
  assert_opening 1 syns=1 syn.option=cookie
  run -0 server_syns 1
  assert_equal "${#lines[@]}" 2
  assert_equal "${lines[1]/ms=* client/client}" "${lines[0]/ms=* client/client}"
  [[ ${lines[1]} =~ ms=([0-9.]+) ]]
  # The first may have been late itself.
  assert_between 75 "${BASH_REMATCH[1]}" 600
  # SYN-ACKs come once.
  assert_equal "$(synacks "$NETWORK_PCAP")" "$(synacks "$NETWORK_PCAP_SERVER")"
  assert_checksums_good
}

@test "--repeat-syn delivers a SYN twice, IPv4" {
  syn_repeated 4
}

@test "--repeat-syn delivers a SYN twice, IPv6" {
  syn_repeated 6
}

# Packets that are too long are seen on one side only.
longest() { # PCAP FILTER
  tshark -n -r "$1" -Y "tcp && $2" -T fields -e frame.len 2>/dev/null | sort -n | tail -n 1
}

long_answer() {
  head -c 30000 /dev/zero | tr '\0' x >"$BATS_TEST_TMPDIR/hello"
}

too_long_answered() { # 4|6 ICMP-FILTER CHECKSUM-FIELD
  native_up --rtt 20 --mtu 1300
  long_answer
  fetch "$1" -o "$BATS_TEST_TMPDIR/got"
  cmp "$BATS_TEST_TMPDIR/hello" "$BATS_TEST_TMPDIR/got"
  assert_equal "$(longest "$NETWORK_PCAP_SERVER" 'tcp.srcport == 80')" 1500
  assert_equal "$(longest "$NETWORK_PCAP" 'tcp.srcport == 80')" 1300
  run -0 --separate-stderr tshark -n -r "$NETWORK_PCAP_SERVER" -Y "$2" -T fields -e "$3"
  # Good, by tshark's numbers.
  assert_line 1
  refute_line 0
  # The client's host has neither sent nor seen one.
  run -0 --separate-stderr tshark -n -r "$NETWORK_PCAP" -Y 'icmp || icmpv6.type == 2'
  assert_output ''
  run -0 --separate-stderr tshark -n -r "$NETWORK_PCAP_SERVER" -o ip.check_checksum:TRUE \
    -Y "($2) && ip.checksum.status == 0"
  assert_output ''
}

@test "--mtu answers packets that are too long with ICMP, IPv4" {
  too_long_answered 4 'icmp.type == 3 && icmp.code == 4 && icmp.mtu == 1300' icmp.checksum.status
}

@test "--mtu answers packets that are too long with ICMP, IPv6" {
  too_long_answered 6 'icmpv6.type == 2 && icmpv6.mtu == 1300' icmpv6.checksum.status
}

too_long_dropped() { # 4|6
  native_up --rtt 20 --mtu 1300 --mtu-silent
  prime "$1"
  long_answer
  run -28 fetch "$1" --max-time 1
  assert_equal "$(longest "$NETWORK_PCAP_SERVER" 'tcp.srcport == 80')" 1500
  assert_between 0 "$(longest "$NETWORK_PCAP" 'tcp.srcport == 80')" 1300
  run -0 --separate-stderr tshark -n -r "$NETWORK_PCAP_SERVER" -Y 'icmp || icmpv6.type == 2'
  assert_output ''
  run -0 network_control counters
  assert_output --regexp ' dropped=[1-9]'
}

@test "--mtu-silent drops them without a word, IPv4" {
  too_long_dropped 4
}

@test "--mtu-silent drops them without a word, IPv6" {
  too_long_dropped 6
}

@test "--mtu lets a packet of just that length pass" {
  native_up --rtt 0 --mtu 1500
  long_answer
  fetch 4 -o "$BATS_TEST_TMPDIR/got"
  assert_equal "$(longest "$NETWORK_PCAP" 'tcp.srcport == 80')" 1500
  run -0 network_control counters
  assert_output --partial ' dropped=0'
}

# Client's port and address as a host sees them, a line for each connection.
clients_seen() { # PCAP
  tshark -n -r "$1" -Y 'tcp.flags.syn == 1 && tcp.flags.ack == 0' -T fields \
    -e ip.src -e ipv6.src -e tcp.srcport 2>/dev/null
}

translated() { # 4|6 PREFIX
  native_up --rtt 0 --nat 4
  for _ in {1..20}; do
    prime "$1"
  done
  network_control drain
  # Everything comes back to where it belongs: 20 connections, each answered and ended.
  assert_equal "$(connections | grep -c ' syns=1 .*end=fin')" 20
  assert_equal "$(clients_seen "$NETWORK_PCAP" | cut -f 1-2 | sort -u | wc -l)" 1
  run -0 clients_seen "$NETWORK_PCAP_SERVER"
  for line in "${lines[@]}"; do
    [[ $(xargs <<<"$line") == "$2"* ]] || fail "not translated: $line"
  done
  # Of four addresses each connection takes one by its port.
  assert_between 2 "$(cut -f 1-2 <<<"$output" | sort -u | wc -l)" 4
  comm -12 <(clients_seen "$NETWORK_PCAP" | awk '{ print $NF }' | sort) \
    <(awk '{ print $NF }' <<<"$output" | sort) >"$BATS_TEST_TMPDIR/ports"
  assert_between 0 "$(wc -l <"$BATS_TEST_TMPDIR/ports")" 5
  assert_checksums_good
  # The cookie of one address is none of another's.
  run -0 connections
  assert_output --regexp ' syn.option=cookie synack.ms=[0-9.]+ synack.ack=1 synack.option=cookie '
}

@test "--nat gives the left's connections other addresses and ports, IPv4" {
  translated 4 10.9.0.6
}

@test "--nat gives the left's connections other addresses and ports, IPv6" {
  translated 6 fd09::4
}

@test "with --nat of one address cookies hold" {
  native_up --rtt 20 --nat 1
  prime 4
  prime 4
  assert_opening 1 syns=1 syn.option=cookie synack.option=none end=fin
  [[ $(connections 'tcp.stream == 1') =~ syn.data=([0-9]+).*synack.ack=([0-9]+) ]]
  assert_equal "${BASH_REMATCH[2]}" $((BASH_REMATCH[1] + 1))
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

@test "spare-left lets so many pass before one is lost" {
  native_up --rtt 20
  network_control spare-left 1
  network_control lose-left 1
  prime 4
  assert_opening 0 syns=1
  prime 4
  assert_opening 1 syns=1
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

# How many numbers come after one that is greater?
overtaken() { # NUMBER...
  printf '%s\n' "$@" | awk '$1 < most { count++ } $1 > most { most = $1 } END { print count + 0 }'
}

@test "--reorder holds back about so many packets, and others overtake them" {
  network_up --rtt 0 --reorder 20 --reorder-by 40
  send_numbers 1 200
  run -0 numbers_arrived
  assert_equal "$(sort -n <<<"$output")" "$(seq 1 200)"
  # The last ones have nothing behind them.
  assert_between 15 "$(overtaken "${lines[@]}")" 60
}

@test "--reorder-by is how long, and which packets it is follows from the seed" {
  local seed held=()
  for seed in 1 1 2; do
    network_up --rtt 0 --reorder 50 --reorder-by 500 --seed "$seed"
    send_numbers 1 40
    # Held back they come after the last of the others, in the order in which they were sent.
    run -0 numbers_arrived
    assert_equal "$(sort -n <<<"$output")" "$(seq 1 40)"
    assert_between 500 "$(last_arrival_ms)" 1500
    held+=("$output")
    network_down
  done
  assert_equal "${held[0]}" "${held[1]}"
  [[ ${held[0]} != "${held[2]}" ]] || fail 'the seed makes no difference'
}

@test "a packet that is held back for less overtakes one that is held back for more" {
  network_up --rtt 0 --reorder 100 --reorder-by 600
  send_numbers 1 3
  network_control reorder-by 100
  send_numbers 4 6
  run -0 numbers_arrived
  assert_output $'4\n5\n6\n1\n2\n3'
}

# From the first packet that was sent to the last that came.
last_arrival_ms() {
  local fields=(-Y 'udp.dstport == 7777 && !icmp' -T fields -e frame.time_epoch)
  { tshark -n -r "$NETWORK_PCAP" "${fields[@]}" | head -n 1
    tshark -n -r "$NETWORK_PCAP_SERVER" "${fields[@]}" | tail -n 1; } 2>/dev/null |
    awk 'NR == 1 { first = $1 } END { print ($1 - first) * 1000 }'
}

@test "TCP over a link that reorders loses nothing, and its checksums are good" {
  native_up --rtt 4 --reorder 20 --reorder-by 8
  long_answer
  for family in 4 6; do
    fetch "$family" -o "$BATS_TEST_TMPDIR/got"
    cmp "$BATS_TEST_TMPDIR/hello" "$BATS_TEST_TMPDIR/got"
  done
  run -0 --separate-stderr tshark -n -r "$NETWORK_PCAP" \
    -Y 'tcp.analysis.out_of_order || tcp.analysis.retransmission || tcp.analysis.fast_retransmission'
  [[ -n $output ]] || fail 'nothing came out of order'
  assert_checksums_good
}

@test "cut-syn begins a cut at a SYN, which does not pass, and the cut ends by itself" {
  native_up --rtt 20 --cut-syn 1 --cut-for 700
  prime 4
  # The first SYN is lost and the second, a second later, answered.
  assert_opening 0 syns=2 syn.option=request end=fin
  run -0 server_syns 0
  assert_equal "${#lines[@]}" 1
  run -0 network_control counters
  assert_output --partial ' lost=1 '
  prime 4
  assert_opening 1 syns=1 end=fin
}

@test "--cut-after is the time from the SYN to the cut: the SYN comes, its answer is lost" {
  native_up --rtt 200
  prime 4
  network_control cut-after 150
  network_control cut-for 600
  network_control cut-syn 1
  prime 4
  run -0 server_syns 1
  assert_line --index 0 --regexp ' len=[1-9][0-9]* option=cookie:'
  # Nothing comes back before the cut is over.
  run -0 packets 'tcp.stream == 1 && tcp.srcport == 80'
  [[ ${lines[0]} =~ ms=([0-9.]+) ]]
  assert_between 750 "${BASH_REMATCH[1]}" 3000
  prime 4
  assert_opening 2 syns=1 end=fin
}

@test "a SYN before a cut puts it off no further" {
  native_up --rtt 0 --cut-syn 1000 --cut-after 400 --cut-for 300
  prime 4
  # A SYN comes every few milliseconds; the cut takes what is sent after the first 400 all the same.
  # shellcheck disable=SC2016
  client_spawn bash -c 'while :; do curl -s --noproxy "*" --max-time 1 "http://$1/hello"; done' \
    bash "$SERVER_IP4"
  cut() {
    [[ $(network_control counters) =~ \ lost=[1-9] ]]
  }
  wait_until cut 3
}

@test "a SYN during a cut begins no other" {
  native_up --rtt 20 --cut-syn 2 --cut-for 1500
  # SYNs are sent at 0, 1 and 2 seconds; the first and the third begin one.
  run -28 fetch 4 --max-time 2.8
  run -0 network_control counters
  assert_output --regexp ' right=0 lost=[23] '
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
  for option in left right rtt delay loss seed lose-left lose-right spare-left spare-right \
    reorder reorder-by cut cut-syn \
    cut-after cut-for repeat-syn repeat-after mtu mtu-silent device drop-option drop-syn-data \
    reset-syn-data reset-syn strip-option strip-option-left strip-option-right alter-cookie \
    strip-data nat pcap pcap-right control status; do
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
  run -1 "$TFOLINK" --nat 65
  assert_output 'tfolink: cannot use --nat 65: expected a number of addresses, at most 64'
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
