#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The packages: what is in them, that what is in them works, and that they go as they came.

# run --separate-stderr assigns stderr.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# Built once, as packages are: with debugging information, which is taken out again, but the build identifier is
# made of it. The manual has the date.
setup_file() {
  export LC_ALL=C PACKAGE_BUILD=$BATS_FILE_TMPDIR/build SOURCE_DATE_EPOCH=1700000000 CFLAGS=-g
  load lib/package
  release_build "$(cd "$BATS_TEST_DIRNAME/.." && pwd)" "$PACKAGE_BUILD"
}

setup() {
  load lib/network
  load lib/package
  load programs/programs
  export HOME=$BATS_TEST_TMPDIR
  unset TFOSHIM_CONFIG XDG_CONFIG_HOME LD_PRELOAD
  libdir=$(sed -n 's/^CMAKE_INSTALL_LIBDIR:PATH=//p' "$PACKAGE_BUILD/CMakeCache.txt")
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  network_down
}

# Makes the packages; sets $library_package and $command_package.
both_packages() { # GENERATOR [BUILD]
  local made
  made=$(packages "$1" "${2:-$PACKAGE_BUILD}")
  library_package=$(grep '/libtfoshim[^/]*$' <<<"$made")
  command_package=$(grep '/tfoshim[^/]*$' <<<"$made")
}

