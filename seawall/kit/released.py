"""Apps and their releases, as a server tells them, and how a deploy ended; no text yet."""

from dataclasses import dataclass
from typing import Any

from seawall.errors import SeawallError

STATES = ("building", "starting", "serving", "retired", "failed")


@dataclass(frozen=True)
class Release:
    """One release on one server. `made` is in seconds since 1970.

    `source` is the release whose code it uses, `repeats` the one it is a restart of, `build`
    stands for how its code was built.
    """

    number: int
    source: int
    state: str
    sha: str = ""
    author: str = ""
    made: float = 0.0
    migrated: bool = False
    why: str = ""
    build: str = ""
    repeats: int = 0
    supervisor: str = "systemd"

    @classmethod
    def told(cls, known: dict[str, Any]) -> "Release":
        """A release as a server tells it; ValueError or TypeError when it makes no sense."""
        state = str(known["state"])
        if state not in STATES:
            raise ValueError(f"a release is {state}")
        return cls(
            int(known["number"]),
            int(known["source"]),
            state,
            str(known.get("sha", "")),
            str(known.get("author", "")),
            made=float(known.get("made", 0)),
            migrated=bool(known.get("migrated")),
            why=str(known.get("why", "")),
            build=str(known.get("build", "")),
            repeats=int(known.get("repeats", 0)),
            supervisor=str(known.get("supervisor", "systemd")),
        )


@dataclass(frozen=True)
class Trouble:
    """How often the serving release ended by itself, or hung, and the last lines about it; no
    lines when it does so no more."""

    count: int = 0
    lines: tuple[str, ...] = ()

    @classmethod
    def told(cls, known: dict[str, Any] | None) -> "Trouble":
        """Trouble as a server tells it; ValueError or TypeError when it makes no sense."""
        seen = known or {}
        return cls(int(seen.get("count", 0)), tuple(str(seen.get("lines", "")).splitlines()[-20:]))


@dataclass(frozen=True)
class Releases:
    """The releases of an app on one server, newest first; `error` when it could not be asked."""

    server: str
    app: str
    releases: tuple[Release, ...] = ()
    serving: int | None = None
    running: bool | None = None
    """False when an instance of the serving release does not run."""
    error: SeawallError | None = None
    hosts: tuple[str, ...] = ()
    """The domains that the server's proxy knows."""
    crashes: Trouble = Trouble()
    hung: Trouble = Trouble()
    """In the last day."""

    @property
    def now(self) -> Release | None:
        """The release that serves."""
        return self.find(self.serving) if self.serving is not None else None

    @property
    def newest(self) -> int:
        """The highest number so far."""
        return max((release.number for release in self.releases), default=0)

    def find(self, number: int) -> Release | None:
        """The release of this number, when it is still there."""
        return next((each for each in self.releases if each.number == number), None)

    def before(self) -> Release | None:
        """The release to go back to: the newest that served before the one that serves."""
        now = self._origin(self.now) if self.now else 0
        older = (each for each in self.releases if not now or each.number < now)
        return next((each for each in older if each.state == "retired"), None)

    def _origin(self, release: Release) -> int:
        """The release that was restarted, once or again and again, to make this one."""
        first = self.find(release.repeats) if release.repeats else None
        return self._origin(first) if first else release.repeats or release.number

    def migrated_since(self, number: int) -> tuple[int, ...]:
        """Releases behind this one, up to the serving one, that changed the database."""
        last = self.serving or 0
        return tuple(
            each.number
            for each in reversed(self.releases)
            if number < each.number <= last and each.migrated
        )


def differ(seen: list[Releases]) -> bool:
    """True when servers that could be asked do not all serve the same release of an app."""
    return len({one.serving for one in seen if not one.error}) > 1


def in_common(seen: list[Releases]) -> Release | None:
    """Where servers differ: the newest release that all could serve, before the newest served."""
    newest = max(one.serving or 0 for one in seen)
    for release in seen[0].releases:
        found = [one.find(release.number) for one in seen]
        same = {(each.sha, each.source) for each in found if each}
        served = all(each and each.state in ("serving", "retired") for each in found)
        if release.number < newest and served and len(same) == 1:
            return release
    return None


@dataclass(frozen=True)
class Deployed:
    """How a deploy ended on one server.

    `before` served when it began, `serving` serves now; `step` is what could not be done.
    """

    server: str
    app: str
    number: int = 0
    serving: int | None = None
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    error: SeawallError | None = None
    before: int | None = None
    step: str = ""
    looked: bool = True
    """False when the server could not even be asked what it serves."""
    output: tuple[str, ...] = ()
    """The last lines that the app or the command wrote, when it failed."""
    gone_back: bool = False
    """True when it worked, and was undone because it did not work on another server."""


@dataclass(frozen=True)
class Visit:
    """What an app's domain answers to somebody who comes from outside."""

    url: str
    status: int = 0
    seconds: float = 0.0
    tls: str = ""
    problem: str = ""
    asked_at: str = ""
    """The server that was asked, where the name itself leads nowhere yet."""
