# SPDX-License-Identifier: MIT
"""What is measured, what came out, and whether that is what was to be reached.

A figure has variants (one of them the base that the others are held against) and perhaps an axis:
places at which each of them is measured. What is measured is always a cost, so that less is better.
"""

import collections
import csv
import dataclasses
import math
import statistics

REACHED, NEAR, ACCEPTED, MISSED = "reached", "within the spread", "accepted", "MISSED"
HEAD = ("figure", "x", "variant", "round", "value")


@dataclasses.dataclass(frozen=True)
class Target:
    """`kind` says what is at most `most`:

    value   the median
    more    what it is more than the base
    ratio   its ratio to the base
    growth  that ratio against the same at the first place of the axis

    A target that is not reached may have a bound beside it, up to which it is accepted, and the
    reason: beyond the bound it is missed, so that nothing gets worse meanwhile.
    """

    variant: str
    most: float
    kind: str = "ratio"
    at: tuple = ()  # places of the axis; everywhere if there are none
    accepted: float = 0.0
    why: str = ""

    def __post_init__(self):
        if self.accepted and (self.accepted <= self.most or not self.why):
            raise ValueError(f"{self}: an accepted bound is beyond the target, and has a reason")

    def words(self):
        what = {
            "value": f"{number(self.most)} at most",
            "more": f"{number(self.most)} more than {{base}} at most",
            "ratio": f"{self.most:.2f} of {{base}} at most",
            "growth": f"against {{base}}, {self.most:.2f} of the first row at most",
        }
        return what[self.kind]


@dataclasses.dataclass(frozen=True)
class Figure:
    name: str
    title: str
    unit: str
    variants: tuple
    how: str  # the commands, and what of them is taken
    base: str = "plain"
    axis: str = ""
    plot: str = ""  # "linear" or "log"
    targets: tuple = ()


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A median, and between what it lies with a confidence of 95 %."""

    median: float
    low: float
    high: float


def number(value):
    """Three digits that say something, or all of a larger number."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def place(text):
    """Places are words or numbers; numbers are in their order."""
    try:
        return float(text)
    except ValueError:
        return text


def estimate(values):
    """Of few values the interval is all of them: none narrower has that confidence."""
    values = sorted(values)
    count, rank, below = len(values), 0, 0.0
    while True:
        below += math.comb(count, rank) / 2**count
        if below > 0.025 or rank >= count // 2:
            break
        rank += 1
    rank = max(rank, 1)
    return Estimate(statistics.median(values), values[rank - 1], values[count - rank])


class Samples:
    """The values of one entry's figures, by figure, place and variant, in the order of rounds."""

    def __init__(self):
        self.values = collections.defaultdict(list)

    def take(self, figure, x, variant, value):
        self.values[figure, str(x), variant].append(float(value))

    def write(self, path):
        with open(path, "w", encoding="ascii", newline="") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(HEAD)
            for (figure, x, variant), values in self.values.items():
                for index, value in enumerate(values):
                    table.writerow((figure, x, variant, index, f"{value:.10g}"))

    @classmethod
    def read(cls, path):
        samples = cls()
        with open(path, encoding="ascii", newline="") as file:
            for row in csv.DictReader(file):
                samples.take(row["figure"], row["x"], row["variant"], row["value"])
        return samples

    def places(self, figure):
        """In the order in which they were measured."""
        return list(dict.fromkeys(x for name, x, _ in self.values if name == figure.name))

    def of(self, figure, x, variant):
        return self.values.get((figure.name, str(x), variant), [])

    def cost(self, figure, x, variant):
        values = self.of(figure, x, variant)
        return estimate(values) if values else None

    def ratio(self, figure, x, variant):
        """Of what was measured in the same round: what slows a round slows all of its variants."""
        pairs = zip(self.of(figure, x, variant), self.of(figure, x, figure.base))
        ratios = [value / base for value, base in pairs if base]
        return estimate(ratios) if ratios else None

    def more(self, figure, x, variant):
        pairs = zip(self.of(figure, x, variant), self.of(figure, x, figure.base))
        return estimate([value - base for value, base in pairs])

    def growth(self, figure, x, variant):
        first = self.ratio(figure, self.places(figure)[0], variant)
        here = self.ratio(figure, x, variant)
        return Estimate(*(part / first.median for part in dataclasses.astuple(here)))


@dataclasses.dataclass(frozen=True)
class Verdict:
    figure: Figure
    target: Target
    x: str
    found: Estimate

    @property
    def word(self):
        # A computer's rounding is no miss.
        most = self.target.most + 1e-9
        if self.found.median <= most:
            return REACHED
        if self.found.low <= most:
            return NEAR
        return ACCEPTED if self.found.median <= self.target.accepted + 1e-9 else MISSED


def verdicts(figure, samples):
    """One for each target and place of which there are samples."""
    ways = {
        "value": samples.cost,
        "more": samples.more,
        "ratio": samples.ratio,
        "growth": samples.growth,
    }
    found = []
    for target in figure.targets:
        for x in samples.places(figure):
            if target.at and x not in target.at:
                continue
            if samples.of(figure, x, target.variant):
                value = ways[target.kind](figure, x, target.variant)
                found.append(Verdict(figure, target, x, value))
    return found
