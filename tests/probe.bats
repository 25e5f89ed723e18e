#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tfoshim probe: what it says of servers and paths of every kind, against what the packets say.

# run --separate-stderr assigns stderr, and output; every test is a subshell.
# shellcheck disable=SC2154,SC2030,SC2031

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/json
  load lib/network
  load programs/programs
  tools_required nft openssl /usr/bin/python3
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
  assert_line "  plain       3 of 3 went well"
  assert_line "The path drops SYNs that request a cookie, and plain ones never."
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
  assert_line "  SYN data    3 of 3 lost with the SYN, which was sent again"
  assert_line --regexp '^  first byte  plain .* ms lost$'
  # Three by turns with them, the first, and one at the end.
  assert_line "  plain       5 of 5 went well"
  assert_line "The path or the server mishandles SYNs that carry data: they are lost, and plain ones never. \
To disable Fast Open here:"
  assert_line "    { address = \"$SERVER_IP4\"; port = $PORT; fastopen = \"off\"; }"
  assert_equal "$(client_syns | grep -c ' syns=2 ')" 3
}

@test "a path that resets SYNs with data" {
  network_up --rtt 1 --reset-syn-data
  reference_start echo
  probe 1 --count 2 "$SERVER_IP4:$PORT"
  assert_line "  SYN data    2 of 2 answered with a reset"
  assert_line --partial "mishandles SYNs that carry data: they are refused or reset, and plain ones never."
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

# ---- faults that plain connections have as well ----

# The SYNs of which this is true are lost, at the end of their way.
lose_syns() { # CONDITION...
  on_server nft "add table inet lossy; add chain inet lossy in { type filter hook input priority 0; };
    add set inet lossy seen { type inet_service; size 1000; flags dynamic; };
    add rule inet lossy in tcp dport $PORT tcp flags & (syn | ack) == syn $* drop"
}

# Accepts data in SYNs. WAY says what becomes of a connection; of one whose data came in the SYN, if it begins
# with "fast". The first COUNT connections are echoed in any case, and there are no more if WAY is "gone".
serve() { # WAY COUNT
  server_spawn /usr/bin/python3 -c 'import socket, struct, sys
way, first = sys.argv[1], int(sys.argv[2])
listener = socket.socket(socket.AF_INET6)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)
listener.bind(("::", int(sys.argv[3])))
listener.listen()
kept = []
while True:
    connection, _ = listener.accept()
    in_syn = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[5] & 32 # TCPI_OPT_SYN_DATA
    data = connection.recv(1000)
    first -= 1
    if first >= 0 or way.startswith("fast") and not in_syn:
        connection.sendall(data)
    elif way.endswith("reset") and (in_syn or not way.startswith("slow")):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        kept.append(connection)
    connection = None
    if way == "gone" and first == 0:
        break
' "$1" "$2" "$PORT"
  wait_listening "$PORT"
}

# It neither says that Fast Open works, nor that something mishandles it.
refute_blame() { # HOW_PLAIN_FAILS
  assert_line "Plain connections $1 here, too: the fault is not that of Fast Open, and whether it works cannot be told."
  refute_output --partial mishandles
  refute_output --partial fastopen
}

@test "a path that loses SYNs of every kind: no blame" {
  network_up --rtt 1
  reference_start echo
  # While it is asked for a cookie.
  # shellcheck disable=SC1083
  lose_syns tcp sport != @seen add @seen { tcp sport }
  probe 1 --count 2 "$SERVER_IP4:$PORT"
  assert_line --partial "  cookie      none: the SYN that requested one was lost"
  assert_line "  plain       0 of 3 went well"
  assert_line "  plain       3 of 3 with a lost SYN"
  refute_blame "lose SYNs"
  # And where there is one.
  on_server nft flush chain inet lossy in
  probe 0 --count 1 "$SERVER_IP4:$PORT"
  on_server nft delete table inet lossy
  # shellcheck disable=SC1083
  lose_syns tcp sport != @seen add @seen { tcp sport }
  probe 1 --count 2 "$SERVER_IP4:$PORT"
  assert_line "  SYN data    2 of 2 lost with the SYN, which was sent again"
  refute_blame "lose SYNs"
}

@test "a path that loses SYNs with data now and then: it works" {
  network_up --rtt 1
  reference_start echo
  probe 0 --count 1 "$SERVER_IP4:$PORT"
  lose_syns meta length gt 100 numgen inc mod 3 0
  probe 0 --count 5 "$SERVER_IP4:$PORT"
  assert_line "  SYN data    3 of 5 acknowledged in the SYN-ACK"
  assert_line "  SYN data    2 of 5 lost with the SYN, which was sent again"
  assert_line "Fast Open works here. To enable it:"
}

