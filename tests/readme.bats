#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The commands of the README and of docs/walkthrough.md are run as they are printed there, by a client and a
# server that have nothing but the packages, and their output is compared with what is printed there.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# The packages are built once, by the README's commands.
setup_file() {
  local source=$BATS_FILE_TMPDIR/source
  export README=$BATS_TEST_DIRNAME/../README.md PACKAGES=$source/build-release
  tools_required
  mkdir "$source"
  tar -C "${README%/*}" --exclude='./build*' --exclude=./.git -c . | tar -C "$source" --no-same-owner -x
  (cd "$source" && eval "$(installing 'cmake ')") >"$BATS_FILE_TMPDIR/build.log" 2>&1 3>&- ||
    { tail "$BATS_FILE_TMPDIR/build.log" >&2 && return 1; }
}

setup() {
  load lib/network
  load lib/container
  WALKTHROUGH=$TFOSHIM_ROOT/docs/walkthrough.md
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR
  unset LD_PRELOAD NO_COLOR
  declare -gA ROOT=() ENTER=()
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  local root
  # It is no child of ours, and keeps its namespace.
  umount -q /run/ipc-* || true
  for root in "${ROOT[@]}"; do
    [[ ! -s $root/run/nginx.pid ]] || kill "$(<"$root/run/nginx.pid")" || true
  done
  network_down
}

tools_required() {
  local tool
  for tool in cpack curl dpkg nginx tshark; do
    command -v "$tool" >/dev/null || { echo "$tool is not installed" >&2 && return 1; }
  done
}

# ---- two machines ----

# systemctl does with nginx what its drop-in says, and nothing else.
machine_make() { # client|server
  container_make
  ROOT[$1]=$CONTAINER_ROOT
  # Two machines share no memory.
  : >"/run/ipc-$1"
  unshare --ipc="/run/ipc-$1" true
  ENTER[$1]="nsenter --ipc=/run/ipc-$1 ${CONTAINER[*]}"
  printf '%s\n' '127.0.0.1 localhost' "$SERVER_IP4 www.example.com" '10.9.0.3 www.example.net' \
    >"$CONTAINER_ROOT/etc/hosts"
  rm -f "$CONTAINER_ROOT/usr/bin/systemctl"
  cat >"$CONTAINER_ROOT/usr/bin/systemctl" <<'END'
#!/bin/sh -e
[ "$*" != daemon-reload ] || exit 0
[ "$*" = 'try-restart nginx.service' ]
kill -QUIT "$(cat /run/nginx.pid)"
while [ -e /run/nginx.pid ]; do
  sleep 0.02
done
drop_in=/etc/systemd/system/nginx.service.d/50-tfoshim.conf
[ ! -e $drop_in ] || export "$(sed -n 's/^Environment="\(.*\)"$/\1/p' $drop_in)"
exec nginx
END
  chmod +x "$CONTAINER_ROOT/usr/bin/systemctl"
}

# What runs on a machine, as its root in its own home directory.
on_machine() { # client|server COMMAND
  # shellcheck disable=SC2086
  "on_$1" ${ENTER[$1]} sh -c "cd /root && $2" 3>&-
}

# nginx that knows nothing of Fast Open, at two addresses.
nginx_start() {
  on_server ip addr add 10.9.0.3/24 dev link0
  mkdir -p "${ROOT[server]}"/{srv,var/lib/nginx,var/log/nginx}
  echo hello >"${ROOT[server]}/srv/index.html"
  # Its user is the only one there is where the tests are not run by root.
  cat >"${ROOT[server]}/etc/nginx/nginx.conf" <<'END'
user root root;
pid /run/nginx.pid;
error_log /var/log/nginx/error.log;
events { }
http {
  access_log off;
  server {
    listen 80;
    root /srv;
  }
}
END
  on_machine server nginx
  wait_listening 80
}

# All that is on a machine, but for dpkg's own records and what its user has put there.
files_of() { # client|server
  (cd "${ROOT[$1]}" && find . \( -path ./proc -o -path ./machine -o -path ./root -o -path ./var/lib/dpkg \
    -o -path ./var/log -o -path ./var/cache -o -path ./run/nginx.pid \) -prune -o ! -type d -printf '%P %l %s\n' \
    -o -printf '%P/\n') | sort
}

