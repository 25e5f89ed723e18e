# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The names of the hook table, and the programs that call them all. A Bats file sources this one after
# programs.bash.
#
#   hooked_names KIND...        those of hooks.def whose line begins with one of the kinds
#   found_late KIND...          those of libc.def, which the library looks up when it first calls them
#   symbols_defined FILE...     what libraries have and
#   symbols_called FILE...      what programs want of them, without versions
#   c_library [OPTION]...       the C library that the compiler links with
#   meet FAMILY [BUT-FOR]       each of rendezvous's ways of a family, but for those that match: the same
#                               plain and under the shim
#   first_calls SERVER FAMILY   the same for a family of first-call's, with that mode of the server
#
# The last two make the network, with a short round trip.

# ADDRESS and PATIENCE are for compare.
# shellcheck disable=SC2034

# The port that rendezvous accepts at; the reference server has $PORT.
MEETING_PORT=8090

# The first column of hooks.def.
hooked_names() { # KIND...
  local kinds
  kinds=$(IFS='|' && echo "$*")
  sed -nE "s/^($kinds)\(([A-Za-z0-9_]+).*/\2/p" "$TFOSHIM_ROOT/src/shim/hooks.def" | sort -u
}

# The second column of libc.def.
found_late() { # KIND...
  local kinds
  kinds=$(IFS='|' && echo "$*")
  sed -nE "s/^($kinds)\([^,]+, (\w+),.*/\2/p" "$TFOSHIM_ROOT/src/shim/libc.def" | sort -u
}

# Symbols, without their versions; files that are not programs are passed over.
symbols_defined() { # FILE...
  nm -D --defined-only --format=just-symbols "$@" 2>/dev/null | sed 's/@.*//' | sort -u
}

symbols_called() { # FILE...
  nm -D --undefined-only --format=just-symbols "$@" 2>/dev/null | sed 's/@.*//' | sort -u
}

c_library() { # [COMPILER-OPTION]...
  cc "$@" -print-file-name=libc.so.6
}

meet() { # FAMILY [BUT-FOR]
  local ways ADDRESS=$SERVER_IP4 PATIENCE=120
  [[ -n ${NETWORK_DIR-} ]] || network_up --rtt 20
  # The listener of rendezvous is on the server, the socket that connects on the client: nothing can be
  # accepted before the SYN has crossed the link.
  # shellcheck disable=SC2317
  on_client() {
    on_server "${NATIVE_PROGRAMS:-$PROGRAMS}/hand-down" listen "$SERVER_IP4" "$MEETING_PORT" \
      nsenter --net="/run/netns/$NETWORK_CLIENT" env "$@"
  }
  on_server sysctl -qw net.ipv4.tcp_fastopen=1027 # for listeners that do not ask for it, too
  reference_start sink
  mapfile -t ways < <("$PROGRAMS/rendezvous" "$1" | grep -vxE "${2:-}")
  ((${#ways[@]} > 5)) || return
  compare --records 0 "$PROGRAMS/rendezvous" inherited "${ways[@]}"
  assert_success
  refute_line --partial 'NOT MET'
  PORT=$MEETING_PORT were_deferred "${#ways[@]}"
}

# Each way comes after a connection that writes first: those show that connects were deferred all along.
# The first one of all may have been a true one.
were_deferred() { # WAYS
  (($(client_syns | grep -c 'syn.data=5 ') >= $1 - 1))
}

# Each call has two connections, and "__connect" makes a third.
first_calls() { # SERVER FAMILY
  local way count ADDRESS=$SERVER_IP4 PATIENCE=40
  [[ -n ${NETWORK_DIR-} ]] || network_up --rtt 20
  reference_start "$1"
  count=$("$PROGRAMS/first-call" "$2" | sed -n '/^__connect$/p;p;p' | wc -l)
  ((count > 5)) || return
  for way in blocking nonblocking; do
    compare --records "$count" "$PROGRAMS/first-call" "$ADDRESS" "$PORT" "$2" "$way"
    assert_success
    refute_line --regexp 'status [1-9]|EPIPE|ENOTCONN'
  done
}
