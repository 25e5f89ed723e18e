# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The servers that the cases talk to. Each is started by `serve`, as an ordinary user, for several
# refuse to run as root:
#
#   serve PORT COMMAND...         in the server's namespace, until it listens; $SERVICE is its process
#   serve_beside PORT COMMAND...  the same in the client's namespace, for proxies
#   serve_end                     end the last one, and wait until its port is free
#
# $SERVE_ENVIRONMENT is what goes into its environment, such as the shim.

USER_ID=4242
SERVE_ENVIRONMENT=()

# A name for the ordinary user: sshd and psql want one. The mount namespace is the tests' own.
group_prepare() {
  local part
  WWW=$NETWORK_DIR/www
  mkdir -p "$WWW" && chmod 755 "$NETWORK_DIR"
  { cat /etc/passwd && echo "tester:x:$USER_ID:$USER_ID::$NETWORK_DIR:/bin/sh"; } >"$NETWORK_DIR/passwd"
  mount --bind "$NETWORK_DIR/passwd" /etc/passwd || return
  printf 'a page\n' >"$WWW/page"
  for part in 1 2 3 4; do head -c 20000 /dev/zero | tr "\0" "$part" >"$WWW/part$part"; done
  certificate_make
}

group_end() {
  network_down
  umount /etc/passwd 2>/dev/null || true
}

# Servers that accept Fast Open without being asked to: a client's case is about the client alone.
servers_accept() {
  on_server sysctl -qw net.ipv4.tcp_fastopen=0x403
}

certificate_make() {
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$SERVER_IP4" \
    -addext "subjectAltName=IP:$SERVER_IP4" -keyout "$NETWORK_DIR/key.pem" \
    -out "$NETWORK_DIR/cert.pem" 2>"$NETWORK_DIR/openssl.log"
}

as_user() {
  unshare --user --map-user="$USER_ID" --map-group="$USER_ID" "$@"
}

serve() { # PORT COMMAND...
  SERVICE_HOST=server
  serve_there "$@"
}

serve_beside() { # PORT COMMAND...
  SERVICE_HOST=client
  serve_there "$@"
}

serve_there() { # PORT COMMAND...
  SERVICE_PORT=$1
  "${SERVICE_HOST}_spawn" HOME="$NETWORK_DIR" unshare --user --map-user="$USER_ID" \
    --map-group="$USER_ID" env "${SERVE_ENVIRONMENT[@]}" "${@:2}"
  SERVICE=$SPAWNED
  # Databases take their time on a busy machine.
  wait_until "port_is_listening $SERVICE_HOST $1 || ! process_runs $SERVICE" 30
  port_is_listening "$SERVICE_HOST" "$1" || { tail -n 20 "$SPAWNED_LOG" >&2 && return 1; }
}

serve_end() {
  kill "$SERVICE" 2>/dev/null
  process_end "$SERVICE"
  wait_until "! port_is_listening $SERVICE_HOST $SERVICE_PORT"
}

# nginx in the foreground, with all that it writes beside its configuration.
nginx_configure() { # FILE <SERVERS
  cat >"$1" <<END
daemon off;
pid $1.pid;
worker_processes 1;
error_log stderr;
events { }
http {
  access_log off;
  server_tokens off;
  client_body_temp_path $1.body;
  proxy_temp_path $1.proxy;
  fastcgi_temp_path $1.fastcgi;
  uwsgi_temp_path $1.uwsgi;
  scgi_temp_path $1.scgi;
$(cat)
}
END
}

nginx_start() {
  nginx_configure "$NETWORK_DIR/nginx.conf" <<END
  server {
    listen 8080;
    listen 8443 ssl http2;
    ssl_certificate $NETWORK_DIR/cert.pem;
    ssl_certificate_key $NETWORK_DIR/key.pem;
    root $WWW;
  }
END
  serve 8080 nginx -c "$NETWORK_DIR/nginx.conf"
}