# Both machines with the packages installed, nginx on the server, and a list of their files from before.
machines_up() {
  local machine
  network_up --rtt 50
  # The default values since Linux 5.14.
  on_client sysctl -qw net.ipv4.tcp_fastopen=1 net.ipv4.tcp_fastopen_blackhole_timeout_sec=0
  on_server sysctl -qw net.ipv4.tcp_fastopen=1
  for machine in client server; do
    machine_make "$machine"
    mkdir "${ROOT[$machine]}/root/build-release"
  done
  nginx_start
  for machine in client server; do
    files_of "$machine" >"$machine.before"
    cp "$PACKAGES"/*.deb "${ROOT[$machine]}/root/build-release"
    run -0 on_machine "$machine" "$(installing 'apt ')"
  done
}

# ---- the documents' commands ----

# The commands of a document that follow a machine's prompt, in their order, and what they print:
# STEP_MACHINE, STEP_COMMAND and STEP_SCREEN.
steps_read() { # FILE
  local line blank='' prompt='^(client|server)# (.*)' i=-1
  STEP_MACHINE=() STEP_COMMAND=() STEP_SCREEN=()
  while IFS= read -r line; do
    if [[ -z $line ]]; then
      blank+=$'\n'
    elif [[ $line != '    '* ]]; then
      blank=none
    elif [[ ${line:4} =~ $prompt ]]; then
      i=$((i + 1))
      STEP_MACHINE[i]=${BASH_REMATCH[1]} STEP_COMMAND[i]=${BASH_REMATCH[2]} STEP_SCREEN[i]='' blank=''
    elif ((i >= 0)) && [[ $blank != none* ]]; then
      STEP_SCREEN[i]+=$blank${line:4}$'\n' blank=''
    fi
  done <"$1"
  STEP=0 DOCUMENT=${1##*/}
}

# What differs from run to run, and the lines about where the tests are run.
shape() {
  sed -E -e 's/[0-9]+(\.[0-9]+)? (ms|s|min|bytes)\b/N \2/g' -e 's/\b[0-9a-f]{16}\b/COOKIE/g' \
    -e 's/^(  ok +kernel )[^:]+:/\1VERSION:/' -e 's|/[a-z0-9_]+-linux-gnu[a-z]*/|/ARCHITECTURE/|g' -e 's/ +/ /g' \
    -e '/^ note this seems to be a container: /d' -e '/^ note 32-bit programs run without /d'
}

# Runs the next step of the document, which has to be this one, and compares the output, except with --any.
step() { # [--status N] [--any] client|server BEGINNING
  local expected=0 any=
  [[ $1 != --status ]] || { expected=$2 && shift 2; }
  [[ $1 != --any ]] || { any=1 && shift; }
  if [[ ${STEP_MACHINE[STEP]-} != "$1" || ${STEP_COMMAND[STEP]} != "$2"* ]]; then
    fail "the next step of $DOCUMENT is \"${STEP_MACHINE[STEP]-nobody}# ${STEP_COMMAND[STEP]-}\", expected \"$1# $2\""
  fi
  run "-$expected" on_machine "$1" "${STEP_COMMAND[STEP]}"
  [[ -n $any ]] || assert_equal "$1# ${STEP_COMMAND[STEP]}"$'\n'"$(shape <<<"$output")" \
    "$1# ${STEP_COMMAND[STEP]}"$'\n'"$(shape <<<"${STEP_SCREEN[STEP]%$'\n'}")"
  STEP=$((STEP + 1))
}

# The lines of the section "Installing" that begin so.
installing() { # BEGINNING
  awk '/^## / { on = $0 == "## Installing"; next } on' "$README" | grep -m 1 "^    $1"
}

# What the SYN of the client's last connection carried.
last_syn() {
  connections 'tcp.port == 80' | tail -n 1 | sed -E 's/.* syn\.data=([0-9]+) syn\.option=([a-z]+).*/\1 \2/'
}

assert_counted() { # client|server NAME VALUE
  assert_equal "$1 $2 $(netstat_value "$1" "$2")" "$1 $2 $3"
}

# Both ends are wrapped, and the second request is in the SYN.
wrap_both() {
  step server 'sysctl -w net.ipv4.tcp_fastopen=3'
  step server 'tfoshim enable nginx'
  step server 'systemctl '
  wait_listening 80
  step client 'tfoshim run curl '
  assert_equal "$(last_syn)" '0 request'
  step client 'tfoshim run curl '
  assert_regex "$(last_syn)" '^[1-9][0-9]+ cookie$'
}

# ---- the tests ----

@test "README: a server and a client are wrapped, and stat shows it" {
  machines_up
  steps_read "$README"
  wrap_both
  step client 'tfoshim stat'
  assert_equal "$STEP" "${#STEP_COMMAND[@]}"
}

