# SPDX-License-Identifier: MIT
"""replay PCAP PORT TIMES [FIRST-PORT]: sends the last recorded SYN with data to the port again, TIMES times.

As it was, or from new ports: whoever has seen a SYN needs no more than that to have it delivered.
"""

import pathlib
import socket
import struct
import sys
import time

IPV4_LINKS = (12, 101, 228)
SYN = 0x02


def packets(pcap: bytes):
    """The IPv4 packets of a pcap of little-endian microseconds."""
    header = 0 if struct.unpack_from("<I", pcap, 20)[0] in IPV4_LINKS else 14
    at = 24
    while at + 16 <= len(pcap):
        length, = struct.unpack_from("<I", pcap, at + 8)
        at += 16
        yield pcap[at + header:at + length]
        at += length


def is_syn_with_data(packet: bytes, port: int) -> bool:
    if packet[0] >> 4 != 4 or packet[9] != socket.IPPROTO_TCP:
        return False
    tcp = packet[(packet[0] & 15) * 4:]
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
    copy = bytearray(packet)
    at = (copy[0] & 15) * 4
    struct.pack_into("!H", copy, at, port)
    struct.pack_into("!H", copy, at + 16, 0)
    pseudo = bytes(copy[12:20]) + struct.pack("!BBH", 0, socket.IPPROTO_TCP, len(copy) - at)
    struct.pack_into("!H", copy, at + 16, checksum(pseudo + bytes(copy[at:])))
    return bytes(copy)


def main(path: str, port: str, times: str, first: str = "") -> None:
    recorded = [packet for packet in packets(pathlib.Path(path).read_bytes())
                if is_syn_with_data(packet, int(port))]
    if not recorded:
        sys.exit("replay: no SYN with data was recorded")
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for i in range(int(times)):
            packet = from_port(recorded[-1], int(first) + i) if first else recorded[-1]
            raw.sendto(packet, (socket.inet_ntoa(packet[16:20]), 0))
            time.sleep(0.01)


main(*sys.argv[1:])
