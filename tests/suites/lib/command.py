# SPDX-License-Identifier: MIT
"""Suites of which each test is a command of its own."""

import json
import os
import pathlib
import subprocess
import sys

from lib.compare import Result

EACH = pathlib.Path(__file__).with_name("each.py")
TEST_SECONDS = 120
UNIT_SECONDS = 1800


def run_each(session, names, command, skipped, cwd=None, extra=None):
    """Runs `command NAME` for each; `skipped` matches what is printed by a test that skips itself."""
    chosen = session.directory / "names"
    results = session.directory / "results.jsonl"
    chosen.write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    whole = [sys.executable, EACH, results, str(TEST_SECONDS), skipped, chosen, *command]
    _, output = session.execute(whole, UNIT_SECONDS, cwd, extra)
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    found = {}
    for one in map(json.loads, lines):
        found[one["test"]] = Result(one["result"], one["seconds"], one["text"])
    for name in names:
        found.setdefault(name, Result("missing", 0, output[-2000:]))
    return found


def grouped(names, group):
    """The names by unit, in the order in which they came."""
    groups = {}
    for name in names:
        groups.setdefault(group(name), []).append(name)
    return groups


def make(directory, *commands):
    """Runs these in `directory`; what they print is shown only where one fails."""
    directory.mkdir(parents=True, exist_ok=True)
    kept = {**os.environ, "LC_ALL": "C", "MAKEFLAGS": "-j2"}
    for command in commands:
        done = subprocess.run(
            command, cwd=directory, env=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        if done.returncode:
            sys.stderr.buffer.write(done.stdout[-6000:])
            sys.exit(f"suites: {command[0]} failed in {directory}")
