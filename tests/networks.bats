#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Transfers over a few networks, for a few seconds each. All networks, and how long it takes: ./dev networks

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup_file() {
  export NETWORKS_OUT=$BATS_FILE_TMPDIR/out NETWORKS_STATUS=$BATS_FILE_TMPDIR/status
  local status=0
  # File descriptor 3 is Bats's.
  "$BATS_TEST_DIRNAME/networks/run" quick >"$NETWORKS_OUT" 2>"$BATS_FILE_TMPDIR/log" 3>&- || status=$?
  echo "$status" >"$NETWORKS_STATUS"
}

# A column of the table of all networks, by the words of its head: "plain / shim / native", or one number
# for the three.
column() { # NETWORK HEAD
  awk -F ' *[|] *' -v network="$1" -v head="$2" '
    $2 == "network" { for (i = 2; i <= NF; i++) if ($i == head) column = i }
    column && $2 == network { print $column }' "$NETWORKS_OUT"
}

of_kind() { # plain|shim|native NETWORK HEAD
  local cell value
  declare -A value
  cell=$(column "$2" "$3")
  [[ $cell == */* ]] || cell="$cell / $cell / $cell"
  read -r "value[plain]" "value[shim]" "value[native]" <<<"${cell//\/}"
  [[ ${value[$1]} =~ ^[0-9]+$ ]] || fail "no number of $1 for $3 in $2: $cell"
  echo "${value[$1]}"
}

networks() {
  awk -F ' *[|] *' '$2 == "network" { found = 1; next } found && NF > 2 && $2 !~ /^-/ { print $2 }' \
    "$NETWORKS_OUT"
}

# The output is what a reader of the failure needs.
fail_with_output() { # WORD...
  cat "$NETWORKS_OUT" "$BATS_FILE_TMPDIR/log"
  fail "$*"
}

none_beyond_plain() { # HEAD
  local network plain shim
  for network in $(networks); do
    plain=$(of_kind plain "$network" "$1") shim=$(of_kind shim "$network" "$1")
    ((shim <= plain)) || fail_with_output "$1 over $network: $shim, plain $plain"
  done
}

@test "there are transfers of each kind over each network, and some have data in the SYN" {
  local network kind
  assert_equal "$(networks | xargs)" "clean mtu drop-syn-data strip-option-right nat-pool"
  for network in $(networks); do
    for kind in plain shim; do
      (($(of_kind "$kind" "$network" transfers) >= 80)) || fail_with_output "few transfers over $network"
    done
  done
  (($(of_kind plain clean 'data in SYN') == 0)) || fail_with_output 'plain has data in its SYNs'
  (($(of_kind shim clean 'data in SYN') >= 40)) || fail_with_output 'the shim has put few first writes into SYNs'
  (($(of_kind native clean 'data in SYN') >= 40)) || fail_with_output 'native has no data in its SYNs'
}

@test "no byte is wrong" {
  local network
  for network in $(networks); do
    (($(of_kind shim "$network" wrong) == 0)) || fail_with_output "wrong bytes over $network"
  done
}

@test "nothing is lost or doubled that plain has not" {
  none_beyond_plain lost
  none_beyond_plain doubled
}

@test "no call fails that plain has not" {
  none_beyond_plain errors
}

@test "no server reads a reset instead of EOF that plain has not" {
  none_beyond_plain resets
}

@test "the run says by its status whether a row fails" {
  local faults=0
  faults=$(grep -c '^FAILS ' "$NETWORKS_OUT") || true
  run -0 tail -n 1 "$NETWORKS_OUT"
  assert_output "$faults faults"
  assert_equal "$(<"$NETWORKS_STATUS")" $((faults > 0))
}

# Each on a network of its own: namespaces have names.
lie() { # wrong|lost|failed NETWORK
  LIAR=$1 "$BATS_TEST_DIRNAME/networks/run" --seconds 3 --library "$TFOSHIM_BUILD/tests/networks/libliar.so" \
    "$2" >"$BATS_TEST_TMPDIR/$1" 2>&1 3>&-
}

@test "a library that spoils, loses or refuses what programs write is found out" {
  local one status lies=()
  lie wrong clean &
  lies+=($!)
  lie lost nat &
  lies+=($!)
  lie failed strip-option &
  lies+=($!)
  for one in "${lies[@]}"; do
    status=0
    wait "$one" || status=$?
    assert_equal "$status" 1
  done
  run -0 grep '^FAILS ' "$BATS_TEST_TMPDIR/wrong"
  assert_line --regexp '^FAILS clean, [a-z-]+: wrong$'
  run -0 grep '^FAILS ' "$BATS_TEST_TMPDIR/lost"
  assert_line --regexp '^FAILS nat, (close|exit|linger): lost$'
  run -0 grep '^FAILS ' "$BATS_TEST_TMPDIR/failed"
  assert_line --regexp '^FAILS strip-option, [a-z-]+: errors$'
}
