#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The examples that begin with the packages: containers, Kubernetes, Ansible.

# What manifests.py prints is known to the shell alone; PORT is each test's own.
# shellcheck disable=SC2030,SC2031,SC2154

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

# Built once, as packages are.
setup_file() {
  load lib/package
  cd "$BATS_FILE_TMPDIR" || exit
  cmake -S "$BATS_TEST_DIRNAME/.." -B build -DCMAKE_INSTALL_PREFIX=/usr -DTFOSHIM_TESTS=OFF >/dev/null
  cmake --build build --parallel "$(nproc)" >/dev/null
  mkdir debs
  packages DEB "$PWD/build" | xargs mv -t debs
  export DEBS=$PWD/debs
}

setup() {
  load lib/network
  load lib/fleet
  load lib/container
  load programs/programs
  tools_required curl /usr/bin/python3
  EXAMPLES=$TFOSHIM_ROOT/examples
  export LC_ALL=C PATH=$TFOSHIM_BUILD:$PATH HOME=$BATS_TEST_TMPDIR
  unset TFOSHIM_CONFIG XDG_CONFIG_HOME LD_PRELOAD
  cd "$BATS_TEST_TMPDIR" || exit
  network_up --rtt 20
}

teardown() {
  fleet_down
  network_down
}

# An example's directory with packages in it, as its README says, as a container.
image_build() { # EXAMPLE PACKAGE...
  local package
  cp -r "$EXAMPLES/$1" "$1"
  for package in "${@:2}"; do
    cp "$DEBS/${package}_"*.deb "$1"
  done
  container_build "$1" >build.log 2>&1 || fail "$(<build.log)"
}

# ---- container ----

@test "container: the image is built, and what runs in it opens fast" {
  image_build container libtfoshim
  server_spawn TFOSHIM_CONFIG= LD_PRELOAD="$SHIM" /usr/bin/python3 -m http.server --directory "$EXAMPLES" 8082
  PORT=8082
  wait_listening "$PORT"
  run -0 "${CONTAINER[@]}" dpkg-query -W libtfoshim
  assert_equal "$(find "$CONTAINER_ROOT"/{tmp,var/lib/apt/lists} -mindepth 1)" ''
  for _ in first second; do
    run -0 on_client "${CONTAINER[@]}" "${CONTAINER_CMD[@]}"
    assert_line --partial '<title>Directory listing'
  done
  assert_regex "$(last_syn syn.data syn.option)" '^[1-9][0-9]+ cookie$'
}

# ---- kubernetes ----

MANIFESTS=(/usr/bin/python3 -B "$BATS_TEST_DIRNAME/lib/manifests.py")

