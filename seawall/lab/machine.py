"""Boots a server, notices when it is up, and cuts its power.

A small shell loop per server outlives the command that started it: it boots the server again
when it reboots and gives this machine's end of the cable its addresses. Loop and server have a
control group of their own, so cutting the power ends exactly their processes and no others.
"""

import re
import shlex
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from seawall.errors import SeawallError

from . import disk, groups, network
from .record import LabServer

PATIENCE = 60.0
REBOOT = 133
WATCHES = Path("/proc/sys/fs/inotify/max_user_instances")
ENOUGH_WATCHES = 4096
"""Each systemd takes about six; with the usual limit of 128 the twentieth server never boots."""
NSPAWN = Path("/run/systemd/nspawn")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")

LOOP = """\
#!/bin/sh
echo $$ > {group}/loop/cgroup.procs || exit 1
while :; do
  sh -c 'echo $$ > {group}/machine/cgroup.procs && exec "$@"' boot {boot} &
  guest=$!
  until ip link set {interface} up 2>/dev/null; do
    kill -0 $guest 2>/dev/null || break
    sleep 0.05
  done
  ip addr add {gateway}/24 dev {interface}
  ip -6 addr add {gateway6}/64 dev {interface} nodad
  wait $guest
  code=$?
  [ $code -eq {reboot} ] || exit $code
done
"""


def is_running(server: LabServer) -> bool:
    return groups.has_processes(server.interface)


def start(server: LabServer) -> None:
    """Boot it; returns once ssh answers."""
    if not network.claim(server.interface, server.name):
        raise SeawallError(
            f"lab: {server.name}: its subnet is now used by another server",
            f"seawall lab down {server.name}",
        )
    if int(WATCHES.read_text()) < ENOUGH_WATCHES:
        WATCHES.write_text(f"{ENOUGH_WATCHES}\n")
    disk.mount(server)
    groups.make(server.interface)
    loop = server.folder / "boot.sh"
    loop.write_text(_loop(server))
    _detach(["sh", str(loop)], server.log)
    wait(server)


def _detach(command: list[str], log: Path) -> None:
    """Start it so that it outlives the command that asked for it."""
    with log.open("ab") as output:
        subprocess.run(
            ["setsid", "--fork", *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            check=True,
        )


def wait(server: LabServer, port: int = 22) -> None:
    """Wait until it lets people log in by ssh; says its last console lines if it never does."""
    _until(lambda: _greets(server.address, port) and _lets_in(server), server, "answering by ssh")


def wait_for_another(server: LabServer, first: int) -> None:
    """Wait until the process that was its process 1 is gone."""
    _until(lambda: not Path(f"/proc/{first}").exists(), server, "shut down")


def stop(server: LabServer) -> None:
    """Kill everything of it at once, as a power cut would, and wait until nothing is left."""
    groups.kill(server.interface)
    _until(lambda: not (is_running(server) or _cable(server).exists()), server, "dead")
    groups.remove(server.interface)
    _sweep(server)


def first_process(server: LabServer) -> int:
    """The number, on this machine, of the server's process 1."""
    first = _first_process(server)
    if first is None:
        raise SeawallError(f"lab: {server.name} is not running", f"seawall lab up {server.name}")
    return first


def shell(server: LabServer, script: str) -> subprocess.CompletedProcess[str]:
    """Run a script as root inside it without ssh, as a provider's console would."""
    pid = str(first_process(server))
    spaces = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd"]
    path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    inside = ["/usr/bin/env", "-i", path, "HOME=/root", "LANG=C.UTF-8", "/bin/sh", "-c", script]
    return subprocess.run(
        ["nsenter", "--target", pid, *spaces, "--", *inside],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def _loop(server: LabServer) -> str:
    return LOOP.format(
        group=groups.place(server.interface),
        boot=shlex.join(_boot_command(server)),
        interface=server.interface,
        gateway=network.subnet_of(server.interface)[1],
        gateway6=f"{network.prefix6_of(server.interface)}:1",
        reboot=REBOOT,
    )


def _boot_command(server: LabServer) -> list[str]:
    settings = [
        "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1",
        "SYSTEMD_NSPAWN_API_VFS_WRITABLE=network",
        "SYSTEMD_NSPAWN_TMPFS_TMP=0",
    ]
    command = ["env", "-u", "NOTIFY_SOCKET", *settings, "systemd-nspawn", "--quiet"]
    command += ["-D", str(server.root), "-M", _machine(server), f"--hostname={server.name}"]
    command += [f"--network-veth-extra={server.interface}:host0", "--private-network"]
    command += ["--keep-unit", "--register=no", "--resolv-conf=off", "--timezone=off"]
    command += ["--link-journal=no", "--console=read-only"]
    command += ["--system-call-filter=pidfd_getfd"]  # allowed to root on every real machine
    if server.containers:
        command += _container_options(server)
    if server.init == "sysvinit":
        return [*command, "--kill-signal=SIGINT", "env", "-u", "NOTIFY_SOCKET", "/sbin/init"]
    return [*command, "--kill-signal=SIGRTMIN+3", "--boot"]


def _container_options(server: LabServer) -> list[str]:
    """What Docker and podman need; their layers cannot lie on an overlay."""
    stores = [f"--bind={server.folder / name}:/var/lib/{name}" for name in disk.CONTAINER_STORES]
    calls = "--system-call-filter=add_key keyctl bpf"
    return ["--capability=all", calls, "--bind=/dev/fuse", *stores]


def _machine(server: LabServer) -> str:
    return f"seawall-lab-{server.interface}"


def _first_process(server: LabServer) -> int | None:
    pids = groups.processes(server.interface)
    return next((pid for pid in pids if groups.inner_numbers(pid) == ["1"]), None)


def _cable(server: LabServer) -> Path:
    return Path("/sys/class/net") / server.interface


def _until(true: Callable[[], bool], server: LabServer, what: str) -> None:
    until = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > until:
            raise SeawallError(
                f"lab: {server.name}: still not {what} after {PATIENCE:.0f} s, "
                f"its console ends with: {_last_words(server)}",
                f"look at {server.log}",
            )
        time.sleep(0.03)


def _sweep(server: LabServer) -> None:
    """Remove what a killed nspawn leaves in /run."""
    for left in NSPAWN.glob(f"*/{_machine(server)}"):
        if left.is_mount():  # newer versions share sockets there
            subprocess.run(["umount", str(left)], check=True)
        left.rmdir()
    if server.root.exists():
        disk_of = server.root.stat()
        (NSPAWN / f"locks/inode-{disk_of.st_dev}:{disk_of.st_ino}").unlink(missing_ok=True)


def _last_words(server: LabServer) -> str:
    if not server.log.exists():
        return "nothing"
    text = COLOUR.sub("", server.log.read_text(errors="replace"))
    return " / ".join(line.strip() for line in text.strip().splitlines()[-3:])


def _greets(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1) as connection:
            connection.settimeout(2)
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def _lets_in(server: LabServer) -> bool:
    """False while it is booting and turns people away."""
    first = _first_process(server)
    return first is not None and not Path(f"/proc/{first}/root/run/nologin").exists()
