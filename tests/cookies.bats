#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tfoshim cookies: what the kernel has, as ip(8) and the packets tell it too.

# run --separate-stderr assigns stderr.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/json
  load lib/network
  load programs/programs
  tools_required python3
  tfoshim=$TFOSHIM_BUILD/tfoshim
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR
  export LSAN_OPTIONS=suppressions=$BATS_TEST_DIRNAME/lsan.supp:print_suppressions=0
  network_up --rtt 2
  reference_start answer
}

teardown() {
  network_down
}

# A fast open by a program that asks for it itself.
open_fast() { # ADDRESS
  on_client python3 - "$1" "$PORT" <<'END'
import socket, sys
server = socket.getaddrinfo(sys.argv[1], sys.argv[2], type=socket.SOCK_STREAM)[0]
client = socket.socket(server[0])
client.sendto(b"data", socket.MSG_FASTOPEN, server[4])
client.shutdown(socket.SHUT_WR)
assert client.recv(100) == b"got 4 bytes\n"
END
}

# The cookie that ip(8) shows.
cookie_of() { # ADDRESS
  ip -n "$NETWORK_CLIENT" tcp_metrics show "$1" | sed -n 's/.* fo_cookie \([0-9a-f]*\).*/\1/p'
}

@test "help; arguments that are not understood" {
  run -0 --separate-stderr "$tfoshim" cookies --help
  assert_line --index 0 "usage: tfoshim cookies [--color WHEN] [--flush|--json] [HOST]"
  run -2 "$tfoshim" cookies --flsh
  assert_output 'tfoshim: cookies: unknown option "--flsh", did you mean "--flush"?'
  run -2 "$tfoshim" cookies --flush --json
  assert_output 'tfoshim: cookies: --flush and --json cannot be used together'
  run -2 "$tfoshim" cookies a b
  assert_output 'tfoshim: cookies: one host at a time: found "b" after "a"'
  run -2 "$tfoshim" cookies '[::1'
  assert_output 'tfoshim: cookies: found "[::1", expected HOST, HOST:PORT, [ADDRESS]:PORT or a URL'
  run -1 "$tfoshim" cookies no-such-host.invalid
  assert_output --partial 'tfoshim: cookies: cannot resolve "no-such-host.invalid": '
}

@test "cookies of both families are listed, as the kernel has them" {
  run -0 on_client "$tfoshim" cookies
  assert_output "the kernel has no cookies"
  open_fast "$SERVER_IP4"
  open_fast "$SERVER_IP6"
  four=$(cookie_of "$SERVER_IP4") six=$(cookie_of "$SERVER_IP6")
  [[ $four =~ ^[0-9a-f]{16}$ && $six =~ ^[0-9a-f]{16}$ && $four != "$six" ]]
  run -0 --separate-stderr on_client "$tfoshim" cookies
  assert_equal "$stderr" ""
  assert_line --index 0 --regexp '^server +from +cookie +mss +age +failures$'
  assert_line --regexp "^${SERVER_IP4//./\\.} +${CLIENT_IP4//./\\.} +$four +1460 +[0-9]+ s +none$"
  assert_line --regexp "^$SERVER_IP6 +$CLIENT_IP6 +$six +1440 +[0-9]+ s +none$"
  assert_equal "${#lines[@]}" 3
  run -0 on_client "$tfoshim" cookies "$SERVER_IP6"
  assert_equal "${#lines[@]}" 2
  assert_line --partial "$six"
  run -0 on_client "$tfoshim" cookies "$CLIENT_IP6"
  assert_output "the kernel has no cookie of this host"
}

@test "a SYN that was lost with its data is a failure" {
  open_fast "$SERVER_IP4"
  network_control drop-syn-data
  open_fast "$SERVER_IP4"
  run -0 on_client "$tfoshim" cookies
  assert_line --regexp ' 1 SYN lost, the last [0-9] s ago$'
}

@test "as JSON: the cookies of the table, as its page says" {
  run -0 on_client "$tfoshim" cookies --json
  json_assert cookies
  assert_equal "$(json_get 'all')" "{'cookies': []}"
  open_fast "$SERVER_IP4"
  open_fast "$SERVER_IP6"
  network_control drop-syn-data
  open_fast "$SERVER_IP4"
  run -0 --separate-stderr on_client "$tfoshim" cookies
  local table=$output
  run -0 --separate-stderr on_client "$tfoshim" cookies --json
  assert_equal "$stderr" ""
  json_assert cookies
  # The age grows meanwhile.
  assert_equal "$(json_get '"\n".join(sorted("%s %s %s %d %s" % (one["server"], one["from"], one["cookie"], one["mss_bytes"],
    "%d SYN lost" % one["syns_lost"] if one["syns_lost"] else "none") for one in all["cookies"]))')" \
    "$(sed -nE '2,$ s/  +/ /g; 2,$ s/ [0-9]+ s (none|1 SYN lost).*/ \1/p' <<<"$table" | LC_ALL=C sort)"
  assert_equal "$(json_get '[0 <= one["age_seconds"] < 60 for one in all["cookies"]]')" '[True, True]'
  assert_equal "$(json_get 'sorted(one["syn_lost_seconds_ago"] is None for one in all["cookies"])')" '[False, True]'
  run -0 on_client "$tfoshim" cookies --json "$SERVER_IP6"
  json_assert cookies
  assert_equal "$(json_get '[one["server"] for one in all["cookies"]]')" "['$SERVER_IP6']"
  run -1 --separate-stderr "$tfoshim" cookies --json no-such-host.invalid
  refute_output
}

@test "flush forgets one host, or all" {
  open_fast "$SERVER_IP4"
  open_fast "$SERVER_IP6"
  if [[ ! $(</proc/self/uid_map) =~ ^\ +0\ +0\ +4294967295$ ]]; then
    # The kernel grants it to the machine's own root alone, not to that of a user namespace.
    assert_equal "$(ip -n "$NETWORK_CLIENT" tcp_metrics flush 2>&1)" \
      "RTNETLINK answers: Operation not permitted"
    run -1 on_client "$tfoshim" cookies --flush "$SERVER_IP4"
    return
  fi
  run -0 on_client "$tfoshim" cookies --flush "$SERVER_IP4"
  refute_output
  assert_equal "$(cookie_of "$SERVER_IP4")" ""
  [[ -n $(cookie_of "$SERVER_IP6") ]]
  run -0 on_client "$tfoshim" cookies --flush
  refute_output
  assert_equal "$(ip -n "$NETWORK_CLIENT" tcp_metrics show)" ""
  # Nothing to forget is no failure.
  run -0 on_client "$tfoshim" cookies --flush "$SERVER_IP4"
}

@test "flush without the right to" {
  open_fast "$SERVER_IP4"
  run -1 on_client setpriv --bounding-set -net_admin --inh-caps -all \
    "$tfoshim" cookies --flush
  assert_output "tfoshim: cannot make the kernel forget: Operation not permitted"
  [[ -n $(cookie_of "$SERVER_IP4") ]]
}
