# SPDX-License-Identifier: MIT
"""Is the shim worse than plain?"""

import dataclasses
import math
import statistics

from lib import plan

# So much more time is slower.
SLOWER = 1.05
# Standard errors that a difference must be away from none.
ERRORS_APART = 3
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

    def is_slower(self):
        beyond_spread = self.value - 1 > ERRORS_APART * self.spread
        return self.pairs >= LEAST_PAIRS and self.value > SLOWER and beyond_spread


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


def is_more(plain, plain_of, shim, shim_of, happens_to_plain):
    """Does the shim have errors that plain has not? By chance it may have a few more."""
    if shim_of == 0 or shim * plain_of <= plain * shim_of:
        return False
    if not happens_to_plain:
        return True
    # Were all transfers hit alike, how likely would it be that so many are the shim's?
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


WRONG = "wrong"
TIME_FAULT = "slower"
COUNTED = ("lost", "doubled", "errors", "resets")


class Row:
    """A network in one way, or in all."""

    def __init__(self, network, accounts, way, timed, whole=None):
        self.network = network
        self.way = way
        self.figures = {kind: figures(account, way) for kind, account in accounts.items()}
        times = {kind: accounts[kind].times(way) for kind in (plan.PLAIN, plan.SHIM)}
        self.ratios = {
            name: ratio(times[plan.PLAIN], times[plan.SHIM], name == "small")
            for name in ("small", "large")
        }
        self.faults = list(self.find_faults(timed, whole or self))

    def find_faults(self, timed, whole):
        """By chance the shim has more only of what plain has as well, in some way or other."""
        plain, shim = self.figures[plan.PLAIN], self.figures[plan.SHIM]
        if plain.wrong or shim.wrong:
            yield WRONG
        for name in COUNTED:
            counts = getattr(plain, name), plain.transfers, getattr(shim, name), shim.transfers
            happens_to_plain = getattr(whole.figures[plan.PLAIN], name) > 0
            if is_more(*counts, happens_to_plain):
                yield name
        for name, one in self.ratios.items():
            if timed and one and one.is_slower():
                yield f"{name} {TIME_FAULT}"

    def is_doubtful(self, fault):
        """May it be gone if everything is done again?"""
        return fault.endswith(TIME_FAULT) or self.network.chance and fault != WRONG

    def keep_repeated(self, again):
        self.faults = [
            one for one in self.faults if one in again.faults or not self.is_doubtful(one)
        ]


class Report:
    """All that is said of a network."""

    def __init__(self, trial, timed=True):
        self.network = trial.network
        accounts = {kind: trial.account(kind) for kind in plan.KINDS}
        self.sum = Row(self.network, accounts, None, timed)
        self.rows = [
            Row(self.network, accounts, way, timed, self.sum) for way in plan.WAYS
        ]
        self.errors = {
            (kind, way): account.errors(way)
            for kind, account in accounts.items()
            for way in plan.WAYS
        }

    def is_doubtful(self):
        return any(row.is_doubtful(fault) for row in self.every_row for fault in row.faults)

    def keep_repeated(self, again):
        """Of what time and chance have a part in, what has come about a second time."""
        for row, other in zip(self.every_row, again.every_row):
            row.keep_repeated(other)

    @property
    def every_row(self):
        return [self.sum, *self.rows]

    @property
    def faults(self):
        """A fault of the sum that no row has is one, too."""
        found = [(row.way, fault) for row in self.rows for fault in row.faults]
        seen = {fault for _, fault in found}
        return found + [("all ways", fault) for fault in self.sum.faults if fault not in seen]
