#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The examples for fleets do what their READMEs say, on IPv4 and on IPv6.

# run --separate-stderr assigns stderr.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load lib/fleet
  load programs/programs
  tools_required curl nginx nft /usr/bin/python3
  EXAMPLES=$TFOSHIM_ROOT/examples
  export LC_ALL=C PATH=$TFOSHIM_BUILD:$PATH HOME=$BATS_TEST_TMPDIR
  unset TFOSHIM_CONFIG XDG_CONFIG_HOME LD_PRELOAD
}

teardown() {
  fleet_down
  network_down
}

# The line of an example's README that begins so, without what only the reader needs.
readme_command() { # EXAMPLE BEGINNING
  sed -n "s/^    \($2.*\)/\1/p" "$EXAMPLES/$1/README.md"
}

# Python's web server on all addresses of both families.
legacy_start() { # PORT
  server_spawn TFOSHIM_CONFIG="$EXAMPLES/legacy-server/tfoshim.conf" LD_PRELOAD="$SHIM" \
    /usr/bin/python3 -m http.server --bind :: --directory "$EXAMPLES" "$1"
  wait_listening "$1"
}

@test "the manual has each of them, and each is there" {
  local name names
  mapfile -t names < <(sed -n '/^# FLEETS/,/^# SEE ALSO/s/^\*\([a-z]*\)\*$/\1/p' "$TFOSHIM_ROOT/man/tfoshim.1.scd")
  for name in "${names[@]}"; do
    [[ -f $EXAMPLES/$name/README.md ]] || fail "there is no example $name"
  done
  ((${#names[@]} == 7))
}

# ---- nginx ----

# nginx at the near end of the link; the visitors and the legacy server are at the far one.
nginx_start() { # LEGACY-ADDRESS [NAME=VALUE]...
  printf '127.0.0.1 localhost\n%s legacy.example.net\n' "$1" >"$BATS_TEST_TMPDIR/hosts"
  # What nginx writes besides is not the example's.
  cat >"$NETWORK_DIR/nginx.conf" <<END
daemon off;
pid $NETWORK_DIR/nginx.pid;
error_log stderr;
events { }
http {
  access_log off;
  client_body_temp_path $NETWORK_DIR/body;
  proxy_temp_path $NETWORK_DIR/proxy;
  fastcgi_temp_path $NETWORK_DIR/fastcgi;
  uwsgi_temp_path $NETWORK_DIR/uwsgi;
  scgi_temp_path $NETWORK_DIR/scgi;
  include $EXAMPLES/nginx/legacy.conf;
}
END
  client_spawn "${@:2}" nginx -c "$NETWORK_DIR/nginx.conf"
  NGINX=$SPAWNED
  wait_listening client 80
}

nginx_end() {
  kill "$NGINX"
  process_end "$NGINX"
}

# What the SYNs of a visit bring, to nginx and to the legacy server: the option, and the data, and whether
# the data was acknowledged with the SYN.
visit() { # ADDRESS [CURL-OPTION]...
  local address=$1
  : >"$NETWORK_DIR/answer"
  [[ $address != *:* ]] || address="[$address]"
  run -0 on_server TFOSHIM_CONFIG= XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" \
    curl -sS --noproxy '*' --output "$NETWORK_DIR/answer" "${@:2}" "http://$address/legacy-server/tfoshim.conf"
  connections | tail -n 2 | /usr/bin/python3 -c '
import sys
for line in sys.stdin:
    value = dict(word.split("=") for word in line.split())
    data, taken = int(value["syn.data"]), int(value["synack.ack"]) - 1
    print(value["port"], value["syn.option"], "data" if data else "empty", "taken" if taken == data else "ignored")'
}

both_legs() { # OPTION DATA
  printf '%s\n' "80 $1 $2 taken" "8000 $1 $2 taken"
}

@test "nginx: requests travel in SYNs to nginx, and from nginx to the legacy server" {
  local address legacy
  network_up --rtt 20
  legacy_start 8000
  printf '127.0.0.1 localhost\n' >"$BATS_TEST_TMPDIR/hosts"
  mount --bind "$BATS_TEST_TMPDIR/hosts" /etc/hosts
  for address in "$CLIENT_IP4 $SERVER_IP4" "$CLIENT_IP6 $SERVER_IP6"; do
    read -r address legacy <<<"$address"
    nginx_start "$legacy"
    for _ in first second; do
      assert_equal "$(visit "$address")" $'80 request empty taken\n8000 none empty taken'
    done
    nginx_end
    nginx_start "$legacy" TFOSHIM_CONFIG="$EXAMPLES/nginx/tfoshim.conf" LD_PRELOAD="$SHIM"
    assert_equal "$(visit "$address")" "$(both_legs request empty)"
    assert_equal "$(visit "$address")" "$(both_legs cookie data)"
    assert_equal "$(<"$NETWORK_DIR/answer")" "$(<"$EXAMPLES/legacy-server/tfoshim.conf")"
    assert_equal "$(visit "$address" --data order)" "$(both_legs cookie empty)"
    grep -q 501 "$NETWORK_DIR/answer"
    nginx_end
  done
  umount /etc/hosts
}

# ---- balancer ----

# What the README says is done on the servers, by both of them.
both_do() { # BEGINNING
  local command
  command=$(readme_command balancer "$1")
  [[ -n $command ]]
  on_first sh -ec "${command//\/etc\/tfoshim.secret/$BATS_TEST_TMPDIR\/secret}"
  on_second sh -ec "${command//\/etc\/tfoshim.secret/$BATS_TEST_TMPDIR\/secret}"
}

# Of both servers: connections that had data in their SYN, and SYNs whose data was not taken.
figures() {
  local counter
  for counter in TCPFastOpenPassive TCPFastOpenPassiveFail; do
    printf '%s %s ' "$(netstat_value first "$counter")" "$(netstat_value second "$counter")"
  done
}

@test "balancer: with one secret each server takes the cookies of the other" {
  local PORT=8000 host
  cd "$EXAMPLES/balancer"
  network_up --rtt 20
  fleet_up
  fleet_spawn sh -c "PATH=$TFOSHIM_BUILD:/usr/bin && exec $(readme_command balancer 'tfoshim run')"
  assert_equal "$(fleet_visits "$FLEET_IP4" 5)" 'request cookie- cookie- cookie- cookie- '
  assert_equal "$(figures)" '0 0 2 2 '
  (umask 077 && head -c 32 /dev/urandom >"$BATS_TEST_TMPDIR/secret")
  both_do 'tfoshim key'
  for host in "$FLEET_IP4" "[$FLEET_IP6]"; do
    cookies_flush
    assert_equal "$(fleet_visits "$host" 5)" 'request cookie+ cookie+ cookie+ cookie+ '
  done
  assert_equal "$(figures)" '4 4 2 2 '
}

# ---- prometheus ----

@test "prometheus: the alerts are raised when they should be, and only then" {
  cd "$EXAMPLES/prometheus"
  run -0 promtool check rules tfoshim.rules.yml
  run -0 promtool test rules tfoshim.test.yml
}

# The alerts of a file: its own, or what the test or the README makes of it.
alerts() { # FILE
  grep -o 'FastOpen[A-Z][A-Za-z]*' "$EXAMPLES/prometheus/$1" | sort -u
}

@test "prometheus: every alert is tested and described" {
  assert_equal "$(alerts tfoshim.test.yml)" "$(alerts tfoshim.rules.yml)"
  assert_equal "$(alerts README.md)" "$(alerts tfoshim.rules.yml)"
}

# What a client and a listener have noted in one memory, as the timer's service would write it.
figures_make() {
  local directory=/var/lib/prometheus/node-exporter command host
  network_up --rtt 2
  server_spawn TFOSHIM_CONFIG= XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" \
    /usr/bin/python3 -m http.server --bind :: --directory "$EXAMPLES" 80
  wait_listening 80
  for host in "$SERVER_IP4" "$SERVER_IP4" "[$SERVER_IP6]" "[$SERVER_IP6]"; do
    shim TFOSHIM_CONFIG= curl -sS --noproxy '*' "http://$host/"
    assert_success
  done
  FIGURES=$NETWORK_DIR/tfoshim.prom
  command=$(sed -n 's/^ExecStart=//p' "$EXAMPLES/prometheus/tfoshim-stat.service")
  [[ $command == "/usr/bin/tfoshim stat "*" $directory/tfoshim.prom" ]]
  command=${command/$directory/$NETWORK_DIR}
  run -0 on_client XDG_RUNTIME_DIR="$NETWORK_DIR" sh -c "${command#/usr/bin/} --all"
}

# The words of a kind in the rules and in their test, once each.
rule_words() { # PATTERN
  grep -ohE "$1" "$EXAMPLES"/prometheus/*.yml | sort -u
}

@test "prometheus: the rules ask for what \"tfoshim stat\" tells" {
  local word
  figures_make
  for word in $(rule_words '\btfoshim_[a-z_]+\b'); do
    grep -q "^# TYPE $word " "$FIGURES" || fail "there is no metric $word"
  done
  for word in $(rule_words 'outcome="[a-z_]+"'); do
    grep -qF "$word" "$FIGURES" || fail "there is no $word"
  done
  for word in $(rule_words 'by \([a-z, ]+\)' | tr -d ',()' | tr ' ' '\n' | grep -vx -e by -e instance); do
    grep -q "[{,]$word=" "$FIGURES" || fail "there is no label $word"
  done
  # The figures are about the connections that were opened fast.
  for word in "$SERVER_IP4" "$SERVER_IP6"; do
    grep -q "^tfoshim_fast_opens_total{address=\"$word\",port=\"80\",.*outcome=\"accepted\"} 1$" "$FIGURES"
  done
}

@test "prometheus: the dashboard shows all that \"tfoshim stat\" tells, and asks for nothing else" {
  figures_make
  /usr/bin/python3 "$BATS_TEST_DIRNAME/lib/dashboard.py" "$EXAMPLES/prometheus/tfoshim.dashboard.json" "$FIGURES" \
    >"$BATS_TEST_TMPDIR/dashboard.test.json"
  run -0 promtool test rules "$BATS_TEST_TMPDIR/dashboard.test.json"
}

@test "prometheus: the timer's units are understood" {
  local units=$BATS_TEST_TMPDIR/root/etc/systemd/system
  mkdir -p "$units"
  cp "$EXAMPLES"/prometheus/tfoshim-stat.timer "$units"
  sed "s|=/usr/bin/tfoshim|=$TFOSHIM_BUILD/tfoshim|" "$EXAMPLES/prometheus/tfoshim-stat.service" \
    >"$units/tfoshim-stat.service"
  run -0 systemd-analyze verify --man=no "$units"/tfoshim-stat.{service,timer}
  assert_output ''
}

# ---- services ----

# A system with the units of three services, and what the README has done to it.
services_install() {
  local unit units=root/etc/systemd/system command
  cd "$BATS_TEST_TMPDIR" || return
  mkdir -p "$units"
  for unit in legacy other systemd-sample allocating; do
    printf '%s\n' '[Service]' 'ExecStart=/usr/bin/sleep 1000' >"$units/$unit.service"
  done
  echo 'Environment=LD_PRELOAD=libjemalloc.so.2' >>"$units/allocating.service"
  printf '%s\n' '[Unit]' 'Wants=legacy.service other.service systemd-sample.service allocating.service' \
    >"$units/multi-user.target"
  while read -r command; do
    (cd "$EXAMPLES/services" && sh -ec "${command// \/etc\// $BATS_TEST_TMPDIR/root/etc/}")
  done < <(readme_command services '\(install\|ln\) ')
}

# What systemd is going to give the services, as it says itself without starting any. It does not say so to root.
services_environment() { # UNIT
  [[ -s $BATS_TEST_TMPDIR/units ]] ||
    HOME=$BATS_TEST_TMPDIR XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR SYSTEMD_LOG_TARGET=console \
      SYSTEMD_UNIT_PATH=$BATS_TEST_TMPDIR/root/etc/systemd/system: \
      unshare --user --map-user=1000 --map-group=1000 \
      /lib/systemd/systemd --test --user --unit=multi-user.target --no-pager \
      >"$BATS_TEST_TMPDIR/units" 2>"$BATS_TEST_TMPDIR/systemd.log" || fail "$(<"$BATS_TEST_TMPDIR/systemd.log")"
  sed -n "/-> Unit $1.service:/,/-> Unit /s/^\t*Environment: //p" "$BATS_TEST_TMPDIR/units"
}

@test "services: every service has the library, but for those that are excepted" {
  local library
  services_install
  run -0 systemd-analyze verify --man=no root/etc/systemd/system/*.service
  assert_output ''
  # Where the library has to be is known to the command alone.
  run -1 tfoshim enable --root root allocating
  library=${output#*there is no "$PWD/root"}
  library=${library%%: *}
  mkdir -p "root${library%/*}"
  cp "$TFOSHIM_BUILD/libtfoshim.so" "root$library"
  run -0 tfoshim enable --root root allocating
  # shellcheck disable=SC2016
  assert_equal "$(services_environment legacy)" \
    $'LD_PRELOAD=/usr/$LIB/libtfoshim.so\nTFOSHIM_CONFIG=/etc/tfoshim.conf'
  assert_equal "$(services_environment other)" "$(services_environment legacy)"
  assert_equal "$(services_environment systemd-sample)" ''
  assert_equal "$(services_environment allocating)" "LD_PRELOAD=libjemalloc.so.2:$library"
}

# A service's web server, in the environment that systemd is going to give it.
service_start() { # UNIT PORT
  local environment
  mapfile -t environment < <(services_environment "$1")
  # Where the library and the configuration are on this machine.
  # shellcheck disable=SC2016
  environment=("${environment[@]//\/usr\/\$LIB\/libtfoshim.so/$SHIM}")
  environment=("${environment[@]//\/etc\//$BATS_TEST_TMPDIR/root/etc/}")
  server_spawn -i PATH="$PATH" XDG_RUNTIME_DIR="$BATS_TEST_TMPDIR" "${environment[@]}" \
    /usr/bin/python3 -m http.server --bind :: --directory "$EXAMPLES" "$2"
  wait_listening "$2"
}

@test "services: the configuration alone says which listeners take data from SYNs" {
  local host PORT expected=0
  services_install
  network_up --rtt 20
  service_start legacy 8000
  service_start other 8001
  service_start systemd-sample 8002
  for PORT in 8001 8002 8000; do
    for host in "$SERVER_IP4" "[$SERVER_IP6]"; do
      cookies_flush
      for _ in first second; do
        shim TFOSHIM_CONFIG= curl -sS --noproxy '*' "http://$host:$PORT/services/tfoshim.conf"
        assert_output "$(<"$EXAMPLES/services/tfoshim.conf")"
      done
      [[ $PORT != 8000 ]] || expected=$((expected + 1))
      assert_equal "$host:$PORT $(netstat_value server TCPFastOpenPassive)" "$host:$PORT $expected"
    done
  done
}
