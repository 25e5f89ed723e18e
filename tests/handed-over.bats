#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Listeners that change hands: of socket units, of inetd, of servers that give up root, sent from process to process, and
# passed on to the next program. A service under the library takes data in SYNs, and guards; when it ends the listener
# is what it was. Nobody gets one that takes data in SYNs without anybody who guards it.

# What is waited for is evaluated each time; PORT is the programs'.
# shellcheck disable=SC2016,SC2153

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required /usr/bin/python3 inetd nginx systemd-socket-activate
  network_up
  LOG=$NETWORK_DIR/orders
  LIBRARY=("TFOSHIM_CONFIG=$CONF/on.conf" "XDG_RUNTIME_DIR=$NETWORK_DIR" "LD_PRELOAD=$SHIM")
  PYTHON=(/usr/bin/python3 -B)
  SERVE=("${PYTHON[@]}" "$TFOSHIM_ROOT/tests/handed/serve.py")
}

teardown() {
  network_down
}

POST='POST /order HTTP/1.0\r\nContent-Length: 1\r\n\r\nx'
GET='GET / HTTP/1.0\r\n\r\n'

request() { # REQUEST
  run on_client "${PYTHON[@]}" "$TFOSHIM_ROOT/tests/guard/client.py" "$ADDRESS" "$PORT" "$1"
  assert_success
}

# So many have been read; the last one.
orders_are() { # COUNT
  wait_until "((\$(wc -l <'$LOG') == $1))"
}

# What the kernel has taken from SYNs.
taken() {
  netstat_value server TCPFastOpenPassive
}

# Holds the listener of a process, as who has handed it over does, and keeps an eye on it.
watch() { # PID
  server_spawn "${PYTHON[@]}" "$TFOSHIM_ROOT/tests/handed/watch.py" "$1" "$PORT"
  WATCHER=$SPAWNED QUEUES=$SPAWNED_LOG
  wait_until "[[ -s $QUEUES ]]"
}

# What TCP_FASTOPEN has been, in order, as a line.
queues_are() { # PATTERN
  wait_until "queues_match '$1'" || fail "TCP_FASTOPEN was $(paste -sd ' ' "$QUEUES")"
}

queues_match() { # PATTERN
  [[ $(paste -sd ' ' "$QUEUES") =~ ^$1$ ]]
}

# Wherever it listens on this side.
any_address() {
  [[ $ADDRESS == *:* ]] && echo :: || echo 0.0.0.0
}

end() { # PID
  kill "$1"
  process_end "$1"
}

# The first request finds the service, or has it started, and need not be in time for a cookie.
covered_and_guarded() { # ORDERS-SO-FAR
  local before
  before=$(taken)
  request "$GET"
  request "$POST"
  request "$POST"
  assert_output --regexp '^HTTP/1.[01] 200 OK in-the-SYN'
  orders_are 3
  assert_equal "$(tail -n 2 "$LOG" | sort -u | cut -d ' ' -f 1-2)" 'order POST'
  (($(taken) > before))
  before=$(taken)
  on_client "${PYTHON[@]}" "$TFOSHIM_ROOT/tests/guard/replay.py" "$NETWORK_PCAP" "$PORT" 5 20000
  wait_until "((\$(taken) >= $before + 5))"
}

# The fourth is the last one of services that count them: the replays were none.
covered_guarded_and_served() {
  covered_and_guarded
  request "$GET"
  orders_are 4
  assert_regex "$(tail -n 1 "$LOG")" '^order GET'
}

# Nothing of a SYN comes to a program that nobody guards.
not_covered() {
  local before
  before=$(taken)
  for _ in 1 2 3; do
    request "$POST"
    assert_output --regexp '^HTTP/1.[01] 200 OK after-the-handshake'
  done
  orders_are 3
  assert_equal "$(taken)" "$before"
}

each_family() { # COMMAND...
  for ADDRESS in "$SERVER_IP4" "$SERVER_IP6"; do
    : >"$LOG"
    cookies_flush
    "$@"
  done
}

