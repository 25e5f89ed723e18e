#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tfoshim enable and disable: drop-ins of systemd services, in file trees made for it.

# run --separate-stderr assigns stderr.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  build=$(realpath "${TFOSHIM_BUILD:-$BATS_TEST_DIRNAME/../build}")
  tfoshim=$build/tfoshim
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR
  export LSAN_OPTIONS=suppressions=$BATS_TEST_DIRNAME/lsan.supp:print_suppressions=0
  unset TFOSHIM_CONFIG XDG_CONFIG_HOME LD_PRELOAD
  cd "$BATS_TEST_TMPDIR" || exit
  root=$BATS_TEST_TMPDIR/root
  etc=$root/etc/systemd/system usr=$root/usr/lib/systemd/system
  mkdir -p "$etc" "$usr"
  # Where an installed library is, is known to the command alone.
  run -1 "$tfoshim" enable --root "$root" any
  library=${output#*there is no "$root"}
  library=${library%%: *}
  mkdir -p "$root${library%/*}"
  cp "$build/libtfoshim.so" "$root$library"
}

# A unit file on stdin, or a drop-in.
unit() { # FILE
  mkdir -p "${1%/*}"
  cat >"$1"
}

service() { # NAME [LINE...]
  printf '%s\n' '[Service]' 'ExecStart=/usr/bin/server' "${@:2}" | unit "$usr/$1"
}

# What systemd will preload into the service.
assert_preload() { # UNIT VALUE
  run -0 --separate-stderr "$tfoshim" enable --root "$root" "$1"
  assert_line "made $etc/$1.d/50-tfoshim.conf"
  assert_equal "$(grep LD_PRELOAD "$etc/$1.d/50-tfoshim.conf")" "Environment=\"LD_PRELOAD=$2\""
}

# The command, and the command where there is no openat2() to keep it beneath the root.
either_way() { # TEST [ARGUMENT...]
  local command=("$tfoshim")
  "$@"
  command=("$build/tests/programs/sandbox" ENOSYS openat2 "$tfoshim")
  "$@"
}

# Somebody else's, whether the test is root or has a user namespace with one user in it, to whom all
# of root's files are nobody's.
give_away() { # FILE
  chown 1 "$1" 2>/dev/null || { mount --bind /etc/passwd "$1" && given=$1; }
}

teardown() {
  [[ -z ${given-} ]] || umount "$given"
}

@test "help; arguments that are not understood" {
  run -0 --separate-stderr "$tfoshim" enable --help
  assert_line --index 0 "usage: tfoshim enable [-c FILE] [--root DIRECTORY] UNIT"
  run -0 --separate-stderr "$tfoshim" disable --help
  assert_line --index 0 "usage: tfoshim disable [--root DIRECTORY] UNIT|--all"
  run -2 "$tfoshim" enable
  assert_output "tfoshim: enable: expected one unit, see tfoshim enable --help"
  run -2 "$tfoshim" disable --config x y
  assert_output 'tfoshim: disable: unknown option "--config", see tfoshim disable --help'
  run -2 "$tfoshim" enable --root "$root" ../x
  assert_output 'tfoshim: enable: found "../x", expected the name of a service'
  run -2 "$tfoshim" enable --root "$root" x.socket
  assert_output 'tfoshim: enable: found "x.socket", expected a service: the one that it starts'
  run -1 "$tfoshim" enable --root /not/there x
  assert_output 'tfoshim: enable: cannot use "/not/there" as root: No such file or directory'
}

