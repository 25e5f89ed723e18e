#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tfoshim explain: which rule decides, and that what it foretells is what the packets then show.

# run --separate-stderr assigns stderr, and output; every test is a subshell.
# shellcheck disable=SC2154,SC2030,SC2031

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/json
  load lib/network
  load programs/programs
  tools_required
  tfoshim=$TFOSHIM_BUILD/tfoshim
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR
  export LSAN_OPTIONS=suppressions=$BATS_TEST_DIRNAME/lsan.supp:print_suppressions=0
  # AddressSanitizer, where the programs are built with it, wants nothing preloaded before it.
  export ASAN_OPTIONS=verify_asan_link_order=0
  unset TFOSHIM_CONFIG XDG_CONFIG_HOME XDG_RUNTIME_DIR
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  network_down
}

explain() {
  run -0 --separate-stderr "$tfoshim" explain "$@"
  assert_equal "$stderr" ""
}

# What it says of the next connect of a program under the shim.
foretold() { # ADDRESS [PORT]
  run -0 --separate-stderr on_client XDG_RUNTIME_DIR="$NETWORK_DIR" \
    "$tfoshim" explain -c "${CONFIG-$CONF/on.conf}" "[$1]:${2-$PORT}"
  assert_equal "$stderr" ""
}

# A connection of python3's under the shim that does this, and what its log says was decided.
decided() { # STEPS
  shim TFOSHIM_LOG=debug python3 -c "import socket, sys
c = socket.create_connection((sys.argv[1], int(sys.argv[2])))
$1" "$SERVER_IP4" "$PORT"
  assert_success
  decision=$(sed -nE 's/.*: (connects [a-z]+|deferred)(: (.*))?$/\1\2/p' <<<"$output" | head -n 1)
}

# What explain says of python3, and the library's log: the same.
assert_agreed() { # WHY
  run -0 on_client XDG_RUNTIME_DIR="$NETWORK_DIR" \
    "$tfoshim" explain -c "$CONFIG" --program python3 "$SERVER_IP4:$PORT"
  assert_line "  now     a plain connect: $1"
  decided 'c.close()'
  assert_equal "$decision" "connects plainly: $1"
}

@test "help; arguments that are not understood" {
  run -0 --separate-stderr "$tfoshim" explain --help
  assert_line --index 0 "usage: tfoshim explain [OPTION...] HOST[:PORT]|URL"
  run -2 "$tfoshim" explain
  assert_output "tfoshim: explain: expected one host, see tfoshim explain --help"
  run -2 "$tfoshim" explain --lisen x
  assert_output 'tfoshim: explain: unknown option "--lisen", did you mean "--listen"?'
  run -2 "$tfoshim" explain host:http
  assert_output \
    'tfoshim: explain: found port "http", expected a number from 1 to 65535'
  for place in host:80 192.0.2.1 '[::]'; do
    run -2 "$tfoshim" explain --listen "$place"
    assert_output "tfoshim: explain: found \"$place\", expected an address and a port to listen on, \
such as 0.0.0.0:80 or [::]:80"
  done
  run -1 "$tfoshim" explain no-such-host.invalid
  assert_output --partial 'tfoshim: explain: cannot resolve "no-such-host.invalid": '
  echo 'client = 1;' >t.conf
  run -1 "$tfoshim" explain -c t.conf 192.0.2.1
  assert_output --partial 'tfoshim: t.conf:1: client: found 1, expected a group'
}

@test "of a URL the host and the port count, or the port of its scheme" {
  local url place
  while read -r url place; do
    explain "$url"
    assert_equal "$url ${lines[0]}" "$url $place"
  done <<'END'
http://192.0.2.1 192.0.2.1:80
HTTPS://192.0.2.1/ 192.0.2.1:443
http://192.0.2.1:8080/a:b@192.0.2.9/?q=[::1]:5#f 192.0.2.1:8080
redis://:p%40ss@192.0.2.1/0 192.0.2.1:6379
rediss://192.0.2.1?x=192.0.2.9:1 192.0.2.1:6379
postgres://me:a@b@192.0.2.1:5433/db 192.0.2.1:5433
wss://[2001:db8::1]/chat [2001:db8::1]:443
http://user@[2001:db8::1]:81#top [2001:db8::1]:81
http://192.0.2.1:/ 192.0.2.1:80
ftp://192.0.2.1/pub 192.0.2.1:21
any://192.0.2.1:7 192.0.2.1:7
END
  # A name is asked for as it is written there.
  run -1 "$tfoshim" explain http://user:80@no-such-host.invalid:81/
  assert_output --partial 'cannot resolve "no-such-host.invalid": '
  for url in http:// http:///path http://user@/ 'http://[::1'; do
    run -2 "$tfoshim" explain "$url"
    assert_output "tfoshim: explain: found \"$url\", expected HOST, HOST:PORT, [ADDRESS]:PORT or a URL"
  done
  run -2 "$tfoshim" explain http://192.0.2.1:http/
  assert_output 'tfoshim: explain: found port "http", expected a number from 1 to 65535'
  run -2 "$tfoshim" explain unheard-of://192.0.2.1/
  assert_output 'tfoshim: explain: found "unheard-of://192.0.2.1/", expected a port behind its host: "unheard-of" is no scheme whose port is known'
}

