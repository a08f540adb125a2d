"""A release whose files the proxy serves itself: chosen once, then read by it and nobody else.

The proxy follows every link and serves every file that it can read. So what may be served is put
in a folder of its own: no hidden file, no link, only what lies in the declared folder. Nothing
changes there afterwards.
"""

from __future__ import annotations

import filecmp
import grp
import os
import shutil
import time
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

from seawall.agent import system
from seawall.agent.apps import proxied
from seawall.agent.apps.records import App, Release
from seawall.agent.system import StepError

Spec = Dict[str, Any]
PROXY = "caddy"
SHOWN = ".well-known"
"""The one hidden name that is meant for visitors (RFC 8615)."""
OURS = ("seawall.yml", "seawall.lock.yml")
SECOND = 1_000_000_000
"""In nanoseconds; the dates of HTTP are no finer (RFC 9110, 5.6.7)."""


def is_one(spec: Spec) -> bool:
    """True for a release of files."""
    return bool(spec.get("static"))


def publish(app: App, release: Release, spec: Spec) -> Iterator[str]:
    """Put a built release's files where the proxy reads them; yields what was left out."""
    code = app.code(release.number)
    top = os.path.realpath(os.path.join(code, spec["static"]))
    if not os.path.isdir(top) or not f"{top}/".startswith(f"{code}/"):
        there = ", ".join(sorted(os.listdir(code))[:20])
        raise StepError(f"there is no folder {spec['static']} in the release", f"there: {there}")
    place = app.site(release.number)
    shutil.rmtree(place, ignore_errors=True)
    _make(os.path.dirname(place))
    left_out = _link(top, place)
    if left_out:
        named = ", ".join(sorted(left_out)[:5])
        yield f"not served: links that lead to a folder or out of {spec['static']}: {named}"


def _make(folder: str) -> None:
    """A folder that the proxy may enter, and no other account."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    os.chown(folder, 0, grp.getgrnam(PROXY).gr_gid)
    os.chmod(folder, 0o750)


def _link(top: str, place: str) -> List[str]:
    """The same files by hard links, which take no room; the links that were left out."""
    left_out = []
    for folder, below, names in os.walk(top):
        here = os.path.normpath(os.path.join(place, os.path.relpath(folder, top)))
        os.makedirs(here, mode=0o755)
        below[:] = [name for name in below if _is_shown(name)]
        for name in filter(_is_shown, [*names, *below]):
            path = os.path.join(folder, name)
            file = _target(path, top)
            if file:
                os.link(file, os.path.join(here, name))
                os.chmod(file, 0o644)  # closed to others by the folders around it
            elif os.path.islink(path):
                left_out.append(os.path.relpath(path, top))
    return left_out


def _is_shown(name: str) -> bool:
    return name == SHOWN or not (name.startswith(".") or name in OURS)


def _target(path: str, top: str) -> Optional[str]:
    """The regular file that a name stands for, if visitors may have it by its own name too."""
    end = os.path.realpath(path)
    inside = end.startswith(f"{top}/") and os.path.isfile(end)
    return end if inside and all(map(_is_shown, end[len(top) + 1 :].split("/"))) else None


def start(app: App, release: Release, spec: Spec) -> str:
    """Nothing starts: the proxy is asked for a file of this release before it serves."""
    serving = app.serving()
    if serving and serving.static and serving.source != release.source:
        _date(app.site(release.source), app.site(serving.source))
    path = spec["health"].get("path") or "/"
    status, told = proxied.preview(app.name, release.source, path)
    if told != str(release.source):
        raise StepError("the proxy does not serve folders for it yet: seawall apply tells it")
    if status >= 400:
        raise StepError(f"GET {path} answered {status}")
    return f"{path} answers {status}"


def _date(place: str, before: str) -> None:
    """What is the same as in the serving release stays known to browsers, by its date; anything
    else is newer than all they have, also when it is an older release that comes back."""
    now = time.time_ns()
    for path, relative in _files(place):
        old = os.path.join(before, relative)
        known = os.stat(old).st_mtime_ns if os.path.isfile(old) else None
        at = now if known is None else max(now, known + SECOND)
        if known is not None and filecmp.cmp(path, old, shallow=False):
            at = known
        os.utime(path, ns=(at, at))
    filecmp.clear_cache()


def _files(place: str) -> Iterator[Tuple[str, str]]:
    for folder, _, names in os.walk(place):
        for name in names:
            path = os.path.join(folder, name)
            yield path, os.path.relpath(path, place)


def prune(app: App, sources: Set[int]) -> None:
    """Forget the files of releases whose code is gone."""
    folder = f"{app.folder}/public"
    if os.path.isdir(folder):
        for name in os.listdir(folder):
            if not name.isdigit() or int(name) not in sources:
                shutil.rmtree(f"{folder}/{name}", ignore_errors=True)
        system.sync_folder(folder)
