# SPDX-License-Identifier: MIT
"""Which transfers are made, by whom and in what order."""

import dataclasses
import random

PLAIN, SHIM, NATIVE = KINDS = ("plain", "shim", "native")
# Each kind has two servers: one that is spoken to, and one that speaks first.
PORTS = {PLAIN: (8001, 8002), SHIM: (8003, 8004), NATIVE: (8005, 8006)}

# As the client has them: their place is in every number.
WAYS = ("close", "half-close", "read", "linger", "reset", "read-reset", "exit", "greeted")
GREETED = "greeted"
# A reset that follows the message may overtake it: the server need not have got it.
MAY_LOSE = ("reset",)
# The client means to reset.
RESETS = ("reset", "read-reset")

# Most programs send little, and what little they send is what a handshake weighs on.
SIZES = (1, 100, 1400, 5000, 1, 100, 1400, 5000, 100_000, 1_000_000)
SMALL = 5000

# Until then the shim learns what the network is like.
CONTACTS = 5
TAG_BITS = 7


@dataclasses.dataclass(frozen=True)
class Worker:
    """A client: one of each kind makes the same transfers at the same time."""

    index: int
    family: int
    nonblocking: bool


WORKERS = tuple(Worker(n, (4, 6)[n % 2], n >= 2) for n in range(4))


@dataclasses.dataclass(frozen=True)
class Transfer:
    number: int
    length: int
    way: str
    first: bool  # of those to its port by which the network is learned

    @property
    def tag(self):
        """All that a message of one byte tells of its number."""
        return self.number % (1 << TAG_BITS)

    @property
    def small(self):
        return self.length <= SMALL


def round_of(worker, index, largest):
    pairs = [(way, min(size, largest)) for way in WAYS for size in SIZES]
    random.Random(f"{worker.index} {index}").shuffle(pairs)
    return pairs


def plan_of(worker, rounds, largest):
    """A plan is as long as the longest run needs it; the client's time ends it."""
    transfers = []
    made = {True: 0, False: 0}
    for index in range(rounds):
        for way, length in round_of(worker, index, largest):
            greeted = way == GREETED
            tag = worker.index * len(WAYS) + WAYS.index(way)
            number = (len(transfers) << TAG_BITS) + tag
            transfers.append(Transfer(number, length, way, made[greeted] < CONTACTS))
            made[greeted] += 1
    return transfers


def contact():
    """What a client does to get its cookies, and to have both servers known."""
    pairs = [(n, way) for n, way in enumerate(("half-close", GREETED) * 2)]
    return [Transfer(n << TAG_BITS | WAYS.index(way), 100, way, True) for n, way in pairs]


def lines(transfers):
    return "".join(f"{one.number} {one.length} {one.way}\n" for one in transfers)
