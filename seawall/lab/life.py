"""From nothing to a running server and back to nothing.

Whatever is added to this machine is in the server's record before it is added, so `down` finds
all of it even when `up` was killed half way.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from seawall.errors import SeawallError

from . import base, disk, machine, network, packages, record
from .record import LabServer

WHOLE = "whole"
"""Marks a disk that has everything."""


@dataclass(frozen=True)
class Wanted:
    """What was asked for; None leaves it to the default, or to the server that is there."""

    release: str | None = None
    init: str | None = None
    user: str | None = None
    sudo: str | None = None
    containers: bool | None = None

    def contradicts(self, server: LabServer) -> bool:
        asked = (self.release, self.init, self.user, self.containers)
        has = (server.release, server.init, server.user, server.containers)
        return any(want not in (None, got) for want, got in zip(asked, has, strict=True))


@contextlib.contextmanager
def held(name: str | None) -> Iterator[str]:
    """Hold a server's name, or a free one, so that nobody else works on it meanwhile."""
    for folder in ("servers", "locks", "logs"):
        (record.home() / folder).mkdir(mode=0o700, exist_ok=True)
    chosen = name or _free_name()
    with record.locked(record.home() / "locks" / chosen):
        try:
            yield chosen
        finally:
            with contextlib.suppress(OSError):  # the name was taken, the server never made
                record.folder_of(chosen).rmdir()


def is_whole(name: str) -> bool:
    """Whether there is such a server; the rest of an interrupted `up` is taken away."""
    folder = record.folder_of(name)
    if (folder / "server.json").exists() and not (folder / WHOLE).exists():
        remove(record.find(name))
    return (folder / WHOLE).exists()


def create(name: str, wanted: Wanted, say: Callable[[str], None]) -> LabServer:
    """Boot a new server; one that does not come up is taken away again."""
    release, init = wanted.release or base.RELEASES[0], wanted.init or next(iter(base.INITS))
    ready = base.ready(release, init, say)
    say(f"booting {name}")
    server = _describe(name, replace(wanted, release=release, init=init), str(ready))
    try:
        _assemble(server)
    except BaseException:
        remove(server)
        raise
    return server


def resume(server: LabServer, wanted: Wanted) -> LabServer:
    """Boot a server that was switched off; one that runs already is left alone."""
    if wanted.contradicts(server):
        was = f"{server.release}, {server.init}, user {server.user}"
        raise SeawallError(
            f"lab: {server.name} already exists with {was}", f"seawall lab down {server.name}"
        )
    if not machine.is_running(server):
        machine.stop(server)
        network.close_way_out(server.rules)
        machine.start(_with_way_out(server))
    return server


def remove(server: LabServer) -> None:
    """Take away the server and everything that was added to this machine for it."""
    machine.stop(server)
    network.close_way_out(server.rules)
    disk.unmount(server)
    packages.collect(server)
    record.forget(server)
    network.release(server.interface)


def _free_name() -> str:
    for number in range(1, 1000):
        name = f"lab{number}"
        with contextlib.suppress(FileExistsError):
            record.folder_of(name).mkdir()
            return name
    raise SeawallError("lab: a thousand servers are enough", "seawall lab down --all")


def _describe(name: str, wanted: Wanted, disk_base: str) -> LabServer:
    key = record.ssh_key()
    user = wanted.user or "root"
    interface = network.reserve(name)
    return LabServer(
        name=name,
        address=str(network.subnet_of(interface)[2]),
        address6=f"{network.prefix6_of(interface)}:2",
        key=key,
        ssh_config=record.home() / "ssh_config",
        release=wanted.release or "",
        init=wanted.init or "",
        user=user,
        password=disk.new_password(user, wanted.sudo),
        containers=bool(wanted.containers),
        interface=interface,
        base=disk_base,
        rules=network.way_out(interface)[1],
    )


def _assemble(server: LabServer) -> None:
    server.folder.mkdir(mode=0o700, exist_ok=True)
    server.log.unlink(missing_ok=True)
    record.save(server)
    packages.offer(server)
    disk.mount(server)
    disk.furnish(server)
    (server.folder / WHOLE).touch()
    machine.start(_with_way_out(server))


def _with_way_out(server: LabServer) -> LabServer:
    """The same server with the rules that suit this machine's firewall now."""
    rules, undo = network.way_out(server.interface)
    current = replace(server, rules=undo)
    record.save(current)
    network.open_way_out(rules)
    return current