# As JSON and as text it says the same, as its page says; and leaves $output the former.
explained() { # ARGUMENT...
  local text
  run --separate-stderr "${ON[@]}" "$tfoshim" explain "$@"
  assert_success
  text=$output
  run --separate-stderr "${ON[@]}" "$tfoshim" explain --json "$@"
  assert_success
  assert_equal "$stderr" ""
  json_assert explain
  run -0 --separate-stderr python3 - "$text" "$output" <<'END'
import json, re, sys
blocks = [block.splitlines() for block in re.split(r"\n(?=\S)", sys.argv[1])]
said = json.loads(sys.argv[2])
each = said["connects"] + said["listeners"]
assert len(blocks) == len(each) > 0, sys.argv[1]
for lines, one in zip(blocks, each):
    topics, topic = {}, None
    for line in lines[1:]:
        found = re.match(r"  (\S.*?)  +(.*)", line) or re.match(r"  ( {8})(.*)", line)
        topic = found[1].strip() or topic
        topics.setdefault(topic, []).append(found[2])
    address = "[%s]" % one["address"] if ":" in one["address"] else one["address"]
    assert lines[0] == "%s:%d" % (address, one["port"]), lines[0]
    assert topics["now"] == [one["now"]] + ([one["note"]] if one["note"] else []), topics
    assert topics.get("to do", [None]) == [one["to_do"]], topics
    policy = one["policy"]
    assert topics["policy"][0].startswith("on " if policy["fastopen"] else "off, "), topics
    decider = {"rule": "by the rule at %s:%s" % (policy["file"], policy["line"]),
               "default": 'by the default of "%s" in %s: no rule matches' % ("client" if one in said["connects"] else "server", policy["file"]),
               "built-in": "by the built-in policy: there is no configuration file"}
    assert topics["policy"][0].endswith(", " + decider[policy["decided_by"]]), topics
    interface = [how + one["interface"] for how in ("leaves by ", "listens on ") if one["interface"]]
    assert [line for line in topics["policy"][1:] if line not in interface] == one["caveats"], topics
    assert len(topics["policy"]) == 1 + len(one["caveats"]) + (one["interface"] is not None), topics
    assert topics.get("bytes", [None]) == [one["bytes"] and one["bytes"]["text"]], topics
    assert "net.ipv4.tcp_fastopen is %d: " % one["kernel"]["tcp_fastopen"] in topics["kernel"][0], topics
    cookie = one["kernel"].get("cookie")
    assert ("has the cookie %s of" % cookie in topics["kernel"][0]) == (cookie is not None), topics
    assert (topics["memory"] == ["nothing"]) == (one["memory"] is None), topics
    assert one["fastopen"] == (one["reason"] is None), one
print(sys.argv[2])
END
}

