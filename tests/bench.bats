#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the benchmarks make of samples: medians, ratios, verdicts, and the page. The samples are given.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

BENCH=$BATS_TEST_DIRNAME/../bench

setup() {
  # A build directory of its own, in which there only has to be something.
  export TFOSHIM_BUILD=$BATS_TEST_TMPDIR/build TFOSHIM_NAMESPACE=1
  unset BENCH_SAMPLES BENCH_RESULTS
  mkdir "$TFOSHIM_BUILD" && touch "$TFOSHIM_BUILD/libtfoshim.so"
}

# An entry whose samples are given: lines of a place of the axis, a variant and its values.
canned() { # TARGET [NAME=VALUE]...
  local target=$1
  shift
  cat >"$BATS_TEST_TMPDIR/canned" <<END
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, "$BENCH")
from lib import book, figures
FIGURE = figures.Figure("made", "A made figure", "ms", ("plain", "shim"), "By hand.", axis="size",
    plot="log", targets=(figures.Target("shim", $target),))
def measure(kept):
    for line in sys.stdin:
        x, variant, *values = line.split()
        for value in values:
            kept.take("made", variant, float(value), x)
book.run("${ENTRY:-canned}", (FIGURE,), measure, 5, "Canned")
END
  env "$@" /usr/bin/python3 "$BATS_TEST_TMPDIR/canned"
}

# Of 9 samples all but the outermost two have the median between them with 95 %.
samples() {
  echo '10 plain 10 20 30 40 50 60 70 80 90'
  echo '10 shim   5 12 15 20 25 30 35 40 45'
}

@test "a figure is a median with its interval, and a ratio of samples of the same round" {
  run -0 canned 0.5 <<<"$(samples)"
  # From the second to the last but one: 20 to 80.
  assert_line --regexp '^10 +50 ± 30 +25 ± 14 \(0.500\)$'
}

@test "a ratio is the median of those of the rounds, not that of medians" {
  run -0 canned 0.9 <<<$'10 plain 10 20 30\n10 shim 9 10 60'
  assert_line --regexp '^10 +20 ± 10 +10 ± 25.5 \(0.900\)$'
}

@test "few samples have all of them for an interval, and one has none" {
  run -0 canned 0.5 <<<$'10 plain 10 20 60\n10 shim 4 4 4'
  assert_line --regexp '^10 +20 ± 25 +4 '
  run -0 canned 0.5 <<<$'10 plain 10\n10 shim 4'
  assert_line --regexp '^10 +10 +4 \(0.400\)$'
}

@test "a target that is missed fails, and one that is reached does not" {
  run -1 canned 0.4 <<<"$(samples)"
  assert_line 'target: shim: 0.40 of plain at most: 0.500 at 10, MISSED'
  run -0 canned 0.5 <<<"$(samples)"
  assert_line 'target: shim: 0.50 of plain at most: 0.500 at 10, reached'
}

@test "a target that the interval keeps to in part is neither" {
  run -0 canned 1.0 <<<$'10 plain 10 10 10\n10 shim 9 11 12'
  assert_line 'target: shim: 1.00 of plain at most: 1.100 at 10, within the spread'
}

@test "a target may be of the value, of what is more, and of what grows" {
  run -1 canned '24.9, "value"' <<<$'a plain 40\na shim 25'
  run -0 canned '25, "value"' <<<$'a plain 40\na shim 25'
  run -1 canned '2, "more"' <<<$'a plain 10\na shim 13'
  assert_line 'target: shim: 2 more than plain at most: 3 at a, MISSED'
  run -0 canned '3, "more"' <<<$'a plain 10\na shim 13'
  run -0 canned '1.1, "growth"' <<<$'1 plain 10\n1 shim 20\n100 plain 30\n100 shim 60'
  run -1 canned '1.1, "growth"' <<<$'1 plain 10\n1 shim 20\n100 plain 30\n100 shim 75'
  assert_line --partial '1.250 at 100 (the worst of 2), MISSED'
}

