# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A network to test on: the namespaces `client` and `server`, joined by the link emulator. For Bats
# files and other scripts that tests/in-namespace runs:
#
#   network_up [tfolink option]...     make it; a round trip takes 50 ms unless --rtt says otherwise
#   network_down                       end what was started on it, and it
#   on_client [NAME=VALUE]... COMMAND  run a program on the client's side
#   on_server [NAME=VALUE]... COMMAND
#   client_spawn [NAME=VALUE]... COMMAND   start one that network_down ends; sets $SPAWNED to its
#   server_spawn [NAME=VALUE]... COMMAND   process id and $SPAWNED_LOG to the file with its output
#   network_control COMMAND            a command for tfolink (tfolink --help); prints the answer
#   cookies_flush                      make the client's kernel forget cookies and metrics
#   server_key_set HEX[,HEX]           the server's cookie key, and a backup
#   netstat_value client|server NAME   a counter, such as TCPFastOpenActive
#   wait_until CONDITION [SECONDS]     try a condition until it holds; after 10 seconds an error
#   wait_listening [client|server] PORT   wait until a TCP port is listened on (default: server)
#   packets [FILTER]                   the client's capture, a line a packet   } see capture.bash
#   connections [FILTER]               the same, a line a connection           }
#
# The hosts' addresses are in CLIENT_IP4, SERVER_IP4, CLIENT_IP6 and SERVER_IP6, the names of the
# namespaces in NETWORK_CLIENT and NETWORK_SERVER, the captures of the two hosts in NETWORK_PCAP and
# NETWORK_PCAP_SERVER.

TFOSHIM_ROOT=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd)
: "${TFOSHIM_BUILD:=$TFOSHIM_ROOT/build}"
CLIENT_IP4=10.9.0.1
SERVER_IP4=10.9.0.2
CLIENT_IP6=fd09::1
SERVER_IP6=fd09::2

# shellcheck source-path=SCRIPTDIR/../.. source=tests/lib/capture.bash disable=SC1091
source "$TFOSHIM_ROOT/tests/lib/capture.bash"

network_error() {
  printf 'network: %s\n' "$*" >&2
  return 1
}

network_up() {
  [[ -n ${TFOSHIM_NAMESPACE-} ]] || network_error 'run this by tests/in-namespace' || return
  [[ -z ${NETWORK_DIR-} ]] || network_error 'there is a network already' || return
  network_names || return
  if ! network_make "$@"; then
    network_down
    return 1
  fi
}

network_make() {
  local link=$TFOSHIM_BUILD/tests/link/tfolink
  [[ -x $link ]] || network_error "$link is missing: build the project, or set TFOSHIM_BUILD" ||
    return
  printf 'netns add %s\n' "$NETWORK_CLIENT" "$NETWORK_SERVER" | ip -batch - || return
  mkfifo "$NETWORK_DIR/control" "$NETWORK_DIR/status" || return
  # File descriptor 3 is Bats's: a process that keeps it open keeps Bats waiting.
  "$link" --left "$NETWORK_CLIENT" --right "$NETWORK_SERVER" --rtt 50 \
    --pcap "$NETWORK_PCAP" --pcap-right "$NETWORK_PCAP_SERVER" \
    --control "$NETWORK_DIR/control" --status "$NETWORK_DIR/status" "$@" \
    2>"$NETWORK_DIR/tfolink.log" 3>&- &
  NETWORK_LINK=$!
  network_answer ready >/dev/null || return
  host_up "$NETWORK_CLIENT" "$CLIENT_IP4" "$CLIENT_IP6" &
  host_up "$NETWORK_SERVER" "$SERVER_IP4" "$SERVER_IP6" && wait $!
}

# One machine may run several networks at a time: Bats does with --jobs.
network_names() {
  local suffix=
  ((${BATS_NUMBER_OF_PARALLEL_JOBS:-1} == 1)) || suffix=-$BASHPID
  NETWORK_CLIENT=client$suffix
  NETWORK_SERVER=server$suffix
  # /run is in-namespace's own: what a killed script leaves there is gone with it.
  NETWORK_DIR=$(mktemp -d "${BATS_TEST_TMPDIR:-/run}/network.XXXXXX") || return
  NETWORK_PCAP=$NETWORK_DIR/client.pcap
  NETWORK_PCAP_SERVER=$NETWORK_DIR/server.pcap
  NETWORK_SPAWNED=()
}

# No link-local addresses: the kernel would send packets of its own from them.
host_up() { # NAMESPACE IPV4 IPV6
  # shellcheck disable=SC2016
  nsenter --net="/run/netns/$1" sh -ec '
    echo 3 >/proc/sys/net/ipv4/tcp_fastopen
    echo 0 >/proc/sys/net/ipv6/conf/link0/accept_ra
    ip -batch - <<END
link set lo up
link set link0 addrgenmode none
addr add $1/24 dev link0
addr add $2/64 dev link0 nodad
link set link0 up
END
  ' sh "$2" "$3"
}

