"""One deploy on one server, event by event, until it serves or is known to have failed."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any

from seawall.engine import doors
from seawall.errors import Refused, SeawallError, StepFailed
from seawall.kit import Event
from seawall.kit.released import Deployed, Releases
from seawall.server import Talk

MOST_LINES = 20
"""Of what a release wrote before it failed."""
NAMES = {"start": "release {number}", "soak": "release {number}", "migrate": "before_switch"}
"""What a step is called, where the server's word is not the user's."""
SYSTEMD = re.compile(r"(Start|Stopp)(ed|ing) app-\S+\.service|app-\S+\.service: ")
DONE = {
    "switch": "requests go to it now",
    "soak": "still well a second later",
    "drain": "the old one has ended",
}
"""What is told of a step about which the server has nothing to say."""


def own_words(output: str) -> tuple[str, ...]:
    """What an app wrote itself, without what systemd says of its unit; all when that is all."""
    lines = output.strip().splitlines()
    return tuple(line for line in lines if not SYSTEMD.match(line)) or tuple(lines)


def how_it_ended(problem: str, output: str) -> str:
    """The exit code from systemd's own line, where a restart made the server forget it."""
    end = re.search(r"code=(\w+), status=(\d+)", output)
    if not end or not problem.endswith("ended by itself"):
        return ""
    return f", {'exit code' if end[1] == 'exited' else 'signal'} {end[2]}"


@dataclass
class Follow:
    """Takes note of what a server tells of a deploy; an error ends it and is kept."""

    seen: Releases
    on_event: Callable[[Event], None]
    number: int = 0
    serving: int | None = None
    warnings: list[str] = field(default_factory=list)
    stopped: Event | None = None
    step: str = ""
    """The step that did not work."""
    output: tuple[str, ...] = ()
    error: SeawallError | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def server(self) -> str:
        return self.seen.server

    def __enter__(self) -> "Follow":
        self.serving = self.seen.serving
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is not None and not isinstance(error, SeawallError):
            return False  # interrupted: the server has not ended
        self.error = error
        seconds = time.monotonic() - self.began
        self.on_event(Event("end", self.server, ok=error is None, seconds=seconds))
        return True

    def through(self, talk: Talk) -> None:
        """Follow to the end; raises what ended it."""
        for event in talk:
            if event["type"] == "done":
                self._serves(event)
                return
            heard = getattr(self, f"_on_{event['type']}", None)
            if heard:
                heard(event)
        words = talk.said().strip()[-200:]
        raise SeawallError(
            f"{self.server}: the connection was cut{f': {words}' if words else ''}",
            f"the deploy goes on by itself; how it ends: seawall releases {self.seen.app}",
        )

    def deployed(self) -> Deployed:
        """How it ended."""
        return Deployed(
            self.server,
            self.seen.app,
            self.number,
            self.serving,
            time.monotonic() - self.began,
            tuple(self.warnings),
            self.error,
            self.seen.serving,
            self.step,
            self.seen.error is None,
            self.output,
        )

    def _serves(self, event: dict[str, Any]) -> None:
        if "serving" in event:
            self.serving = event["serving"]

    def _on_release(self, event: dict[str, Any]) -> None:
        self.number = int(event["number"])

    def _on_start(self, event: dict[str, Any]) -> None:
        self.on_event(Event("start", self.server, self._named(event), str(event["what"])))

    def _on_step(self, event: dict[str, Any]) -> None:
        what, seconds = str(event["what"]), float(event["seconds"])
        note = str(event["note"]) or DONE.get(what, "done")
        told = Event("step", self.server, self._named(event), note, bool(event["ok"]), seconds)
        if event["ok"]:
            self.on_event(told)
        else:
            self.stopped, self.step = told, what

    def _named(self, event: dict[str, Any]) -> str:
        what = str(event["what"])
        return f"{self.seen.app} {NAMES.get(what, what).format(number=self.number)}"

    def _on_warning(self, event: dict[str, Any]) -> None:
        self.warnings.append(str(event["what"]))

    def _on_crash(self, event: dict[str, Any]) -> None:
        raise doors.crashed(self.server, event)

    def _on_busy(self, event: dict[str, Any]) -> None:
        raise Refused(
            f"{self.server}: {event['owner'] or 'somebody'} has been deploying {self.seen.app} "
            f"for {event['since']} s",
            "wait until it is done, then try again",
        )

    def _on_failed(self, event: dict[str, Any]) -> None:
        self._serves(event)
        output = str(event.get("output", ""))
        problem = str(event["problem"]) + how_it_ended(str(event["problem"]), output)
        self.output = lines = own_words(output)[-MOST_LINES:]
        if self.stopped:
            self.on_event(replace(self.stopped, what=problem, output=lines))
        name = f"{self.seen.app} release {self.number}" if self.number else self.seen.app
        last = "" if self.stopped or not lines else f": {lines[-1]}"
        raise StepFailed(f"{self.server}: {name}: {problem}{last}")
