#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: native-client.py HOST PORT TEXT

A client with Fast Open of its own, for the protocols that curl does not speak: TEXT (\\n for a line's
end) goes into the SYN where there is a cookie; prints what comes back until the server closes.
"""

import socket
import sys


def main():
    host, port, text = sys.argv[1:]
    data = text.encode().decode("unicode_escape").encode()
    with socket.socket() as connection:
        connection.sendto(data, socket.MSG_FASTOPEN, (host, int(port)))
        while answer := connection.recv(65536):
            sys.stdout.buffer.write(answer)


main()
