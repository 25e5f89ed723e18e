# SPDX-License-Identifier: MIT
"""An entry's run: it takes samples, keeps them, says what came out, and fails beyond a target."""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import time

from lib import figures, machine, report

BUILD = machine.BUILD
DIRECTORY = BUILD / "bench"


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class Book:
    def __init__(self, entry, own, samples, title):
        self.entry = entry
        self.title = title
        self.figures = {figure.name: figure for figure in own}
        self.samples = figures.Samples()
        self.rounds = int(os.environ.get("BENCH_SAMPLES") or samples)

    def take(self, figure, variant, value, x=""):
        self.samples.take(figure, x, variant, value)

    def in_turn(self, figure, measure, x="", warm_up=0):
        """Each variant once in each round, another one first; `warm_up` rounds do not count."""
        variants = self.figures[figure].variants
        for index in range(-warm_up, self.rounds):
            turn = index % len(variants)
            for variant in variants[turn:] + variants[:turn]:
                value = measure(variant)
                if index >= 0:
                    self.take(figure, variant, value, x)

    def verdicts(self):
        own = self.figures.values()
        return [one for figure in own for one in figures.verdicts(figure, self.samples)]

    def described(self):
        """All that the page needs beside the samples."""
        return {
            "entry": self.entry,
            "title": self.title,
            "when": now(),
            "machine": machine.described(),
            "figures": [dataclasses.asdict(figure) for figure in self.figures.values()],
        }

    def result(self, met):
        """The line of this run for those who follow figures over time."""
        line = {"entry": self.entry, "when": now(), "kernel": os.uname().release}
        for figure in self.figures.values():
            for x in self.samples.places(figure):
                for variant in figure.variants:
                    cost = self.samples.cost(figure, x, variant)
                    if cost:
                        name = "_".join(filter(None, (figure.name, x, variant)))
                        line[name] = round(cost.median, 6)
        return {**line, "met": met}

    def keep(self, met):
        DIRECTORY.mkdir(parents=True, exist_ok=True)
        self.samples.write(DIRECTORY / f"{self.entry}.csv")
        with open(DIRECTORY / f"{self.entry}.json", "w", encoding="utf-8") as file:
            json.dump(self.described(), file, indent=1)
        results = pathlib.Path(os.environ.get("BENCH_RESULTS") or BUILD / "bench.jsonl")
        with open(results, "a", encoding="utf-8") as file:
            file.write(json.dumps(self.result(met)) + "\n")

    def finish(self):
        met = all(one.word != figures.MISSED for one in self.verdicts())
        self.keep(met)
        for figure in self.figures.values():
            show(figure, self.samples)
        return 0 if met else 1


def show(figure, samples):
    if not samples.places(figure):
        return
    print(f"{figure.title} ({figure.unit})\n")
    rows = report.rows(figure, samples)
    widths = [max(map(len, column)) for column in zip(*rows)]
    for first, *rest in rows:
        cells = (text.rjust(width) for text, width in zip(rest, widths[1:]))
        print("  ".join((first.ljust(widths[0]), *cells)))
    for line in report.targets(figure, samples):
        print(f"target: {line}")
    print(flush=True)


def run(entry, own, measure, samples, title):
    """What an entry's main is."""
    if not os.environ.get("TFOSHIM_NAMESPACE"):
        sys.exit("bench: run this by bench/run")
    if not machine.SHIM.exists():
        sys.exit(f"bench: {machine.SHIM} is missing: build the project, or set TFOSHIM_BUILD")
    book = Book(entry, own, samples, title)
    try:
        measure(book)
    except (machine.BenchError, subprocess.SubprocessError) as error:
        sys.exit(f"bench: {entry}: {error}")
    sys.exit(book.finish())