@test "as JSON: the same as the text, as its page says" {
  local odd=$'odd "\\\n\xff' ON=()
  cat >"$odd" <<'END'
client = { default = "off"; rules = (
  { address = "192.0.2.0/24"; port = 80; },
  { address = "192.0.2.0/24"; first_write = "replay-safe"; program = "curl"; },
  { host = "*.example.com"; unit = "a.service"; },
  { address = "127.0.0.0/8"; interface = "lo"; }
); };
server = { rules = ( { port = 80; queue = 7; first_read = "any"; }, { address = "::"; key_file = "/nowhere"; } ); };
END
  printf 'GET / HTTP/1.1\r\nHost: a\r\n\r\n' >request
  explained 192.0.2.1
  assert_equal "$(json_get 'all["configuration"], all["connects"][0]["reason"] in ("first_contact", "kernel_off")')" "(None, True)"
  cp "$odd" t.conf
  explained -c t.conf 192.0.2.1:80
  assert_equal "$(json_get '[all["connects"][0]["policy"][name] for name in ("decided_by", "file", "line", "first_write")]')" \
    "['rule', 't.conf', 2, 'any']"
  assert_equal "$(json_get 'len(all["connects"][0]["caveats"])')" 1
  explained -c t.conf --program curl --unit b.service --bytes request 192.0.2.1
  assert_equal "$(json_get '[all["connects"][0]["policy"]["first_write"], all["connects"][0]["bytes"]["opening"]]')" \
    "['replay-safe', 'http1']"
  explained -c t.conf --program curl --bytes t.conf 192.0.2.1
  assert_equal "$(json_get 'all["connects"][0]["bytes"]["replay_safe"], all["connects"][0]["bytes"]["opening"]')" "(False, None)"
  explained -c t.conf 192.0.3.1
  assert_equal "$(json_get 'all["connects"][0]["reason"], all["connects"][0]["policy"]["decided_by"]')" "('no_rule', 'default')"
  explained -c t.conf --program a --unit a.service localhost
  explained -c t.conf --interface lo 127.0.0.1
  assert_equal "$(json_get 'all["connects"][0]["interface"], all["connects"][0]["policy"]["line"]')" "('lo', 5)"
  explained -c t.conf --listen 0.0.0.0:80
  assert_equal "$(json_get 'all["connects"], [all["listeners"][0]["policy"][name] for name in ("queue", "first_read")]')" \
    "([], [7, 'any'])"
  explained -c t.conf --listen '[::]:81'
  assert_equal "$(json_get 'all["listeners"][0]["keys"]["count"], all["listeners"][0]["keys"]["problem"] is None')" '(0, False)'
  explained -c t.conf --listen 0.0.0.0:81
  # Names that are no text, and mistakes.
  run -0 --separate-stderr "$tfoshim" explain --json -c "$odd" --bytes "$odd" 192.0.2.1:80
  json_assert explain
  assert_equal "$(json_get 'ascii(sorted({all["configuration"], all["connects"][0]["policy"]["file"],
    all["connects"][0]["bytes"]["file"]}))')" "['odd \"\\\\\\n\\ufffd']"
  run -1 --separate-stderr "$tfoshim" explain --json no-such-host.invalid
  refute_output
  run -2 --separate-stderr "$tfoshim" explain --json host:http
  refute_output
  assert_equal "$stderr" 'tfoshim: explain: found port "http", expected a number from 1 to 65535'
}

@test "as JSON: what the kernel and the memory know" {
  network_up --rtt 4
  reference_start sink
  local ON=(on_client "XDG_RUNTIME_DIR=$NETWORK_DIR")
  explained -c "$CONF/on.conf" "$SERVER_IP4:$PORT"
  assert_equal "$(json_get '[all["connects"][0][name] for name in ("reason", "memory")]')" "['first_contact', None]"
  shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  explained -c "$CONF/on.conf" "$SERVER_IP4:$PORT"
  assert_equal "$(json_get '[all["connects"][0]["fastopen"], all["connects"][0]["memory"]["connected"]]')" '[True, 1]'
  assert_equal "$(json_get 'all["connects"][0]["kernel"]["cookie"]')" \
    "$(ip -n "$NETWORK_CLIENT" tcp_metrics show "$SERVER_IP4" | sed -n 's/.* fo_cookie \([0-9a-f]*\).*/\1/p')"
  network_control drop-syn-data
  shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  explained -c "$CONF/on.conf" "$SERVER_IP4:$PORT"
  assert_equal "$(json_get '[all["connects"][0]["reason"], all["connects"][0]["kernel"]["syns_lost"],
    all["connects"][0]["memory"]["retransmitted"], all["connects"][0]["memory"]["backed_off_seconds"] > 50]')" \
    "['backed_off', 1, 1, True]"
  client_spawn TFOSHIM_CONFIG="$CONF/on.conf" XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" \
    "$PROGRAMS/server" 127.0.0.1 8098 sink --backlog 5
  wait_listening client 8098
  explained --listen 127.0.0.1:8098
  assert_equal "$(json_get '[all["listeners"][0]["fastopen"], all["listeners"][0]["memory"]["queue"]]')" '[True, 5]'
}

