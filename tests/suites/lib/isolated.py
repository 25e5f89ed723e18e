#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: isolated.py COUNTERS COMMAND [ARGUMENT]...

Runs a command in the network namespace that it finds itself in, made ready for the test suites, and
writes what the kernel counted of Fast Open meanwhile to the file COUNTERS.
"""

import errno
import json
import os
import signal
import socket
import subprocess
import sys

# Client, server, and every listener accepts: what a suite itself listens on has not asked for it.
SYSCTL = "0x403"
COUNTERS = (
    "TCPFastOpenActive",
    "TCPFastOpenActiveFail",
    "TCPFastOpenPassive",
    "TCPFastOpenPassiveFail",
    "TCPFastOpenCookieReqd",
)


def read_counters():
    values = {}
    with open("/proc/net/netstat", encoding="ascii") as table:
        lines = [line.split() for line in table]
    for names, numbers in zip(lines[::2], lines[1::2]):
        values.update(zip(names[1:], map(int, numbers[1:])))
    return {name: values[name] for name in COUNTERS}


def connect_with_cookie(family, address):
    """One connection whose SYN asks for a cookie, or uses the one that the host has given."""
    with socket.socket(family) as listener, socket.socket(family) as client:
        listener.bind((address, 0))
        listener.listen()
        client.sendto(b"x", socket.MSG_FASTOPEN, listener.getsockname())
        listener.accept()[0].close()


def prepare():
    """Gives the host its cookies, so that the suite's first connection is like its others."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with open("/proc/sys/net/ipv4/tcp_fastopen", "w", encoding="ascii") as knob:
        knob.write(SYSCTL)
    connect_with_cookie(socket.AF_INET, "127.0.0.1")
    try:
        connect_with_cookie(socket.AF_INET6, "::1")
    except OSError as error:
        if error.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
            raise


def main():
    prepare()
    # A shell's background jobs have it ignored, which tests that interrupt themselves would inherit.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    before = read_counters()
    status = subprocess.run(sys.argv[2:], check=False).returncode
    after = read_counters()
    with open(sys.argv[1], "w", encoding="ascii") as out:
        json.dump({name: after[name] - before[name] for name in COUNTERS}, out)
    # As a shell says it: a death by signal N is 128 + N.
    os._exit(status if status >= 0 else 128 - status)


if __name__ == "__main__":
    main()
