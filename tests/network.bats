#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What the other tests stand on: tests/in-namespace and the functions of tests/lib.

# shellcheck disable=SC2030,SC2031,SC2154 # `run` sets output, lines and stderr

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  IN_NAMESPACE=$BATS_TEST_DIRNAME/in-namespace
}

teardown() {
  network_down
}

# As if from outside, though these tests are themselves inside.
afresh() {
  env -u TFOSHIM_NAMESPACE "$IN_NAMESPACE" "$@"
}

# With programs of the test's own in front of the machine's: NAME and what it does, in shell.
fake() { # NAME SCRIPT
  mkdir -p "$BATS_TEST_TMPDIR/bin"
  printf '#!/bin/sh\n%s\n' "$2" >"$BATS_TEST_TMPDIR/bin/$1"
  chmod +x "$BATS_TEST_TMPDIR/bin/$1"
}

@test "in-namespace gives a network of its own, with Fast Open on" {
  run -0 afresh readlink /proc/self/ns/net
  [[ $output != "$(readlink /proc/self/ns/net)" ]] || fail 'the same network namespace'
  run -0 afresh cat /proc/sys/net/ipv4/tcp_fastopen
  assert_output 3
  run -0 afresh ip -o link show up
  assert_output --partial ': lo: '
  assert_equal "${#lines[@]}" 1
}

@test "in-namespace has no named namespaces but those made in it" {
  network_up
  run -0 afresh sh -c 'ip netns list; ip netns add inner; ip netns list'
  assert_output inner
  run -0 ip netns list
  refute_output --partial inner
}

@test "in-namespace has no shared memory but what was made in it" {
  ipcmk --shmem 1 >/dev/null
  run -0 afresh awk 'NR > 1' /proc/sysvipc/shm
  assert_output ''
  ipcrm --all=shm
}

@test "in-namespace ends with the command's status" {
  run -7 afresh sh -c 'exit 7'
  run -143 afresh sh -c 'kill -TERM $$'
}

@test "in-namespace passes arguments as they are" {
  run -0 afresh printf '<%s>' 'two words' '' '*'
  assert_output '<two words><><*>'
}

@test "in-namespace leaves no process behind" {
  # Where it writes is outside, so that its process can be told from others: by who has the file.
  # shellcheck disable=SC2016
  run -0 afresh sh -c 'sleep 30 >"$1" 2>&1 3>&- & kill -0 $!' sh "$BATS_TEST_TMPDIR/out"
  left() {
    find /proc/[0-9]*/fd -lname "$BATS_TEST_TMPDIR/out" 2>/dev/null | grep -q .
  }
  wait_until '! left' 5
}

@test "in-namespace within in-namespace runs the command where it is" {
  run -0 "$IN_NAMESPACE" readlink /proc/self/ns/net
  assert_output "$(readlink /proc/self/ns/net)"
}

@test "in-namespace without a command says so" {
  run -125 afresh
  assert_output 'in-namespace: no command given'
}

@test "in-namespace says why it cannot" {
  fake unshare 'echo "unshare: unshare failed: Operation not permitted" >&2; exit 1'
  run -125 env -u TFOSHIM_NAMESPACE PATH="$BATS_TEST_TMPDIR/bin:$PATH" "$IN_NAMESPACE" \
    touch "$BATS_TEST_TMPDIR/ran"
  assert_line --index 0 \
    'in-namespace: cannot make namespaces: unshare: unshare failed: Operation not permitted'
  assert_line --index 1 --regexp '^in-namespace: .*(CAP_SYS_ADMIN|as root|raise it)'
  [[ ! -e $BATS_TEST_TMPDIR/ran ]]
}

@test "in-namespace says when /dev/net/tun is missing" {
  run -125 env -u TFOSHIM_NAMESPACE unshare --mount sh -c 'mount -t tmpfs none /dev/net && "$@"' \
    sh "$IN_NAMESPACE" true
  assert_output \
    'in-namespace: cannot open /dev/net/tun: there is none: load the module tun (modprobe tun)'
}

