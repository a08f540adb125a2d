"""What waits to be installed, whether it installs itself, and whether a reboot is due."""

from __future__ import annotations

import glob
import os
import re
import time
from typing import Any, Dict, Iterator, List, Optional, Tuple

from seawall.agent import system
from seawall.agent.probes import versions
from seawall.agent.probes.packages import LIMIT, Package, field, installed
from seawall.agent.probes.reading import container, names, said, shown, text
from seawall.agent.probes.system import os_release

LISTS = "/var/lib/apt/lists"
SECURITY = re.compile(r"dists_[^_]+-security_|debian-security_dists_")
TIMERS = ("apt-daily.timer", "apt-daily-upgrade.timer")


def updates() -> Dict[str, Any]:
    """Everything about updates, read from the lists that are there; nothing is fetched."""
    lists = [name for name in names(LISTS) if "_Packages" in name]
    security = [name for name in lists if SECURITY.search(name)]
    waiting = _waiting(security)
    return {
        "os": os_release(),
        "now": time.time(),
        "waiting": waiting[:300],
        "security_lists": security[:20],
        "lists_from": _lists_from(),
        "automatic": _automatic(),
        "reboot": _reboot(),
    }


def _waiting(lists: List[str]) -> List[Dict[str, Any]]:
    have = {(p.name, p.architecture): p for p in installed() if p.status.endswith(" installed")}
    found = {}
    for name in lists:
        for offered in _offered(f"{LISTS}/{name}"):
            package = _upgrade(have, offered)
            if package:
                found[offered[0]] = (package, offered[2])
    return [_described(package, version) for package, version in found.values()]


def _upgrade(
    have: Dict[Tuple[str, str], Package], offered: Tuple[str, str, str]
) -> Optional[Package]:
    name, architecture, version = offered
    package = have.get((name, architecture))
    return package if package and versions.newer(version, package.version) else None


def _offered(path: str) -> Iterator[Tuple[str, str, str]]:
    for block in _list(path).split("\n\n"):
        if block:
            yield field(block, "Package"), field(block, "Architecture"), field(block, "Version")


def _list(path: str) -> str:
    if path.endswith("_Packages"):
        return text(path, LIMIT)
    return said(["/usr/lib/apt/apt-helper", "cat-file", path])


def _described(package: Package, version: str) -> Dict[str, Any]:
    return {
        "name": package.name,
        "have": package.version,
        "offered": version,
        "since": _since(package.name, version),
        "held": package.status.startswith("hold "),
    }


def _since(name: str, version: str) -> Optional[float]:
    """When it was published: apt keeps the mirror's date on a file it has fetched."""
    escaped = version.replace(":", "%3a")
    found = glob.glob(f"/var/cache/apt/archives/{glob.escape(f'{name}_{escaped}')}_*.deb")
    return os.stat(found[0]).st_mtime if found else None


def _lists_from() -> Optional[float]:
    """When the lists were last asked for: apt leaves the mirror's date on the lists themselves."""
    stamps = [
        "/var/lib/apt/periodic/update-success-stamp",
        "/var/lib/apt/lists/partial",
        "/var/lib/apt/lists",
        "/var/cache/apt/pkgcache.bin",
    ]
    times = [os.stat(path).st_mtime for path in stamps if os.path.exists(path)]
    has_lists = any(name.endswith("Release") for name in names(LISTS))
    return max(times) if times and has_lists else None


def _automatic() -> Dict[str, Any]:
    dump = said(["apt-config", "dump"])
    settings = dict(re.findall(r'^([\w:./-]+) "([^"]*)";$', dump, re.MULTILINE))
    return {
        "installed": os.path.exists("/usr/bin/unattended-upgrade"),
        "lists_every": settings.get("APT::Periodic::Update-Package-Lists", "0"),
        "upgrade_every": settings.get("APT::Periodic::Unattended-Upgrade", "0"),
        "enabled": settings.get("APT::Periodic::Enable", "1") != "0",
        "timers": _runs_daily(),
        "security_origin": _covers_security(dump),
        "reboot": settings.get("Unattended-Upgrade::Automatic-Reboot", "false"),
        "reboot_time": settings.get("Unattended-Upgrade::Automatic-Reboot-Time", "now"),
    }


def _runs_daily() -> bool:
    """By systemd's timers; elsewhere by the script that apt leaves in /etc/cron.daily."""
    if system.has_systemd():
        return all(each.get("ActiveState") == "active" for each in shown("Id,ActiveState", TIMERS))
    there = os.access("/etc/cron.daily/apt-compat", os.X_OK)
    return there and shown("", ["cron"])[0]["ActiveState"] == "active"


def _covers_security(dump: str) -> bool:
    wanted = r"^Unattended-Upgrade::(?:Origins-Pattern|Allowed-Origins)::? .*ecurity"
    return re.search(wanted, dump, re.MULTILINE) is not None


def _reboot() -> Dict[str, Any]:
    for path in ("/run/reboot-required", "/var/run/reboot-required"):
        if os.path.exists(path):
            why = text(f"{path}.pkgs").split()
            return {"due": True, "since": os.stat(path).st_mtime, "why": sorted(set(why))[:10]}
    newer = "" if container() else _newer_kernel()
    return {"due": bool(newer), "since": None, "why": [newer] if newer else []}


def _newer_kernel() -> str:
    """A kernel of the running flavour that is installed and newer than the one that runs."""
    running = os.uname().release
    flavour = running.rpartition("-")[2]
    there = [n[len("vmlinuz-") :] for n in names("/boot") if n.startswith("vmlinuz-")]
    if running not in there:
        return ""
    later = [k for k in there if k.endswith(f"-{flavour}") and versions.newer(k, running)]
    return f"linux {later[-1]}" if later else ""
