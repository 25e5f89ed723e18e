# SPDX-License-Identifier: MIT
"""Looks for programs that tell, in many lanes at a time."""

import os
import random
import re
import sys
import tempfile
import time

from hypothesis import HealthCheck, Phase, Verbosity, errors, given, seed, settings

from case import Case
from judge import Hopeless, judge
from lane import Lane
from main import describe, in_processes
from programs import cases

SHRINKING = 60
# Different faults may look alike: so many finds of one look, as long as the programs differ.
ALIKE = 3
# Lines that no other depends on. Without a wait, say, a program could depend on chance.
NEEDLESS = {"descriptors", "exit", "getopt", "setopt", "name", "ioctl", "handler", "close",
            "signals", "gates"}


class Telling(Exception):
    """A difference, for Hypothesis to shrink."""


class Board:
    """What has been found, known to all lanes: a file for each find."""

    def __init__(self, directory):
        self.directory = directory
        os.makedirs(directory)

    def count(self, signature):
        """How many finds look like this."""
        prefix = name_of(signature) + "."
        return sum(name.startswith(prefix) for name in os.listdir(self.directory))

    def add(self, signature, program):
        """False where that program is there already."""
        path = os.path.join(self.directory, f"{name_of(signature)}.{name_of(program)}")
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))
        except FileExistsError:
            return False
        return True

    def note(self, index, tried):
        """How many programs a lane has tried."""
        with open(os.path.join(self.directory, f"tried.{index}"), "w", encoding="ascii") as file:
            file.write(str(tried))

    def tried(self):
        """How many all lanes have."""
        total = 0
        for name in os.listdir(self.directory):
            if name.startswith("tried."):
                with open(os.path.join(self.directory, name), encoding="ascii") as file:
                    total += int(file.read())
        return total

    def finds(self):
        """How many programs differ."""
        return sum(not name.startswith(("tried.", name_of("claim")))
                   for name in os.listdir(self.directory))

    def claim(self, signature):
        """False where another lane is busy with it."""
        return self.add("claim", signature)

    def claim_path(self, signature):
        """The file that says so."""
        return os.path.join(self.directory, f"{name_of('claim')}.{name_of(signature)}")

    def is_claimed(self, signature):
        """Whether one is."""
        return os.path.exists(self.claim_path(signature))

    def release(self, signature):
        """The lane is done."""
        os.unlink(self.claim_path(signature))


def name_of(text):
    """A file name for it, the same in every process."""
    value = 0
    for byte in text.encode():
        value = (value * 1000003 ^ byte) & 0xffffffffffff
    return f"{value:012x}"


def shape(case):
    """The operations without their numbers."""
    return " ".join(re.sub("s?[0-9]+", "", line) for line in case.lines())


class Search:
    """One session of Hypothesis: up to the first find, which it shrinks."""

    def __init__(self, lane, board, deadline):
        self.lane = lane
        self.board = board
        self.deadline = deadline
        self.target = None
        self.best = None
        self.until = deadline
        self.tried = 0

    def try_case(self, case):
        """Raises where the case differs in what is looked for."""
        if time.monotonic() > self.until:
            return
        self.tried += 1
        try:
            found = judge(self.lane, case, thorough=self.target is None, wanted=self.wanted)
        except Hopeless:
            return
        if not found or not self.wanted(found[0].signature(case)):
            return
        if self.target is None:
            if not self.board.claim(found[0].signature(case)):
                return
            self.target = found[0].signature(case)
            self.until = min(time.monotonic() + SHRINKING, self.deadline + SHRINKING)
        if self.best is None or len(case.program) < len(self.best[0].program):
            self.best = (case, found)
        raise Telling(self.target)

    def wanted(self, signature):
        """Is this what is looked for?"""
        if self.target:
            return signature == self.target
        return self.board.count(signature) < ALIKE and not self.board.is_claimed(signature)

    def run(self, number):
        """The best find, a case and its differences, or None."""
        test = settings(max_examples=200, database=None, deadline=None, verbosity=Verbosity.quiet,
                        phases=[Phase.generate, Phase.shrink], print_blob=False,
                        suppress_health_check=list(HealthCheck))(seed(number)(given(cases())(
                            lambda case: self.try_case(case))))
        try:
            test()
        except (Telling, errors.Flaky):
            pass
        return self.best


def report(board, case, found):
    """Prints it, and keeps it where the library is built."""
    if not board.add(found[0].signature(case), shape(case)):
        return
    text = describe(case, found)
    path = os.path.join(os.environ.get("TFOSHIM_DIFFER_FINDS", "build/differ"),
                        f"{name_of(case.text())}.txt")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.writelines(f"# {line}\n" for line in text.split("\npolicy ")[0].splitlines())
        file.write(case.text())
    # In one piece: other lanes print too.
    os.write(1, f"{text}\nkept as {path}\n\n".encode())


def work(lane, board, number, deadline):
    """Session after session."""
    tried = 0
    while time.monotonic() < deadline:
        search = Search(lane, board, deadline)
        best = search.run(number)
        tried += search.tried
        number += 1
        if not best:
            continue
        case = tidy(search, best[0])
        found = judge(lane, case, wanted=search.wanted)
        if found:
            report(board, case, found)
        board.release(search.target)
    return tried


def tidy(search, case):
    """Hypothesis leaves out steps; this leaves out what they bring along: slots, needless lines."""
    lines = case.program.splitlines()
    slots = dict.fromkeys(re.findall(r"\bs[0-9]+\b", case.program))
    for slot in slots:
        lines = without(search, case, lines, lambda line, slot=slot: slot in line.split())
    for at in range(len(lines) - 1, -1, -1):
        if lines[at].replace("number ", "").split()[0] in NEEDLESS:
            lines = without(search, case, lines, lambda line, one=lines[at]: line is one)
    return Case(case.policy, case.link, "\n".join(lines) + "\n")


def without(search, case, lines, unwanted):
    """The lines without those, if that makes no difference."""
    fewer = [line for line in lines if not unwanted(line)]
    if not fewer or len(fewer) == len(lines) or time.monotonic() > search.deadline + SHRINKING:
        return lines
    shorter = Case(case.policy, case.link, "\n".join(fewer) + "\n")
    return fewer if differs(search, shorter) else lines


def differs(search, case):
    """In what was looked for."""
    try:
        found = judge(search.lane, case, thorough=False, wanted=search.wanted)
    except Hopeless:
        return False
    return bool(found)


def hunt(seconds, build, library):
    """New programs, for so long."""
    number = int(os.environ.get("TFOSHIM_DIFFER_SEED", random.randrange(1000)))
    lanes = int(os.environ.get("TFOSHIM_DIFFER_LANES", "12"))
    print(f"seed {number}, {lanes} lanes, {seconds} seconds, {library}", flush=True)
    deadline = time.monotonic() + seconds
    with tempfile.TemporaryDirectory(dir="/run") as directory:
        board = Board(os.path.join(directory, "board"))

        def run(index):
            lane = Lane(str(index), build, library, directory)
            tried = work(lane, board, number * 1000 + index * 100000, deadline)
            lane.close()
            board.note(index, tried)
            return 0
        failed = sum(status != 0 for status in in_processes(lanes, run))
        tried, finds = board.tried(), board.finds()
    print(f"{tried} programs, {finds} differ", flush=True)
    if failed:
        sys.exit(f"differ: {failed} lanes have failed")
    return 1 if finds else 0