@test "a path that takes the data out, and loses one SYN: no harm" {
  network_up --rtt 1
  reference_start echo
  probe 0 --count 1 "$SERVER_IP4:$PORT"
  network_control strip-data
  # A plain one has 60 bytes, and no cookie.
  lose_syns meta length gt 60 numgen inc mod 100 0
  probe 1 --count 5 "$SERVER_IP4:$PORT"
  assert_line "  plain       6 of 6 went well"
  assert_line "  SYN data    4 of 5 ignored, and sent again after the handshake"
  assert_line "  SYN data    1 of 5 lost with the SYN, which was sent again"
  assert_line --partial "Fast Open saves nothing here and does no harm"
}

@test "a server that resets every connection that sends something: no blame" {
  network_up --rtt 1
  serve reset 0
  run -1 --separate-stderr on_client "$tfoshim" probe "$SERVER_IP4:$PORT"
  assert_equal "$stderr" \
    "tfoshim: probe: $SERVER_IP4:$PORT: a plain connection fails, too, when it sends this: Connection reset by peer"
  refute_output --partial mishandles
  # All but the first: the one that asks sends nothing.
  process_end "$SPAWNED"
  serve reset 1
  probe 1 --count 2 "$SERVER_IP4:$PORT"
  assert_line "  plain       1 of 4 went well"
  assert_line "  SYN data    2 of 2 acknowledged in the SYN-ACK, and then answered with a reset"
  refute_blame "are refused or reset"
}

@test "a server that goes down, and one that becomes slow: no blame" {
  network_up --rtt 1
  # The second is the one that asks.
  serve gone 2
  probe 1 "$SERVER_IP4:$PORT"
  assert_line "  cookie      received"
  # The next one may be faster than the end of the server.
  assert_line --regexp '^  plain       1 of [45] went well$'
  assert_line --regexp '^  plain       [34] of [45] refused or reset$'
  refute_blame "are refused or reset"
  serve slow 1
  probe 1 --timeout 1 --count 2 "$SERVER_IP4:$PORT"
  assert_line "  plain       3 of 4 not answered in time"
  assert_line "  SYN data    2 of 2 acknowledged in the SYN-ACK, and then not answered"
  refute_blame "time out"
  # That fast ones fail in another way says nothing, either.
  process_end "$SPAWNED"
  serve slow-reset 1
  probe 1 --timeout 1 --count 2 "$SERVER_IP4:$PORT"
  assert_line "  SYN data    2 of 2 acknowledged in the SYN-ACK, and then answered with a reset"
  refute_blame "time out"
}

@test "a server that fails those connections alone whose data came in the SYN" {
  network_up --rtt 1
  serve fast-reset 0
  probe 1 --count 2 "$SERVER_IP4:$PORT"
  assert_line "  plain       4 of 4 went well"
  assert_line "  SYN data    2 of 2 acknowledged in the SYN-ACK, and then answered with a reset"
  assert_line --partial "mishandles SYNs that carry data: they are refused or reset, and plain ones never."
  process_end "$SPAWNED"
  serve fast-slow 0
  probe 1 --count 2 --timeout 1 "$SERVER_IP4:$PORT"
  assert_line "  SYN data    2 of 2 acknowledged in the SYN-ACK, and then not answered"
  assert_line --partial "mishandles SYNs that carry data: they get no answer, and plain ones always."
  assert_line "    { address = \"$SERVER_IP4\"; port = $PORT; fastopen = \"off\"; }"
}

# ---- as JSON ----

# What it says as JSON it says as text; times and, after the first, the cookie are of another run.
probe_both() { # STATUS ARGUMENT...
  probe "$@"
  local text=$output
  run "-$1" --separate-stderr on_client "$tfoshim" probe --json "${@:2}"
  assert_equal "$stderr" ""
  json_assert probe
  run -0 --separate-stderr python3 - "$text" "$output" <<'END'
import json, re, sys
text, said = sys.argv[1], json.loads(sys.argv[2])
lines = [line for line in text.splitlines() if line[0] != " "][1:] + re.findall(r"^    (\{.*)", text, re.M)
assert lines[0].startswith(said["text"]), (lines, said["text"])
assert lines[1:] == ([said["rule"]] if said["rule"] else []), lines
for way, topic in (("plain", "plain"), ("fast", "SYN data")):
    tried = {int(number) for number in re.findall(r"^  %s +\d+ of (\d+) " % topic, text, re.M)}
    # A first run may have asked for a cookie, with a plain connection beside each request.
    assert tried == ({said[way]["tried"]} if said[way]["tried"] else set()), (tried, said[way])
    counts = [one["fault"] for one in said["connections"] if one["way"] == way]
    assert len(counts) == said[way]["tried"], said
    assert [counts.count(name) for name in (None, "syn_lost", "failed", "silent")] == \
        [said[way][name] for name in ("sound", "syn_lost", "failed", "silent")], said
assert said["fastopen"] == (said["verdict"] == "works") == lines[0].startswith("Fast Open works here."), said
print(sys.argv[2])
END
}

