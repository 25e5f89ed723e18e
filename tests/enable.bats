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
  unset TFOSHIM_CONFIG XDG_CONFIG_HOME XDG_DATA_HOME LD_PRELOAD
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
  assert_line --index 0 "usage: tfoshim enable [-c FILE] [--now] [--user|--root DIRECTORY] UNIT..."
  run -0 --separate-stderr "$tfoshim" disable --help
  assert_line --index 0 "usage: tfoshim disable [--now] [--user|--root DIRECTORY] UNIT...|--all"
  run -2 "$tfoshim" enable
  assert_output "tfoshim: enable: expected a unit, see tfoshim enable --help"
  run -2 "$tfoshim" enable --list x
  assert_output "tfoshim: enable: expected no unit beside --list, see tfoshim enable --help"
  run -2 "$tfoshim" enable --list --now
  assert_output "tfoshim: enable: expected no --now beside --list"
  run -2 "$tfoshim" enable --list -c x
  assert_output "tfoshim: enable: expected no --config beside --list"
  for option in --now --user; do
    run -2 "$tfoshim" enable --root / "$option" x
    assert_output "tfoshim: enable: expected no --root beside $option"
  done
  run -2 "$tfoshim" disable --config x y
  assert_output 'tfoshim: disable: unknown option "--config", see tfoshim disable --help'
  run -2 "$tfoshim" enable --root "$root" ../x
  assert_output 'tfoshim: enable: found "../x", expected the name of a service'
  run -2 "$tfoshim" enable --root "$root" @1
  assert_output 'tfoshim: enable: found "@1", expected the name of a service'
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
  assert_output "tfoshim: disable: web.service: it is not enabled: there is no \
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
  run -1 "$tfoshim" enable --root "$root" web@a
  assert_output --partial "tfoshim: enable: web@a.service: $etc/web@.service.d/x.conf sets LD_PRELOAD after"
  service web-front-end.service
  unit "$usr/web-front-.service.d/10-x.conf" <<<$'[Service]\nEnvironment=LD_PRELOAD=/lib/dash.so'
  assert_preload web-front-end.service "/lib/dash.so:$library"
}

