# SPDX-License-Identifier: MIT
"""CPython's tests of all that has to do with the network, from Debian's package of them."""

import json
import pathlib

from lib import debian
from lib.compare import Result

TITLE = "CPython's network tests"
PACKAGES = ["python3.11", "libpython3.11-testsuite", "python3.11-dev", "openssl", "gcc"]
PYTHON = "/usr/bin/python3.11"
TESTS = pathlib.Path("/usr/lib/python3.11/test")
RUNNER = pathlib.Path(__file__).with_name("lib") / "unittest_runner.py"

MODULES = """
asyncio asynchat asyncore epoll ftplib httplib httpservers imaplib logging multiprocessing_fork
multiprocessing_forkserver multiprocessing_spawn nntplib poll poplib select selectors smtplib socket
socketserver ssl telnetlib urllib2_localnet xmlrpc
""".split()
QUICK = """
asynchat asyncore epoll ftplib httplib poplib selectors smtplib socketserver telnetlib
urllib2_localnet asyncio.test_streams asyncio.test_sock_lowlevel
""".split()

# AF_VSOCK is not TCP, and its tests hang in a virtual machine whose host takes no connections.
NOT_RUN = "VSOCK"
TEST_SECONDS = 60
MODULE_SECONDS = 1800


def build(_directory):
    """Nothing to build: the package is the suite."""


def version():
    return debian.package_version("libpython3.11-testsuite")


def units():
    """The modules, test_asyncio's one by one, the slowest first."""
    asyncio = [f"asyncio.{path.stem}" for path in (TESTS / "test_asyncio").glob("test_*.py")]
    slow = [name for name in MODULES if name.startswith("multiprocessing")]
    return slow + sorted(set(MODULES) - set(slow) - {"asyncio"}) + sorted(asyncio)


def quick_units():
    return QUICK


def run(unit, session, names=None):
    """Runs a module's tests, or those named; after a hang or a crash, those that are left."""
    results, round_ = {}, 0
    while True:
        round_ += 1
        chosen = session.directory / f"names.{round_}"
        lines = session.directory / f"results.{round_}.jsonl"
        if names is None:
            chosen.write_text("\n".join(results), encoding="utf-8")
        else:
            chosen.write_text("\n".join(set(names) - set(results)), encoding="utf-8")
        choice = ["--skip" if names is None else "--only", chosen]
        command = [PYTHON, RUNNER, f"test.test_{unit}", lines, str(TEST_SECONDS), *choice, NOT_RUN]
        status, output = session.execute(command, MODULE_SECONDS)
        if read_results(lines, status, output, results):
            return results


def read_results(path, status, output, results):
    """Adds a run's results; True when it came to its end, or does not get anywhere."""
    begun, finished, count = None, False, len(results)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for line in map(json.loads, lines):
        if "begin" in line:
            begun = line["begin"]
        elif "end" in line:
            results[line["end"]] = Result(line["result"], line["seconds"], line["text"])
            begun = None
        else:
            finished = True
    if begun:
        hung = status is None or "Timeout (" in output
        results[begun] = Result("hang" if hung else "crash", 0, output[-6000:])
    if not finished and len(results) == count:
        results["(module)"] = Result("crash", 0, output[-6000:])
        return True
    return finished
