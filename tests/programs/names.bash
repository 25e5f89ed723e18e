# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The names of the hook table, and those that programs and libraries have. A Bats file sources this one
# after tests/lib/network.bash.

# The first column of hooks.def.
hooked_names() { # KIND...
  local kinds
  kinds=$(IFS='|' && echo "$*")
  sed -nE "s/^($kinds)\(([A-Za-z0-9_]+).*/\2/p" "$TFOSHIM_ROOT/src/shim/hooks.def" | sort -u
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
