#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Whose destination memory it is: users without a runtime directory, processes that change their user, and
# the command that shows it all.

# ADDRESS is for compare.
# shellcheck disable=SC2034

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required python3 unshare
  tfoshim=$TFOSHIM_BUILD/tfoshim
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR
  export LSAN_OPTIONS=suppressions=$BATS_TEST_DIRNAME/lsan.supp:print_suppressions=0
  unset XDG_RUNTIME_DIR
  [[ -n ${TFOSHIM_NAMESPACE-} ]] || fail 'run this by tests/in-namespace'
  ipcrm --all=shm # those of other tests: this namespace is theirs
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  [[ -z ${NETWORK_DIR-} ]] || network_down
}

# One connection under the shim, by a user who has no runtime directory.
connect_as() { # USER
  run -0 on_client env -u XDG_RUNTIME_DIR TFOSHIM_CONFIG="$CONF/on.conf" unshare --user --map-user="$1" \
    env LD_PRELOAD="$SHIM" "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
}

# What `stat` says of the server: how many fast opens, and how many handshakes.
figures() { # OPTION...
  run -0 --separate-stderr on_client "$tfoshim" stat --json "$@"
  python3 -c '
import json, sys
found = [(d["tried"], d["connected"]) for d in json.load(sys.stdin)["destinations"]]
print(*found)' <<<"$output"
}

# ---- nobody is without ----

@test "a user without a runtime directory opens fast" {
  network_up --rtt 20
  reference_start answer
  connect_as 1000
  assert_equal "$(last_syn syn.data syn.option)" '0 request'
  connect_as 1000
  assert_equal "$(last_syn syn.data syn.option | cut -d : -f 1)" '79 cookie'
  # Another has to find out for himself.
  connect_as 1001
  assert_equal "$(last_syn syn.data)" 0
}

# ---- who changes his user ----

@test "whoever changes his user has the former one's memory no more" {
  local way ids
  for way in setuid seteuid setreuid setresuid number; do
    run -0 env LD_PRELOAD="$TFOSHIM_BUILD/libtfoshim.so" TFOSHIM_CONFIG="$BATS_TEST_DIRNAME/conf/on.conf" \
      "$TFOSHIM_BUILD/tests/programs/new-user" "$way"
    assert_line --index 0 --regexp '^before: [0-9]+$'
    ids=${lines[0]#before: }
    assert_line --index 1 "the same user: $ids"
    assert_line --index 2 "unnoticed: $ids"
    assert_line --index 4 --regexp '^after: [0-9]+$'
    refute_line --index 4 "after: $ids"
  done
}

@test "whoever changes his user sees what he would see without the library" {
  local way plain
  for way in setuid seteuid setreuid setresuid number; do
    plain=$("$TFOSHIM_BUILD/tests/programs/new-user" "$way")
    run -0 env LD_PRELOAD="$TFOSHIM_BUILD/libtfoshim.so" TFOSHIM_CONFIG="$BATS_TEST_DIRNAME/conf/on.conf" \
      "$TFOSHIM_BUILD/tests/programs/new-user" "$way"
    assert_equal "$(grep -v : <<<"$output")" "$(grep -v : <<<"$plain")"
  done
}

# ---- who looks ----

# bats test_tags=unit
@test "stat: what several memories know of one place is added up" {
  run -0 "$TFOSHIM_BUILD/tests/unit/merge"
  refute_output
}

@test "stat: root sees the sum over all users" {
  network_up --rtt 20
  reference_start answer
  connect_as 1000
  connect_as 1000
  assert_equal "$(figures)" '(1, 2)'
  connect_as 1001
  connect_as 1001
  assert_equal "$(figures)" '(2, 4)'
  # Whose runtime directory is another than root's, means the memory there.
  assert_equal "$(XDG_RUNTIME_DIR=$NETWORK_DIR figures)" ''
  shim "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  assert_success
  assert_equal "$(XDG_RUNTIME_DIR=$NETWORK_DIR figures)" '(0, 1)'
  assert_equal "$(figures)" '(2, 5)'
  assert_equal "$(figures --memory "$NETWORK_DIR/tfoshim/memory")" '(0, 1)'
  # What is reset is what would be shown.
  run -0 on_client "$tfoshim" stat --reset --memory "$NETWORK_DIR/tfoshim/memory"
  assert_equal "$(figures)" '(2, 4)'
  run -0 on_client "$tfoshim" stat --reset
  assert_equal "$(figures)" ''
}

@test "stat --user: that user's, by name or number" {
  network_up --rtt 20
  reference_start answer
  connect_as 1000
  connect_as 1000
  # To this namespace the one who did that is whoever runs it.
  assert_equal "$(figures --user root)" '(1, 2)'
  assert_equal "$(figures --user 0)" '(1, 2)'
  assert_equal "$(figures --user nobody)" ''
  run -1 "$tfoshim" stat --user no-such-user
  assert_output 'tfoshim: stat: --user: there is no user "no-such-user"'
  run -1 "$tfoshim" stat --user -1
  assert_output 'tfoshim: stat: --user: there is no user "-1"'
  run -1 unshare --user --map-user=1000 "$tfoshim" stat --user 1001
  assert_output "tfoshim: stat: --user: only root can see the memory of another user"
  run -0 unshare --user --map-user=1000 "$tfoshim" stat --all --user 1000
  assert_line --partial "$SERVER_IP4:$PORT"
}

@test "stat --memory: files that name none" {
  run -1 "$tfoshim" stat --memory missing
  assert_output 'tfoshim: stat: --memory: missing: cannot be examined'
  : >empty
  chmod 600 empty
  run -1 "$tfoshim" stat --memory empty
  assert_output 'tfoshim: stat: --memory: empty: found other content, expected the name of a memory'
  ln -s empty link
  run -1 "$tfoshim" stat --memory link
  assert_output 'tfoshim: stat: --memory: link: found a symbolic link, expected a regular file'
  mkdir -m 700 run
  XDG_RUNTIME_DIR=$PWD/run "$tfoshim" run true
  run -0 "$tfoshim" stat --memory run/tfoshim/memory
  ipcrm --all=shm
  run -1 "$tfoshim" stat --memory run/tfoshim/memory
  assert_output --partial 'run/tfoshim/memory: no program in this IPC namespace has used it since boot'
  run -2 "$tfoshim" stat --memory run/tfoshim/memory --user root
  assert_output 'tfoshim: stat: --memory and --user cannot be used together'
}
