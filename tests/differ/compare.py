# SPDX-License-Identifier: MIT
"""Whether the shim could be told: what a run gave, in parts, against what plain runs can give."""

import dataclasses
import re
import signal

from case import operation, steps
from conditions import RTT_MS

PLAIN_RUNS = 7
SHIM_RUNS = 3
# What a misbehaviour costs a connection that uses Fast Open until the shim has learned to leave it.
LINK_SECONDS = {"clean": 0.0, "untried": 0.0, "strip-option": 0.0, "strip-data": 0.1, "drop-syn-data": 2.3,
                "drop-option": 2.3, "reset-syn-data": 2.3, "lose-syn": 1.2, "lose-syn-ack": 1.2,
                "loss": 5.0, "cut": 10.5}
# On these the first SYN is lost, or may be: the connection is there a second later than the program thinks.
LATE = ("drop-syn-data", "drop-option", "lose-syn", "lose-syn-ack", "loss", "reset-syn-data")
# A connect that did not block is over at once: so is what cannot have to wait for it. What hands the socket to
# where no hook is, a stream or another program, may: it is given a connection that takes what is written.
AT_ONCE = {"close", "shutdown", "dup", "setopt", "ioctl", "name", "nonblock", "ctl",
           "epoll", "fork", "vfork", "descriptors", "socket", "thread"}
WAITS = ("poll", "ppoll", "select", "pselect", "wait")
STALL_US = 0.6 * RTT_MS * 1000
# A program that was told "connected" cannot get these from the calls after that.
NEVER_CONNECTED = {"ECONNREFUSED", "ENOTCONN", "EINPROGRESS", "EALREADY", "EOPNOTSUPP"}


def normal(case, step):
    """How much a single read gives depends on the network, if there is anything."""
    said = step.said.strip()
    name = operation(case, step.line)
    if name == "read" and re.match("[1-9]", said):
        said = "some"
    if name == "connect" and said == "0" and edge_awaited(case, step.line):
        said = "-1 EINPROGRESS"
    if "SO_SNDBUF" in case.lines()[step.line] and (case.link in LATE
                                                    or nonblocking(case, step.line)):
        said = "that of a connection, or of one to be"
    if "SO_SNDBUF" in case.lines()[step.line] and re.fullmatch("0 [0-9]{6,}", said):
        said = "0 grown"  # with the congestion window, and that with when acknowledgements come
    if case.link in LATE and name in WAITS and re.fullmatch(r"[0-9]+ .*\|(IN|OUT)", said):
        said = "0"
    if "TCP_INFO" in case.lines()[step.line] and nonblocking(case, step.line):
        said = re.sub("state=[12]$", "state=1 or 2", said)  # other connects take no time here
    if "TCP_MAXSEG" in case.lines()[step.line]:
        # In progress, a plain connect reckons with IPv6's least; Fast Open knows the host's already.
        said = re.sub("^0 [0-9]{4}$", "0 that of a connection",
                      re.sub("^0 5[0-9][0-9]$", "0 that of no connection", said))
    if name == "wait" and re.fullmatch(r"1 +s[0-9]+=\|OUT", said) and edges(case, step.line):
        said = "0"
    return f"{step.line} {said}"


def edges(case, line):
    """Whoever waits for edges may be told "writable" once more: the end of the handshake is one."""
    epoll = case.lines()[line].replace("number ", "").split()[1]
    registered = [text.replace("number ", "").split() for text in case.lines()[1:line]]
    return any(words[:2] == ["ctl", epoll] and words[2] != "del" and "t" in words[4]
               for words in registered if len(words) > 4)


def nonblocking(case, line):
    """Was the socket that the line is about made not to block?"""
    lines = [text.replace("number ", "").split() for text in case.lines()[1:line + 1]]
    return any(words[:2] == ["socket", lines[-1][1]] and words[3] == "nonblock" for words in lines)


def edge_awaited(case, line):
    """Registered for edges before a connect that does not block: to say 0 is right then."""
    lines = [text.replace("number ", "").split() for text in case.lines()[1:line + 1]]
    return nonblocking(case, line) and any(
        words[0] == "ctl" and words[3] == lines[-1][1] and "t" in words[4] for words in lines)


