# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Servers as clients of others: the proxy is under the shim, beside the one who asks it; the server that
# it asks is across the link.

servers_accept
nginx_start || return

page=http://127.0.0.1:8180/page
ask=(curl -sS)

# nginx registers the socket, edge-triggered, before it connects.
nginx_proxy_start() {
  nginx_configure "$NETWORK_DIR/nginx-proxy.conf" <<END
  server {
    listen 127.0.0.1:8180;
    location / { proxy_pass $upstream; proxy_ssl_session_reuse off; }
  }
END
  serve_beside 8180 nginx -c "$NETWORK_DIR/nginx-proxy.conf"
}

haproxy_proxy_start() {
  cat >"$NETWORK_DIR/haproxy-proxy.conf" <<END
defaults
  mode $mode
  timeout client 10s
  timeout connect 10s
  timeout server 10s
frontend here
  bind 127.0.0.1:8180
  default_backend there
backend there
  server one $SERVER_IP4:8080
END
  serve_beside 8180 haproxy -db -q -f "$NETWORK_DIR/haproxy-proxy.conf"
}

socat_proxy_start() {
  serve_beside 8180 socat TCP-LISTEN:8180,fork,reuseaddr "TCP:$SERVER_IP4:8080"
}

upstream=http://$SERVER_IP4:8080
service_case 'nginx, reverse proxy' nginx client all 'epoll, edge-triggered' \
  nginx_proxy_start "${ask[@]}" "$page"
upstream=https://$SERVER_IP4:8443
service_case 'nginx, reverse proxy to TLS' nginx client all 'epoll, edge-triggered' \
  nginx_proxy_start "${ask[@]}" "$page"
mode=http
service_case 'haproxy, HTTP backend' haproxy client all '' haproxy_proxy_start "${ask[@]}" "$page"
mode=tcp
# These connect before the asker's bytes have come, and wait for them: a connection that its program
# waits with is opened without data.
race='data in the SYN if the asker is quick'
service_case 'haproxy, TCP backend' haproxy client any "$race" haproxy_proxy_start "${ask[@]}" "$page"
service_case 'socat, forwarding a port' socat client any "$race" socat_proxy_start "${ask[@]}" "$page"
