#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The policy's unit tests (tests/unit), and what its module and its objects are made of.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  build=${TFOSHIM_BUILD:-$BATS_TEST_DIRNAME/../build}
}

unit() {
  run -0 "$build/tests/unit/$1"
  refute_output
}

# bats test_tags=unit
@test "socket addresses are read within their length" {
  unit endpoint
}

# bats test_tags=unit
@test "the first rule that matches decides, and the default where none does" {
  unit decide
}

# bats test_tags=unit
@test "a connect opens fast, or there is a reason why not" {
  unit decision
}

# bats test_tags=unit
@test "a policy that is not whole is not used" {
  unit usable
}

# bats test_tags=unit
@test "random policies decide as a matcher that walks their rules" {
  unit matching
}

# bats test_tags=unit
@test "a decision among 10,000 rules is a few binary searches" {
  unit cost
}

# bats test_tags=unit
@test "host patterns match by what the resolver answered" {
  unit names
}

# bats test_tags=unit
@test "threads never see a torn answer of the resolver" {
  unit names_threads
}

# bats test_tags=unit
@test "compiling leaves locale and descriptors alone and survives lack of memory" {
  unit compiling
}

# bats test_tags=unit
@test "the configuration file is searched in order" {
  unit search
}

# bats test_tags=unit
@test "slips of the pen are recognised" {
  unit words
}

# Its allocator hands the program's on to libconfig, which it would not find by itself.
# The sanitizers' allocator is not to be passed by.
# bats test_tags=no-sanitizer
@test "the module exports its one function and an allocator, without a version" {
  run -0 nm --dynamic --defined-only --extern-only --format=just-symbols \
    "$build/libtfoshim-policy.so"
  assert_output "$(printf '%s\n' calloc free malloc realloc tfoshim_policy_compile)"
}

@test "what decides needs no allocation, no stdio and no locks" {
  local objects=("$build"/src/policy/CMakeFiles/tfoshim_policy.dir/*.o)
  # The sanitizers and the debug builds of libc add names of their own.
  run -0 nm --undefined-only --format=just-symbols "${objects[@]}"
  refute_line --regexp '^(malloc|calloc|realloc|free|strdup|pthread_.*|.*printf.*|fopen|fputs)$'
}
