#!/bin/sh
# SPDX-License-Identifier: MIT
# Run on each server, as root, once after boot: adds the shared address, in addition to the server's address on
# the local network, and allows listeners to accept data in SYNs.
set -e
ip address add 192.0.2.80/32 dev lo
ip -6 address add 2001:db8::80/128 dev lo
sysctl -qw net.ipv4.tcp_fastopen=3