@test "enable and disable leave the tree as it was" {
  service web.service
  cp -a "$root" before
  run -0 "$tfoshim" enable --root "$root" web
  assert_output "made $etc/web.service.d/50-tfoshim.conf"
  assert_equal "$(<"$etc/web.service.d/50-tfoshim.conf")" "\
# Made by \"tfoshim enable\"; \"tfoshim disable\" takes it away.
# Its directory was made with it.
[Service]
Environment=\"LD_PRELOAD=$library\""
  assert_equal "$(stat -c %a "$etc/web.service.d/50-tfoshim.conf")" 644
  cp -a "$root" enabled
  # Twice is as once.
  run -0 "$tfoshim" enable --root "$root" web.service
  run -0 diff -r enabled "$root"
  run -0 "$tfoshim" disable --root "$root" web
  assert_output "removed $etc/web.service.d/50-tfoshim.conf"
  run -0 diff -r before "$root"
  run -1 "$tfoshim" disable --root "$root" web
  assert_output "tfoshim: disable: web.service is not enabled: there is no \
$etc/web.service.d/50-tfoshim.conf"
}

@test "disable --all takes back every drop-in that enable has made, and no other" {
  run -0 "$tfoshim" disable --root "$root" --all
  refute_output
  service web.service
  service 'worker@.service'
  service mail-out.service
  mkdir "$etc/mail-out.service.d"
  unit "$etc/other.service.d/50-tfoshim.conf" <<<'[Service]'
  unit "$etc/web.service.d/10-other.conf" <<<'[Service]'
  cp -a "$root" before
  for name in web worker@ worker@3 mail-out; do
    run -0 "$tfoshim" enable --root "$root" "$name"
  done
  run -2 "$tfoshim" disable --root "$root" --all web
  assert_output 'tfoshim: disable: expected no unit beside --all, see tfoshim disable --help'
  run -0 "$tfoshim" disable --root "$root" --all
  assert_equal "$(sort <<<"$output")" "\
removed $etc/mail-out.service.d/50-tfoshim.conf
removed $etc/web.service.d/50-tfoshim.conf
removed $etc/worker@.service.d/50-tfoshim.conf
removed $etc/worker@3.service.d/50-tfoshim.conf"
  run -0 diff -r before "$root"
  # An image without systemd has none to take back.
  rm -r "${root:?}/etc"
  run -0 "$tfoshim" disable --root "$root" --all
  : >"$root/etc"
  run -1 "$tfoshim" disable --root "$root" --all
  assert_output "tfoshim: disable: cannot read $etc: Not a directory"
}

@test "disable --all goes on after one that it cannot take back" {
  for name in a b c; do
    service "$name.service"
    run -0 "$tfoshim" enable --root "$root" "$name"
  done
  mount --bind "$etc/b.service.d" "$etc/b.service.d"
  mount -o remount,bind,ro "$etc/b.service.d"
  run -1 "$tfoshim" disable --root "$root" --all
  umount "$etc/b.service.d"
  assert_line "tfoshim: disable: cannot remove $etc/b.service.d/50-tfoshim.conf: Read-only file system"
  assert_equal "$(ls "$etc")" b.service.d
}

@test "a directory of drop-ins that was there stays, and one that somebody uses" {
  service web.service
  mkdir "$etc/web.service.d"
  run -0 "$tfoshim" enable --root "$root" web
  run -0 "$tfoshim" enable --root "$root" web
  run -0 "$tfoshim" disable --root "$root" web
  [[ -d $etc/web.service.d ]]
  rmdir "$etc/web.service.d"
  run -0 "$tfoshim" enable --root "$root" web
  : >"$etc/web.service.d/other.conf"
  run -0 "$tfoshim" disable --root "$root" web
  assert_equal "$(ls "$etc/web.service.d")" other.conf
}

@test "what the unit preloads stays before the library" {
  service web.service 'Environment=A=b "LD_PRELOAD=/lib/a.so /lib/b.so" C=d'
  assert_preload web.service "/lib/a.so /lib/b.so:$library"
  # shellcheck disable=SC1003
  service web.service 'Environment=LD_PRELOAD=/lib/a.so \' '# no part of it' '  X=y'
  assert_preload web.service "/lib/a.so:$library"
  service web.service "Environment='LD_PRELOAD=/lib/%i.so'"
  assert_preload web.service "/lib/%i.so:$library"
  service web.service 'Environment=LD_PRELOAD=/lib/a.so' 'Environment='
  assert_preload web.service "$library"
  service web.service "Environment=LD_PRELOAD=/lib/a.so:$library"
  assert_preload web.service "/lib/a.so:$library"
  # Of another section, or commented out.
  service web.service '#Environment=LD_PRELOAD=/lib/a.so' '[Install]' \
    'Environment=LD_PRELOAD=/lib/b.so'
  assert_preload web.service "$library"
}

