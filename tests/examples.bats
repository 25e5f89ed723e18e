#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The examples do what their READMEs say. (The arithmetic one has a file of its own.)

# run --separate-stderr assigns stderr; what is waited for is evaluated each time; output is that of the same test.
# shellcheck disable=SC2154,SC2016,SC2030,SC2031

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required curl /usr/bin/python3
  EXAMPLES=$TFOSHIM_ROOT/examples
  export LC_ALL=C PATH=$TFOSHIM_BUILD:$PATH HOME=$BATS_TEST_TMPDIR
  unset TFOSHIM_CONFIG XDG_CONFIG_HOME LD_PRELOAD
}

teardown() {
  [[ -z ${NETWORK_DIR-} ]] || network_down
}

# The line of an example's README that begins so, without what only the reader needs.
readme_command() { # EXAMPLE BEGINNING
  sed -n "s/^    \($2.*\)/\1/p" "$EXAMPLES/$1/README.md"
}

# Python's web server, under the shim.
web_start() { # PORT
  server_spawn TFOSHIM_CONFIG= LD_PRELOAD="$SHIM" \
    /usr/bin/python3 -m http.server --directory "$EXAMPLES" "$1"
  PORT=$1
  wait_listening "$1"
}

@test "each example has a README, and the README names them all" {
  local directory
  for directory in "$EXAMPLES"/*/; do
    [[ -f $directory/README.md ]]
    grep -q "(examples/$(basename "$directory"))" "$TFOSHIM_ROOT/README.md"
  done
}

@test "configuration files are understood" {
  local file count=0
  for file in "$EXAMPLES"/*/tfoshim.conf; do
    run -0 --separate-stderr tfoshim check "$file"
    assert_equal "$stderr" ''
    count=$((count + 1))
  done
  ((count >= 4))
}

# ---- allowlist ----

# The second of two visits: how many bytes its SYN carried, and the option.
visit() { # HOST [CURL-OPTION]...
  for _ in first second; do
    run -0 on_client XDG_RUNTIME_DIR="$NETWORK_DIR" \
      tfoshim run -c "$EXAMPLES/allowlist/tfoshim.conf" -- \
      curl -sS --noproxy '*' "${@:2}" "http://$1/allowlist/tfoshim.conf"
  done
  last_syn syn.data syn.option
}

@test "allowlist: the hosts that are listed are opened fast, and no other" {
  network_up --rtt 20
  on_server ip addr add 10.9.0.3/24 dev link0
  on_server ip addr add 10.9.0.4/24 dev link0
  printf '%s\n' "$SERVER_IP4 api.example.com" '10.9.0.3 www.example.net' \
    '10.9.0.4 www.example.com' >"$BATS_TEST_TMPDIR/hosts"
  mount --bind "$BATS_TEST_TMPDIR/hosts" /etc/hosts
  web_start 80
  assert_regex "$(visit api.example.com)" '^[1-9][0-9]+ cookie$'
  assert_regex "$(visit www.example.net)" '^[1-9][0-9]+ cookie$'
  assert_equal "$(visit www.example.com)" '0 none'
  # By its bare address a host is not on the list.
  assert_equal "$(visit "$SERVER_IP4")" '0 none'
  # A request that must not be repeated: to the first host alone.
  assert_regex "$(visit api.example.com --data order)" '^[1-9][0-9]+ cookie$'
  assert_equal "$(visit www.example.net --data order)" '0 cookie'
  umount /etc/hosts
}

# ---- legacy-server ----

# Two visits to the server that a command starts, and how many SYNs' data it has taken then.
legacy_takes() { # COUNT COMMAND
  PORT=8000
  cookies_flush
  server_spawn sh -c "cd '$EXAMPLES/legacy-server' && PATH=$TFOSHIM_BUILD:/usr/bin && exec $2"
  wait_listening "$PORT"
  for _ in first second; do
    shim TFOSHIM_CONFIG= curl -sS --noproxy '*' "http://$SERVER_IP4:$PORT/tfoshim.conf"
    assert_success
    assert_output "$(<"$EXAMPLES/legacy-server/tfoshim.conf")"
  done
  assert_equal "$(netstat_value server TCPFastOpenPassive)" "$1"
}

@test "legacy-server: the server takes requests from SYNs" {
  local command
  network_up --rtt 20
  command=$(readme_command legacy-server 'tfoshim run')
  legacy_takes 0 "${command#*-- }"
  kill "$SPAWNED"
  process_end "$SPAWNED"
  legacy_takes 1 "$command"
  # And it is seen to be in effect.
  cd "$EXAMPLES/legacy-server"
  command=$(readme_command legacy-server 'tfoshim explain')
  run -0 on_server sh -c "$command"
  assert_line --partial "by the rule at tfoshim.conf:"
  assert_line --regexp '^  now +a listener that accepts data in SYNs'
  command=$(readme_command legacy-server 'tfoshim probe')
  run -0 on_client sh -c "${command/server.example.net/$SERVER_IP4}"
}

