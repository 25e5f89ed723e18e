# SPDX-License-Identifier: MIT
"""Steps that ask a connection, wait for it, change it, or end it."""

from connections import ENDING, Connections

# What these say before the handshake is over is the kernel's word; polls have it too.
EARLY = ("TCP_INFO", "TCP_MAXSEG", "SO_SNDBUF")


class Handling(Connections):
    """Makes their lines."""

    def do_wait(self, index, how, events, ms, number):
        """A wait on a connection that is there."""
        one = self.pick(index)
        if not one or one.port in ENDING:
            return
        if "i" in events and "o" in events:
            self.put("sleep 100")
        if one.awaited == 0 and "i" in events and ms > 100:
            ms = 30
        ms = self.fair(one, ms, events)
        self.put(f"{'number ' if number else ''}{how} {one.slot} {events} {ms}")

    def fair(self, one, ms, events):
        """A wait that is as long as the plain program's fortune needs it."""
        if events == "o" and not one.settled:
            return ms if ms > 100 else 2500
        if one.awaited and (one.patient or not self.swift):
            return max(ms, 2500)
        return ms

    def do_epoll(self, index, events, ms, number):
        """The same by epoll, registered now or earlier."""
        one = self.pick(index)
        if not one or one.port in ENDING:
            return
        prefix = "number " if number else ""
        op = "mod" if one.epoll else "add"
        if not one.epoll:
            one.epoll = self.slot()
            self.put(f"epoll {one.epoll}")
        self.put("sleep 100", f"{prefix}ctl {one.epoll} {op} {one.slot} {events}",
                 f"{prefix}wait {one.epoll} {ms if one.awaited or 'o' in events else 30}")

    def do_getopt(self, index, name, number):
        """Asks for an option, or what a call of its own asks."""
        one = self.pick(index, "up", "pending")
        if not one:
            return
        if name in ("peer", "sock"):
            if one.state == "up" or name == "sock":
                self.put(f"name {one.slot} {name}")
        elif name in ("FIONREAD", "SIOCOUTQ"):
            if name == "SIOCOUTQ":
                self.put("sleep 100")
                one.settled = True
            if name == "SIOCOUTQ" or (not one.awaited and one.port not in ENDING):
                self.put(f"{'number ' if number else ''}ioctl {one.slot} {name}")
        elif one.state == "pending" and name == "SO_ERROR":
            return
        elif one.state != "up" or one.settled or name not in EARLY:
            self.put(f"{'number ' if number else ''}getopt {one.slot} {name}")

    def do_setopt(self, index, setting, number):
        """Sets one."""
        one = self.pick(index, "up", "pending")
        if not one or (not self.swift and setting.split()[1] in ("5", "15", "32")):
            return
        one.patient |= setting == "TCP_CORK 1"
        self.put(f"{'number ' if number else ''}setopt {one.slot} {setting}")

    def do_nonblock(self, index, on, how):
        """Changes whether it blocks."""
        one = self.pick(index)
        if one:
            self.put(f"nonblock {one.slot} {int(on)} {how}".strip())
            one.blocking = not on

    def do_dup(self, index, how, close):
        """Goes on with a duplicate, and with or without the first one."""
        one = self.pick(index, "up", "pending")
        if not one:
            return
        slot = self.slot()
        self.put(f"pass {one.slot} {slot}" if how == "pass" else f"dup {one.slot} {slot} {how}")
        if close:
            self.put(f"close {one.slot}")
            one.stream = False
        one.slot = slot

    def do_fdopen(self, index, kind, size):
        """A stream on it, and a write by that."""
        one = self.pick(index)
        if not one:
            return
        if not one.stream:
            self.put(f"fdopen {one.slot}")
        one.stream = True
        self.put(f"write {one.slot} fwrite {kind} {size}")
        self.wrote(one, size)

    def do_again(self, index, number):
        """A second connect."""
        one = self.pick(index, "up", "refused")
        if one:
            self.put(f"{'number ' if number else ''}connect {one.slot} server {one.port}")

    def do_shutdown(self, index, how, number):
        """Half-closes, or ends it all."""
        one = self.pick(index)
        if one:
            self.put(f"{'number ' if number else ''}shutdown {one.slot} {how}")
            one.state = "half" if how == "wr" else "over"

    def do_close(self, index, how):
        """Closes it, whatever it is doing."""
        one = self.pick(index, "up", "half", "over", "refused")
        if not one:
            return
        if how == "stream" and not one.stream:
            how = ""
        number, how = ("number ", "") if how == "number" else ("", how)
        self.put(f"{number}close {one.slot} {how}".strip())
        one.state = "closed"

    def do_pause(self, how, ms):
        """Lets time pass."""
        self.put(f"{how} {ms}")

    def do_fill(self, index, early):
        """Until the server's window and the buffer are full."""
        one = self.pick(index)
        if one and one.port == "silent":
            if not early:
                self.put("sleep 100")
            self.put(f"fill {one.slot}", "sleep 300", f"fill {one.slot}")