@test "kubernetes: the manifests are understood, and what is wrong in one would be heard" {
  local edit
  run -0 "${MANIFESTS[@]}" check "$EXAMPLES"/kubernetes/*.yaml
  assert_output ''
  for edit in 's/readOnlyRootFilesystem/readOnlyFilesystem/' 's/value: "3"/value: 3/' 's/- name: server/- image: x/' \
    's/readOnly: true/readOnly: "yes"/' 's/emptyDir: {}/emptyDir: []/' '0,/- name: library/s//- name: other/'; do
    sed "$edit" "$EXAMPLES/kubernetes/pod.yaml" >wrong.yaml
    run -1 "${MANIFESTS[@]}" check wrong.yaml
    assert_line --index 0 --regexp '^manifests: wrong\.yaml\[0\]'
  done
}

# What a manifest says, as variables; and a directory for each of its volumes, where nobody cleans up.
pod_read() { # FILE
  local variables volume
  variables=$("${MANIFESTS[@]}" pod "$EXAMPLES/kubernetes/$1")
  eval "$variables"
  VOLUMES=$(mktemp -d /run/volumes.XXXXXX)
  for volume in $(compgen -v volume_); do
    mkdir "$VOLUMES/$volume"
    # What is not to be a tmpfs is to be told from one.
    mount -t "$([[ ${!volume} == Memory ]] && echo tmpfs || echo ramfs)" none "$VOLUMES/$volume"
    chmod 777 "$VOLUMES/$volume"
    [[ ${!volume} != secret ]] || secret_mount "$VOLUMES/$volume"
  done
}

# As the kubelet lays it out, so that it can change a whole secret at once.
secret_mount() { # DIRECTORY
  mkdir "$1/..first"
  (umask 377 && head -c 32 /dev/urandom >"$1/..first/secret")
  ln -s ..first "$1/..data"
  ln -s ..data/secret "$1/secret"
}

# The command that runs another one in a container of the pod: goes to RUN.
pod_container() { # ROOT CONTAINER
  local -n mounts=$2_mounts access=$2_root user=$2_user environment=$2_env
  local mount name path file mode
  RUN=(unshare --mount "$BATS_TEST_DIRNAME/lib/in-container" "$1" "$access" "$user")
  for mount in "${mounts[@]}"; do
    IFS=: read -r name path file mode <<<"$mount"
    RUN+=("$(realpath "$VOLUMES/volume_$name/$file"):$path:$mode")
  done
  RUN+=(-- "${environment[@]}")
}

# Two visits over either family.
pod_visits() {
  local host
  for host in "$SERVER_IP4" "$SERVER_IP4" "[$SERVER_IP6]" "[$SERVER_IP6]"; do
    shim TFOSHIM_CONFIG= curl -sS --noproxy '*' "http://$host:$PORT/"
    assert_success
  done
}

@test "kubernetes: the pod's server takes requests from SYNs, with a library that it cannot change" {
  pod_read pod.yaml
  image_build kubernetes libtfoshim
  pod_container "$CONTAINER_ROOT" library
  run -0 "${RUN[@]}" "${library_command[@]}"
  container_make
  on_server sysctl -qw net.ipv4.tcp_fastopen=1
  run -0 on_server sysctl -w "${sysctls[@]}"
  PORT=${server_ports[0]}
  pod_container "$CONTAINER_ROOT" server
  serve() { # [NAME=VALUE]...
    server_spawn "${RUN[@]}" "$@" /usr/bin/python3 -m http.server --bind :: "$PORT"
    wait_listening "$PORT"
  }
  serve LD_PRELOAD=
  pod_visits
  assert_equal "$(netstat_value server TCPFastOpenPassive)" 0
  kill "$SPAWNED"
  process_end "$SPAWNED"
  serve
  pod_visits
  assert_equal "$(netstat_value server TCPFastOpenPassive)" 2
  refute_regex "$(<"$SPAWNED_LOG")" '(ld\.so|tfoshim):'
  # What it has to write it has written to the tmpfs, and it can write to nothing else.
  assert_equal "$(stat -f -c %T "$VOLUMES/volume_runtime")" tmpfs
  [[ -s $VOLUMES/volume_runtime/user/tfoshim/memory ]]
  for name in /library/libtfoshim.so /library/new /etc/new /tmp/new; do
    run -2 "${RUN[@]}" sh -c ": >$name"
    assert_output --partial 'Read-only file system'
  done
}

@test "kubernetes: nodes behind one address have the sysctl, and the keys of one secret" {
  local node key keys host PORT=8000
  pod_read node.yaml
  image_build kubernetes libtfoshim tfoshim
  fleet_up
  key=$(tfoshim key show --secret "$(realpath "$VOLUMES/volume_secret/secret")" | sed -n 's/^primary //p')
  for node in 0 1; do
    nsenter --net="/run/netns/${FLEET[node]}" sysctl -qw net.ipv4.tcp_fastopen=1
    pod_container "$CONTAINER_ROOT" sysctl
    network_spawn "${FLEET[node]}" "${RUN[@]}" "${sysctl_command[@]}"
    wait "$SPAWNED"
    pod_container "$CONTAINER_ROOT" keys
    network_spawn "${FLEET[node]}" "${RUN[@]}" "${keys_command[@]}"
    keys=$SPAWNED
  done
  for node in on_first on_second; do
    wait_until "$node grep -q '^$key,' /proc/sys/net/ipv4/tcp_fastopen_key"
  done
  fleet_spawn TFOSHIM_CONFIG= LD_PRELOAD="$SHIM" /usr/bin/python3 -m http.server --bind :: "$PORT"
  for host in "$FLEET_IP4" "[$FLEET_IP6]"; do
    assert_equal "$(fleet_visits "$host" 5)" 'request cookie+ cookie+ cookie+ cookie+ '
  done
  # It goes on, until it is told to end.
  kill "$keys"
  wait "$keys"
}

# ---- ansible ----

# A machine for Ansible, which does there as root what it is told to, and nothing to this one. systemctl notes
# what it is asked for, and makes keys as the service's drop-in says.
machine_make() {
  container_make
  mkdir -m 1777 "$CONTAINER_ROOT/dev/shm"
  mkdir -p "$CONTAINER_ROOT"/etc/systemd/system "$CONTAINER_ROOT"/var/cache/apt/archives/partial
  printf '%s\n' '[Service]' 'ExecStart=/usr/bin/python3 -m http.server' |
    tee "$CONTAINER_ROOT"/etc/systemd/system/{legacy,other}.service >/dev/null
  cat >"$CONTAINER_ROOT/usr/local/sbin/dpkg" <<'END'
#!/bin/sh
# Other packages' triggers write where only the machine's own root may.
exec /usr/bin/dpkg --no-triggers "$@"
END
  cat >"$CONTAINER_ROOT/usr/local/sbin/systemctl" <<'END'
#!/bin/sh -e
state=/run/systemctl
mkdir -p $state
case $1 in
show) printf '%s\n' LoadState=loaded "$(cat "$state/$2.active" 2>/dev/null || echo ActiveState=inactive)" && exit ;;
is-enabled) cat "$state/$2.enabled" 2>/dev/null || { echo disabled && exit 1; } && exit ;;
enable) echo enabled >"$state/$2.enabled" ;;
start | restart) [ "${2%.service}" = tfoshim-key-rotate ] || echo ActiveState=active >"$state/$2.active" ;;
esac
echo "$*" >>$state/log
[ "$*" != 'start tfoshim-key-rotate.service' ] ||
  sh -ec "$(sed -n 's/^ExecStart=//p' /etc/systemd/system/tfoshim-key-rotate.service.d/*.conf | tail -n 1)"
END
  chmod +x "$CONTAINER_ROOT"/usr/local/sbin/{dpkg,systemctl}
  ON_MACHINE=(on_server "${CONTAINER[@]}" LC_ALL=C.UTF-8 HOME=/root ANSIBLE_PIPELINING=1)
}

# The example as its README has it: the packages beside it, the machine in the inventory.
playbook_copy() {
  local directory=$CONTAINER_ROOT/root/ansible
  cp -r "$EXAMPLES/ansible" "$directory"
  cp "$DEBS"/*.deb "$directory"
  sed -i -e '/web2/d' -e 's/web1.example.com:/localhost: { ansible_connection: local }/' "$directory/inventory.yml"
  # The names are those of this machine's architecture.
  (cd "$DEBS" && printf '{"vault_tfoshim_secret": "%s", "tfoshim_debs": ["%s", "%s"]}\n' "$SECRET" \
    libtfoshim_*.deb tfoshim_*.deb) >"$directory/vault.json"
}

play() { # [OPTION]...
  # shellcheck disable=SC2016
  run "${ON_MACHINE[@]}" sh -c 'cd /root/ansible && exec ansible-playbook -i inventory.yml -e @vault.json "$@" site.yml' \
    sh "$@" 3>&-
}

# What systemctl has been asked to start since the last time.
started() {
  sed -nE 's/^(re)?start //p' "$CONTAINER_ROOT/run/systemctl/log" | paste -sd ' '
  : >"$CONTAINER_ROOT/run/systemctl/log"
}

# The web server of the machine's service, with what its drop-ins say.
machine_serve() {
  local environment
  mapfile -t environment < <(sed -n 's/^Environment="\(.*\)"$/\1/p' \
    "$CONTAINER_ROOT/etc/systemd/system/legacy.service.d"/*.conf)
  ((${#environment[@]} == 2))
  server_spawn "${CONTAINER[@]}" "${environment[@]}" /usr/bin/python3 -m http.server --bind :: "$PORT"
  wait_listening "$PORT"
}

@test "ansible: the role makes a machine ready, finds nothing to do the second time, and lets no mistake through" {
  local SECRET=a-secret-that-nobody-knows PORT=8000 units
  machine_make
  playbook_copy
  on_server sysctl -qw net.ipv4.tcp_fastopen=1
  play --syntax-check
  assert_success
  play
  assert_success
  assert_line --regexp ' changed=1[0-9] .* failed=0 '
  assert_equal "$(started)" 'tfoshim-key-rotate.timer tfoshim-key-rotate.service legacy.service'
  play
  assert_success
  assert_line --regexp ' changed=0 .* failed=0 '
  assert_equal "$(started)" ''
  # What came of it.
  (umask 077 && printf %s "$SECRET" >secret)
  run -0 on_server tfoshim key show
  assert_output "$(tfoshim key show --secret secret)"
  assert_equal "$(stat -c %a "$CONTAINER_ROOT/etc/tfoshim.secret")" 600
  cmp "$EXAMPLES/ansible/roles/tfoshim/files/key-secret.conf" "$EXAMPLES/systemd/key-secret.conf"
  machine_serve
  pod_visits
  assert_equal "$(netstat_value server TCPFastOpenPassive)" 2
  # A configuration with an error is refused, and the former one stays.
  play -e '{"tfoshim_debs": [], "tfoshim_config": "client = { defualt = \"off\"; };\n"}'
  assert_failure 2
  assert_output --partial 'did you mean'
  run -0 "${ON_MACHINE[@]}" tfoshim check /etc/tfoshim.conf
  # One service comes, and one goes.
  play -e '{"tfoshim_debs": [], "tfoshim_secret": "", "tfoshim_services": ["other"], "tfoshim_services_without": ["legacy"]}'
  assert_success
  assert_equal "$(started)" 'other.service legacy.service'
  units=$CONTAINER_ROOT/etc/systemd/system
  [[ -e $units/other.service.d/50-tfoshim.conf && ! -e $units/legacy.service.d ]]
}
