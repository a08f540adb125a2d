"""Evidence: what was proven, when, and how long it took, in a file that only grows.

Each record carries the hash of the one before it, so that nothing in between can be taken out or
put right later without being seen.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from typing import Any, Dict, List, Tuple

from seawall.agent import system
from seawall.agent.backups.declared import STATE

FILE = f"{STATE}/evidence.jsonl"
FIRST = "0" * 64
"""What the first record has in place of the hash of the one before it."""


def record(told: Dict[str, Any]) -> Dict[str, Any]:
    """Append a record and let it reach the disk; returns it with its hashes."""
    system.private_folder(STATE)
    handle = os.open(FILE, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        content = file.read()
        known, _ = _parse(content)
        sealed = _sealed(told, known[-1]["hash"] if known else FIRST)
        half = b"\n" if content and not content.endswith(b"\n") else b""
        file.write(half + json.dumps(sealed, sort_keys=True).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return sealed


def records() -> Tuple[List[Dict[str, Any]], bool]:
    """Every record, oldest first, and whether the chain is whole."""
    return _parse(system.read(FILE) or b"")


def proofs() -> List[Dict[str, Any]]:
    """The records of restore tests, oldest first; not of restores that somebody asked for."""
    return [each for each in records()[0] if each.get("what") == "restore"]


def _parse(content: bytes) -> Tuple[List[Dict[str, Any]], bool]:
    """Records that can be read, and whether each carries the hash of the one before it. A line
    that a power cut left half is no record: nothing that was there could be replaced by it."""
    found: List[Dict[str, Any]] = []
    before, whole = FIRST, True
    for line in content.splitlines():
        try:
            told = dict(json.loads(line))
        except (ValueError, TypeError):
            continue
        bare = {key: value for key, value in told.items() if key not in ("hash", "before")}
        whole = whole and told == _sealed(bare, before)
        before = str(told.get("hash", ""))
        found.append(told)
    return found, whole


def _sealed(told: Dict[str, Any], before: str) -> Dict[str, Any]:
    text = json.dumps([before, told], sort_keys=True)
    return {**told, "before": before, "hash": hashlib.sha256(text.encode()).hexdigest()}
