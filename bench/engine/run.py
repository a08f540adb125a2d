"""The run: boot, harden, prove that everybody looks, measure near and far, report."""

import os
import time
from contextlib import ExitStack
from pathlib import Path

import delay
import fleet
import honesty
import resources
import start
from contenders import Line, unless
from report import Figures, show
from timing import Contender, Times, Wrong, in_turns, run

from seawall import lab
from seawall.lab import LabServer
from seawall.server import ssh

SERVER = "bench1"
TRIP = 0.05
"""Seconds of the simulated round trip."""
CALM = 12
"""Seconds between two checks: the firewall lets twenty new ssh connections a minute pass, and a
check makes five."""


class Bench:
    """One run of the bench; `work` is a folder of its own."""

    def __init__(self, work: Path, *, quick: bool) -> None:
        self.work = work
        self.quick = quick
        self.rounds = 1 if quick else 4
        self.servers = int(os.environ.get("BENCH_SERVERS", 3 if quick else 20))
        self.near = Line("near", SERVER, resources.PERSON, work)
        self.far = Line("far", SERVER, resources.PERSON, work)

    def run(self) -> None:
        """Everything, in order; prints the report."""
        with ExitStack() as stack:
            server = self._boot()
            port = stack.enter_context(delay.line(server.address, 22, TRIP / 2))
            self._lines(server, port)
            self._harden(server)
            self._say("each of the four is shown three changes")
            honesty.prove(self.near)
            show(self._measure())

    def hang_up(self) -> None:
        self.near.hang_up()

    def _say(self, what: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)

    def _boot(self) -> LabServer:
        (self.work / "ssh_config").write_text("")
        self._say("booting a server")
        return lab.up(SERVER)

    def _lines(self, server: LabServer, port: int) -> None:
        """The same server, near and far; both aliases use the lab's settings for it."""
        entry = (self.work / "lab/ssh_config").read_text()
        near = entry.replace(f"Host {SERVER}", "Host near")
        far = entry.replace(f"Host {SERVER}", "Host far").replace(server.address, "127.0.0.1")
        far += f"  Port {port}\n  HostKeyAlias {server.address}\n"
        fleet = f"Include {self.work}/lab/ssh_config\n"
        (self.work / "ssh_config").write_text(f"{fleet}\n{near}\n{far}")
        key = server.key.with_suffix(".pub").read_text().strip()
        for line in (self.near, self.far):
            line.write(key)

    def _harden(self, server: LabServer) -> None:
        self._say("hardening it with the default configuration")
        for line in (self.near, self.far):
            done = line.apply()
            if done.code != 0:
                raise Wrong(done.said)
        files = self.work / "files"
        files.mkdir()
        found = resources.of(self.near.config, server, files)
        resources.write(found, Path(os.environ["BENCH_RESOURCES"]))
        (self.work / "check.sh").write_text(resources.script(found))
        self.steps = found.steps

    def _measure(self) -> Figures:
        self._say("near: everybody in turns")
        near = in_turns(self.near.contenders(7 if self.quick else 3), self.rounds)
        self._say(f"far, {TRIP * 1000:.0f} ms: everybody in turns")
        far = in_turns(self.far.contenders(7 if self.quick else 3), 1 if self.quick else 3)
        self._say("checks")
        checks, logins = self._checks()
        self._say(f"{self.servers} servers at once")
        many = fleet.measure(self.servers, 1 if self.quick else 3, self.work)
        best = start.best_of(5 if self.quick else 20)
        return Figures(self.steps, near, far, checks, logins, many, best, start.heavy_imports())

    def _checks(self) -> tuple[Times, int]:
        """Check against a bare login and ansible's facts; and the logins that a check makes."""

        def check() -> float:
            return unless(self.near.check(), "all fine", codes=(0, 1))

        def bare() -> float:
            argv = ["ssh", *ssh.config_file(), "-o", "ControlPath=none"]
            return run([*argv, "-l", self.near.person, "near", "true"]).seconds

        def facts() -> float:
            return unless(self.near.facts(), "SUCCESS")

        def calm() -> None:
            self.near.hang_up()
            time.sleep(0 if self.quick else CALM)

        contenders = [
            Contender("check", check, calm),
            Contender("ssh true", bare),
            Contender("facts", facts, self.near.hang_up),
        ]
        times = in_turns(contenders, self.rounds)
        calm()
        before = self._logins()
        check()
        return times, self._logins() - before

    def _logins(self) -> int:
        script = "journalctl --sync; journalctl -t sshd --grep 'Accepted publickey' | wc -l"
        return int(lab.shell(SERVER, script).stdout.split()[-1])
