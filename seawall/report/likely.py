"""Why a release probably did not start: one sentence for what was seen, no more than a guess."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """What is known of a deploy that failed."""

    app: str
    server: str
    step: str
    """build, migrate, start, switch, soak …"""
    problem: str
    output: str = ""
    migrates: bool = False
    """Whether apps.<app>.before_switch is declared."""
    where: str = ""
    """seawall.yml and the line of the app."""
    domain: str = ""

    @property
    def setting(self) -> str:
        return f"apps.{self.app}"


def hint(case: Case) -> str:
    """What to look at first; always the same few things, so that they are learned."""
    return next(_guesses(case), "")


def _guesses(case: Case) -> Iterator[str]:
    now = "start" if case.step == "soak" else case.step
    for step, pattern, say in TABLE:
        text = f"{case.problem}\n{case.output}" if now == "build" else case.problem
        if step in ("", now) and re.search(pattern, text):
            yield say(case)


def _server_error(case: Case) -> str:
    if not case.migrates and re.search(r"(?i)column|table|relation|schema|migrat", case.output):
        return f"a migration may be missing; {case.setting} has no before_switch ({case.where})"
    return "its own error stands above; a page that works here may need a variable there"


def _bad_request(case: Case) -> str:
    return f"it refuses the name {case.domain or 'it is asked by'} (Django: ALLOWED_HOSTS)"


FULL = r"disk would be|the disk is full|No space left on device"
TABLE: tuple[tuple[str, str, Callable[[Case], str]], ...] = (
    ("", FULL, lambda case: f"seawall ssh {case.server} df -h; lower keep_releases"),
    ("", r"did not arrive whole", lambda case: "nothing was changed; deploy again"),
    (
        "build",
        r"the image \S+ cannot be had",
        lambda case: f"is {case.setting}.image right? docker pull it on {case.server}",
    ),
    (
        "build",
        r"exit code 127|: (command )?not found",
        lambda case: f"a command is not there: is its package in {case.setting}.packages?",
    ),
    ("build", r"exit code 124", lambda case: "it had half an hour; is it waiting for an answer?"),
    (
        "build",
        r"exit code (137|-9)\b",
        lambda case: "it was killed, probably out of memory: a larger server, or swap",
    ),
    ("build", r"", lambda case: "the build command failed; try it in a fresh clone"),
    (
        "migrate",
        r"",
        lambda case: "before_switch failed, so nothing was switched; is its database there?",
    ),
    ("", r"answered 5\d\d", _server_error),
    ("", r"answered 400", _bad_request),
    (
        "",
        r"answered 404",
        lambda case: f"there is no such page; which one is it? {case.setting}.health",
    ),
    ("", r"answered 40[13]", lambda case: "the health page must not want a login"),
    (
        "start",
        r"port \d+: Connection refused",
        lambda case: "nobody listens there: it must listen on 127.0.0.1:$PORT, a port that changes",
    ),
    ("start", r"timed out", lambda case: "it takes the connection and says nothing for 5 s"),
    (
        "start",
        r"does not speak HTTP",
        lambda case: "something else than HTTP listens on its $PORT",
    ),
    (
        "start",
        r"exit code 127",
        lambda case: f"command not found: {case.setting}.process, as typed in its own folder",
    ),
    (
        "start",
        r"exit code 126",
        lambda case: "it may not be executed: chmod +x, and commit that",
    ),
    (
        "start",
        r"exit code 137\b|signal 9\b",
        lambda case: f"it was killed, probably out of memory: {case.setting}.memory, or swap",
    ),
    (
        "start",
        r"exit code 0\b",
        lambda case: f"{case.setting}.process must stay in the foreground, without --daemon",
    ),
    (
        "start",
        r"ended by itself",
        lambda case: "its own last lines say why; is a variable or a secret missing?",
    ),
    (
        "switch",
        r"does not serve",
        lambda case: f"the proxy may not run: seawall apply {case.server}",
    ),
)
"""Step (any when empty), what is seen, what is said. The first that fits wins."""