# shellcheck disable=SC1003
@test "quotes and escapes of a unit are read as systemd does" {
  # Not a line more than is meant goes into the drop-in.
  service web.service 'Environment=LD_PRELOAD=/lib/a.so "X=y' 'Environment="LD_PRELOAD=/lib/b.so'
  assert_preload web.service "/lib/a.so:$library"
  assert_equal "$(wc -l <"$etc/web.service.d/50-tfoshim.conf")" 4
  service web.service 'Environment="LD_PRELOAD=/lib/a\x20b.so\040c.so\sd.so"'
  assert_preload web.service "/lib/a b.so c.so d.so:$library"
  service web.service 'Environment="LD_PRELOAD=/lib/\x22a\\\x27.so"'
  assert_preload web.service "/lib/\\\"a\\\\'.so:$library"
  service web.service 'Environment="LD_PRELOAD=/lib/a\nb\t.so"'
  assert_preload web.service "/lib/a\\x0ab\\x09.so:$library"
  # systemd leaves out what it does not understand.
  for escape in q x x2 x2g x+1 8 04 '00' 000 777 ' '; do
    service web.service "Environment=LD_PRELOAD=/lib/a.so \"LD_PRELOAD=/lib/b\\$escape.so\""
    assert_preload web.service "/lib/a.so:$library"
  done
}

@test "what drop-ins preload, in the order in which systemd reads them" {
  service web.service 'Environment=LD_PRELOAD=/lib/unit.so'
  unit "$usr/web.service.d/20-a.conf" <<<$'[Service]\nEnvironment=LD_PRELOAD=/lib/20.so'
  assert_preload web.service "/lib/20.so:$library"
  unit "$usr/service.d/10-all.conf" <<<$'[Service]\nEnvironment=LD_PRELOAD=/lib/all.so'
  assert_preload web.service "/lib/20.so:$library"
  # One in /etc masks that of the same name.
  unit "$etc/web.service.d/20-a.conf" <<<''
  assert_preload web.service "/lib/all.so:$library"
  unit "$etc/web.service" <<<$'[Service]\nExecStart=/x\nEnvironment=LD_PRELOAD=/lib/etc.so'
  rm "$usr/service.d/10-all.conf"
  assert_preload web.service "/lib/etc.so:$library"
}

@test "a drop-in for more units that has our name is not one that will count" {
  service web-front.service 'Environment=LD_PRELOAD=/lib/unit.so'
  unit "$etc/service.d/50-tfoshim.conf" <<<$'[Service]\nEnvironment=LD_PRELOAD=/lib/all.so'
  unit "$etc/web-.service.d/50-tfoshim.conf" <<<$'[Service]\nEnvironment=LD_PRELOAD=/lib/web.so'
  assert_preload web-front.service "/lib/unit.so:$library"
  run -0 "$tfoshim" disable --root "$root" web-front
  [[ -f $etc/service.d/50-tfoshim.conf && -f $etc/web-.service.d/50-tfoshim.conf ]]
}

@test "instances of templates, and names with dashes" {
  service web@.service 'Environment=LD_PRELOAD=/lib/template.so'
  assert_preload web@a.service "/lib/template.so:$library"
  unit "$etc/web@.service.d/x.conf" <<<$'[Service]\nEnvironment=LD_PRELOAD=/lib/later.so'
  run -0 --separate-stderr "$tfoshim" enable --root "$root" web@a
  assert_equal "$stderr" "tfoshim: enable: $etc/web@.service.d/x.conf sets LD_PRELOAD after this: \
the library has to be added there"
  service web-front-end.service
  unit "$usr/web-front-.service.d/10-x.conf" <<<$'[Service]\nEnvironment=LD_PRELOAD=/lib/dash.so'
  assert_preload web-front-end.service "/lib/dash.so:$library"
}

