# SPDX-License-Identifier: MIT
"""Is the shim worse than plain?"""

import dataclasses
import math
import statistics

from lib import plan

# So much more time is slower.
SLOWER = 1.05
# Standard errors that a difference must be away from none; one of chance, in its network, further.
ERRORS_APART = 2
ERRORS_APART_OF_CHANCE = 3
# What comes about by chance once in so many rows is no finding.
ONCE_IN = 2000
# Of fewer transfers no mean is taken.
LEAST_PAIRS = 20


@dataclasses.dataclass
class Ratio:
    """Time under the shim against plain, of the same transfers made at the same time."""

    pairs: int
    value: float
    spread: float  # the standard error

    def is_slower(self, chance):
        if self.pairs < LEAST_PAIRS:
            return False
        apart = ERRORS_APART_OF_CHANCE if chance else ERRORS_APART
        return self.value > SLOWER and self.value - 1 > apart * self.spread


def ratio(plain, shim, small):
    """None where there is nothing to compare."""
    pairs = [
        (ms, shim[number][0]) for number, (ms, is_small) in plain.items()
        if is_small == small and number in shim
    ]
    if len(pairs) < 2:
        return None
    mean = statistics.fmean(one for one, _ in pairs)
    differences = [other - one for one, other in pairs]
    spread = statistics.stdev(differences) / math.sqrt(len(pairs))
    return Ratio(len(pairs), 1 + statistics.fmean(differences) / mean, spread / mean)


def is_more(plain, plain_of, shim, shim_of, chance):
    """Does the shim have errors that plain has not? By chance it may have a few more."""
    if shim_of == 0 or shim * plain_of <= plain * shim_of:
        return False
    if not chance:
        return True
    # Given all errors, how likely are so many among the shim's transfers, if they fall on any alike?
    both, part = plain + shim, shim_of / (plain_of + shim_of)
    tail = sum(
        math.comb(both, n) * part**n * (1 - part) ** (both - n) for n in range(shim, both + 1)
    )
    return tail < 1 / ONCE_IN


@dataclasses.dataclass
class Figures:
    """Of a kind, in one way or in all."""

    transfers: int
    wrong: int
    lost: int
    doubled: int
    errors: int
    resets: int
    syn_data: int
    mean: float
    late: float  # the 95th percentile


def figures(account, way):
    times = sorted(ms for ms, _ in account.times(way).values())
    return Figures(
        transfers=sum(1 for _ in account.transfers(way)),
        wrong=account.wrong(way),
        lost=account.lost(way),
        doubled=account.doubled(way),
        errors=account.errors(way).total(),
        resets=account.resets(way),
        syn_data=account.syn_data(way),
        mean=statistics.fmean(times) if times else 0,
        late=times[int(len(times) * 0.95)] if times else 0,
    )


COUNTED = ("lost", "doubled", "errors", "resets")


class Row:
    """A network in one way, or in all."""

    def __init__(self, network, accounts, way, timed):
        self.network = network
        self.way = way
        self.figures = {kind: figures(account, way) for kind, account in accounts.items()}
        times = {kind: accounts[kind].times(way) for kind in (plan.PLAIN, plan.SHIM)}
        self.ratios = {
            name: ratio(times[plan.PLAIN], times[plan.SHIM], name == "small")
            for name in ("small", "large")
        }
        self.faults = list(self.find_faults(timed))

    def find_faults(self, timed):
        plain, shim = self.figures[plan.PLAIN], self.figures[plan.SHIM]
        if plain.wrong or shim.wrong:
            yield "wrong bytes"
        for name in COUNTED:
            counts = getattr(plain, name), plain.transfers, getattr(shim, name), shim.transfers
            if is_more(*counts, self.network.chance):
                yield name
        for name, one in self.ratios.items():
            if timed and one and one.is_slower(self.network.chance):
                yield f"{name} slower"


class Report:
    """All that is said of a network."""

    def __init__(self, trial, timed=True):
        self.network = trial.network
        accounts = {kind: trial.account(kind) for kind in plan.KINDS}
        self.sum = Row(self.network, accounts, None, timed)
        self.rows = [Row(self.network, accounts, way, timed) for way in plan.WAYS]
        self.errors = {
            (kind, way): account.errors(way) for kind, account in accounts.items() for way in plan.WAYS
        }

    @property
    def faults(self):
        """A fault of the sum that no row has is one, too."""
        found = [(row.way, fault) for row in self.rows for fault in row.faults]
        seen = {fault for _, fault in found}
        return found + [("all ways", fault) for fault in self.sum.faults if fault not in seen]
