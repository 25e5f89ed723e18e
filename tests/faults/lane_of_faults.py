# SPDX-License-Identifier: MIT
"""A lane of the differ's, in whose runs under the shim a chosen system call fails."""

import os
import subprocess
import sys
import time

import conditions
from lane import Lane
from plan import Plan

GUEST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "guest.py")
SETTLED = 2.1  # seconds after which a compiled policy is kept
GRACE = 0.5  # a guest's last connection has ended by then

conditions.POLICIES.update({
    "logged": 'log = { level = "debug"; to = "DIRECTORY/log"; };\n' + conditions.POLICIES["any"],
    "logged-to-stderr": 'log = { level = "debug"; };\n' + conditions.POLICIES["any"],
    "loopback": 'client = { rules = ( { address = "127.0.0.1"; first_write = "any"; } ); };\n'
                'server = { default = "on"; };\n',
})


class FaultyLane(Lane):
    """The library beneath the shim counts in each run, and fails in those that have a fault."""

    def __init__(self, name, build, library, directory):
        self.plan = None
        self.guests = 0
        super().__init__(name, build, library, directory)
        self.plan = Plan(os.path.join(self.directory, "plan"), library)
        self.beneath = f"{library}:{build}/tests/faults/beneath.so"
        self.name_of_memory = os.path.join(self.memory.directory, "tfoshim", "memory")
        with open(self.name_of_memory, "rb") as file:
            self.kept_name = file.read()

    def _policies(self):
        super()._policies()
        path = self.policies["logged"]
        with open(path, encoding="ascii") as file:
            text = file.read()
        with open(path, "w", encoding="ascii") as file:
            file.write(text.replace("DIRECTORY", self.directory))
        self._keep_one()

    def _keep_one(self):
        """Of the policies, most are compiled in every run, for their time is still to come; one is
        kept, so that those calls are seen as well. Which it is must not depend on how long it took."""
        for policy, path in self.policies.items():
            if path and policy != "any":
                os.utime(path, (time.time() + 86400, time.time() + 86400))
        while time.time() - os.stat(self.policies["any"]).st_ctime < SETTLED:
            time.sleep(0.1)

    def _environment(self, policy):
        environment = super()._environment(policy)
        if policy and self.plan:
            environment["LD_PRELOAD"] = self.beneath
            environment["TFOSHIM_FAULTS"] = self.plan.path
        return environment

    def _put_name_back(self):
        """A fault may have had another memory made."""
        with open(self.name_of_memory, "rb") as file:
            same = file.read() == self.kept_name
        if not same:
            with open(self.name_of_memory, "wb") as file:
                file.write(self.kept_name)

    def execute(self, program, policy, patience=conditions.PATIENCE):
        """What a program's guests were told is what servers saw of it."""
        if not self.guests:
            return super().execute(program, policy, patience)
        guests = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{self.namespaces[1]}", sys.executable, "-B", GUEST,
             "10.9.0.1", "7100", str(self.guests)], stdout=subprocess.PIPE, text=True)
        run = super().execute(program, policy, patience)
        try:
            told, _ = guests.communicate(timeout=GRACE)
        except subprocess.TimeoutExpired:
            guests.kill()
            told, _ = guests.communicate()
        run.served = sorted(run.served + told.splitlines())
        return run

    def faulty(self, scene, fault, patience):
        """Runs a scene under the shim, with a fault or, where that is None, without."""
        self.plan.begin(fault)
        if scene.forgotten:
            self.memory.forget()
        else:
            self.memory.put_back("untried")
        self.set_link(scene.case.link)
        run = self.execute(scene.case.program, scene.case.policy, patience)
        self._put_name_back()
        return run