@test "the rule that decides, by address, port and program" {
  cat >t.conf <<'END'
client = { default = "off"; rules = (
  { address = "192.0.2.0/24"; port = 80; },
  { address = "192.0.2.0/24"; first_write = "replay-safe"; program = "curl"; },
  { address = "2001:db8::/32"; fastopen = "off"; }
); };
server = { rules = ( { port = 80; queue = 7; }, { address = "::"; } ); };
END
  explain -c t.conf 192.0.2.1:80
  assert_line --index 0 "192.0.2.1:80"
  assert_line "  policy  on for any first write, by the rule at t.conf:2"
  explain -c t.conf 192.0.2.1
  assert_line --index 0 "192.0.2.1:443"
  assert_line '  policy  off, by the default of "client" in t.conf: no rule matches'
  assert_line "  now     a plain connect"
  assert_line '  to do   add { address = "192.0.2.1"; port = 443; } to the rules of "client" in t.conf'
  explain -c t.conf --program curl 192.0.2.1
  assert_line \
    "  policy  on for first writes that are safe to repeat (replay-safe), by the rule at t.conf:3"
  for address in 2001:db8::1 '[2001:db8::1]' '[2001:db8::1]:443'; do
    explain -c t.conf "$address"
    assert_line --index 0 "[2001:db8::1]:443"
    assert_line "  policy  off, by the rule at t.conf:4"
    assert_line '  to do   put { address = "2001:db8::1"; port = 443; } before the rule at t.conf:4'
  done
  explain -c t.conf localhost:82
  assert_line '  to do   add { host = "localhost"; port = 82; } to the rules of "client" in t.conf'
  explain -c t.conf --listen 0.0.0.0:80
  assert_line "  policy  on with a queue of 7, by the rule at t.conf:6"
  explain -c t.conf --listen '[::]:81'
  assert_line "  policy  on with a queue as long as the backlog, by the rule at t.conf:6"
  explain -c t.conf --listen 0.0.0.0:81
  assert_line '  policy  off, by the default of "server" in t.conf: no rule matches'
  assert_line "  now     a plain listener"
  assert_line '  to do   add { address = "0.0.0.0"; port = 81; } to the rules of "server" in t.conf'
}

@test "the configuration is the one that programs find" {
  explain 192.0.2.1
  assert_line --partial ", by the built-in policy: there is no configuration file"
  echo 'client = { default = "on"; };' >t.conf
  TFOSHIM_CONFIG=$PWD/t.conf explain 192.0.2.1
  assert_line --partial ", by the default of \"client\" in $PWD/t.conf: no rule matches"
}

@test "a host by name: every address it has, matched by that name" {
  echo 'client = { rules = ( { host = "localhost"; port = 443; } ); };' >t.conf
  explain -c t.conf localhost
  assert_line "127.0.0.1:443"
  assert_line "  policy  on for any first write, by the rule at t.conf:1"
  assert_equal "$(grep -c 'by the rule' <<<"$output")" "$(grep -c '^\S' <<<"$output")"
  explain -c t.conf 127.0.0.1
  assert_line --partial "  policy  off, "
  assert_line "          rules with host match only addresses that the program has looked up by name"
}

@test "a name that no pattern matches is known to have none" {
  echo 'client = { rules = ( { host = "*.example.com"; } ); };' >by-name.conf
  run -0 "$tfoshim" explain -c by-name.conf localhost:80
  assert_line "  now     a plain connect"
  refute_line --partial forgotten
}

@test "what is foretold is what happens, over IPv4 and IPv6" {
  network_up --rtt 4
  reference_start sink
  for address in "$SERVER_IP4" "$SERVER_IP6"; do
    foretold "$address"
    assert_line --partial "; has no cookie of this host"
    assert_line "  memory  nothing"
    assert_line "  now     a plain connect: no recent handshake with this address and port"
    assert_line "          its SYN requests a cookie"
    shim "$PROGRAMS/client" "$address" "$PORT" --bytes 79
    assert_equal "$(last_syn syn.data syn.option)" "0 request"

    foretold "$address"
    cookie=$(ip -n "$NETWORK_CLIENT" tcp_metrics show "$address" |
      sed -n 's/.* fo_cookie \([0-9a-f]*\).*/\1/p')
    assert_line "  kernel  net.ipv4.tcp_fastopen is 3: client (1), server (2); has the cookie \
$cookie of this host"
    assert_line --regexp '^  memory  a handshake [0-9] s ago; 0 fast opens tried, 0 accepted;'
    assert_line \
      "  now     a fast open: connect() is deferred, and the first write goes into the SYN"
    shim "$PROGRAMS/client" "$address" "$PORT" --bytes 79
    assert_equal "$(last_syn syn.data syn.option)" "79 cookie"

    foretold "$address"
    assert_line --partial "; 1 fast open tried, 1 accepted; round trip "
    # Another port of the same host is not known to answer.
    run -0 on_client XDG_RUNTIME_DIR="$NETWORK_DIR" \
      "$tfoshim" explain -c "$CONF/on.conf" "[$address]:81"
    assert_line "  now     a plain connect: no recent handshake with this address and port"
    refute_line --partial 'requests a cookie'
  done
}