def unsafe(case, run):
    """Bytes that must not be delivered twice, in a SYN."""
    if case.policy in ("any", "shim"):
        return []
    return [line for line in run.served if "syn=1" in line and not line.endswith("first=G")
            and "bytes=0 " not in line]


def parts(case, run):
    """What is compared, each by itself: threads' traces, the end, the server's side."""
    result = {"safety": "\n".join(unsafe(case, run))}
    for label, trace in steps(run).items():
        result[label] = "\n".join(normal(case, step) for step in trace)
    result["exit"] = str(run.status)
    result["server"] = "\n".join(sorted(seen_by_server(line) for line in run.served))
    return result


def seen_by_server(line):
    """Without what is chance: how much is read before a reset, how much fills a buffer."""
    line = line.split(" syn=")[0]
    if line.endswith(("RESET", "reset")) or line.startswith("silent"):
        line = re.sub("bytes=.* ", "", line)
    return line


def loose_parts(case, run):
    """Where the server is gone: no errno that only Fast Open brings, and no hang."""
    crash = run.status in ("hangs", -signal.SIGSEGV, -signal.SIGABRT, -signal.SIGBUS)
    if run.status == -signal.SIGPIPE:  # the first that it hears of it
        crash = not any(" E" in step.said.replace("EINPROGRESS", "")
                        for trace in steps(run).values() for step in trace)
    if run.status == "hangs" and hanging(case, run) == "connect":
        crash = False  # a true one, which the plain program does not come to
    result = {"exit": str(run.status) if crash else "", "safety": "\n".join(unsafe(case, run))}
    for label, trace in steps(run).items():
        result[label] = impossible(case, trace)
    return result


def impossible(case, trace):
    """The errors in a trace that a socket has given which was connected by a blocking connect."""
    connected, wrong = set(), []
    for step in trace:
        words = case.lines()[step.line].replace("number ", "").split()
        slot = words[1] if len(words) > 1 else ""
        if words[0] == "connect" and step.said.strip() == "0":
            connected.add(slot)
        elif words[0] == "connect" and "EISCONN" not in step.said:  # a true one has failed since
            connected.discard(slot)
        elif words[0] == "socket":
            connected.discard(slot)
        elif slot in connected and words[0] in ("read", "write", "readn", "writen"):
            wrong += [f"{step.line} {words[0]} {name}" for name in step.said.split()
                      if name in NEVER_CONNECTED]
    return "\n".join(wrong)


def blocked(case, run):
    """How long it spent in connects that waited."""
    return sum(step.micros for trace in steps(run).values() for step in trace
               if operation(case, step.line) == "connect")


def stalls(case, run):
    """Operations that took a handshake's time though no connect of the program ever blocked."""
    at_once = AT_ONCE if "write" in case.program else AT_ONCE | {"waitall"}
    return {step.line for trace in steps(run).values() for step in trace
            if operation(case, step.line) in at_once and step.micros > STALL_US}


# What is a fault of its own, whatever else differs.
APART = ("safety", "stall")


@dataclasses.dataclass
class Difference:
    """One thing that tells the shim."""

    kind: str
    detail: str
    plain: object
    shim: object

    def signature(self, case):
        """The same for differences that are likely to be the same fault."""
        where = case.link if self.kind in ("time", "hang", "stall") else ""
        return f"{case.policy == 'shim'} {where} {self.kind}: {self.detail}"


def bound(case, plains):
    """The longest time that the shim's run may take."""
    longest = max(run.elapsed for run in plains)
    return longest * 1.3 + 0.06 + LINK_SECONDS[case.link]


def first_step(case, mine, others):
    """Where a trace leaves the plain ones: the operation, and what it gave there and here."""
    best = None
    mine = mine.split("\n")
    for other in others:
        other = other.split("\n")
        at = 0
        while at < len(mine) and at < len(other) and mine[at] == other[at]:
            at += 1
        if best is None or at > best[0]:
            best = (at, other[at] if at < len(other) else "nothing")
    here = mine[best[0]] if best[0] < len(mine) else "nothing"
    line = here if here not in ("nothing", "") else best[1]
    name = operation(case, int(line.split()[0])) if line not in ("nothing", "") else "?"
    return f"{name}: plain {vague(best[1])}, shim {vague(here)}"


