# SPDX-License-Identifier: MIT
"""Two namespaces joined by the link emulator, and programs in them."""

import os
import pathlib
import secrets
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("TFOSHIM_BUILD") or ROOT / "build").absolute()

CLIENT, SERVER = "client", "server"
ADDRESSES = {CLIENT: ("10.9.0.1", "fd09::1"), SERVER: ("10.9.0.2", "fd09::2")}
SERVER_AT = dict(zip((4, 6), ADDRESSES[SERVER]))
ANSWER_SECONDS = 10

# No link-local addresses: the kernel would send packets of its own from them. The device's queue is
# long: a loss that nobody ordered would be taken for the shim's.
HOST = """
link set lo up
link set link0 addrgenmode none txqueuelen 10000
addr add {}/24 dev link0
addr add {}/64 dev link0 nodad
link set link0 up
"""


class Lab:
    """`directory` is made and keeps what the programs print."""

    def __init__(self, network, directory):
        self.network = network
        self.directory = directory
        self.names = {host: f"{host}-{network.name}" for host in ADDRESSES}
        self.processes = []
        directory.mkdir(parents=True)

    def __enter__(self):
        for name in self.names.values():
            subprocess.run(["ip", "netns", "add", name], check=True)
        self.link_up()
        for host in ADDRESSES:
            self.host_up(host)
        return self

    def __exit__(self, *_):
        for process in self.processes:
            self.end(process)
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], check=True)

    def link_up(self):
        os.mkfifo(self.directory / "control")
        os.mkfifo(self.directory / "status")
        # Opened for both, a FIFO at whose other end nobody is makes nobody wait.
        self.control = os.open(self.directory / "control", os.O_RDWR)
        self.status = os.open(self.directory / "status", os.O_RDWR | os.O_NONBLOCK)
        command = [BUILD / "tests/link/tfolink", "--rtt", f"{self.network.rtt}"]
        command += ["--left", self.names[CLIENT], "--right", self.names[SERVER]]
        command += ["--control", self.directory / "control", "--status", self.directory / "status"]
        with open(self.directory / "link.log", "wb") as log:
            link = subprocess.Popen([*command, *self.network.options], stdout=log, stderr=log)
        self.processes.append(link)
        self.await_answer("ready")

    def await_answer(self, expected):
        answer = b""
        deadline = time.monotonic() + ANSWER_SECONDS
        while not answer.endswith(b"\n"):
            try:
                answer += os.read(self.status, 1)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"no answer from the link of {self.network.name}") from None
                time.sleep(0.005)
        if not answer.decode().startswith(expected):
            raise RuntimeError(f"the link of {self.network.name}: {answer.decode().strip()}")

    def command(self, line):
        os.write(self.control, f"{line}\n".encode())
        self.await_answer("ok")

    def host_up(self, host):
        fastopen = self.network.server_fastopen if host == SERVER else 3
        knobs = {
            "net/ipv4/tcp_fastopen": fastopen,
            "net/ipv4/tcp_mtu_probing": self.network.probing,
            "net/ipv6/conf/link0/accept_ra": 0,
            "net/core/somaxconn": 1024,
        }
        lines = "".join(f"echo {value} >/proc/sys/{name}\n" for name, value in knobs.items())
        ip = f"ip -batch - <<END\n{HOST.format(*ADDRESSES[host])}END\n"
        self.execute(host, ["sh", "-ec", lines + ip])

    def enter(self, host, command, variables=None):
        # What enters must not be under the shim: the variables are for the command alone.
        pairs = [f"{name}={value}" for name, value in (variables or {}).items()]
        return ["nsenter", f"--net=/run/netns/{self.names[host]}", "env", *pairs, *command]

    def execute(self, host, command):
        subprocess.run(self.enter(host, command), stdin=subprocess.DEVNULL, check=True)

    def spawn(self, host, name, command, variables=None, text=""):
        """Starts a program: `text` is its input, NAME.out has its output."""
        given = self.directory / f"{name}.in"
        given.write_text(text, encoding="ascii")
        with (
            open(given, "rb") as stdin,
            open(self.output(name), "ab") as out,
            open(self.directory / f"{name}.log", "ab") as log,
        ):
            process = subprocess.Popen(
                self.enter(host, command, variables), stdin=stdin, stdout=out, stderr=log
            )
        self.processes.append(process)
        return process

    def output(self, name):
        return self.directory / f"{name}.out"

    def end(self, process):
        process.kill()
        process.wait()

    def new_key(self):
        key = "-".join(secrets.token_hex(4) for _ in range(4))
        self.execute(SERVER, ["sysctl", "-qw", f"net.ipv4.tcp_fastopen_key={key}"])