# Both ends are the client's machine; its address and port are given.
serve_locally() { # CONFIG ADDRESS
  CONFIG=$1 ADDRESS=$2
  client_spawn "$PROGRAMS/server" "$ADDRESS" "$PORT" sink --queue 16
  SERVER=$SPAWNED
  wait_listening client "$PORT"
}

@test "the machine itself, by whichever address" {
  network_up --rtt 4
  serve_locally "$CONF/on.conf" 127.0.0.1
  foretold 127.0.0.1
  assert_line "  now     a plain connect: the machine itself"
  assert_line --partial "  to do   nothing can be gained; a rule that names"
  shim "$PROGRAMS/client" 127.0.0.1 "$PORT"
  foretold 127.0.0.1
  assert_line "  now     a plain connect: the machine itself"
}

@test "an address of the machine itself is known as such by its first contact" {
  network_up --rtt 4
  serve_locally "$CONF/on.conf" "$CLIENT_IP4"
  foretold "$CLIENT_IP4"
  assert_line "  now     a plain connect: no recent handshake with this address and port"
  shim TFOSHIM_LOG=debug "$PROGRAMS/client" "$CLIENT_IP4" "$PORT"
  foretold "$CLIENT_IP4"
  assert_line --regexp '^  memory  a handshake .*; the machine itself$'
  assert_line "  now     a plain connect: the machine itself"
  shim TFOSHIM_LOG=debug "$PROGRAMS/client" "$CLIENT_IP4" "$PORT"
  assert_line --partial "connects plainly: the machine itself"
}

@test "a server of the machine itself that is gone, where a rule asks for it" {
  network_up --rtt 4
  serve_locally "$CONF/local.conf" 127.0.0.1
  shim "$PROGRAMS/client" 127.0.0.1 "$PORT"
  foretold 127.0.0.1
  assert_line --partial "  now     a fast open: connect() is deferred"
  kill "$SERVER"
  wait_until "! on_client ss -Hltn sport = $PORT | grep -q ."
  foretold 127.0.0.1
  assert_line "  now     a plain connect: nobody listens there"
}

@test "a round trip that is too short" {
  network_up --rtt 4
  reference_start sink
  echo 'client = { default = "on"; min_rtt = 1000000; };' >short.conf
  CONFIG=$PWD/short.conf
  shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  assert_equal "$(last_syn syn.data syn.option)" "0 request"
  foretold "$SERVER_IP4"
  assert_line "  now     a plain connect: its round trip is shorter than min_rtt"
  shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  assert_equal "$(last_syn syn.data syn.option)" "0 none"
}

@test "what has just refused, whatever the policy says of the first contact" {
  network_up --rtt 4
  reference_start sink
  prime "$SERVER_IP4"
  echo 'client = { default = "on"; first_contact = "defer"; };' >gate.conf
  CONFIG=$PWD/gate.conf
  foretold "$SERVER_IP4" 8099
  assert_line --partial "  now     a fast open: "
  shim "$PROGRAMS/client" "$SERVER_IP4" 8099
  foretold "$SERVER_IP4" 8099
  assert_line "  now     a plain connect: it has just refused"
  shim TFOSHIM_LOG=debug "$PROGRAMS/client" "$SERVER_IP4" 8099
  assert_line --partial "connects plainly: it has just refused"
}

