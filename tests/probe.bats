#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tfoshim probe: what it says of servers and paths of every kind, against what the packets say.

# run --separate-stderr assigns stderr.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required openssl
  tfoshim=$TFOSHIM_BUILD/tfoshim
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR
  export LSAN_OPTIONS=suppressions=$BATS_TEST_DIRNAME/lsan.supp:print_suppressions=0
  # AddressSanitizer, where the command is built with it, wants nothing preloaded before it.
  export ASAN_OPTIONS=verify_asan_link_order=0
  unset TFOSHIM_CONFIG TFOSHIM_DISABLE XDG_CONFIG_HOME LD_PRELOAD
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  network_down
}

probe() { # STATUS ARGUMENT...
  run "-$1" --separate-stderr on_client "$tfoshim" probe "${@:2}"
  assert_equal "$stderr" ""
}

# How many SYNs the client has sent with so many bytes of data, the first of each connection.
syns_with() { # BYTES
  client_syns | grep -c " syn.data=$1 "
}

@test "help; arguments that are not understood" {
  run -0 --separate-stderr "$tfoshim" probe --help
  assert_line --index 0 "usage: tfoshim probe [OPTION...] HOST[:PORT]"
  run -2 "$tfoshim" probe
  assert_output "tfoshim: probe: expected one host, see tfoshim probe --help"
  run -2 "$tfoshim" probe --cuont 3 x
  assert_output 'tfoshim: probe: unknown option "--cuont", did you mean "--count"?'
  run -2 "$tfoshim" probe --count 0 x
  assert_output 'tfoshim: probe: --count: found "0", expected a number from 1 to 100'
  run -2 "$tfoshim" probe --tls --data x host
  assert_output 'tfoshim: probe: --tls and --data cannot be used together'
  run -2 "$tfoshim" probe --data missing 192.0.2.1
  assert_output "tfoshim: probe: cannot read missing: No such file or directory"
  run -1 --separate-stderr "$tfoshim" probe 127.0.0.1:1
  assert_equal "$stderr" \
    "tfoshim: probe: 127.0.0.1:1 cannot be reached by a plain connection either: Connection refused"
}

# A busy machine makes any time longer, but none shorter than the round trips in it; and the three agree.
assert_saves() { # LINE
  local number='([0-9]+)\.([0-9])'
  assert_regex "$1" "^  first byte  plain $number ms, fast $number ms \(medians of 3 and 3\): $number ms saved$"
  local plain=$((BASH_REMATCH[1] * 10 + BASH_REMATCH[2])) fast=$((BASH_REMATCH[3] * 10 + BASH_REMATCH[4]))
  local saved=$((BASH_REMATCH[5] * 10 + BASH_REMATCH[6]))
  ((plain >= 1000 && fast >= 500 && saved - (plain - fast) >= -1 && saved - (plain - fast) <= 1)) ||
    fail "these do not agree: $1"
}

@test "a server that takes it, over IPv4 and IPv6: a round trip is saved" {
  network_up --rtt 50
  reference_start echo
  for address in "$SERVER_IP4" "[$SERVER_IP6]"; do
    probe 0 --count 3 "$address:$PORT"
    assert_line --index 0 --regexp ":$PORT, sending an HTTP request of [0-9]+ bytes$"
    assert_line "  cookie      received"
    assert_line "  SYN data    3 of 3 acknowledged in the SYN-ACK"
    assert_saves "$(grep '^  first byte' <<<"$output")"
    assert_line "Fast Open works here. To enable it:"
    assert_line --regexp '^    \{ address = "'"${address//[][]/}"'"; port = 8080; first_write = "replay-safe"; \}$'
    size=$(sed -n '1s/.* of \([0-9]*\) bytes/\1/p' <<<"$output")
  done
  # Three of each family, of this size or nearly: the addresses differ in length.
  assert_equal "$(client_syns | grep -c 'syn.option=cookie')" 6
  assert_equal "$(syns_with "$size")" 3
  # One at first and three to compare with, and the one that asked, of each family.
  assert_equal "$(syns_with 0)" 10
  assert_equal "$(client_syns | grep -c 'syn.data=0 .*syn.option=request')" 2
  probe 0 --count 1 "$SERVER_IP4:$PORT"
  assert_line "  cookie      already cached"
}

@test "the rule it gives is accepted" {
  network_up --rtt 1
  reference_start echo
  echo 'a first write' >data
  probe 0 --count 1 --data data "$SERVER_IP4:$PORT"
  assert_line --index 0 --partial "sending the file of 14 bytes"
  assert_equal "$(syns_with 14)" 1
  printf 'client = { rules = ( %s ); };\n' "$(grep '{ ' <<<"$output")" >t.conf
  run -0 "$tfoshim" explain -c t.conf "$SERVER_IP4:$PORT"
  assert_line "  policy  on for any first write, by the rule at t.conf:1"
}

