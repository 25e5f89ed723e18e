#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Whom rules are for: programs, users, units, and connections over some interfaces; and how recent a handshake
# has to be. By what SYNs carry, and by what servers ask for.

# ADDRESS is for prime, by way of the loops over both families.
# shellcheck disable=SC2034

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required unshare mount strace
  tfoshim=$TFOSHIM_BUILD/tfoshim
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR
  export LSAN_OPTIONS=suppressions=$BATS_TEST_DIRNAME/lsan.supp:print_suppressions=0
  unset XDG_RUNTIME_DIR XDG_CONFIG_HOME TFOSHIM_CONFIG
  ipcrm --all=shm # those of other tests: this namespace is theirs
  cd "$BATS_TEST_TMPDIR" || exit
  CONFIG=$BATS_TEST_TMPDIR/rules.conf
  network_up --rtt 20
}

teardown() {
  network_down
}

# Writes the client's rules, one an argument.
rules() {
  local IFS=,
  printf 'client = { rules = ( %s ); };\n' "${*/#/$'\n'}" >"$CONFIG"
}

# The SYN of the second of two connections under the shim: what it carries, and the option.
second_syn() { # COMMAND... ADDRESS
  local command=("${@:1:$#-1}")
  for _ in first second; do
    run on_client env -u XDG_RUNTIME_DIR TFOSHIM_CONFIG="$CONFIG" SHIM="$SHIM" timeout "$PATIENCE" \
      "${command[@]}" "${@: -1}" "$PORT"
    ((status == 0)) || echo "status $status: $output"
  done
  last_syn syn.data syn.option | cut -d : -f 1
}

# What `explain` says decides for a connect: the line of the rule, or nothing.
decider() { # OPTION... ADDRESS
  on_client "$tfoshim" explain -c "$CONFIG" "${@:1:$#-1}" "[${*: -1}]:$PORT" |
    sed -nE 's/^  policy  .* by the rule at [^:]*:([0-9]+)$/\1/p'
}

FAST='79 cookie'
PLAIN='0 none'

# ---- programs ----

@test "rules are for programs by their name, or by their file's, with patterns" {
  mkdir -p opt/one/bin opt/two
  cp "$PROGRAMS/client" opt/one/bin/asker
  cp "$PROGRAMS/client" opt/two/asker
  cp "$PROGRAMS/client" opt/two/other
  reference_start answer
  rules '{ program = [ "*/opt/one/*" ]; }' '{ program = "'"$PWD"'/opt/two/oth*"; }'
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    assert_equal "$(second_syn env LD_PRELOAD="$SHIM" opt/one/bin/asker "$ADDRESS")" "$FAST"
    assert_equal "$(second_syn env LD_PRELOAD="$SHIM" opt/two/asker "$ADDRESS")" "$PLAIN"
    assert_equal "$(second_syn env LD_PRELOAD="$SHIM" opt/two/other "$ADDRESS")" "$FAST"
    assert_equal "$(decider --program "$PWD/opt/one/bin/asker" "$ADDRESS")" 2
    assert_equal "$(decider --program "$PWD/opt/two/other" "$ADDRESS")" 3
    assert_equal "$(decider --program "$PWD/opt/two/asker" "$ADDRESS")" ''
    assert_equal "$(decider --program asker "$ADDRESS")" ''
  done
  rules '{ program = "a*k*r"; fastopen = "off"; }' '{ }'
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    assert_equal "$(second_syn env LD_PRELOAD="$SHIM" opt/one/bin/asker "$ADDRESS")" "$PLAIN"
    assert_equal "$(second_syn env LD_PRELOAD="$SHIM" opt/two/other "$ADDRESS")" "$FAST"
    # By the name that it was called by as well.
    # shellcheck disable=SC2016
    assert_equal "$(second_syn env LD_PRELOAD="$SHIM" bash -c 'exec -a asker "$0" "$@"' opt/two/other "$ADDRESS")" "$PLAIN"
    assert_equal "$(decider --program asker "$ADDRESS")" 2
    assert_equal "$(decider --program /usr/bin/asker "$ADDRESS")" 2
    assert_equal "$(decider --program "$PWD/opt/two/other" "$ADDRESS")" 3
  done
}

