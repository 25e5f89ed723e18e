#!/bin/sh
# SPDX-License-Identifier: MIT
# On each of the servers, as root, once after boot: the shared address is its own, beside its address on the
# local network, and its listeners may take data from SYNs.
set -e
ip address add 192.0.2.80/32 dev lo
ip -6 address add 2001:db8::80/128 dev lo
sysctl -qw net.ipv4.tcp_fastopen=3
