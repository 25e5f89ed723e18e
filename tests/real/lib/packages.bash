# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The programs under test, as Debian packages them.

# shellcheck source-path=SCRIPTDIR/../../.. source=tests/lib/apt.bash disable=SC1091
source "${BASH_SOURCE[0]%/*}/../../lib/apt.bash"

PACKAGES=(curl wget git openssl openssh-client openssh-server lftp tnftp swaks redis-tools
  redis-server postgresql-client-15 postgresql-15 mariadb-client-core mariadb-server-core python3
  python3-aiosmtpd python3-pyftpdlib nodejs perl libwww-perl ruby php-cli apache2-utils apache2-bin
  nginx haproxy memcached socat aria2 chromium firefox-esr tshark iproute2 util-linux)

real_die() {
  printf 'real: %s\n' "$*" >&2
  exit 1
}

packages_missing() {
  local package
  for package in "${PACKAGES[@]}"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      printf '%s\n' "$package"
  done
}

packages_check() {
  local missing
  mapfile -t missing < <(packages_missing)
  ((${#missing[@]} == 0)) || real_die "run this outside a namespace, or install: ${missing[*]}"
}

packages_install() {
  local missing as_root=()
  mapfile -t missing < <(packages_missing)
  ((${#missing[@]})) || return 0
  command -v apt-get >/dev/null || real_die "this installs with apt-get; elsewhere install: ${missing[*]}"
  ((EUID == 0)) || as_root=(sudo)
  printf 'real: installing %s\n' "${missing[*]}" >&2
  "${as_root[@]}" apt-get update -qq >&2 ||
    printf 'real: apt-get update failed: going on with what is known\n' >&2
  "${as_root[@]}" bash -c "$(declare -f packages_without_services)"'; packages_without_services "$@"' \
    bash "${missing[@]}" || real_die "apt-get could not install: ${missing[*]}"
}

package_version() { # PACKAGE
  dpkg-query -W -f '${Version}' "$1"
}
