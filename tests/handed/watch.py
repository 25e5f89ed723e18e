# SPDX-License-Identifier: MIT
"""watch PID PORT: another process's listener on a port, held as a service manager holds one: the TCP_FASTOPEN that it has, a
line for each change."""

import ctypes
import os
import socket
import sys
import time

PIDFD_GETFD = 438
LIBC = ctypes.CDLL(None, use_errno=True)


def sockets(pid: int):
    """Duplicates of all that there are."""
    process = os.pidfd_open(pid)
    for fd in os.listdir(f"/proc/{pid}/fd"):
        copy = LIBC.syscall(PIDFD_GETFD, process, int(fd), 0)
        if copy < 0:
            continue
        try:
            yield socket.socket(fileno=copy)
        except OSError:  # no socket
            os.close(copy)
    os.close(process)


def is_wanted(found: socket.socket, port: int) -> bool:
    return (found.family in (socket.AF_INET, socket.AF_INET6) and found.type == socket.SOCK_STREAM
            and found.getsockname()[1] == port and found.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1)


def main(pid: str, port: str) -> None:
    listener, last = None, None
    while not listener:
        listener = next((found for found in sockets(int(pid)) if is_wanted(found, int(port))), None)
    while True:
        queue = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN)
        if queue != last:
            print(queue, flush=True)
        last = queue
        time.sleep(0.005)


main(*sys.argv[1:])
