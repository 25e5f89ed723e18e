#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""usage: each.py RESULTS SECONDS SKIPPED NAMES COMMAND [ARGUMENT]...

Runs a command for every line of the file NAMES, with that line as its last argument, and writes a JSON
line to RESULTS about each. A test is skipped if its output matches the expression SKIPPED, passed if
its status is 0; it is killed after so many seconds.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time


def outcome(status, text, skipped):
    if status is None:
        return "hang"
    if re.search(skipped, text, re.MULTILINE):
        return "skip"
    if status < 0:
        return "crash"
    return "fail" if status else "pass"


def run_one(command, limit):
    """Its status, None if it hung, and what it printed. Its children must not outlive it."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
        )
        try:
            status = process.wait(limit)
        except subprocess.TimeoutExpired:
            status = None
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        out.seek(0)
        return status, out.read().decode("utf-8", "replace")


def main():
    path, limit, skipped, names, *command = sys.argv[1:]
    with open(names, encoding="utf-8") as file:
        tests = file.read().splitlines()
    with open(path, "w", encoding="utf-8") as results:
        for test in tests:
            began = time.monotonic()
            status, text = run_one([*command, test], float(limit))
            result = outcome(status, text, skipped)
            line = {"test": test, "result": result, "seconds": time.monotonic() - began, "text": text[-6000:]}
            results.write(json.dumps(line) + "\n")
            results.flush()


if __name__ == "__main__":
    main()
