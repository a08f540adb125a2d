"""Who can get in: accounts, their passwords' kind, their keys, and who may become root."""

from __future__ import annotations

import collections
import os
import re
import stat
from typing import Any, Dict, Iterator, List

from seawall.agent.probes import sshd
from seawall.agent.probes.public_keys import public_keys
from seawall.agent.probes.reading import Unseen, names, need_root, processes, text

MOST = 2000
"""More accounts than this come from a directory service, which is judged elsewhere."""
GRANT = re.compile(r"^\s*(%?[\w.+-]+)\s+[\w.,!-]+\s*=\s*(?:\([^)]*\)\s*)?(.*)$")


def accounts() -> Dict[str, Any]:
    """Every account with what could open it, and every sudo rule."""
    need_root()
    passwd = [line.split(":") for line in text("/etc/passwd").splitlines()]
    rows = [row for row in passwd if len(row) == 7 and row[2].isdigit() and row[3].isdigit()][:MOST]
    shadow = {line.split(":")[0]: line.split(":") for line in text("/etc/shadow").splitlines()}
    groups = _groups(rows)
    running = _running()
    patterns = _key_files()
    return {
        "accounts": [
            {
                **_account(row, shadow.get(row[0], [])),
                "groups": groups.get(row[0], []),
                "processes": running.get(int(row[2]), 0),
                **_keys(row, patterns),
            }
            for row in rows
        ],
        "sudo": list(_sudo())[:200],
    }


def _account(row: List[str], shadow: List[str]) -> Dict[str, Any]:
    return {
        "name": row[0],
        "uid": int(row[2]),
        "home": row[5],
        "shell": row[6],
        "login": bool(row[6]) and not row[6].endswith(("nologin", "false", "sync")),
        "hash": hash_kind(shadow[1] if len(shadow) > 1 else row[1]),
        "expired": len(shadow) > 7 and shadow[7] in ("0", "1"),
    }


def hash_kind(field: str) -> str:
    """empty, locked, or the name of the method it was hashed with."""
    if not field:
        return "empty"
    if field[0] in "!*" or field == "x":
        return "locked"
    methods = {"$y$": "yescrypt", "$gy": "yescrypt", "$7$": "scrypt", "$6$": "sha512"}
    methods.update({"$5$": "sha256", "$2a": "bcrypt", "$2b": "bcrypt", "$2y": "bcrypt"})
    methods["$1$"] = "md5"
    return methods.get(field[:3], "des")


def _groups(rows: List[List[str]]) -> Dict[str, List[str]]:
    found: Dict[str, List[str]] = {}
    lines = [line.split(":") for line in text("/etc/group").splitlines()]
    by_number = {line[2]: line[0] for line in lines if len(line) == 4}
    for row in rows:
        found[row[0]] = [by_number[row[3]]] if row[3] in by_number else []
    for name, _, _, members in (line for line in lines if len(line) == 4):
        for member in filter(None, members.split(",")):
            found.setdefault(member, []).append(name)
    return found


def _running() -> Dict[int, int]:
    counts: Dict[int, int] = collections.Counter()
    for pid in processes():
        try:
            counts[os.stat(f"/proc/{pid}").st_uid] += 1
        except OSError:
            continue
    return counts


def _key_files() -> List[str]:
    try:
        return sshd.settings().get("authorizedkeysfile", [".ssh/authorized_keys"])[0].split()
    except Unseen:
        return [".ssh/authorized_keys", ".ssh/authorized_keys2"]


def _keys(row: List[str], patterns: List[str]) -> Dict[str, Any]:
    keys: List[Dict[str, Any]] = []
    loose: List[str] = []
    for pattern in patterns:
        path = _expanded(pattern, row)
        found = [{**key, "path": path} for key in public_keys(text(path))] if path else []
        keys += found
        loose += _loose(path, row[5], int(row[2])) if found else []
    return {"keys": keys[:500], "loose": sorted(set(loose))}


def _expanded(pattern: str, row: List[str]) -> str:
    path = pattern.replace("%u", row[0]).replace("%h", row[5]).replace("%U", row[2])
    if path == "none":
        return ""
    return path if path.startswith("/") else os.path.join(row[5] or "/", path)


def _loose(path: str, home: str, uid: int) -> Iterator[str]:
    """Places on the way to a key file where somebody else could put a key of their own."""
    while path not in ("/", ""):
        found = _writable_by_others(path, uid)
        if found:
            yield found
        if path == home.rstrip("/"):
            return
        path = os.path.dirname(path)


def _writable_by_others(path: str, uid: int) -> str:
    try:
        seen = os.stat(path)
    except OSError:
        return ""
    mode = stat.S_IMODE(seen.st_mode)
    if mode & 0o022 and not mode & stat.S_ISVTX:
        return f"{path} mode {mode:04o}"
    return "" if seen.st_uid in (0, uid) else f"{path} belongs to uid {seen.st_uid}"


def _sudo() -> Iterator[Dict[str, Any]]:
    folder = "/etc/sudoers.d"
    drop_ins = [f"{folder}/{n}" for n in names(folder) if "." not in n and not n.endswith("~")]
    for path in ["/etc/sudoers", *drop_ins]:
        for line in text(path).replace("\\\n", " ").splitlines():
            grant = granted(line)
            if grant:
                yield {**grant, "path": path}


def granted(line: str) -> Dict[str, Any]:
    """Whom a line of sudoers gives what; {} for comments, Defaults and aliases."""
    match = GRANT.match(line.split("#")[0])
    if not match or match.group(1).startswith("Defaults") or match.group(1).endswith("_Alias"):
        return {}
    what = match.group(2)
    commands = re.sub(r"\b[A-Z_]+:\s*", "", what).strip()
    return {
        "who": match.group(1),
        "all": "ALL" in [each.strip() for each in commands.split(",")],
        "no_password": "NOPASSWD:" in what,
        "commands": commands[:200],
    }
