# SPDX-License-Identifier: MIT
"""The programs in which calls fail: the differ's own kind, in tests/faults/scenes."""

import dataclasses
import os

from case import Case

HERE = os.path.dirname(os.path.abspath(__file__))
DIRECTORY = os.path.join(HERE, "scenes")


@dataclasses.dataclass
class Scene:
    """A program; `forgotten`: the destination memory knows nothing when it begins."""

    name: str
    case: Case
    forgotten: bool


def scene(name):
    """Read from its file."""
    with open(os.path.join(DIRECTORY, f"{name}.txt"), encoding="ascii") as file:
        text = file.read()
    return Scene(name, Case.parse(text), text.startswith("# forgotten"))


def all_scenes():
    """By name."""
    return [scene(name[:-4]) for name in sorted(os.listdir(DIRECTORY)) if name.endswith(".txt")]
