"""Secrets on disk that every account of this server can read."""

from __future__ import annotations

import os
import re
import stat
from typing import Any, Dict, Iterator

from seawall.agent.probes.reading import need_root

PLACES = ("/srv", "/opt", "/home", "/var/www", "/root", "/usr/local/etc")
DEEP = 5
MOST = 20000
SKIPPED = {".git", "node_modules", "site-packages", "__pycache__", "vendor", ".cache", "dist"}
NAMES = re.compile(
    r"^(\.env(\.(?!example|sample|template|dist|test)[\w.-]+)?|\.pgpass|\.netrc|\.my\.cnf|\.htpasswd"
    r"|id_(rsa|dsa|ecdsa|ed25519)|master\.key|production\.key|terraform\.tfstate|credentials)$"
)
PERHAPS = re.compile(r"\.(pem|key)$")


def secrets() -> Dict[str, Any]:
    """Files that look secret and are readable by everybody; names only, never what is inside."""
    need_root()
    found = sorted(path for place in PLACES for path in _readable(place))
    return {"readable": found[:50]}


def _readable(top: str) -> Iterator[str]:
    seen = 0
    for folder, inside, files in os.walk(top):
        inside[:] = [name for name in inside if name not in SKIPPED]
        seen += len(files) + len(inside)
        if seen > MOST or not _open_to_all(folder, stat.S_IXOTH):
            inside[:] = []  # nobody else gets in here, nor below
            continue
        if folder.count("/") - top.count("/") >= DEEP:
            inside[:] = []
        yield from (path for path in map(f"{folder}/".__add__, files) if _is_secret(path))


def _is_secret(path: str) -> bool:
    name = os.path.basename(path)
    if not (NAMES.match(name) or PERHAPS.search(name)):
        return False
    return _open_to_all(path, stat.S_IROTH) and (bool(NAMES.match(name)) or _is_private_key(path))


def _open_to_all(path: str, bit: int) -> bool:
    try:
        seen = os.lstat(path)
    except OSError:
        return False
    plain = stat.S_ISREG(seen.st_mode) or stat.S_ISDIR(seen.st_mode)
    return plain and bool(seen.st_mode & bit)


def _is_private_key(path: str) -> bool:
    with open(path, "rb") as file:
        return b"PRIVATE KEY" in file.read(4096)
