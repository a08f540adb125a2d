"""A deploy on the server: a unit that outlives whoever asked for it.

Build → migrate → start beside the old one → healthy → switch → verify over the domain → still well
after a second → drain → stop the old one. Whatever fails before the old one is stopped leaves it
serving; whatever is killed in between is settled by the unit's last command, by the watch, or by
the next deploy. Until the new release has stayed well the old one is the one that is written down.
"""

from __future__ import annotations

import errno
import json
import math
import time
from typing import Any, Dict, List, Optional

from seawall.agent import system, wire
from seawall.agent.apps import (
    ballast,
    containers,
    declared,
    health,
    instances,
    locks,
    looking,
    proxied,
    pruning,
    receive,
    settling,
    static,
    traffic,
    units,
    watch,
)
from seawall.agent.apps.locks import FOLDER
from seawall.agent.apps.records import App, Release
from seawall.agent.system import StepError

Spec = Dict[str, Any]


def run(job: str, agent: str) -> None:
    """Carry out what is being handed over; called by its unit, from this file of the agent."""
    emit = wire.recorder(f"{FOLDER}/{job}.events")
    app = App(job.rpartition("-")[0].rpartition("-")[0])
    with locks.lock(app, math.inf):  # until whoever receives the code lets go of it, or is gone
        path = f"{FOLDER}/{job}.json"
        document = json.loads(system.read(path) or b"null")
        system.remove(path)  # it holds secrets
        if document is None or locks.owner(app).get("job") != job:
            return emit({"type": "failed", "problem": "another deploy was faster"})
        watch.install(agent)
        return _carry_out(Deploy(app, document, emit))


def _carry_out(deploy: "Deploy") -> None:
    try:
        deploy.carry_out()
    except StepError as error:
        deploy.failed(error.problem, output=error.output)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return deploy.failed("the disk is full")
        deploy.failed(f"{type(error).__name__}: {error}", bug=True)
        raise
    return None