# ---- users ----

# A command of the client, run by that user.
as() { # USER
  AS=(unshare --user --map-user="$1" env "LD_PRELOAD=$SHIM" "$PROGRAMS/client")
}

@test "rules are for users, whose policies are their own" {
  reference_start answer
  rules '{ user = 1000; port = 1; }' '{ user = ( "root", 1001 ); }' '{ user = [ 1000, 1002 ]; fastopen = "off"; }' \
    '{ user = 1002; }'
  settle_rules
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    for _ in compiled kept; do
      as 1001
      assert_equal "$(second_syn "${AS[@]}" "$ADDRESS")" "$FAST"
      as 1000
      assert_equal "$(second_syn "${AS[@]}" "$ADDRESS")" "$PLAIN"
      as 1003
      assert_equal "$(second_syn "${AS[@]}" "$ADDRESS")" "$PLAIN"
      assert_equal "$(second_syn env LD_PRELOAD="$SHIM" "$PROGRAMS/client" "$ADDRESS")" "$FAST"
    done
    assert_equal "$(decider "$ADDRESS")" 3
    assert_equal "$(decider --user root "$ADDRESS")" 3
    assert_equal "$(decider --user 1000 "$ADDRESS")" 4
    assert_equal "$(decider --user 1002 "$ADDRESS")" 4
    assert_equal "$(decider --user 1003 "$ADDRESS")" ''
  done
  rules '{ program = "one"; user = 5; }' '{ unit = "a.service"; }'
  run -0 on_client "$tfoshim" explain -c "$CONFIG" --listen "$SERVER_IP4:80"
  assert_line '          rules with program or unit match only with --program or --unit'
  run -0 on_client "$tfoshim" explain -c "$CONFIG" --program two "$SERVER_IP4"
  assert_line '          rules with unit match only with --unit'
  run -1 "$tfoshim" explain --user no-such-user "$SERVER_IP4"
  assert_output 'tfoshim: explain: --user: there is no user "no-such-user"'
}

# What was written a moment ago is not kept.
settle_rules() {
  wait_until "[[ -z \$(find $CONFIG $TFOSHIM_BUILD/libtfoshim-policy.so /etc/passwd -newerct '2.1 seconds ago') ]]"
}

@test "a rule is for the user that a program is started by, not for whom it becomes" {
  reference_start answer
  rules '{ user = 0; }'
  cat >become.py <<'END'
import os, socket, sys
os.seteuid(1000)
for _ in range(2):
    with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connection:
        connection.sendall(b"x" * 79)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)
END
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    run -0 second_syn env LD_PRELOAD="$SHIM" /usr/bin/python3 become.py "$ADDRESS"
    assert_output "$FAST"
  done
}

# ---- units ----

# A command of the client, in that control group.
in_group() { # LINE...
  printf '%s\n' "$@" >cgroup
  # shellcheck disable=SC2016
  IN=(bash -c 'mount --bind cgroup /proc/$$/cgroup && LD_PRELOAD=$SHIM exec "$0" "$@"' "$PROGRAMS/client")
}

