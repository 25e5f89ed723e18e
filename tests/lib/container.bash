# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A container without a container engine: what a Containerfile says is done in a root of its own that has
# this machine's programs. Only FROM is not taken at its word, and apt and apt-get install no more than
# packages that are files: others have to be there.
#
#   container_build DIRECTORY   the Containerfile in DIRECTORY, which is its context
#   container_make              without one: a system that nothing has been done to
#
# After either "${CONTAINER[@]}" [NAME=VALUE]... COMMAND runs a command in it; CONTAINER_CMD is its CMD, and
# CONTAINER_ROOT where its files are. There is nothing to clean up: it is gone with tests/in-namespace.

container_build() { # DIRECTORY
  local instruction rest
  container_make || return
  # Lines that end in a backslash go on in the next one.
  while read -r instruction rest; do
    case $instruction in
    '' | '#'* | FROM) ;;
    COPY) container_copy "$1" "$rest" || return ;;
    RUN) "${CONTAINER[@]}" sh -c "$rest" || return ;;
    ENV) CONTAINER+=("$rest") ;;
    CMD) # shellcheck disable=SC2034
      mapfile -t CONTAINER_CMD < <(/usr/bin/python3 -c \
        'import json, sys; print(*json.loads(sys.argv[1]), sep="\n")' "$rest") ;;
    *) fail "Containerfile: unknown instruction: $instruction" ;;
    esac
  done < <(sed -e ':again' -e '/\\$/ { N; s/\\\n//; b again' -e '}' "$1/Containerfile")
}

container_make() {
  container_root || return
  # The environment is the container's, not ours; and it is not chroot itself that is to have it.
  CONTAINER=(env -i /usr/sbin/chroot "$CONTAINER_ROOT" /usr/bin/env
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
}

# The steps are done as root, and things are removed there: nothing of the machine can be written to, and
# the root is not where somebody cleans up with rm. (An overlay would do this, but not for everybody.)
container_root() {
  [[ -n ${TFOSHIM_NAMESPACE-} ]] || fail 'run this by tests/in-namespace'
  CONTAINER_ROOT=$(mktemp -d /run/container.XXXXXX) || return
  chmod 755 "$CONTAINER_ROOT"
  mkdir -p "$CONTAINER_ROOT"/{machine/usr,proc,dev,run,root,tmp,var/lib/apt/lists,var/log,var/cache}
  mount --bind /usr "$CONTAINER_ROOT/machine/usr" &&
    mount -o remount,bind,ro "$CONTAINER_ROOT/machine/usr" || return
  mount --rbind /proc "$CONTAINER_ROOT/proc" || return
  # What programs cannot do without.
  local device
  for device in null urandom; do
    : >"$CONTAINER_ROOT/dev/$device"
    mount --bind "/dev/$device" "$CONTAINER_ROOT/dev/$device" || return
  done
  find / -maxdepth 1 -type l -name '*bin' -exec cp -P -t "$CONTAINER_ROOT" {} +
  find / -maxdepth 1 -type l -name 'lib*' -exec cp -P -t "$CONTAINER_ROOT" {} +
  # Keys and locks that are not everybody's to read are of no use here.
  cp -r /etc "$CONTAINER_ROOT" 2>/dev/null || true
  cp -r /var/lib/dpkg "$CONTAINER_ROOT/var/lib" 2>/dev/null || true
  container_programs
  container_apt_get
}

# Directories of its own where packages put something, otherwise links to the machine's.
container_programs() {
  local directory
  for directory in /usr /usr/bin /usr/lib{,/systemd{,/system}} /usr/lib/*-linux-gnu{,/pkgconfig} /usr/local{,/sbin} \
    /usr/share{,/doc,/man,/man/man{1,5,7},/bash-completion{,/completions},/zsh{,/site-functions},/fish{,/vendor_completions.d},/lintian{,/overrides}}; do
    [[ -d $directory ]] || continue
    rm -f "$CONTAINER_ROOT$directory"
    mkdir "$CONTAINER_ROOT$directory"
    find "$directory" -mindepth 1 -maxdepth 1 -printf "/machine%p\0" |
      xargs -0r ln -st "$CONTAINER_ROOT$directory"
  done
}

container_apt_get() {
  local name
  for name in apt apt-get; do
    rm -f "$CONTAINER_ROOT/usr/local/sbin/$name"
    cat >"$CONTAINER_ROOT/usr/local/sbin/$name" <<'END'
#!/bin/sh -e
# Other packages' triggers write where only the machine's own root may.
dpkg='dpkg --no-triggers'
case $1 in
install) shift ;;
purge) shift && exec $dpkg --purge "$@" ;;
*) exit 0 ;;
esac
files=
for argument; do
  case $argument in
  -*) ;;
  *.deb) files="$files $argument" ;;
  *) dpkg-query --show "$argument" ;;
  esac
done
[ -z "$files" ] || $dpkg --install $files
END
    chmod +x "$CONTAINER_ROOT/usr/local/sbin/$name"
  done
}

container_copy() { # CONTEXT "FROM TO"
  # The name is a pattern.
  # shellcheck disable=SC2086
  (cd "$1" && cp ${2% *} "$CONTAINER_ROOT${2##* }")
}
