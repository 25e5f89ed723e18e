# SPDX-License-Identifier: MIT
"""From steps, which Hypothesis draws and shrinks, to a program that makes sense without the shim.

What a plain program gives must not depend on how fast the network is: a step that would ask too
early waits first, and one that cannot be taken where the program is leaves no line. So any list of
steps is a program, and to leave one out never breaks the others.
"""

import dataclasses

CALLS_WRITE = ("write", "writev", "pwritev2", "send", "nosignal", "dontwait", "more", "sendto",
               "sendmsg", "sendmmsg", "sendfile", "splice", "dprintf", "aio")
CALLS_READ = ("read", "readv", "recv", "waitall", "recvfrom", "recvmsg", "recvmmsg", "peek")
LOOKS = ("dontwait", "peekdontwait")
# The server's FIN comes by itself.
ENDING = ("answer", "close")


@dataclasses.dataclass
class Connection:
    """What the program knows of a connection of its own."""

    slot: str
    port: str
    blocking: bool
    state: str = "up"
    sent: int = 0
    awaited: int = 0
    epoll: str = ""
    stream: bool = False
    settled: bool = False
    patient: bool = False


class Connections:
    """Makes the lines of single connections."""

    def __init__(self, family, link="clean"):
        self.family = family
        # Where a SYN may take a second, a short timeout means nothing, nor does a write's count.
        self.swift = link in ("clean", "untried", "strip-option")
        self.lines = []
        self.connections = []
        self.slots = 0
        self.gates = 0
        self.locals = 0

    def slot(self):
        """A name that is not yet used."""
        self.slots += 1
        return f"s{self.slots - 1}"

    def gate(self):
        """One that nobody has opened: what waits at an open one does not wait."""
        self.gates += 1
        return self.gates - 1

    def put(self, *lines):
        """Adds lines."""
        self.lines += lines

    def pick(self, index, *states):
        """One of the connections that are in such a state, or None."""
        fit = [one for one in self.connections if one.state in (states or ("up",))]
        return fit[index % len(fit)] if fit else None

    def step(self, step):
        """One step: its name, and what it takes."""
        getattr(self, "do_" + step[0])(*step[1:])

    def do_open(self, port, blocking, number, before):
        """A socket, what is done to it before it is connected, and its connect."""
        slot = self.slot()
        one = Connection(slot, port, blocking, awaited=20 if port == "banner" else 0)
        self.put(f"socket {slot} {self.family} {'block' if blocking else 'nonblock'}")
        if before == "fdopen":
            self.put(f"fdopen {slot}")
            one.stream = True
        elif before == "dup":
            other = self.slot()
            self.put(f"dup {slot} {other} dup")
        elif before in ("io", "iot", "i", "iot1"):
            one.epoll = self.slot()
            self.put(f"epoll {one.epoll}", f"ctl {one.epoll} add {slot} {before}")
        elif before:
            self.put(f"setopt {slot} {before}")
        self.put(f"{'number ' if number else ''}connect {slot} server {port}")
        if before == "dup":
            one.slot = other
        one.settled = blocking
        if not blocking:
            one.state = "pending"
        if port == "reset":
            self.put("sleep 100")
            one.state = "up"
            one.settled = True
        if port == "closed":
            one.state = "refused"
        self.connections.append(one)

    def do_talk(self, port, blocking, how, call, kind, size, reads):
        """What most programs do."""
        self.do_open(port, blocking, False, "")
        last = len([one for one in self.connections if one.state == self.connections[-1].state]) - 1
        if not blocking:
            self.do_ready(last, how, False)
            last = len([one for one in self.connections if one.state == "up"]) - 1
        self.do_write(last, call, kind, size, False)
        if reads:
            self.do_readn(last, 0)

    def do_ready(self, index, how, number):
        """Waits until a connection that is under way is there."""
        one = self.pick(index, "pending")
        if one:
            self.ready(one, how, number)

    def ready(self, one, how, number=False):
        """The same, in one of many ways."""
        prefix = "number " if number else ""
        one.state = "up"
        edge = "t" if how == "epoll-edge" else ""
        if one.epoll and how.startswith("epoll"):
            self.put(f"{prefix}ctl {one.epoll} mod {one.slot} o{edge}",
                     f"{prefix}wait {one.epoll} 2500")
        elif how.startswith("epoll"):
            one.epoll = self.slot()
            self.put(f"epoll {one.epoll}",
                     f"{prefix}ctl {one.epoll} add {one.slot} {'i' if edge else ''}o{edge}",
                     f"{prefix}wait {one.epoll} 2500")
        elif how == "sleep":
            self.put("sleep 100")
            one.settled = True
        else:
            self.put(f"{prefix}{how} {one.slot} o 2500")

    def do_write(self, index, call, kind, size, number):
        """One call that writes, at once where the connection is there."""
        one = self.pick(index, "up", "pending")
        if not one:
            return
        if one.state == "pending":
            self.ready(one, "poll")
        if not one.settled and not self.swift:
            self.do_writen(index, kind, size)
            return
        # What is held back leaves when something comes in, or after 200 ms. From a server that speaks first
        # that comes before the write where it had to wait for the handshake, and after it elsewhere.
        if call == "more" and one.port == "banner":
            call = "send"
        one.patient |= call == "more"
        if not one.blocking or call == "dontwait":
            size = max(0, min(size, 16000 - one.sent))
        if call == "dprintf" or call == "splice":
            size = min(size, 4000)
        if call == "fwrite" and not one.stream:
            call = "write"
        # Nothing, by a call that cannot open, asks a server that has gone for its error.
        if size == 0 and call not in ("write", "writev", "send", "nosignal", "dontwait"):
            call = "write"
        self.put(f"{'number ' if number else ''}write {one.slot} {call} {kind} {size}")
        self.wrote(one, size)

    def wrote(self, one, size):
        """Knows what the server sends back."""
        one.sent += size
        if one.port in ("echo", "banner"):
            one.awaited += size
        if one.port == "answer" and size and not one.awaited:
            one.awaited = 100

    def do_writen(self, index, kind, size):
        """All of it, however long it takes."""
        one = self.pick(index, "up", "pending")
        if one:
            self.put(f"writen {one.slot} {kind} {size}")
            self.wrote(one, size)
            if size:
                one.state = "up"

    def do_odd(self, index, call):
        """A call that the kernel refuses."""
        one = self.pick(index)
        if one:
            self.put(f"write {one.slot} {call} any 100")

    def do_read(self, index, call, number):
        """One byte of what is on its way; or a look where nothing is."""
        one = self.pick(index)
        if not one or one.port in ENDING:
            return
        prefix = "number " if number else ""
        if not one.awaited and (call in LOOKS or not one.blocking):
            self.put(f"{prefix}read {one.slot} {call} 1")
        if not one.awaited:
            return
        if not one.blocking or call in LOOKS:
            self.put(f"poll {one.slot} i 2500")
        self.put(f"{prefix}read {one.slot} {call} 1")
        one.awaited -= "peek" not in call

    def do_readn(self, index, timeout):
        """All that is on its way, perhaps under a timeout of the socket."""
        one = self.pick(index)
        if not one or not one.awaited:
            return
        if timeout and self.swift and not one.patient:
            self.put(f"setopt {one.slot} SO_RCVTIMEO {timeout}")
        self.put(f"readn {one.slot} {one.awaited}")
        one.awaited = 0

    def do_finish(self, index):
        """Half-closes, and reads to the end."""
        one = self.pick(index, "up", "half")
        if not one:
            return
        if one.state == "up":
            self.put(f"shutdown {one.slot} wr")
        one.state = "over"
        if one.port != "silent":
            self.put(f"readn {one.slot} {one.awaited + 1}")

    def end(self, how, tidy):
        """Closes what is to be closed, and ends."""
        for one in self.connections:
            if tidy and one.state not in ("closed", "pending"):
                self.put(f"close {one.slot}")
            elif one.state == "pending":
                # What becomes of a connect that is cut off is a matter of microseconds.
                self.put(f"poll {one.slot} o 2500")
        self.put("descriptors")
        if how != "return":
            self.put(f"exit {how} 0")
