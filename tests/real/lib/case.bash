# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Some variables are for the files beside this one.
# shellcheck disable=SC2034
#
# A case: a command that is run plain and under the shim, in the client's namespace.
#
#   client_case TITLE PACKAGE EXPECTED NOTE COMMAND...
#
# EXPECTED is how many connections of one run are to carry data in their SYN, or "all", or "any" where
# that is for a race to decide, or "race" where the number of connections is, too. The measured
# runs follow one that primes: first contact is a true connect, by design. A case fails where a run
# hangs, where the output (standard output, standard error, exit status) of a run under the shim is not
# that of the plain runs, where there are more or fewer connections or SYNs than plain, or where the
# SYNs do not carry what is expected.
#
# NORMAL='s/.../.../' client_case ... is applied by sed -E to the output of both before they are
# compared. Whoever sets it says what it hides; the plain runs must agree with one another too.
#
# A command runs in an empty directory of its own, with an empty home.
#
#   service_case TITLE PACKAGE ROLE EXPECTED NOTE START COMMAND...
#
# Here it is a service that is run plain and under the shim, by the function START; COMMAND, which asks
# it, is never under the shim.

# shellcheck source=tests/lib/network.bash disable=SC1091
source "${BASH_SOURCE[0]%/*}/../../lib/network.bash"

REAL_RTT=40
RUNS=3
# Seconds after which a program is taken to hang.
PATIENCE=20
SHIM=$TFOSHIM_BUILD/libtfoshim.so
CONF=$TFOSHIM_ROOT/tests/conf
SHIM_ENVIRONMENT=(TFOSHIM_CONFIG="$CONF/on.conf" LD_PRELOAD="$SHIM")

client_case() { # TITLE PACKAGE EXPECTED NOTE COMMAND...
  local title=$1 package=$2 expected=$3 note=$4 asker=no
  shift 4
  case_begin "$title"
  series plain "$RUNS" "$@"
  series prime 1 "$@"
  series shim "$RUNS" "$@"
  case_judge
  row "$title" "$package" client "$note"
}

service_case() { # TITLE PACKAGE ROLE EXPECTED NOTE START COMMAND...
  local title=$1 package=$2 role=$3 expected=$4 note=$5 asker=yes before taken=0
  shift 5
  case_begin "$title"
  SERVE_ENVIRONMENT=()
  service_series plain "$@"
  SERVE_ENVIRONMENT=("${SHIM_ENVIRONMENT[@]}" XDG_RUNTIME_DIR="$CASE/runtime")
  service_series shim "$@"
  SERVE_ENVIRONMENT=()
  case_judge
  # The kernel's own word, beside the packets. It counts SYNs that bring a cookie and no data, too.
  [[ -n $problem ]] || ((taken >= carried)) || problem="TCPFastOpenPassive rose by $taken"
  row "$title" "$package" "$role" "$note"
}

# Where it does not start, nobody is asked: the judge finds no runs.
service_series() { # WAY START COMMAND...
  local way=$1 start=$2
  shift 2
  if "$start"; then
    [[ $way == plain ]] || series prime 1 "$@"
    before=$(netstat_value server TCPFastOpenPassive)
    series "$way" "$RUNS" "$@"
    taken=$(($(netstat_value server TCPFastOpenPassive) - before))
  fi
  serve_end
}

