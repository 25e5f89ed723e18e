# SPDX-License-Identifier: MIT
"""What came out, for people: a section of docs/suites.md a suite."""

import re

from lib import isolated, ways

HEAD = """# Other projects' tests

Made by `./dev suites --write`; do not edit.

Every suite runs in three ways, each part of it in a network namespace of its own with
`net.ipv4.tcp_fastopen = 0x403`:

- *plain*: without the shim;
- *as shipped*: under the shim, client and server side on for every destination, `first_write = "any"`. Most
  tests listen on a port of their own, and the first connect to a port is a plain one;
- *gate open*: with `first_contact = "defer"` as well, so that a cookie is enough to defer. A test that expects
  its connection to be refused gets the error from the first write or read instead of from `connect()`. Such
  tests are *refused*, and are listed with what they expect.

A test that does worse under the shim than plain runs three more times in both ways, alone. It is *new* if it
fails more often under the shim. *Failed* counts all failures, plain or not: most need something that this
machine does not have. *Time* is that of the tests that passed in both ways, relative to plain.

*Deferred*, *data in SYN* and *started* count connections as the shim reports them. The other columns are
counters of the kernel, which include Fast Open connections that the suites make themselves.
"""

TESTS = ("way", "tests", "passed", "skipped", "failed", "new", "refused", "time")
CONNECTIONS = ("way", "deferred", "data in SYN", "started")


def table(head, rows):
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in [head, rule, *rows])


def percent(one):
    if not one.plain_seconds:
        return ""
    return f"{one.seconds / one.plain_seconds * 100 - 100:+.1f} %"


def tests_row(one):
    failed = one.tests - one.passed - one.skipped
    time = f"{one.seconds:.0f} s" if one.way == ways.PLAIN else percent(one)
    return [one.way, one.tests, one.passed, one.skipped, failed, len(one.new), len(one.allowed), time]


def connections_row(one):
    events = [one.events[name] for name in ("deferred", "opened", "started")]
    return [one.way, *events, *[one.counters[name] for name in isolated.COUNTERS]]


def listed(title, names):
    """What is to be said, and of which tests."""
    if not names:
        return []
    said = {}
    for name in sorted(names):
        said.setdefault(names[name], []).append(f"`{name}`")
    return [f"{title}:\n\n" + "\n".join(f"- {text}: {', '.join(of)}" for text, of in said.items())]


def verdicts(found):
    return {name: f"{outcome}; {text.splitlines()[0]}" for name, (outcome, text) in found.items()}


def section(report):
    every = report.ways.values()
    heads = [name.removeprefix("TCPFastOpen") for name in isolated.COUNTERS]
    parts = [
        f"## {report.title}",
        f"Debian's {report.version}.",
        table(TESTS, map(tests_row, every)),
        table((*CONNECTIONS, *heads), map(connections_row, every)),
    ]
    for one in every:
        parts += listed(f"New, {one.way}", verdicts(one.new))
        parts += listed(f"Refused, {one.way}", one.allowed)
        parts += listed(f"Failed as often plain when run again, {one.way}", verdicts(one.unsteady))
    return "\n\n".join(parts) + "\n"


def show(report):
    print(section(report))
    for one in report.ways.values():
        for name, (outcome, text) in one.new.items():
            print(f"NEW {outcome}, {one.way}: {name}\n{text}\n")


def write(reports, path):
    """Puts these sections in the place of the ones that the file has of the same suites."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    found = re.split(r"(?m)^(?=## )", old)[1:]
    sections = {text.partition("\n")[0]: text for text in map(str.rstrip, found)}
    for report in reports:
        sections[f"## {report.title}"] = section(report).rstrip()
    path.write_text("\n".join([HEAD, *[f"{text}\n" for text in sections.values()]]), encoding="utf-8")
