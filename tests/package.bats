#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The packages: what is in them, that what is in them works, and that they go as they came.

# run --separate-stderr assigns stderr.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# Built once, as packages are.
setup_file() {
  export LC_ALL=C PACKAGE_BUILD=$BATS_FILE_TMPDIR/build
  local source
  source=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  cmake -S "$source" -B "$PACKAGE_BUILD" -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr \
    -DTFOSHIM_TESTS=OFF >/dev/null
  cmake --build "$PACKAGE_BUILD" --parallel "$(nproc)" >/dev/null
}

setup() {
  load lib/network
  load programs/programs
  export HOME=$BATS_TEST_TMPDIR
  unset TFOSHIM_CONFIG XDG_CONFIG_HOME LD_PRELOAD
  libdir=$(sed -n 's/^CMAKE_INSTALL_LIBDIR:PATH=//p' "$PACKAGE_BUILD/CMakeCache.txt")
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  network_down
}

# What an installation consists of, under its prefix.
files() {
  cat <<END | sort
bin/tfoshim
$libdir/libtfoshim-policy.so
$libdir/libtfoshim.so
$libdir/pkgconfig/tfoshim.pc
share/bash-completion/completions/tfoshim
share/doc/tfoshim/README.md
share/doc/tfoshim/SECURITY.md
share/doc/tfoshim/changelog.gz
share/doc/tfoshim/copyright
share/doc/tfoshim/examples/tfoshim.conf
share/doc/tfoshim/how-it-works.md
share/fish/vendor_completions.d/tfoshim.fish
share/man/man1/tfoshim.1.gz
share/man/man5/tfoshim.conf.5.gz
share/man/man7/libtfoshim.7.gz
share/zsh/site-functions/_tfoshim
END
}

# Packages a build: DEB or RPM; prints the package's name.
package() { # GENERATOR
  cpack --config "$PACKAGE_BUILD/CPackConfig.cmake" -G "$1" -B "$PWD/packages" >cpack.log 2>&1 ||
    fail "$(<cpack.log)"
  find "$PWD/packages" -maxdepth 1 -name "*.${1,,}"
}

dpkg_in_root() { # ARGUMENT...
  dpkg --root="$PWD/root" --force-not-root --force-depends "$@" 2>dpkg.log || fail "$(<dpkg.log)"
}

@test "cmake --install puts everything where it belongs, and nothing else" {
  DESTDIR=$PWD/dest run -0 cmake --install "$PACKAGE_BUILD"
  assert_equal "$(cd dest/usr && find . -type f -printf '%P\n' | sort)" "$(files)"
  assert_equal "$(ls dest)" usr
  export PKG_CONFIG_PATH=$PWD/dest/usr/$libdir/pkgconfig
  run -0 pkg-config --variable=preload tfoshim
  assert_output "/usr/$libdir/libtfoshim.so"
  run -0 pkg-config --modversion tfoshim
  assert_output "$(dest/usr/bin/tfoshim --version | cut -d ' ' -f 2)"
  # Program and manual agree on where the system's configuration is.
  run -0 dest/usr/bin/tfoshim check --help
  assert_line "  /etc/tfoshim.conf"
  run -0 zcat dest/usr/share/man/man5/tfoshim.conf.5.gz
  assert_line '/etc/tfoshim.\&conf'
}

@test "the .deb: its control data and its files" {
  deb=$(package DEB)
  assert_equal "$(dpkg-deb -f "$deb" Package Architecture)" "\
Package: tfoshim
Architecture: $(dpkg --print-architecture)"
  run -0 dpkg-deb -f "$deb" Depends
  for library in libc6 libconfig libmnl0; do
    assert_output --regexp "(^| )$library"
  done
  run -0 dpkg-deb --fsys-tarfile "$deb"
  dpkg-deb --fsys-tarfile "$deb" | tar -tv >list
  assert_equal "$(sed -n 's|.* \./usr/\(.*[^/]\)$|\1|p' list | sort)" "$(files)"
  # Everything is root's, and nobody else may write to it.
  run -1 grep -vE '^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x) root/root ' list
  assert_equal "$(grep -c '^-rwxr-xr-x' list)" 1
}

@test "the .deb installed is used, and removed without a trace" {
  mkdir -p root/var/lib/dpkg
  : >root/var/lib/dpkg/status
  mkdir -p root/var/lib/dpkg/{info,updates} root/bin
  # The scripts call ldconfig and do nothing else, so a shell that does nothing serves.
  package=$(package DEB)
  dpkg-deb -e "$package" control
  run -1 grep -hvE '^(#!/bin/sh|set -e|if \[.*|[[:blank:]]*ldconfig|fi|)$' control/post{inst,rm}
  refute_output
  echo 'int main(void) { return 0; }' >sh.c
  cc -static -o root/bin/sh sh.c
  find root -path root/var -prune -o -print | sort >before
  dpkg_in_root --install "$package" >/dev/null
  tfoshim=$PWD/root/usr/bin/tfoshim
  # It was moved as a whole, so it finds the library that came with it.
  run -0 --separate-stderr "$tfoshim" run sh -c 'grep -o " /.*/libtfoshim.so" /proc/self/maps'
  assert_line --index 0 " $PWD/root/usr/$libdir/libtfoshim.so"
  assert_equal "$stderr" ""
  run -0 "$tfoshim" doctor cat
  assert_line "  ok       library: $PWD/root/usr/$libdir/libtfoshim.so"
  run -0 "$tfoshim" check root/usr/share/doc/tfoshim/examples/tfoshim.conf
  used_over_network "$tfoshim"
  dpkg_in_root --purge tfoshim >/dev/null
  find root -path root/var -prune -o -print | sort >after
  run -0 diff before after
}

# A program's first write leaves in the SYN, by the installed library and a configuration file.
used_over_network() { # COMMAND
  network_up --rtt 2
  reference_start sink
  for _ in 1 2; do
    run -0 on_client XDG_RUNTIME_DIR="$NETWORK_DIR" "$1" run -c "$CONF/on.conf" \
      "$PROGRAMS/client" "$SERVER_IP4" "$PORT" --bytes 79
  done
  assert_equal "$(last_syn syn.data syn.option)" "79 cookie"
}

@test "the .rpm has the same files" {
  rpm=$(package RPM)
  assert_equal "$(rpm -qpl "$rpm" | sed -n 's|^/usr/||p' | grep -vx 'share/doc/tfoshim\(/examples\)\?')" \
    "$(files)"
  run -0 rpm -qp --requires "$rpm"
  assert_line --regexp '^libconfig\.so\.'
  assert_equal "$(rpm -qp --qf '%{NAME} %{LICENSE}' "$rpm")" "tfoshim MIT"
}
