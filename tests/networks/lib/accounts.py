# SPDX-License-Identifier: MIT
"""What a kind's clients and its server say of the same transfers, put together."""

import collections
import dataclasses
import errno

from lib import plan


@dataclasses.dataclass
class Ended:
    """What a client says of a transfer; one that it never came back from has the stage "hung"."""

    ms: float
    stage: str
    errno: int
    wrong: int

    @property
    def good(self):
        return self.stage == "done"

    def reason(self):
        return f"{self.stage} {errno.errorcode.get(self.errno, '')}".strip()


@dataclasses.dataclass
class Arrived:
    """What a server says of a connection that sent anything."""

    number: int
    length: int
    got: int
    wrong: int
    syn_data: int
    answered: int
    ended: int

    @property
    def whole(self):
        return self.length > 0 and self.got == self.length

    @property
    def way(self):
        return plan.WAYS[self.number % len(plan.WAYS)]

    @property
    def key(self):
        return key_of(self.number, self.length)


def key_of(number, length):
    """What the server knows of a message: of one byte, no more than who sent it in which way."""
    return (number % (1 << plan.TAG_BITS), 1) if length == 1 else (number, length)


class Account:
    def __init__(self, plans, ends, arrived):
        self.plans = plans
        self.ends = ends
        self.arrived = arrived

    def transfers(self, way=None):
        """Those that were begun, with their ends."""
        for worker, transfers in self.plans.items():
            for one in transfers:
                if way in (None, one.way) and one.number in self.ends[worker]:
                    yield one, self.ends[worker][one.number]

    def received(self, way):
        """How often each message has come whole."""
        return collections.Counter(
            one.key for one in self.arrived if one.whole and way in (None, one.way)
        )

    def lost(self, way=None):
        """Messages that did not come whole, though the client was told that all went well."""
        sent = collections.Counter(
            key_of(one.number, one.length)
            for one, end in self.transfers(way)
            if end.good and one.way not in plan.MAY_LOSE
        )
        return (sent - self.received(way)).total()

    def doubled(self, way=None):
        sent = collections.Counter(
            key_of(one.number, one.length) for one, _ in self.transfers(way)
        )
        return (self.received(way) - sent).total()

    def wrong(self, way=None):
        """Bytes; an answer's, and a message's."""
        return sum(end.wrong for _, end in self.transfers(way)) + sum(
            one.wrong for one in self.arrived if way in (None, one.way)
        )

    def errors(self, way=None):
        """Reasons, with how often they were given."""
        return collections.Counter(
            end.reason() for _, end in self.transfers(way) if not end.good
        )

    def resets(self, way=None):
        """Servers that had the whole message, and then an error where EOF was to come."""
        return sum(
            one.whole and one.ended != 0 and one.way not in plan.RESETS
            for one in self.arrived
            if way in (None, one.way)
        )

    def syn_data(self, way=None):
        return sum(one.syn_data for one in self.arrived if way in (None, one.way))

    def times(self, way=None):
        """Of what went well once the network was known: by worker and number."""
        return {
            one.number: (end.ms, one.small)
            for one, end in self.transfers(way)
            if end.good and not one.first
        }
