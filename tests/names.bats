#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Rules by name, where names are a name server's: which look-ups the library sees, and what a name is to it. The table of
# tfoshim.conf(5) has a row for each.

# What is waited for is evaluated each time; PORT, CONFIG and PATIENCE are for the programs, of one test.
# shellcheck disable=SC2016,SC2030,SC2031,SC2034

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup_file() {
  cd "$BATS_FILE_TMPDIR" || exit
  cc -o by-c-ares "$BATS_TEST_DIRNAME/names/by-c-ares.c" -lcares
  export HOME=$PWD GOCACHE=$PWD/go-cache GOPATH=$PWD/go GO111MODULE=off GOFLAGS='' GOPROXY=off
  CGO_ENABLED=1 go build -o by-cgo "$BATS_TEST_DIRNAME/names/by-go.go"
  CGO_ENABLED=0 go build -o by-go "$BATS_TEST_DIRNAME/names/by-go.go"
  javac -d . "$BATS_TEST_DIRNAME/names/ByJava.java"
}

setup() {
  load lib/network
  load programs/programs
  tools_required dnsmasq go java javac node curl nginx getent /usr/bin/python3
  network_up --rtt 20
  CONFIG=$NETWORK_DIR/names.conf MOUNTED=()
  export LC_ALL=C.UTF-8
  # A name of each family, which a rule names, and one that none does.
  NAMES=("--host-record=four.example.test,$SERVER_IP4" "--host-record=other4.example.test,$SERVER_IP4"
    "--host-record=six.example.test,$SERVER_IP6" "--host-record=other6.example.test,$SERVER_IP6")
  rules '{ host = [ "four.example.test", "six.example.test" ]; first_write = "any"; }'
}

teardown() {
  network_down
  umount "${MOUNTED[@]}"
}

rules() { # RULES
  printf 'client = { default = "off"; rules = ( %s ); };\n' "$1" >"$CONFIG"
}

# The mount table is the test's own. No name is in a file.
name_server_start() { # [OPTION-OF-DNSMASQ]...
  server_spawn dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --user=root --pid-file= --local=/test/ \
    --listen-address="$SERVER_IP4" --bind-interfaces "$@"
  NAME_SERVER=$SPAWNED
  file_instead /etc/resolv.conf "nameserver $SERVER_IP4" "${RESOLV_CONF:-options timeout:5}"
  file_instead /etc/nsswitch.conf 'passwd: files' 'group: files' "hosts: ${HOSTS:-dns}"
  wait_until 'on_server grep -q ":0035 " /proc/net/udp'
}

end_name_server() {
  kill "$NAME_SERVER"
  process_end "$NAME_SERVER"
}