@test "cmake --install puts everything where it belongs, and nothing else" {
  DESTDIR=$PWD/dest run -0 cmake --install "$PACKAGE_BUILD"
  assert_equal "$(cd dest/usr && find . -type f -printf '%P\n' | sort)" \
    "$({ library_files "$libdir" && command_files; } | sort)"
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

# FIELDS, as dpkg-deb prints them, and the files.
deb_is() { # PACKAGE FIELDS FILES
  mapfile -t fields < <(cut -d : -f 1 <<<"$2")
  assert_equal "$(dpkg-deb -f "$1" "${fields[@]}")" "$2"
  dpkg-deb --fsys-tarfile "$1" | tar -tv >list
  assert_equal "$(sed -n 's|.* \./usr/\(.*[^/]\)$|\1|p' list | sort)" "$3"
  # Everything is root's, and nobody else may write to it.
  run -1 grep -vE '^(-rw-r--r--|-rwxr-xr-x|drwxr-xr-x) root/root ' list
  assert_equal "$(sed -n 's|^-rwxr-xr-x .* \./usr/||p' list)" "$(grep -E '^bin/|/tfoshim-compile$' <<<"$3")"
}

@test "the .debs: their control data and their files" {
  local architecture library
  architecture=$(dpkg --print-architecture)
  both_packages DEB
  deb_is "$library_package" "\
Package: libtfoshim
Architecture: $architecture
Multi-Arch: same" "$(library_files "$libdir")"
  deb_is "$command_package" "\
Package: tfoshim
Architecture: $architecture
Multi-Arch: foreign" "$(command_files)"
  run -0 dpkg-deb -f "$library_package" Depends
  refute_output --partial nettle
  for library in libc6 libconfig; do
    assert_output --regexp "(^| )$library"
  done
  run -0 dpkg-deb -f "$command_package" Depends
  for library in "libtfoshim \\(= $(dpkg-deb -f "$library_package" Version)\\)" libc6 libconfig libnettle; do
    assert_output --regexp "(^| )$library"
  done
}

# What it may say, and why:
#   bogus-mail-host        CPACK_PACKAGE_CONTACT is for whoever publishes packages to set
#   sharedobject-...       the library is to be preloaded by its bare name, and nothing links with it
#   maintscript-calls-...  CPack writes these scripts for whatever has a library
#   maintainer-script-...  the drop-ins that it removes are of other packages' services
#   syntax-error-in-...    the changelog is the project's, for no Debian source package is made
@test "the .debs: what is done when they are removed" {
  both_packages DEB
  dpkg-deb -e "$command_package" control
  run -0 cmp control/prerm "$BATS_TEST_DIRNAME/../packaging/before-removal"
  run -0 cmp control/postrm "$BATS_TEST_DIRNAME/../packaging/after-removal"
}

@test "the .debs are the same bytes, in whichever directory they are built" {
  local package tree=$PWD/'another tree'
  both_packages DEB
  mkdir "$tree"
  tar -C "$BATS_TEST_DIRNAME/.." --exclude='./build*' --exclude=./.git -c . | tar -C "$tree" --no-same-owner -x
  release_build "$tree" "$tree/build release"
  for package in "$library_package" "$command_package"; do
    mv "$package" "${package##*/}"
  done
  both_packages DEB "$tree/build release"
  for package in "$library_package" "$command_package"; do
    run -0 cmp "$package" "${package##*/}"
  done
}

@test "without what finds a .deb's dependencies none is made" {
  mount --bind /dev/null /usr/bin/dpkg-shlibdeps
  run cpack --config "$PACKAGE_BUILD/CPackConfig.cmake" -G DEB -B "$PWD"
  umount /usr/bin/dpkg-shlibdeps
  assert_failure
  assert_output --partial 'dpkg-shlibdeps is missing'
  run -0 find . -name '*.deb'
  refute_output
}

@test "without scdoc there is an error, or no manual where none is wanted" {
  local options=(-S "$BATS_TEST_DIRNAME/.." -DTFOSHIM_TESTS=OFF)
  mount --bind /dev/null /usr/bin/scdoc
  run cmake "${options[@]}" -B with
  local status_with=$status output_with=$output
  run cmake "${options[@]}" -B without -DTFOSHIM_MANUAL=OFF
  umount /usr/bin/scdoc
  assert_success
  [[ $status_with != 0 ]]
  assert_regex "$output_with" 'scdoc is missing, which makes the manual: install it'
}

@test "lintian has no complaint that is not expected" {
  both_packages DEB
  run lintian --allow-root --suppress-tags "bogus-mail-host,sharedobject-in-library-directory-missing-soname,\
maintscript-calls-ldconfig,maintainer-script-calls-systemctl,syntax-error-in-debian-changelog" "$library_package" "$command_package"
  assert_output ''
  assert_success
}

@test "lintian finds every object hardened" {
  both_packages DEB
  run -0 lintian-explain-tags --list-tags
  mapfile -t tags < <(grep '^hardening-' <<<"$output")
  ((${#tags[@]} >= 4))
  run lintian --allow-root --tags "$(IFS=,; echo "${tags[*]}")" "$library_package" "$command_package"
  assert_output ''
  assert_success
}

@test "the .debs installed are used, and removed without a trace" {
  both_packages DEB
  dpkg-deb -e "$library_package" control
  run -1 grep -hvE '^(#!/bin/sh|set -e|if \[.*|[[:blank:]]*ldconfig|fi|)$' control/post{inst,rm}
  refute_output
  scratch_root
  root_files >before
  dpkg_in_root --install "$library_package" "$command_package"
  tfoshim=$PWD/root/usr/bin/tfoshim
  # It was moved as a whole, so it finds the library that came with it.
  run -0 --separate-stderr "$tfoshim" run sh -c 'grep -o " /.*/libtfoshim.so" /proc/self/maps'
  assert_line --index 0 " $PWD/root/usr/$libdir/libtfoshim.so"
  assert_equal "$stderr" ""
  run -0 "$tfoshim" doctor cat
  assert_line "  ok       library: $PWD/root/usr/$libdir/libtfoshim.so"
  run -0 "$tfoshim" check root/usr/share/doc/tfoshim/conf/tfoshim.conf
  used_over_network "$tfoshim"
  dpkg_in_root --purge tfoshim libtfoshim
  root_files >after
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

rpm_is() { # PACKAGE NAME FILES
  assert_equal "$(rpm -qp --qf '%{NAME} %{LICENSE}' "$1")" "$2 MIT"
  assert_equal "$(rpm -qp --qf '[%{FILEMODES:perms} %{FILENAMES}\n]' "$1" | sed -n 's|^-[^ ]* /usr/||p')" "$3"
}

@test "the .rpms have the same files" {
  both_packages RPM
  rpm_is "$library_package" libtfoshim "$(library_files "$libdir")"
  rpm_is "$command_package" tfoshim "$(command_files)"
  run -0 rpm -qp --requires "$command_package"
  assert_line --regexp '^libconfig\.so\.'
  assert_line --regexp '^libtfoshim = '
}
