# SPDX-License-Identifier: MIT
"""client ADDRESS PORT REQUEST: sends it in a SYN, and prints the answer's first line and how long that took."""

import socket
import sys
import time

address, port, request = sys.argv[1:]
with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as connection:
    began = time.monotonic()
    connection.sendto(request.encode().decode("unicode_escape").encode(), socket.MSG_FASTOPEN,
                      (address, int(port)))
    connection.settimeout(10)
    answer = connection.recv(4096)
    took = (time.monotonic() - began) * 1000
    syn_data = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 8)[5] & 0x20
    print(answer.split(b"\r\n")[0].decode(), "in-the-SYN" if syn_data else "after-the-handshake",
          f"{took:.0f}")
