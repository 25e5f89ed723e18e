# SPDX-License-Identifier: MIT
"""Reading C as far as small faults need it: where the code is, and where a bracket ends."""

import re

# Comments, strings and characters are blanked, so that offsets stay; a string keeps its quotes.
_NOT_CODE = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
# Directives but for what #define defines: hooks are made by macros.
_DIRECTIVE = re.compile(
    r"^[ \t]*#[ \t]*(?:define[ \t]+\w+(?:\([^)\n]*\))?|(?!define)(?:[^\n\\]|\\.|\\\n)*)", re.MULTILINE
)
_KEPT = "\n\\"


def _blank(match: re.Match) -> str:
    text = match.group()
    return "".join(c if c in _KEPT and not text.startswith(('"', "'")) else " " for c in text)


def code_of(text: str) -> str:
    """The text with everything blanked that is not code."""
    return _DIRECTIVE.sub(_blank, _NOT_CODE.sub(_blank, text))


def bracket_end(code: str, start: int) -> int:
    """The offset behind the bracket that matches the opening one at start; -1 if none does."""
    depth = 0
    for at in range(start, len(code)):
        if code[at] in "([{":
            depth += 1
        elif code[at] in ")]}":
            depth -= 1
            if depth == 0:
                return at + 1
    return -1


def function_spans(code: str) -> list[tuple[int, int]]:
    """Where there are bodies: what is in braces at the outermost level behind a closing bracket."""
    spans, at = [], 0
    while (at := code.find("{", at)) >= 0:
        end = bracket_end(code, at)
        if end < 0:
            break
        if code[:at].rstrip(" \t\n\\").endswith(")"):
            spans.append((at, end))
        at = end
    return spans