# ---- systemd ----

@test "systemd: the drop-in is understood, and says what \"tfoshim enable\" would" {
  local library system=root/etc/systemd/system
  cd "$BATS_TEST_TMPDIR"
  mkdir -p "$system/legacy.service.d"
  printf '%s\n' '[Service]' 'ExecStart=/usr/bin/python3 -m http.server' >"$system/legacy.service"
  cp "$EXAMPLES/legacy-server/tfoshim.conf" root/etc/
  # Where the library has to be is known to the command alone.
  run -1 tfoshim enable --root root legacy
  library=${output#*there is no "$PWD/root"}
  library=${library%%: *}
  mkdir -p "root${library%/*}"
  cp "$TFOSHIM_BUILD/libtfoshim.so" "root$library"
  run -0 tfoshim enable --root root -c /etc/tfoshim.conf legacy
  # Its settings, in its order; the library by the name that serves both widths.
  assert_equal "$(grep -E '^(\[|Environment="(LD_|TFO))' "$EXAMPLES/systemd/fast-open.conf")" \
    "$(sed -e '/^#/d' -e "s|=$library|=/usr/\$LIB/libtfoshim.so|" "$system/legacy.service.d/50-tfoshim.conf")"
  tfoshim disable --root root legacy
  cp "$EXAMPLES/systemd/fast-open.conf" "$system/legacy.service.d/"
  run -0 systemd-analyze verify --man=no "$system/legacy.service"
  assert_output ''
  # The way it says so is one that would be heard.
  echo 'RuntimeDirectoryMod=0700' >>"$system/legacy.service.d/fast-open.conf"
  run systemd-analyze verify --man=no "$system/legacy.service"
  assert_output --partial 'RuntimeDirectoryMod'
}

@test "systemd: the sysctl" {
  network_up
  on_server sysctl -qw net.ipv4.tcp_fastopen=1
  run -0 on_server sysctl -qp "$EXAMPLES/systemd/sysctl.conf"
  assert_equal "$(on_server sysctl -n net.ipv4.tcp_fastopen)" 3
}

# ---- openings ----

@test "openings: what the README asks is answered as it says" {
  local line
  cp "$EXAMPLES/openings/tfoshim.conf" "$BATS_TEST_TMPDIR"
  cd "$BATS_TEST_TMPDIR" || return
  while read -r line; do
    bash -c "$line"
  done < <(readme_command openings printf)
  run -0 bash -c "$(readme_command openings 'tfoshim.*question')"
  assert_line --partial 'question is replay-safe: it begins with one of the rule'
  run -0 bash -c "$(readme_command openings 'tfoshim.*order')"
  assert_line --partial 'order is not replay-safe'
  run -0 bash -c "$(readme_command openings 'tfoshim.*get')"
  assert_line --partial 'get is replay-safe, Redis commands that read (redis)'
}

# ---- shared-machine ----

# What the README's commands say decides: the rule that the file has after this comment's beginning.
decides() { # COMMENT COMMAND
  local rule
  rule=$(awk -v comment="# $1" 'index($0, comment) { on = 1 } on && /^ *[{]/ { print NR; exit }' tfoshim.conf)
  run -0 bash -c "$2"
  assert_line --partial "by the rule at tfoshim.conf:$rule"
}

@test "shared-machine: what the README asks is answered as the file says" {
  local commands
  cd "$EXAMPLES/shared-machine"
  mapfile -t commands < <(readme_command shared-machine 'tfoshim explain')
  assert_equal "${#commands[@]}" 5
  # There is a route for it.
  ip route add 192.0.2.0/24 dev lo
  decides 'Requests of the front end' "${commands[0]}"
  decides 'The tunnel' "${commands[1]}"
  decides 'Jobs that a timer' "${commands[2]}"
  decides 'What is installed' "${commands[3]}"
  decides 'Listeners on the inside' "${commands[4]}"
  ip route del 192.0.2.0/24 dev lo
}

