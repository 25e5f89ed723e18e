# SPDX-License-Identifier: MIT
"""One run of a part of a suite in one way: in namespaces of its own, with what was counted there."""

import collections
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

from lib import ways

ISOLATED = pathlib.Path(__file__).with_name("isolated.py")
# Processes that a test leaves behind end with the namespace.
NAMESPACES = "unshare --net --mount --pid --fork --kill-child --mount-proc".split()
EVENTS = {
    "deferred": ": deferred",
    "opened": ": opened with data in the SYN",
    "started": ": started",
}


class Session:
    """`directory` is made and keeps everything that the run writes."""

    def __init__(self, way, directory):
        self.way = way
        self.directory = directory
        self.counters = collections.Counter()
        self.seconds = 0.0
        self.runs = 0
        directory.mkdir(parents=True)
        for name in ("home", "tmp", "runtime", "cwd"):
            (directory / name).mkdir(mode=0o700)

    def environment(self, extra):
        kept = {name: os.environ[name] for name in ("TERM", "USER", "LOGNAME") if name in os.environ}
        return {
            **kept,
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG": "C.UTF-8",
            "HOME": str(self.directory / "home"),
            "TMPDIR": str(self.directory / "tmp"),
            "XDG_RUNTIME_DIR": str(self.directory / "runtime"),
            **extra,
            **ways.environment(self.way, self.directory),
        }

    def execute(self, command, limit, cwd=None, extra=None):
        """Runs a command; returns its status, None when it had to be killed, and its output."""
        self.runs += 1
        counters = self.directory / f"counters.{self.runs}.json"
        log = self.directory / f"output.{self.runs}.log"
        # The launcher must not be under the shim: the variables are for the command alone.
        variables = [f"{name}={value}" for name, value in self.environment(extra or {}).items()]
        whole = [*NAMESPACES, sys.executable, ISOLATED, counters, "env", "-i", *variables, *command]
        began = time.monotonic()
        with open(log, "wb") as out:
            status = run_within(whole, limit, cwd or self.directory / "cwd", out)
        self.seconds += time.monotonic() - began
        if counters.exists():
            self.counters.update(json.loads(counters.read_text(encoding="ascii")))
        return status, log.read_text(encoding="utf-8", errors="replace")

    def shim_events(self):
        """What the shim says that it did, from its debug log."""
        counts = collections.Counter()
        log = self.directory / "tfoshim.log"
        if log.exists():
            for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
                for event, mark in EVENTS.items():
                    counts[event] += mark in line
        return counts


def run_within(command, limit, cwd, out):
    process = subprocess.Popen(
        command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
    )
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
