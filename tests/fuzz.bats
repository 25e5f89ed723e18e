#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Whatever reads other people's bytes, by its fuzzer: on the inputs that are kept, among them all that ever
# went wrong, and on ten seconds of new ones. `./dev fuzz` takes longer.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup_file() {
  source=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  export source TFOSHIM_FUZZ_WORK=$BATS_FILE_TMPDIR
  "$source/fuzz/run" --build
}

fuzzed() { # NAME
  run -0 "$source/fuzz/run" 10 "$1"
  assert_output --regexp "^fuzz: $1: [0-9]+ inputs, coverage [0-9]+\$"
}

@test "every fuzzer has inputs that are kept, and is run here" {
  run -0 sed -nE 's/^foreach\(fuzzer IN ITEMS (.*)\)$/\1/p' "$source/fuzz/CMakeLists.txt"
  mapfile -t names < <(tr ' ' '\n' <<<"$output")
  ((${#names[@]} >= 9))
  assert_equal "$(find "$source/fuzz/corpus" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' | sort)" \
    "$(printf '%s\n' "${names[@]}" | sort)"
  assert_equal "$(sed -nE 's/^  fuzzed (.+)$/\1/p' "$BATS_TEST_FILENAME" | sort)" "$(printf '%s\n' "${names[@]}" | sort)"
}

@test "command lines" {
  fuzzed command-line
}

@test "configurations" {
  fuzzed config
}

@test "programs' files" {
  fuzzed elf
}

@test "first writes" {
  fuzzed first-write
}

@test "the memory's file" {
  fuzzed memory
}

@test "the kernel's answers over netlink" {
  fuzzed netlink
}

@test "flat policies" {
  fuzzed policy
}

@test "the kernel's texts" {
  fuzzed texts
}

@test "service units" {
  fuzzed units
}

# Its fuzzer tries whatever there is: nothing of it may reach the machine.
@test "the command under its fuzzer can change nothing" {
  nm -u "$source"/build-fuzz/fuzz/sealed_*.a >"$BATS_TEST_TMPDIR/called"
  run -0 grep -cE '^ +U sealed_' "$BATS_TEST_TMPDIR/called"
  local files='open|fopen|creat|mkdir|mknod|mkfifo|mkdtemp|mko?stemps?|rename|link|symlink|unlink|remove|truncate|rmdir'
  local owners='chmod|fchmod|lchown|chown|fchown|mount|umount|setxattr|utimens|futimens'
  local others='exec[a-z]+|system|popen|fork|vfork|posix_spawnp?|kill|raise|prctl|setrlimit|socket|connect|sendto|syscall|_?exit'
  run -1 grep -E "^ +U ($files|$owners|$others)(at|at2|2|64)?\$" "$BATS_TEST_TMPDIR/called"
}
