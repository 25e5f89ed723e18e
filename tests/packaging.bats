#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The source archive, and the packages that distributions make of it: debian/ and packaging/.

# A "sed" does with every line what the shell does with one; a script's "$" is its own.
# shellcheck disable=SC2001,SC2016

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# A repository with this tree as its only commit, and what "./dev dist" makes of it in $DIST.
setup_file() {
  export LC_ALL=C REPOSITORY=$BATS_FILE_TMPDIR/repository DIST=$BATS_FILE_TMPDIR/dist VERSION
  local date='2026-01-31 12:00:00 +0000'
  mkdir "$REPOSITORY"
  tar -C "$BATS_TEST_DIRNAME/.." --exclude='./build*' --exclude=./.git -c . | tar -C "$REPOSITORY" --no-same-owner -x
  VERSION=$(sed -n 's/^  VERSION //p' "$REPOSITORY/CMakeLists.txt")
  (
    cd "$REPOSITORY"
    git init -q
    git config user.name somebody
    git config user.email somebody@localhost
    git add -A
    GIT_AUTHOR_DATE=$date GIT_COMMITTER_DATE=$date git commit -qm 'All of it'
    git tag "v$VERSION"
    ./dev dist "$DIST"
  ) >/dev/null
}

setup() {
  load lib/package
  load lib/container
  export HOME=$BATS_TEST_TMPDIR
  unset CFLAGS LD_PRELOAD SOURCE_DATE_EPOCH
  cd "$BATS_TEST_TMPDIR" || exit
}

unpack() {
  tar -xzf "$DIST/tfoshim-$VERSION.tar.gz"
}

# ---- sources ----

@test "the source archive is the same bytes, whoever makes it" {
  git clone -q "$REPOSITORY" 'another clone'
  mkdir 'another clone/build'
  : >'another clone/build/object'
  (umask 077 && cd 'another clone' && ./dev dist ../again)
  for file in "$DIST"/*; do
    run -0 cmp "$file" "again/${file##*/}"
  done
}

@test "the source archive has the files of the commit, by git as by cpack" {
  files=$(git -C "$REPOSITORY" -c core.quotePath=off ls-files | sort)
  run -0 tar -tzf "$DIST/tfoshim-$VERSION.tar.gz"
  assert_equal "$(grep -v '/$' <<<"$output" | sort)" "$(sed "s|^|tfoshim-$VERSION/|" <<<"$files")"
  git clone -q "$REPOSITORY" 'a+clone'
  cd 'a+clone'
  mkdir -p build-other .cache
  touch build-other/object .cache/index compile_commands.json a.pcap
  cmake -S . -B build -DTFOSHIM_TESTS=OFF -DTFOSHIM_COMMAND=OFF >/dev/null
  run -0 make -C build package_source
  run -0 tar -tzf "build/tfoshim-$VERSION.tar.gz"
  assert_equal "$(grep -v '/$' <<<"$output" | sort)" "$(sed "s|^|tfoshim-$VERSION/|" <<<"$files")"
}

@test "one place has the version, and what else names it agrees" {
  cd "$REPOSITORY"
  assert_regex "$VERSION" '^[0-9]+\.[0-9]+\.[0-9]+$'
  assert_regex "$(dpkg-parsechangelog -S Version)" "^$VERSION-[0-9]+\$"
  # A release has a section of its own in the changelog.
  if [[ $(dpkg-parsechangelog -S Distribution) != UNRELEASED ]]; then
    run -0 grep "^## \[$VERSION\] - 20" CHANGELOG.md
  fi
  run -0 grep -x "Version: $VERSION" "$DIST/tfoshim.spec"
  run -0 grep -x "pkgver=$VERSION" "$DIST/PKGBUILD"
  run -0 grep -x "pkgver=$VERSION" "$DIST/APKBUILD"
  run -0 grep -F "tfoshim_${VERSION}_" examples/ansible/inventory.yml
  # Nothing else has it by heart.
  run -0 git grep -lE "(^|[^0-9.])${VERSION//./[.]}([^0-9.]|\$)" -- . ':!fuzz' ':!tests'
  assert_output "CMakeLists.txt
debian/changelog
examples/ansible/inventory.yml"
}

# ---- Debian ----

