# SPDX-License-Identifier: MIT
"""The small faults that can be put into a C file."""

import pathlib
import re
from dataclasses import dataclass

import code


OLD = "\0"  # in the new text, stands for the old one


@dataclass(frozen=True)
class Fault:
    """A piece of a file that another takes the place of, on the lines where it was."""

    path: str
    kind: str
    start: int
    end: int
    new: str

    def applied(self, text: str) -> str:
        lost = text[self.start : self.end].count("\n") - self.new.count("\n")
        return text[: self.start] + self.new + "\n" * lost + text[self.end :]

    def described(self, text: str) -> str:
        line = text.count("\n", 0, self.start) + 1
        old, new = (" ".join(part.replace("\\\n", " ").split()) for part in
                    (text[self.start : self.end], self.new))
        return f"{self.path}:{line}: {self.kind}: {old} -> {new or '(nothing)'}"


def _negated(text: str) -> list[tuple]:
    found = []
    for match in re.finditer(r"\b(?:if|while) (\()", text):
        end = code.bracket_end(text, match.start(1))
        if end > 0:
            found.append((match.start(1), end, f"(!{OLD})"))
    for match in re.finditer(r"[^=!<>]([=!]=)[^=]", text):
        found.append((match.start(1), match.end(1), {"==": "!=", "!=": "=="}[match.group(1)]))
    return found


def _dropped(text: str) -> list[tuple]:
    """Statements that are one call, alone on their line or behind an if."""
    found = []
    for match in re.finditer(r"(?<=[;{})])(?:[\s\\]|else\b)*(?:\(void\))?([A-Za-z_]\w*)(\()", text):
        end = code.bracket_end(text, match.start(2))
        if match.group(1) in ("if", "while", "for", "switch", "return", "sizeof") or end < 0:
            continue
        if text[end : end + 1] == ";":
            found.append((match.start(1), end, "(void)0"))
    return found


def _bounds(text: str) -> list[tuple]:
    other = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
    found = [(match.start(1), match.end(1), other[match.group(1)])
             for match in re.finditer(r" (<=?|>=?) ", text)]
    found += [(*match.span(), "") for match in re.finditer(r" [+-] 1\b(?!\.)", text)]
    return found


def _errnos(text: str) -> list[tuple]:
    known = ["EAGAIN", "EINTR", "EINPROGRESS", "EPIPE", "EINVAL", "ENOTCONN"]
    found = []
    for match in re.finditer(r"\bE[A-Z]{3,}\b", text):
        if not match.group().startswith("EPOLL"):
            found.append((*match.span(), known[(known + [match.group()]).index(match.group()) - 1]))
    found += [(*match.span(1), "(void)0") for match in re.finditer(r"\b(errno = [^;]+);", text)]
    return found


def _flags(text: str) -> list[tuple]:
    flag = r"\(?[A-Z][A-Z0-9]*_[A-Z0-9_]+\)?"
    found = [(*match.span(1), "") for match in re.finditer(rf"( \| {flag})(?![\w(])", text)]
    found += [(*match.span(1), "~0") for match in re.finditer(rf"[&=] (~{flag})(?![\w(])", text)]
    return [one for one in found if text[one[0] : one[1]].count("(") == text[one[0] : one[1]].count(")")]


def _logic(text: str) -> list[tuple]:
    return [(*match.span(), {"&&": "||", "||": "&&"}[match.group()])
            for match in re.finditer(r"&&|\|\|", text)]


def _constants(text: str) -> list[tuple]:
    found = []
    for match in re.finditer(r"(?<![\w.])(\d+)([uUlL]*)(?![\w.])", text):
        value = int(match.group(1), 8 if re.match(r"0[0-7]", match.group(1)) else 10)
        found.append((*match.span(), f"{0 if value == 1 else value + 1}{match.group(2)}"))
    for match in re.finditer(r"(?<!return )\b(true|false)\b", text):
        found.append((*match.span(), {"true": "false", "false": "true"}[match.group()]))
    return found


def _returns(text: str) -> list[tuple]:
    return [(*match.span(1), f"!({OLD})")
            for match in re.finditer(r"\breturn ([^;]+);", text)]


KINDS = {
    "condition": _negated,
    "call": _dropped,
    "bound": _bounds,
    "errno": _errnos,
    "flag": _flags,
    "logic": _logic,
    "constant": _constants,
    "return": _returns,
}


def faults_in(tree: pathlib.Path, path: str) -> list[Fault]:
    """Every fault that can be put into the bodies of a file's functions."""
    whole = (tree / path).read_text()
    text = code.code_of(whole)
    found = []
    for first, last in code.function_spans(text):
        for kind, finder in KINDS.items():
            for start, end, new in finder(text[first:last]):
                start, end = first + start, first + end
                found.append(Fault(path, kind, start, end, new.replace(OLD, whole[start:end])))
    return found