@test "rules are for units, and for the slices around them" {
  local unit line
  reference_start answer
  rules '{ unit = "batch.slice"; fastopen = "off"; }' '{ unit = [ "web.service", "job@*.service" ]; }' \
    '{ unit = "*.scope"; }'
  settle_rules
  while read -r unit line; do
    in_group "0::/$unit"
    for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
      if [[ $line == [34] ]]; then
        assert_equal "$unit: $(second_syn "${IN[@]}" "$ADDRESS")" "$unit: $FAST"
      else
        assert_equal "$unit: $(second_syn "${IN[@]}" "$ADDRESS")" "$unit: $PLAIN"
      fi
      assert_equal "$unit: $(decider --unit "$unit" "$ADDRESS")" "$unit: $line"
    done
  done <<'END'
system.slice/web.service 3
batch.slice/web.service 2
system.slice/system-job.slice/job@7.service 3
system.slice/job@7.socket
user.slice/user-1000.slice/session-3.scope 4
system.slice/other.service
END
  # Nobody's, in a namespace of control groups, and where explain is not told.
  run -0 on_client "$tfoshim" explain -c "$CONFIG" "$SERVER_IP4"
  assert_line '          rules with unit match only with --unit'
  run -0 on_client "$tfoshim" explain -c "$CONFIG" --unit x.service "$SERVER_IP4"
  refute_output --partial 'match only with'
  in_group 0::/
  assert_equal "$(second_syn "${IN[@]}" "$SERVER_IP4")" "$PLAIN"
  assert_equal "$(decider "$SERVER_IP4")" ''
  # With the first version, as Debian had it once.
  in_group 4:cpu,cpuacct:/batch.slice 1:name=systemd:/system.slice/web.service 0::/
  assert_equal "$(second_syn "${IN[@]}" "$SERVER_IP6")" "$FAST"
}

@test "listeners have the policy of their process's unit and user, too" {
  local queue
  listen='import socket, sys
with socket.create_server((sys.argv[1], 0), family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET) as s:
    print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN))'
  printf 'server = { rules = ( { user = 1000; queue = 5; }, { unit = "web.service"; queue = 7; } ); };\n' >"$CONFIG"
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    run -0 on_server TFOSHIM_CONFIG="$CONFIG" unshare --user --map-user=1000 env LD_PRELOAD="$SHIM" \
      /usr/bin/python3 -c "$listen" "$ADDRESS"
    assert_output 5
    echo 0::/system.slice/web.service >cgroup
    # shellcheck disable=SC2016
    run -0 on_server TFOSHIM_CONFIG="$CONFIG" SHIM="$SHIM" bash -c \
      'mount --bind cgroup /proc/$$/cgroup && LD_PRELOAD=$SHIM exec /usr/bin/python3 -c "$0" "$1"' "$listen" "$ADDRESS"
    assert_output 7
    run -0 on_server TFOSHIM_CONFIG="$CONFIG" LD_PRELOAD="$SHIM" /usr/bin/python3 -c "$listen" "$ADDRESS"
    assert_output 0
    run -0 on_server "$tfoshim" explain -c "$CONFIG" --unit web.service --listen "[$ADDRESS]:80"
    assert_line --regexp '^  policy +on with a queue of 7, by the rule at '
  done
}

# ---- interfaces ----

# Another link between the two, beside link0.
side_link_up() {
  local here=10.8.0.1/24 there=10.8.0.2/24 here6=fd08::1/64 there6=fd08::2/64
  ip -n "$NETWORK_CLIENT" link add side0 type veth peer name side0 netns "$NETWORK_SERVER"
  ip -n "$NETWORK_CLIENT" -batch - <<END
link set side0 addrgenmode none
addr add $here dev side0
addr add $here6 dev side0 nodad
link set side0 up
END
  ip -n "$NETWORK_SERVER" -batch - <<END
link set side0 addrgenmode none
addr add $there dev side0
addr add $there6 dev side0 nodad
link set side0 up
END
}

# What two connections of a program of Python's have gained: how many SYNs' data was taken. The program may
# bind its socket to an interface or an address before.
opened() { # ADDRESS [BIND]
  local before
  cookies_flush
  rm -rf "$NETWORK_DIR/tfoshim"
  before=$(netstat_value server TCPFastOpenPassive)
  run -0 on_client TFOSHIM_CONFIG="$CONFIG" XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" \
    /usr/bin/python3 - "$1" "$PORT" "${2-}" <<'END'
import socket, sys
host, port, bind = sys.argv[1:]
for _ in range(2):
    s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    s.settimeout(10)
    if bind and not set(bind) & set(".:"):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, bind.encode())
    elif bind:
        s.bind((bind, 0))
    s.setblocking(True)
    s.connect((host, int(port)))
    s.sendall(b"x" * 79)
    s.shutdown(socket.SHUT_WR)
    while s.recv(100):
        pass
