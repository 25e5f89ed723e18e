# SPDX-License-Identifier: MIT
"""What came out, for people."""

from lib import ways


def show(report):
    for way, one in report.ways.items():
        if way == ways.PLAIN:
            continue
        print(f"== {report.title}, {way}: {one.tests} tests, {len(one.new)} new failures,")
        print(f"   {one.seconds:.1f} s ({one.plain_seconds:.1f} s plain)", dict(one.events), dict(one.counters))
        for name, (outcome, text) in one.new.items():
            print(f"NEW {outcome}: {name}\n{text}\n")
        for name, (outcome, text) in one.unsteady.items():
            print(f"unsteady {outcome}: {name}: {text.splitlines()[0]}")


def write(_reports, _path):
    raise NotImplementedError
