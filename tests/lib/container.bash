# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# A container without a container engine: what a Containerfile says is done in a copy of this machine's
# root that forgets it all. Only FROM is not taken at its word, and apt-get installs no more than packages
# that are files: others have to be there.
#
#   container_build DIRECTORY   the Containerfile in DIRECTORY, which is its context
#   container_down
#
# After that "${CONTAINER[@]}" [NAME=VALUE]... COMMAND runs a command in it; CONTAINER_CMD is its CMD, and
# CONTAINER_ROOT where its files are.

container_build() { # DIRECTORY
  local instruction rest
  container_root || return
  # The environment is the container's, not ours; and it is not chroot itself that is to have it.
  CONTAINER=(env -i /usr/sbin/chroot "$CONTAINER_ROOT" /usr/bin/env
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin)
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

container_root() {
  local place=$BATS_TEST_TMPDIR/container
  CONTAINER_ROOT=$place/root
  mkdir "$place" && mount -t tmpfs tmpfs "$place" || return
  mkdir "$place"/{upper,work,root}
  mount -t overlay -o "lowerdir=/,upperdir=$place/upper,workdir=$place/work" overlay "$CONTAINER_ROOT" ||
    return
  mount --rbind /proc "$CONTAINER_ROOT/proc" && mount --rbind /dev "$CONTAINER_ROOT/dev" || return
  cat >"$CONTAINER_ROOT/usr/local/sbin/apt-get" <<'END'
#!/bin/sh -e
[ "$1" = install ] || exit 0
shift
for argument; do
  case $argument in
  -*) ;;
  *.deb) dpkg --install "$argument" ;;
  *) dpkg-query --show "$argument" ;;
  esac
done
END
  chmod +x "$CONTAINER_ROOT/usr/local/sbin/apt-get"
}

container_copy() { # CONTEXT "FROM TO"
  # The name is a pattern.
  # shellcheck disable=SC2086
  (cd "$1" && cp ${2% *} "$CONTAINER_ROOT${2##* }")
}

container_down() {
  umount --recursive "$BATS_TEST_TMPDIR/container"
}