file_instead() { # FILE LINE...
  local file=$NETWORK_DIR/${1##*/}
  printf '%s\n' "${@:2}" >"$file"
  mount --bind "$file" "$1"
  MOUNTED+=("$1")
}

# Accepts Fast Open whatever its program says.
servers_take_syn_data() {
  on_server sysctl -qw net.ipv4.tcp_fastopen=1027
}

web_start() {
  PORT=8000
  servers_take_syn_data
  mkdir -p "$NETWORK_DIR/root"
  echo 'the page' >"$NETWORK_DIR/root/page"
  server_spawn /usr/bin/python3 -m http.server --bind :: "$PORT" --directory "$NETWORK_DIR/root"
  wait_listening "$PORT"
}

# Of two connections: the first one is a true one.
opened() { # COMMAND...
  local _
  for _ in first second; do
    shim "$@"
    if ((status != 0)); then
      echo "failed: $output"
      return
    fi
  done
  says_opened
}

says_opened() {
  (($(last_syn_data) > 0)) && echo yes || echo no
}

# Is a program's connection that of the name that it has looked up? FUNCTION takes the name, and the family.
row() { # seen|unseen|never FUNCTION [FAMILY]...
  local family name way=$2 expected=no by_address=yes
  [[ $1 != seen ]] || expected=yes
  [[ $1 != never ]] || by_address=no
  for family in "${@:3}"; do
    name=four
    ((family == 4)) || name=six
    assert_equal "$way, IPv$family: $($way "$name.example.test" "$family")" "$way, IPv$family: $expected"
    assert_equal "$way, IPv$family, another: $($way "other$family.example.test" "$family")" \
      "$way, IPv$family, another: no"
    CONFIG=$NETWORK_DIR/address.conf
    assert_equal "$way, IPv$family, by address: $($way "$name.example.test" "$family")" \
      "$way, IPv$family, by address: $by_address"
    CONFIG=$NETWORK_DIR/names.conf
  done
}

all_addresses() {
  CONFIG=$NETWORK_DIR/address.conf rules "{ address = [ \"$SERVER_IP4\", \"$SERVER_IP6\" ]; first_write = \"any\"; }"
}

by_name() { # HOW NAME [FAMILY]
  opened "$PROGRAMS/by-name" "$1" "$2" "$PORT" "${3:-4}"
}

# ---- the C library's look-ups ----

by_getaddrinfo() { by_name getaddrinfo "$@"; }
by_getaddrinfo_a_wait() { by_name getaddrinfo_a-wait "$@"; }
by_getaddrinfo_a_suspend() { by_name getaddrinfo_a-suspend "$@"; }
by_getaddrinfo_a_signal() { by_name getaddrinfo_a-signal "$@"; }
by_gethostbyname() { by_name gethostbyname "$@"; }
by_gethostbyname_r() { by_name gethostbyname_r "$@"; }
by_gethostbyname2() { by_name gethostbyname2 "$@"; }
by_gethostbyname2_r() { by_name gethostbyname2_r "$@"; }

@test "getaddrinfo(), gethostbyname() and their kin are seen" {
  name_server_start "${NAMES[@]}"
  all_addresses
  reference_start answer
  row seen by_getaddrinfo 4 6
  row seen by_gethostbyname 4
  row seen by_gethostbyname_r 4
  row seen by_gethostbyname2 4 6
  row seen by_gethostbyname2_r 4 6
}

@test "getaddrinfo_a() is seen, however its program hears of the answer" {
  name_server_start "${NAMES[@]}"
  all_addresses
  reference_start answer
  row seen by_getaddrinfo_a_wait 4 6
  row seen by_getaddrinfo_a_suspend 4 6
  row seen by_getaddrinfo_a_signal 4 6
}

# What dev has taken out of its packages: installed, it would serve the whole machine.
@test "answers of systemd-resolved, by its module for the C library, are seen" {
  local resolved=$TFOSHIM_BUILD/resolved
  tools_required "$resolved/lib/systemd/systemd-resolved"
  HOSTS='resolve [!UNAVAIL=return] dns' name_server_start "${NAMES[@]}"
  # Nobody else answers.
  file_instead /etc/resolv.conf 'nameserver 127.0.0.1'
  file_instead /etc/passwd 'root:x:0:0::/:/bin/sh' 'systemd-resolve:x:65534:65534::/:/bin/false'
  file_instead /etc/group 'root:x:0:' 'systemd-resolve:x:65534:'
  install -d -o 65534 -g 65534 /run/systemd/resolve
  install -d /run/systemd/resolved.conf.d
  printf '%s\n' '[Resolve]' "DNS=$SERVER_IP4" 'Domains=~.' DNSSEC=no LLMNR=no MulticastDNS=no Cache=no \
    DNSStubListener=no >/run/systemd/resolved.conf.d/test.conf
  client_spawn "$resolved/lib/systemd/systemd-resolved"
  wait_until '[[ -S /run/systemd/resolve/io.systemd.Resolve ]]'
  # shellcheck disable=SC2317
  by_nss_resolve() {
    opened env "LD_LIBRARY_PATH=$(dirname "$resolved"/usr/lib/*/libnss_resolve.so.2)" \
      "$PROGRAMS/by-name" getaddrinfo "$1" "$PORT" "$2"
  }
  all_addresses
  reference_start answer
  row seen by_nss_resolve 4 6
}

# ---- programs ----

by_curl() { opened curl -sS --noproxy '*' "http://$1:$PORT/page"; }
by_python() {
  opened /usr/bin/python3 -c 'import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=10).read())' "http://$1:$PORT/page"
}
by_node() { opened node -e 'require("http").get(process.argv[1], (answer) => answer.resume())' "http://$1:$PORT/page"; }
by_java() { opened java -cp "$BATS_FILE_TMPDIR" ByJava "$1" "$PORT"; }

@test "programs that ask the C library are seen: curl, Python, node, Java" {
  name_server_start "${NAMES[@]}"
  all_addresses
  web_start
  row seen by_curl 4 6
  row seen by_python 4 6
  row seen by_node 4 6
  PORT=8080 PATIENCE=60
  reference_start answer
  row seen by_java 4 6
}

by_c_ares() { opened "$BATS_FILE_TMPDIR/by-c-ares" "$1" "$PORT" "$2"; }
by_node_itself() {
  opened node -e '
const dns = require("dns"), family = +process.argv[2];
const lookup = (name, options, done) => dns[family == 4 ? "resolve4" : "resolve6"](name, (error, found) =>
  options.all ? done(error, found.map((address) => ({ address, family }))) : done(error, found[0], family));
require("http").get(process.argv[1], { lookup }, (answer) => answer.resume())' "http://$1:$PORT/page" "$2"
}
# The answer is another program's.
by_getent() {
  opened sh -c 'address=$(getent ahosts "$1" | sed -n "s/ .*//p;q")
case $address in *:*) address="[$address]" ;; esac
exec curl -sS --noproxy "*" "http://$address:$2/page"' sh "$1" "$PORT"
}