# The second of two visits by a program in that unit.
visit_of_unit() { # UNIT PORT
  echo "0::/system.slice/$1" >"$BATS_TEST_TMPDIR/cgroup"
  for _ in first second; do
    # shellcheck disable=SC2016
    run -0 on_client XDG_RUNTIME_DIR="$NETWORK_DIR" TFOSHIM_CONFIG="$EXAMPLES/shared-machine/tfoshim.conf" \
      bash -c 'mount --bind "$1" /proc/$$/cgroup && LD_PRELOAD=$2 exec curl -sS --noproxy "*" "$3"' - \
      "$BATS_TEST_TMPDIR/cgroup" "$SHIM" "http://$SERVER_IP4:$2/shared-machine/tfoshim.conf"
  done
  last_syn syn.data syn.option
}

@test "shared-machine: units are opened fast for, and others not" {
  network_up --rtt 20
  web_start 8080
  assert_regex "$(visit_of_unit front.service 8080)" '^[1-9][0-9]+ cookie$'
  assert_equal "$(visit_of_unit other.service 8080)" '0 none'
  assert_regex "$(visit_of_unit fetch@news.service 8080)" '^[1-9][0-9]+ cookie$'
  # The link is the tunnel now.
  ip -n "$NETWORK_CLIENT" link set link0 down
  ip -n "$NETWORK_CLIENT" link set link0 name wg7
  ip -n "$NETWORK_CLIENT" link set wg7 up
  assert_equal "$(visit_of_unit front.service 8080)" '0 none'
}

# ---- handed-over ----

# Three requests that must not be repeated: the last one's comes in the SYN, as the server's kernel says.
orders_in_syns() { # PORT
  local before
  for _ in first second third; do
    before=$(netstat_value server TCPFastOpenPassive)
    run -0 on_client /usr/bin/python3 -B "$TFOSHIM_ROOT/tests/guard/client.py" "$ADDRESS" "$1" "$POST"
  done
  assert_output --regexp '^HTTP/1.0 200 OK in-the-SYN'
  assert_equal "$(netstat_value server TCPFastOpenPassive)" "$((before + 1))"
}

# The service of the examples. This one has to do with the build's library, and with the example's configuration.
legacy_install() {
  local serve="exec /usr/bin/python3 -B $TFOSHIM_ROOT/tests/handed/serve.py"
  POST='POST /order HTTP/1.0\r\nContent-Length: 1\r\n\r\nx'
  printf '%s\n' '#!/bin/sh' "$serve inherited $BATS_TEST_TMPDIR/orders \$((\${LISTEN_FDS:-0} * 3)) 3" >legacy
  printf '%s\n' '#!/bin/sh' "$serve one $BATS_TEST_TMPDIR/orders" >legacy-request
  chmod +x legacy legacy-request
}

installed_here() { # FILE
  sed "s|/usr/sbin/|$BATS_TEST_TMPDIR/|; s|/usr/bin/tfoshim|$TFOSHIM_BUILD/tfoshim|; s| nobody | root |
    s|/usr/\$LIB/libtfoshim.so|$SHIM|; s|/etc/tfoshim.conf|$EXAMPLES/handed-over/tfoshim.conf|" \
    "$EXAMPLES/handed-over/$1"
}

@test "handed-over: the socket unit's service takes requests from SYNs" {
  local variables listen
  tools_required systemd-socket-activate
  cd "$BATS_TEST_TMPDIR" || exit
  legacy_install
  network_up --rtt 20
  mapfile -t variables < <(installed_here fast-open.conf | sed -n 's/^Environment="\(.*\)"$/-E\n\1/p')
  assert_equal "${#variables[@]}" 4
  listen=$(sed -n 's/^ListenStream=//p' "$EXAMPLES/handed-over/legacy.socket")
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    server_spawn systemd-socket-activate -l "$listen" "${variables[@]}" "$BATS_TEST_TMPDIR/legacy"
    wait_listening "$listen"
    orders_in_syns "$listen"
    process_end "$SPAWNED"
  done
}

@test "handed-over: services of inetd take requests from SYNs" {
  local family
  tools_required inetd
  cd "$BATS_TEST_TMPDIR" || exit
  legacy_install
  network_up --rtt 20
  for family in 4 6; do
    installed_here inetd.conf | sed "s/ tcp / tcp$family /" >"inetd$family.conf"
    ADDRESS=$SERVER_IP4
    ((family == 4)) || ADDRESS=$SERVER_IP6
    server_spawn inetd -i "inetd$family.conf"
    wait_listening 8080
    orders_in_syns 8080
    kill "$SPAWNED"
    process_end "$SPAWNED"
    server_spawn "TFOSHIM_CONFIG=$EXAMPLES/handed-over/tfoshim.conf" "LD_PRELOAD=$SHIM" inetd -i "inetd$family.conf"
    wait_listening 8081
    orders_in_syns 8081
    kill "$SPAWNED"
    process_end "$SPAWNED"
  done
  wait_until "((\$(wc -l <orders) == 12))"
}

