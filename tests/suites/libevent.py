# SPDX-License-Identifier: MIT
"""libevent's regression tests, from Debian's source package."""

import subprocess

from lib import command, debian, places

TITLE = "libevent"
PACKAGES = ["cmake", "gcc", "make", "libc6-dev", "libssl-dev", "zlib1g-dev", "python3", "dpkg-dev"]
SKIPPED = r"\(1 skipped\)|SKIPPED"
# The preloaded library must not meet another copy of what is tested.
OPTIONS = ["-DEVENT__LIBRARY_TYPE=STATIC", "-DEVENT__DISABLE_MBEDTLS=ON"]
OPTIONS += ["-DEVENT__DISABLE_BENCHMARK=ON", "-DEVENT__DISABLE_SAMPLES=ON"]


def program():
    return places.of("libevent") / "build" / "bin" / "regress"


def build(directory):
    source = debian.fetch_source("libevent", directory)
    if not program().exists():
        configure = ["cmake", "-S", source, "-B", ".", *OPTIONS]
        command.make(directory / "build", configure, ["make", "regress"])


def version():
    return debian.source_version(places.of("libevent"))


def tests():
    listed = subprocess.run([program(), "--list-tests"], capture_output=True, text=True, check=False)
    lines = [line.split() for line in listed.stdout.splitlines() if "/" in line]
    # Those marked are off unless asked for.
    return command.grouped([words[0] for words in lines if len(words) == 1], unit_of)


def unit_of(name):
    return name.partition("/")[0]


def units():
    return list(tests())


def run(unit, session, names=None):
    return command.run_each(session, names or tests()[unit], [program()], SKIPPED)