by_res_query() {
  opened /usr/bin/python3 -c 'import ctypes, socket, sys
name, port, family = sys.argv[1:]
answer = ctypes.create_string_buffer(512)
kind, size, domain = (1, 4, socket.AF_INET) if family == "4" else (28, 16, socket.AF_INET6)
length = ctypes.CDLL(None).res_query(name.encode(), 1, kind, answer, len(answer))
connection = socket.socket(domain)
connection.connect((socket.inet_ntop(domain, answer.raw[length - size:length]), int(port)))
connection.sendall(b"hello")
connection.shutdown(socket.SHUT_WR)
connection.recv(100)' "$1" "$PORT" "$2"
}
by_its_address() {
  local address=$SERVER_IP4
  (($2 == 4)) || address=$SERVER_IP6
  opened /usr/bin/python3 -c 'import socket, sys
name, port, address = sys.argv[1:]
assert name in socket.gethostbyaddr(address)[0:1], socket.gethostbyaddr(address)
assert name == socket.getnameinfo((address, 0), socket.NI_NAMEREQD)[0]
connection = socket.create_connection((address, int(port)), 10)
connection.sendall(b"hello")
connection.shutdown(socket.SHUT_WR)
connection.recv(100)' "$1" "$PORT" "$address"
}

@test "answers to res_query(), and the name of an address, are not" {
  local family name
  all_addresses
  reference_start answer
  name_server_start "${NAMES[@]}"
  row unseen by_res_query 4 6
  end_name_server
  name_server_start "${NAMES[0]}" "${NAMES[2]}"
  for family in 4 6; do
    [[ $family == 4 ]] && name=four || name=six
    assert_equal "IPv$family $(by_its_address "$name.example.test" "$family")" "IPv$family no"
    CONFIG=$NETWORK_DIR/address.conf
    assert_equal "IPv$family $(by_its_address "$name.example.test" "$family")" "IPv$family yes"
    CONFIG=$NETWORK_DIR/names.conf
  done
}