@test "an environment file is warned of" {
  service web.service 'EnvironmentFile=-/etc/default/web'
  run -0 --separate-stderr "$tfoshim" enable --root "$root" web
  assert_equal "$stderr" \
    "tfoshim: enable: if /etc/default/web sets LD_PRELOAD, that goes before this"
}

@test "a configuration for the service" {
  service web.service
  echo 'server = { default = "on"; };' >"$root/etc/a%b.conf"
  run -0 "$tfoshim" enable --root "$root" --config '/etc/a%b.conf' web
  assert_equal "$(tail -n 1 "$etc/web.service.d/50-tfoshim.conf")" \
    'Environment="TFOSHIM_CONFIG=/etc/a%%b.conf"'
  run -1 "$tfoshim" enable --root "$root" -c a.conf web
  assert_output \
    'tfoshim: enable: cannot use "a.conf" as configuration: expected its name inside the root'
  echo 'server = { default = 1; };' >"$root/etc/bad.conf"
  run -1 "$tfoshim" enable --root "$root" -c /etc/bad.conf web
  assert_output \
    "tfoshim: $root/etc/bad.conf:1: default: found 1, expected \"on\" or \"off\""
  run -1 "$tfoshim" enable -c missing.conf web
  assert_output \
    'tfoshim: enable: cannot use "missing.conf" as configuration: No such file or directory'
}

@test "nothing is touched that tfoshim has not made, and no unit that is not there" {
  service web.service
  unit "$etc/web.service.d/50-tfoshim.conf" <<<'[Service]'
  for verb in enable disable; do
    run -1 "$tfoshim" "$verb" --root "$root" web
    assert_output \
      "tfoshim: $verb: $etc/web.service.d/50-tfoshim.conf is not one that tfoshim has made"
  done
  assert_equal "$(<"$etc/web.service.d/50-tfoshim.conf")" '[Service]'
  run -1 "$tfoshim" enable --root "$root" other
  assert_output "tfoshim: enable: there is no unit other.service in $root"
  [[ ! -e $etc/other.service.d ]]
  rm "$root$library"
  run -1 "$tfoshim" enable --root "$root" web
}

@test "a service that would not start any more is left as it is" {
  echo 'int main(void) { return 0; }' >p.c
  cc -fsanitize=address -o sanitized p.c
  mkdir -p /run/systemd/system
  printf '[Service]\nExecStart=%s/sanitized\n' "$PWD" >/run/systemd/system/sanitized.service
  # shellcheck disable=SC2016
  enable='mount -t tmpfs none /etc; mkdir -p /etc/systemd/system; "$1" enable sanitized'
  run -1 unshare --mount sh -ec "$enable" sh "$tfoshim"
  assert_output --regexp "^tfoshim: enable: sanitized\.service: $PWD/sanitized is linked with libasan\.so\.[0-9]+, \
which must come first: the unit has to preload it "
  # What it says to do is enough.
  sed -n 's/.*(\(Environment=.*\))$/\1/p' <<<"$output" >>/run/systemd/system/sanitized.service
  run -0 unshare --mount sh -ec "$enable" sh "$tfoshim"
  rm /run/systemd/system/sanitized.service
}

