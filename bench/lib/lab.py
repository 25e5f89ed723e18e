# SPDX-License-Identifier: MIT
"""A client and a server, on one host, on two that a veth pair joins, or over the link emulator."""

import ctypes
import os
import subprocess
import time

from lib import machine

CLIENT_IP, SERVER_IP = "10.9.0.1", "10.9.0.2"
LINK = machine.BUILD / "tests/link/tfolink"
CLONE_NEWNET = 0x40000000
# Bit 0x400 makes every listener a Fast Open server, so that only the clients differ.
EVERY_LISTENER = 0x403

# The queue is long: a loss that nobody ordered would be taken for the shim's.
HOST = """link set lo up
link set link0 addrgenmode none txqueuelen 10000
addr add {}/24 dev link0
link set link0 up
"""

LIBC = ctypes.CDLL(None, use_errno=True)


def enter_namespace(descriptor):
    if LIBC.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


class Lab:
    """While it is entered this process, and what it starts, is the client's.

    `rtt` is that of the link emulator in milliseconds; None means a veth pair, and "loopback" that
    there is one host, of which the server is 127.0.0.1.
    """

    def __init__(self, rtt=None, fastopen=EVERY_LISTENER):
        self.rtt = rtt
        self.fastopen = fastopen
        self.alone = rtt == "loopback"
        self.server = "127.0.0.1" if self.alone else SERVER_IP
        self.processes = []
        self.directory = machine.work("lab")

    def __enter__(self):
        self.outside = os.open("/proc/self/ns/net", os.O_RDONLY)
        try:
            if self.alone:
                self.sysctl()
            else:
                self.make()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        enter_namespace(self.outside)
        os.close(self.outside)
        for process in reversed(self.processes):
            end(process)
        if not self.alone:
            for host in ("client", "server"):
                subprocess.run(["ip", "netns", "del", host], stderr=subprocess.DEVNULL, check=False)

    def make(self):
        for host in ("client", "server"):
            subprocess.run(["ip", "netns", "add", host], check=True)
        if self.rtt is None:
            script = "link add link0 netns client type veth peer link0 netns server\n"
            subprocess.run(["ip", "-batch", "-"], input=script, text=True, check=True)
        else:
            self.emulate()
        for host, address in (("client", CLIENT_IP), ("server", SERVER_IP)):
            subprocess.run(
                ["ip", "-n", host, "-batch", "-"], input=HOST.format(address), text=True, check=True
            )
        self.enter("server")
        self.sysctl()
        self.enter("client")
        knob("net/ipv4/tcp_fastopen", 1)

    def emulate(self):
        status = self.directory / "status"
        control = self.directory / "control"
        for fifo in (status, control):
            if not fifo.exists():
                os.mkfifo(fifo)
        # Opened for both, a FIFO at whose other end nobody is makes nobody wait.
        self.status = open(os.open(status, os.O_RDWR), "r", encoding="ascii")
        self.control = os.open(control, os.O_RDWR)
        command = [LINK, "--left", "client", "--right", "server", "--rtt", f"{self.rtt}"]
        command += ["--control", control, "--status", status]
        self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL))
        self.answer("ready")

    def command(self, line):
        os.write(self.control, f"{line}\n".encode())
        self.answer("ok")

    def answer(self, expected):
        said = self.status.readline().strip()
        if not said.startswith(expected):
            raise machine.BenchError(f"the link: {said}")

    def sysctl(self):
        knob("net/ipv4/tcp_fastopen", self.fastopen)
        knob("net/core/somaxconn", 65535)
        knob("net/ipv4/tcp_max_syn_backlog", 65535)

    def enter(self, host):
        descriptor = os.open(f"/run/netns/{host}", os.O_RDONLY)
        try:
            enter_namespace(descriptor)
        finally:
            os.close(descriptor)

    def spawn(self, command, env=None, port=None, cpu=machine.SERVER_CPU):
        """Starts a server, and waits until it listens. What it is started as replaces itself."""
        command = [str(word) for word in machine.pinned(cpu, command)]
        if not self.alone:
            command = ["nsenter", "--net=/run/netns/server", *command]
        log = self.directory / f"server-{len(self.processes)}.log"
        with open(log, "wb") as file:
            process = subprocess.Popen(
                command,
                env=env or machine.environment(),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        self.processes.append(process)
        if port and not wait(lambda: listens(process, port)):
            raise machine.BenchError(f"{command}: {log.read_text(errors='replace')}")
        return process


def end(process):
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def counter(pid, name):
    """Of the kernel, in the network namespace of a process: lines of names, then of values."""
    with open(f"/proc/{pid}/net/netstat", encoding="ascii") as file:
        rows = [line.split() for line in file]
    for names, values in zip(rows[::2], rows[1::2]):
        if name in names:
            return int(values[names.index(name)])
    raise machine.BenchError(f"no counter is named {name}")


def knob(name, value):
    with open(f"/proc/sys/{name}", "w", encoding="ascii") as file:
        file.write(f"{value}\n")


def wait(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def listens(process, port):
    """Asked of the kernel: a connection would be one more than is measured. State 0A is LISTEN."""
    try:
        with open(f"/proc/{process.pid}/net/tcp", encoding="ascii") as file:
            rows = [line.split() for line in file]
    except OSError:
        return False
    return any(row[3] == "0A" and row[1].endswith(f":{port:04X}") for row in rows)
