"""Guesses at the answers, each with where it comes from.

A guess that is wrong costs an Enter; a question whose answer lies in a file costs trust.
"""

import os
import re
import subprocess
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from seawall.kit.fields import SYSTEM_ACCOUNTS
from seawall.kit.publickey import BadKey, PublicKey

_FORGES = re.compile(r"(?i)(github|gitlab|bitbucket|codeberg|azure|sourcehut|sr\.ht|gerrit|aur)\b")
_KINDS = ("ssh-ed25519", "sk-ssh-ed25519@openssh.com", "ecdsa-sha2-nistp256", "ssh-rsa")
_TIMEOUT_S = 3


@dataclass(frozen=True)
class Guess:
    """An answer, and where it comes from; nothing when `answer` is empty."""

    answer: str = ""
    origin: str = ""


def project(folder: Path) -> Guess:
    """A name made of the folder's."""
    letters = re.sub(r"[^a-z0-9]+", "-", _plain(folder.name).lower())
    name = letters.lstrip("-0123456789")[:63].rstrip("-")
    return Guess(name, "from the directory") if name else Guess("acme", "an example")


def server(named: str) -> Guess:
    """The one server of ~/.ssh/config, or the one whose name has the project's in it."""
    file = Path(os.environ.get("SEAWALL_SSH_CONFIG") or Path.home() / ".ssh/config")
    hosts = list(dict.fromkeys(_hosts(_text(file))))
    fitting = [host for host in hosts if named in host] or hosts
    return Guess(fitting[0], f"from {_short(file)}") if len(fitting) == 1 else Guess()


def person() -> Guess:
    """An account name for whoever sits here."""
    full = _answer("git", "config", "user.name").split()
    login = os.environ.get("LOGNAME") or os.environ.get("USER") or ""
    for written, origin in ((full[0] if full else "", "from git config"), (login, "your login")):
        name = re.sub(r"[^a-z0-9_-]", "", _plain(written).lower()).lstrip("0123456789-_")[:32]
        if name and name not in SYSTEM_ACCOUNTS:
            return Guess(name, origin)
    return Guess()


def key() -> Guess:
    """The best public key at hand: from the ssh agent, else from ~/.ssh."""
    agent = [(line, "in your ssh agent") for line in _answer("ssh-add", "-L").splitlines()]
    files = sorted((Path.home() / ".ssh").glob("*.pub"))
    found = list(_keys([*agent, *((_text(file).strip(), f"in {_short(file)}") for file in files)]))
    if not found:
        return Guess()
    best, origin = min(found, key=lambda pair: _rank(pair[0]))
    return Guess(str(best), f"{kind(best)} key {origin}")


def kind(key: PublicKey) -> str:
    """What people call this kind of key: ed25519, rsa."""
    name = re.sub(r"^(sk-)?(ssh|ecdsa)-(sha2-)?|@.*", "", key.kind)
    return f"{name}-sk" if key.kind.startswith("sk-") else name


def _keys(lines: Iterable[tuple[str, str]]) -> Iterator[tuple[PublicKey, str]]:
    for line, origin in lines:
        try:
            yield PublicKey.parse(line), origin
        except BadKey:
            continue


def _rank(key: PublicKey) -> int:
    return _KINDS.index(key.kind) if key.kind in _KINDS else len(_KINDS)


def _hosts(text: str) -> Iterator[str]:
    """Names after `Host`, without patterns and without places for code."""
    block: list[str] = []
    for line in text.splitlines():
        words = line.replace("=", " ", 1).split()
        if len(words) > 1 and words[0].lower() == "host":
            yield from block
            block = [word for word in words[1:] if re.fullmatch(r"[A-Za-z0-9_][\w.-]*", word)]
            block = [word for word in block if not _FORGES.search(word)]
        elif len(words) > 1 and words[0].lower() == "hostname" and _FORGES.search(words[1]):
            block = []
    yield from block


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def _answer(*words: str) -> str:
    """What a command says; nothing when it is missing, fails or takes long."""
    try:
        done = subprocess.run(words, capture_output=True, timeout=_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")[:100_000]
    except OSError:
        return ""


def _short(file: Path) -> str:
    home = str(Path.home())
    return f"~{str(file).removeprefix(home)}" if str(file).startswith(f"{home}/") else str(file)
