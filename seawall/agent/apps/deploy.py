"""A deploy: the code arrives in the foreground, the rest is a unit that outlives its caller.

Build → migrate → start beside the old one → healthy → switch → verify over the domain → drain →
stop the old one. Whatever fails before the switch leaves the old release untouched and serving;
whatever is killed in between is settled by the unit's last command, or by the next deploy.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import time
from contextlib import contextmanager
from typing import IO, Any, Dict, Iterator, List, Optional

from seawall.agent import system, wire
from seawall.agent.apps import containers, declared, instances, receive, traffic
from seawall.agent.apps.records import App, Release
from seawall.agent.job import AGENTS, install
from seawall.agent.system import StepError

FOLDER = f"{system.STATE}/deploys"
PRIVATE = system.Ownership(0o600, 0, 0)
Spec = Dict[str, Any]


@contextmanager
def lock(app: App) -> Iterator[bool]:
    """One deploy of an app at a time; the kernel lets go when its holder dies."""
    system.private_folder(system.RUN)
    with open(f"{system.RUN}/app-{app.name}.lock", "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def deploy(document: Dict[str, Any], stream: IO[bytes], agent: bytes) -> Optional[str]:
    """Receive a release, hand the rest to a unit; returns the job to follow."""
    app = App(document["app"])
    with lock(app) as mine:
        if not mine:
            wire.emit({"type": "busy", **_holder(app)})
            return None
        instances.make_user(app)
        app.make_places()
        release = _received(app, document, stream)
        job = f"{app.name}-{release.number}-{int(time.time())}"
        _hand_over(app, job, {**document, "number": release.number}, agent)
    wire.emit({"type": "release", "number": release.number})
    _start_unit(document["sha"], job, app.name)
    return job


def _received(app: App, document: Dict[str, Any], stream: IO[bytes]) -> Release:
    """The release to start: an older one, the code of an older one, or new code."""
    if document.get("again") is not None:
        again = app.release(document["again"])
        if again is None:
            raise StepError(f"release {document['again']} of {app.name} is not here any more")
        return again
    number = max([document.get("number") or 1, *(each.number + 1 for each in app.releases())])
    if document.get("restart"):
        return app.note(declared.repeated(app, number))
    source = document.get("source") or number
    if source != number and not os.path.isdir(app.code(source)):
        raise StepError(f"the code of release {source} of {app.name} is not here any more")
    told = {key: document["release"].get(key, "") for key in ("sha", "author", "build")}
    release = Release(number, source, made=time.time(), **told)
    if source == number and document["bytes"]:
        receive.unpack(app, release, stream, document["bytes"])
    return app.note(release)


def _holder(app: App) -> Dict[str, Any]:
    content = system.read(f"{FOLDER}/{app.name}.owner")
    known = json.loads(content) if content else {}
    since = round(time.time() - known.get("since", time.time()))
    return {"owner": known.get("owner", ""), "since": since}


def _hand_over(app: App, job: str, document: Dict[str, Any], agent: bytes) -> None:
    install(document["sha"], agent)
    system.private_folder(system.STATE)
    system.private_folder(FOLDER)
    for name in os.listdir(FOLDER):
        if name.rpartition("-")[0].rpartition("-")[0] == app.name or name == f"{app.name}.owner":
            system.remove(f"{FOLDER}/{name}")
    owner = {"owner": document.get("owner", ""), "since": time.time()}
    system.write(f"{FOLDER}/{app.name}.owner", json.dumps(owner).encode(), PRIVATE)
    system.write(f"{FOLDER}/{job}.json", json.dumps(document).encode(), PRIVATE)


def _start_unit(sha: str, job: str, name: str) -> None:
    agent = f"{AGENTS}/agent-{sha[:16]}.pyz"
    unit = ["systemd-run", "--quiet", "--collect", f"--unit=seawall-apply-{job}"]
    python = f"/usr/bin/python3 -I {agent}"
    settle = f"--property=ExecStopPost={python} settle {name}"
    system.must([*unit, settle, *python.split(), "deploy", job])


def run(job: str) -> None:
    """Carry out what was handed over; called by its unit."""
    emit = wire.recorder(f"{FOLDER}/{job}.events")
    path = f"{FOLDER}/{job}.json"
    document = json.loads(system.read(path) or b"null")
    system.remove(path)  # it holds secrets
    app = App(document["app"])
    with lock(app) as mine:
        if not mine:
            return emit({"type": "failed", "problem": "another deploy was faster"})
        try:
            Deploy(app, document, emit).carry_out()
        except StepError as error:
            emit({"type": "failed", "problem": error.problem, "output": error.output, **_now(app)})
        except Exception as error:
            story = {"problem": f"{type(error).__name__}: {error}", "bug": True}
            emit({"type": "failed", **story, **_now(app)})
            raise
    return None


def _now(app: App) -> Dict[str, Any]:
    """What is served, whatever happened."""
    serving = app.serving()
    return {"serving": serving.number if serving else None}


def serves(name: str) -> Dict[str, Any]:
    """What an app serves, for a deploy that ended before it began."""
    return _now(App(name))


class Deploy:
    """One deploy, step by step, each with an event of its own."""

    def __init__(self, app: App, document: Dict[str, Any], emit: wire.Emit) -> None:
        self.app = app
        self.document = document
        self.spec: Spec = document["spec"]
        self.emit = emit

    def carry_out(self) -> None:
        """From the code in its place to the new release serving alone."""
        settle(self.app)
        release = self.app.release(self.document["number"])
        assert release is not None
        self.spec = declared.spec(self.app, release, self.document)
        old = self.app.serving()
        if old and old.number == release.number:
            raise StepError(f"release {old.number} is serving already")
        try:
            release = self._made(release)
            self._switch(release, old)
        except BaseException as error:
            self._give_up(release, error)
            raise
        self._end(release, old)

    def _step(self, what: str, began: float, note: str = "", ok: bool = True) -> None:
        seconds = round(time.monotonic() - began, 2)
        self.emit({"type": "step", "what": what, "note": note, "ok": ok, "seconds": seconds})

    def _made(self, release: Release) -> Release:
        """Built, migrated, started beside the old one, and healthy."""
        if release.source == release.number and self.document.get("again") is None:
            self._timed("build", lambda: self._build(release))
        if command := self.spec.get("before_switch"):
            self._timed("migrate", lambda: self._hook(release, command))
            release = self.app.note(release, migrated=True)
        count = self.spec["instances"] if self.spec.get("listens", True) else 0
        ports = tuple(instances.free_ports(count)) if count else (0,)
        release = self.app.note(release, state="starting", ports=ports, why="")
        declared.keep(self.app, release, self.spec)
        kind = containers if containers.is_one(self.spec) else instances
        kind.write_units(self.app, release, self.spec)
        self._timed("start", lambda: self._start(release))
        return release

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
        return str(release.sha)[:7]

    def _hook(self, release: Release, command: str) -> str:
        if containers.is_one(self.spec):
            code, output = containers.once(self.app, release, self.spec, command)
        else:
            place = self.app.code(release.source)
            code, output = receive.run_as(self.app, command, place, self.spec["env"])
        if code != 0:
            tail = "\n".join(output.splitlines()[-receive.LAST_LINES :])
            raise StepError(f"{command!r} failed, exit code {code}", tail)
        return command

    def _start(self, release: Release) -> str:
        instances.start(self.app, release)
        try:
            seconds = instances.wait_healthy(self.app, release, self.spec["health"])
        except StepError as error:
            if containers.is_one(self.spec):
                self._guess(containers.likely(error, self.app, release, self.spec))
            raise
        return f"healthy after {seconds:.1f} s"

    def _guess(self, cause: str) -> None:
        if cause:
            self.emit({"type": "warning", "what": cause})

    def _switch(self, release: Release, old: Optional[Release]) -> None:
        """Send requests to the new release; back to the old one when nobody is served."""
        self._timed("switch", lambda: self._flip(release, old))

    def _flip(self, release: Release, old: Optional[Release]) -> str:
        domain = str(self.spec.get("domain") or "")
        traffic.switch(self.app, release)
        if domain:
            try:
                traffic.verify(domain, self.spec["health"].get("path", "/"))
            except StepError:
                if old:
                    traffic.switch(self.app, old)
                raise
        self.app.serve(release)
        self.app.note(release, state="serving", why="")
        if old:
            self.app.note(old, state="retired")
        return domain

    def _give_up(self, release: Release, error: BaseException) -> None:
        """Stop the new release; the old one was never touched."""
        known = self.app.release(release.number) or release
        instances.stop(self.app, known, 10)
        serving = self.app.serving()
        if serving is None or serving.number != known.number:
            self.app.note(known, state="failed", ports=(), why=str(error)[:300])

    def _end(self, release: Release, old: Optional[Release]) -> None:
        if old:
            self._timed("drain", lambda: self._retire(old))
        prune(self.app, self.spec["keep"])
        if command := self.spec.get("after_deploy"):
            try:
                self._timed("after_deploy", lambda: self._hook(release, command))
            except StepError as error:
                self.emit({"type": "warning", "what": error.problem, "output": error.output})
        self.emit({"type": "done", "changed": 1, **_now(self.app)})

    def _retire(self, old: Release) -> str:
        seconds = traffic.drained(old, self.spec["drain"])
        instances.stop(self.app, old, self.spec["drain"])
        self.app.note(old, state="retired", ports=())
        return f"{seconds:.1f} s" if seconds > 1 else ""


def settle(app: App) -> None:
    """Leave one release serving, whatever was killed in between: the one that is written down."""
    serving = app.serving()
    if serving and serving.ports:
        traffic.switch(app, serving)
    for release in app.releases():
        if serving and release.number == serving.number:
            continue
        if release.ports:
            instances.stop(app, release, 10)
            state = "retired" if release.state in ("serving", "retired") else "failed"
            app.note(release, state=state, ports=(), why=release.why or "it was interrupted")
        elif release.state in ("building", "starting"):
            app.note(release, state="failed", why="it was interrupted")


def prune(app: App, keep: int) -> None:
    """Forget what is older than the last `keep` releases, never the one to go back to."""
    serving = app.serving()
    good = [each for each in app.releases() if each.state in ("serving", "retired")]
    kept = {each.number for each in good[-keep:]} | {each.number for each in good[-2:]}
    kept |= {serving.number} if serving else set()
    newest = max([each.number for each in app.releases()], default=0)
    sources = {each.source for each in app.releases() if each.number in kept}
    for release in app.releases():
        if release.number not in kept and release.number != newest:
            for place in (app.environment, app.starter, app.declared):
                system.remove(place(release.number))
            system.remove(f"{app.code(release.number)}.json")
    there = {release.number for release in app.releases()}
    for name in os.listdir(f"{app.folder}/releases"):
        if name.isdigit() and int(name) not in there | sources:
            shutil.rmtree(f"{app.folder}/releases/{name}", ignore_errors=True)
    containers.prune(app, there | sources)


def settled(name: str) -> None:
    """What the unit does last: nothing when the deploy ended well, otherwise tidy up."""
    app = App(name)
    with lock(app) as mine:
        if mine:
            settle(app)


def look() -> List[Dict[str, Any]]:
    """Every app of this server with its releases, newest first."""
    from seawall.agent.apps.records import apps

    return [
        {
            "app": app.name,
            "serving": _now(app)["serving"],
            "running": instances.running(app, serving) if (serving := app.serving()) else None,
            "releases": [release.document() for release in reversed(app.releases())],
        }
        for app in apps()
    ]