@test "programs that ask a name server themselves are not: c-ares, node's dns.resolve, another program's answer" {
  name_server_start "${NAMES[@]}"
  all_addresses
  web_start
  row unseen by_node_itself 4 6
  row unseen by_getent 4 6
  PORT=8080
  reference_start answer
  row unseen by_c_ares 4 6
}

by_nginx() { # NAME FAMILY
  local before
  printf '%s\n' "pid $NETWORK_DIR/nginx.pid; error_log $NETWORK_DIR/nginx.log; daemon off; worker_processes 1;" \
    'events { worker_connections 64; }' \
    "http { access_log off; client_body_temp_path $NETWORK_DIR; proxy_temp_path $NETWORK_DIR;" \
    "fastcgi_temp_path $NETWORK_DIR; uwsgi_temp_path $NETWORK_DIR; scgi_temp_path $NETWORK_DIR;" \
    "resolver $SERVER_IP4;" \
    "server { listen 8081; location / { ${UPSTREAM//NAME/$1} } } }" >"$NETWORK_DIR/nginx.conf"
  client_spawn "TFOSHIM_CONFIG=$CONFIG" "XDG_RUNTIME_DIR=$NETWORK_DIR" "LD_PRELOAD=$SHIM" nginx -c "$NETWORK_DIR/nginx.conf"
  wait_listening client 8081
  plain curl -sSf --noproxy '*' http://127.0.0.1:8081/page
  plain curl -sSf --noproxy '*' http://127.0.0.1:8081/page
  ((status == 0)) && says_opened || echo "failed: $output"
  kill "$SPAWNED"
  process_end "$SPAWNED"
}
by_nginx_configured() { UPSTREAM="proxy_pass http://NAME:$PORT;" by_nginx "$@"; }
by_nginx_resolver() { UPSTREAM="set \$host_there NAME; proxy_pass http://\$host_there:$PORT;" by_nginx "$@"; }

@test "nginx: a server that its configuration names is seen, one that its resolver finds is not" {
  name_server_start "${NAMES[@]}"
  all_addresses
  web_start
  row seen by_nginx_configured 4 6
  row unseen by_nginx_resolver 4 6
}

by_cgo() { opened env GODEBUG=netdns=cgo "$BATS_FILE_TMPDIR/by-cgo" "$1" "$PORT"; }
by_go_in_cgo() { opened env GODEBUG=netdns=go "$BATS_FILE_TMPDIR/by-cgo" "$1" "$PORT"; }
by_go() { opened "$BATS_FILE_TMPDIR/by-go" "$1" "$PORT"; }

@test "Go makes its system calls itself, whoever looks up" {
  name_server_start "${NAMES[@]}"
  all_addresses
  reference_start answer
  row never by_cgo 4 6
  row never by_go_in_cgo 4 6
  row never by_go 4 6
}

# ---- what a name is ----

