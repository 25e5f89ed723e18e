# SPDX-License-Identifier: MIT
"""Programs at random: the strategies of Hypothesis for cases."""

import os

from hypothesis import strategies as st

from case import Case
from connections import CALLS_READ, CALLS_WRITE, LOOKS
from scenes import Scenes

ONE_OF = st.sampled_from
YES = st.booleans()
RARELY = ONE_OF([False, False, False, True])
WHICH = st.integers(0, 3)
PORTS = ONE_OF(["discard", "echo", "banner", "echo", "discard", "answer", "close", "silent",
                "reset", "closed"])
TALKING = ONE_OF(["echo", "discard", "banner"])
KINDS = ONE_OF(["any", "get", "post"])
SIZES = ONE_OF([10, 0, 1, 100, 1300, 1420, 1421, 5000, 16000])
LARGE = ONE_OF([10, 100, 1421, 5000, 20000, 100000, 1000000])
BEFORE = ONE_OF(["", "", "", "", "fdopen", "dup", "io", "iot", "i", "iot1", "SO_SNDTIMEO 1000",
                 "SO_RCVTIMEO 1000", "TCP_NODELAY 1", "TCP_MAXSEG 600", "SO_LINGER 0",
                 "SO_LINGER 1"])
READY = ONE_OF(["poll", "ppoll", "select", "pselect", "epoll", "epoll-edge", "sleep"])
OPTIONS = ONE_OF(["SO_ERROR", "TCP_INFO", "TCP_MAXSEG", "SO_SNDTIMEO", "SO_RCVTIMEO", "TCP_NODELAY",
                  "peer", "sock", "FIONREAD", "SIOCOUTQ", "SO_SNDBUF", "SO_LINGER"])
SETTINGS = ONE_OF(["SO_SNDTIMEO 5", "SO_SNDTIMEO 1000", "SO_RCVTIMEO 32", "TCP_NODELAY 1",
                   "TCP_CORK 1", "TCP_USER_TIMEOUT 15", "SO_LINGER 0", "SO_LINGER 1",
                   "SO_LINGER -1", "SO_KEEPALIVE 1", "TCP_MAXSEG 600", "SO_RCVLOWAT 2"])


def step(name, *arguments):
    """A step of that name."""
    return st.tuples(st.just(name), *arguments)


OPEN = step("open", PORTS, YES, RARELY, BEFORE)
TALK = step("talk", TALKING, YES, READY,
            ONE_OF(["write", "write"] + list(CALLS_WRITE)), KINDS, SIZES, YES)
WRITE = step("write", WHICH, ONE_OF(["write", "write", "send"] + list(CALLS_WRITE) + ["fwrite"]),
             KINDS, SIZES, RARELY)
READ = step("read", WHICH, ONE_OF(CALLS_READ + LOOKS), RARELY)

PLAIN_STEPS = st.one_of(
    OPEN, TALK, TALK, TALK, TALK, WRITE, WRITE, READ,
    step("ready", WHICH, READY, RARELY),
    step("writen", WHICH, KINDS, LARGE),
    step("readn", WHICH, ONE_OF([0, 32, 1000])),
    step("finish", WHICH),
    step("wait", WHICH, ONE_OF(["poll", "ppoll", "select", "pselect"]), ONE_OF(["o", "i", "io"]),
         ONE_OF([0, 32, 2500]), RARELY),
    step("epoll", WHICH, ONE_OF(["i", "o", "io", "it", "iot", "i1"]), ONE_OF([0, 32, 2500]),
         RARELY),
    step("getopt", WHICH, OPTIONS, RARELY),
    step("setopt", WHICH, SETTINGS, RARELY),
    step("nonblock", WHICH, YES, ONE_OF(["", "ioctl"])),
    step("dup", WHICH, ONE_OF(["dup", "dup2", "dup3", "fcntl", "pass"]), YES),
    step("fdopen", WHICH, KINDS, SIZES),
    step("again", WHICH, YES),
    step("shutdown", WHICH, ONE_OF(["wr", "rd", "rdwr"]), RARELY),
    step("close", WHICH, ONE_OF(["", "", "range", "stream", "number"])),
    step("pause", ONE_OF(["sleep", "spin"]), ONE_OF([5, 30, 100])),
    step("odd", WHICH, ONE_OF(["badcontrol", "badpointer"])),
    step("signal", WHICH, YES, KINDS, ONE_OF([100, 5000, 16000])),
    step("interrupted", WHICH, ONE_OF([60, 120])),
)
SETS = st.one_of(
    step("process", WHICH, ONE_OF(["fork", "spawn", "vfork", "thread"]),
         ONE_OF(["nothing", "write", "read", "block", "wait", "close", "_exit", "shutdown"]), SIZES,
         ONE_OF(["", "spin", "close"])),
    step("exec"),
    step("many", ONE_OF([2, 4, 12, 30]), ONE_OF(["discard", "echo"]), KINDS, SIZES,
         ONE_OF(["poll", "select"]), YES),
    step("serial", ONE_OF([2, 4, 6]), ONE_OF(["echo", "discard"]), SIZES),
    step("local", ONE_OF(["loopback", "self"]),
         ONE_OF(["accept", "gone", "looked", "nonblocking", "named"]), YES),
    step("rendezvous", ONE_OF(["sem", "cond", "lock", "pipe", "fgets", "fgetws", "getw", "fgetc"]),
         ONE_OF(["loopback", "self"])),
    step("elsewhere", ONE_OF(["thread", "fork"]), ONE_OF(["banner", "close"]),
         ONE_OF(["poll", "select"])),
    step("race", KINDS, SIZES),
    step("any", ONE_OF(["peer", "sock"]), RARELY),
    step("fill", WHICH, YES),
    step("abandon", YES),
)
STEPS = st.one_of(PLAIN_STEPS, PLAIN_STEPS, PLAIN_STEPS, SETS)
ENDS = ONE_OF(["return", "exit", "_exit", "quick", "number"])
LINKS = ["clean"] * 12 + ["untried"] * 4 + ["strip-option", "strip-data", "drop-syn-data",
                          "drop-option", "lose-syn", "lose-syn-ack", "reset-syn-data", "cut", "loss"]
POLICIES = ["any"] * 5 + ["replay-safe"] * 3 + ["built-in", "shim"]


@st.composite
def cases(draw):
    """A case: any list of steps makes one."""
    policy = os.environ.get("TFOSHIM_DIFFER_POLICY") or draw(ONE_OF(POLICIES))
    link = os.environ.get("TFOSHIM_DIFFER_LINK") or draw(ONE_OF(LINKS))
    renderer = Scenes(draw(ONE_OF(["4", "4", "6"])), link)
    if draw(RARELY):
        renderer.put("handler PIPE ignore")
    if draw(RARELY):
        # A server that has died since: how the program hears of it.
        renderer.step(("open", "dead", draw(YES), False, ""))
    for one in draw(st.lists(STEPS, min_size=1, max_size=9)):
        renderer.step(one)
    renderer.end(draw(ENDS), draw(YES))
    return Case(policy, link, "\n".join(renderer.lines) + "\n")