@test "in-namespace works without root, given a /dev/net/tun that is open to all" {
  # shellcheck disable=SC2016
  local visit='
    source "$1/lib/network.bash"
    trap network_down EXIT
    network_up --rtt 0
    server_spawn /usr/bin/python3 -m http.server 80
    wait_listening 80
    on_client curl -qsS --noproxy "*" --output /dev/null --write-out "%{http_code}" "http://$SERVER_IP4/"'
  local visitor=(env -u BATS_TEST_TMPDIR)
  # Who is not root has come here by in-namespace without it.
  if ((EUID == 0)) && [[ $(</proc/self/uid_map) =~ ^\ +0\ +0\ +4294967295$ ]]; then
    mknod "$BATS_TEST_TMPDIR/tun" c 10 200
    chmod 666 "$BATS_TEST_TMPDIR/tun"
    # shellcheck disable=SC2016
    visitor=(unshare --mount sh -ec '
      mount --bind "$1" /dev/net/tun
      shift
      exec setpriv --reuid=65534 --regid=65534 --clear-groups env -u TFOSHIM_NAMESPACE -u BATS_TEST_TMPDIR "$@"
      ' sh "$BATS_TEST_TMPDIR/tun" "$IN_NAMESPACE")
  fi
  run -0 "${visitor[@]}" bash -ec "$visit" bash "$BATS_TEST_DIRNAME"
  assert_output 200
}

@test "network_up refuses to work on the machine's own network" {
  TFOSHIM_NAMESPACE='' run -1 network_up
  assert_output 'network: run this by tests/in-namespace'
}

@test "network_up passes on what the emulator complains of" {
  run -1 network_up --rtt never
  assert_output --partial 'tfolink: cannot use --rtt never: expected milliseconds'
  # And leaves nothing of the attempt.
  run -0 ip netns list
  assert_output ''
}

@test "network_up makes two hosts that have Fast Open on and reach each other" {
  network_up --rtt 0
  for host in client server; do
    run -0 "on_$host" cat /proc/sys/net/ipv4/tcp_fastopen
    assert_output 3
  done
  for address in "$SERVER_IP4" "$SERVER_IP6"; do
    run -0 on_client ip route get "$address"
    assert_output --partial 'dev link0'
  done
}

@test "network_down ends what was started, and what will not end" {
  network_up
  server_spawn sleep 1000
  polite=$SPAWNED
  # shellcheck disable=SC2016
  server_spawn sh -c 'trap "" TERM; echo deaf; while :; do sleep 1000; done'
  rude=$SPAWNED
  wait_until "grep -q deaf '$SPAWNED_LOG'"
  link=$NETWORK_LINK
  network_down
  for pid in "$polite" "$rude" "$link"; do
    run -1 kill -0 "$pid"
  done
  run -0 ip netns list
  assert_output ''
  network_down
}

@test "a network can be made anew, and remembers nothing" {
  for _ in 1 2; do
    network_up --rtt 0
    run -0 netstat_value client TCPFastOpenActive
    assert_output 0
    run -0 packets
    assert_output ''
    network_down
  done
}

@test "on_client and client_spawn take assignments" {
  network_up
  run -0 on_client GREETING='two words' printenv GREETING
  assert_output 'two words'
  client_spawn GREETING='two words' printenv GREETING
  wait_until "grep -qx 'two words' '$SPAWNED_LOG'"
}

@test "wait_until and wait_listening give up" {
  network_up
  run -1 wait_until false 1
  assert_output 'network: not within 1 seconds: false'
  run -1 port_is_listening server 80
}

@test "wait_listening knows the host, and IPv6" {
  network_up --rtt 0
  client_spawn /usr/bin/python3 -m http.server --bind :: 8000
  wait_listening client 8000
  run -1 port_is_listening server 8000
}

@test "netstat_value says which counter it does not know" {
  network_up
  run -1 netstat_value client TCPFastOpenDreams
  assert_output 'network: no counter is named TCPFastOpenDreams'
  run -0 netstat_value server InOctets
  assert_output --regexp '^[0-9]+$'
}

@test "server_key_set sets the key, and a backup" {
  network_up
  server_key_set 00112233445566778899aabbccddeeff
  run -0 on_server sysctl -n net.ipv4.tcp_fastopen_key
  assert_output 00112233-44556677-8899aabb-ccddeeff
  server_key_set 00112233445566778899aabbccddeeff,ffeeddccbbaa99887766554433221100
  run -0 on_server sysctl -n net.ipv4.tcp_fastopen_key
  assert_output 00112233-44556677-8899aabb-ccddeeff,ffeeddcc-bbaa9988-77665544-33221100
  run -1 server_key_set 0011
  assert_output 'network: a key has 32 hexadecimal digits: 0011'
}

@test "packets and connections show a refused connection" {
  network_up --rtt 0
  run -7 on_client curl -qsS --noproxy '*' "http://$SERVER_IP4:81/"
  run -0 packets
  assert_line --index 0 --regexp \
    '^stream=0 ms=0\.000 client->server SYN seq=0 ack=0 len=0 option=none$'
  assert_line --index 1 --regexp \
    '^stream=0 ms=[0-9.]+ server->client RST,ACK seq=1 ack=1 len=0 option=none$'
  run -0 connections
  assert_output "stream=0 from=client family=4 port=81 syns=1 syn.data=0 syn.option=none \
synack.ms=none synack.ack=none synack.option=none bytes.client=0 bytes.server=0 end=rst"
}

@test "packets says what is wrong with a filter" {
  network_up
  run -1 packets 'tcp.nonsense == 1'
  assert_output --partial 'tcp.nonsense'
}

@test "a connection that the server opens is told apart" {
  network_up --rtt 0
  run -7 on_server curl -qsS --noproxy '*' "http://$CLIENT_IP4:81/"
  run -0 connections
  assert_output --partial 'from=server family=4 port=81 '
}