# ---- attach ----

# Three visits by a client that uses Fast Open itself: how many of their SYNs' data the server takes, and the last one's.
assert_visits_taken() { # ADDRESS COUNT
  local before
  before=$(netstat_value server TCPFastOpenPassive)
  for _ in first second third; do
    plain curl -sS --noproxy '*' --tcp-fastopen "http://$1:$PORT/"
    assert_output 'the page'
  done
  assert_equal "$1 $(($(netstat_value server TCPFastOpenPassive) - before))" "$1 $2"
  if (($2)); then
    (($(last_syn_data) > 70))
    assert_equal "$(last_syn synack.ack)" "$(($(last_syn_data) + 1))"
  else
    assert_equal "$(last_syn synack.ack)" 1
  fi
}

# A command of the README on the server, where the server of the example is the only one of its name.
attach_readme() { # STATUS BEGINNING
  run "-$1" --separate-stderr on_server sh -c "$(readme_command attach "$2")"
}

# Go's web server by that name, perhaps after a while.
legacy_spawn() { # [SECONDS]
  server_spawn sh -c "sleep ${1:-0}; exec ./legacy :$PORT"
}

legacy_end() {
  kill "$SPAWNED"
  process_end "$SPAWNED"
}

# As systemd runs it after a start.
start_post() { # LINE
  local line=${1#ExecStartPost=+-}
  run -0 on_server MAINPID="$SPAWNED" sh -c "${line//\/usr\/bin\/tfoshim/tfoshim}"
  assert_line --regexp "^\[::\]:$PORT .* accepts SYN data$"
}

@test "attach: a Go server takes requests from SYNs, until it is detached" {
  local address
  tools_required go pidof
  cd "$BATS_TEST_TMPDIR" || exit
  go_server_build legacy
  network_up --rtt 20
  on_server sysctl -qw net.ipv4.tcp_fastopen=1
  legacy_spawn
  wait_listening "$PORT"
  attach_readme 0 sysctl
  # Without the consent it only says what it would do.
  attach_readme 1 'tfoshim attach --port'
  assert_line --partial 'would accept SYN data'
  for address in "$SERVER_IP4" "[$SERVER_IP6]"; do
    assert_visits_taken "$address" 0
  done
  attach_readme 0 'tfoshim attach --first-read any'
  # The first visit is for the cookie.
  for address in "$SERVER_IP4" "[$SERVER_IP6]"; do
    assert_visits_taken "$address" 2
    run -0 on_client sh -c "$(readme_command attach 'tfoshim probe' | sed "s/server.example.net/$address/")"
  done
  attach_readme 0 'tfoshim detach'
  for address in "$SERVER_IP4" "[$SERVER_IP6]"; do
    assert_visits_taken "$address" 0
  done
}

@test "attach: the drop-in does it after each start, and its other line where a server is slow to listen" {
  local address system=root/etc/systemd/system
  tools_required go systemd-analyze
  cd "$BATS_TEST_TMPDIR" || exit
  go_server_build legacy
  network_up --rtt 20
  legacy_spawn
  wait_listening "$PORT"
  start_post "$(grep ^ExecStartPost= "$EXAMPLES/attach/attach.conf")"
  for address in "$SERVER_IP4" "[$SERVER_IP6]"; do
    assert_visits_taken "$address" 2
  done
  legacy_end
  # The clients keep their cookies.
  legacy_spawn 1
  start_post "$(readme_command attach ExecStartPost=)"
  for address in "$SERVER_IP4" "[$SERVER_IP6]"; do
    assert_visits_taken "$address" 3
  done
  mkdir -p "$system/legacy.service.d"
  printf '%s\n' '[Service]' "ExecStart=$PWD/legacy :$PORT" >"$system/legacy.service"
  for address in "$(<"$EXAMPLES/attach/attach.conf")" "[Service]"$'\n'"$(readme_command attach ExecStartPost=)"; do
    echo "${address//\/usr\/bin\/tfoshim/$TFOSHIM_BUILD/tfoshim}" >"$system/legacy.service.d/attach.conf"
    run -0 systemd-analyze verify --man=no "$system/legacy.service"
    assert_output ''
  done
}

# ---- rollout ----

# A command of the README, where /etc is a directory of the test.
rollout_readme() { # BEGINNING
  run -0 --separate-stderr on_client XDG_RUNTIME_DIR="$NETWORK_DIR" \
    sh -c "$(readme_command rollout "$1" | sed "s|/etc/|$PWD/etc/|g; s|server.example.net|$SERVER_IP4|")"
}

rollout_version() { # FILE
  tfoshim check "$1" 2>/dev/null | sed -n 's/^version //p'
}

# A program that connects to a port again and again, on both families.
rollout_client() { # NAME PORT
  client_spawn XDG_RUNTIME_DIR="$NETWORK_DIR" TFOSHIM_CONFIG="$PWD/etc/tfoshim.conf" LD_PRELOAD="$SHIM" \
    "running/$1" "$PWD/stop" 1 200 "$2" "$SERVER_IP4" "$SERVER_IP6"
  ROLLOUT_LOGS+=("$SPAWNED_LOG")
}

# The latest connections to a port, four of each family, are all so.
wire_is() { # PORT FIELDS
  local seen
  seen=$(connections "tcp.port == $1" | grep 'from=client' | tail -n 8 |
    sed -E 's/.* (family=[46]) .* (syn.data=[0-9]+ syn.option=[a-z]+) .* (synack.ack=[0-9]+) .*/\1 \2 \3/' | sort -u)
  [[ $seen == "family=4 $2"$'\n'"family=6 $2" ]]
}

# As `tfoshim stat` of the README shows it.
all_have_version() { # VERSION
  local program
  rollout_readme 'tfoshim stat' || return
  for program in legacy-client legacy-server other-client; do
    grep -qE "^$program +1 +$1 +$PWD/etc/tfoshim.conf +[0-9]+\$" <<<"$output" || return
  done
}

@test "rollout: Fast Open comes to programs that run, to some first, and goes" {
  local plain='syn.data=0 syn.option=none synack.ack=1' fast='syn.data=12 syn.option=cookie synack.ack=13'
  local begun trial all off address ROLLOUT_LOGS=()
  cd "$BATS_TEST_TMPDIR" || exit
  cp "$EXAMPLES"/rollout/*.conf .
  mkdir bin running
  cp "$PROGRAMS/client" bin/legacy-client
  cp "$PROGRAMS/steadfast" running/legacy-client
  cp "$PROGRAMS/steadfast" running/other-client
  cp "$PROGRAMS/server" running/legacy-server
  network_up --rtt 2
  rollout_readme 'install.*base'
  rollout_readme 'install -d'
  begun=$(rollout_version etc/tfoshim.conf)
  # What has only just been written nobody shares.
  wait_until "[[ -z \$(find etc -newerct '2.1 seconds ago') ]]"
  server_spawn TFOSHIM_CONFIG="$PWD/etc/tfoshim.conf" LD_PRELOAD="$SHIM" running/legacy-server :: 8080 echo
  PORT=8081 reference_start echo
  wait_listening 8080
  rollout_client legacy-client 8080
  rollout_client other-client 8081
  wait_until "wire_is 8080 '$plain' && wire_is 8081 '$plain' && all_have_version $begun" 20

  rollout_readme 'mkdir next'
  rollout_readme 'install.*20-trial.conf next'
  rollout_readme 'tfoshim check next'
  trial=$(rollout_version next/tfoshim.conf)
  assert_line "version $trial"
  # The first run is the first contact.
  PATH=$PWD/bin:$PATH rollout_readme 'tfoshim run --dry-run'
  PATH=$PWD/bin:$PATH rollout_readme 'tfoshim run --dry-run'
  assert_regex "$stderr" '1 would have been deferred, 0 not; SYNs with data: 1, without: 0'

  rollout_readme 'install.*20-trial.conf .etc'
  wait_until "wire_is 8080 '$fast' && all_have_version $trial" 30
  wire_is 8081 "$plain"

  rollout_readme 'install.*30-all.conf'
  all=$(rollout_version etc/tfoshim.conf)
  wait_until "wire_is 8081 '$fast' && all_have_version $all" 30
  wire_is 8080 "$fast"

  rollout_readme 'install.*00-off.conf'
  off=$(rollout_version etc/tfoshim.conf)
  wait_until "wire_is 8080 '$plain' && wire_is 8081 '$plain' && all_have_version $off" 30
  touch stop
  for address in "${ROLLOUT_LOGS[@]}"; do
    wait_until "grep -q '^failed 0, ' '$address'"
  done
  # The server, too: of a client with a cookie it takes nothing.
  for address in "$SERVER_IP4" "$SERVER_IP6"; do
    shim "$PROGRAMS/client" "$address" "$PORT"
    assert_success
    assert_equal "$(last_syn syn.option syn.data synack.ack)" 'cookie 79 1'
  done
  rollout_readme rm
  assert_equal "$(rollout_version etc/tfoshim.conf)" "$begun"
}
