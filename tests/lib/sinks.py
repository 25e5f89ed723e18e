# SPDX-License-Identifier: MIT
"""Gives a program under the library a standard error, or a log, that is not what it should be.

Usage: sinks.py SCENE LIBRARY CONFIGURATION

For tests/log-sinks.bats. Each scene prints what became of the program. The library is preloaded
into that program alone, which connects to a port where nobody listens: a line at level debug for
each, however the connect ends.
"""

import fcntl
import os
import pty
import resource
import select
import socket
import subprocess
import sys
import termios
import threading

LIBRARY, CONFIGURATION = sys.argv[2:4]
PATIENCE = 10

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sinks_program.py")


def start(steps, stderr, **more):
    """The program, which takes `steps`, with this standard error."""
    environment = dict(os.environ, LD_PRELOAD=LIBRARY, TFOSHIM_CONFIG=CONFIGURATION,
                       TFOSHIM_LOG="debug")
    return subprocess.Popen([sys.executable, PROGRAM, steps], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=stderr, env=environment, text=True,
                            **more)


def go_on(program):
    """Lets a program go on that waits."""
    try:
        program.stdin.write("\n")
        program.stdin.flush()
    except BrokenPipeError:
        pass  # it has been ended, which is told


def end(program):
    """What it says, and how it ends."""
    try:
        said, _ = program.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        program.kill()
        said, _ = program.communicate()
        print("hangs")
    print(said, end="")
    print("ends:", program.returncode)


def await_wait(program):
    """Until it has come to a wait; one that never does is ended."""
    alarm = threading.Timer(PATIENCE, program.kill)
    alarm.start()
    if program.stdout.readline() != "waits\n":
        print("hangs")
    alarm.cancel()


def fill(descriptor):
    """Writes until it takes no more, and leaves its flags as they were.

    A terminal hands on what it has taken a little later, and takes more then.
    """
    os.set_blocking(descriptor, False)
    for size in 4096, 1:
        more = True
        while more:
            try:
                os.write(descriptor, b"x" * size)
            except BlockingIOError:
                more = select.select([], [descriptor], [], 0.2)[1]
    os.set_blocking(descriptor, True)


def drain(descriptor):
    """What is in it, without what fill() has put there."""
    os.set_blocking(descriptor, False)
    taken = b""
    try:
        while more := os.read(descriptor, 65536):
            taken += more
    except (BlockingIOError, OSError):
        pass
    return taken.replace(b"\r\n", b"\n").decode().lstrip("x")


def filled(reader, writer, steps):
    """Its sink is full until it waits."""
    program = start(steps, writer)
    await_wait(program)
    drain(reader)
    go_on(program)
    end(program)
    print(drain(reader), end="")


def full(reader, writer):
    filled(reader, writer, "dccwccs")


def full_pipe():
    reader, writer = os.pipe()
    fill(writer)
    full(reader, writer)


def full_socket():
    reader, writer = socket.socketpair()
    fill(writer.fileno())
    full(reader.fileno(), writer.fileno())


def broken(reader, writer, steps):
    os.close(reader)
    end(start(steps, writer))


def broken_pipe():
    broken(*os.pipe(), "dccs")
    broken(*os.pipe(), "hccs")
    broken(*os.pipe(), "bpccs")


def broken_socket():
    reader, writer = socket.socketpair()
    broken(reader.detach(), writer.fileno(), "dccs")


def limit(size):
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def at_limit(stderr):
    for steps in "dccs", "hccs", "bccs", "bxccs":
        end(start(steps, stderr, preexec_fn=limit(1024)))


def full_file():
    with open("stderr", "wb+") as file:
        file.write(bytes(1024))
        file.flush()
        at_limit(file)
    print("size:", os.stat("stderr").st_size)


def full_log():
    """The log is a file of its own, as the configuration says."""
    with open("log", "wb") as file:
        file.write(bytes(1024))
    at_limit(subprocess.DEVNULL)
    print("size:", os.stat("log").st_size)


def terminal():
    master, slave = pty.openpty()
    settings = termios.tcgetattr(slave)
    settings[3] |= termios.TOSTOP
    termios.tcsetattr(slave, termios.TCSANOW, settings)
    return master, slave


def stopped_terminal():
    """As by Ctrl-S."""
    master, slave = terminal()
    termios.tcflow(slave, termios.TCOOFF)
    program = start("dccwccs", slave)
    await_wait(program)
    termios.tcflow(slave, termios.TCOON)
    go_on(program)
    end(program)
    print(drain(master), end="")


def full_terminal():
    master, slave = terminal()
    fill(slave)
    full(master, slave)


def foreign_terminal():
    """Another user's, after su: it is not to be opened again."""
    master, slave = terminal()
    os.fchmod(slave, 0)
    fill(slave)
    full(master, slave)


def background():
    """A job of a terminal that stops what writes in the background."""
    master, slave = terminal()
    if os.fork() == 0:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        program = start("dccs", slave, preexec_fn=lambda: os.setpgid(0, 0))
        _, status = os.waitpid(program.pid, os.WUNTRACED)
        print("stopped" if os.WIFSTOPPED(status) else program.stdout.read().strip())
        sys.stdout.flush()
        os._exit(0)
    os.wait()


def inherited():
    """What a parent has lost is not its child's to tell."""
    reader, writer = os.pipe()
    fill(writer)
    filled(reader, writer, "dccwfcs")


def log_alone():
    """The log is whatever the test has made of it."""
    end(start("dccs", subprocess.DEVNULL))


def log_read():
    """It is a FIFO that somebody reads."""
    reader = os.open("log", os.O_RDONLY | os.O_NONBLOCK)
    log_alone()
    poll = select.poll()
    poll.register(reader)
    print("read:", drain(reader) + str(poll.poll(0)))


globals()[sys.argv[1]]()
