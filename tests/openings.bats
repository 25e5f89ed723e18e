#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# First writes that may be delivered twice: the openings that are known, and a rule's own.

# run --separate-stderr assigns stderr.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required python3 man
  tfoshim=$TFOSHIM_BUILD/tfoshim
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  network_down
}

# What clients send and what must not pass, and whatever becomes of it when a byte changes.
# bats test_tags=unit
@test "openings, and what is none" {
  run -0 "$TFOSHIM_BUILD/tests/unit/openings" "$TFOSHIM_ROOT"/tests/openings/*.txt
  assert_output --regexp '^[0-9]{3,} first writes, 0 failures$'
}

opening_names() {
  sed -nE 's/^OPENING\(([a-z0-9]+),.*/\1/p' "$TFOSHIM_ROOT/src/policy/openings/openings.def"
}

@test "each opening is in the manual, and has its table and its oracle" {
  local name
  for name in $(opening_names); do
    run -0 grep -E "\*$name\*" "$TFOSHIM_ROOT/man/tfoshim.conf.5.scd"
    run -0 grep -c "^$name " "$TFOSHIM_ROOT/tests/openings/$name.txt"
    run -0 grep -c "^- " "$TFOSHIM_ROOT/tests/openings/$name.txt"
    run -0 ls "$TFOSHIM_ROOT/tests/openings/oracle-$name.c"
  done
}

explained() { # BYTES ARGUMENT...
  printf '%b' "$1" >bytes
  run -0 --separate-stderr "$tfoshim" explain --color never --bytes bytes "${@:2}"
  assert_equal "$stderr" ""
}

@test "explain --bytes says which opening it is, and why" {
  explained 'GET / HTTP/1.1\r\n\r\n' 192.0.2.1:80
  assert_line '  bytes   bytes is replay-safe, one HTTP/1 request that is a GET, HEAD or OPTIONS (http1): these methods are safe (RFC 9110, 9.2.1); a body, or a second request, is refused'
  explained 'POST / HTTP/1.1\r\n\r\n' '[2001:db8::1]:80'
  assert_line '  bytes   bytes is not replay-safe: it is not a known opening, and may do harm if it is delivered twice'
  explained "$(printf 'GET / HTTP/1.1\\r\\nX: %2000s\\r\\n\\r\\n' x)" 192.0.2.1:80
  assert_line --regexp '^  bytes   bytes is not replay-safe: it has 20[0-9]+ bytes, and only 1460 are inspected$'
  explained 'example.com\r\n' 192.0.2.1:43
  assert_line --partial 'a whois query (whois)'
  explained 'example.com\r\n' 192.0.2.1:44
  assert_line --partial 'is not replay-safe'
  explained 'GET / HTTP/1.1\r\n\r\n' --listen 0.0.0.0:80
  assert_line --partial '(http1)'
}

@test "explain --bytes: a rule's own" {
  cat >own.conf <<'END'
client = { rules = ( { address = "192.0.2.1"; port = 80; prefixes = [ "NOOP\r\n", "HELP" ]; } ); };
server = { rules = ( { port = 80; prefixes = "NOOP\r\n"; } ); };
END
  explained 'HELP me\r\n' -c own.conf 192.0.2.1:80
  assert_line '  bytes   bytes is replay-safe: it begins with one of the rule'\''s prefixes'
  assert_line --regexp '^  policy  on for first writes that are safe to repeat \(replay-safe\), by the rule at '
  explained 'HELP me\r\n' -c own.conf 192.0.2.1:81
  assert_line --partial 'is not replay-safe'
  explained 'NOOP\r\n' -c own.conf --listen '[::]:80'
  assert_line --partial 'begins with one of the rule'
  explained 'NOOP\n' -c own.conf --listen '[::]:80'
  assert_line --partial 'is not replay-safe'
}

@test "explain --bytes: no file, and an empty one" {
  run -1 "$tfoshim" explain --bytes nothing 192.0.2.1
  assert_output 'tfoshim: explain: nothing: No such file or directory'
  : >empty
  run -1 "$tfoshim" explain --bytes empty 192.0.2.1
  assert_output 'tfoshim: explain: empty: found no bytes, expected a first write'
  run -1 "$tfoshim" explain --bytes . 192.0.2.1
  assert_output 'tfoshim: explain: .: Is a directory'
}

refused() { # RULE WHAT
  printf 'client = { rules = (\n  { %s }\n); };\n' "$1" >wrong.conf
  run -1 "$tfoshim" check wrong.conf
  assert_line "tfoshim: wrong.conf:2: $2"
}

@test "check: prefixes" {
  refused 'prefixes = 1;' 'prefixes: found 1, expected how a first write begins, one byte or more'
  refused 'prefixes = [ "" ];' 'prefixes: found "", expected how a first write begins, one byte or more'
  refused 'prefixes = "A"; first_write = "any";' \
    'prefixes: found them beside first_write = "any", expected "replay-safe" or nothing'
  printf 'client = { rules = ( { prefixes = [ "A", "B" ]; } ); };\n' >right.conf
  run -0 "$tfoshim" check right.conf
  assert_line --partial 'replay-safe, 2 prefixes'
}

# The bytes that the SYN carried, of a second connection of a program that writes this.
written() { # BYTES
  prime "$ADDRESS"
  shim python3 -c 'import codecs, socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connection:
    connection.sendall(codecs.escape_decode(sys.argv[3])[0])' "$ADDRESS" "$PORT" "$1"
  assert_success
  last_syn syn.data
}

@test "an opening, and what a rule vouches for, goes into the SYN; the rest does not" {
  local ADDRESS
  cat >own.conf <<'END'
client = { rules = ( { prefixes = [ "NOOP\r\n", "HELP" ]; min_rtt = 0; } ); };
END
  network_up
  reference_start sink
  # shellcheck disable=SC2034
  CONFIG=$PWD/own.conf
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    assert_equal "$(written 'SSH-2.0-x\r\n')" 11
    assert_equal "$(written 'NOOP\r\n')" 6
    assert_equal "$(written 'HELP me\r\n')" 9
    assert_equal "$(written 'NOOP\n')" 0
    assert_equal "$(written 'HEL')" 0
  done
}
