"""Makes servers what seawall.yml says, and proves that we still get in.

The work itself runs on the server, in a unit of its own; here its events are followed.
"""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from seawall.config import Config, keys
from seawall.engine import accounts, doors, fleet, planning
from seawall.errors import PlanChanged, Refused, SeawallError, StepFailed, Undone
from seawall.kit import Applied, Event, Plan, PlannedChange
from seawall.server import Server, SudoPassword, Talk, blobs, whoami
from seawall.server.ship import sha

OnEvent = Callable[[Event], None]
AGENT = "/usr/local/lib/seawall/agent-{sha}.pyz"


def apply(
    config: Config, names: list[str], *, expect: dict[str, str] | None, on_event: OnEvent
) -> list[Applied]:
    """Apply, server by server; `expect` holds the hashes of the plans that were shown."""
    config = fleet.introduced(keys.resolve(config), names)
    return doors.on_each(names, lambda name: _apply(config, name, expect, on_event))


def _apply(config: Config, name: str, expect: dict[str, str] | None, on_event: OnEvent) -> Applied:
    if name in config.accounts:
        return accounts.apply(config, name, (expect or {}).get(name), on_event)
    began = time.monotonic()
    work = Work(config, doors.server(config, name), on_event)
    error = work.carry_out((expect or {}).get(name))
    seconds = time.monotonic() - began
    on_event(Event("end", name, ok=error is None, seconds=seconds))
    return Applied(name, tuple(work.applied), seconds, error)


