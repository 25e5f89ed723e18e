# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What stands in single quotes is for another shell, or another language.
# shellcheck disable=SC2016
#
# Servers under the shim, Fast Open not configured in themselves; asked by a client that has it.

native=(/usr/bin/python3 "$TFOSHIM_ROOT/tests/real/lib/native-client.py" "$SERVER_IP4")
curl=(curl -sS --tcp-fastopen)

haproxy_start() {
  cat >"$NETWORK_DIR/haproxy.conf" <<'END'
defaults
  mode http
  timeout client 10s
  timeout connect 10s
  timeout server 10s
frontend page
  bind :8082
  http-request return status 200 content-type text/plain string hello
END
  serve 8082 haproxy -db -q -f "$NETWORK_DIR/haproxy.conf"
}

memcached_start() {
  serve 11211 memcached -p 11211 -U 0 -l 0.0.0.0
}

python_start() {
  serve 8083 /usr/bin/python3 -m http.server --directory "$WWW" 8083
}

node_start() {
  serve 8084 node -e '
    require("http").createServer((request, answer) => answer.end("hello\n")).listen(8084)'
}

socat_start() {
  serve 8085 socat TCP-LISTEN:8085,fork,reuseaddr 'SYSTEM:read line; echo got $line'
}

listener_case() { # TITLE PACKAGE START COMMAND...
  service_case "$1" "$2" server all '' "${@:3}"
}

listener_case nginx nginx nginx_start "${curl[@]}" "http://$SERVER_IP4:8080/page"
listener_case 'nginx, TLS' nginx nginx_start \
  "${curl[@]}" --cacert "$NETWORK_DIR/cert.pem" "https://$SERVER_IP4:8443/page"
listener_case apache apache2-bin apache_start "${curl[@]}" "http://$SERVER_IP4:8081/page"
listener_case haproxy haproxy haproxy_start "${curl[@]}" "http://$SERVER_IP4:8082/"
listener_case 'python, http.server' python3 python_start "${curl[@]}" "http://$SERVER_IP4:8083/page"
listener_case 'node, http' nodejs node_start "${curl[@]}" "http://$SERVER_IP4:8084/"
listener_case redis redis-server redis_start "${native[@]}" 6379 'PING\r\nQUIT\r\n'
listener_case memcached memcached memcached_start "${native[@]}" 11211 'version\r\nquit\r\n'
listener_case socat socat socat_start "${native[@]}" 8085 'a line\n'