class Deploy:
    """One deploy, step by step, each with an event of its own."""

    def __init__(self, app: App, document: Dict[str, Any], emit: wire.Emit) -> None:
        self.app = app
        self.document = document
        self.spec: Spec = document["spec"]
        self.emit = emit
        self.healthy = self.switched = 0.0
        """When the new release was well first, and got requests, on the monotonic clock."""

    def failed(self, problem: str, **more: Any) -> None:
        """Say what went wrong, and what serves in spite of it."""
        serving = looking.serves(self.app.name)
        self.emit({"type": "failed", "problem": problem, **more, **serving})

    def carry_out(self) -> None:
        """From the code in its place to the new release serving alone."""
        settling.settle(self.app, but=self.document["number"])
        release = self.app.release(self.document["number"])
        assert release is not None
        self.spec = declared.spec(self.app, release, self.document)
        old = self.app.serving()
        if old and old.number == release.number:
            raise StepError(f"release {old.number} is serving already")
        try:
            ballast.load(self.app)
            self._replace(release, old)
        except BaseException as error:
            ballast.drop(self.app)
            self._give_up(release, old, error)
            raise
        self._end(release)

    def _replace(self, release: Release, old: Optional[Release]) -> None:
        release = self._made(release)
        self._timed("switch", lambda: self._switch(release))
        if release.static:
            self._serves(release, old)
        else:
            self._timed("soak", lambda: self._soak(release, old))
        if old:
            self._timed("drain", lambda: self._retire(old, release))

    def _step(self, what: str, began: float, note: str = "", ok: bool = True) -> None:
        seconds = round(time.monotonic() - began, 2)
        self.emit({"type": "step", "what": what, "note": note, "ok": ok, "seconds": seconds})

    def _made(self, release: Release) -> Release:
        """Built, migrated, started beside the old one, and healthy."""
        instances.require_supervisor(self.spec)
        if release.source == release.number and self.document.get("again") is None:
            self._timed("build", lambda: self._build(release))
        if command := self.spec.get("before_switch"):
            self._timed("migrate", lambda: self._hook(release, command))
            release = self.app.note(release, migrated=True)
        release = self._with_ports(release)
        declared.keep(self.app, release, self.spec)
        if not release.static:
            kind = containers if containers.is_one(self.spec) else instances
            kind.write_units(self.app, release, self.spec)
        self._timed("start", lambda: self._start(release))
        return release

    def _with_ports(self, release: Release) -> Release:
        if static.is_one(self.spec):
            return self.app.note(release, state="starting", ports=(), static=True, why="")
        with locks.ports():
            return self.app.note(release, state="starting", why="", **instances.places(self.spec))

    def _timed(self, what: str, work: Any) -> None:
        self.emit({"type": "start", "what": what})
        began = time.monotonic()
        try:
            note = work()
        except StepError as error:
            self._step(what, began, error.problem, ok=False)
            raise
        self._step(what, began, note or "")

    def _build(self, release: Release) -> str:
        if containers.is_one(self.spec):
            for warning in containers.prepare(self.app, release, self.spec):
                self.emit({"type": "warning", "what": warning})
            return str(self.spec.get("image") or release.sha[:7])
        commands: List[str] = self.spec.get("install", [])
        receive.build(self.app, release, commands, self.spec.get("build_env", {}))
        if static.is_one(self.spec):
            for warning in static.publish(self.app, release, self.spec):
                self.emit({"type": "warning", "what": warning})
        return str(release.sha)[:7]

    def _hook(self, release: Release, command: str) -> str:
        if containers.is_one(self.spec):
            code, output = containers.once(self.app, release, self.spec, command)
        else:
            place = self.app.code(release.source)
            units.make_uploads(self.app, self.spec)
            code, output = receive.run_as(self.app, command, place, self.spec["env"])
        if code != 0:
            tail = "\n".join(output.splitlines()[-receive.LAST_LINES :])
            raise StepError(f"{command!r} failed, exit code {code}", tail)
        return command

    def _start(self, release: Release) -> str:
        if release.static:
            return static.start(self.app, release, self.spec)
        (containers if containers.is_one(self.spec) else instances).start(self.app, release)
        try:
            seconds = instances.wait_healthy(self.app, release, self.spec["health"])
        except StepError as error:
            if cause := containers.likely(error, self.app, release, self.spec):
                self.emit({"type": "warning", "what": cause})
            raise
        self.healthy = time.monotonic()
        return f"healthy after {seconds:.1f} s"

    def _switch(self, release: Release) -> str:
        """Send requests to the new release; verified as from outside."""
        domain = str(self.spec.get("domain") or "")
        traffic.switch(self.app, release)
        self.switched = time.monotonic()
        if domain:
            proxied.verify(self.app.name, domain, self.spec["health"].get("path", "/"))
        return domain

    def _soak(self, release: Release, old: Optional[Release]) -> str:
        """The new release has to stay well; then it is the one that serves, at boot too.

        When it ends, requests go to the old one first; the proxy asks there again for a page.
        """
        left = self.healthy + health.SOAK - time.monotonic()
        if health.ends_within(self.app, release, left) and old:
            traffic.switch(self.app, old)
        health.require_well(self.app, release, self.spec["health"])
        instances.keep_running(self.app, release)
        self._serves(release, old)
        return ""

    def _serves(self, release: Release, old: Optional[Release]) -> None:
        """Write down that this is the release which serves."""
        self.app.serve(release)
        self.app.note(release, state="serving", why="")
        if old:
            self.app.note(old, state="retired")

    def _retire(self, old: Release, release: Release) -> str:
        """Stop the old release when none of its requests is left; not if the new one has died."""
        proxied.drained(old, self.spec["drain"], self.switched)
        health.require_alive(self.app, release)
        instances.stop(self.app, old, self.spec["drain"])
        self.app.note(old, state="retired", ports=())
        return ""

    def _give_up(self, release: Release, old: Optional[Release], error: BaseException) -> None:
        """Stop the new release; the old one still runs, and gets its requests back."""
        known = self.app.release(release.number) or release
        if old:
            traffic.switch(self.app, old)
            self.app.serve(old)
            self.app.note(old, state="serving", why="")
        serving = self.app.serving()
        if serving and serving.number == known.number:
            return  # nothing else could serve
        if self.switched:
            proxied.drained(known, self.spec["drain"], time.monotonic())
        instances.stop(self.app, known, settling.STOP_SECONDS)
        # One that served before stays one to go back to.
        state = "failed" if self.document.get("again") is None else "retired"
        self.app.note(known, state=state, ports=(), why=str(error)[:300])
        pruning.prune(self.app, self.spec["keep"])

    def _end(self, release: Release) -> None:
        ballast.drop(self.app)
        pruning.prune(self.app, self.spec["keep"])
        if command := self.spec.get("after_deploy"):
            try:
                self._timed("after_deploy", lambda: self._hook(release, command))
            except StepError as error:
                self.emit({"type": "warning", "what": error.problem, "output": error.output})
        self.emit({"type": "done", "changed": 1, **looking.serves(self.app.name)})
