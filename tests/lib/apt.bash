# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Installing what tests need. Loaded by dev and by tests/real.

# Debian starts what it installs: a web server on a developer's port 80. The policy that forbids it is
# taken away again, unless the machine had one.
packages_without_services() { # PACKAGE...
  local policy=/usr/sbin/policy-rc.d status=0
  if [[ ! -e $policy ]]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy" || return
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
    status=1
  return "$status"
}
