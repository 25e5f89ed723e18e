# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Running the test programs on the network of tests/lib/network.bash, with and without the shim. A Bats
# file sources this one, calls network_up in its setup and network_down in its teardown.
#
#   reference_start MODE [OPTION]...  the reference server, not under the shim, on port $PORT of every
#                                 address; it accepts Fast Open unless told not to with --queue 0
#   plain COMMAND                 run on the client's side without the shim
#   shim [NAME=VALUE]... COMMAND  and with it: every destination is on, unless $CONFIG names
#                                 another file ("" for none)
#   prime ADDRESS                 one connection under the shim, which brings a cookie home and is all
#                                 that the destination memory knows
#   compare [--records N] COMMAND run plain, prime, run under the shim; output, exit status and what
#                                 the server recorded (N connections, 1 unless given) are the same;
#                                 N is "any" where the record may differ
#   gain WAY BYTES                how many of BYTES the SYN is to carry: all of them, but none where
#                                 WAY says nonblocking or polled and the kernel has no
#                                 TCP_FASTOPEN_CONNECT: what is polled the shim alone does not defer
#   room ADDRESS                  how much of a first write fits in a SYN on a link with packets of 1500
#                                 bytes, headers and the largest options taken off
#   syn_share WAY ADDRESS BYTES   how many of BYTES, written at once, the SYN is to carry: all or none
#   opening WAY                   what option it carries: cookie, or none where connect is a plain one
#   go_server_build FILE          build programs/page.go, a web server that cannot be preloaded
#   client_syns                   the client's connections to $PORT, as `connections` prints them
#   last_syn FIELD...             those fields of the last one, with a space between them
#   last_syn_data                 how many bytes its SYN carried
#   last_syns_data COUNT          how many each of the last SYNs carried, in their order
#
# After plain, shim and compare $status and $output are those of the (last) command, as after Bats's
# run. ADDRESS is replaced by each test's loop over the address families.

: "${TFOSHIM_BUILD:=$TFOSHIM_ROOT/build}"
PROGRAMS=$TFOSHIM_BUILD/tests/programs
# A sanitizer's runtime must be the first library of all.
SHIM=${TFOSHIM_SANITIZER:+$TFOSHIM_SANITIZER:}$TFOSHIM_BUILD/libtfoshim.so
CONF=$TFOSHIM_ROOT/tests/conf
PORT=8080

# TFOSHIM_TEST_KERNEL=old: programs under the shim run as on a kernel without TCP_FASTOPEN_CONNECT.
KERNEL=()
[[ ${TFOSHIM_TEST_KERNEL-} != old ]] || KERNEL=("$PROGRAMS/sandbox" ENOPROTOOPT deferral)

# TFOSHIM_TEST_CALLS=number: those programs make their calls on sockets by number.
[[ ${TFOSHIM_TEST_CALLS-} != number ]] || SHIM=$PROGRAMS/by-number.so:$SHIM

# Seconds after which a program is taken to hang.
PATIENCE=20

# A preloaded library that is not there would go unnoticed: ld.so says a word and runs the program.
tools_required() {
  local tool
  for tool in "$TFOSHIM_BUILD/libtfoshim.so" "$PROGRAMS/client" "$PROGRAMS/server"; do
    [[ -x $tool ]] || network_error "$tool is missing: build the project, or set TFOSHIM_BUILD" ||
      return
  done
  for tool in tshark timeout ip "$@"; do
    command -v "$tool" >/dev/null || network_error "$tool is not installed" || return
  done
}

reference_start() { # MODE [OPTION]...
  RECORD=$NETWORK_DIR/record.$PORT
  : >"$RECORD"
  server_spawn "$PROGRAMS/server" :: "$PORT" --record "$RECORD" --queue 16 "$@"
  wait_listening "$PORT"
}

plain() {
  run on_client timeout "$PATIENCE" "$@"
}

shim() {
  local variables=(TFOSHIM_CONFIG="${CONFIG-$CONF/on.conf}" XDG_RUNTIME_DIR="$NETWORK_DIR")
  while [[ ${1-} == *=* ]]; do
    variables+=("$1") && shift
  done
  # env comes last before the program: timeout itself is not to be under the shim.
  run on_client timeout "$PATIENCE" "${KERNEL[@]}" env "${variables[@]}" LD_PRELOAD="$SHIM" "$@"
}

prime() { # ADDRESS
  # What earlier rounds taught, a back-off say, is not the subject.
  rm -f "$NETWORK_DIR/tfoshim/memory"
  shim "$PROGRAMS/client" "$1" "$PORT"
  # shellcheck disable=SC2154
  ((status == 0)) || network_error "the first connection failed: $output"
}

records() {
  wc -l <"$RECORD"
}

records_are() { # AT-LEAST
  (($(records) >= $1))
}

# The record of a run, its connections in no particular order, with the record emptied for the next.
record_take() { # CONNECTIONS
  [[ $1 != any ]] || return 0
  wait_until "records_are $1" "$PATIENCE" || return
  sort "$RECORD"
  : >"$RECORD"
}

compare() { # [--records N] COMMAND
  local wanted=1 plain_status plain_output plain_record record
  if [[ $1 == --records ]]; then
    wanted=$2 && shift 2
  fi
  : >"$RECORD"
  plain "$@"
  plain_status=$status plain_output=$output
  plain_record=$(record_take "$wanted") || return
  prime "$ADDRESS" || return
  record_take 1 >/dev/null || return
  shim "$@"
  assert_equal "$output" "$plain_output"
  assert_equal "$status" "$plain_status"
  record=$(record_take "$wanted") || return
  assert_equal "$record" "$plain_record"
  # shellcheck disable=SC2034
  RECORDED=$record
}

gain() { # WAY BYTES
  local bytes=$2
  [[ ${TFOSHIM_TEST_KERNEL-} != old || ! $1 =~ nonblocking|polled ]] || bytes=0
  echo "$bytes"
}

room() { # ADDRESS
  [[ $1 == *:* ]] && echo 1400 || echo 1420
}

syn_share() { # WAY ADDRESS BYTES
  local bytes=$3
  ((bytes <= $(room "$2"))) || bytes=0
  gain "$1" "$bytes"
}

opening() { # WAY
  (($(gain "$1" 1))) && echo cookie || echo none
}

# With a cache of its own: whoever runs the tests may have no home.
go_server_build() { # FILE
  local cache
  cache=$(mktemp -d "$PWD/go.XXXXXX") || return
  HOME=$cache GOCACHE=$cache/cache GOPATH=$cache/path GO111MODULE=off GOFLAGS='' GOPROXY=off CGO_ENABLED=0 \
    go build -o "$1" "$TFOSHIM_ROOT/tests/programs/page.go"
}

client_syns() {
  connections "tcp.port == $PORT" | grep 'from=client'
}

last_syn() { # FIELD...
  client_syns | tail -n 1 | awk -v fields="$*" '{
    for (i = 1; i <= NF; i++) { split($i, pair, "="); value[pair[1]] = pair[2] }
    count = split(fields, field, " ")
    for (i = 1; i <= count; i++) printf "%s%s", value[field[i]], i < count ? " " : "\n"
  }'
}

last_syn_data() {
  last_syn syn.data
}

last_syns_data() { # COUNT
  client_syns | tail -n "$1" | sed 's/.* syn.data=\([0-9]*\) .*/\1/' | paste -sd ' '
}
