#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A part of CPython's own tests, with and without the shim. All of them, and other projects': ./dev suites

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# Columns: tests, passed, skipped, failed, new failures.
none_is_new() { # WAY
  assert_line --regexp "^\| $1 \| [0-9]{3,} \| [0-9]{3,} \| [0-9]+ \| [0-9]+ \| 0 \|"
}

# Columns: deferred, opened with data in the SYN, started; the kernel's count of SYN data acknowledged.
fast_opens() { # WAY
  assert_line --regexp "^\| $1 \| [1-9][0-9]+ \| [1-9][0-9]+ \| [0-9]+ \| [1-9][0-9]+ \|"
}

# They wait for most of the time.
@test "CPython's network tests fare under the shim as they do without" {
  local way
  run "$BATS_TEST_DIRNAME/suites/run" --jobs 4 quick
  assert_success
  for way in 'as shipped' 'gate open'; do
    none_is_new "$way"
    fast_opens "$way"
  done
}
