# SPDX-License-Identifier: MIT
"""A lane: two network namespaces joined by the link emulator, with the server in one of them.

The process that opens a lane moves into its client namespace: what it then starts is a client.
"""

import ctypes
import os
import select
import signal
import subprocess
import time

from conditions import LINKS, PATIENCE, POLICIES, RESTORE, RTT_MS, UNTRIED
from recollection import Recollection

CLONE_NEWNET = 0x40000000
HOST_UP = """
echo 3 >/proc/sys/net/ipv4/tcp_fastopen
echo 1 >/proc/sys/net/ipv4/tcp_syn_retries
echo 0 >/proc/sys/net/ipv6/conf/link0/accept_ra
ip -batch - <<END
link set lo up
link set link0 addrgenmode none
addr add $1/24 dev link0
addr add $2/64 dev link0 nodad
link set link0 up
END
"""
PRIMED = ("echo", "discard", "banner", "answer", "close", "dead", "silent")


def prime_program():
    """One connection to each port, of each family, all at a time."""
    lines = []
    for family in ("4", "6"):
        for port in PRIMED:
            lines += ["fork", f"socket s0 {family} block", f"connect s0 server {port}",
                      "write s0 nosignal get 40"]
            if port != "silent":
                lines += ["shutdown s0 wr", "readn s0 1"]
            lines += ["close s0", "end"]
    return "\n".join(lines + ["waitall"]) + "\n"


PROBE = "socket s0 4 block\nconnect s0 server discard\nwrite s0 write get 40\nclose s0\n"


class Run:
    """What one run of a program gave."""

    def __init__(self, trace, status, served, elapsed):
        self.trace = trace
        self.status = status
        self.served = served
        self.elapsed = elapsed