@test "the shim is kept out of it" {
  network_up --rtt 1
  reference_start echo
  shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  shim "$tfoshim" probe --count 2 "$SERVER_IP4:$PORT"
  assert_success
  assert_line "  SYN data    2 of 2 acknowledged in the SYN-ACK"
  # The shim's client, the plain one at first and two by turns.
  assert_equal "$(syns_with 0)" 4
}

@test "a TLS server answers the ClientHello" {
  network_up --rtt 1
  openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=test -keyout key.pem -out cert.pem \
    2>/dev/null
  on_server sysctl -qw net.ipv4.tcp_fastopen=0x403
  server_spawn openssl s_server -quiet -accept "$PORT" -cert cert.pem -key key.pem
  wait_listening "$PORT"
  probe 0 --tls --count 2 "$SERVER_IP4:$PORT"
  assert_line --index 0 --partial "sending a TLS ClientHello of "
  assert_line "  SYN data    2 of 2 acknowledged in the SYN-ACK"
  network_control sync
  hellos=$(tshark -n -r "$NETWORK_PCAP" -d "tcp.port==$PORT,tls" \
    -Y "tls.handshake.type == 2 && tcp.srcport == $PORT" 2>/dev/null | wc -l)
  assert_equal "$hellos" 5
}

@test "a server that does not offer it" {
  network_up --rtt 1
  reference_start echo --queue 0
  probe 1 "$SERVER_IP4:$PORT"
  assert_line "  cookie      none received"
  assert_line \
    "The server does not support Fast Open, or the path strips the option from the SYN."
}

@test "a path that loses SYNs that ask for a cookie" {
  network_up --rtt 1 --drop-option
  reference_start echo
  probe 1 "$SERVER_IP4:$PORT"
  assert_line \
    "  cookie      none: the SYN that requested one was lost and sent again without the request"
}

@test "a path that removes the option" {
  network_up --rtt 1 --strip-option
  reference_start echo
  probe 1 "$SERVER_IP4:$PORT"
  assert_line "  cookie      none received"
}

@test "a path that loses SYNs with data" {
  network_up --rtt 1 --drop-syn-data
  reference_start echo
  probe 1 "$SERVER_IP4:$PORT"
  assert_line "  SYN data    2 of 2 lost with the SYN, which was sent again"
  assert_line --regexp '^  first byte  plain .* ms lost$'
  assert_line --partial "mishandles SYNs that carry data. To disable Fast Open here:"
  assert_line "    { address = \"$SERVER_IP4\"; port = $PORT; fastopen = \"off\"; }"
  assert_equal "$(client_syns | grep -c ' syns=2 ')" 2
}

@test "a path that resets SYNs with data" {
  network_up --rtt 1 --reset-syn-data
  reference_start echo
  probe 1 --count 2 "$SERVER_IP4:$PORT"
  assert_line "  SYN data    2 of 2 answered with a reset"
  assert_line "    { address = \"$SERVER_IP4\"; port = $PORT; fastopen = \"off\"; }"
}

@test "a path that takes the data out, a server whose key has changed" {
  network_up --rtt 1 --strip-data
  reference_start echo
  probe 1 --count 2 "$SERVER_IP4:$PORT"
  assert_line "  SYN data    2 of 2 ignored, and sent again after the handshake"
  assert_line --partial "Fast Open saves nothing here and does no harm"
  network_control strip-data off
  server_key_set 0123456789abcdef0123456789abcdef
  # The first is refused and brings the new cookie.
  probe 0 --count 3 "$SERVER_IP4:$PORT"
  assert_line "  cookie      already cached"
  assert_line "  SYN data    2 of 3 acknowledged in the SYN-ACK"
  assert_line "  SYN data    1 of 3 ignored, and sent again after the handshake"
}

@test "a server that does not answer what is sent" {
  network_up --rtt 1
  reference_start sink
  probe 0 --count 2 --timeout 1 "$SERVER_IP4:$PORT"
  assert_line "  SYN data    2 of 2 acknowledged in the SYN-ACK"
  assert_line --partial "  first byte  the server does not answer the data"
}

@test "the kernel's client part switched off" {
  network_up --rtt 1
  reference_start echo
  on_client sysctl -qw net.ipv4.tcp_fastopen=2
  run -1 --separate-stderr on_client "$tfoshim" probe "$SERVER_IP4:$PORT"
  assert_equal "$stderr" "tfoshim: probe: the client bit (1) of net.ipv4.tcp_fastopen is not set, see tfoshim doctor"
}
