"""The releases of an app: which serves, what became of the others, from whom and when."""

import time
from collections.abc import Iterator
from typing import Any

from seawall import __version__
from seawall.errors import Unreachable
from seawall.kit.released import Release, Releases, differ
from seawall.report import documents
from seawall.report.layout import Page
from seawall.report.screen import Screen
from seawall.report.words import count, listed

MARKS = {"serving": "ok", "failed": "must", "retired": "skipped"}
NUMBER = 6
"""Columns for a release's number."""
DAY = 86400


def show(seen: list[Releases], screen: Screen, *, follow: str = "") -> None:
    """Write them, server by server, newest first."""
    page = Page(screen)
    for app in dict.fromkeys(one.app for one in seen):
        mine = [one for one in seen if one.app == app]
        for one in mine[:1] if _alike(mine) else mine:
            _app(page, one, [each.server for each in mine] if _alike(mine) else [one.server])
            page.blank()
        _apart(page, mine)
    if follow:
        page.text(f"Next: {follow}")
    page.lines = page.lines[:-1] if page.lines[-1:] == [""] else page.lines
    page.show()


def _alike(seen: list[Releases]) -> bool:
    """True when servers have the same releases, in the same states."""
    return not any(one.error for one in seen) and len({_kept(one) for one in seen}) == 1


def _kept(one: Releases) -> tuple[object, ...]:
    """All but what only one server knows: when it was made there, and who changed the database."""
    known = ((each.number, each.source, each.state, each.sha) for each in one.releases)
    return one.serving, one.running, *known


def _apart(page: Page, seen: list[Releases]) -> None:
    """Which server serves what, where they should all serve the same."""
    if differ(seen):
        each = (
            f"{one.server} serves {f'release {one.serving}' if one.serving else 'none'}"
            for one in seen
            if not one.error
        )
        page.item("must", f"{listed(each)}: seawall deploy {seen[0].app} makes them one again")
        page.blank()


def document(seen: list[Releases]) -> dict[str, Any]:
    """The same for a program."""
    told = [
        {
            "server": one.server,
            "app": one.app,
            "serving": one.serving,
            "running": one.running,
            "crashes": vars(one.crashes),
            "hung": vars(one.hung),
            "releases": [vars(release) for release in one.releases],
            "error": documents.error(one.error),
        }
        for one in seen
    ]
    return {"format": documents.FORMAT, "seawall": __version__, "releases": told}


def _app(page: Page, one: Releases, servers: list[str]) -> None:
    if page.screen.plain:
        page.lines += [page.screen.text(line) for line in _plain(one, servers)]
        return
    page.head(one.app, f"on {listed(servers)}")
    if one.error:
        page.failure(one.server, one.error)
    elif not one.releases:
        page.text(f"no release yet: seawall deploy {one.app}", indent=2, hang=2)
    elif one.running is False:
        page.item("must", f"release {one.serving} serves, but not every instance of it runs")
    _trouble(page, one)
    for release in one.releases:
        mark = MARKS.get(release.state, "should")
        when = ago(time.time() - release.made)
        page.item(mark, said(release), when, name=(str(release.number), NUMBER))


def _trouble(page: Page, one: Releases) -> None:
    """What the release that serves does not do well, with its own last words."""
    for told, lines in _troubles(one):
        page.item("should", told)
        for line in lines:
            page.text(line, indent=4)


def _troubles(one: Releases) -> Iterator[tuple[str, tuple[str, ...]]]:
    crashes, hung = one.crashes, one.hung
    if crashes.count:
        still = "it last wrote:" if crashes.lines else "not in the last five minutes"
        times = count(crashes.count, "time")
        yield f"release {one.serving} ended by itself {times}, {still}", crashes.lines
    if hung.count:
        times = count(hung.count, "time")
        yield f"release {one.serving} hung and was killed {times} in a day", hung.lines


def said(release: Release) -> str:
    """`serving, 4f21c9a by Dana, migrated the database`."""
    words = [
        f"{release.state}, {release.sha[:7] or 'unknown code'}"
        + (f" by {release.author}" if release.author else "")
    ]
    if release.repeats:
        words.append(f"a restart of {release.repeats}")
    elif release.source != release.number:
        words.append(f"code of {release.source}")
    words += [f"under {release.supervisor}"] if release.supervisor != "systemd" else []
    words += ["migrated the database"] if release.migrated else []
    words += [release.why] if release.state == "failed" and release.why else []
    return ", ".join(words)


def ago(seconds: float) -> str:
    """`just now`, `5 min ago`, `3 h ago`, `2 days ago`."""
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min ago"
    if seconds < DAY:
        return f"{seconds // 3600:.0f} h ago"
    return f"{count(round(seconds // DAY), 'day')} ago"


def _plain(one: Releases, servers: list[str]) -> list[str]:
    lines = [f"app: {one.app}", f"server: {', '.join(servers)}"]
    lines += [f"error: {one.error.problem}"] if one.error else []
    lines += [line for told, wrote in _troubles(one) for line in (told, *wrote)]
    for release in one.releases:
        when = ago(time.time() - release.made)
        lines.append(f"release {release.number}: {said(release)}, {when}")
    return lines


def exit_code(seen: list[Releases]) -> int:
    """1 when a server could not be asked; 3 when none could be reached."""
    errors = [one.error for one in seen if one.error]
    lost = all(isinstance(error, Unreachable) for error in errors)
    none = errors and lost and len(errors) == len(seen)
    return Unreachable.exit_code if none else int(bool(errors))


def going_back(seen: list[Releases], chosen: Release, screen: Screen) -> None:
    """What a rollback does, and what it does not undo."""
    page = Page(screen)
    page.lines.append("")
    already = [one.server for one in seen if one.serving == chosen.number]
    if already:
        page.text(f"{listed(already)}: release {chosen.number} is serving already.")
    migrated = sorted({number for one in seen for number in one.migrated_since(chosen.number)})
    if migrated and len(already) < len(seen):
        names = f"release{'s' if len(migrated) > 1 else ''} {listed(map(str, migrated))}"
        page.item("should", f"{names} changed the database; going back does not undo that")
    page.lines = page.lines if page.lines != [""] else []
    page.show()
