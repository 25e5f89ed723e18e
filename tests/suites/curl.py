# SPDX-License-Identifier: MIT
"""curl's tests, from Debian's source package: a client of many protocols, and their servers."""

import getpass
import re

from lib import command, debian, places
from lib.compare import Result

TITLE = "curl"
PACKAGES = ["gcc", "make", "perl", "python3", "libc6-dev", "libssl-dev", "zlib1g-dev", "stunnel4"]
PACKAGES += ["openssh-server", "openssh-client", "dpkg-dev"]
# The preloaded library must not meet another copy of what is tested. With debugging, more is tested.
OPTIONS = ["--disable-shared", "--enable-debug", "--disable-curldebug", "--with-openssl"]
OPTIONS += ["--without-libpsl", "--disable-dependency-tracking"]
UNIT_SECONDS = 1800
# curl's own word for tests that fail by chance: 0587 does where its server is not scheduled in time.
BY_CHANCE = "!flaky"


def build(directory):
    source = debian.fetch_source("curl", directory)
    if not (directory / "build" / "built").exists():
        configure = [source / "configure", *OPTIONS]
        targets = [["make"], ["make", "-C", "tests"], ["touch", "built"]]
        command.make(directory / "build", configure, *targets)


def version():
    return debian.source_version(places.of("curl"))


def tests():
    data = places.of("curl") / "source" / "tests" / "data"
    numbers = sorted(int(path.name[4:]) for path in data.glob("test*") if path.name[4:].isdigit())
    return command.grouped([f"{number:04}" for number in numbers], unit_of)


def unit_of(name):
    return f"{name[:2]}xx"


def units():
    return list(tests())


def run(unit, session, names=None):
    """One run of curl's own runner, whose servers serve test after test, as it does."""
    chosen = names or tests()[unit]
    here = workplace(session.directory / "curl")
    source = places.of("curl") / "source" / "tests"
    runner = ["perl", f"-I{source}", source / "runtests.pl", "-a", "-n"]
    runner += [str(int(name)) for name in chosen] + [BY_CHANCE]
    # The user is whom the tests of SSH log in as.
    extra = {"srcdir": str(source), "USER": getpass.getuser()}
    _, output = session.execute(runner, UNIT_SECONDS, here, extra)
    return read_results(output, chosen)


def workplace(directory):
    """The build's directory as the runner looks for it, with a place of its own for what it writes."""
    built = places.of("curl") / "build"
    (directory / "tests").mkdir(parents=True, exist_ok=True)
    for path in [*built.glob("*"), *built.glob("tests/*")]:
        link = directory / path.relative_to(built)
        if not link.exists() and path.name not in ("log", "Makefile"):
            link.symlink_to(path)
    return directory / "tests"


def read_results(output, chosen):
    """A test that cannot be run is named only if it is among the first three of its reason."""
    ended = "TESTDONE:" in output
    found = {name: Result("skip" if ended else "missing", 0, output[-2000:]) for name in chosen}
    for text in re.split(r"(?m)^(?=test \d{4}\.\.\.)", output)[1:]:
        passed = re.search(r" OK \(.*took ([\d.]+)s", text)
        name = text[5:9]
        found[name] = Result("pass", float(passed[1])) if passed else Result("fail", 0, text[:6000])
    return found
