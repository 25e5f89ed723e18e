# SPDX-License-Identifier: MIT
"""Debian's packages and sources."""

import os
import pathlib
import re
import shutil
import subprocess


def is_installed(package):
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status}", package]
    answer = subprocess.run(query, capture_output=True, text=True, check=False)
    return answer.stdout == "installed"


def package_version(package):
    query = ["dpkg-query", "-W", "-f", "${Version}", package]
    return subprocess.run(query, capture_output=True, text=True, check=True).stdout


def source_version(directory):
    """Of the source that fetch_source() has put below `directory`."""
    changelog = (directory / "source" / "debian" / "changelog").read_text(encoding="utf-8")
    return re.search(r"\((.*?)\)", changelog)[1]


def install(packages):
    missing = [package for package in packages if not is_installed(package)]
    if not missing:
        return
    print("suites: installing", *missing, flush=True)
    as_root = [] if os.geteuid() == 0 else ["sudo"]
    # Where one list of many cannot be had, the rest is good enough.
    subprocess.run([*as_root, "apt-get", "update", "-qq"], check=False)
    subprocess.run(
        [*as_root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq"]
        + ["--no-install-recommends", *missing],
        stdout=subprocess.DEVNULL,
        check=True,
    )


def source_lists(directory):
    """The machine's own package sources, for source packages: apt's configuration is left alone."""
    parts = directory / "sources.list.d"
    parts.mkdir(parents=True, exist_ok=True)
    etc = pathlib.Path("/etc/apt")
    for path in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        if path.suffix not in (".list", ".sources") or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".sources":
            text = re.sub(r"(?m)^Types:.*$", "Types: deb-src", text)
        else:
            lines = [line for line in text.splitlines() if line.startswith("deb ")]
            text = "\n".join(f"deb-src{line.removeprefix('deb')}" for line in lines) + "\n"
        (parts / path.name).write_text(text, encoding="utf-8")
    return parts


def apt_get(directory, *arguments):
    """apt-get with lists and a cache of its own, which needs no root."""
    settings = {
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": source_lists(directory),
        "Dir::State::lists": directory / "lists",
        "Dir::Cache": directory / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    for name in ("lists", "cache"):
        (directory / name / "partial").mkdir(parents=True, exist_ok=True)
    options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    return ["apt-get", "-qq", *options, *arguments]


def fetch_source(package, directory):
    """Debian's source of a package, unpacked below `directory`; returns where."""
    place = directory / "source"
    if not place.exists():
        print(f"suites: fetching the source of {package}", flush=True)
        apt = directory / "apt"
        unpacked = directory / "unpacking"
        shutil.rmtree(unpacked, ignore_errors=True)
        unpacked.mkdir()
        subprocess.run(apt_get(apt, "update"), check=True)
        subprocess.run(
            apt_get(apt, "source", package), cwd=unpacked, check=True, stdout=subprocess.DEVNULL
        )
        (tree,) = [path for path in unpacked.iterdir() if path.is_dir()]
        tree.rename(place)
    return place