@test "on the machine itself the next step is named, and a program that cannot be preloaded" {
  # In a mount namespace, so that it is this test's own machine.
  mkdir -p machine/web.d
  printf '[Service]\nExecStart=-%s/static\n' "$PWD" >machine/web.service
  echo 'int main(void) { return 0; }' >static.c
  cc -static -o static static.c
  mkdir -p /run/systemd/system
  cp machine/web.service /run/systemd/system/
  # shellcheck disable=SC2016
  run -0 unshare --mount sh -ec '
    mount -t tmpfs none /etc
    mkdir -p /etc/systemd/system
    # Where the library is built, and who can write there, is not this test'"'"'s to say.
    "$1" enable web 2>&1 | grep -v "users other than root can replace"
    "$1" disable web
    find /etc/systemd/system -mindepth 1' sh "$tfoshim"
  rm /run/systemd/system/web.service
  assert_output "\
made /etc/systemd/system/web.service.d/50-tfoshim.conf
tfoshim: enable: web.service runs without TCP Fast Open: $PWD/static: it is statically linked, so \
LD_PRELOAD has no effect
to put it into effect: systemctl daemon-reload && systemctl try-restart web.service
removed /etc/systemd/system/web.service.d/50-tfoshim.conf
to put it into effect: systemctl daemon-reload && systemctl try-restart web.service"
}

refused_beyond_the_root() { # LINK TARGET [WHAT [WHERE]]
  local place=$root/$1
  service web.service
  rm -rf "$place" outside
  mkdir -p "${place%/*}" outside
  ln -s "$2" "$place"
  run -1 "${command[@]}" enable --root "$root" web
  assert_output "tfoshim: enable: cannot ${3-make} $etc/web.service.d${4-}: No such file or directory"
  run -1 "${command[@]}" disable --root "$root" web
  assert_equal "$(ls -A outside)" ""
  rm "$place"
  mkdir -p "$etc"
}

@test "what is made stays beneath the root, wherever its links point" {
  either_way refused_beyond_the_root etc/systemd/system "$PWD/outside"
  either_way refused_beyond_the_root etc/systemd/system ../../../outside
  either_way refused_beyond_the_root etc "$PWD/outside"
  either_way refused_beyond_the_root etc/systemd/system/web.service.d "$PWD/outside" write \
    /50-tfoshim.conf
  # One that is there, but outside.
  either_way refused_beyond_the_root etc/systemd ..//./../../../../../../../../../../"$PWD/outside"
}

follows_beneath_the_root() { # TARGET
  service web.service
  rm -rf "$etc" "$root/own/etc"
  mkdir -p "$root/own/etc"
  ln -s "$1" "$etc"
  run -0 "${command[@]}" enable --root "$root" web
  assert_output "made $etc/web.service.d/50-tfoshim.conf"
  [[ -f $root/own/etc/web.service.d/50-tfoshim.conf ]]
  run -0 "${command[@]}" disable --root "$root" web
  assert_equal "$(ls -A "$root/own/etc")" ""
}

@test "links beneath the root lead where the image's own programs see them lead" {
  either_way follows_beneath_the_root /own/etc
  either_way follows_beneath_the_root /usr//lib/../../own/etc/.
  either_way follows_beneath_the_root ../../own/etc/
  either_way follows_beneath_the_root ../../../../../../usr/lib/systemd/../../../own/etc
  ln -s own "$root/other"
  ln -s /other/etc "$root/hop"
  either_way follows_beneath_the_root ../../hop
}

flips() {
  local left made=0
  for ((left = 60; left > 0; left--)); do
    ! "${command[@]}" enable --root "$root" web >/dev/null 2>&1 || ((++made))
    assert_equal "$(ls -A outside)" ""
    "${command[@]}" disable --root "$root" web >/dev/null 2>&1 || true
  done
  ((made > 0))
}

@test "nor does what changes meanwhile lead out of the root" {
  service web.service
  mkdir outside
  ln -s "$PWD/outside" "$root/etc/systemd/link"
  local test=$BASHPID
  python3 -c '
import os, sys
os.chdir(sys.argv[1])
while os.getppid() == int(sys.argv[2]):
    for name in (("system", "real"), ("link", "system"), ("system", "link"), ("real", "system")):
        os.rename(*name)
' "$root/etc/systemd" "$test" 3>&- &
  either_way flips
  kill $!
}

never_ends() {
  run -1 timeout 10 "${command[@]}" enable --root "$root" web
  assert_output \
    "tfoshim: enable: $etc/web.service.d/50-tfoshim.conf is not one that tfoshim has made"
}