def longest(case, plains, run):
    """The operation that takes the most of the time that plain runs do not need."""
    usual = {}
    for plain in plains:
        for label, trace in steps(plain).items():
            for step in trace:
                usual[label, step.line] = max(usual.get((label, step.line), 0), step.micros)
    excess = {}
    for label, trace in steps(run).items():
        for step in trace:
            name = operation(case, step.line)
            excess[name] = excess.get(name, 0) + step.micros - usual.get((label, step.line), 0)
    return max(excess, key=excess.get, default="the end") + " takes longer"


def hanging(case, run):
    """The operations that have not ended: of each thread the one after its last."""
    last = [trace[-1].line + 1 for trace in steps(run).values()]
    names = {operation(case, line) for line in last if line < len(case.lines())}
    return "/".join(sorted(names - {"end"}))


def vague(said):
    """Without what makes one fault look like many: lines, sums, counts."""
    words = said.split()[1:] or ["nothing"]
    words = [re.sub(":[0-9]+$", ":P", word) for word in words
             if not word.startswith(("sum=", "length="))]
    return " ".join(re.sub(r"^[1-9][0-9]*$", "N", re.sub(r"s[0-9]+=", "", word)) for word in words)


def differences(case, plains, run):
    """What of a shim's run no plain run gave."""
    split = loose_parts if case.is_loose() else parts
    mine = split(case, run)
    known = [split(case, plain) for plain in plains]
    found = []
    if asks_too_soon(case, plains, run) or case.link in LATE and (
            "EAGAIN" in "".join(mine.values()) or "SO_SNDTIMEO" in case.program):
        mine = {"safety": mine["safety"]}  # before the handshake was over: what follows, follows
    for name, value in mine.items():
        others = {other.get(name, "") for other in known}
        if value in others or (case.is_loose() and not value):
            continue
        if name == "server" and (killed(case, run, value, others) or (
                case.link in LATE and gone_sooner(run, plains, value, others))):
            continue
        if name == "server" and any(ends_so(value, other, loose_ends(case)) for other in others):
            continue
        found.append(difference(case, name, value, others, plains[0], run))
    if run.status == "hangs" and found:
        return found[:1]
    if not found and "exit" in mine and not any(other.keys() <= mine.keys() for other in known):
        found.append(Difference("threads", "one said nothing", plains[0], run))
    return found + slower(case, plains, run)


def asks_too_soon(case, plains, run):
    """Does it ask how one connect has ended before the answer can be there, as no plain run does, which
    has waited for another?"""
    for label, trace in steps(run).items():
        for step in trace:
            if operation(case, step.line) == "connect" and "EALREADY" in step.said:
                plain = [until(steps(one).get(label, []), step.line) for one in plains]
                return until(trace, step.line) < RTT_MS * 1000 <= min(plain)
    return False


def until(trace, line):
    """How long a thread has taken to come to that line, in microseconds."""
    return sum(step.micros for step in trace if step.line < line)


def loose_ends(case):
    """May a connection end by a reset, for what came late? Where SYNs are lost; where an image was given the
    socket, which may still be using it: nothing is read away there; and where a process that ends waits for
    one connection, and something comes in on another that was read before, of which there is no record."""
    return (case.link in LATE or re.search("^(spawn|vfork|exec)$", case.program, re.MULTILINE)
            or ends_while_connecting(case))


def ends_while_connecting(case):
    """Is one of several connections left to the end of the program as its connect has made it?"""
    lines = [text.replace("number ", "").split() for text in case.program.splitlines()]
    connects = [at for at, words in enumerate(lines) if words[0] == "connect"]
    return len(connects) > 1 and any(
        not any(lines[at][1] in words[1:] for words in lines[at + 1:]) for at in connects)


def killed(case, run, mine, others):
    """Who is killed has never been with the server where a SYN was lost, or was to carry what it had not
    written yet: nothing of the shim runs then."""
    mine = set(mine.splitlines())
    return isinstance(run.status, int) and run.status < 0 and any(
        mine < set(other.splitlines())
        and (case.link in LATE
             or not any(re.search("bytes=[1-9]", line) for line in set(other.splitlines()) - mine))
        for other in others)


