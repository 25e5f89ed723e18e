# SPDX-License-Identifier: MIT
"""What tests/lib/sinks.py gives its standard errors and logs to: a step for each letter.

c connects (a line of the log), d and h leave the signals of the log to the system or handle them,
b blocks them, p and x have one pending, f forks and lets the child go on, w waits for a line, s
tells what has become of the signals and of standard error's flags.
"""

import fcntl
import os
import signal
import socket
import sys
import threading

WATCHED = {signal.SIGPIPE, signal.SIGXFSZ, signal.SIGTTOU}
HEARD = []


def names(numbers):
    """Those of them that a log may raise."""
    return ",".join(sorted(signal.Signals(n).name for n in numbers if n in WATCHED))


def connect():
    """To where nobody listens."""
    with socket.socket() as connection:
        connection.connect_ex(("127.0.0.1", 1))


def handle(handler):
    for number in WATCHED:
        signal.signal(number, handler)


def raise_here(number):
    signal.pthread_kill(threading.get_ident(), number)


def fork():
    if child := os.fork():
        os.waitpid(child, 0)
        os._exit(0)


def wait():
    print("waits", flush=True)
    sys.stdin.readline()


def tell():
    print("blocked:", names(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
          "pending:", names(signal.sigpending()), "heard:", names(HEARD),
          "O_NONBLOCK:", fcntl.fcntl(2, fcntl.F_GETFL) & os.O_NONBLOCK, flush=True)


STEPS = {
    "c": connect,
    "d": lambda: handle(signal.SIG_DFL),
    "h": lambda: handle(lambda number, frame: HEARD.append(number)),
    "b": lambda: signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED),
    "p": lambda: raise_here(signal.SIGPIPE),
    "x": lambda: raise_here(signal.SIGXFSZ),
    "f": fork,
    "w": wait,
    "s": tell,
}

for step in sys.argv[1]:
    STEPS[step]()
