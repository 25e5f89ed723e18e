#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Rules by name, where names are a name server's: which look-ups the library sees, and what a name is to it. The table of
# tfoshim.conf(5) has a row for each.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup_file() {
  cd "$BATS_FILE_TMPDIR" || exit
  cc -o by-c-ares "$BATS_TEST_DIRNAME/names/by-c-ares.c" -lcares
  export HOME=$PWD GOCACHE=$PWD/go-cache GOPATH=$PWD/go GO111MODULE=off GOFLAGS='' GOPROXY=off
  CGO_ENABLED=1 go build -o by-cgo "$BATS_TEST_DIRNAME/names/by-go.go"
  CGO_ENABLED=0 go build -o by-go "$BATS_TEST_DIRNAME/names/by-go.go"
}

setup() {
  load lib/network
  load programs/programs
  tools_required dnsmasq go java keytool node curl nginx openssl /usr/bin/python3
  network_up
  export CONFIG=$NETWORK_DIR/names.conf PORT=8080
  rules '{ host = "www.example.test"; first_write = "any"; }'
  name_server_start --host-record="www.example.test,$SERVER_IP4,$SERVER_IP6" \
    --host-record="other.example.test,$SERVER_IP4,$SERVER_IP6"
}

teardown() {
  network_down
  umount /etc/resolv.conf /etc/nsswitch.conf /etc/passwd /etc/group 2>/dev/null || true
}

rules() { # RULES
  printf 'client = { default = "off"; rules = ( %s ); };\n' "$1" >"$CONFIG"
}

# The namespace has a mount table of its own. No name is in a file.
name_server_start() { # [OPTION-OF-DNSMASQ]...
  server_spawn dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --user=root --pid-file= --local=/test/ \
    --listen-address="$SERVER_IP4" --bind-interfaces "$@"
  NAME_SERVER=$SPAWNED
  printf '%s\n' "nameserver $SERVER_IP4" 'options timeout:5' >"$NETWORK_DIR/resolv.conf"
  file_stands_for /etc/resolv.conf "$NETWORK_DIR/resolv.conf"
  sed 's/^hosts:.*/hosts: dns/' /etc/nsswitch.conf >"$NETWORK_DIR/nsswitch.conf"
  file_stands_for /etc/nsswitch.conf "$NETWORK_DIR/nsswitch.conf"
  # shellcheck disable=SC2016
  wait_until 'on_server grep -q ":0035 " /proc/net/udp'
}

file_stands_for() { # FILE OTHER
  mount --bind "$2" "$1"
}

# The second of two connections: the first one is a true one.
syn_data() { # COMMAND...
  local _
  for _ in first second; do
    shim "$@"
    assert_success
  done
  last_syn_data
}

by_name() { # HOW NAME [4|6]
  syn_data "$PROGRAMS/by-name" "$1" "$2" "$PORT" "${@:3}"
}

# A rule for its name is a rule for the connection, and one for another is not.
assert_seen() { # HOW [4|6]
  assert_equal "$* $(by_name "$1" www.example.test "${@:2}")" "$* 5"
  assert_equal "$* $(by_name "$1" other.example.test "${@:2}")" "$* 0"
}

# ---- the C library's look-ups ----

@test "getaddrinfo(), gethostbyname() and their kin are seen" {
  local how
  reference_start answer
  for how in getaddrinfo gethostbyname gethostbyname2 gethostbyname_r gethostbyname2_r; do
    assert_seen "$how"
  done
  for how in getaddrinfo gethostbyname2 gethostbyname2_r; do
    assert_seen "$how" 6
  done
}

@test "getaddrinfo_a() is seen, however its program hears of the answer" {
  local how
  reference_start answer
  for how in wait suspend signal; do
    assert_seen "getaddrinfo_a-$how"
    assert_seen "getaddrinfo_a-$how" 6
  done
}
