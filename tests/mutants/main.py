# SPDX-License-Identifier: MIT
"""mutants [N] [--seed S] [--from K] [--file GLOB]: do the tests see small faults?

Puts N faults (10), drawn at random, into src/shim, src/kernel and src/memory, one at a time and each in
a copy of the tree; builds it and runs the tests that concern the file until one of them fails. Prints
what was changed, and the test that failed or SURVIVED. A fault that does not compile, or makes no
difference to the objects, does not count: another is drawn. The same seed draws the same faults of
the same tree, and says of each which in the order it was: --from carries a long run on.
"""

import argparse
import concurrent.futures
import fnmatch
import os
import pathlib
import random
import signal
import sys
import threading
import time

import concerns
import faults
import scratch

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ("src/shim", "src/kernel", "src/memory")
# Tests wait more than they compute.
WORKERS = 5
# A test that takes so many times as long as without a fault hangs: fewer are a busy machine's. What a test
# runs has limits of its own.
PATIENCE = 6


def say(text: str) -> None:
    print(text, flush=True)


def drawn(seed: int, pattern: str) -> list[faults.Fault]:
    """All faults in the order of the seed: each kind as often as the others, however few it has."""
    generator = random.Random(seed)
    kinds: dict[str, list[faults.Fault]] = {kind: [] for kind in faults.KINDS}
    for directory in SOURCES:
        for path in sorted((ROOT / directory).rglob("*.[ch]")):
            name = str(path.relative_to(ROOT))
            for fault in faults.faults_in(ROOT, name) if fnmatch.fnmatch(name, pattern) else ():
                kinds[fault.kind].append(fault)
    for of_kind in kinds.values():
        generator.shuffle(of_kind)
    order = []
    while left := sorted(kind for kind, of_kind in kinds.items() if of_kind):
        order.append(kinds[generator.choice(left)].pop())
    return order


class Hunt:
    """What the workers share: which fault is next, and how it went."""

    def __init__(self, order: list[faults.Fault], first: int, wanted: int):
        self._order, self._wanted = enumerate(order[first - 1 :], first), wanted
        self._counted = self._under_way = self.killed = 0
        self._changed = threading.Condition()
        self.durations: dict[str, float] = {}
        self.kills: dict[str, int] = {}

    def order_of(self, names: list[str]) -> list[str]:
        """The fastest first, and what has killed others before what has not."""
        return sorted(names, key=lambda name: self.durations[name] / (1 + self.kills.get(name, 0)))

    def next(self) -> tuple[int, faults.Fault] | None:
        """Which it is, and what.

        No more than may still be counted are under way, so that the seed alone says which are.
        """
        with self._changed:
            while self._counted < self._wanted and self._counted + self._under_way >= self._wanted:
                self._changed.wait()
            found = next(self._order, None) if self._counted < self._wanted else None
            self._under_way += found is not None
            return found

    def give_up(self) -> None:
        with self._changed:
            self._wanted = 0
            self._changed.notify_all()

    def over(self, report: str, killed: bool | None) -> None:
        """Killed or not; None: it does not count."""
        with self._changed:
            self._under_way -= 1
            if self._wanted == 0:
                return
            self._counted += killed is not None
            self.killed += bool(killed)
            self._changed.notify_all()
            if killed is not None:
                say(report)

    def summary(self, seed: int) -> str:
        return f"{self.killed} killed, {self._counted - self.killed} survived (seed {seed})"


def judge(hunt: Hunt, place: scratch.Scratch, fault: faults.Fault) -> tuple[str, bool | None]:
    original = (ROOT / fault.path).read_text()
    try:
        if not place.put(fault.path, fault.applied(original)):
            return "", None
        what = fault.described(original)
        names = hunt.order_of(concerns.tests_of(ROOT, fault.path))
        for name in names:
            failure = place.test(name, PATIENCE * (30 + hunt.durations[name]))
            if failure:
                hunt.kills[name] = hunt.kills.get(name, 0) + 1
                return f"{what}\n    killed by {failure}", True
        return f"{what}\n    SURVIVED {', '.join(names)}", False
    except scratch.Broken:
        return "", None
    finally:
        (place.tree / fault.path).write_text(original)


def work(hunt: Hunt, place: scratch.Scratch) -> None:
    while found := hunt.next():
        number, fault = found
        report, killed = "", None
        try:
            report, killed = judge(hunt, place, fault)
        finally:
            hunt.over(f"#{number} {report}", killed)


def baseline(hunt: Hunt, place: scratch.Scratch, names: list[str]) -> None:
    """Without a fault everything passes, or nothing that follows would mean anything."""
    while names:
        name, began = names.pop(), time.monotonic()
        failure = place.test(name, 1800)
        if failure:
            names.clear()  # the other worker takes no more
            raise SystemExit(f"mutants: fails without any fault: {failure}")
        hunt.durations[name] = time.monotonic() - began


def together(hunt: Hunt, places: list[scratch.Scratch], function, *arguments) -> None:
    """One thread for each place; when one fails, or somebody interrupts, the others end too."""
    with concurrent.futures.ThreadPoolExecutor(len(places)) as pool:
        futures = [pool.submit(function, hunt, place, *arguments) for place in places]
        try:
            for future in concurrent.futures.as_completed(futures):
                future.result()
        except BaseException:
            hunt.give_up()
            for place in places:
                place.stop()
            raise


def arguments_of(command_line: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev mutants", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("number", nargs="?", type=int, default=10, metavar="N")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--from", dest="first", type=int, default=1, metavar="K")
    parser.add_argument("--file", default="*", metavar="GLOB", help="only into such files")
    return parser.parse_args(command_line)


def main() -> int:
    options = arguments_of(sys.argv[1:])
    order = drawn(options.seed, options.file)
    hunt = Hunt(order, options.first, options.number)
    say(f"seed {options.seed}, {len(order)} possible faults")
    places: list[scratch.Scratch] = []
    try:
        for _ in range(WORKERS):
            places.append(scratch.Scratch(ROOT))
        paths = {fault.path for fault in order}
        names = sorted({name for path in paths for name in concerns.tests_of(ROOT, path)})
        say(f"without a fault: {', '.join(names)}")
        together(hunt, places, baseline, names)
        together(hunt, places, work)
    except scratch.Broken as broken:
        raise SystemExit(f"mutants: does not build without any fault:\n{broken}") from broken
    finally:
        for place in places:
            place.close()
    say(hunt.summary(options.seed))
    return 0


if __name__ == "__main__":
    os.nice(10)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was copied is cleared away
    sys.exit(main())
