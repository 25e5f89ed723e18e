# SPDX-License-Identifier: MIT
"""A copy of the tree with a build of its own, in which faults are put and tests are run."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time

import concerns

RUNS_MOST = 3
FETCHED = ("resolved", "promtool")
OBJECTS = ("src/shim", "src/kernel", "src/memory")


class Broken(Exception):
    """The tree does not build."""


def _copy(root: pathlib.Path, tree: pathlib.Path) -> None:
    """What is in the working tree, committed or not; nothing that is ignored."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=root, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if not os.path.lexists(root / name):
            continue
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, tree / name, follow_symlinks=False)


class Scratch:
    """Faults go in one at a time, and out again."""

    def __init__(self, root: pathlib.Path):
        self._directory = tempfile.TemporaryDirectory(prefix="tfoshim-mutants.")
        self.tree = pathlib.Path(self._directory.name) / "tree"
        self.build_tree = self.tree / "build"
        self._process: subprocess.Popen | None = None
        self._seed = subprocess.run(["git", "rev-list", "--count", "HEAD"], cwd=root, check=True,
                                    capture_output=True, text=True).stdout.strip()
        _copy(root, self.tree)
        self._borrow(root)
        # Warnings are no errors: a fault may well leave something unused. Nor is there anything in the
        # objects that says in which column the code was.
        self._run("cmake", "-S", ".", "-B", "build", "-DTFOSHIM_WERROR=OFF",
                  "-DCMAKE_C_FLAGS_RELWITHDEBINFO=-O2 -DNDEBUG -g0")
        self.build()
        self._without_fault = self._objects()

    def _borrow(self, root: pathlib.Path) -> None:
        """What ./dev has fetched for tests."""
        self.build_tree.mkdir()
        for name in FETCHED:
            (self.build_tree / name).symlink_to(root / "build" / name)

    def close(self) -> None:
        self.stop()
        self._directory.cleanup()

    def stop(self) -> None:
        """Ends the test that is running, and with it its namespace."""
        process = self._process
        if process is not None and process.poll() is None:
            process.kill()

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, cwd=self.tree, check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise Broken(done.stdout)

    def build(self) -> None:
        self._run("cmake", "--build", "build", "--parallel", str(os.cpu_count()))

    def _objects(self) -> dict[str, str]:
        found = {}
        for directory in OBJECTS:
            for path in sorted((self.build_tree / directory).rglob("*.o")):
                found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found

    def put(self, path: str, text: str) -> bool:
        """Builds with this for the file's text; false where it makes no difference."""
        (self.tree / path).write_text(text)
        self.build()
        return self._objects() != self._without_fault

    def test(self, name: str, limit: float) -> str:
        """Runs a test until the first failure, and says what that was; nothing if there was none.

        What does not fail again, alone, was a busy machine's: such a run is made anew.
        """
        command = concerns.command_of(self.tree, name)
        for _ in range(RUNS_MOST):
            failure, alone = self._test_command(command, limit)
            if not alone or self._test_command([*command, *alone], limit)[0]:
                break
        return failure and f"{name}: {failure}"

    def _test_command(self, command: list[str], limit: float) -> tuple[str, list[str]]:
        """What failed, and what would run that alone."""
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith(("TFOSHIM_", "BATS_", "LD_PRELOAD"))}
        # The programs that ./dev test draws: none of them differs without a fault.
        environment["TFOSHIM_DIFFER_SEED"] = self._seed
        environment["TFOSHIM_BUILD"] = str(self.build_tree)
        environment["BATS_LIB_PATH"] = os.environ.get("BATS_LIB_PATH", "/usr/lib/bats")
        self._process = subprocess.Popen(
            ["tests/in-namespace", *command], cwd=self.tree, env=environment, text=True,
            errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        began = time.monotonic()
        timer = threading.Timer(limit, self.stop)
        timer.start()
        failure, last, alone = "", "nothing", []
        for line in self._process.stdout:
            if line.startswith("not ok "):
                failure = line.split(" ", 3)[-1].strip()
                alone = ["--filter", "^" + re.sub(r"([][\\^$.|?*+(){}])", r"\\\1", failure) + "$"]
                break
            if line.startswith("DIFFERENCE "):
                failure = line.strip()
                break
            if line.startswith("ok "):
                last = line.split(" ", 2)[-1].strip()
        if failure:
            self.stop()
        self._process.stdout.close()
        status = self._process.wait()
        timer.cancel()
        if not failure and time.monotonic() - began >= limit:
            failure = f"took longer than {limit:.0f} s; the last that passed: {last}"
        elif not failure and status != 0:
            failure = f"ended with status {status}"
        return failure, alone
