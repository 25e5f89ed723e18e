# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The table: a line a case as it ends, and all of it as a page of the documentation.

TABLE_FORMAT='%-34s %-24s %-8s %-6s %11s %11s %9s %8s  %s\n'

table_head() {
  # shellcheck disable=SC2059
  printf "$TABLE_FORMAT" program version role output connections 'data in SYN' 'plain ms' 'shim ms' note
}

# Reads what case_judge has set.
row() { # TITLE PACKAGE ROLE NOTE
  local note=$4 cells
  [[ -z $problem ]] || note="FAILED: $problem${4:+ ($4)}"
  cells=("$1" "$(package_version "$2")" "$3" "$equal" "$count" "$carried" "$(median plain)"
    "$(median shim)" "$note")
  # shellcheck disable=SC2059
  printf "$TABLE_FORMAT" "${cells[@]}"
  (IFS='|' && printf '%s\n' "${cells[*]}") >>"$ROWS"
}

# A group that ended early: its network or a server could not be had.
row_broken() { # GROUP
  printf '%s|||no|0|0|0|0|FAILED: the group could not be run\n' "$1" >>"$ROWS"
  printf 'FAILED: the group %s could not be run\n' "$1"
}

table_sum() {
  local failed
  failed=$(grep -c '|FAILED' "$ROWS")
  printf '%d passed, %d failed\n' "$(($(wc -l <"$ROWS") - failed))" "$failed"
  ((failed == 0)) && [[ -s $ROWS ]]
}

table_write() { # FILE
  {
    cat <<'PAGE'
# Programs that were tried

Made by `./dev suites real --write`; do not edit.

PAGE
    printf 'Debian %s, Linux %s, a round trip of %s ms. ' "$(</etc/debian_version)" "$(uname -r | cut -d- -f1)" "$REAL_RTT"
    cat <<'PAGE'
Each program runs three times plain and, after a first
run (the first contact with a port is a true `connect()`), three times under the shim with every
destination on and `first_write = "any"`. *Output equal*: standard output, standard error and exit
status are the same as in the plain runs. *Connections* and *data in SYN* are counted in the packets of
the three runs under the shim; the numbers of connections and SYNs must be the same as in the plain
runs, except those of browsers, which open some connections ahead of requests. Times are medians of the life of the process, including start-up. If the server speaks first, the
SYN carries no data, but its cookie lets the server speak at once.

A *client* talks to servers that use native Fast Open. A *server* runs under the shim, without Fast Open
in its own configuration, and its client uses native Fast Open.

| program | version | role | output equal | connections | data in SYN | median plain ms | median shim ms | note |
| --- | --- | --- | --- | ---: | ---: | ---: | ---: | --- |
PAGE
    awk -F '|' '{ printf "|"; for (i = 1; i <= NF; i++) printf " %s |", $i; print "" }' "$ROWS"
  } >"$1"
}