@dataclass
class Work:
    """One apply on one server, as seen from here."""

    config: Config
    server: Server
    on_event: OnEvent
    applied: list[PlannedChange] = field(default_factory=list)
    plan: Plan | None = None
    undone: str = ""
    stopped: Event | None = None
    """The step that could not be made true."""
    proof: SeawallError | None = None

    @property
    def name(self) -> str:
        return self.server.name

    def carry_out(self, expect: str | None) -> SeawallError | None:
        """Follow the work to its end; returns the error that stopped it."""
        document = {
            "mode": "apply",
            "steps": planning.steps(self.config, self.name),
            "expect": expect,
            "owner": whoami(),
            "now": time.time(),
        }
        try:
            self._not_locking_ourselves_out()
            with doors.talk(self.server, document) as talk:
                return self._follow(talk)
        except SeawallError as error:
            return error

    def _not_locking_ourselves_out(self) -> None:
        people = self.config.section("people").people  # type: ignore[attr-defined]
        user = self.server.login.user if not self.server.local else ""
        if user in people and people[user].removed:
            raise Refused(
                f"{self.name}: you are logged in as {user}, who is removed in seawall.yml",
                f"let another admin apply it, or declare the server as root@{self.server.host}",
            )

    def _follow(self, talk: Talk) -> SeawallError | None:
        for event in talk:
            if event["type"] == "done":
                return None
            if error := self._heard(event, talk):
                return error
        said = talk.said().strip()
        return SeawallError(
            f"{self.name}: the connection was cut{f': {said}' if said else ''}",
            "the work on the server goes on; the same command again joins it",
        )

    def _heard(self, event: dict[str, Any], talk: Talk) -> SeawallError | None:
        """Take note of one event; the error when it is the last."""
        kind = event["type"]
        handler = getattr(self, f"_on_{kind}", None)
        if kind == "crash":
            return doors.crashed(self.name, event)
        if kind == "prove":
            self._prove(event, talk)
        if kind == "need":
            self._push(event, talk)
        ended: SeawallError | None = handler(event) if handler else None
        return ended

    def _push(self, event: dict[str, Any], talk: Talk) -> None:
        """Send a program that the server cannot get by itself."""
        content = blobs.get(event["digest"], event["machine"])
        talk.send(io.BytesIO(f"BLOB {len(content)}\n".encode() + content))

    def _on_plan(self, event: dict[str, Any]) -> None:
        self.plan = planning.from_event(self.name, event)

    def _on_start(self, event: dict[str, Any]) -> None:
        self.on_event(Event("start", self.name, event["feature"], event["what"]))

    def _on_step(self, event: dict[str, Any]) -> None:
        feature, what = event["feature"], event["what"]
        self.applied += [PlannedChange(feature, "~", each) for each in what]
        told = Event("step", self.name, feature, ", ".join(what), event["ok"], event["seconds"])
        if event["ok"]:
            self.on_event(told)
        else:
            self.stopped = told

    def _on_joined(self, event: dict[str, Any]) -> None:
        extra = {"owner": event["owner"], "since": event["since"]}
        self.on_event(Event("joined", self.name, extra=extra))

    def _on_undone(self, event: dict[str, Any]) -> None:
        self.undone = event["why"]

    def _on_busy(self, event: dict[str, Any]) -> SeawallError:
        return Refused(
            f"{self.name}: {event['owner'] or 'somebody'} has been applying something else "
            f"for {event['since']} s",
            "wait until it is done, then try again",
        )

    def _on_refused(self, event: dict[str, Any]) -> SeawallError:
        missing = "; ".join(self.plan.preflight) if self.plan else ""
        return Refused(f"{self.name}: {missing}", "nothing was changed")

    def _on_changed(self, event: dict[str, Any]) -> SeawallError:
        error = PlanChanged(
            f"{self.name}: the server or seawall.yml changed since the plan was shown",
            "nothing was changed; look at the new plan: seawall plan",
        )
        error.after = self.plan
        return error

    def _on_failed(self, event: dict[str, Any]) -> SeawallError:
        output = tuple(event.get("output", "").strip().splitlines()[-20:])
        problem = f"{self.name}: {event['problem']}"
        if self.stopped:
            self.on_event(replace(self.stopped, note=event["problem"], output=output))
        if self.proof or event.get("undone"):
            return self.proof or self._nobody_came()
        if event.get("died"):
            hint = "somebody killed it, or the server restarted; the same command again goes on"
            return StepFailed(problem, hint)
        if self.undone:
            hint = "every change to ssh and firewall was undone; you can log in as before"
            return Undone(problem, hint)
        hint = "what was done before stays; put it right and apply again"
        return StepFailed(problem, hint)

    def _nobody_came(self) -> SeawallError:
        return Undone(
            f"{self.name}: no second, new login came in within 60 s",
            "every change to ssh and firewall was undone; you can log in as before",
        )

    def _prove(self, event: dict[str, Any], talk: Talk) -> None:
        """Come in a second time, over a new connection, and say that the change may stay."""
        began = time.monotonic()
        before = self.server.login
        users = doors.admins(self.config) or [before.user]
        agent = AGENT.format(sha=sha()[:16])
        words = ["/usr/bin/python3", "-I", agent, "prove", event["job"]]
        proven = self._come_in(users, words)
        seconds = time.monotonic() - began
        what = f"kept: a second login as {proven} worked" if proven else "undone"
        self.on_event(Event("proof", self.name, "login", what, bool(proven), seconds))
        if not proven:
            self.proof = self._locked_out(users)
            talk.undo()
        elif not self.server.local:
            for login in {before, self.server.login}:
                self.server.let_go(login)

    def _come_in(self, users: list[str], words: list[str]) -> str | None:
        if self.server.local:
            return self.server.prove_here(words)
        login = self.server.prove(users, words)
        if login is None and not doors.admins(self.config):
            try:
                login = self.server.prove(users, words, doors.sudo_password(self.name))
            except SudoPassword:
                return None
        return login.user if login else None

    def _locked_out(self, users: list[str]) -> SeawallError:
        tried = " or ".join(users)
        reasons = self.server.refusals[-1] if self.server.refusals else "no answer"
        return Undone(
            f"{self.name}: after the change, a new login as {tried} did not work: {reasons}",
            "every change to ssh and firewall was undone. An admin of seawall.yml must be able to "
            "log in from here: is the private key of one of them in your ssh agent, and the port "
            "open in your provider's firewall?",
        )
