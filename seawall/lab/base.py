"""Base disks: a fresh minimal Debian per release and init system, built once a week.

A base is built beside its place and renamed when whole, so an interrupted build leaves no half
base behind. It trusts the certificate authorities this machine was told to trust, uses the
mirror this machine uses, and its package lists are already there.
"""

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from seawall.errors import SeawallError

from . import packages, record

RELEASES = ("bookworm", "trixie")
COMMON = (
    *("apt-utils", "ca-certificates", "cron", "iproute2", "iputils-ping", "kmod", "less"),
    *("logrotate", "netbase", "openssh-server", "procps", "python3", "sudo"),
)
INITS = {
    "systemd": ("systemd", "systemd-sysv", "dbus", "libpam-systemd", "systemd-timesyncd"),
    "sysvinit": (
        *("sysvinit-core", "sysv-rc", "orphan-sysvinit-scripts", "insserv", "startpar"),
        "ifupdown",
    ),
}
AUTHORITIES = Path("/usr/local/share/ca-certificates")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
OLD_SECONDS = 14 * 24 * 3600
SKIP = "--skip=cleanup/apt/lists"

Say = Callable[[str], None]


def ready(release: str, init: str, say: Say) -> Path:
    """The base disk for that release and init system, built now if this week's is not there."""
    place = record.cache() / f"base-{release}-{init}-{_fingerprint(release, init)}"
    with record.locked(place.with_name(f".lock-{release}-{init}")):
        if not place.exists():
            say(f"building the {release} base, about 20 s, once a week")
            _build(place, release, init)
            _drop_unused()
            packages.drop_unused()
    return place


def sources(release: str) -> str:
    """apt sources for a guest: its release, updates and security, from this machine's mirror."""
    main, security = _mirrors()
    return (
        f"deb {main} {release} main\n"
        f"deb {main} {release}-updates main\n"
        f"deb {security} {release}-security main\n"
    )


def _mirrors() -> tuple[str, str]:
    """This machine's mirrors of Debian and of its security updates."""
    wanted = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(LABEL)"]
    told = subprocess.run(wanted, capture_output=True, text=True, check=False).stdout
    known = dict(line.split(" ", 1)[::-1] for line in told.splitlines() if " " in line)
    return (
        known.get("Debian", "http://deb.debian.org/debian"),
        known.get("Debian-Security", "http://deb.debian.org/debian-security"),
    )


def _fingerprint(release: str, init: str) -> str:
    year, week, _ = date.today().isocalendar()
    parts = [*COMMON, *INITS[init], sources(release)]
    parts += [path.read_text() for path in _authorities()]
    return f"{year}w{week:02}-{hashlib.sha256(repr(parts).encode()).hexdigest()[:8]}"


def _authorities() -> list[Path]:
    return sorted(AUTHORITIES.glob("*.crt"))


def _build(place: Path, release: str, init: str) -> None:
    half = place.with_name(f".half-{place.name}")
    shutil.rmtree(half, ignore_errors=True)
    include = ",".join([*COMMON, *INITS[init]])
    options = ["--variant=minbase", f"--keyring={KEYRING}", SKIP, f"--include={include}"]
    done = subprocess.run(
        ["mmdebstrap", *options, release, str(half), "-"],
        input=sources(release),
        capture_output=True,
        text=True,
        env=os.environ | {"TMPDIR": str(record.cache())},
        umask=0o022,
        check=False,
    )
    if done.returncode:
        shutil.rmtree(half, ignore_errors=True)
        last = " / ".join(done.stderr.strip().splitlines()[-3:])
        raise SeawallError(f"lab: the {release} base could not be built: {last}")
    _finish(half, init)
    os.utime(half)
    half.rename(place)


def _finish(root: Path, init: str) -> None:
    """What all servers of a base share; host keys are never shared."""
    for key in (root / "etc/ssh").glob("ssh_host_*"):
        key.unlink()
    for authority in _authorities():
        shutil.copy(authority, root / "usr/local/share/ca-certificates")
    if _authorities():
        trust = ["chroot", str(root), "update-ca-certificates"]
        inside = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}  # our TMPDIR may not be there
        subprocess.run(trust, check=True, capture_output=True, umask=0o022, env=inside)
        _copy_pip_settings(root)
    settings = root / "etc/apt/apt.conf.d/99lab"
    settings.write_text('Acquire::Languages "none";\n')
    settings.chmod(0o644)
    if init == "sysvinit":
        _drop_consoles(root / "etc/inittab")


def _copy_pip_settings(root: Path) -> None:
    if (settings := Path("/etc/pip.conf")).exists():
        shutil.copy(settings, root / "etc/pip.conf")


def _drop_consoles(inittab: Path) -> None:
    lines = inittab.read_text().splitlines(keepends=True)
    inittab.write_text("".join(line for line in lines if "/sbin/getty" not in line))


def _drop_unused() -> None:
    """Delete bases that are two weeks old and under no server's disk."""
    used = {server.base for server in record.servers()}
    mounts = Path("/proc/mounts").read_text()
    for place in record.cache().glob("base-*"):
        old = time.time() - place.stat().st_mtime > OLD_SECONDS
        if old and str(place) not in used and f"lowerdir={place}," not in mounts:
            shutil.rmtree(place)
