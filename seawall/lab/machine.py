"""Boots a server, notices when it is up, and cuts its power.

A small shell loop per server outlives the command that started it: it boots the server again
when it reboots and gives this machine's end of the cable its addresses. Loop and server have a
control group of their own, so cutting the power ends exactly their processes and no others.
"""

import shlex
import socket
import subprocess
import time
from pathlib import Path

from seawall.errors import SeawallError

from . import disk, network
from .record import LabServer

BOOT_SECONDS = 60.0
REBOOT = 133

LOOP = """\
#!/bin/sh
echo $$ > {group}/loop/cgroup.procs
while :; do
  sh -c 'echo $$ > {group}/machine/cgroup.procs; exec "$@"' boot {boot} &
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
    events = _group(server) / "cgroup.events"
    return events.exists() and "populated 1" in events.read_text()


def start(server: LabServer) -> None:
    """Boot it; returns once ssh answers."""
    if not network.claim(server.interface, server.name):
        raise SeawallError(
            f"lab: {server.name}: its subnet is now used by another server",
            f"seawall lab down {server.name}",
        )
    disk.mount(server)
    for part in ("loop", "machine"):
        (_group(server) / part).mkdir(parents=True, exist_ok=True)
    loop = server.folder / "boot.sh"
    loop.write_text(_loop(server))
    with server.log.open("ab") as log:
        subprocess.run(
            ["setsid", "--fork", "sh", str(loop)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            check=True,
        )
    wait(server)


def wait(server: LabServer, port: int = 22) -> None:
    """Wait until it lets people log in by ssh; says its last console lines if it never does."""
    until = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < until:
        if _greets(server.address, port) and _lets_in(server):
            return
        time.sleep(0.05)
    lines = server.log.read_text(errors="replace").strip().splitlines()[-3:]
    raise SeawallError(
        f"lab: {server.name}: no answer by ssh after {BOOT_SECONDS:.0f} s: {' / '.join(lines)}",
        f"look at {server.log}",
    )


def wait_for_another(server: LabServer, first: int) -> None:
    """Wait until the process that was its process 1 is gone."""
    until = time.monotonic() + BOOT_SECONDS
    while Path(f"/proc/{first}").exists():
        if time.monotonic() > until:
            raise SeawallError(f"lab: {server.name}: does not shut down")
        time.sleep(0.02)


def stop(server: LabServer) -> None:
    """Kill everything of it at once, as a power cut would, and wait until nothing is left."""
    group = _group(server)
    if group.exists():
        (group / "cgroup.kill").write_text("1")
    until = time.monotonic() + 20
    while is_running(server) or _cable(server).exists():
        if time.monotonic() > until:
            raise SeawallError(f"lab: {server.name}: does not die")
        time.sleep(0.02)
    _remove_groups(group)
    for left in Path("/run/systemd/nspawn").glob(f"*/{_machine(server)}"):
        left.rmdir()


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
        group=_group(server),
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


def _group(server: LabServer) -> Path:
    return _control_groups() / "seawall-lab" / server.interface


def _control_groups() -> Path:
    for line in Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, *_ = line.split()
        if kind == "cgroup2":
            return Path(place)
    raise SeawallError("lab: this machine has no cgroup2 mounted", "mount -t cgroup2 …")


def _remove_groups(group: Path) -> None:
    for path in sorted(group.rglob("*/"), reverse=True):
        if path.is_dir():
            path.rmdir()
    if group.exists():
        group.rmdir()


def _first_process(server: LabServer) -> int | None:
    inside = (pid for pid in _processes(_group(server)) if _inner_numbers(pid) == ["1"])
    return next(inside, None)


def _processes(group: Path) -> list[int]:
    listed = [path.read_text().split() for path in group.rglob("cgroup.procs")]
    return sorted(int(pid) for pids in listed for pid in pids)


def _inner_numbers(pid: int) -> list[str]:
    """Its process numbers in the namespaces below this one."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return next(line for line in lines if line.startswith("NSpid:")).split()[2:]


def _cable(server: LabServer) -> Path:
    return Path("/sys/class/net") / server.interface


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
