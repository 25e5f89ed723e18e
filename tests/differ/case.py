# SPDX-License-Identifier: MIT
"""A case, and the trace of its run."""

import dataclasses
import re

# What a SYN carried is not sent again where others may have the socket: they might have written.
SHARES = "^(number )?(dup|fork|vfork|spawn)\\b"
WAITS = "^(number )?(p?poll|p?select|wait|sleep|spin|readn|writen) "


@dataclasses.dataclass
class Case:
    """A program, the policy for its shim, and the link's misbehaviour."""

    policy: str
    link: str
    program: str

    def text(self):
        """As the file that reads back."""
        return f"policy {self.policy}\nlink {self.link}\n\n{self.program}"

    @staticmethod
    def parse(text):
        """From such a file."""
        settings = {"policy": "any", "link": "clean"}
        program = []
        for line in text.splitlines():
            words = line.split("#")[0].split()
            if len(words) == 2 and words[0] in settings and not program:
                settings[words[0]] = words[1]
            elif words:
                program.append(" ".join(words))
        return Case(program="\n".join(program) + "\n", **settings)

    def lines(self):
        """The operations, by number from 1."""
        return [""] + self.program.splitlines()

    def timeouts(self):
        """How many seconds its own waits take where nothing comes."""
        waits = [line.split() for line in self.lines() if re.search(WAITS, line)]
        return sum(int(words[-1]) / 1000 if words[-1].isdigit() and words[0] != "readn" else 3
                   for words in waits)

    def is_loose(self):
        """The server dies, or the network: errors then come later than plain programs see them."""
        return self.link == "cut" or " dead" in self.program or (
            self.link == "reset-syn-data" and re.search(SHARES, self.program, re.MULTILINE))


@dataclasses.dataclass
class Step:
    """One line of a trace."""

    line: int
    micros: int
    said: str


def steps(run):
    """The trace, a list of steps for each thread of the program."""
    threads = {}
    for text in run.trace.splitlines():
        label, line, micros, *said = text.split(" ", 3)
        threads.setdefault(label, []).append(Step(int(line), int(micros), said[0] if said else ""))
    return threads


def operation(case, line):
    """The name of a line's operation."""
    words = case.lines()[line].split()
    return words[1] if words[0] == "number" else words[0]