@test "an environment file is warned of" {
  service web.service 'EnvironmentFile=-/etc/default/web'
  run -0 --separate-stderr "$tfoshim" enable --root "$root" web
  assert_equal "$stderr" \
    "tfoshim: enable: web.service: if /etc/default/web sets LD_PRELOAD, that goes before this"
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
      "tfoshim: $verb: web.service: $etc/web.service.d/50-tfoshim.conf is not one that tfoshim has made"
  done
  assert_equal "$(<"$etc/web.service.d/50-tfoshim.conf")" '[Service]'
  run -1 "$tfoshim" enable --root "$root" other
  assert_output "tfoshim: enable: other.service: there is no such unit in $root"
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

# ---- the machine itself ----

# The command, where `machine` is /etc/systemd/system and `bin` goes before other programs.
on_machine() { # STATUS COMMAND [ARGUMENT...]
  mkdir -p machine
  # shellcheck disable=SC2016
  run "-$1" --separate-stderr unshare --mount sh -c \
    'mount --bind "$1" /etc/systemd/system && shift && exec "$@"' - "$PWD/machine" \
    env "PATH=$PWD/bin:$PATH" "$tfoshim" "${@:2}"
  # Where the library is built, and who can write there, is not this test's to say.
  stderr=$(grep -v 'other than root can replace' <<<"$stderr") || true
}

machine_service() { # NAME [LINE...]
  printf '%s\n' '[Service]' "${@:2}" | unit "machine/$1.service"
}

MACHINE=/etc/systemd/system

@test "on the machine itself the next step is named" {
  machine_service web ExecStart=/x
  machine_service 'worker@' ExecStart=/x
  machine_service 'a\x2db' ExecStart=/x
  on_machine 0 enable web worker@ worker@1
  assert_output "\
made $MACHINE/web.service.d/50-tfoshim.conf
made $MACHINE/worker@.service.d/50-tfoshim.conf
made $MACHINE/worker@1.service.d/50-tfoshim.conf
to put it into effect: systemctl daemon-reload && systemctl try-restart web.service 'worker@*.service' worker@1.service"
  assert_equal "$stderr" ''
  # A unit that is gone cannot be restarted.
  rm machine/web.service
  on_machine 0 disable --all
  assert_line --index 3 "to put it into effect: systemctl daemon-reload && systemctl try-restart \
'worker@*.service' worker@1.service"
  on_machine 0 enable 'a\x2db'
  assert_line --index 1 "to put it into effect: systemctl daemon-reload && systemctl try-restart 'a\\x2db.service'"
  rm machine/*.service
  on_machine 0 disable 'a\x2db'
  assert_line --index 1 'to put it into effect: systemctl daemon-reload'
}

# A systemctl that notes what it is asked to do.
systemctl_make() { # [COMMAND THAT FAILS]
  mkdir -p bin machine
  printf '#!/bin/sh\necho "$*" >>"%s/asked"\nls "%s" >>"%s/asked"\n[ "$*" != "%s" ]\n' \
    "$PWD" "$PWD/machine" "$PWD" "${1-}" >bin/systemctl
  chmod +x bin/systemctl
  : >asked
}

asked() {
  grep -v -e '\.service$' -e '\.service\.d$' -e '^try-restart' asked
  grep '^try-restart' asked
}

@test "--now has systemd read the units again, and restart those that run" {
  machine_service web ExecStart=/x
  machine_service 'worker@' ExecStart=/x
  systemctl_make
  on_machine 0 enable --now web worker@
  assert_output "\
made $MACHINE/web.service.d/50-tfoshim.conf
made $MACHINE/worker@.service.d/50-tfoshim.conf"
  assert_equal "$(asked)" $'daemon-reload\ntry-restart web.service worker@*.service'
  # The drop-ins are there by then.
  assert_equal "$(grep -c 'web.service.d' asked)" 2
  : >asked
  on_machine 0 disable --now --all
  assert_equal "$(asked)" $'daemon-reload\ntry-restart web.service worker@*.service'
  run ! grep web.service.d asked
  # Nothing was enabled, and nothing is restarted.
  : >asked
  on_machine 0 disable --now --all
  on_machine 1 disable --now web
  on_machine 1 enable --now web other
  assert_equal "$(<asked)" ''
  # What is not in effect is told.
  systemctl_make daemon-reload
  on_machine 1 enable --now web
  assert_equal "$stderr" 'tfoshim: enable: systemctl has failed: what was changed is not in effect yet'
  assert_equal "$(asked)" daemon-reload
  systemctl_make 'try-restart web.service'
  on_machine 1 disable --now web worker@
  assert_line "removed $MACHINE/web.service.d/50-tfoshim.conf"
  assert_equal "$(asked)" $'daemon-reload\ntry-restart web.service'
}

# ---- services of a user ----

@test "units of a user's own manager" {
  local own=$HOME/.config/systemd/user
  unit "$HOME/.local/share/systemd/user/web.service" <<<$'[Service]\nExecStart=/x\nEnvironment=LD_PRELOAD=/lib/a.so'
  run -0 --separate-stderr "$tfoshim" enable --user web
  assert_output "\
made $own/web.service.d/50-tfoshim.conf
to put it into effect: systemctl --user daemon-reload && systemctl --user try-restart web.service"
  assert_equal "$(grep -c '"LD_PRELOAD=/lib/a.so:.*libtfoshim.so"' "$own/web.service.d/50-tfoshim.conf")" 1
  run -0 "$tfoshim" enable --user --list
  assert_line --index 1 --regexp \
    "^web.service +$own/web.service.d/50-tfoshim.conf +$HOME/.local/share/systemd/user/web.service\$"
  # They are none of the system's, nor the system's theirs.
  service web.service
  run -1 "$tfoshim" disable --root "$root" web
  unit /run/systemd/system/of-system.service <<<$'[Service]\nExecStart=/x'
  run -1 "$tfoshim" enable --user of-system
  assert_output 'tfoshim: enable: of-system.service: there is no such unit'
  run -1 env PATH=/nowhere "$tfoshim" enable --user --now web
  assert_line 'tfoshim: enable: cannot run systemctl: No such file or directory'
  systemctl_make
  run -0 env "PATH=$PWD/bin:$PATH" "$tfoshim" disable --user --now web
  assert_output "removed $own/web.service.d/50-tfoshim.conf"
  assert_equal "$(grep -- --user asked)" $'--user daemon-reload\n--user try-restart web.service'
  [[ -d $own && ! -e $own/web.service.d ]]
}

@test "where a user's units are" {
  export XDG_CONFIG_HOME=$PWD/c XDG_DATA_HOME=$PWD/d XDG_RUNTIME_DIR=$PWD/r
  local directory
  for directory in "$PWD/c" "$PWD/d" "$PWD/r" /run; do
    unit "$directory/systemd/user/web.service" <<<$'[Service]\nExecStart=/x'
    run -0 "$tfoshim" enable --user web
    assert_line "made $PWD/c/systemd/user/web.service.d/50-tfoshim.conf"
    run -0 "$tfoshim" disable --user --all
    assert_line "removed $PWD/c/systemd/user/web.service.d/50-tfoshim.conf"
    rm "$directory/systemd/user/web.service"
  done
  # A relative one is none.
  run -0 env XDG_CONFIG_HOME=c "$tfoshim" enable --user --list
  assert_output 'no service is enabled'
  unset XDG_CONFIG_HOME HOME
  run -1 "$tfoshim" enable --user --list
  assert_output 'tfoshim: enable: cannot tell where the units of this user are: neither XDG_CONFIG_HOME nor HOME names a directory'
}

# ---- which are enabled ----

@test "--list: the units that are enabled, their drop-ins, and what has become of them" {
  run -0 "$tfoshim" enable --root "$root" --list
  assert_output 'no service is enabled'
  service web.service
  service 'worker@.service'
  service gone.service
  service masked.service
  service other.service
  run -0 "$tfoshim" enable --root "$root" web worker@1 gone masked
  rm "$usr/gone.service"
  ln -s /dev/null "$etc/masked.service"
  unit "$etc/other.service.d/50-tfoshim.conf" <<<'[Service]'
  run -0 "$tfoshim" enable --root "$root" --list
  assert_line --index 0 --regexp '^unit +drop-in +unit file$'
  assert_line --index 1 --regexp "^gone.service +$etc/gone.service.d/50-tfoshim.conf +none: the unit is gone\$"
  assert_line --index 2 --regexp "^masked.service +$etc/masked.service.d/50-tfoshim.conf +$etc/masked.service \\(masked\\)\$"
  assert_line --index 3 --regexp "^web.service +$etc/web.service.d/50-tfoshim.conf +$usr/web.service\$"
  assert_line --index 4 --regexp "^worker@1.service +$etc/worker@1.service.d/50-tfoshim.conf +$usr/worker@.service\$"
  assert_equal "${#lines[@]}" 5
}

# ---- several ----

@test "several units: all of them, or none" {
  for name in a b c; do
    service "$name.service"
  done
  cp -a "$root" before
  run -1 "$tfoshim" enable --root "$root" a missing b other
  assert_output "\
tfoshim: enable: missing.service: there is no such unit in $root
tfoshim: enable: other.service: there is no such unit in $root
tfoshim: enable: none of the 4 units was changed"
  run -2 "$tfoshim" enable --root "$root" a ../b
  run -0 diff -r before "$root"
  run -0 "$tfoshim" enable --root "$root" b a b.service
  assert_output "made $etc/b.service.d/50-tfoshim.conf
made $etc/a.service.d/50-tfoshim.conf"
  # Where nothing is to be checked, as many as can be.
  run -1 "$tfoshim" disable --root "$root" c a missing b a
  assert_output "\
tfoshim: disable: c.service: it is not enabled: there is no $etc/c.service.d/50-tfoshim.conf
removed $etc/a.service.d/50-tfoshim.conf
tfoshim: disable: missing.service: it is not enabled: there is no $etc/missing.service.d/50-tfoshim.conf
removed $etc/b.service.d/50-tfoshim.conf"
  run -0 diff -r before "$root"
}

@test "several units: one that cannot be written does not keep the others" {
  for name in a b c; do
    service "$name.service"
  done
  mkdir "$etc/b.service.d"
  mount --bind "$etc/b.service.d" "$etc/b.service.d"
  mount -o remount,bind,ro "$etc/b.service.d"
  run -1 "$tfoshim" enable --root "$root" a b c
  umount "$etc/b.service.d"
  assert_output "\
made $etc/a.service.d/50-tfoshim.conf
tfoshim: enable: cannot write $etc/b.service.d/50-tfoshim.conf: Read-only file system
made $etc/c.service.d/50-tfoshim.conf"
}

@test "a template and its instances are enabled each for itself" {
  service 'worker@.service'
  run -0 "$tfoshim" enable --root "$root" worker@ worker@1
  run -1 "$tfoshim" disable --root "$root" worker@2
  assert_output 'tfoshim: disable: worker@2.service: it is enabled by its template, worker@.service'
  run -0 "$tfoshim" disable --root "$root" worker@1
  assert_line 'tfoshim: disable: worker@1.service: it stays enabled by its template, worker@.service'
  run -0 "$tfoshim" disable --root "$root" worker@
  run -1 "$tfoshim" disable --root "$root" worker@
  assert_output "tfoshim: disable: worker@.service: it is not enabled: there is no $etc/worker@.service.d/50-tfoshim.conf"
}

# ---- where nothing can come of it ----

refused() { # UNIT REASON
  run -1 "$tfoshim" enable --root "$root" "$1"
  assert_output "tfoshim: enable: $1.service: $2"
  [[ ! -e $etc/$1.service.d/50-tfoshim.conf ]]
}

accepted() { # UNIT
  run -0 --separate-stderr "$tfoshim" enable --root "$root" "$1"
  assert_equal "$stderr" ''
  run -0 "$tfoshim" disable --root "$root" "$1"
}

@test "refused: a unit that is masked" {
  service web.service
  ln -s /dev/null "$etc/web.service"
  refused web "it is masked by $etc/web.service, so nothing starts it"
  rm "$etc/web.service"
  : >"$etc/web.service"
  refused web "it is masked by $etc/web.service, so nothing starts it"
  rm "$etc/web.service"
  # What goes before the mask counts, and nothing else.
  mkdir -p "$root/run/systemd/system"
  ln -s /dev/null "$root/run/systemd/system/web.service"
  refused web "it is masked by $root/run/systemd/system/web.service, so nothing starts it"
  unit "$etc/web.service" <<<$'[Service]\nExecStart=/x'
  accepted web
  service 'worker@.service'
  ln -s /dev/null "$etc/worker@1.service"
  refused worker@1 "it is masked by $etc/worker@1.service, so nothing starts it"
  accepted worker@2
  ln -s /dev/null "$etc/worker@.service"
  refused worker@2 "it is masked by $etc/worker@.service, so nothing starts it"
  unit "$root/run/systemd/system/worker@3.service" <<<$'[Service]\nExecStart=/x'
  accepted worker@3
}

@test "units that generators make, as of scripts in /etc/init.d, are units" {
  unit "$root/run/systemd/generator.late/old.service" <<<$'[Service]\nExecStart=/etc/init.d/old start'
  accepted old
}

@test "refused: UnsetEnvironment= of what the drop-in sets" {
  service web.service UnsetEnvironment=LD_PRELOAD
  refused web 'its UnsetEnvironment= removes LD_PRELOAD'
  service web.service 'UnsetEnvironment=A "LD_PRELOAD" B' UnsetEnvironment=C
  refused web 'its UnsetEnvironment= removes LD_PRELOAD'
  service web.service "UnsetEnvironment=LD_PRELOAD=$library"
  refused web 'its UnsetEnvironment= removes LD_PRELOAD'
  service web.service UnsetEnvironment=LD_PRELOAD UnsetEnvironment=
  accepted web
  service web.service UnsetEnvironment=LD_PRELOAD=/lib/a.so UnsetEnvironment=LD_PRELOADS
  accepted web
  service web.service UnsetEnvironment=TFOSHIM_CONFIG
  accepted web
  : >"$root/etc/a.conf"
  run -1 "$tfoshim" enable --root "$root" -c /etc/a.conf web
  assert_output 'tfoshim: enable: web.service: its UnsetEnvironment= removes TFOSHIM_CONFIG'
}

@test "refused: a drop-in behind ours that sets LD_PRELOAD, or takes the environment back" {
  local later=$etc/web.service.d/60-later.conf
  service web.service
  unit "$later" <<<$'[Service]\nEnvironment=LD_PRELOAD=/lib/a.so'
  refused web "$later sets LD_PRELOAD after the drop-in would: add $library there"
  unit "$later" <<<$'[Service]\nEnvironment='
  refused web "$later sets LD_PRELOAD after the drop-in would: add $library there"
  unit "$later" <<<"[Service]
Environment=LD_PRELOAD=/lib/a.so:$library"
  accepted web
  unit "$later" <<<$'[Service]\nEnvironment=A=b'
  accepted web
  unit "$etc/web.service.d/40-before.conf" <<<$'[Service]\nEnvironment='
  accepted web
}

@test "refused: a root of its own without the library" {
  local missing="has no $library: install the library there, or bind it there (BindReadOnlyPaths=)"
  mkdir -p "$root/srv/a" "$root/opt/lib"
  service web.service RootDirectory=/srv/a
  refused web "its RootDirectory=/srv/a $missing"
  service web.service RootDirectory=/nowhere
  refused web "its RootDirectory=/nowhere $missing"
  # A link in it leads no further.
  mkdir -p "$root/srv/a${library%/*}"
  ln -s "$root$library" "$root/srv/a$library"
  service web.service RootDirectory=/srv/a
  refused web "its RootDirectory=/srv/a $missing"
  cp --remove-destination "$build/libtfoshim.so" "$root/srv/a$library"
  accepted web
  service web.service RootDirectory=/srv/b RootDirectory=
  accepted web
  # It is not told which one it will be.
  service 'web@.service' RootDirectory=/srv/%i
  accepted web@a
  service web.service RootImage=/srv/a.raw
  refused web "whether the image of its RootImage=/srv/a.raw has $library cannot be seen: bind it there \
(BindReadOnlyPaths=)"
}

@test "a root of its own into which the library is bound" {
  local bind other
  mkdir -p "$root/srv" "$root/opt/lib"
  cp "$build/libtfoshim.so" "$root/opt/lib"
  for other in RootDirectory=/srv RootImage=/srv.raw; do
    for bind in "BindPaths=$library" "BindReadOnlyPaths=/etc -${library%/*}" BindReadOnlyPaths=/ \
      "BindReadOnlyPaths=${library%/*}/" "BindReadOnlyPaths=/opt/lib:${library%/*}:norbind" \
      "BindPaths=/opt/lib/libtfoshim.so:$library"; do
      service web.service "$other" "$bind"
      accepted web
    done
    for bind in BindPaths=/opt "BindReadOnlyPaths=$library:/opt/x.so" "BindReadOnlyPaths=/opt:${library%/*}" \
      "BindPaths=${library%o}" $'BindPaths=/\nBindReadOnlyPaths='; do
      service web.service "$other" "$bind"
      run -1 "$tfoshim" enable --root "$root" web
      assert_output --partial "tfoshim: enable: web.service: "
    done
  done
}

loses() { # WHAT COMMAND
  service web.service ExecStart= "ExecStart=$2"
  refused web "\"$1\" in its ExecStart= removes what the drop-in would set"
}

keeps() { # COMMAND
  service web.service ExecStart= "ExecStart=$1"
  accepted web
}

@test "refused: wrappers that clean the environment" {
  loses 'env -i' '/usr/bin/env -i /x'
  loses 'env -i' 'env -vi A=b /x'
  loses 'env -i' 'env --ignore-environment /x'
  loses 'env -' '-/usr/bin/env - A=b /x'
  loses 'env -u LD_PRELOAD' 'env -C / -u LD_PRELOAD /x'
  loses 'env -u LD_PRELOAD' 'env --unset=LD_PRELOAD /x'
  loses 'env LD_PRELOAD=/lib/a.so' 'env A=b LD_PRELOAD=/lib/a.so /x'
  loses 'env -i' '@/usr/bin/env name -i /x'
  loses 'setpriv --reset-env' 'setpriv --reuid www --clear-groups --reset-env /x'
  loses 'sudo' 'sudo -E -u www /x'
  loses 'sudo' 'sudo --preserve-env=LD_PRELOADS,A /x'
  loses 'pkexec' 'pkexec /x'
  loses 'su -l' 'su -l www -c /x'
  loses 'su -l' 'su - www -c /x'
  loses 'su -l' 'su www -s /bin/sh --login -c /x'
  loses 'su -l' 'su -m -l www -c /x'
  loses 'runuser -l' 'runuser -l www -c /x'
  loses 'runuser -l' '/usr/sbin/runuser - www -c /x'
  # One behind the other.
  loses 'env -i' 'env A=b setpriv --reuid=www runuser -u www -- env -i /x'
  loses 'sudo' 'env -u A sudo /x'
}

@test "wrappers that keep the environment, and words that are no wrapper's" {
  keeps 'env -u A B=c /x -i'
  keeps 'env /x LD_PRELOAD=a'
  keeps 'setpriv --reuid www --clear-groups /x --reset-env'
  keeps 'sudo --preserve-env=A,LD_PRELOAD -u www /x'
  keeps 'su www -c "env -i /x"'
  keeps 'su -m www -c /x'
  keeps 'su -w A,LD_PRELOAD -l www -c /x'
  keeps 'runuser -u www -- /x -l'
  keeps 'runuser www -c /x'
  keeps '/x env -i'
  keeps '/opt/envoy -i'
  keeps 'env'
  keeps 'env -S "x y"'
}

@test "refused: wrappers that take the configuration away" {
  : >"$root/etc/a.conf"
  service web.service ExecStart= 'ExecStart=env -u TFOSHIM_CONFIG /x'
  run -1 "$tfoshim" enable --root "$root" -c /etc/a.conf web
  assert_output 'tfoshim: enable: web.service: "env -u TFOSHIM_CONFIG" in its ExecStart= removes what the drop-in would set'
  accepted web
  # Of two variables both have to be kept.
  service web.service ExecStart= 'ExecStart=sudo --preserve-env=LD_PRELOAD /x'
  run -1 "$tfoshim" enable --root "$root" -c /etc/a.conf web
  accepted web
}

# Whether it arrives is to be seen in the program.
@test "what is said of wrappers is what becomes of LD_PRELOAD" {
  local words said
  for words in 'env -i' 'env -' 'env -u LD_PRELOAD' 'env LD_PRELOAD=' 'env -u A' 'env A=b' 'env' 'env -vu A' \
    'setpriv --reset-env' 'setpriv --nnp' 'env A=b setpriv --nnp env -i' 'setpriv --nnp env A=b'; do
    service web.service ExecStart= "ExecStart=$words /bin/cat /proc/self/maps"
    said=arrives
    "$tfoshim" enable --root "$root" web >/dev/null 2>&1 || said=lost
    # shellcheck disable=SC2086
    assert_equal "$words: $said" "$words: $(LD_PRELOAD=$build/libtfoshim.so $words /bin/cat /proc/self/maps 2>/dev/null |
      grep -q libtfoshim.so && echo arrives || echo lost)"
  done
}

@test "refused: a service that starts nothing, or a program that does nothing" {
  service web.service ExecStart=
  refused web 'it starts no program: it has no ExecStart='
  service web.service ExecStart= ExecStart=/bin/true
  refused web '/bin/true makes no connections: other units do the work, such as instances of a template'
  service web.service ExecStart= 'ExecStart=env A=b false'
  refused web 'false makes no connections: other units do the work, such as instances of a template'
}

@test "of several programs one that it is good for is enough" {
  service web.service ExecStart= 'ExecStart=/bin/true' 'ExecStart=/x'
  accepted web
  service web.service ExecStart= 'ExecStart=env -i /x ; /y'
  accepted web
  service web.service ExecStart= 'ExecStart=env -i /x ; /bin/true'
  refused web '"env -i" in its ExecStart= removes what the drop-in would set'
}

program() { # NAME [OPTION...]
  [[ -e p.c ]] || echo 'int main(void) { return 0; }' >p.c
  cc "${@:2}" -o "$1" p.c
}

machine_refused() { # REASON
  on_machine 1 enable web
  assert_equal "$stderr" "tfoshim: enable: web.service: $1"
  [[ ! -e machine/web.service.d ]]
}

machine_accepted() {
  on_machine 0 enable web
  assert_equal "$stderr" ''
  on_machine 0 disable web
}

@test "refused: a program that is statically linked" {
  program static -static
  machine_service web "ExecStart=-$PWD/static"
  machine_refused "$PWD/static: it is statically linked, so LD_PRELOAD has no effect"
  machine_service web "ExecStart=/usr/bin/env A=b $PWD/static"
  machine_refused "$PWD/static: it is statically linked, so LD_PRELOAD has no effect"
  printf '#!%s\n' "$PWD/static" >script
  chmod +x script
  machine_service web "ExecStart=$PWD/script"
  machine_refused "$PWD/script: it is statically linked, so LD_PRELOAD has no effect"
  # Where it is of another root, that of this one is not looked at.
  mkdir -p "machine-root$build"
  cp "$build/libtfoshim.so" "machine-root$build"
  machine_service web "RootDirectory=$PWD/machine-root" "ExecStart=$PWD/static"
  machine_accepted
}

@test "refused: a program that changes the user, or gains capabilities, for whom it does so" {
  local by what="so LD_PRELOAD has no effect"
  program set-uid
  program set-gid
  program capable
  chmod u+s set-uid
  chmod g+s set-gid
  /usr/bin/python3 -c 'import os, struct
os.setxattr("capable", "security.capability", struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0))'
  machine_service web User=nobody "ExecStart=$PWD/set-uid"
  machine_refused "$PWD/set-uid: it is set-uid, $what"
  machine_service web User=65534 "ExecStart=$PWD/set-uid"
  machine_refused "$PWD/set-uid: it is set-uid, $what"
  machine_service web Group=nogroup "ExecStart=$PWD/set-gid"
  machine_refused "$PWD/set-gid: it is set-gid, $what"
  machine_service web User=nobody "ExecStart=$PWD/capable"
  machine_refused "$PWD/capable: it has file capabilities, $what"
  # It ends them before the programs that it starts.
  mkdir -p wrappers
  cp set-uid wrappers/env
  chmod u+s wrappers/env
  machine_service web User=nobody "ExecStart=$PWD/wrappers/env /bin/cat"
  machine_refused "$PWD/wrappers/env: it is set-uid, $what"
  # NoNewPrivileges= keeps set-uid programs from it, and not those with capabilities.
  for by in NoNewPrivileges=yes DynamicUser=true; do
    machine_service web User=nobody "$by" "ExecStart=$PWD/set-uid"
    machine_accepted
    machine_service web User=nobody "$by" "ExecStart=$PWD/set-gid"
    machine_accepted
    machine_service web User=nobody "$by" "ExecStart=$PWD/capable"
    machine_refused "$PWD/capable: it has file capabilities, $what"
  done
  machine_service web User=nobody NoNewPrivileges=yes NoNewPrivileges=no "ExecStart=$PWD/set-uid"
  machine_refused "$PWD/set-uid: it is set-uid, $what"
  # Root's programs are root's, whoever User= is.
  for by in set-uid set-gid capable; do
    machine_service web "ExecStart=$PWD/$by"
    machine_accepted
    machine_service web User=nobody "ExecStart=+$PWD/$by"
    machine_accepted
    machine_service web User=nobody "ExecStart=!$PWD/$by"
    machine_accepted
    # There is no such user here.
    machine_service web User=of-another-machine "ExecStart=$PWD/$by"
    machine_accepted
  done
}

@test "a service with DynamicUser=, or that gains no privileges, is as any other" {
  service web.service DynamicUser=yes
  accepted web
  service web.service NoNewPrivileges=yes
  accepted web
}

# ---- what is written where ----

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
    "tfoshim: enable: web.service: $etc/web.service.d/50-tfoshim.conf is not one that tfoshim has made"
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
  assert_output "tfoshim: enable: web.service: there is no such unit in $root"
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
  assert_output "tfoshim: enable: web.service: there is no such unit in $root"
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
      "tfoshim: $verb: web.service: $etc/web.service.d/50-tfoshim.conf is not one that tfoshim has made"
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
