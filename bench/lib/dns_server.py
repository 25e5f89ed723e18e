# SPDX-License-Identifier: MIT
"""usage: dns_server.py PORT

Answers every query, over TCP and UDP, with an address made of the first label's number: names may
be many.
"""

import asyncio
import socket
import struct
import sys


def answer(query):
    """The question, and one address. Options of the query are left out."""
    end = query.index(b"\0", 12) + 5
    label = query[13 : 13 + query[12]]
    number = int(bytes(byte for byte in label if 48 <= byte < 58) or b"1")
    record = struct.pack("!HHHIHI", 0xC00C, 1, 1, 60, 4, (10 << 24) + (64 << 16) + number)
    wanted = query[end - 4 : end - 2] == b"\0\1"
    head = query[:2] + struct.pack("!HHHHH", 0x8180, 1, wanted, 0, 0)
    return head + query[12:end] + (record if wanted else b"")


async def serve(reader, writer):
    try:
        while True:
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            text = answer(await reader.readexactly(length))
            writer.write(struct.pack("!H", len(text)) + text)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


class Datagrams(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(answer(data), addr)


async def main(port):
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Datagrams, ("0.0.0.0", port), family=socket.AF_INET)
    server = await asyncio.start_server(serve, "0.0.0.0", port, backlog=1000)
    await server.serve_forever()


asyncio.run(main(int(sys.argv[1])))