@test "a path that drops the option: its SYNs do without, for a while" {
  network_up --rtt 4
  reference_start sink
  network_control drop-option
  shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  assert_equal "$(last_syn syns syn.option)" "2 request"
  foretold "$SERVER_IP4"
  assert_line --regexp "^  memory  .*; backed off for [0-9]+ s more$"
  assert_line "  now     a plain connect: fast opens have failed here"
  shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  assert_equal "$(last_syn syns syn.option)" "1 none"
}

@test "what was learned of a program, as its log has it" {
  network_up --rtt 4
  reference_start banner
  echo 'client = { default = "on"; first_write = "replay-safe"; };' >safe.conf
  CONFIG=$PWD/safe.conf
  while IFS='|' read -r steps why; do
    rm -f "$NETWORK_DIR/tfoshim/memory"
    decided 'c.close()'
    for _ in 1 2; do
      decided "$steps"
      assert_equal "$steps: $decision" "$steps: deferred"
    done
    assert_agreed "$why"
    # Of another program nothing was learned.
    foretold "$SERVER_IP4"
    assert_line "  now     a fast open: connect() is deferred, and the first write goes into the SYN \
if it is replay-safe"
  done <<'END'
c.send(b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"); c.shutdown(1); c.recv(1)|this program's first writes here may not go into a SYN
c.recv(1)|this program reads first here
c.close()|this program never reads here
END
}

@test "a listener that is not under tfoshim" {
  network_up
  export XDG_RUNTIME_DIR=$NETWORK_DIR
  client_spawn "$PROGRAMS/server" 127.0.0.1 "$PORT" sink
  wait_listening client "$PORT"
  run -0 on_client "$tfoshim" explain --listen "127.0.0.1:$PORT"
  assert_line "  memory  nothing"
  assert_line --partial "  now     the program that listens there does not run under tfoshim"
  assert_line "  to do   restart it under tfoshim; if it cannot be preloaded: tfoshim attach"
  run -0 on_client "$tfoshim" explain --listen "127.0.0.1:8099"
  assert_line "  now     a listener that accepts data in SYNs, and gives cookies"
  client_spawn TFOSHIM_CONFIG="$CONF/on.conf" LD_PRELOAD="$SHIM" \
    "$PROGRAMS/server" 127.0.0.1 8098 sink --backlog 5
  wait_listening client 8098
  run -0 on_client "$tfoshim" explain --listen "127.0.0.1:8098"
  assert_line "  memory  TCP_FASTOPEN set 1 time, with a queue of 5; 0 connections with SYN data"
  assert_line "  now     a listener that accepts data in SYNs, and gives cookies"
}

@test "a path that loses SYN data: backed off" {
  network_up --rtt 4
  reference_start sink
  prime "$SERVER_IP4"
  network_control drop-syn-data
  shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  foretold "$SERVER_IP4"
  assert_line --regexp "^  memory  .*, 1 with a lost SYN; .*; backed off for [0-9]+ s more$"
  assert_line --partial "  now     a plain connect: fast opens have failed here"
  shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  assert_equal "$(last_syn_data)" 0
}

@test "the kernel's parts switched off" {
  run -0 unshare --net sh -c 'echo 2 >/proc/sys/net/ipv4/tcp_fastopen; "$@"' sh \
    "$tfoshim" explain 192.0.2.1
  assert_line --partial "  kernel  net.ipv4.tcp_fastopen is 2: server (2); "
  assert_line "  now     a plain connect: the client bit (1) of net.ipv4.tcp_fastopen is not set"
  assert_line "  to do   sysctl -w net.ipv4.tcp_fastopen=3"
  # Every bit has a name, and what to do leaves the others alone.
  run -0 unshare --net sh -c 'echo 0x606 >/proc/sys/net/ipv4/tcp_fastopen; "$@"' sh \
    "$tfoshim" explain 192.0.2.1
  assert_line --partial "is 1542: server (2), client without cookies (4), server accepts data without \
cookies (0x200), server on every listener (0x400); "
  assert_line "  to do   sysctl -w net.ipv4.tcp_fastopen=1543"
  run -0 unshare --net sh -c 'echo 1 >/proc/sys/net/ipv4/tcp_fastopen; "$@"' sh \
    "$tfoshim" explain --listen 0.0.0.0:80
  assert_line "  now     a plain listener: the server bit (2) of net.ipv4.tcp_fastopen is not set"
  assert_line "  to do   sysctl -w net.ipv4.tcp_fastopen=3"
  explain --listen 0.0.0.0:80
  assert_line "  now     a listener that accepts data in SYNs, and gives cookies"
}
