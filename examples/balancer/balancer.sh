#!/bin/sh
# SPDX-License-Identifier: MIT
# Run on the balancer, as root, once after boot: routes packets to the shared address to one of two servers,
# without changing them.
set -e
cd "$(dirname "$0")"
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
for n in 1 2; do
  ip route add 192.0.2.80 via 198.51.100.1$n table $n
  ip rule add fwmark $n table $n
  ip -6 route add 2001:db8::80 via 2001:db8:1::1$n table $n
  ip -6 rule add fwmark $n table $n
done
nft -f balancer.nft
