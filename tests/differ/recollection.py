# SPDX-License-Identifier: MIT
"""The destination memory of a lane, kept as it is after priming and put back before each run."""

import ctypes
import os
import struct

NAME = struct.Struct("=8sIIQ")  # of the file: magic, version, the memory's size, the memory's name
HEADER = NAME.size  # the memory begins with the same


def _attach(key, size):
    """The segment of shared memory that the library has made."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmat.restype = ctypes.c_void_p
    segment = libc.shmget(ctypes.c_int(key), ctypes.c_size_t(size), 0)
    if segment < 0:
        raise OSError(ctypes.get_errno(), "there is no shared memory of this key")
    return libc.shmat(segment, None, 0)


class Recollection:
    """In a runtime directory of its own. What is attached here nobody removes for a newer one."""

    def __init__(self, directory):
        self.directory = directory
        self.address = None
        self.kept = b""
        os.makedirs(directory, mode=0o700)

    def forget(self):
        """As it was when it was made."""
        if self.address:
            ctypes.memset(self.address + HEADER, 0, len(self.kept) - HEADER)

    def keep(self):
        """As it is now."""
        with open(os.path.join(self.directory, "tfoshim", "memory"), "rb") as file:
            _, _, size, name = NAME.unpack(file.read())
        if not self.address:
            self.address = _attach(name & 0xffffffff, size)
        self.kept = ctypes.string_at(self.address, size)

    def put_back(self):
        """As it was when it was kept."""
        ctypes.memmove(self.address, self.kept, len(self.kept))
