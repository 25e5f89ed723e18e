# SPDX-License-Identifier: MIT
"""Is what a command prints with --json what tfoshim-json(5) says? The page itself is the schema.

    json_page.py PAGE VERB <OUTPUT     prints nothing, or the differences, and then ends with 1
    json_page.py PAGE VERB MEMBER...   the words that this member may have, a line each
"""
import copy
import json
import re
import sys

ENTRY = re.compile(r"(\t*)(\*[A-Za-z_]+\*(?:, \*[A-Za-z_]+\*)*) \((.*)\)$")
TYPE = re.compile(
    r"(string|integer|number|boolean|object|array of objects|array of strings)( or null)?"
    r"(?:, as \*(\w+)\* of ([A-Z]+)(?: without (.*))?)?"
)
WORDS = re.compile(r"\t*- ((?:\*[a-z_-]+\*(?:, )?)+)(?::|$)")


def names(text):
    return re.findall(r"\*([A-Za-z_-]+)\*", text)


def read_page(path):
    """A member is {"type", "null", "members", "words", "as", "where"}; a verb is an object."""
    verbs, stack = {}, []
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.rstrip("\n")
        if line.startswith("# "):
            stack = [{"members": verbs.setdefault(line[2:], {})}]
        elif found := ENTRY.match(line):
            depth, parsed = len(found[1]), TYPE.fullmatch(found[3])
            if not parsed or depth >= len(stack):
                raise SystemExit(f"{path}:{number}: not the description of a member: {line}")
            del stack[depth + 1 :]
            for name in names(found[2]):
                if name in stack[depth]["members"]:
                    raise SystemExit(f"{path}:{number}: {name} is described twice")
                entry = {"type": parsed[1], "null": parsed[2] is not None, "members": {}, "words": []}
                if parsed[3]:
                    entry["as"] = (parsed[4], parsed[3], names(parsed[5] or ""))
                stack[depth]["members"][name] = entry
            stack.append(entry)
        elif (found := WORDS.match(line)) and len(stack) > 1:
            stack[-1]["words"] += names(found[1])
    return verbs


def resolve(verbs, members):
    """Puts in what is said to be as another."""
    for entry in members.values():
        if "as" in entry:
            verb, name, without = entry.pop("as")
            same = copy.deepcopy(verbs[verb][name]["members"])
            for left_out in without:
                del same[left_out]
            entry["members"] = same | entry["members"]
        resolve(verbs, entry["members"])


def is_of(kind, value):
    if kind == "string":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, dict if kind == "object" else list)


def compare_object(members, value, where):
    for name in value.keys() - members.keys():
        yield f"{where}.{name} is not on the page"
    for name in members.keys() - value.keys():
        yield f"{where}.{name} is missing"
    for name in members.keys() & value.keys():
        yield from compare(members[name], value[name], f"{where}.{name}")


def compare(entry, value, where):
    if value is None and entry["null"]:
        return
    if not is_of(entry["type"], value):
        yield f"{where}: found {value!r}, expected {entry['type']}"
    elif entry["words"] and value not in entry["words"]:
        yield f"{where}: found {value!r}, expected one of {entry['words']}"
    elif entry["type"] == "object":
        yield from compare_object(entry["members"], value, where)
    elif entry["type"].startswith("array"):
        for i, each in enumerate(value):
            if entry["type"] == "array of objects" and isinstance(each, dict):
                yield from compare_object(entry["members"], each, f"{where}[{i}]")
            elif entry["type"] == "array of objects" or not isinstance(each, str):
                yield f"{where}[{i}]: found {each!r}"


def object_of(pairs):
    if len(dict(pairs)) != len(pairs):
        raise SystemExit(f"a member is there twice: {pairs}")
    return dict(pairs)


def refuse(word):
    raise SystemExit(f"{word} is no JSON")


def main(page, verb, *path):
    verbs = read_page(page)
    for members in verbs.values():
        resolve(verbs, members)
    members = verbs[verb.upper()]
    if path:
        for name in path[:-1]:
            members = members[name]["members"]
        print(*members[path[-1]]["words"], sep="\n")
        return 0
    text = sys.stdin.buffer.read().decode("utf-8")
    said = json.loads(text, object_pairs_hook=object_of, parse_constant=refuse)
    wrong = list(compare_object(members, said, verb))
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


sys.exit(main(*sys.argv[1:]))