@test "an alias is the name that the program asked for, and not what it stands for" {
  local how
  name_server_start "--host-record=canonical.example.test,$SERVER_IP4,$SERVER_IP6" \
    --cname=alias.example.test,canonical.example.test
  reference_start answer
  for how in 'getaddrinfo 4' 'getaddrinfo 6' 'gethostbyname 4' 'gethostbyname2 6'; do
    rules '{ host = "alias.example.test"; first_write = "any"; }'
    assert_equal "$how alias $(by_name "${how% *}" alias.example.test "${how#* }")" "$how alias yes"
    assert_equal "$how canonical $(by_name "${how% *}" canonical.example.test "${how#* }")" "$how canonical no"
    rules '{ host = "canonical.example.test"; first_write = "any"; }'
    assert_equal "$how alias $(by_name "${how% *}" alias.example.test "${how#* }")" "$how alias no"
    assert_equal "$how canonical $(by_name "${how% *}" canonical.example.test "${how#* }")" "$how canonical yes"
  done
}

@test "capitals and the last dot are nothing, as to name servers" {
  local name family
  name_server_start "${NAMES[@]}"
  reference_start answer
  for family in 4 6; do
    for name in FOUR.Example.TEST four.example.test. SIX.example.Test six.EXAMPLE.test.; do
      [[ ${name,,} == four* ]] && ((family == 6)) && continue
      [[ ${name,,} == six* ]] && ((family == 4)) && continue
      assert_equal "$name $(by_name getaddrinfo "$name" "$family")" "$name yes"
    done
  done
}

@test "a name that the search list completes is what the program asked for" {
  local family name
  RESOLV_CONF='search example.test' name_server_start "${NAMES[@]}"
  reference_start answer
  for family in 4 6; do
    name=four
    ((family == 4)) || name=six
    assert_equal "$name $(by_name getaddrinfo "$name" "$family")" "$name no"
    rules "{ host = \"$name\"; first_write = \"any\"; }"
    assert_equal "$name $(by_name getaddrinfo "$name" "$family")" "$name yes"
    rules '{ host = [ "four.example.test", "six.example.test" ]; first_write = "any"; }'
  done
}

# The resolver makes the letters small, which takes tables that the library has not.
@test "a name with other letters is the same in either form" {
  local family name rule
  name_server_start "--host-record=xn--bcher-kva.example.test,$SERVER_IP4,$SERVER_IP6"
  reference_start answer
  for rule in bücher.example.test xn--bcher-kva.example.test '*.example.test'; do
    rules "{ host = \"$rule\"; first_write = \"any\"; }"
    for family in 4 6; do
      assert_equal "$rule $(by_name getaddrinfo-idn bücher.example.test "$family")" "$rule yes"
      assert_equal "$rule $(by_name getaddrinfo xn--bcher-kva.example.test "$family")" "$rule yes"
    done
  done
  rules '{ host = "bücher.example.test"; first_write = "any"; }'
  for name in bücher.example.test xn--bcher-kva.example.test; do
    run -0 on_client "XDG_RUNTIME_DIR=$NETWORK_DIR" "$TFOSHIM_BUILD/tfoshim" explain -c "$CONFIG" "$name:$PORT"
    assert_output --partial 'names.conf:1'
  done
  assert_equal "$(by_name getaddrinfo-idn BÜCHER.example.test)" no
}

# ---- how long ----

# How long an answer is good, no call of the C library's tells.
@test "an address stays the name's in the process that has looked it up, and a new answer counts at once" {
  local ADDRESS NEW family moves='
import socket, subprocess, sys
old, new, host, port, change = sys.argv[1:]
def use(to):
    with socket.create_connection((to, int(port)), 10) as connection:
        connection.sendall(b"hello")
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(100):
            pass
def found():
    return {entry[4][0] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
use(host), use(host)
assert found() == {old}, found()
subprocess.run(["sh", "-c", change], check=True)
while found() != {new}:
    pass
use(host), use(host), use(old)'
  name_server_start --addn-hosts="$NETWORK_DIR/hosts"
  reference_start answer
  on_server ip addr add 10.9.0.3/24 dev link0
  on_server ip addr add fd09::3/64 dev link0 nodad
  for family in 4 6; do
    ADDRESS=$SERVER_IP4 NEW=10.9.0.3
    ((family == 4)) || ADDRESS=$SERVER_IP6 NEW=fd09::3
    rules '{ host = "four.example.test"; first_write = "any"; }'
    echo "$ADDRESS four.example.test" >"$NETWORK_DIR/hosts"
    kill -HUP "$NAME_SERVER"
    wait_until "on_client getent ahosts four.example.test | grep -q '^$ADDRESS '"
    shim /usr/bin/python3 -c "$moves" "$ADDRESS" "$NEW" four.example.test "$PORT" \
      "echo $NEW four.example.test >'$NETWORK_DIR/hosts'; kill -HUP $NAME_SERVER"
    assert_success
    assert_equal "$(last_syns_data 5)" '0 5 0 5 5'
    # Another process has not looked it up.
    shim "$PROGRAMS/client" "$ADDRESS" "$PORT"
    assert_equal "$(last_syn_data)" 0
  done
}
