# SPDX-License-Identifier: MIT
"""libuv's own tests, from Debian's source package."""

import pathlib
import shutil
import subprocess

from lib import command, debian, places

TITLE = "libuv"
PACKAGES = ["cmake", "gcc", "make", "libc6-dev", "dpkg-dev"]
# Its pipes have names in /tmp.
JOBS_AT_MOST = 1
# Of the name of a test; the others are the unit "rest".
UNITS = ("tcp", "pipe", "ipc", "udp", "fs", "spawn")
# It refuses to run as root without being told so.
VARIABLES = {"UV_RUN_AS_ROOT": "1"}
SKIPPED = r"^ok .* # SKIP"


def program():
    return places.of("libuv") / "build" / "uv_run_tests_a"


def build(directory):
    source = debian.fetch_source("libuv1", directory)
    if not program().exists():
        configure = ["cmake", "-S", source, "-B", ".", "-DBUILD_TESTING=ON"]
        command.make(directory / "build", configure, ["make", "uv_run_tests_a"])


def version():
    return debian.source_version(places.of("libuv"))


def tests():
    listed = subprocess.run(
        [program(), "--list"], env=VARIABLES, capture_output=True, text=True, check=True
    )
    names = {line.split()[0] for line in listed.stdout.splitlines() if line.strip()}
    return command.grouped(sorted(names - {"platform_output"}), unit_of)


def unit_of(name):
    first = name.partition("_")[0]
    return first if first in UNITS else "rest"


def units():
    return sorted(tests())


def run(unit, session, names=None):
    # The tests look for their fixtures from the working directory, and write there.
    fixtures = pathlib.Path("test") / "fixtures"
    source = places.of("libuv") / "source" / fixtures
    shutil.copytree(source, session.directory / "cwd" / fixtures)
    return command.run_each(session, names or tests()[unit], [program()], SKIPPED, extra=VARIABLES)
