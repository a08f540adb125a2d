"""Who gets the requests: one small file for each instance, read by the proxy.

Caddy reads the port at every request from the placeholder {file.…}; a rename is the whole switch.
"""

from __future__ import annotations

import os

from seawall.agent import system
from seawall.agent.apps.records import PUBLIC, App, Release

SLOTS = 64
"""As many instances as an app can have on a server."""


def switch(app: App, release: Release) -> None:
    """Send every new request to this release; nothing is written where that is so already."""
    if release.static:
        _serve_files(app, release)
        return
    wanted = {str(slot): str(port).encode() for slot, port in enumerate(release.ports, 1) if port}
    moved = {slot: port for slot, port in wanted.items() if system.read(_path(app, slot)) != port}
    # All are written before the first counts: a disk may fill up, a rename needs no room.
    for slot, port in moved.items():
        system.write(f"{_path(app, slot)}.next", port, PUBLIC)
    for slot in moved:
        os.rename(f"{_path(app, slot)}.next", _path(app, slot))
    if moved:
        system.sync_folder(app.upstreams)
    if wanted:
        _point_the_rest(app, len(wanted))
    if os.path.exists(_path(app, "site")):
        system.remove(_path(app, "site"))


def _serve_files(app: App, release: Release) -> None:
    """From now on the proxy serves this release's folder, whatever ran before."""
    wanted = str(release.source).encode()
    if system.read(_path(app, "site")) != wanted:
        system.write(_path(app, "site"), wanted, PUBLIC)


def _path(app: App, slot: str) -> str:
    return f"{app.upstreams}/{slot}"


def _point_the_rest(app: App, count: int) -> None:
    """Slots without an instance lead to those that have one.

    The proxy may be told of more instances than the serving release has, before the next deploy.
    """
    for slot in range(count + 1, SLOTS + 1):
        path, end = app.upstream(slot), str((slot - 1) % count + 1)
        if not os.path.islink(path) or os.readlink(path) != end:
            fresh = f"{path}.new"
            if os.path.lexists(fresh):
                os.unlink(fresh)
            os.symlink(end, fresh)
            os.rename(fresh, path)