END
  echo $(($(netstat_value server TCPFastOpenPassive) - before))
}

@test "rules are for connections that leave by an interface" {
  reference_start answer
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    rules '{ interface = "link0"; }'
    assert_equal "$(second_syn env LD_PRELOAD="$SHIM" "$PROGRAMS/client" "$ADDRESS")" "$FAST"
    assert_equal "$(decider "$ADDRESS")" 2
    assert_equal "$(decider --interface link1 "$ADDRESS")" ''
    rules '{ interface = [ "link", "link0x", "*link00" ]; }'
    assert_equal "$(second_syn env LD_PRELOAD="$SHIM" "$PROGRAMS/client" "$ADDRESS")" "$PLAIN"
    # An exception, and what it is one from.
    rules '{ interface = "wg*"; first_write = "replay-safe"; }' '{ interface = [ "l*", "wg*" ]; fastopen = "off"; }' '{ }'
    assert_equal "$(second_syn env LD_PRELOAD="$SHIM" "$PROGRAMS/client" "$ADDRESS")" "$PLAIN"
    assert_equal "$(decider "$ADDRESS")" 3
    assert_equal "$(decider --interface wg7 "$ADDRESS")" 2
    assert_equal "$(decider --interface eth0 "$ADDRESS")" 4
  done
  run -0 on_client "$tfoshim" explain -c "$CONFIG" "$SERVER_IP4:$PORT"
  assert_line --regexp '^ +leaves by link0$'
  run -2 "$tfoshim" explain --interface an-interface-of-16 "$SERVER_IP4"
  assert_output 'tfoshim: explain: --interface: found "an-interface-of-16", expected the name of an interface such as eth0'
  run -0 on_client "$tfoshim" explain -c "$CONFIG" 192.0.2.1:80
  assert_line --regexp '^ +there is no route to it, so rules with interface do not match$'
}

@test "it is the route's, unless the socket is bound to another" {
  local side family
  side_link_up
  reference_start answer
  rules '{ interface = "side0"; min_rtt = 0; }'
  for side in 10.8.0.2 fd08::2; do
    assert_equal "$(opened "$side")" 1
    # To the same host, by the other link.
    ADDRESS=$SERVER_IP4 family=4
    [[ $side != *:* ]] || ADDRESS=$SERVER_IP6 family=6
    assert_equal "$(opened "$ADDRESS")" 0
    # Routes change, and the next connection leaves by another.
    ip -n "$NETWORK_CLIENT" route add "$ADDRESS" via "$side" dev side0
    assert_equal "$(opened "$ADDRESS")" 1
    ip -n "$NETWORK_CLIENT" route del "$ADDRESS" via "$side" dev side0
    # From an address of the one, by a table of routes that is for it.
    ip -n "$NETWORK_CLIENT" route add "$ADDRESS" via "$side" dev side0 table 7
    ip -n "$NETWORK_CLIENT" -$family rule add from "${side%2}1" table 7
    assert_equal "$(opened "$ADDRESS" "${side%2}1")" 1
    assert_equal "$(opened "$ADDRESS")" 0
    ip -n "$NETWORK_CLIENT" -$family rule del from "${side%2}1" table 7
    # Bound to the interface, whatever the route says.
    ip -n "$NETWORK_CLIENT" route add "$ADDRESS" via "$side" dev side0 metric 9999
    assert_equal "$(opened "$ADDRESS" side0)" 1
    assert_equal "$(opened "$ADDRESS" link0)" 0
    ip -n "$NETWORK_CLIENT" route del "$ADDRESS" via "$side" dev side0 metric 9999
  done
}

