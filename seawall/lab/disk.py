"""A server's own disk, laid over its base, and what makes it this server and no other.

A server looks like a freshly rented one: root may log in by key, passwords are allowed as Debian
ships it, nothing is hardened. With another user it looks like a cloud image: root has no key,
the user has sudo.
"""

import secrets
import subprocess
import uuid
from pathlib import Path

from seawall.errors import SeawallError

from . import base, network, record
from .record import LabServer

CONTAINER_STORES = ("docker", "containerd", "containers")

NETWORKD = """\
[Match]
Name=host0

[Network]
Gateway={gateway}
IPv6AcceptRA=no
LinkLocalAddressing=ipv6

[Address]
Address={address}/24

[Address]
Address={address6}/64
DuplicateAddressDetection=none
"""

INTERFACES = """\
auto lo
iface lo inet loopback

auto host0
iface host0 inet static
  address {address}/24
  gateway {gateway}

iface host0 inet6 static
  address {address6}/64
  dad-attempts 0
  accept_ra 0
"""


def mount(server: LabServer) -> None:
    """Put the disk in its place; where overlays are refused, a full copy stands in."""
    if server.root.is_dir() and (server.root.is_mount() or any(server.root.iterdir())):
        return
    upper, work = server.folder / "upper", server.folder / "work"
    for path in (upper, work, server.root):
        path.mkdir(mode=0o755, exist_ok=True)
    options = f"lowerdir={server.base},upperdir={upper},workdir={work}"
    command = ["mount", "-t", "overlay", "-o", options, f"lab-{server.name}", str(server.root)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        copy = ["cp", "-a", "--reflink=auto", f"{server.base}/.", str(server.root)]
        subprocess.run(copy, check=True, umask=0o022)


def unmount(server: LabServer) -> None:
    if not server.root.is_mount():
        return
    if subprocess.run(["umount", str(server.root)], capture_output=True, check=False).returncode:
        raise SeawallError(
            f"lab: {server.name}: somebody on this machine is using its disk",
            f"leave {server.root}, then try again",
        )


def furnish(server: LabServer) -> None:
    """Give a fresh disk its name, keys, network, user and package sources."""
    root = server.root
    _write(root / "etc/hostname", f"{server.name}\n")
    _write(root / "etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {server.name}\n::1 localhost\n")
    _write(root / "etc/machine-id", f"{uuid.uuid4().hex}\n")
    _write(root / "etc/resolv.conf", network.resolvers())
    _write(root / "etc/apt/sources.list", base.sources(server.release))
    _connect(server)
    _make_host_keys(server)
    _let_in(server)
    for store in CONTAINER_STORES if server.containers else ():
        (server.folder / store).mkdir()


def new_password(user: str, sudo: str | None) -> str | None:
    wanted = user != "root" and sudo == "password"
    return secrets.token_urlsafe(12) if wanted else None


def _write(path: Path, text: str) -> None:
    """Write a file everybody in the server may read, whatever this process's umask is."""
    path.unlink(missing_ok=True)
    path.write_text(text)
    path.chmod(0o644)


def _connect(server: LabServer) -> None:
    gateway = str(network.subnet_of(server.interface)[1])
    values = {"gateway": gateway, "address": server.address, "address6": server.address6}
    if server.init == "sysvinit":
        _write(server.root / "etc/network/interfaces", INTERFACES.format(**values))
        return
    _write(server.root / "etc/systemd/network/10-host0.network", NETWORKD.format(**values))
    _in(server, "systemctl", "enable", "--quiet", "systemd-networkd.service")


def _make_host_keys(server: LabServer) -> None:
    subprocess.run(["ssh-keygen", "-A", "-f", str(server.root)], check=True, capture_output=True)
    public = sorted((server.root / "etc/ssh").glob("ssh_host_*_key.pub"))
    text = "".join(path.read_text() for path in public)
    record.write_private(server.folder / "host_keys", text)


def _let_in(server: LabServer) -> None:
    if server.user == "root":
        _authorize(server, server.root / "root")
        settings = server.root / "etc/ssh/sshd_config"
        text = settings.read_text()
        settings.write_text(
            text.replace("#PermitRootLogin prohibit-password", "PermitRootLogin yes")
        )
        return
    _in(server, "useradd", "--create-home", "--shell", "/bin/bash", "-G", "sudo", server.user)
    _authorize(server, server.root / "home" / server.user)
    _in(server, "chown", "-R", f"{server.user}:", f"/home/{server.user}/.ssh")
    _give_sudo(server)


def _give_sudo(server: LabServer) -> None:
    if server.password:
        _in(server, "chpasswd", stdin=f"{server.user}:{server.password}\n")
        return
    rule = server.root / "etc/sudoers.d/90-cloud-user"
    _write(rule, f"{server.user} ALL=(ALL) NOPASSWD:ALL\n")
    rule.chmod(0o440)


def _authorize(server: LabServer, folder: Path) -> None:
    keys = folder / ".ssh"
    keys.mkdir(mode=0o700, exist_ok=True)
    public = server.key.with_name(f"{server.key.name}.pub").read_text()
    _write(keys / "authorized_keys", public)
    (keys / "authorized_keys").chmod(0o600)


def _in(server: LabServer, *command: str, stdin: str = "") -> None:
    subprocess.run(
        ["chroot", str(server.root), *command],
        input=stdin,
        text=True,
        check=True,
        capture_output=True,
        umask=0o022,
    )