# A memory and a kernel that have met nobody.
case_begin() { # TITLE
  CASE=$WORK/${1//[^A-Za-z0-9.-]/_}
  rm -rf -- "$CASE"
  mkdir -p "$CASE/home" && mkdir -m 700 "$CASE/runtime"
  cookies_flush
}

# The capture is cut by the clock: what belongs to a series began within it.
series() { # WAY RUNS COMMAND...
  local way=$1 runs=$2 run
  shift 2
  # Let the last packets of what was before go by.
  sleep 0.1
  printf '%s' "$EPOCHREALTIME" >"$CASE/$way.from"
  for ((run = 1; run <= runs; run++)); do
    one_run "$way" "$CASE/$way.$run" "$@"
  done
  sleep 0.1
  printf '%s' "$EPOCHREALTIME" >"$CASE/$way.to"
}

one_run() { # WAY PREFIX COMMAND...
  local way=$1 prefix=$2 start end status=0 environment=(TFOSHIM_CONFIG=)
  shift 2
  [[ $way == plain || $asker == yes ]] || environment=("${SHIM_ENVIRONMENT[@]}")
  mkdir "$prefix.d"
  start=${EPOCHREALTIME/[.,]/}
  # env comes last: timeout itself is not to be under the shim.
  (cd "$prefix.d" && on_client HOME="$CASE/home" XDG_RUNTIME_DIR="$CASE/runtime" LC_ALL=C.UTF-8 \
    timeout --kill-after 2 "$PATIENCE" env "${environment[@]}" "$@") \
    >"$prefix.out" 2>"$prefix.err" </dev/null || status=$?
  end=${EPOCHREALTIME/[.,]/}
  printf '%d\n' "$status" >"$prefix.status"
  printf '%d.%03d\n' $(((end - start) / 1000)) $(((end - start) % 1000)) >>"$CASE/$way.ms"
  rm -rf -- "$prefix.d"
}

# Sets `problem` to the first thing that is wrong, and the figures that the row shows.
case_judge() {
  local way
  problem=''
  for way in plain shim; do
    if [[ ! -e $CASE/$way.$RUNS.status ]]; then
      problem="does not start ($way)" equal=no count=0 carried=0
      return
    fi
    case_connections "$way" >"$CASE/$way.connections"
  done
  count=$(wc -l <"$CASE/shim.connections")
  carried=$(grep -c 'syn\.data=[1-9]' "$CASE/shim.connections")
  problem=$(judge_runs && judge_packets && judge_gain)
  equal=$([[ $problem == *output* || $problem == *status* ]] && echo no || echo yes)
}

case_connections() { # WAY
  connections "frame.time_epoch >= $(<"$CASE/$1.from") && frame.time_epoch <= $(<"$CASE/$1.to")" |
    grep 'from=client' | grep -v ' syns=0 '
}

# Print the first problem and fail, or print nothing.
judge_runs() {
  local run stream
  for run in "$CASE"/{plain,shim}.*.status; do
    case $(<"$run") in
    124 | 137) echo "hangs: ${run##*/}" && return 1 ;;
    esac
  done
  for run in "$CASE"/{plain.[2-9],shim.*}.status; do
    run=${run%.status}
    cmp -s "$run.status" "$CASE/plain.1.status" ||
      { echo "exit status $(<"$run.status") (${run##*/}), not $(<"$CASE/plain.1.status")" && return 1; }
    for stream in out err; do
      cmp -s <(normal "$run.$stream") <(normal "$CASE/plain.1.$stream") ||
        { echo "output differs: ${run##*/}.$stream" && return 1; }
    done
  done
  judge_success
}

# A program that fails in the same way both times has shown nothing.
judge_success() {
  (($(<"$CASE/plain.1.status") == 0)) || { echo "fails plain: $(tail -n 1 "$CASE/plain.1.err")" && return 1; }
  [[ -s $CASE/plain.1.out ]] || { echo 'plain run prints no output' && return 1; }
}

normal() { # FILE
  if [[ -n ${NORMAL-} ]]; then sed -E "$NORMAL" "$1"; else cat "$1"; fi
}

judge_packets() {
  local plain shim
  plain=$(syns plain) shim=$(syns shim)
  [[ $expected != race ]] || plain=$count/$count
  [[ $plain == "$shim" ]] || { echo "connections/SYNs $shim, plain $plain" && return 1; }
  ! grep -q 'synack.ms=none' "$CASE/shim.connections" ||
    { echo 'a connection without SYN-ACK' && return 1; }
}

syns() { # WAY
  awk '{ split($5, pair, "="); syns += pair[2] } END { printf "%d/%d", NR, syns }' \
    "$CASE/$1.connections"
}

judge_gain() {
  local wanted
  case $expected in
  all | any | race) wanted=$count ;;
  *) wanted=$((expected * RUNS)) ;;
  esac
  ((count)) || { echo 'no connection in the capture' && return 1; }
  [[ $expected == any || $expected == race ]] || ((carried == wanted)) || { echo "SYNs with data: $carried, expected $wanted" && return 1; }
  # Data that the server did not take from the SYN is sent twice and gains nothing.
  awk '{ split($6, data, "="); split($9, ack, "="); if (data[2] && ack[2] != data[2] + 1) bad = 1 }
    END { exit bad }' "$CASE/shim.connections" ||
    { echo 'SYN data not acknowledged' && return 1; }
}

median() { # WAY
  [[ -e $CASE/$1.ms ]] || { echo - && return; }
  sort -g "$CASE/$1.ms" | awk '{ value[NR] = $1 } END { printf "%.0f\n", value[int((NR + 1) / 2)] }'
}
