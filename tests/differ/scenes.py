# SPDX-License-Identifier: MIT
"""Steps that are little programs of their own."""

from connections import ENDING, Connection
from handling import Handling


def greet(slot, served):
    """A few words each way, after which it is certain that the connection is there."""
    return [f"write {slot} write any 10", f"readn {served} 10", f"write {served} write any 5",
            f"readn {slot} 5"]


class Scenes(Handling):
    """Makes their lines."""

    def do_signal(self, index, restart, kind, size):
        """A signal soon after a write that a plain program does not wait in."""
        one = self.pick(index)
        if one and one.blocking and self.swift:
            self.put(f"handler ALRM {'restart' if restart else 'norestart'}", "timer 8",
                     f"write {one.slot} write {kind} {size}", "sleep 100", "signals")
            self.wrote(one, size)

    def do_abandon(self, number):
        """A connect that is given up at once."""
        slot = self.slot()
        self.put(f"socket {slot} {self.family} nonblock", f"connect {slot} server discard",
                 f"{'number ' if number else ''}close {slot}", "sleep 100")

    def do_interrupted(self, index, ms):
        """A signal while it reads, which no answer will come to."""
        one = self.pick(index)
        if one and one.blocking and not one.awaited and one.port not in ENDING:
            self.put("handler ALRM norestart", f"timer {ms}", f"read {one.slot} read 1", "signals")

    def sub(self, one, what, size):
        """What a child, an image or a thread does with a connection."""
        if what == "write":
            self.wrote(one, size)
            return [f"writen {one.slot} any {size}"]
        if what == "read" and one.awaited:
            awaited, one.awaited = one.awaited, 0
            return [f"poll {one.slot} i 2500", f"readn {one.slot} {awaited}"]
        if what == "block" and one.awaited and one.blocking:
            one.awaited -= 1
            return [f"read {one.slot} read 1"]
        if what == "wait" and one.awaited:
            return [f"poll {one.slot} i 2500"]
        if what == "close":
            return [f"close {one.slot}"]
        if what == "_exit":
            return ["exit _exit 3"]
        if what == "shutdown":
            one.state = "half"
            return [f"shutdown {one.slot} wr"]
        return []

    def do_process(self, index, way, what, size, meanwhile):
        """A child or an image with the connection, while this process waits for it or does not."""
        one = self.pick(index, "up", "pending")
        if not one or (way == "thread" and what in ("close", "_exit")):
            return
        # Another image, within a round trip, resets what it shuts down: see the limits.
        if what == "shutdown" and (one.state == "pending" or
                                   (way in ("spawn", "vfork") and not one.blocking)):
            return
        body = self.sub(one, what, size)
        self.put(way, *body, "end")
        if meanwhile == "spin":
            self.put("spin 150")
        elif meanwhile == "close" and way != "thread" and one.state == "up":
            self.put(f"close {one.slot}")
            one.state = "closed"
        self.put("join" if way == "thread" else "waitall")

    def do_exec(self):
        """The rest by a new image. It knows of no streams."""
        self.put("exec")
        for one in self.connections:
            one.stream = False
            # epoll descriptors are closed on exec.
            one.epoll = ""
            if one.state == "pending" and one.awaited:
                self.put(f"poll {one.slot} i 2500")

    def do_many(self, count, port, kind, size, wait, reads):
        """An event loop's work: all connect, all write, all are closed."""
        slots = [self.slot() for _ in range(count)]
        for slot in slots:
            self.put(f"socket {slot} {self.family} nonblock", f"connect {slot} server {port}")
        for slot in slots:
            self.put(f"{wait} {slot} o 2500")
            if size:
                self.put(f"write {slot} write {kind} {size}" if self.swift else
                         f"writen {slot} {kind} {size}")
        for slot in slots:
            if reads and port == "echo" and size:
                self.put(f"readn {slot} {size}")
            self.put(f"close {slot}")

    def do_serial(self, count, port, size):
        """One connection after another."""
        for _ in range(count):
            slot = self.slot()
            self.put(f"socket {slot} {self.family} block", f"connect {slot} server {port}",
                     f"write {slot} write get {size}", f"shutdown {slot} wr",
                     f"readn {slot} {size + 1}", f"close {slot}")

    def do_local(self, host, order, nonblock):
        """A client of its own listener, for the second time, which is when it is deferred."""
        listener, port = self.slot(), 7100 + self.locals
        self.locals += 1
        self.put(f"socket {listener} {self.family} block", f"listen {listener} {host} {port}")
        for turn in (0, 1):
            slot, served = self.slot(), self.slot()
            mode = "nonblock" if nonblock and turn else "block"
            self.put(f"socket {slot} {self.family} {mode}", f"connect {slot} {host} {port}")
            if turn == 0:
                self.put(f"accept {listener} {served}", *greet(slot, served), f"close {slot}",
                         f"close {served}")
                continue
            self.put(*self.local_order(order, slot, served, listener))
        if order != "gone":
            self.put(f"close {slot}")

    @staticmethod
    def local_order(order, slot, served, listener):
        """Who does what first."""
        accept = f"accept {listener} {served}"
        talk = [f"write {slot} write any 10", f"readn {served} 10", f"close {served}",
                f"readn {slot} 1"]
        if order == "gone":
            return [f"close {listener}", f"write {slot} nosignal any 10", f"read {slot} read 1",
                    f"getopt {slot} SO_ERROR", f"close {slot}"]
        if order == "looked":
            return [f"poll {listener} i 0", accept] + talk
        if order == "nonblocking":
            return [f"nonblock {listener} 1", accept]
        if order == "named":
            return [f"name {slot} peer", f"name {slot} sock", accept] + talk
        return [accept] + talk

    def do_rendezvous(self, how, host):
        """One thread connects and waits for another, which waits for that connection."""
        listener, first, served = self.slot(), self.slot(), self.slot()
        port, slot, other = 7100 + self.locals, self.slot(), self.slot()
        self.locals += 1
        asleep, awake = self.gate(), self.gate()
        self.put("gates", f"socket {listener} {self.family} block",
                 f"listen {listener} {host} {port}", f"socket {first} {self.family} block",
                 f"connect {first} {host} {port}", f"accept {listener} {served}",
                 *greet(first, served),
                 "thread", f"hold {asleep}", f"open {awake}", f"poll {listener} i 2500",
                 f"accept {listener} {other}", f"open {asleep} held", "end",
                 f"await {awake} sem", f"socket {slot} {self.family} block",
                 f"connect {slot} {host} {port}", f"await {asleep} {how}", "join")

    def do_elsewhere(self, way, port, wait):
        """Somebody else waits for an answer, while who connected makes no call."""
        one, gate = Connection(self.slot(), port, True), self.gate()
        self.put("gates", f"socket {one.slot} {self.family} block")
        body = [f"await {gate} pipe", f"{wait} {one.slot} i 2500"]
        self.put(way, *body, "end", f"connect {one.slot} server {port}", f"open {gate}", "spin 300",
                 "join" if way == "thread" else "waitall", f"close {one.slot}")

    def do_race(self, kind, size):
        """Two threads write first."""
        one = Connection(self.slot(), "discard", True)
        self.put(f"socket {one.slot} {self.family} block", f"connect {one.slot} server discard",
                 "thread", f"write {one.slot} nosignal {kind} {size} 7", "end",
                 f"write {one.slot} nosignal {kind} {size} 7", "join", f"close {one.slot}")

    def do_any(self, which, number):
        """The address that stands for this machine."""
        listener, port = self.slot(), 7100 + self.locals
        self.locals += 1
        self.put(f"socket {listener} {self.family} block", f"listen {listener} any {port}")
        for _ in (0, 1):
            slot, served = self.slot(), self.slot()
            self.put(f"socket {slot} {self.family} block",
                     f"{'number ' if number else ''}connect {slot} any {port}",
                     f"name {slot} {which}", f"accept {listener} {served}",
                     f"write {slot} write any 10", f"readn {served} 10")
