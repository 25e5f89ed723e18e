# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Packages, made and put into a scratch root. For Bats files:
#
#   release_build SOURCE BUILD   builds what is packaged, as packages have it
#   library_files LIBDIR     what the two packages consist of, under the installation's prefix
#   command_files
#   packages DEB|RPM BUILD   packages what was built in BUILD; prints the packages' names
#   scratch_root             an empty system for dpkg, in ./root
#   dpkg_in_root ARGUMENT... dpkg there
#   root_files               what is in it, dpkg's own files aside

release_build() { # SOURCE BUILD
  cmake -S "$1" -B "$2" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr -DTFOSHIM_TESTS=OFF >/dev/null &&
    cmake --build "$2" --parallel "$(nproc)" >/dev/null
}

library_files() { # LIBDIR
  cat <<END | sort
$1/libtfoshim-policy.so
$1/libtfoshim.so
$1/pkgconfig/tfoshim.pc
$1/tfoshim-compile
share/doc/libtfoshim/changelog.gz
share/doc/libtfoshim/copyright
END
}

command_files() {
  cat <<END | sort
bin/tfoshim
lib/systemd/system/tfoshim-key-rotate.service
lib/systemd/system/tfoshim-key-rotate.timer
share/bash-completion/completions/tfoshim
share/doc/tfoshim/README.md
share/doc/tfoshim/SECURITY.md
share/doc/tfoshim/changelog.gz
share/doc/tfoshim/copyright
share/doc/tfoshim/conf/apparmor/tfoshim
share/doc/tfoshim/conf/selinux/tfoshim.te
share/doc/tfoshim/conf/tfoshim.conf
$(cd "$BATS_TEST_DIRNAME/.." && find docs examples -type f ! -name CMakeLists.txt ! -name demo -printf 'share/doc/tfoshim/%p\n')
share/fish/vendor_completions.d/tfoshim.fish
share/man/man1/tfoshim.1.gz
share/man/man5/tfoshim-json.5.gz
share/man/man5/tfoshim.conf.5.gz
share/man/man7/libtfoshim.7.gz
share/zsh/site-functions/_tfoshim
END
}

packages() { # GENERATOR BUILD
  local directory
  directory=$(mktemp -d "$PWD/packages.XXXXXX")
  cpack --config "$2/CPackConfig.cmake" -G "$1" -B "$directory" >cpack.log 2>&1 || fail "$(<cpack.log)"
  find "$directory" -maxdepth 1 -name "*.${1,,}" | sort
}

# What the packages' scripts do is tried in packaging.bats. Here a shell that does nothing serves.
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
