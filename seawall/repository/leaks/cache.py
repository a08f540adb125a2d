"""What was scanned before, so that only what changed is scanned again: names of texts, no secrets.

A text is known by a digest of its name and content; a history by the commits it was read up to.
Other rules or another engine begin anew. Lost or spoiled, it is made again.
"""

import hashlib
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs

from seawall.repository.leaks.leak import Leak, Seen
from seawall.repository.leaks.piece import Piece

FORMAT = 1


@dataclass
class Memory:
    """What is remembered of one repository."""

    file: Path
    version: str
    clean: set[str] = field(default_factory=set)
    found: dict[str, list[Leak]] = field(default_factory=dict)
    tips: list[str] = field(default_factory=list)
    past: list[Leak] = field(default_factory=list)

    def keep(self) -> None:
        """Write it down; a cache that cannot be written is none."""
        told = {
            "format": FORMAT,
            "version": self.version,
            "clean": sorted(self.clean),
            "found": {key: [asdict(leak) for leak in leaks] for key, leaks in self.found.items()},
            "tips": self.tips,
            "past": [asdict(leak) for leak in self.past],
        }
        aside = self.file.with_name(f"{self.file.name}.{os.getpid()}")
        try:
            aside.write_text(json.dumps(told))
            aside.chmod(0o600)
            aside.replace(self.file)
        except OSError:
            aside.unlink(missing_ok=True)


def memory(top: Path, version: str) -> Memory:
    """What is remembered of the repository at this place, by these rules."""
    name = hashlib.sha256(os.fsencode(top.resolve())).hexdigest()[:24]
    file = folder() / f"{name}.json"
    empty = Memory(file, version)
    try:
        told = json.loads(file.read_text())
        if (told["format"], told["version"]) != (FORMAT, version):
            return empty
        found = {key: [_leak(each) for each in leaks] for key, leaks in told["found"].items()}
        past = [_leak(each) for each in told["past"]]
        return Memory(file, version, set(told["clean"]), found, list(told["tips"]), past)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return empty


def name_of(piece: Piece) -> str:
    """The digest that a piece is known by."""
    digest = hashlib.blake2b(piece.origin.path.encode(), digest_size=16)
    digest.update(b"\0" + piece.text)
    return digest.hexdigest()


def folder() -> Path:
    """Where all this is kept, for its owner alone."""
    kept = Path(platformdirs.user_cache_dir("seawall"), "leaks")
    try:
        kept.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return Path(os.devnull, "leaks")
    return kept


@cache
def key() -> bytes:
    """This machine's key for telling equal values without keeping them."""
    file = folder() / "key"
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as made:
            made.write(secrets.token_bytes(32))
    except OSError:
        pass
    try:
        kept = file.read_bytes()
    except OSError:
        kept = b""
    return kept if len(kept) == 32 else secrets.token_bytes(32)


def _leak(told: dict[str, Any]) -> Leak:
    first = Seen(**told["first"]) if told["first"] else None
    return Leak(**{**told, "first": first})
