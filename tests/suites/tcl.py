# SPDX-License-Identifier: MIT
"""Tcl's tests of sockets, channels and its HTTP client, from Debian's source package."""

import re

from lib import debian, places
from lib.compare import Result

TITLE = "Tcl"
PACKAGES = ["tcl8.6", "dpkg-dev"]
FILES = ["socket", "http", "http11", "httpold", "event", "io", "ioCmd", "chanio"]
FILE_SECONDS = 600
TELLING = "body error pass skip start"


def build(directory):
    debian.fetch_source("tcl8.6", directory)


def version():
    return debian.source_version(places.of("tcl"))


def units():
    return FILES


def run(unit, session, names=None):
    file = places.of("tcl") / "source" / "tests" / f"{unit}.test"
    command = ["tclsh8.6", file, "-verbose", TELLING]
    if names is not None:
        command += ["-match", " ".join(names)]
    status, output = session.execute(command, FILE_SECONDS)
    return read_results(status, output, session.seconds)


def read_results(status, output, seconds):
    """Only the whole file's time is known: each test has an equal share of it."""
    results = {}
    for name in re.findall(r"(?m)^\+\+\+\+ (\S+) SKIPPED", output):
        results[name] = Result("skip", 0)
    texts = re.split(r"(?m)^(?=---- \S+ start$)", output)[1:]
    for text in texts:
        name = text.split()[1]
        if f"\n++++ {name} PASSED" in text:
            results[name] = Result("pass", seconds / len(texts))
        else:
            results[name] = Result("hang" if status is None else "fail", 0, text[:6000])
    return results
