#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Programs as people have them, and policies as people write them.

# CONFIG is each test's own.
# shellcheck disable=SC2030,SC2031

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required curl wget perl /usr/bin/python3
  network_up
}

teardown() {
  network_down
}

# A web server with Fast Open of its own: Python's, told to by itself and not by the shim.
web_start() {
  PORT=8082
  server_spawn /usr/bin/python3 -c '
import http.server, socket
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
    def server_activate(self):
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, 16)
        super().server_activate()
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self):
        length = int(self.headers.get("Content-Length", 0))
        body = b"%s %s, %d bytes\n" % (
            self.command.encode(), self.path.encode(), len(self.rfile.read(length)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST = answer
Server(("::", 8082), Handler).serve_forever()
'
  wait_listening 8082
}

# Twice, for the first connection brings the cookie; the output is the plain run's each time.
twice_as_plain() { # COMMAND
  local plain_output
  plain "$@"
  plain_output=$output
  assert_success
  for _ in first second; do
    shim "$@"
    assert_success
    assert_equal "$output" "$plain_output"
  done
}

@test "curl, with no configuration: the second request is in the SYN" {
  local address
  local CONFIG=
  web_start
  for address in "$SERVER_IP4" "[$SERVER_IP6]"; do
    twice_as_plain curl -sS "http://$address:8082/page"
    assert_output 'GET /page, 0 bytes'
    (($(last_syn_data) > 70))
    assert_equal "$(last_syn synack.ack)" "$(($(last_syn_data) + 1))"
  done
}

@test "curl's own files are searched for as documented" {
  local home=$BATS_TEST_TMPDIR/home
  mkdir -p "$home/tfoshim"
  echo 'client = { default = "off"; };' >"$home/tfoshim.conf"
  web_start
  for _ in first second; do
    run on_client timeout "$PATIENCE" env -u TFOSHIM_CONFIG XDG_CONFIG_HOME="$home" \
      XDG_RUNTIME_DIR="$NETWORK_DIR" LD_PRELOAD="$SHIM" curl -sS "http://$SERVER_IP4:8082/page"
    assert_success
  done
  assert_equal "$(last_syn syn.option syn.data)" 'none 0'
}

@test "curl to a destination that is off: exactly the plain packets" {
  local CONFIG=$CONF/off.conf
  web_start
  twice_as_plain curl -sS "http://$SERVER_IP4:8082/page"
  assert_equal "$(client_syns | grep -c 'syn.data=0 syn.option=none')" 3
}

@test "curl that uses Fast Open itself is left alone" {
  web_start
  twice_as_plain curl -sS --tcp-fastopen "http://$SERVER_IP4:8082/page"
  (($(last_syn_data) > 70))
}

@test "wget, perl and Python keep their output and gain a round trip" {
  local url=http://$SERVER_IP4:8082/page
  local CONFIG=
  web_start
  twice_as_plain wget -q -O - "$url"
  (($(last_syn_data) > 70))
  twice_as_plain /usr/bin/python3 -c \
    'import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1]).read())' "$url"
  (($(last_syn_data) > 70))
  # shellcheck disable=SC2016
  twice_as_plain perl -MIO::Socket::INET -e '
    $s = IO::Socket::INET->new("$ARGV[0]") or die "connect: $!"; $s->autoflush(1);
    print $s "GET /page HTTP/1.0\r\n\r\n"; @lines = <$s>; print $lines[-1]' "$SERVER_IP4:8082"
}

@test "Python's asyncio" {
  local CONFIG=
  web_start
  twice_as_plain /usr/bin/python3 -c '
import asyncio, sys
async def main():
    reader, writer = await asyncio.open_connection(sys.argv[1], 8082)
    writer.write(b"GET /page HTTP/1.0\r\n\r\n")
    print((await reader.read()).split(b"\r\n\r\n")[1])
asyncio.run(main())' "$SERVER_IP4"
  (($(last_syn_data) > 20))
}

@test "replay-safe: a GET is in the SYN, a POST is not" {
  local CONFIG=$CONF/rules.conf
  web_start
  twice_as_plain curl -sS "http://$SERVER_IP4:8082/page"
  (($(last_syn_data) > 70))
  twice_as_plain curl -sS -d 'an order' "http://$SERVER_IP4:8082/page"
  assert_output 'POST /page, 8 bytes'
  assert_equal "$(last_syn_data)" 0
}

@test "with no configuration a POST is not in the SYN" {
  local CONFIG=
  web_start
  twice_as_plain curl -sS -d 'an order' "http://$SERVER_IP4:8082/page"
  assert_equal "$(last_syn_data)" 0
}

# The namespace has a mount table of its own: nobody else sees these names.
hosts_set() {
  printf '%s\n' '127.0.0.1 localhost' "$SERVER_IP4 www.example.test other.test" \
    "$SERVER_IP4 off.example.test" >"$BATS_TEST_TMPDIR/hosts"
  mount --bind "$BATS_TEST_TMPDIR/hosts" /etc/hosts
}

look_up() { # HOW NAME PORT EXPECTED-SYN-DATA
  PORT=$3
  for _ in first second; do
    shim "$PROGRAMS/by-name" "$1" "$2" "$3"
    assert_success
    assert_line --regexp '^read: 12 .* EOF$'
  done
  assert_equal "$1 $2 $3: $(last_syn_data)" "$1 $2 $3: $4"
}

@test "hosts by name, as the program's own look-ups found them" {
  local how PORT
  local CONFIG=$CONF/rules.conf
  hosts_set
  for PORT in 8080 8081 8086; do
    reference_start answer
  done
  for how in getaddrinfo gethostbyname gethostbyname2 gethostbyname_r; do
    look_up "$how" www.example.test 8080 5
    look_up "$how" www.example.test 8081 5
    look_up "$how" www.example.test 8086 0
    look_up "$how" other.test 8080 0
    look_up "$how" off.example.test 8080 0
  done
  umount /etc/hosts
}

@test "rules by program and by port" {
  local expected PORT
  # shellcheck disable=SC2034
  local CONFIG=$CONF/rules.conf
  cp "$PROGRAMS/client" "$BATS_TEST_TMPDIR/another"
  for expected in 8083:79:0 8084:79:0 8085:0:0 8086:0:0; do
    IFS=: read -r PORT as_client as_another <<<"$expected"
    reference_start sink
    for _ in first second; do
      shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
      assert_success
    done
    assert_equal "$PORT $(last_syn_data)" "$PORT $as_client"
    shim "$BATS_TEST_TMPDIR/another" "$SERVER_IP4" "$PORT"
    assert_success
    assert_equal "$PORT $(last_syn_data)" "$PORT $as_another"
  done
}

@test "a server and its clients in one Python process" {
  local plain_output
  cat >"$BATS_TEST_TMPDIR/both.py" <<'END'
import http.server, threading, urllib.request
server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
server.RequestHandlerClass.log_message = lambda *arguments: None
threading.Thread(target=server.serve_forever, daemon=True).start()
for _ in range(5):
    url = "http://127.0.0.1:%d/no-such-page" % server.server_port
    try:
        urllib.request.urlopen(url, timeout=10)
    except urllib.error.HTTPError as error:
        print(error.code)
server.shutdown()
END
  plain /usr/bin/python3 "$BATS_TEST_TMPDIR/both.py"
  plain_output=$output
  CONFIG=$CONF/local.conf shim /usr/bin/python3 "$BATS_TEST_TMPDIR/both.py"
  assert_success
  assert_equal "$output" "$plain_output"
}
