# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Packages, made and put into a scratch root. For Bats files:
#
#   packages DEB|RPM BUILD   packages what was built in BUILD; prints the packages' names
#   scratch_root             an empty system for dpkg, in ./root
#   dpkg_in_root ARGUMENT... dpkg there
#   root_files               what is in it, dpkg's own files aside

packages() { # GENERATOR BUILD
  local directory
  directory=$(mktemp -d "$PWD/packages.XXXXXX")
  cpack --config "$2/CPackConfig.cmake" -G "$1" -B "$directory" >cpack.log 2>&1 || fail "$(<cpack.log)"
  find "$directory" -maxdepth 1 -name "*.${1,,}" | sort
}

# The packages' scripts call ldconfig and do nothing else, so a shell that does nothing serves.
scratch_root() {
  mkdir -p root/var/lib/dpkg/{info,updates} root/bin
  : >root/var/lib/dpkg/status
  echo 'int main(void) { return 0; }' >sh.c
  cc -static -o root/bin/sh sh.c
}

# What the packages depend on is not in the root, but on the machine.
dpkg_in_root() { # ARGUMENT...
  dpkg --root="$PWD/root" --force-not-root --force-depends "$@" >dpkg.log 2>&1 || fail "$(<dpkg.log)"
}

root_files() {
  find root -path root/var -prune -o -print | sort
}
