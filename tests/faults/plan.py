# SPDX-License-Identifier: MIT
"""The file that the library beneath a program shares with its tester (plan.h), and names for calls."""

import dataclasses
import errno
import fcntl
import functools
import mmap
import re
import socket
import struct
import subprocess

CALLS = 1024
HEAD = struct.Struct("=QQiiIIIiIIII")  # handed down, the fault, its count, which, errno, onward,
# nothing, hits, used
CALL = struct.Struct("=iiII")
SIZE = HEAD.size + CALLS * CALL.size
PHASES = ("start", "run", "program")
HANDED_DOWN_BY = "call_plainly|call_by_number|seen_by_number|syscall"
NUMBERS = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"
LEVELS = {socket.SOL_SOCKET: "SOL_SOCKET", socket.IPPROTO_TCP: "IPPROTO_TCP", 0: "IPPROTO_IP",
          socket.IPPROTO_IPV6: "IPPROTO_IPV6"}
OPTIONS = {
    (socket.SOL_SOCKET, 4): "SO_ERROR", (socket.SOL_SOCKET, 13): "SO_LINGER",
    (socket.SOL_SOCKET, 18): "SO_RCVLOWAT", (socket.SOL_SOCKET, 20): "SO_RCVTIMEO",
    (socket.SOL_SOCKET, 21): "SO_SNDTIMEO", (socket.SOL_SOCKET, 38): "SO_PROTOCOL",
    (socket.SOL_SOCKET, 39): "SO_DOMAIN", (socket.SOL_SOCKET, 57): "SO_COOKIE",
    (socket.SOL_SOCKET, 71): "SO_NETNS_COOKIE", (6, 2): "TCP_MAXSEG", (6, 11): "TCP_INFO",
    (6, 23): "TCP_FASTOPEN", (6, 30): "TCP_FASTOPEN_CONNECT", (6, 34): "TCP_FASTOPEN_NO_COOKIE",
    (0, 14): "IP_MTU", (41, 24): "IPV6_MTU",
}
COMMANDS = {
    "epoll_ctl": {1: "ADD", 2: "DEL", 3: "MOD"},
    "fcntl": {fcntl.F_GETFL: "F_GETFL", fcntl.F_SETFL: "F_SETFL", fcntl.F_GETFD: "F_GETFD",
              1030: "F_DUPFD_CLOEXEC", 1034: "F_GET_SEALS"},
    "ioctl": {0x541b: "FIONREAD", 0x5413: "TIOCGWINSZ"},
    "socket": {socket.AF_NETLINK: "AF_NETLINK"},
    "connect": {1: "AF_UNSPEC"},
    "sendto": {1: "FASTOPEN", 2: "empty", 3: "FASTOPEN-empty"},
    "sendmsg": {1: "FASTOPEN"},
    "mmap": {1: "file"},
    "ppoll": {1: "programs"},
    "pselect6": {1: "programs"},
    "epoll_pwait": {1: "programs"},
    "shmget": {0o1000: "IPC_CREAT"},
    "shmctl": {0: "IPC_RMID", 2: "IPC_STAT", 13: "SHM_STAT", 14: "SHM_INFO"},
    "shutdown": {0: "RD", 1: "WR", 2: "RDWR"},
}


@functools.cache
def names():
    """Of the system calls, by number."""
    with open(NUMBERS, encoding="ascii") as file:
        return {int(number): name
                for name, number in re.findall(r"#define __NR_(\w+) (\d+)", file.read())}


@dataclasses.dataclass(frozen=True, order=True)
class Call:
    """A kind of system call, as the library beneath tells them apart."""

    phase: int
    number: int
    detail: int

    def system_call(self):
        """Its name in the manual."""
        return names()[self.number]

    def __str__(self):
        name = self.system_call()
        text = name if self.phase else f"start-{name}"
        if name in ("getsockopt", "setsockopt"):
            key = self.detail >> 16, self.detail & 0xffff
            return f"{text}-{OPTIONS.get(key) or '%s-%d' % (LEVELS.get(key[0], key[0]), key[1])}"
        known = COMMANDS.get(name, {}).get(self.detail, f"{self.detail:x}" if self.detail else "")
        return f"{text}-{known}" if known else text


@dataclasses.dataclass(frozen=True)
class Fault:
    """A call that fails: the first one, second one ... of its kind, or all of them (0); onward: and
    those after that one."""

    call: Call
    which: int
    errno: str
    onward: bool = False

    def __str__(self):
        which = f"#{self.which}" if self.which else ""
        return f"{self.call}{which}{'+' if self.onward else ''}:{self.errno}"


def programs_calls(library):
    """Where in the library the functions are that hand a program's calls by number down."""
    symbols = subprocess.run(["nm", "-S", library], check=True, capture_output=True, text=True)
    found = re.findall(f"^([0-9a-f]+) ([0-9a-f]+) [tT] (?:{HANDED_DOWN_BY})$", symbols.stdout,
                       re.MULTILINE)
    if not found:
        raise RuntimeError(f"{library} has no symbols of src/shim/hooks/syscall.c")
    places = [(int(at, 16), int(at, 16) + int(size, 16)) for at, size in found]
    return min(begin for begin, _ in places), max(end for _, end in places)


class Plan:
    """The mapped file."""

    def __init__(self, path, library):
        self.path = path
        self.handed_down = programs_calls(library)
        with open(path, "w+b") as file:
            file.truncate(SIZE)
            self.memory = mmap.mmap(file.fileno(), SIZE)

    def begin(self, fault=None):
        """Before a run; with no fault the calls are counted only."""
        call = fault.call if fault else Call(-1, -1, 0)
        self.memory[HEAD.size:] = bytes(SIZE - HEAD.size)
        HEAD.pack_into(self.memory, 0, *self.handed_down, call.phase, call.number, call.detail, 0,
                       fault.which if fault else 0, getattr(errno, fault.errno) if fault else 0,
                       fault.onward if fault else 0, 0, 0, 0)

    def hits(self):
        """How many calls have failed on purpose."""
        return HEAD.unpack_from(self.memory)[10]

    def calls(self):
        """What was called, and how often."""
        counts = {}
        for i in range(min(HEAD.unpack_from(self.memory)[11], CALLS)):
            phase, number, detail, count = CALL.unpack_from(self.memory, HEAD.size + i * CALL.size)
            call = Call(phase, number, detail)
            counts[call] = counts.get(call, 0) + count
        return counts