@test "a target that is not reached may be accepted up to a bound, with a reason, and fails beyond it" {
  local target='4, "more", accepted=6, why="a promise"'
  run -0 canned "$target" <<<$'a plain 10\na shim 16'
  assert_line 'target: shim: 4 more than plain at most: 6 at a, accepted: 2 beyond, up to 6 is accepted: a promise'
  run -0 canned "$target" <<<$'a plain 10\na shim 14'
  assert_line 'target: shim: 4 more than plain at most: 4 at a, reached'
  run -1 canned "$target" <<<$'a plain 10\na shim 16\nb plain 10\nb shim 17'
  assert_line --partial '7 at b (the worst of 2), MISSED: 3 beyond, up to 6 is accepted: a promise'
  run -1 canned '4, "more", accepted=6' <<<$'a plain 10\na shim 14'
  assert_output --partial 'an accepted bound is beyond the target, and has a reason'
  run -1 canned '4, "more", accepted=3, why="none"' <<<$'a plain 10\na shim 14'
  assert_output --partial 'an accepted bound is beyond the target, and has a reason'
}

@test "a target is of the places that it names" {
  run -0 canned '0.5, at=("10",)' <<<"$(samples; printf '99 plain 1\n99 shim 2\n')"
  run -1 canned '0.5, at=("99",)' <<<"$(samples; printf '99 plain 1\n99 shim 2\n')"
}

@test "the samples are kept, and a line of JSON for each run" {
  run -0 canned 0.5 <<<$'10 plain 10 20\n10 shim 5 7.5'
  run -1 canned 0.1 <<<$'10 plain 10 20\n10 shim 5 7.5'
  run -0 cat "$TFOSHIM_BUILD/bench/canned.csv"
  assert_output 'figure,x,variant,round,value
made,10,plain,0,10
made,10,plain,1,20
made,10,shim,0,5
made,10,shim,1,7.5'
  run -0 python3 -c 'import json, sys
for line in sys.stdin:
    one = json.loads(line)
    print(one["entry"], one["made_10_plain"], one["made_10_shim"], one["met"])' <"$TFOSHIM_BUILD/bench.jsonl"
  assert_output $'canned 15.0 6.25 True\ncanned 15.0 6.25 False'
}

@test "the page has the targets, how each figure was got, its table, and a plot" {
  run -1 canned 0.4 <<<"$(samples; printf '100 plain 1\n100 shim 2\n')"
  run -0 "$BENCH/page" --to "$BATS_TEST_TMPDIR/docs"
  run -0 cat "$BATS_TEST_TMPDIR/docs/performance.md"
  assert_line '| canned: A made figure | shim | 0.40 of plain at most | 2.000 at 100 | MISSED |'
  assert_line --partial 'By hand. 9 samples of each; ms.'
  assert_line '| 10 | 50 ± 30 | 25 ± 14 (0.500) |'
  assert_line '![A made figure](performance/made.svg)'
  assert_line --partial "$(uname -r)"
  run -0 cat "$BATS_TEST_TMPDIR/docs/performance/made.svg"
  assert_line --partial '<svg'
  assert_line --partial 'A made figure'
}

@test "a page is of one run" {
  run -0 canned 0.5 <<<"$(samples)"
  ENTRY=other run -0 canned 0.5 <<<"$(samples)"
  sed -i 's/"commit": "[^"]*"/"commit": "another"/' "$TFOSHIM_BUILD/bench/other.json"
  run -1 "$BENCH/page" --to "$BATS_TEST_TMPDIR/docs"
  assert_output --partial 'not of one run: commit is'
}

@test "an entry that there is not is an error, and says what there is" {
  run -2 "$BENCH/run" latncy
  assert_output --regexp '^bench: there is no latncy; there are: .*latency.*$'
}
