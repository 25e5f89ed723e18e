# SPDX-License-Identifier: MIT
"""guest ADDRESS PORT CONNECTIONS: makes them one after another, with a request in each SYN that is not
safe to repeat, and prints what each brought, as the differ's server does."""

import socket
import sys
import time
import zlib

PATIENCE = 8


def connection(address, port):
    """One; None: nobody listens yet."""
    answer, end = b"", "EOF"
    with socket.socket() as guest:
        try:
            guest.sendto(b"x" * 30, socket.MSG_FASTOPEN, (address, port))
        except ConnectionError:
            return None
        guest.settimeout(PATIENCE)
        try:
            while got := guest.recv(4096):
                answer += got
        except ConnectionRefusedError:
            return None
        except ConnectionResetError:
            end = "RESET"
        except TimeoutError:
            end = "OPEN"
    return f"guest bytes={len(answer)} sum={zlib.crc32(answer):08x} end={end} syn=0 first=-"


def main(address, port, count):
    """The program is given its time to listen."""
    deadline = time.monotonic() + PATIENCE
    while count and time.monotonic() < deadline:
        line = connection(address, port)
        if line:
            print(line, flush=True)
            count -= 1
        else:
            time.sleep(0.002)


main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
