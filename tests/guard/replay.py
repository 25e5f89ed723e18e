# SPDX-License-Identifier: MIT
"""replay PCAP PORT TIMES [FIRST-PORT]: sends the last recorded SYN with data to the port again, TIMES times.

As it was, or from new ports: whoever has seen a SYN needs no more than that to have it delivered.
"""

import pathlib
import socket
import struct
import sys
import time

RAW_LINKS = (12, 101, 228, 229)
SYN = 0x02
# Of a packet's version: its family, and where its protocol and its addresses stand.
VERSIONS = {4: (socket.AF_INET, 9, slice(12, 20)), 6: (socket.AF_INET6, 6, slice(8, 40))}


def packets(pcap: bytes):
    """The packets of a pcap of little-endian microseconds, from their IP headers on."""
    header = 0 if struct.unpack_from("<I", pcap, 20)[0] in RAW_LINKS else 14
    at = 24
    while at + 16 <= len(pcap):
        length, = struct.unpack_from("<I", pcap, at + 8)
        at += 16
        yield pcap[at + header:at + length]
        at += length


def segment_at(packet: bytes) -> int:
    return (packet[0] & 15) * 4 if packet[0] >> 4 == 4 else 40


def is_syn_with_data(packet: bytes, port: int) -> bool:
    version = VERSIONS.get(packet[0] >> 4)
    if not version or packet[version[1]] != socket.IPPROTO_TCP:
        return False
    tcp = packet[segment_at(packet):]
    return (tcp[13] & 0x3f == SYN and struct.unpack_from("!H", tcp, 2)[0] == port
            and len(tcp) > (tcp[12] >> 4) * 4)


def checksum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xffff:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def from_port(packet: bytes, port: int) -> bytes:
    """The same from another port: the cookie is the address's."""
    copy, at = bytearray(packet), segment_at(packet)
    addresses = VERSIONS[packet[0] >> 4][2]
    struct.pack_into("!H", copy, at, port)
    struct.pack_into("!H", copy, at + 16, 0)
    # IPv6 has the length before the protocol in four bytes each: the sum is the same.
    pseudo = bytes(copy[addresses]) + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(copy) - at)
    struct.pack_into("!H", copy, at + 16, checksum(pseudo + bytes(copy[at:])))
    return bytes(copy)


def main(path: str, port: str, times: str, first: str = "") -> None:
    recorded = [packet for packet in packets(pathlib.Path(path).read_bytes())
                if is_syn_with_data(packet, int(port))]
    if not recorded:
        sys.exit("replay: no SYN with data was recorded")
    family, _, addresses = VERSIONS[recorded[-1][0] >> 4]
    with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for i in range(int(times)):
            packet = from_port(recorded[-1], int(first) + i) if first else recorded[-1]
            both = packet[addresses]
            raw.sendto(packet, (socket.inet_ntop(family, both[len(both) // 2:]), 0))
            time.sleep(0.01)


main(*sys.argv[1:])
