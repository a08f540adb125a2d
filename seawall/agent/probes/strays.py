"""Strays: data on this server that nobody may have thought of when the backups were declared.

Data folders of database servers, SQLite files, volumes of containers, and dumps that somebody's
cron makes. The walk is bounded in time, and says where it stopped.
"""

from __future__ import annotations

import glob
import json
import os
import re
import time
from typing import Any, Dict, Iterable, Iterator, List, Sequence, Tuple

from seawall.agent import system
from seawall.agent.backups.declared import DECLARED
from seawall.agent.probes.disks import NETWORK, parsed
from seawall.agent.probes.reading import names, need_root, text

SECONDS = 1.0
"""How long folders are walked through for SQLite files."""
MOST = 100
"""Of each kind, so many are told."""
SERVERS = (
    ("mariadb", "/var/lib/mysql/ibdata1", "/var/lib/mysql"),
    ("mongodb", "/var/lib/mongodb/WiredTiger", "/var/lib/mongodb"),
    ("redis", "/var/lib/redis/dump.rdb", "/var/lib/redis"),
    ("redis", "/var/lib/redis/appendonlydir/*.aof", "/var/lib/redis"),
    ("valkey", "/var/lib/valkey/dump.rdb", "/var/lib/valkey"),
    ("postgres", "/var/lib/postgresql/*/*/PG_VERSION", ""),
)
"""An engine, what shows that it has data, and the folder with it, "" for the one of that file."""
RUNNING = {"postgres": "{place}/postmaster.pid", "mariadb": "/run/mysqld/mysqld.sock"}
"""What is there while one of those runs that are asked for their databases themselves."""
VOLUMES = ("/var/lib/docker/volumes/*/_data", "/var/lib/containers/storage/volumes/*/_data")
PLACES = ("/srv", "/var/www", "/data", "/mnt", "/opt", "/home", "/root", "/var/lib")
SKIPPED = {
    *("/srv/apps", "/var/lib/apt", "/var/lib/dpkg", "/var/lib/docker", "/var/lib/containers"),
    *("/var/lib/containerd", "/var/lib/seawall", "/var/lib/seawall-scratch", "/var/lib/snapd"),
    *("/var/lib/systemd", "/var/lib/PackageKit", "/var/lib/fwupd", "/var/lib/NetworkManager"),
    *("/var/lib/command-not-found", "/var/lib/mysql", "/var/lib/postgresql", "/var/lib/mongodb"),
    *("/var/lib/redis", "/var/lib/caddy", "/var/lib/fail2ban", "/var/lib/colord"),
}
"""Releases, which are immutable, and folders of the system or of servers that are looked at."""
SOURCES = {".git", ".cache", ".venv", "venv", "node_modules", "site-packages", "__pycache__"}
NAMED = (".db", ".db3", ".sqlite", ".sqlite3")
HEADER = b"SQLite format 3\0"
CRON = (
    *(
        "/etc/crontab",
        "/etc/cron.d/*",
        "/var/spool/cron/crontabs/*",
        "/etc/systemd/system/*.service",
    ),
    *(f"/etc/cron.{often}/*" for often in ("hourly", "daily", "weekly", "monthly")),
)
DUMPS = {
    "postgres": r"\bpg_dump(all)?\b|\bpg_basebackup\b",
    "mariadb": r"\b(mysqldump|mariadb-dump|mariabackup|xtrabackup)\b",
    "mongodb": r"\bmongodump\b",
    "redis": r"\bredis-cli\b.*(--rdb|\b(BG)?SAVE\b)",
    "sqlite": r"\bsqlite3\b.*\.(backup|dump)\b",
}
SCRIPT = re.compile(r"(?<![\w.])/(?:usr/local|opt|root|home|srv|etc)/[\w./-]+")


def strays() -> Dict[str, Any]:
    """What lies here, whether it is saved or not; whoever reads it knows what is declared."""
    need_root()
    found, stopped = _sqlite(_ignored())
    return {
        "servers": list(_servers())[:MOST],
        "sqlite": found[:MOST],
        "stopped": stopped,
        "volumes": [_named(path) for each in VOLUMES for path in glob.glob(each) if names(path)],
        "dumps": list(_dumps())[:MOST],
    }


def _ignored() -> Sequence[str]:
    """Folders that seawall.yml says to leave alone: they cost no time."""
    try:
        return [str(each) for each in json.loads(system.read(DECLARED) or b"{}").get("ignore", ())]
    except (ValueError, AttributeError, TypeError):
        return []


def _servers() -> Iterator[Dict[str, Any]]:
    seen = set()
    for engine, proof, folder in SERVERS:
        for path in glob.glob(proof):
            place = folder or os.path.dirname(path)
            running = os.path.exists(RUNNING.get(engine, "").format(place=place))
            if place not in seen and not running:  # one that runs tells of its databases itself
                seen.add(place)
                yield {"engine": engine, "path": place}


def _named(path: str) -> Dict[str, Any]:
    return {"path": path, "name": os.path.basename(os.path.dirname(path))}


def _sqlite(ignored: Sequence[str]) -> Tuple[List[Dict[str, Any]], str]:
    """SQLite files, and the folder in which time ran out, "" when it did not."""
    deadline = time.monotonic() + SECONDS
    left_out = {*SKIPPED, *ignored, *_far_away()}
    found: List[Dict[str, Any]] = []
    for place in PLACES:
        for folder, below, files in os.walk(place):
            if time.monotonic() > deadline:
                return found, folder
            below[:] = [
                each for each in below if each not in SOURCES and f"{folder}/{each}" not in left_out
            ]
            found += [told for name in files for told in _told(f"{folder}/{name}")]
    return found, ""


def _far_away() -> Iterator[str]:
    for mount in parsed(text("/proc/self/mountinfo")):
        if mount["type"] in NETWORK:
            yield mount["path"]


def _told(path: str) -> Iterator[Dict[str, Any]]:
    """A file when it is an SQLite database: by its name, and by what it begins with."""
    if not path.endswith(NAMED):
        return
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return
    with os.fdopen(handle, "rb", buffering=0) as file:
        try:
            if file.read(len(HEADER)) == HEADER:
                yield {"path": path, "bytes": os.fstat(handle).st_size}
        except OSError:
            return


def _dumps() -> Iterator[Dict[str, str]]:
    """What dumps a database, in what cron or systemd starts and in scripts that it names."""
    seen = set()
    for path in sorted(path for each in CRON for path in glob.glob(each)):
        lines = list(_lines(path))
        scripts = [script for line in lines for script in SCRIPT.findall(line)][:MOST]
        for place in (path, *scripts):
            for engine, program in _programs(lines if place == path else _lines(place)):
                if (engine, place) not in seen:
                    seen.add((engine, place))
                    yield {"engine": engine, "path": place, "program": program}


def _lines(path: str) -> Iterator[str]:
    for line in text(path, 65536).splitlines() if os.path.isfile(path) else ():
        if not line.lstrip().startswith("#"):
            yield line


def _programs(lines: Iterable[str]) -> Iterator[Tuple[str, str]]:
    for line in lines:
        for engine, pattern in DUMPS.items():
            if found := re.search(pattern, line):
                yield engine, found[0].split()[0]