@test "as JSON: the same as the text, as its page says" {
  network_up --rtt 20
  reference_start echo
  probe_both 0 --count 3 "$SERVER_IP4:$PORT"
  assert_equal "$(json_get 'all["sends"], all["cookie"], all["answers"], all["fast"]["sound"]')" "('http', 'cached', True, 3)"
  assert_equal "$(json_get '[one["syn_data"] for one in all["connections"] if one["way"] == "fast"]')" \
    "['acknowledged', 'acknowledged', 'acknowledged']"
  assert_equal "$(json_get '0.04 <= all["plain"]["first_byte_seconds"] > all["fast"]["first_byte_seconds"] >= 0.02')" True
  run -0 on_client "$tfoshim" probe --json --count 1 "[$SERVER_IP6]:$PORT"
  json_assert probe
  assert_equal "$(json_get 'all["address"], all["cookie"], [one["way"] for one in all["connections"]]')" \
    "('$SERVER_IP6', 'received', ['plain', 'request', 'plain', 'fast'])"
  network_control reset-syn-data
  probe_both 1 --count 2 "$SERVER_IP4:$PORT"
  assert_equal "$(json_get 'all["verdict"], all["fast"]["failed"]')" "('data_mishandled', 2)"
  network_control reset-syn-data off
  network_control drop-syn-data
  probe_both 1 --count 2 "$SERVER_IP4:$PORT"
  assert_equal "$(json_get 'all["verdict"], all["connections"][-2]["syn_data"]')" "('data_mishandled', 'lost')"
  network_control drop-syn-data off
  network_control strip-data
  probe_both 1 --count 2 "$SERVER_IP4:$PORT"
  assert_equal "$(json_get 'all["verdict"], all["rule"]')" "('ignored', None)"
}

@test "as JSON: no cookie, no server, mistakes" {
  network_up --rtt 1 --drop-option
  reference_start echo
  probe_both 1 "$SERVER_IP4:$PORT"
  assert_equal "$(json_get 'all["verdict"], all["request"]["syn_lost"], all["fast"]["tried"]')" "('request_mishandled', 2, 0)"
  network_control drop-option off
  network_control strip-option
  probe_both 1 "$SERVER_IP4:$PORT"
  assert_equal "$(json_get 'all["verdict"], all["cookie"]')" "('unsupported', 'none')"
  run -1 --separate-stderr on_client "$tfoshim" probe --json "$SERVER_IP4:1"
  assert_equal "$stderr" "tfoshim: probe: $SERVER_IP4:1 cannot be reached by a plain connection either: Connection refused"
  json_assert probe
  assert_equal "$(json_get 'all["verdict"], all["cookie"], all["connections"][0]["error"], len(all["connections"])')" \
    "('unreachable', None, 'Connection refused', 1)"
  run -1 --separate-stderr "$tfoshim" probe --json no-such-host.invalid
  refute_output
  run -2 --separate-stderr "$tfoshim" probe --json --tls --data x host
  refute_output
  assert_equal "$stderr" 'tfoshim: probe: --tls and --data cannot be used together'
}

@test "the kernel's client part switched off, without a cookie and with one" {
  network_up --rtt 1
  reference_start echo
  for _ in without with; do
    on_client sysctl -qw net.ipv4.tcp_fastopen=2
    for form in '' --json; do
      # shellcheck disable=SC2086
      run -1 --separate-stderr on_client "$tfoshim" probe $form "$SERVER_IP4:$PORT"
      assert_equal "$stderr" "tfoshim: probe: the client bit (1) of net.ipv4.tcp_fastopen is not set, see tfoshim doctor"
      refute_output --partial mishandles
    done
    refute_output
    on_client sysctl -qw net.ipv4.tcp_fastopen=3
    probe 0 --count 1 "$SERVER_IP4:$PORT"
  done
}