@test "a rule by name counts where its interface is the one, too" {
  reference_start answer
  printf '%s one.test two.test\n%s one.test two.test\n' "$SERVER_IP4" "$SERVER_IP6" >hosts
  cat hosts /etc/hosts >all-hosts
  mount --bind all-hosts /etc/hosts
  rules '{ host = "one.test"; interface = "other0"; fastopen = "off"; }' \
    '{ host = "*.test"; interface = [ "link0", "other0" ]; }'
  cat >named.py <<'END'
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
address = socket.getaddrinfo("one.test", int(sys.argv[2]), family, socket.SOCK_STREAM)[0][4]
with socket.socket(family) as connection:
    connection.connect(address)
    connection.sendall(b"x" * 79)
    connection.shutdown(socket.SHUT_WR)
    connection.recv(1)
END
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    assert_equal "$(second_syn env LD_PRELOAD="$SHIM" /usr/bin/python3 named.py "$ADDRESS")" "$FAST"
  done
  for rule in '{ host = "*.test"; interface = "other*"; }' '{ host = "one.test"; interface = "link0"; fastopen = "off"; }'; do
    rules "$rule" '{ host = "*.test"; interface = "other0"; }'
    for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
      assert_equal "$(second_syn env LD_PRELOAD="$SHIM" /usr/bin/python3 named.py "$ADDRESS")" "$PLAIN"
    done
  done
  umount /etc/hosts
}

@test "where the kernel does not tell the interface, and it matters, the connect is plain" {
  reference_start answer
  rules '{ port = 1; interface = "link0"; }' '{ port = 1; }' '{ address = "10.0.0.0/8"; }' '{ interface = "wg*"; fastopen = "off"; }' '{ }'
  # Of the first and the third nobody need be asked.
  assert_equal "$(second_syn "$PROGRAMS/sandbox" EPERM netlink env LD_PRELOAD="$SHIM" "$PROGRAMS/client" "$SERVER_IP4")" "$FAST"
  assert_equal "$(second_syn env LD_PRELOAD="$SHIM" "$PROGRAMS/client" "$SERVER_IP6")" "$FAST"
  assert_equal "$(second_syn "$PROGRAMS/sandbox" EPERM netlink env LD_PRELOAD="$SHIM" "$PROGRAMS/client" "$SERVER_IP6")" "$PLAIN"
}

@test "rules are for listeners on an interface: bound to it, or to its address" {
  local listen address device queue
  side_link_up
  listen='import socket, sys
with socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET) as s:
    if sys.argv[2]:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, sys.argv[2].encode())
    s.bind((sys.argv[1], 0))
    s.listen(100)
    print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN))'
  printf 'server = { rules = ( { interface = "link0"; queue = 5; }, { interface = [ "lo", "s*0" ]; queue = 7; } ); };\n' >"$CONFIG"
  while read -r address device queue; do
    run -0 on_server TFOSHIM_CONFIG="$CONFIG" LD_PRELOAD="$SHIM" /usr/bin/python3 -c "$listen" "$address" "${device#-}"
    assert_equal "$address $device $output" "$address $device $queue"
    [[ $device == - ]] || continue
    run -0 on_server "$tfoshim" explain -c "$CONFIG" --listen "[$address]:80"
    case $queue in
    0) assert_line --regexp '^ +is on no single interface, so rules with interface do not match$' ;;
    *) assert_line --regexp "^  policy +on with a queue of $queue, by the rule at " ;;
    esac
  done <<END
$SERVER_IP4 - 5
$SERVER_IP6 - 5
10.8.0.2 - 7
fd08::2 - 7
127.0.0.1 - 7
::1 - 7
0.0.0.0 - 0
:: - 0
0.0.0.0 link0 5
:: side0 7
END
  # A program may bind it to an interface when it has an address, and has been on for that.
  echo 'server = { default = "on"; rules = ( { interface = "link0"; fastopen = "off"; } ); };' >late.conf
  for address in 0.0.0.0 ::; do
    run -0 on_server TFOSHIM_CONFIG="$PWD/late.conf" LD_PRELOAD="$SHIM" /usr/bin/python3 -c 'import socket, sys
with socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET) as s:
    s.bind((sys.argv[1], 8000))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"link0")
    s.listen(100)
    print(s.getsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN))' "$address"
    assert_output 0
  done
  run -0 on_server "$tfoshim" explain -c "$CONFIG" --interface link0 --listen 0.0.0.0:80
  assert_line --regexp '^  policy +on with a queue of 5, by the rule at '
  assert_line --regexp '^ +listens on link0$'
}

# Prefixes are asked for again, when there is something that may begin so.
@test "what a rule for an interface vouches for leaves in the SYN, and is read at once" {
  local read state
  rules '{ interface = "other0"; first_write = "replay-safe"; }' '{ interface = "link0"; prefixes = "xxx"; }'
  cp "$CONFIG" client.conf
  read='import socket, sys
with socket.create_server((sys.argv[1], int(sys.argv[2])), family=socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET) as s:
    while True:
        c, _ = s.accept()
        c.recv(100)
        print(c.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0], flush=True)
        c.close()'
  for state in 3 1; do # in SYN_RECV yet, or established
    printf 'server = { default = "on"; rules = ( { interface = "%s"; prefixes = "xxx"; } ); };\n' \
      "$([[ $state == 3 ]] && echo link0 || echo link1)" >server.conf
    for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
      server_spawn TFOSHIM_CONFIG="$PWD/server.conf" XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" \
        /usr/bin/python3 -c "$read" "$ADDRESS" "$PORT"
      wait_listening "$PORT"
      for _ in first second; do
        run -0 on_client TFOSHIM_CONFIG="$PWD/client.conf" XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" \
          /usr/bin/python3 -c 'import socket, sys
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as connection:
    connection.sendall(b"x" * 79)
    connection.recv(1)' "$ADDRESS" "$PORT"
      done
      assert_equal "$(last_syn syn.data)" 79
      assert_equal "$(tail -n 1 "$SPAWNED_LOG")" "$state"
      kill "$SPAWNED"
      process_end "$SPAWNED"
      cookies_flush
      rm -rf "$NETWORK_DIR/tfoshim"
    done
  done
}

@test "nobody asks for the interface where no rule that names one could decide" {
  reference_start answer
  rules '{ address = "10.0.0.0/8"; }' '{ interface = "link0"; port = 1; }' '{ interface = "link0"; address = "10.0.0.0/8"; }'
  prime "$SERVER_IP4"
  run -0 on_client TFOSHIM_CONFIG="$CONFIG" XDG_RUNTIME_DIR="$NETWORK_DIR" strace -f -o trace -E LD_PRELOAD="$SHIM" \
    "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  run grep -E 'BINDTODEVICE|NETLINK_ROUTE|SIOCGIFNAME' trace
  assert_output ''
  rules '{ interface = "link0"; }'
  run -0 on_client TFOSHIM_CONFIG="$CONFIG" XDG_RUNTIME_DIR="$NETWORK_DIR" strace -f -o trace -E LD_PRELOAD="$SHIM" \
    "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  run grep -cE 'BINDTODEVICE|NETLINK_ROUTE|SIOCGIFNAME' trace
  assert_output 3
}

# ---- lately ----

@test "lately: a handshake counts for as long as the rule says" {
  reference_start answer
  rules '{ lately = 5; }'
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    prime "$ADDRESS"
    shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
    assert_equal "$(last_syn syn.data)" 79
    # The kernel has the cookie all the same.
    wait_until "[[ \$(on_client XDG_RUNTIME_DIR=$NETWORK_DIR $tfoshim explain -c $CONFIG '[$ADDRESS]:$PORT') == *'no recent handshake with this address and port'* ]]"
    shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
    assert_equal "$(last_syn syn.data)" 0
    shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
    assert_equal "$(last_syn syn.data)" 79
  done
}