# Apache, with git's own CGI program below /git.
apache_start() {
  local modules=/usr/lib/apache2/modules module
  {
    for module in mpm_event authz_core mime alias env cgid; do
      printf 'LoadModule %s_module %s/mod_%s.so\n' "$module" "$modules" "$module"
    done
    cat <<END
Listen 8081
ServerName $SERVER_IP4
PidFile $NETWORK_DIR/apache.pid
ScriptSock $NETWORK_DIR/apache.cgid
DefaultRuntimeDir $NETWORK_DIR
ErrorLog $NETWORK_DIR/apache.log
TypesConfig /dev/null
DocumentRoot $WWW
SetEnv GIT_PROJECT_ROOT $NETWORK_DIR/git
SetEnv GIT_HTTP_EXPORT_ALL 1
ScriptAlias /git $(git --exec-path)/git-http-backend
END
  } >"$NETWORK_DIR/apache.conf"
  serve 8081 apache2 -DFOREGROUND -f "$NETWORK_DIR/apache.conf"
}

# A page that writes of what else it has loaded: a row of digits is a script.
page_make() {
  cat >"$WWW/sizes.html" <<'END'
<!doctype html><html><head><title>sizes</title><link rel="icon" href="data:,"></head><body><p id="sizes"></p>
<script src="part1"></script><script src="part2"></script><script src="part3"></script><script src="part4"></script>
<script>
addEventListener("load", () => {
  const sizes = performance.getEntriesByType("resource").map(entry => entry.decodedBodySize);
  document.getElementById("sizes").textContent = sizes.join(" ");
});
</script></body></html>
END
}

repository_make() {
  local first repository=$NETWORK_DIR/git/repository
  local git=(git -C "$repository" -c user.name=Tester -c user.email=tester@example.test)
  git init -q -b main "$repository"
  for first in 1 2 3; do
    seq "$first" 1000 >"$repository/numbers"
    "${git[@]}" add numbers && "${git[@]}" commit -q -m "Numbers from $first" || return
  done
}

sshd_start() {
  local directory=$NETWORK_DIR/ssh
  mkdir "$directory" && ssh-keygen -q -t ed25519 -N '' -f "$directory/host" &&
    ssh-keygen -q -t ed25519 -N '' -f "$directory/user" || return
  printf '[%s]:2222 %s\n' "$SERVER_IP4" "$(<"$directory/host.pub")" >"$directory/known"
  cat >"$directory/config" <<END
Port 2222
HostKey $directory/host
AuthorizedKeysFile $directory/user.pub
PidFile none
UsePAM no
StrictModes no
END
  serve 2222 /usr/sbin/sshd -D -e -f "$directory/config"
}

# One port for data connections: with many, each would be a first contact.
ftpd_start() {
  serve 2121 /usr/bin/python3 -c '
import sys
from pyftpdlib import authorizers, handlers, servers
handler = handlers.FTPHandler
handler.authorizer = authorizers.DummyAuthorizer()
handler.authorizer.add_anonymous(sys.argv[1])
handler.passive_ports = [2120]
servers.FTPServer(("0.0.0.0", 2121), handler).serve_forever()' "$WWW"
}

smtpd_start() {
  serve 2525 /usr/bin/python3 -m aiosmtpd -n -l 0.0.0.0:2525 -c aiosmtpd.handlers.Sink
}

redis_start() {
  serve 6379 redis-server --bind 0.0.0.0 --protected-mode no --save '' --dir "$NETWORK_DIR"
}

postgres_start() {
  local bin=/usr/lib/postgresql/15/bin data=$NETWORK_DIR/postgres
  as_user "$bin/initdb" -D "$data" -A trust -U tester --no-sync >"$NETWORK_DIR/initdb.log" 2>&1 ||
    return
  cp "$NETWORK_DIR/cert.pem" "$data/server.crt" && cp "$NETWORK_DIR/key.pem" "$data/server.key" &&
    chmod 600 "$data/server.key" || return
  echo 'host all all 0.0.0.0/0 trust' >>"$data/pg_hba.conf"
  serve 5432 "$bin/postgres" -D "$data" -k "$NETWORK_DIR" -c listen_addresses=0.0.0.0 -c ssl=on
}

mariadb_start() {
  local data=$NETWORK_DIR/mariadb
  as_user mariadb-install-db --no-defaults --datadir="$data" --skip-test-db \
    --auth-root-authentication-method=normal >"$NETWORK_DIR/mariadb-install.log" 2>&1 || return
  serve 3306 mariadbd --no-defaults --datadir="$data" --socket="$NETWORK_DIR/mariadb.socket" \
    --bind-address=0.0.0.0 --skip-grant-tables --skip-name-resolve --skip-networking=0
}
