# SPDX-License-Identifier: MIT
"""What a program opened and AppArmor would have refused.

Usage: apparmor.py RULES... <TRACE

TRACE is strace's (-f -y -z), of openat, mkdir and execve; RULES are files of rules as abstractions have them. Prints a
line a file that no rule allows, with the access that it wants."""
import re
import sys

VARIABLES = {"HOME": "/root", "PROC": "/proc", "etc_ro": "/etc", "multiarch": "*-linux-gnu*", "pid": "{self,[1-9]*}",
             "run": "{/run,/var/run}", "sys": "/sys"}
RULE = re.compile(r"^\s*(?:owner\s+)?(/\S+|@\S+)\s+([a-zA-Z]+),")
CALL = re.compile(r'\b(openat|mkdir|execve)\((?:AT_FDCWD(?:<[^>]*>)?, |\d+<([^>]*)>, )?"([^"]*)"(.*)')


def pattern(glob):
    glob = re.sub(r"@\{(\w+)\}", lambda match: VARIABLES.get(match[1], "none"), glob)
    text, depth = "", 0
    for token in re.findall(r"\*\*|\[[^]]*\]|.", glob):
        depth += {"{": 1, "}": -1}.get(token, 0)
        plain = {"**": ".*", "*": "[^/]*", "{": "(?:", "}": ")", "?": "[^/]"}
        if token == "," and depth:
            text += "|"
        elif token.startswith("["):
            text += token
        else:
            text += plain.get(token, re.escape(token))
    return re.compile(text)


def rules(files):
    for name in files:
        with open(name, encoding="utf-8") as file:
            for match in filter(None, map(RULE.match, file)):
                yield pattern(match[1]), match[2]


def wanted(lines):
    """Each path and the access to it, r, w or x. AppArmor's names of directories end in a slash, however they are
    opened."""
    calls = []
    for call, directory, name, rest in filter(None, (match and match.groups() for match in map(CALL.search, lines))):
        path = name if name.startswith("/") else f"{directory}/{name}"
        access = "x" if call == "execve" else "w" if re.search("O_(WRONLY|RDWR|CREAT)", rest) or call == "mkdir" else "r"
        calls.append((path, access, call == "mkdir" or "O_DIRECTORY" in rest))
    directories = {path for path, _, is_directory in calls if is_directory}
    return {(path + "/" if path in directories else path, access) for path, access, _ in calls}


def main():
    known = list(rules(sys.argv[1:]))
    for path, access in sorted(wanted(sys.stdin)):
        if not any(access in letters and glob.fullmatch(path) for glob, letters in known):
            print(access, path)


main()
