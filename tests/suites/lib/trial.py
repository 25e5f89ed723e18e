# SPDX-License-Identifier: MIT
"""A suite run in every way, and what differs."""

import collections
import concurrent.futures
import dataclasses
import itertools
import pathlib
import sys

from lib import compare, ways
from lib.session import Session


@dataclasses.dataclass
class WayReport:
    way: str
    tests: int = 0
    passed: int = 0
    skipped: int = 0
    seconds: float = 0  # of the tests that passed in this way and plain
    plain_seconds: float = 0  # of the same tests, plain
    events: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    counters: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    new: dict = dataclasses.field(default_factory=dict)  # test: (outcome, text)
    unsteady: dict = dataclasses.field(default_factory=dict)  # test: what the reruns gave
    allowed: dict = dataclasses.field(default_factory=dict)  # test: why it may fail


@dataclasses.dataclass
class Report:
    title: str
    version: str
    ways: dict

    def is_clean(self):
        return not any(one.new for one in self.ways.values())


class Trial:
    def __init__(self, suite, directory, units):
        directory.mkdir(parents=True, exist_ok=True)
        self.suite = suite
        self.directory = directory
        self.units = units
        self.ways = [ways.PLAIN, *ways.shim_ways(directory)]
        self.results = {way: {} for way in self.ways}  # way: unit: name: Result
        self.reports = {way: WayReport(way) for way in self.ways}
        self.reruns = itertools.count(1)

    def run_unit(self, unit, way, names=None):
        suffix = ""
        if names:
            suffix = f".again.{next(self.reruns)}"
        place = self.directory / way.replace(" ", "-") / (unit.replace("/", "-") + suffix)
        session = Session(way, place)
        results = self.suite.run(unit, session, names)
        if not names:
            self.account(unit, way, session, results)
        return results

    def account(self, unit, way, session, results):
        report = self.reports[way]
        report.counters.update(session.counters)
        report.events.update(session.shim_events())
        bad = [name for name, one in results.items() if one.outcome not in (*compare.GOOD, "skip")]
        print(
            f"{unit} ({way}): {len(results)} tests, {len(bad)} failed, {session.seconds:.1f} s,",
            " ".join(f"{name} {count}" for name, count in session.shim_events().items()),
            f"SYNs with data {session.counters['TCPFastOpenActive']}",
            flush=True,
        )

    def run_all(self, jobs):
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            running = {
                (unit, way): pool.submit(self.run_unit, unit, way)
                for unit in self.units
                for way in self.ways
            }
            for (unit, way), job in running.items():
                self.results[way][unit] = job.result()

    def count_way(self, way):
        report = self.reports[way]
        for unit in self.units:
            plain, shim = self.results[ways.PLAIN][unit], self.results[way][unit]
            report.tests += len(shim)
            report.passed += sum(one.outcome in compare.GOOD for one in shim.values())
            report.skipped += sum(one.outcome == "skip" for one in shim.values())
            plain_seconds, seconds = compare.seconds_in_both(plain, shim)
            report.plain_seconds += plain_seconds
            report.seconds += seconds

    def compare_way(self, way, allowed, jobs):
        report = self.reports[way]
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            running = []
            for unit in self.units:
                plain, shim = self.results[ways.PLAIN][unit], self.results[way][unit]
                for name in compare.differences(plain, shim):
                    if name in allowed:
                        report.allowed[name] = allowed[name]
                    else:
                        running.append(pool.submit(self.judge, unit, way, name))
            for job in running:
                job.result()

    def judge(self, unit, way, name):
        """A test that differs is run alone; if that does not show it, in its company once more."""
        first = self.results[way][unit].get(name, compare.Result("missing", 0))
        expected = self.results[ways.PLAIN][unit].get(name, compare.Result("pass", 0))
        again = {ways.PLAIN: [], way: []}
        for one in again:
            for _ in range(compare.RERUNS):
                again[one].append(self.run_unit(unit, one, [name]))
        shim = compare.failures(again[way], name, expected)
        plain = compare.failures(again[ways.PLAIN], name, expected)
        company = 0
        if not shim and not plain:
            whole = [*self.results[way][unit]]
            company = compare.failures([self.run_unit(unit, way, whole)], name, expected)
        verdict = f"alone: plain {plain}, shim {shim} of {compare.RERUNS}; in company again: {company}"
        kind = self.reports[way].new if shim > plain or company else self.reports[way].unsteady
        kind[name] = (first.outcome, f"{verdict}\n{first.text}")
        print(f"{name} ({way}): {first.outcome}; {verdict}", flush=True)


def names_allowed(suite, way):
    """Tests that expect a refused connection cannot have it once the gate is open: names, and what they expect."""
    return names_in(f"{suite}-refused.txt") if way == ways.OPEN else {}


def names_in(file):
    path = pathlib.Path(__file__).parents[1] / file
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split(": ", 1) for line in lines if line and not line.startswith("#"))


def run(name, suite, units, directory, jobs):
    if not (ways.BUILD / "libtfoshim.so").exists():
        sys.exit(f"suites: no libtfoshim.so in {ways.BUILD}: build the project, or set TFOSHIM_BUILD")
    trial = Trial(suite, directory, units)
    trial.run_all(jobs)
    for way in trial.ways:
        trial.count_way(way)
    for way in trial.ways[1:]:
        trial.compare_way(way, names_allowed(name, way), jobs)
    return Report(suite.TITLE, suite.version(), trial.reports)