network_down() {
  local pid processes=("${NETWORK_SPAWNED[@]}" ${NETWORK_LINK:+"$NETWORK_LINK"})
  [[ -n ${NETWORK_DIR-} ]] || return 0
  for pid in "${processes[@]}"; do
    kill "$pid" 2>/dev/null || true
  done
  # A program may take its time to end on SIGTERM, and is given it up to a point.
  for pid in "${processes[@]}"; do
    process_end "$pid"
  done
  printf 'netns del %s\n' "$NETWORK_CLIENT" "$NETWORK_SERVER" | ip -batch - 2>/dev/null || true
  [[ -n ${BATS_TEST_TMPDIR-} ]] || rm -rf -- "$NETWORK_DIR"
  NETWORK_SPAWNED=() NETWORK_LINK='' NETWORK_DIR=''
}

process_end() { # PID
  wait_until "! process_runs $1" 2 2>/dev/null || kill -KILL "$1" 2>/dev/null
  # Its status says only that it was killed.
  wait "$1" 2>/dev/null || true
}

# A process that has ended but has not been waited for still takes signals.
process_runs() { # PID
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null && [[ ${stat##*) } != Z* ]]
}

on_client() {
  nsenter --net="/run/netns/$NETWORK_CLIENT" env "$@"
}

on_server() {
  nsenter --net="/run/netns/$NETWORK_SERVER" env "$@"
}

client_spawn() {
  network_spawn "$NETWORK_CLIENT" "$@"
}

server_spawn() {
  network_spawn "$NETWORK_SERVER" "$@"
}

# nsenter and env replace themselves: the process id is the program's own.
network_spawn() { # NAMESPACE [NAME=VALUE]... COMMAND
  SPAWNED_LOG=$NETWORK_DIR/spawned.${#NETWORK_SPAWNED[@]}.log
  nsenter --net="/run/netns/$1" env "${@:2}" >"$SPAWNED_LOG" 2>&1 </dev/null 3>&- &
  # shellcheck disable=SC2034
  SPAWNED=$!
  NETWORK_SPAWNED+=("$!")
}

network_control() {
  # Opened for both, a FIFO that nobody reads does not stop the writer.
  printf '%s\n' "$*" 1<>"$NETWORK_DIR/control"
  network_answer ok
}

# The first word of an answer is `ready`, `ok` or `error:`.
network_answer() { # EXPECTED
  local answer='' part tries
  for ((tries = 0; tries < 100; tries++)); do
    # The time may be up in the middle of the line: what has come is in `part`.
    if read -r -t 0.1 part 0<>"$NETWORK_DIR/status"; then
      answer+=$part
      printf '%s\n' "$answer"
      [[ $answer == "$1"* ]] || network_error "tfolink: $answer"
      return
    fi
    answer+=$part
    process_runs "$NETWORK_LINK" || break
  done
  network_error "no answer from the link emulator: $(<"$NETWORK_DIR/tfolink.log")"
}

cookies_flush() {
  ip -n "$NETWORK_CLIENT" tcp_metrics flush all
}

server_key_set() { # HEX[,HEX]
  local key keys=()
  for key in ${1//,/ }; do
    [[ $key =~ ^[0-9a-fA-F]{32}$ ]] || network_error "a key has 32 hexadecimal digits: $key" ||
      return
    keys+=("${key:0:8}-${key:8:8}-${key:16:8}-${key:24:8}")
  done
  local IFS=,
  on_server sysctl -qw "net.ipv4.tcp_fastopen_key=${keys[*]}"
}

# /proc/net/netstat has pairs of lines: names, then values.
netstat_value() { # client|server NAME
  local value
  # shellcheck disable=SC2016
  value=$("on_$1" awk -v name="$2" '
    !($1 in names) { names[$1] = $0; next }
    {
      split(names[$1], title)
      for (i = 2; i <= NF; i++) if (title[i] == name) print $i
      delete names[$1]
    }' /proc/net/netstat)
  [[ -n $value ]] || network_error "no counter is named $2" || return
  printf '%s\n' "$value"
}

wait_until() { # CONDITION [SECONDS]
  local deadline=$((${EPOCHREALTIME/[.,]/} + ${2:-10} * 1000000))
  until eval "$1"; do
    if ((${EPOCHREALTIME/[.,]/} > deadline)); then
      network_error "not within ${2:-10} seconds: $1"
      return 1
    fi
    sleep 0.02
  done
}

wait_listening() { # [client|server] PORT
  local host=server
  (($# == 1)) || { host=$1 && shift; }
  wait_until "port_is_listening $host $1"
}

# State 0A is LISTEN.
port_is_listening() { # client|server PORT
  local port
  printf -v port ':%04X' "$2"
  # shellcheck disable=SC2016
  "on_$1" awk -v port="$port" '$4 == "0A" && substr($2, length($2) - 4) == port { found = 1 }
    END { exit !found }' /proc/net/tcp /proc/net/tcp6
}
