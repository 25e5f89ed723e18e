# SPDX-License-Identifier: MIT
"""Redis' tests, from Debian's source package, of Debian's own server: a server that is a client as well."""

import pathlib
import re

from lib import debian, places
from lib.compare import Result

TITLE = "Redis"
PACKAGES = ["redis-server", "redis-tools", "tcl8.6", "dpkg-dev"]
# Those about connections; the others ask one server, over one, what it makes of its data. Without the
# heaviest, which keep two cores busy for minutes to see how replicas catch up.
UNITS = """
integration/failover integration/psync2-pingoff integration/psync2-reg integration/redis-benchmark
integration/redis-cli integration/replication-2 integration/replication-buffer integration/shutdown
unit/acl unit/auth unit/client-eviction unit/cluster unit/cluster/links unit/cluster/misc
unit/cluster-scripting unit/info unit/introspection unit/introspection-2 unit/limits unit/multi
unit/networking unit/obuf-limits unit/pause unit/pendingquerybuf unit/protocol unit/pubsub
unit/pubsubshard unit/querybuf unit/quit unit/replybufsize unit/shutdown unit/tracking unit/wait
""".split()
UNIT_SECONDS = 1200

COLOUR = re.compile(r"\x1b\[[\d;]*m")
OUTCOMES = {"ok": "pass", "err": "fail", "timeout": "hang", "skip": "skip", "ignore": "skip"}
LINE = re.compile(r"\[(ok|err|timeout|skip|ignore)\]: (.*)")


def build(directory):
    debian.fetch_source("redis", directory)


def version():
    return debian.source_version(places.of("redis"))


def units():
    return UNITS


def run(unit, session, names=None):
    # A short name: the paths of Unix sockets in there may have 107 characters.
    here = workplace(session.directory / "w")
    command = ["tclsh8.6", "tests/test_helper.tcl", "--clients", "1", "--durable", "--single", unit]
    for name in names or []:
        command += ["--only", name.partition(" | ")[2]]
    status, output = session.execute(command, UNIT_SECONDS, here)
    return read_results(unit, status, COLOUR.sub("", output))


def workplace(directory):
    """The source's directory as the tests look for it, with Debian's programs in it."""
    source = places.of("redis") / "source"
    for path in [*source.glob("*"), *source.glob("tests/*")]:
        if path.name not in ("src", "tests", "tmp"):
            link(directory / path.relative_to(source), path)
    for path in pathlib.Path("/usr/bin").glob("redis-*"):
        link(directory / "src" / path.name, path)
    (directory / "tests" / "tmp").mkdir(exist_ok=True)
    return directory


def link(name, target):
    name.parent.mkdir(parents=True, exist_ok=True)
    if not name.exists():
        name.symlink_to(target)


def read_results(unit, status, output):
    """Some tests are run a random number of times: all of one name are one, which fails if one does."""
    results = {}
    for what, said in LINE.findall(output):
        name, seconds = said, 0
        if what == "ok":
            name, milliseconds = re.fullmatch(r"(.*) \((\d+) ms\)", said).groups()
            seconds = int(milliseconds) / 1000
        elif what in ("err", "timeout"):
            name = said.partition(" in tests/")[0]
        one = results.setdefault(f"{unit} | {name}", Result("pass", 0))
        one.seconds += seconds
        if what != "ok":
            one.outcome, one.text = OUTCOMES[what], output[-6000:]
    if "The End" not in output:
        results[f"{unit} | (to its end)"] = Result("hang" if status is None else "crash", 0, output[-6000:])
    return results
