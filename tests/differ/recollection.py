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
        self.size = 0
        self.kept = {}
        os.makedirs(directory, mode=0o700)

    def forget(self):
        """As it was when it was made."""
        if self.address:
            ctypes.memset(self.address + HEADER, 0, self.size - HEADER)

    def keep(self, name):
        """As it is now, by this name."""
        with open(os.path.join(self.directory, "tfoshim", "memory"), "rb") as file:
            _, _, self.size, key = NAME.unpack(file.read())
        if not self.address:
            self.address = _attach(key & 0xffffffff, self.size)
        self.kept[name] = ctypes.string_at(self.address, self.size)

    def put_back(self, name):
        """As it was when it was kept."""
        ctypes.memmove(self.address, self.kept[name], self.size)
