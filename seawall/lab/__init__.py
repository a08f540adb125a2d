"""Disposable real Debian servers on this machine, for tests, demonstrations and rehearsals.

Each has its own init system, sshd, disk and network, boots in seconds, survives a reboot and
loses its power when told to. `down` takes away everything `up` added to this machine, and
nothing else; two settings stay, because others may rely on them by then: IPv4 forwarding and
the number of inotify instances.

What a lab server cannot show: memory and CPU limits are enforced only where this machine's
cgroup2 has the controllers; kernel settings outside net.* are read-only; servers reach each
other by IPv4 only; a power cut loses no data already handed to the kernel.
"""

import re
import shutil
import subprocess
from collections.abc import Callable

from seawall.errors import ConfigError

from . import base, life, machine, preflight, record
from .record import LabServer, find, servers

__all__ = [
    "INITS",
    "RELEASES",
    "SUDO",
    "LabServer",
    "cut_power",
    "down",
    "down_all",
    "find",
    "is_running",
    "prune",
    "reboot",
    "servers",
    "shell",
    "up",
    "wait",
]

RELEASES = base.RELEASES
INITS = tuple(base.INITS)
SUDO = ("nopasswd", "password")
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


def up(
    name: str | None = None,
    *,
    release: str | None = None,
    init: str | None = None,
    user: str | None = None,
    sudo: str | None = None,
    containers: bool | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> LabServer:
    """Boot a server and wait until ssh answers; one that is only switched off keeps its disk.

    The default is Debian bookworm with systemd, entered as root. Another `user` gets sudo,
    without a password or with one (`sudo="password"`). With `containers` it may run Docker
    and podman. A name that runs already is left alone.
    """
    _one_of("release", release, RELEASES)
    _one_of("init", init, INITS)
    _one_of("sudo", sudo, SUDO)
    for given in (name, user):
        _check_name(given)
    preflight.require()
    wanted = life.Wanted(release, init, user, sudo, containers)
    with life.held(name) as chosen:
        if life.is_whole(chosen):
            return life.resume(find(chosen), wanted)
        return life.create(chosen, wanted, on_progress or (lambda text: None))


def is_running(name: str) -> bool:
    return machine.is_running(find(name))


def reboot(name: str, *, port: int = 22) -> None:
    """Reboot it the polite way, from inside, and wait until ssh answers again."""
    preflight.require()
    server = find(name)
    before = machine.first_process(server)
    machine.shell(server, "systemctl reboot || shutdown -r now")
    machine.wait_for_another(server, before)
    machine.wait(server, port)


def cut_power(name: str) -> None:
    """Kill it at once; `up` of the same name boots it again with its disk."""
    preflight.require()
    with life.held(name):
        machine.stop(find(name))


def wait(name: str, *, port: int = 22) -> None:
    """Wait until ssh answers on that port."""
    machine.wait(find(name), port)


def shell(name: str, script: str) -> "subprocess.CompletedProcess[str]":
    """Run a script as root inside it without ssh, as a provider's console would."""
    return machine.shell(find(name), script)


def down(name: str) -> None:
    """Take away one server, its disk, and everything `up` added to this machine for it."""
    preflight.require()
    with life.held(name):
        server = find(name)
        life.remove(server)
        server.log.unlink(missing_ok=True)


def down_all() -> list[str]:
    """Take away every server of this lab; returns their names."""
    names = [server.name for server in servers()]
    for name in names:
        down(name)
    return names


def prune() -> list[str]:
    """Take away the servers that are not running, and what interrupted ones left behind."""
    dead = [server.name for server in servers() if not machine.is_running(server)]
    for name in dead:
        down(name)
    for folder in (record.home() / "servers").glob("*"):
        if not (folder / "server.json").exists():
            shutil.rmtree(folder)
    return dead


def _check_name(name: str | None) -> None:
    if name is not None and not NAME.fullmatch(name):
        raise ConfigError(
            f"lab: should be letters, digits and dashes, at most 31, got {name!r}",
            "for example: web1",
        )


def _one_of(what: str, given: str | None, known: tuple[str, ...]) -> None:
    if given is not None and given not in known:
        raise ConfigError(f"lab: {what}: should be one of {', '.join(known)}, got {given!r}")
