# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Two servers that have the same address, as examples/balancer has them: the namespace `server` of network.bash
# is the balancer before them. For Bats files that have loaded programs.bash and called network_up:
#
#   fleet_up                       make the servers' namespaces; a client's connections go to them by turns
#   fleet_down                     delete them
#   on_first, on_second COMMAND    run a program on one of them; netstat_value knows them by these names
#   fleet_spawn [NAME=VALUE]... COMMAND   start a server on either, which listens on $PORT
#   fleet_visits HOST COUNT        curl asks so many times; prints each SYN's option, and + or - as its data, if
#                                  there was any, was taken or not
#
# The address is FLEET_IP4 and FLEET_IP6.

# shellcheck disable=SC2034
FLEET_IP4=192.0.2.80
FLEET_IP6=2001:db8::80

fleet_up() {
  local n
  FLEET=("first-$BASHPID" "second-$BASHPID")
  # While a link-local address is being looked for elsewhere, for a second or two, no neighbour is asked for.
  on_server sh -ec '
    echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
    ip link add lan type bridge
    ip addr add 198.51.100.1/24 dev lan
    ip addr add 2001:db8:1::1/64 dev lan nodad
    ip link set lan up'
  for n in 1 2; do
    fleet_server_up "${FLEET[n - 1]}" "$n" || return
  done
  on_server sh "$TFOSHIM_ROOT/examples/balancer/balancer.sh" || return
  on_client ip route add "$FLEET_IP4" via "$SERVER_IP4"
  on_client ip route add "$FLEET_IP6" via "$SERVER_IP6"
}

fleet_server_up() { # NAMESPACE NUMBER
  ip netns add "$1"
  nsenter --net="/run/netns/$1" sh -ec 'echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad'
  ip link add "to$2" netns "$NETWORK_SERVER" type veth peer name lan0 netns "$1"
  on_server sh -ec "ip link set to$2 master lan; ip link set to$2 up"
  nsenter --net="/run/netns/$1" sh -ec "
    ip link set lo up
    ip addr add 198.51.100.1$2/24 dev lan0
    ip addr add 2001:db8:1::1$2/64 dev lan0 nodad
    ip link set lan0 up
    ip route add default via 198.51.100.1
    ip route add default via 2001:db8:1::1
    . '$TFOSHIM_ROOT/examples/balancer/server.sh'"
}

fleet_down() {
  local namespace
  for namespace in "${FLEET[@]}"; do
    ip netns del "$namespace" 2>/dev/null || true
  done
}

on_first() { nsenter --net="/run/netns/${FLEET[0]}" env "$@"; }
on_second() { nsenter --net="/run/netns/${FLEET[1]}" env "$@"; }

fleet_spawn() {
  network_spawn "${FLEET[0]}" "$@"
  network_spawn "${FLEET[1]}" "$@"
  wait_listening first "$PORT"
  wait_listening second "$PORT"
}

fleet_visits() { # HOST COUNT
  local i
  for ((i = 0; i < $2; i++)); do
    shim TFOSHIM_CONFIG= curl -sS --noproxy '*' "http://$1:$PORT/"
    assert_success || return
  done
  client_syns | tail -n "$2" | awk '{
    for (i = 1; i <= NF; i++) { split($i, pair, "="); value[pair[1]] = pair[2] }
    printf "%s%s ", value["syn.option"], value["syn.data"] == 0 ? "" : (value["synack.ack"] > 1 ? "+" : "-")
  }'
}