# ---- socket units ----

# systemd's own program for trying them; it gives a service no variable but those that it is told to.
activate() { # [ASSIGNMENT]... -- COMMAND...
  local variables=() option given=()
  while [[ $1 != -- ]]; do
    variables+=("$1") && shift
  done
  for option in "${PASSED_ON[@]}"; do
    given+=(-E "$option")
  done
  server_spawn "${variables[@]}" systemd-socket-activate -l "$([[ $ADDRESS == *:* ]] && echo "[::]:$PORT" || echo "0.0.0.0:$PORT")" \
    "${given[@]}" "${@:2}"
  SERVICE=$SPAWNED
  wait_listening "$PORT"
  watch "$SERVICE"
}

a_unit() {
  local PASSED_ON=("${LIBRARY[@]}")
  activate -- "${SERVE[@]}" inherited "$LOG" 3 4
  queues_are 0
  covered_guarded_and_served
  wait_until "! process_runs $SERVICE"
  queues_are '0 [1-9][0-9]* 0'
  end "$WATCHER"
}

@test "a socket unit's listener is covered while its service serves, and put back" {
  each_family a_unit
}


a_manager_under_the_library() { # [COMMAND]...
  local log
  activate TFOSHIM_LOG=info "${LIBRARY[@]}" -- "$@" "${SERVE[@]}" inherited "$LOG" 3 3
  log=$NETWORK_DIR/spawned.$((${#NETWORK_SPAWNED[@]} - 2)).log
  queues_are '[1-9][0-9]*'
  not_covered
  wait_until "! process_runs $SERVICE"
  run -0 grep -c 'listener no longer accepts SYN data: it goes to another process or program' "$log"
  assert_output 1
  queues_are '[1-9][0-9]* 0'
  end "$WATCHER"
}

@test "a listener is handed to a service without the library as if there were none" {
  local PASSED_ON=()
  each_family a_manager_under_the_library
  # It has the library for a moment, and sees nothing of the listener.
  PASSED_ON=("${LIBRARY[@]}")
  each_family a_manager_under_the_library env -u LD_PRELOAD
}

# ---- inetd ----

# It takes LD_PRELOAD from what it starts, unless it is told not to.
inetd_start() { # WAIT [ASSIGNMENT]... -- [OPTION]... -- COMMAND...
  local wait=$1 variables=() options=() family=tcp4 && shift
  while [[ $1 != -- ]]; do
    variables+=("$1") && shift
  done
  shift
  while [[ $1 != -- ]]; do
    options+=("$1") && shift
  done
  [[ $ADDRESS != *:* ]] || family=tcp6
  echo "$PORT stream $family $wait root /usr/bin/env env ${*:2}" >"$NETWORK_DIR/inetd.conf"
  server_spawn "${variables[@]}" inetd -i "${options[@]}" "$NETWORK_DIR/inetd.conf"
  INETD=$SPAWNED
  wait_listening "$PORT"
  watch "$INETD"
}

inetd_end() {
  end "$WATCHER"
  end "$INETD"
}

a_service_that_waits() {
  inetd_start wait -- -- "${LIBRARY[@]}" "${SERVE[@]}" inherited "$LOG" 0 4
  queues_are 0
  covered_guarded_and_served
  queues_are '0 [1-9][0-9]* 0'
  # The next one.
  request "$GET"
  orders_are 5
  queues_are '0 [1-9][0-9]* 0 [1-9][0-9]*'
  inetd_end
}

@test "inetd: the listener of a service that waits is covered while it serves, and put back" {
  each_family a_service_that_waits
}

a_service_that_does_not_wait() {
  inetd_start nowait "${LIBRARY[@]}" -- -- "${SERVE[@]}" one "$LOG"
  queues_are '[1-9][0-9]*'
  covered_guarded_and_served
  queues_are '[1-9][0-9]*'
  inetd_end
}

@test "inetd: under the library it takes connections with their data for services without it, and guards them" {
  each_family a_service_that_does_not_wait
}

# Whatever becomes of the environment. Without a cookie: what is in the queue by then has come to inetd.
a_listener_of_inetds() {
  local option
  for option in '' -E; do
    : >"$LOG"
    cookies_flush
    inetd_start wait "${LIBRARY[@]}" -- ${option:+"$option"} -- -u LD_PRELOAD "${SERVE[@]}" inherited "$LOG" 0 3
    not_covered
    queues_are '[1-9][0-9]* 0'
    inetd_end
  done
}

@test "inetd: under the library it gives a service that waits, and has none, its listener as if there were none" {
  each_family a_listener_of_inetds
}

# ---- privilege separation ----

a_server_that_gives_up_root() { # [WAY]
  server_spawn "${LIBRARY[@]}" "${SERVE[@]}" drops "$LOG" "$(any_address)" "$PORT" 4 "$@"
  SERVICE=$SPAWNED
  wait_listening "$PORT"
  watch "$SERVICE"
  queues_are '[1-9][0-9]*'
  covered_guarded_and_served
  assert_equal "$(cut -d ' ' -f 3- "$LOG" | sort -u)" 'as 65534'
  wait_until "! process_runs $SERVICE"
  end "$WATCHER"
}

@test "a server that listens as root, and whose child gives root up and accepts" {
  each_family a_server_that_gives_up_root
}

@test "a server that binds as root, and whose child gives root up, listens and accepts" {
  each_family a_server_that_gives_up_root bound
}

# ---- sent to another process ----

send_to() { # [ASSIGNMENT]... -- [ASSIGNMENT|-u NAME]... -- COUNT
  local variables=() receiver=()
  while [[ $1 != -- ]]; do
    variables+=("$1") && shift
  done
  shift
  while [[ $1 != -- ]]; do
    receiver+=("$1") && shift
  done
  server_spawn "${variables[@]}" "${SERVE[@]}" sends "$(any_address)" "$PORT" "${receiver[@]}" \
    "${SERVE[@]}" received "$LOG" "$2"
  SENDER=$SPAWNED
  wait_listening "$PORT"
  watch "$SENDER"
}

send_end() {
  end "$WATCHER"
  end "$SENDER"
}

sent_by_one_without_the_library() {
  send_to -- "${LIBRARY[@]}" -- 4
  covered_guarded_and_served
  queues_are '(0 )?[1-9][0-9]* 0'
  send_end
}

@test "a listener that another process has sent is covered while it is accepted on, and put back" {
  each_family sent_by_one_without_the_library
}

# What it is before the first accept the watcher may be too late for.
sent_by_one_with_the_library() {
  send_to "${LIBRARY[@]}" -- -- 4
  covered_guarded_and_served
  queues_are '([1-9][0-9]* )?(0 )?[1-9][0-9]* 0'
  send_end
}

@test "a listener that is sent from one process under the library to another is covered and guarded" {
  each_family sent_by_one_with_the_library
}

sent_to_one_without_the_library() {
  send_to "${LIBRARY[@]}" -- -u LD_PRELOAD -- 3
  not_covered
  queues_are '([1-9][0-9]* )?0'
  send_end
}

@test "a listener is sent to a process without the library as if there were none" {
  each_family sent_to_one_without_the_library
}

# ---- passed on to the next program ----

a_service_that_was_bound() { # COMMAND... NUMBER
  server_spawn "${LIBRARY[@]}" "${@:1:$#-1}" "$(any_address)" "$PORT" "${SERVE[@]}" bound "$LOG" "${@: -1}" 4
  SERVICE=$SPAWNED
  wait_listening "$PORT"
  watch "$SERVICE"
  covered_guarded_and_served
  wait_until "! process_runs $SERVICE"
  end "$WATCHER"
}

@test "a socket that was bound before exec is covered and guarded when another program listens" {
  each_family a_service_that_was_bound "$PROGRAMS/hand-down" bind 3
  each_family a_service_that_was_bound "${SERVE[@]}" spawns '{}'
}

# It has to do without LD_PRELOAD where nginx.conf does not name it: nginx makes the environment anew.
upgrade_nginx() { # [LINE-OF-nginx.conf]...
  local old
  printf '%s\n' "$@" "pid $NETWORK_DIR/nginx.pid; error_log $NETWORK_DIR/error.log; worker_processes 2;" \
    'events { worker_connections 64; }' \
    "http { log_format order 'order \$request_method'; access_log $LOG order; client_body_temp_path $NETWORK_DIR;" \
    "proxy_temp_path $NETWORK_DIR; fastcgi_temp_path $NETWORK_DIR; uwsgi_temp_path $NETWORK_DIR;" \
    "scgi_temp_path $NETWORK_DIR; server { listen $PORT; listen [::]:$PORT ipv6only=on;" \
    'location / { return 200 "ok\n"; } } }' >"$NETWORK_DIR/nginx.conf"
  on_server "${LIBRARY[@]}" "$(command -v nginx)" -c "$NETWORK_DIR/nginx.conf" 3>&-
  wait_until "[[ -s $NETWORK_DIR/nginx.pid ]]"
  old=$(<"$NETWORK_DIR/nginx.pid")
  watch "$old"
  kill -USR2 "$old"
  wait_until "[[ -s $NETWORK_DIR/nginx.pid.oldbin && -s $NETWORK_DIR/nginx.pid ]]"
  NGINX=$(<"$NETWORK_DIR/nginx.pid")
  ((NGINX != old))
  kill -QUIT "$old"
  wait_until "! process_runs $old"
}

nginx_end() {
  end "$WATCHER"
  kill "$NGINX"
  wait_until "! process_runs $NGINX"
}

nginx_without_the_library() {
  upgrade_nginx
  not_covered
  nginx_end
}

@test "an nginx that upgrades itself, and forgets the library, takes no data in SYNs" {
  each_family nginx_without_the_library
}

nginx_with_the_library() {
  upgrade_nginx 'env LD_PRELOAD;' 'env TFOSHIM_CONFIG;' 'env XDG_RUNTIME_DIR;'
  covered_guarded_and_served
  nginx_end
}

@test "an nginx that upgrades itself, and keeps the library, guards what it takes" {
  each_family nginx_with_the_library
}

# Most have it by oversight, and the server goes on.
@test "a program that is started beside a server leaves its listener covered, unless it has no library" {
  local way told='
import ctypes, os, socket, subprocess, sys
way, libc = sys.argv[1], ctypes.CDLL(None)
listener = socket.create_server(("0.0.0.0", 8001))
listener.set_inheritable(True)
with_it, without = dict(os.environ), {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
switched_off = {**with_it, "TFOSHIM_DISABLE": "1"}
true = ["/bin/true"]
def texts(words):
    return (ctypes.c_char_p * (len(words) + 1))(*(word.encode() for word in words), None)
def child(execute, *arguments):
    if os.fork() == 0:
        execute(*arguments)
    os.wait()
def start(environment):
    variables = [f"{k}={v}" for k, v in environment.items()]
    if way == "execve":
        child(os.execve, true[0], true, environment)
    elif way == "spawn":
        os.waitpid(os.posix_spawn(true[0], true, environment), 0)
    elif way == "number":
        child(libc.syscall, 59, true[0].encode(), texts(true), texts(variables))
    elif way == "vfork":
        subprocess.run(true, env=environment, close_fds=False, check=True)
    else:
        kept = dict(os.environ)
        os.environ.clear()
        os.environ.update(environment)
        if way == "execv":
            child(os.execv, true[0], true)
        else:
            libc.system(b"true")
        os.environ.update(kept)
def queue():
    return listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN) > 0
for environment in with_it, without, switched_off:
    start(environment)
    print(queue(), end=" ")
    listener.listen()
print(queue())'
  for way in execve spawn number vfork execv system; do
    run -0 on_server "${LIBRARY[@]}" /usr/bin/python3 -c "$told" "$way"
    assert_equal "$way: $output" "$way: True False False True"
  done
}