@test "links in a circle end" {
  service web.service
  rm -rf "$etc"
  ln -s /etc/systemd/other "$etc"
  ln -s system "$root/etc/systemd/other"
  either_way never_ends
}

reads_nothing_outside() {
  # A unit, drop-ins, the library for either width, and a configuration with what it includes.
  rm -rf "$usr" "$etc"
  mkdir -p "$usr" "$etc"
  ln -s "$PWD/outside/web.service" "$usr/web.service"
  run -1 "${command[@]}" enable --root "$root" web
  assert_output "tfoshim: enable: there is no unit web.service in $root"
  service other.service
  ln -s "$PWD/outside" "$etc/other.service.d"
  run -1 "${command[@]}" enable --root "$root" other
  refute_output --partial outside.so
  service third.service
  mkdir "$etc/third.service.d"
  ln -s "$PWD/outside/10.conf" "$etc/third.service.d/10.conf"
  run -0 "${command[@]}" enable --root "$root" third
  assert_equal "$(grep LD_PRELOAD "$etc/third.service.d/50-tfoshim.conf")" \
    "Environment=\"LD_PRELOAD=$library\""
  ln -sf "$PWD/outside/a.conf" "$root/etc/a.conf"
  run -1 "${command[@]}" enable --root "$root" -c /etc/a.conf third
  assert_output "tfoshim: $root/etc/a.conf: cannot read it: No such file or directory"
  echo "@include \"$PWD/outside/a.conf\"" >"$root/etc/b.conf"
  run -1 "${command[@]}" enable --root "$root" -c /etc/b.conf third
  assert_output "tfoshim: $root/etc/b.conf:1: @include: \"$root$PWD/outside/a.conf\": \
cannot read it: No such file or directory"
  # The image's own file of that name is what the service would be given.
  echo 'client = { };' >"$root/etc/included.conf"
  echo '@include "/etc/included.conf"' >"$root/etc/c.conf"
  run -0 "${command[@]}" enable --root "$root" -c /etc/c.conf third
  # So it is with what is beside a file, and what a pattern stands for.
  echo 'nonsense = 1;' >outside/bad.conf
  : >"$root/etc/d.conf"
  ln -s "$PWD/outside" "$root/etc/d.conf.d"
  run -0 "${command[@]}" enable --root "$root" -c /etc/d.conf third
  rm "$root/etc/d.conf.d"
  mkdir "$root/etc/inside" "$root/etc/d.conf.d"
  echo '@include "/etc/inside/*.conf"' >"$root/etc/d.conf.d/1.conf"
  run -0 "${command[@]}" enable --root "$root" -c /etc/d.conf third
  echo 'nonsense = 1;' >"$root/etc/inside/bad.conf"
  run -1 "${command[@]}" enable --root "$root" -c /etc/d.conf third
  assert_output --partial "tfoshim: $root/etc/inside/bad.conf:1: unknown key"
  rm -r "$root/etc/inside" "$root/etc/d.conf.d"
  mv "$root$library" outside/
  ln -s "$PWD/outside/libtfoshim.so" "$root$library"
  run -1 "${command[@]}" enable --root "$root" third
  assert_output \
    "tfoshim: enable: there is no $root$library: install the library there first"
  mv outside/libtfoshim.so "$root$library"
}

@test "nothing outside the root is read" {
  mkdir outside
  printf '[Service]\nExecStart=/x\nEnvironment=LD_PRELOAD=/outside.so\n' |
    tee outside/web.service >outside/10.conf
  echo 'client = { };' >outside/a.conf
  either_way reads_nothing_outside
}

@test "no file is written through that somebody has put there" {
  service web.service
  echo precious >victim
  mkdir "$etc/web.service.d"
  ln -s "$PWD/victim" "$etc/web.service.d/50-tfoshim.conf.new"
  run -0 "$tfoshim" enable --root "$root" web
  [[ -L $etc/web.service.d/50-tfoshim.conf.new && ! -L $etc/web.service.d/50-tfoshim.conf ]]
  assert_equal "$(<victim)" precious
  # Nor one that has another name.
  ln "$etc/web.service.d/50-tfoshim.conf" other-name
  echo precious >other-name
  run -1 "$tfoshim" enable --root "$root" web
  assert_equal "$(<other-name)" precious
}

