# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the command prints with --json. For Bats files; $output is what it has printed.
#
#   json_assert VERB        it is as tfoshim-json(5) says
#   json_get EXPRESSION     prints a Python expression of the whole (`all`)
#   json_findings           prints the findings of doctor as its text has them, without the titles

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

json_findings() {
  /usr/bin/python3 -c 'import json, sys
for one in json.loads(sys.argv[1])["findings"]:
    print("  %-7s  %s" % (one["status"], one["text"]))
    for remedy in one["remedies"]:
        print("           %s: %s" % (remedy["label"], remedy["text"]))' "$output"
}