def gone_sooner(run, plains, mine, others):
    """Nor has what was in progress when a program ended that the loss of another's SYN did not keep."""
    mine = set(mine.splitlines())
    return run.elapsed + 0.5 < min(plain.elapsed for plain in plains) and any(
        mine < set(other.splitlines())
        and all("bytes=0 " in line or line.endswith("reset") for line in set(other.splitlines()) - mine)
        for other in others)


def ends_so(mine, other, late):
    """Where the plain run ends by a reset, for what was left unread, the shim may say the end of the
    stream: it reads away what came while the end was waiting for the handshake. And a process that ends
    late, for it waits for the handshakes of a path that loses SYNs, has more that is unread."""
    mine, other = mine.splitlines(), other.splitlines()
    for line in list(mine):
        if line in other:
            mine.remove(line)
            other.remove(line)
    ended = {line.split()[0] for line in mine if line.endswith("end=EOF")}
    return (sorted(line.split()[0] for line in mine) == sorted(line.split()[0] for line in other)
            and (late or all(line.endswith("end=EOF") for line in mine))
            and not any(line.endswith("end=EOF") and line.split()[0] in ended for line in other))


def difference(case, name, value, others, plain, run):
    """It, described."""
    if run.status == "hangs" and (name in ("exit", "server") or any(
            other.startswith(value) for other in others)):
        return Difference("hang", f"in {hanging(case, run)}", plain, run)
    if name == "exit":
        return Difference("exit", f"plain {'/'.join(sorted(others))}, shim {value}", plain, run)
    if name == "server":
        return Difference("server", served_difference(value, others), plain, run)
    if name == "safety":
        return Difference("safety", "unsafe bytes in a SYN", plain, run)
    if case.is_loose():
        first = value.split("\n", maxsplit=1)[0]
        return Difference("errno", re.sub("[0-9]+ ", "", first), plain, run)
    kind = name.split("/")[-1].rstrip("0123456789")
    return Difference(kind, first_step(case, value, others), plain, run)


def served_difference(value, others):
    """How what the server saw ended, where the numbers alone do not differ."""
    def ends(text):
        return sorted(re.sub("^[a-z]+ ", "", re.sub("sum=[0-9a-f]+ ", "", re.sub(
            "bytes=[1-9][0-9]*", "bytes=N", line))) for line in text.split("\n") if line)
    other = ends(sorted(others)[0])
    mine = ends(value)
    only = [f"shim {line}" for line in mine if mine.count(line) > other.count(line)]
    lost = [f"plain {line}" for line in other if other.count(line) > mine.count(line)]
    return "; ".join(sorted(set(lost)) + sorted(set(only))) or "bytes"


def for_nothing(case, run):
    """How long it has waited for the answer to a write that it was refused while a SYN was lost."""
    said = [(operation(case, step.line), step) for trace in steps(run).values() for step in trace]
    if case.link not in LATE or not any(
            name in ("write", "writen") and "EAGAIN" in step.said for name, step in said):
        return 0
    return sum(step.micros for name, step in said if name == "readn") / 1e6


def slower(case, plains, run):
    """Waiting that a plain program does not have."""
    found = []
    if run.status == "hangs":
        return []
    if not case.is_loose() and run.elapsed - for_nothing(case, run) > bound(case, plains):
        found.append(Difference("time", longest(case, plains, run), plains[0], run))
    if case.is_loose():
        waited = sum(step.micros for trace in steps(run).values() for step in trace
                     if operation(case, step.line) in AT_ONCE)
        if waited > (max(blocked(case, plain) for plain in plains) * 1.3 + 400000
                     + LINK_SECONDS[case.link] * 1e6):
            found.append(Difference("time", "waits where the server is gone", plains[0], run))
    elif case.link in ("clean", "untried", "strip-option", "strip-data"):
        late = stalls(case, run)
        if late and max(blocked(case, plain) for plain in plains) < STALL_US:
            for plain in plains:
                late -= stalls(case, plain)
            if late:
                name = operation(case, min(late))
                found.append(Difference("stall", f"{name} waits", plains[0], run))
    return found