class Lane:
    """Opened once for a process, for it can be in one namespace only."""

    def __init__(self, name, build, library, directory):
        self.build = build
        self.library = library
        self.directory = os.path.join(directory, name)
        self.link_state = "clean"
        self.seed = 0
        self.primed_at = 0.0
        self.memory = Recollection(os.path.join(self.directory, "runtime"))
        self._network()
        self._policies()
        self.prime()
        self._check()

    def _network(self):
        self.namespaces = client, server = f"client-{os.getpid()}", f"server-{os.getpid()}"
        for namespace in self.namespaces:
            subprocess.run(["ip", "netns", "add", namespace], check=True)
        self.control_path = os.path.join(self.directory, "control")
        self.answer_path = os.path.join(self.directory, "answer")
        os.mkfifo(self.control_path)
        os.mkfifo(self.answer_path)
        self.control = os.open(self.control_path, os.O_RDWR)
        self.answers = os.fdopen(os.open(self.answer_path, os.O_RDWR), "rb", buffering=0)
        self.link = subprocess.Popen(
            [f"{self.build}/tests/link/tfolink", "--left", client, "--right", server,
             "--rtt", str(RTT_MS), "--control", self.control_path, "--status", self.answer_path],
            stdin=subprocess.DEVNULL)
        self._answer()
        for namespace, address in ((client, 1), (server, 2)):
            subprocess.run(["nsenter", f"--net=/run/netns/{namespace}", "sh", "-ec", HOST_UP, "sh",
                            f"10.9.0.{address}", f"fd09::{address}"], check=True)
        self.server = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{server}", f"{self.build}/tests/differ/server"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._served()
        enter(f"/run/netns/{client}")

    def _policies(self):
        self.policies = {}
        for policy, text in POLICIES.items():
            path = os.path.join(self.directory, f"{policy}.conf") if text else ""
            if text:
                with open(path, "w", encoding="ascii") as file:
                    file.write(text)
            self.policies[policy] = path

    def _answer(self):
        line = b""
        while not line.endswith(b"\n"):
            line += self.answers.read(1)
        if line.startswith(b"error"):
            raise RuntimeError(line.decode())

    def _served(self):
        lines = []
        while (line := self.server.stdout.readline()) != b"done\n":
            if not line:
                raise RuntimeError("the server has ended")
            lines.append(line.decode().strip())
        return sorted(lines)

    def tell_server(self, command):
        """A command for the server; returns what it says."""
        self.server.stdin.write(command.encode() + b"\n")
        self.server.stdin.flush()
        return self._served()

    def tell_link(self, *commands):
        """Commands for the link emulator."""
        for command in commands:
            os.write(self.control, command.encode() + b"\n")
            self._answer()

    def set_link(self, link):
        """From one misbehaviour to another, or to none."""
        if link != self.link_state or link.startswith("lose"):
            self.tell_link(*(RESTORE + LINKS[link]))
            self.link_state = link
        if link == "loss":
            self.seed += 1
            self.tell_link(f"seed {self.seed}")

    def prime(self):
        """Brings cookies home, and keeps what the destination memory has learned from that."""
        self.set_link("clean")
        self.tell_server("dead off")
        subprocess.run(["ip", "tcp_metrics", "flush", "all"], check=True)
        self.memory.forget()
        for name in ("untried", "tried"):  # the second time there is data in the SYNs
            run = self.execute(prime_program(), "any")
            if run.status != 0:
                raise RuntimeError(f"cannot prime: {run.status} {run.trace}")
            self.memory.keep(name)
        self.tell_server("dead on")
        self.primed_at = time.monotonic()

    def _check(self):
        """A library that does nothing differs in nothing."""
        run = self.execute(PROBE, "any")
        if not any("syn=1" in line for line in run.served):
            raise RuntimeError(f"nothing goes into the SYN under {self.library}: {run.served}")

    def plain(self, case):
        """Runs it without the shim."""
        self.set_link(case.link)
        return self.execute(case.program, None)

    def shim(self, case, patience=PATIENCE):
        """Runs it under the shim, whose memory is as after priming."""
        if case.link != "clean" or time.monotonic() - self.primed_at > 60:
            self.prime()
        self.memory.put_back("untried" if case.link in UNTRIED else "tried")
        self.set_link(case.link)
        run = self.execute(case.program, case.policy, patience)
        if case.link != "clean":
            self.prime()
        return run

    def _environment(self, policy):
        environment = {"PATH": os.environ["PATH"], "HOME": self.directory,
                       "XDG_RUNTIME_DIR": self.memory.directory}
        if policy:
            environment["TFOSHIM_CONFIG"] = self.policies[policy]
            environment["LD_PRELOAD"] = self.library
        return environment

    def execute(self, program, policy, patience=PATIENCE):
        """Runs a program, plain where there is no policy."""
        path = os.path.join(self.directory, "program")
        trace = os.path.join(self.directory, "trace")
        with open(path, "w", encoding="ascii") as file:
            file.write(program)
        if os.path.exists(trace):
            os.unlink(trace)
        began = time.monotonic()
        with open(os.path.join(self.directory, "output"), "wb") as output:
            process = subprocess.Popen(
                [f"{self.build}/tests/differ/interpret", path, trace],
                env=self._environment(policy), stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, start_new_session=True)
            status = wait(process, patience)
        elapsed = time.monotonic() - began
        time.sleep(1.5 * RTT_MS / 1000)
        served = self.tell_server(f"report {4000 if self.link_state == 'loss' else 800}")
        with open(trace, "rb") as file:
            text = file.read()[8:].split(b"\0", 1)[0].decode()
        return Run(text, status, served, elapsed)

    def close(self):
        """Ends what the lane started."""
        for process in (self.server, self.link):
            process.terminate()
            process.wait()
        for namespace in self.namespaces:
            subprocess.run(["ip", "netns", "del", namespace], check=True)


def wait(process, patience):
    """Its exit status, or that it hangs; whatever it left behind is ended."""
    # Popen's own wait with a timeout looks twenty times a second: too seldom for a clock.
    watch = select.poll()
    handle = os.pidfd_open(process.pid)
    watch.register(handle, select.POLLIN)
    status = process.wait() if watch.poll(patience * 1000) else "hangs"
    os.close(handle)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
    return status


def enter(path):
    """Moves this thread into a network namespace: Python has no function for it before 3.12."""
    libc = ctypes.CDLL(None, use_errno=True)
    fd = os.open(path, os.O_RDONLY)
    if libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "cannot enter " + path)
    os.close(fd)