# That the compiler optimizes is tried elsewhere. The maintainer's address is for whoever publishes packages to
# set, and so is the bug that asks for the package.
@test "Debian: the source and the packages, which lintian has no complaint of" {
  cp "$DIST/tfoshim-$VERSION.tar.gz" "tfoshim_$VERSION.orig.tar.gz"
  unpack
  (cd "tfoshim-$VERSION" &&
    DEB_BUILD_OPTIONS="noautodbgsym noopt parallel=$(nproc)" dpkg-buildpackage -us -uc >../log 2>&1) || fail "$(tail log)"
  libdir=lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
  debian_has libtfoshim "$(library_files "$libdir")"
  debian_has tfoshim "$(command_files)"
  run -0 dpkg-deb -f tfoshim_*.deb Depends
  assert_output --partial "libtfoshim (= $VERSION-1)"
  # On standard error it tells of files that it cannot read: those of a fuzzer.
  lintian --allow-root --pedantic \
    --suppress-tags bogus-mail-host,bogus-mail-host-in-debian-changelog,initial-upload-closes-no-bugs \
    ./*.dsc ./*.deb >complaints 2>/dev/null || true
  assert_equal "$(<complaints)" ''
  purged_without_a_trace
}

# What Debian adds to each package is its changelog, and what lintian is told.
debian_has() { # PACKAGE FILES
  assert_equal "$(dpkg-deb --fsys-tarfile "$1"_*.deb | tar -t | sed -n 's|^\./usr/\(.*[^/]\)$|\1|p' | sort)" \
    "$({ cat <<<"$2" && echo "share/doc/$1/changelog.Debian.gz" && echo "share/lintian/overrides/$1"; } | sort)"
}

system_files() {
  (cd "$CONTAINER_ROOT" && find etc run usr -path run/lock -prune -o -printf '%p %l\n') | sort
}

# With what the programs and the user have made: drop-ins of services, and a memory.
purged_without_a_trace() {
  container_make
  mkdir -p "$CONTAINER_ROOT/etc/systemd/system"
  printf '[Service]\nExecStart=/usr/bin/sleep 1000\n' | tee "$CONTAINER_ROOT"/etc/systemd/system/{one,two@}.service >/dev/null
  mkdir "$CONTAINER_ROOT/etc/systemd/system/two@.service.d"
  system_files >before
  cp ./*.deb "$CONTAINER_ROOT/root"
  "${CONTAINER[@]}" sh -c 'dpkg --no-triggers --install /root/*.deb' >dpkg.log 2>&1 || fail "$(<dpkg.log)"
  for unit in one two@ two@3; do
    run -0 "${CONTAINER[@]}" tfoshim enable "$unit"
  done
  run -0 "${CONTAINER[@]}" tfoshim run true
  [[ -e $CONTAINER_ROOT/run/tfoshim/memory ]]
  # An upgrade takes nothing away.
  "${CONTAINER[@]}" sh -c 'dpkg --no-triggers --install /root/*.deb' >dpkg.log 2>&1 || fail "$(<dpkg.log)"
  assert_equal "$(find "$CONTAINER_ROOT/etc" -name 50-tfoshim.conf | wc -l)" 3
  "${CONTAINER[@]}" dpkg --no-triggers --purge tfoshim libtfoshim >dpkg.log 2>&1 || fail "$(<dpkg.log)"
  system_files >after
  run -0 diff before after
}

# ---- RPM ----

# What packages it needs is said in the names of another distribution.
@test "RPM: the spec builds packages, which rpmlint has no complaint of" {
  mkdir SOURCES
  cp "$DIST/tfoshim-$VERSION.tar.gz" SOURCES
  rpmbuild --define "_topdir $PWD" --define "_smp_mflags -j$(nproc)" --define 'optflags -O0 -w' --nodeps \
    -bb "$DIST/tfoshim.spec" >log 2>&1 || fail "$(tail log)"
  mv RPMS/*/*.rpm .
  rpm_has libtfoshim "$(library_files lib64 | grep -v '^share/doc/')"
  rpm_has tfoshim "$({ command_files | grep -vE '/(copyright|changelog.gz)$' && echo share/doc/tfoshim/CHANGELOG.md; } | sort)"
  run -0 rpm -qp --scripts tfoshim-*.rpm
  for script in before after; do
    assert_output --partial "$(<"$REPOSITORY/packaging/$script-removal")"
  done
  run rpmlint --config "$REPOSITORY/packaging/rpm/rpmlint.toml" ./*.rpm "$DIST/tfoshim.spec"
  assert_success
  assert_output --partial ' 0 errors, 0 warnings,'
}

# What rpm adds to each package is the licence, and links to build identifiers.
rpm_has() { # PACKAGE FILES
  assert_equal "$(rpm -qp --qf '[%{FILEMODES:perms} %{FILENAMES}\n]' "$1"-[0-9]*.rpm |
    sed -n 's|^-[^ ]* /usr/||p' | grep -vE '^(lib/.build-id/|share/licenses/)')" "$2"
}

# ---- Arch ----

# makepkg is not in Debian. What it does with a PKGBUILD is to read it, and to call its functions.
@test "Arch: the PKGBUILD is well-formed, and its functions build and install" {
  # makepkg reads the variables, and sets others.
  run -0 shellcheck -s bash -e SC2034,SC2154 "$DIST/PKGBUILD"
  run -0 shellcheck -x "$DIST/tfoshim.install"
  mkdir src pkg
  (cd src && unpack)
  # shellcheck disable=SC1091,SC2030,SC2031,SC2154
  (
    set -e
    export CFLAGS='-O0 -w' CMAKE_BUILD_PARALLEL_LEVEL MAKEFLAGS=
    CMAKE_BUILD_PARALLEL_LEVEL=$(nproc)
    source "$DIST/PKGBUILD"
    sha256sum -c <<<"${sha256sums[0]}  $DIST/${source[0]}"
    [[ -f $DIST/$install ]]
    export pkgdir=$PWD/pkg
    cd src
    (build)
    (package)
  ) >log 2>&1 || fail "$(tail log)"
  assert_equal "$(cd pkg/usr && find . -type f -printf '%P\n' | sort)" \
    "$({ library_files lib && command_files && echo share/licenses/tfoshim/LICENSE; } | sort)"
}

# ---- Alpine ----

# abuild is not in Debian. What it does with an APKBUILD is to read it, and to call its functions, with one of its
# own that takes files over into another package. What is built here is for the machine's C library.
@test "Alpine: the APKBUILD is well-formed, and its functions build and install" {
  # abuild reads the variables, and sets others.
  run -0 shellcheck -s dash -e SC2034,SC2154 "$DIST/APKBUILD"
  run -0 shellcheck "$DIST/tfoshim.post-deinstall"
  unpack
  cat >abuild <<'END'
set -eu
. "$1/APKBUILD"
(cd "$1" && echo "$sha512sums" | sed '/^$/d' | sha512sum -c)
[ -x "$1/$install" ]
amove() {
  for moved; do
    mkdir -p "$subpkgdir/${moved%/*}"
    mv "$pkgdir/$moved" "$subpkgdir/${moved%/*}"
  done
}
pkgdir=$PWD/pkg subpkgdir=$PWD/subpkg
cd "$pkgname-$pkgver"
(build)
(package)
for package in $subpackages; do
  case $package in
  *:*) (subpkgname=${package%:*}; "${package#*:}") ;;
  esac
done
END
  run -0 env CFLAGS='-O0 -w' CMAKE_BUILD_PARALLEL_LEVEL="$(nproc)" MAKEFLAGS='' dash abuild "$DIST"
  assert_equal "$(cd subpkg/usr && find . -type f -printf '%P\n' | sort)" "$(library_files lib | grep -v '^share/')"
  assert_equal "$(cd pkg/usr && find . -type f -printf '%P\n' | sort)" \
    "$({ library_files lib | grep '^share/' && command_files | grep -v '^lib/systemd/'; } | sort)"
}

# ---- removal ----

# What a script calls, if each of these fails.
calls_of() { # COMMAND [ARGUMENT]...
  mkdir -p stubs /run/systemd/system /run/tfoshim
  printf '#!/bin/sh\necho "${0##*/} $*" >>%s/calls\nexit 1\n' "$PWD" | tee stubs/{tfoshim,systemctl} >/dev/null
  chmod +x stubs/*
  : >calls
  PATH=$PWD/stubs:$PATH "$@" || fail "$*: status $?"
  cat calls
}

@test "removal takes back what enable has made, upgrades do not, and nothing keeps a package from being removed" {
  local script=$REPOSITORY/packaging/before-removal all
  all="tfoshim disable --all
systemctl disable --now --quiet tfoshim-key-rotate.timer
systemctl daemon-reload"
  # shellcheck disable=SC1091
  source "$DIST/tfoshim.install"
  assert_equal "$(calls_of "$script" remove)" "$all"
  assert_equal "$(calls_of "$script" 0)" "$all"
  assert_equal "$(calls_of pre_remove)" "$all"
  assert_equal "$(calls_of "$script" upgrade 1)" ''
  assert_equal "$(calls_of "$script" 1)" ''
  script=$REPOSITORY/packaging/after-removal
  for gone in "$script purge" "$script 0" post_remove "$DIST/tfoshim.post-deinstall"; do
    # shellcheck disable=SC2086
    calls_of $gone
    [[ ! -e /run/tfoshim ]]
  done
  for kept in remove upgrade 1; do
    calls_of "$script" "$kept"
    [[ -d /run/tfoshim ]]
  done
}