@test "walkthrough: installed, seen to work, broken in three ways and repaired, removed" {
  machines_up
  steps_read "$WALKTHROUGH"
  wrap_both
  assert_counted client TCPFastOpenActive 1
  assert_counted server TCPFastOpenPassive 1
  step client 'tfoshim stat'
  assert_output --regexp ":80 +1 +1 +0 .* SYN data acknowledged"
  step server 'tfoshim stat'
  assert_output --regexp "0\.0\.0\.0:80 +[0-9]+ +1 "

  # Broken: the sysctl.
  step client 'sysctl -w net.ipv4.tcp_fastopen=0'
  on_machine client 'tfoshim run curl -s http://www.example.com/'
  assert_equal "$(last_syn)" '0 none'
  run -0 on_machine client 'tfoshim stat'
  assert_output --partial "the kernel does not allow Fast Open for clients here (net.ipv4.tcp_fastopen is 0): see tfoshim doctor"
  run -0 on_machine client 'tfoshim explain www.example.com:80'
  assert_output --partial "a plain connect: the client bit (1) of net.ipv4.tcp_fastopen is not set"
  step --status 1 client 'tfoshim doctor curl'
  mend=$(sed -n 's/^ *now: //p' <<<"$output")
  step client "$mend"
  on_machine server 'sysctl -qw net.ipv4.tcp_fastopen=1'
  run -0 on_machine server 'tfoshim stat'
  assert_output --partial "the kernel does not allow Fast Open for listeners here (net.ipv4.tcp_fastopen is 1): see tfoshim doctor"
  run -0 on_machine server 'tfoshim explain --listen 0.0.0.0:80'
  assert_output --partial "to do   sysctl -w net.ipv4.tcp_fastopen=3"
  on_machine server 'sysctl -qw net.ipv4.tcp_fastopen=3'

  # Broken: the path.
  network_control drop-syn-data
  step client 'tfoshim run curl '
  assert_counted client TCPFastOpenActiveFail 1
  run -0 on_machine client 'tfoshim stat'
  assert_output --partial "the path dropped the SYN with data, 1 time: backed off"
  step client 'tfoshim explain www.example.com:80'
  assert_output --partial "to do   test the path: tfoshim probe"
  step --status 1 client 'tfoshim probe www.example.com:80'
  on_machine client 'tfoshim run curl -s http://www.example.com/'
  assert_equal "$(last_syn)" '0 none'
  network_control drop-syn-data off

  # Broken: the configuration.
  step client 'echo '
  step client 'tfoshim run -c my.conf --stats curl '
  assert_equal "$(last_syn)" '0 none'
  step client 'tfoshim explain -c my.conf www.example.net:80'
  rule=$(sed -n 's/^  to do .*\({ .* }\).*/\1/p' <<<"$output")
  # What it says to do mends it.
  echo "client = { rules = ( $rule ); };" >"${ROOT[client]}/root/my.conf"
  accepted=$(netstat_value server TCPFastOpenPassive)
  for carried in '0 request' '[1-9][0-9]+ cookie'; do
    on_machine client 'tfoshim run -c my.conf curl -s http://www.example.net/'
    assert_regex "$(last_syn)" "^$carried\$"
  done
  assert_counted server TCPFastOpenPassive "$((accepted + 1))"

  step server 'tfoshim disable nginx'
  step server 'systemctl '
  wait_listening 80
  run -1 grep -q libtfoshim "/proc/$(<"${ROOT[server]}/run/nginx.pid")/maps"
  step --any server 'apt purge '
  on_machine client "${STEP_COMMAND[STEP - 1]}"
  assert_equal "$STEP" "${#STEP_COMMAND[@]}"
  for machine in client server; do
    files_of "$machine" >"$machine.after"
    run -0 diff "$machine.before" "$machine.after"
  done
}

# The texts of a picture, without the times, which differ from run to run.
picture_text() { # FILE
  grep -o '<text.*</text>' "$1" | sed -E -e 's/<[^>]*>//g' -e '/^[0-9]+ ms$/d' -e 's/[0-9]+ (ms|bytes)/N \1/'
}

@test "README: its picture shows what a capture shows today" {
  TFOSHIM_PICTURE=$PWD/new.svg run -0 "$TFOSHIM_ROOT/examples/demo" --write
  run -0 picture_text "$TFOSHIM_ROOT/docs/packets.svg"
  assert_line --partial 'SYN + cookie + request'
  assert_equal "$(picture_text new.svg)" "$output"
  run -0 /usr/bin/python3 -c 'import xml.dom.minidom as xml; xml.parse("new.svg")'
}
