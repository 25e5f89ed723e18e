#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What AppArmor and SELinux are told of the library, tried as far as it can be without a kernel that has them.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  build=$(realpath "${TFOSHIM_BUILD:-$BATS_TEST_DIRNAME/../build}")
  conf=$(cd "$BATS_TEST_DIRNAME/../conf" && pwd)
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR
  unset TFOSHIM_CONFIG XDG_CONFIG_HOME XDG_RUNTIME_DIR LD_PRELOAD
  cd "$BATS_TEST_TMPDIR" || exit
}

@test "AppArmor's parser takes the abstraction" {
  mkdir -p include/abstractions
  cat >profile <<'END'
include <tunables/global>
profile server /usr/sbin/server {
  include <abstractions/base>
  include <abstractions/tfoshim>
  network inet stream,
}
END
  local parser=(/usr/sbin/apparmor_parser --skip-kernel-load --skip-cache --Werror --features-file /etc/apparmor.d/abi/3.0
    -I "$PWD/include" -I /etc/apparmor.d profile)
  cp "$conf/apparmor/tfoshim" include/abstractions
  run -0 "${parser[@]}"
  refute_output
  # And it would have said so.
  echo '  /etc/passwd rq,' >>include/abstractions/tfoshim
  run ! "${parser[@]}"
  assert_output --partial 'include/abstractions/tfoshim'
}

# Connects until the library has taken up a configuration that has changed, or once.
connects() { # until-changed|once
  /usr/bin/python3 - "$1" <<'END'
import errno, os, socket, sys, time
for attempt in range(100):
    client = socket.socket()
    assert client.connect_ex(("127.0.0.1", 9)) == errno.ECONNREFUSED
    if sys.argv[1] == "once" or "is applied" in open("log").read():
        sys.exit(0)
    if attempt == 0:
        os.rename("changed.conf", "tfoshim.conf")
    time.sleep(0.2)
sys.exit(1)
END
}

traced() { # FILE COMMAND [ARGUMENT]...
  strace -f -y -z -e trace=openat,mkdir,execve -o "$1" "${@:2}"
}

@test "AppArmor's abstraction has every file that the library opens" {
  local lib=/usr/lib/x86_64-linux-gnu
  export -f connects
  mkdir tfoshim.conf.d
  echo 'server = { rules = ( { port = 80; unit = "one.service"; user = "root"; } ); };' >tfoshim.conf.d/one.conf
  echo 'client = { default = "off"; };' | tee tfoshim.conf changed.conf >/dev/null
  echo '# changed' >>changed.conf
  : >log
  traced plain bash -c 'connects once'
  traced shim env LD_PRELOAD="$build/libtfoshim.so" TFOSHIM_CONFIG="$PWD/tfoshim.conf" TFOSHIM_LOG=info \
    bash -c 'connects until-changed' 2>log
  # As they are when they are installed. What the program opens itself is its profile's matter.
  sed -E -e 's/^[0-9]+ +//' -e "s|$build/|$lib/|g" -e "s|$PWD/tfoshim.conf|/etc/tfoshim.conf|g" shim |
    grep -vE -e '^execve' -e '"(log|tfoshim.conf|changed.conf)"' | grep -vxFf <(sed -E 's/^[0-9]+ +//' plain) >of_library
  # Nobody who traces the program sees this one.
  echo "execve(\"$lib/tfoshim-compile\")" >>of_library
  for name in libtfoshim-policy.so libconfig.so /etc/tfoshim.conf /etc/tfoshim.conf.d/one.conf \
    /etc/passwd /proc/self/cgroup /run/tfoshim; do
    run -0 grep -F "$name" of_library
  done
  rules=(/etc/apparmor.d/abstractions/base "$conf/apparmor/tfoshim")
  run -0 /usr/bin/python3 -B "$BATS_TEST_DIRNAME/lib/apparmor.py" "${rules[@]}" <of_library
  refute_output
  # And it would have found one that is missing.
  grep -v cgroup "$conf/apparmor/tfoshim" >without
  run -0 /usr/bin/python3 -B "$BATS_TEST_DIRNAME/lib/apparmor.py" "${rules[0]}" without <of_library
  assert_output 'r /proc/self/cgroup'
}

@test "SELinux' compiler takes the module" {
  run -0 checkmodule -M -m -o tfoshim.mod "$conf/selinux/tfoshim.te"
  run -0 semodule_package -o tfoshim.pp -m tfoshim.mod
  [[ -s tfoshim.pp ]]
}
