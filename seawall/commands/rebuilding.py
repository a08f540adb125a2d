"""What `seawall rebuild` does, in order: mark, apply, restore, release, and write down how long."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seawall.commands import changes, releasing
from seawall.commands.naming import require_name
from seawall.commands.servers import described
from seawall.errors import ConfigError, SeawallError
from seawall.report.screen import Output, may_ask

if TYPE_CHECKING:
    from seawall.config import Config
    from seawall.engine.backing import Saved


@dataclass(frozen=True)
class Asked:
    """What was typed."""

    server: str
    on: str = ""
    kit: str = ""
    release: str = ""
    confirm: str = ""


@dataclass
class Rebuild:
    """One rebuild, as far as it has come. Times are in seconds, from when it first began."""

    output: Output
    config: "Config"
    asked: Asked
    began: float = field(default_factory=time.time)
    clock: float = field(default_factory=time.monotonic)
    sha: dict[str, str] = field(default_factory=dict)
    stored: list[float] = field(default_factory=list)
    """When each dataset's copy was stored."""

    @property
    def server(self) -> str:
        return self.asked.server

    def apply(self) -> int:
        """Make it as declared."""
        return changes.made_so(self.output, self.config, [self.server], yes=True, verb="rebuild")

    def restore(self) -> int:
        """Bring back every dataset, and compare it with what was saved."""
        from seawall.engine import backing
        from seawall.report import copies, documents
        from seawall.report.live import waiting

        with waiting(self.output, f"{self.server}: restoring"):
            saved = backing.carry_out(self.config, [self.server], backing.Wanted("rebuild"))
        if self.output.spoken:
            copies.outcome(saved, self.output.out)
        else:
            documents.write_event({"type": "restores", **copies.document(saved)})
        self._learned(saved[0])
        return copies.exit_code(saved)

    def _learned(self, saved: "Saved") -> None:
        """The releases that the newest copy names, and how old the copies are."""
        for event in sorted(saved.events, key=lambda event: float(event.get("stored", 0))):
            self.sha |= event.get("releases", {})
            self.stored += [event["stored"]] if "stored" in event else []

    def release(self) -> int:
        """Deploy the apps that do not serve what they served."""
        from seawall.engine.deploying import Wanted
        from seawall.features.scalability.apps import Apps
        from seawall.repository import archive

        assert self.config.path
        folder = self.config.path.parent
        apps = list(self.config.of(Apps).on(self.server))
        code = {app: archive.pack(folder, self._commit(app)) for app in apps}
        target = releasing.Target(self.config, apps, self.server)
        target.apps = [app for app in apps if self._lacks(target, app, code[app].sha)]
        target.warnings += [self._newest(app) for app in target.apps if app not in self.sha]
        if not target.apps:
            return 0
        return releasing.carry_out(self.output, target, lambda app: Wanted(app, code[app]))

    def _commit(self, app: str) -> str:
        return self.asked.release or self.sha.get(app, "HEAD")

    def _newest(self, app: str) -> str:
        return f"{app}: the copies do not say which release served, so the last commit does now."

    def _lacks(self, target: releasing.Target, app: str, sha: str) -> bool:
        seen = releasing.look(self.output, target, app)
        return any(not one.now or one.now.sha != sha for one in seen)

    def told(self) -> dict[str, Any]:
        """What is measured: how long it took, and how old the oldest copy was when it began."""
        age = self.began - min(self.stored) if self.stored else None
        return {
            "server": self.server,
            "seconds": round(time.monotonic() - self.clock, 1),
            "data_age": round(age, 1) if age is not None else None,
            "data_of": min(self.stored, default=None),
            "releases": self.sha,
        }


def carry_out(output: Output, asked: Asked) -> int:
    """Bring the server back; the exit code."""
    from seawall.engine import rebuilding
    from seawall.report import rebuilt

    if asked.kit:
        _take_key(asked.kit)
    config, _ = described([asked.server])
    config = rebuilding.moved(config, asked.server, asked.on)
    where = asked.on or "its address in seawall.yml"
    again = f"seawall rebuild {asked.server} --from-backup"
    told = [f"{asked.server} is made anew at {where}. The lost one has to be off."]
    require_name(output, (asked.server,), asked.confirm, again=again, told=told)
    work = Rebuild(output, config, asked)
    output.stays = lambda: "What is done stays; the same command goes on from here."
    begun = rebuilding.begin(config, asked.server)
    work.clock, work.began = work.clock - begun.elapsed, work.began - begun.elapsed
    code = work.apply() or work.restore() or (0 if begun.done else work.apply()) or work.release()
    if code:
        return code
    if not begun.done:
        rebuilding.end(config, asked.server, work.told())
    rebuilt.report(work.told(), output, again=begun.done, host=asked.on)
    return 0


def _take_key(kit: str) -> None:
    """Open the secrets with the key that a kit holds, whatever keys are here."""
    from seawall.secrets import projectkey

    text = _opened(Path(kit).read_text())
    keys = [word for word in text.split() if word.startswith("AGE-SECRET-KEY-1")]
    if not keys:
        hint = "where it was made, the key of the project was not: seawall secrets key --import"
        raise ConfigError(f"{kit} holds no key of the project", hint)
    os.environ[projectkey.VARIABLE] = keys[0]


def _opened(text: str) -> str:
    """What a kit says; asks for its passphrase when it is locked with one."""
    from seawall.secrets import seal

    if not text.startswith("-----BEGIN AGE"):
        return text
    if not may_ask():
        raise ConfigError("the kit is locked, and nobody can be asked", "age -d opens it")
    try:
        return seal.unlocked(text, click.prompt("Passphrase of the kit", hide_input=True, err=True))
    except seal.Unopened:
        hint = "if it was locked for people: age -d -i ~/.ssh/id_ed25519 KIT > OPEN-KIT"
        raise SeawallError("that does not open the kit", hint) from None
