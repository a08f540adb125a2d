"""The monitor: looks every ten seconds, judges, hands over what must be told, and keeps history.

Whatever goes wrong with one of these does not stop the others. A piece of news is first saved as
outgoing, then put into the outbox by a child, then forgotten: killed at any moment, it is put
again under the same id, and told once.
"""

from __future__ import annotations

import os
import sys
import time

from seawall.agent.monitor import history, kept, rules, windows
from seawall.agent.monitor.judge import Judge
from seawall.agent.monitor.sampler import Sampler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DECLARED = "/etc/seawall/monitoring.json"
FOLDER = "/var/lib/seawall-monitor"
STATE = "judged.json"
AGENT = "/usr/local/lib/seawall/agent.pyz"
EVERY = 10.0
SAVE = 300.0
"""Seconds of what is only counted that a power cut may cost; news are saved at once."""
LONGEST = 60.0
"""Seconds that a child may take, and the most that one look counts for."""
JUMP = 30.0
"""Seconds by which the clock was set, or the server slept, that are worth a line."""
START = (
    "import sys; sys.path.insert(0, {agent!r}); "
    "from seawall.agent.monitor import {module} as m; sys.exit(m.main())"
)


class Monitor:
    """Everything of one server. `folder` is where it remembers."""

    def __init__(self, folder: str = FOLDER, declared: str = DECLARED) -> None:
        self.folder = folder
        self.told = kept.load(declared) if os.path.exists(declared) else {}
        self.state = kept.load(f"{folder}/{STATE}")
        self.judge = Judge(rules.chosen(self.told.get("rules", {})), self.state)
        self.state["rules"] = {rule.name: rule.warning for rule in self.judge.rules}
        self.sampler = Sampler(self.state.setdefault("kept", {}), self.told)
        self.sampler.seen.folder = f"{folder}/seen"
        self.history = history.History(f"{folder}/history")
        self.outgoing: "list[dict[str, Any]]" = self.state.setdefault("outgoing", [])
        self.saved = self.child = self.handed = self.thinner = 0
        self.saved_at = self.started_at = 0.0

    def once(self, now: float, passed: float) -> None:
        """One look, and all that follows. `passed` counts the seconds since the last one."""
        passed = min(max(passed, 0.0), LONGEST)
        sample = self.sampler.look(now, passed)
        news = self.judge.judge(sample, now, passed, calm=lambda: windows.calm(now))
        for each in news:
            each["lines"] = self.sampler.causes.get(_about(self.judge, each), [])[:20]
        self.outgoing.extend(news)
        self.state["at"] = now
        self._try("state", self._save, bool(news))
        self._try("history", self.history.append, now, history.series(sample))

    def _save(self, urgent: bool) -> None:
        age = time.monotonic() - self.saved_at
        if urgent or not self.saved_at or age > (EVERY * 6 if self._pending() else SAVE):
            kept.save(f"{self.folder}/{STATE}", self.state)
            self.saved_at = time.monotonic()

    def _pending(self) -> bool:
        """True while something is on its way to be news."""
        known = (state for mine in self.judge.states.values() for state in mine.values())
        return any(state["held"][0] >= 0 or state["level"] for state in known)

    def _try(self, name: str, work: "Any", *words: object) -> None:
        """Do it; what does not work is said once, and shown as trouble until it does."""
        try:
            work(*words)
        except OSError as error:
            if name not in self.sampler.trouble:
                say(f"{name}: {error}")
            self.sampler.trouble[name] = f"{name} cannot be written: {error}"
        else:
            self.sampler.trouble.pop(name, None)

    def hand_over(self) -> None:
        """Let a child put what is outgoing into the outbox; forget what the last one has put."""
        if self.child:
            self._reap()
        if self.outgoing and not self.child and self._kept_safe():
            self.handed = len(self.outgoing)
            self.started_at = time.monotonic()
            self.child = start("news")

    def _kept_safe(self) -> bool:
        """The child reads the file: what is outgoing must be in it."""
        self._try("state", self._save, len(self.outgoing) != self.saved)
        self.saved = len(self.outgoing)
        return "state" not in self.sampler.trouble

    def _reap(self) -> None:
        ended, status = os.waitpid(self.child, os.WNOHANG)
        if not ended:
            if time.monotonic() - self.started_at > LONGEST:
                os.kill(self.child, 9)
            return
        self.child = 0
        if status == 0:
            del self.outgoing[: self.handed]
            self._try("state", self._save, True)
        else:
            say(f"what must be told could not be handed over ({status}); it is tried again")
            self.saved = -1

    def thinning(self, now: float) -> None:
        """Let a child make the history of days that are over coarser."""
        if self.thinner and os.waitpid(self.thinner, os.WNOHANG)[0]:
            self.thinner = 0
        if not self.thinner and history.due(now, f"{self.folder}/history"):
            self.thinner = start("thinning")


def start(module: str) -> int:
    """Start a part of the monitor that is needed rarely, as a program of its own."""
    return os.posix_spawn(sys.executable, words(module), dict(os.environ))


def words(module: str) -> "list[str]":
    """How a part of the monitor is started."""
    return [sys.executable, "-I", "-S", "-c", START.format(agent=sys.path[0], module=module)]


def _about(judge: Judge, news: "dict[str, Any]") -> str:
    metric = next(rule.metric for rule in judge.rules if rule.name == news["rule"])
    return f"{metric}/{news['subject']}"


def say(text: str) -> None:
    """A line for the journal."""
    sys.stderr.write(f"{text}\n")


def main() -> int:
    """Watch for ever."""
    os.makedirs(f"{FOLDER}/seen", exist_ok=True)
    monitor = Monitor()
    mine, clock, wall = _made_of(), time.monotonic(), time.time()
    rounds = 0
    while True:
        passed, now = time.monotonic() - clock, time.time()
        if abs(now - wall - passed) > JUMP:
            say(f"the clock was set, or the server slept: {now - wall - passed:+.0f} s")
        clock, wall = clock + passed, now
        monitor.once(now, passed)
        monitor.hand_over()
        if rounds % 6 == 0:
            _alive()
        if rounds % 360 == 12:
            monitor.thinning(now)
        rounds += 1
        if _made_of() != mine and not monitor.child:
            kept.save(f"{FOLDER}/{STATE}", monitor.state)
            os.execv(sys.executable, words("run"))  # noqa: S606  # that is meant
        time.sleep(max(0.5, EVERY - (time.monotonic() - clock)))


def _made_of() -> "list[tuple[int, int]]":
    """Which agent is installed, and what is declared: an apply may change both."""
    found = []
    for path in (AGENT, DECLARED):
        try:
            seen = os.stat(path)
            found.append((seen.st_ino, seen.st_mtime_ns))
        except OSError:
            found.append((0, 0))
    return found


def _alive() -> None:
    """A sign of life for whoever tells when there is none."""
    try:
        with open(f"{FOLDER}/alive", "a"):
            os.utime(f"{FOLDER}/alive")
    except OSError:
        pass