@test "what is no regular file is not waited for" {
  mkfifo "$usr/web.service"
  run -1 timeout 10 "$tfoshim" enable --root "$root" web
  assert_output "tfoshim: enable: there is no unit web.service in $root"
  rm "$usr/web.service"
  service web.service 'Environment=LD_PRELOAD=/lib/a.so'
  mkdir "$etc/web.service.d"
  mkfifo "$etc/web.service.d/10-x.conf"
  run -0 timeout 10 "$tfoshim" enable --root "$root" web
  rm "$etc/web.service.d/50-tfoshim.conf"
  mkfifo "$etc/web.service.d/50-tfoshim.conf"
  for verb in enable disable; do
    run -1 timeout 10 "$tfoshim" "$verb" --root "$root" web
    assert_output \
      "tfoshim: $verb: $etc/web.service.d/50-tfoshim.conf is not one that tfoshim has made"
  done
}

@test "a configuration that is not root's alone is no service's" {
  service web.service
  : >"$root/etc/a.conf"
  chmod 666 "$root/etc/a.conf"
  run -1 "$tfoshim" enable --root "$root" -c /etc/a.conf web
  assert_output "tfoshim: $root/etc/a.conf: found a file that others may write to, expected one that \
only root may write to"
  chmod 644 "$root/etc/a.conf"
  give_away "$root/etc/a.conf"
  run -1 "$tfoshim" enable --root "$root" -c /etc/a.conf web
  assert_output \
    "tfoshim: $root/etc/a.conf: found a file of another user, expected one that belongs to root"
  [[ ! -e $etc/web.service.d ]]
}

warned_of() { # PLACE MODE
  chmod "$2" "$root$1"
  run -0 --separate-stderr "$tfoshim" enable --root "$root" web
  assert_equal "$stderr" "tfoshim: enable: users other than root can replace $root$library, which the \
service will run: they can write to $root$1"
  chmod 755 "$root$1"
}

@test "a library that others than root can replace is warned of" {
  service web.service
  warned_of "$library" 666
  warned_of "${library%/*}" 775
  install -m 664 /dev/null "$root${library%/*}/libtfoshim-policy.so"
  run -0 --separate-stderr "$tfoshim" enable --root "$root" web
  assert_equal "$stderr" "tfoshim: enable: users other than root can replace \
$root${library%/*}/libtfoshim-policy.so, which the service will run: they can write to \
$root${library%/*}/libtfoshim-policy.so"
  chmod 644 "$root${library%/*}/libtfoshim-policy.so"
  install -m 757 /dev/null "$root${library%/*}/tfoshim-compile"
  run -0 --separate-stderr "$tfoshim" enable --root "$root" web
  assert_equal "$stderr" "tfoshim: enable: users other than root can replace \
$root${library%/*}/tfoshim-compile, which the service will run: they can write to \
$root${library%/*}/tfoshim-compile"
  chmod 755 "$root${library%/*}/tfoshim-compile"
  warned_of /usr 1777
  warned_of "" 777
  run -0 --separate-stderr "$tfoshim" enable --root "$root" web
  assert_equal "$stderr" ""
  # On the way through a link, too.
  mkdir -m 1777 "$root/tmp"
  mv "$root${library%/*}" "$root/moved"
  ln -s /moved "$root/tmp/link"
  ln -s ../../../../../../tmp/link "$root${library%/*}"
  warned_of /tmp 1777
  give_away "$root/moved/${library##*/}"
  run -0 --separate-stderr "$tfoshim" enable --root "$root" web
  assert_equal "$stderr" "tfoshim: enable: users other than root can replace $root$library, which the \
service will run: they can write to $root/moved/${library##*/}"
}
