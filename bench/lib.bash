# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What the benchmarks share. A benchmark writes samples, a line each: VARIANT VALUE...

# shellcheck source-path=SCRIPTDIR/.. source=tests/lib/network.bash disable=SC1091
source "${BASH_SOURCE[0]%/*}/../tests/lib/network.bash"

bench_die() {
  printf 'bench: %s\n' "$1" >&2
  exit 1
}

# Of the samples on standard input, the median of a column (2 is the first value) of one variant.
median() { # VARIANT COLUMN
  awk -v variant="$1" -v column="$2" '$1 == variant { print $column }' | sort -g | awk '
    { value[NR] = $1 }
    END {
      if (!NR) exit 1
      middle = int((NR + 1) / 2)
      print NR % 2 ? value[middle] : (value[middle] + value[middle + 1]) / 2
    }'
}

ratio() { # VALUE BASE
  awk -v value="$1" -v base="$2" 'BEGIN { printf "%.3f\n", value / base }'
}

at_most() { # VALUE LIMIT
  awk -v value="$1" -v limit="$2" 'BEGIN { exit !(value <= limit) }'
}

# A line of JSON; values are numbers, or true and false.
bench_result() { # ENTRY [NAME=VALUE]...
  local line pair
  TZ=UTC printf -v line '{"entry":"%s","when":"%(%FT%TZ)T","kernel":"%s"' "$1" -1 "$(uname -r)"
  for pair in "${@:2}"; do
    line+=",\"${pair%%=*}\":${pair#*=}"
  done
  printf '%s}\n' "$line" >>"${BENCH_RESULTS:-$TFOSHIM_BUILD/bench.jsonl}"
}
