# SPDX-License-Identifier: MIT
"""The programs in which calls fail: the differ's own kind, in tests/faults/scenes."""

import dataclasses
import os
import re

from case import Case

HERE = os.path.dirname(os.path.abspath(__file__))
DIRECTORY = os.path.join(HERE, "scenes")


@dataclasses.dataclass
class Scene:
    """A program; `forgotten`: the destination memory knows nothing when it begins; `guests`: how many
    connections come in from elsewhere."""

    name: str
    case: Case
    forgotten: bool
    guests: int


def scene(name):
    """Read from its file."""
    with open(os.path.join(DIRECTORY, f"{name}.txt"), encoding="ascii") as file:
        text = file.read()
    guests = re.search("^# guests ([0-9]+)", text)
    return Scene(name, Case.parse(text), text.startswith("# forgotten"),
                 int(guests[1]) if guests else 0)


def all_scenes():
    """By name."""
    return [scene(name[:-4]) for name in sorted(os.listdir(DIRECTORY)) if name.endswith(".txt")]
