# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the command prints with --json. For Bats files; $output is what it has printed.
#
#   json_assert VERB        it is as tfoshim-json(5) says
#   json_get EXPRESSION     prints a Python expression of the whole (`all`)

json_assert() { # VERB
  local lib=${BASH_SOURCE[0]%/*} wrong
  # Bats's run takes newlines off the end and nothing else.
  # shellcheck disable=SC2154
  wrong=$(/usr/bin/python3 "$lib/json_page.py" "$lib/../../man/tfoshim-json.5.scd" "$1" <<<"$output" 2>&1) ||
    fail "$1 --json: $wrong"
}

json_get() { # EXPRESSION
  /usr/bin/python3 -c 'import json, sys
all = json.loads(sys.argv[1])
print(eval(sys.argv[2]))' "$output" "$1"
}
