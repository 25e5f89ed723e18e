# SPDX-License-Identifier: MIT
"""From steps, which Hypothesis draws and shrinks, to a program that makes sense without the shim.

What a plain program gives must not depend on how fast the network is: a step that would ask too early
waits first, and one that cannot be taken where the program is leaves no line. So any list of steps is a
program, and to leave one out never breaks the others.
"""

import dataclasses

CALLS_WRITE = ("write", "writev", "pwritev2", "send", "nosignal", "dontwait", "more", "sendto", "sendmsg",
               "sendmmsg", "sendfile", "splice", "dprintf", "aio")
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


class Renderer:
    """Makes the lines, step by step."""

    def __init__(self, family, link="clean"):
        self.family = family
        # Where a SYN may take a second, a short timeout and a count of what a write takes mean nothing.
        self.swift = link in ("clean", "strip-option")
        self.lines = []
        self.connections = []
        self.slots = 0
        self.gates = False
        self.locals = 0

    def slot(self):
        """A name that is not yet used."""
        self.slots += 1
        return f"s{self.slots - 1}"

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
        if one.epoll and how.startswith("epoll"):
            self.put(f"{prefix}ctl {one.epoll} mod {one.slot} {'ot' if how == 'epoll-edge' else 'o'}",
                     f"{prefix}wait {one.epoll} 2500")
        elif how.startswith("epoll"):
            one.epoll = self.slot()
            self.put(f"epoll {one.epoll}",
                     f"{prefix}ctl {one.epoll} add {one.slot} {'iot' if how == 'epoll-edge' else 'o'}",
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
        one.patient |= call == "more"
        if not one.blocking or call == "dontwait":
            size = max(0, min(size, 16000 - one.sent))
        if call == "dprintf" or call == "splice":
            size = min(size, 4000)
        if call == "fwrite" and not one.stream:
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
        elif name in ("TCP_INFO", "TCP_MAXSEG", "SO_SNDBUF") and one.state == "up" and not one.settled:
            return
        elif one.state == "up" or name != "SO_ERROR":
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

    def do_fill(self, index):
        """Until the server's window and the buffer are full."""
        one = self.pick(index)
        if one and one.port == "silent":
            self.put("sleep 100", f"fill {one.slot}", "sleep 300", f"fill {one.slot}")

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
        """A child or an image with the connection, while this process waits for it, or does not wait."""
        one = self.pick(index, "up", "pending")
        if not one or (way == "thread" and what in ("close", "_exit")):
            return
        if one.state == "pending" and what == "shutdown":
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
                     f"write {slot} write get {size}", f"shutdown {slot} wr", f"readn {slot} {size + 1}",
                     f"close {slot}")

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
                self.put(f"accept {listener} {served}", f"write {slot} write any 10", f"readn {served} 10",
                         f"write {served} write any 5", f"readn {slot} 5", f"close {slot}",
                         f"close {served}")
                continue
            self.put(*self.local_order(order, slot, served, listener))
        if order != "gone":
            self.put(f"close {slot}")

    @staticmethod
    def local_order(order, slot, served, listener):
        """Who does what first."""
        accept = f"accept {listener} {served}"
        talk = [f"write {slot} write any 10", f"readn {served} 10", f"close {served}", f"readn {slot} 1"]
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
        """One thread connects and waits for another, which waits for what that connect is to bring."""
        listener, first, served = self.slot(), self.slot(), self.slot()
        port, slot, other = 7100 + self.locals, self.slot(), self.slot()
        self.locals += 1
        self.put("gates", f"socket {listener} {self.family} block", f"listen {listener} {host} {port}",
                 f"socket {first} {self.family} block", f"connect {first} {host} {port}",
                 f"accept {listener} {served}", f"write {first} write any 10", f"readn {served} 10",
                 f"write {served} write any 5", f"readn {first} 5",
                 "thread", "hold 0", "open 1", f"poll {listener} i 2500", f"accept {listener} {other}",
                 "open 0 held", "end",
                 "await 1 sem", f"socket {slot} {self.family} block", f"connect {slot} {host} {port}",
                 f"await 0 {how}", "join")

    def do_elsewhere(self, way, port, wait):
        """Somebody else waits for an answer, while who connected makes no call."""
        one = Connection(self.slot(), port, True)
        self.put("gates", f"socket {one.slot} {self.family} block")
        body = ["await 0 pipe", f"{wait} {one.slot} i 2500"]
        self.put(way, *body, "end", f"connect {one.slot} server {port}", "open 0", "spin 300",
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
                     f"{'number ' if number else ''}connect {slot} any {port}", f"name {slot} {which}",
                     f"accept {listener} {served}", f"write {slot} write any 10", f"readn {served} 10")

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
