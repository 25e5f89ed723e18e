# SPDX-License-Identifier: MIT
"""This machine, and programs that run on it plain and under the shim."""

import os
import pathlib
import shutil
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TFOSHIM_BUILD") or ROOT / "build").absolute()
SHIM = BUILD / "libtfoshim.so"
PROGRAMS = BUILD / "bench"

# Gone with the namespaces of tests/in-namespace.
WORK = pathlib.Path("/run/bench")

CPUS = sorted(os.sched_getaffinity(0))
CLIENT_CPU, SERVER_CPU = CPUS[0], CPUS[-1]


class BenchError(Exception):
    pass


def described():
    """What the figures depend on."""
    cpu = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                cpu = line.partition(":")[2].strip()
                break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cpu": cpu,
        "cpus": len(CPUS),
        "memory": f"{memory:.0f} GB",
        "kernel": f"{os.uname().sysname} {os.uname().release} {os.uname().machine}",
        "load": os.getloadavg()[0],
        "commit": commit(),
    }


def commit():
    command = ["git", "-C", ROOT, "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def work(name):
    directory = WORK / name
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return directory


def environment(preload="", config="", **others):
    """Nothing of what a user has set. Without a configuration the built-in policy serves."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    runtime, home = work("runtime"), work("home")
    kept |= {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_RUNTIME_DIR": str(runtime)}
    if preload:
        kept |= {"LD_PRELOAD": str(preload), "TFOSHIM_CONFIG": str(config)}
    return kept | others


def policy(name, text):
    """A file is written once: its times tell whether it has changed."""
    path = work("policies") / f"{name}.conf"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
    return path


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise SystemExit(f"bench: there is no {program}: ./dev bench installs it")


def pinned(cpu, command):
    return ["taskset", "-c", f"{cpu}", *command] if len(CPUS) > 1 else list(command)


def output(command, env=None, cpu=None, seconds=120):
    """What a command prints; that it fails is an error."""
    if cpu is not None:
        command = pinned(cpu, command)
    ended = subprocess.run(
        [str(word) for word in command],
        env=env or environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if ended.returncode:
        words = " ".join(map(str, command))
        raise BenchError(f"{words}: status {ended.returncode}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def milliseconds(command, env, good=(0,)):
    """The life of a process, from its start to its end."""
    command = [str(word) for word in command]
    begin = time.perf_counter()
    ended = subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    took = time.perf_counter() - begin
    if ended.returncode not in good:
        text = (ended.stdout + ended.stderr).decode(errors="replace")
        raise BenchError(f"{' '.join(command)}: status {ended.returncode}\n{text}")
    return took * 1e3
