# SPDX-License-Identifier: MIT
"""One network: its servers, its clients, what happens to them, and what each of them has seen."""

import pathlib
import subprocess
import threading
import time

from lib import accounts, lab, plan

PROGRAMS = lab.BUILD / "tests/networks"
# Gone with the namespaces of tests/in-namespace.
RUNTIME = pathlib.Path("/run/networks")

# So long after its time a client may be busy with its last transfer; then it has hung.
FINISH_SECONDS = 60
# So long after its client a server may be waiting for what the network has lost. What a native
# client has closed before the handshake was over never comes.
DELIVERY_SECONDS = {plan.PLAIN: 20, plan.SHIM: 20, plan.NATIVE: 3}
# But no longer than so many times what the transfers were given.
PATIENCE = 4
# A worker makes no more of them in a second: over a short round trip it is done early.
TRANSFERS_A_SECOND = 15
DOWN_SECONDS = 0.3

CONFIG = """client = {{ default = "on"; first_write = "any"; }};
server = {{ default = "on"; {rules}}};
"""


class Trial:
    def __init__(self, network, directory, library, seconds):
        self.lab = lab.Lab(network, directory)
        self.network = network
        self.library = library
        self.seconds = seconds
        rounds = int(seconds * TRANSFERS_A_SECOND / len(plan.WAYS) / len(plan.SIZES)) + 1
        self.plans = {
            worker: plan.plan_of(worker, rounds, network.largest) for worker in plan.WORKERS
        }
        self.servers = []
        self.variables = {}

    def run(self):
        with self.lab:
            self.prepare_shim()
            self.start_servers()
            if self.network.later:
                self.make_contact()
                self.command_all(self.network.later)
            self.run_clients()
            self.await_delivery()
        return self

    def prepare_shim(self):
        config = self.lab.directory / "tfoshim.conf"
        rules = f"rules = ({{ queue = {self.network.queue}; }}); " if self.network.queue else ""
        config.write_text(CONFIG.format(rules=rules), encoding="ascii")
        runtime = RUNTIME / self.lab.directory.name
        runtime.mkdir(parents=True, exist_ok=True)
        runtime.chmod(0o700)
        self.variables[plan.SHIM] = {
            "LD_PRELOAD": self.library,
            "TFOSHIM_CONFIG": config,
            "XDG_RUNTIME_DIR": runtime,
        }

    def start_servers(self):
        for kind, ports in plan.PORTS.items():
            command = [PROGRAMS / "server", way_of(kind), *map(str, ports)]
            variables = self.variables.get(kind)
            self.servers.append(
                self.lab.spawn(lab.SERVER, f"server-{kind}", command, variables)
            )
        self.await_listeners()

    def await_listeners(self):
        wanted = {f"sport = :{port}" for ports in plan.PORTS.values() for port in ports}
        enter = self.lab.enter(lab.SERVER, ["ss", "-Hltn", " or ".join(wanted)])
        deadline = time.monotonic() + lab.ANSWER_SECONDS
        while count_lines(enter) < len(wanted):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the servers of {self.network.name} do not listen")
            time.sleep(0.02)

    def start_client(self, kind, worker, name, transfers, seconds):
        mode = "nonblocking" if worker.nonblocking else "blocking"
        ports = map(str, plan.PORTS[kind])
        command = [PROGRAMS / "client", way_of(kind), mode, lab.SERVER_AT[worker.family], *ports]
        text = plan.lines(transfers)
        return self.lab.spawn(
            lab.CLIENT, name, [*command, f"{seconds}"], self.variables.get(kind), text
        )

    def make_contact(self):
        clients = [
            self.start_client(kind, worker, f"contact-{kind}-{worker.index}", plan.contact(), 60)
            for kind in plan.KINDS
            for worker in plan.WORKERS[:2]
        ]
        for client in clients:
            client.wait(FINISH_SECONDS)
        # What the servers have seen so far is not of the plan.
        for kind in plan.KINDS:
            self.lab.output(f"server-{kind}").write_bytes(b"")

    def command_all(self, lines):
        for line in lines:
            self.lab.command(line)

    def run_clients(self):
        over = threading.Event()
        events = threading.Thread(target=self.make_happen, args=(over,))
        clients = [
            self.start_client(kind, worker, client_name(kind, worker), transfers, self.seconds)
            for worker, transfers in self.plans.items()
            for kind in plan.KINDS
        ]
        events.start()
        deadline = time.monotonic() + self.seconds + self.patience(FINISH_SECONDS)
        statuses = [self.await_client(client, deadline) for client in clients]
        over.set()
        events.join()
        # One that hangs is a finding; one that fails itself, and not a call of its own, is none.
        if any(statuses):
            raise RuntimeError(f"a client of {self.network.name} ended with {max(statuses)}")

    def await_client(self, client, deadline):
        try:
            return client.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.lab.end(client)
            return 0

    def make_happen(self, over):
        """Until the clients' time is over: after that nothing goes wrong any more."""
        end = time.monotonic() + self.seconds
        while not over.wait(self.network.period) and time.monotonic() < end:
            self.command_all(self.network.commands)
            if self.network.happens == "key":
                self.lab.new_key()
            elif self.network.happens == "restart":
                self.restart_servers()

    def restart_servers(self):
        for server in self.servers:
            self.lab.end(server)
        self.servers.clear()
        time.sleep(DOWN_SECONDS)
        self.start_servers()

    def ended(self, kind, worker):
        """By number."""
        found = {}
        for line in read_lines(self.lab.output(client_name(kind, worker))):
            word, number, *rest = line
            found[int(number)] = accounts.Ended(0, "hung", 0, 0)
            if word == "end":
                ms, stage, code, wrong = rest
                found[int(number)] = accounts.Ended(float(ms), stage, int(code), int(wrong))
        return found

    def arrived(self, kind):
        lines = read_lines(self.lab.output(f"server-{kind}"))
        return [accounts.Arrived(*map(int, line)) for line in lines]

    def patience(self, seconds):
        return min(seconds, PATIENCE * self.seconds)

    def account(self, kind):
        ends = {worker: self.ended(kind, worker) for worker in plan.WORKERS}
        return accounts.Account(self.plans, ends, self.arrived(kind))

    def await_delivery(self):
        """What programs have sent and closed the kernels still deliver."""
        began = time.monotonic()
        for kind, seconds in DELIVERY_SECONDS.items():
            while self.account(kind).lost() and time.monotonic() < began + self.patience(seconds):
                time.sleep(0.5)


def way_of(kind):
    """What the programs themselves know of Fast Open."""
    return "native" if kind == plan.NATIVE else "plain"


def client_name(kind, worker):
    return f"client-{kind}-{worker.index}"


def count_lines(command):
    return subprocess.run(command, capture_output=True, check=True).stdout.count(b"\n")


def read_lines(path):
    """Whole lines only: who was killed may have left a part of one."""
    text = path.read_text(encoding="ascii") if path.exists() else ""
    return [line.split() for line in text.rpartition("\n")[0].splitlines()]
