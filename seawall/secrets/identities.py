"""The keys on this machine that may open a file of secrets, tried in an order that asks last.

First SEAWALL_SECRETS_KEY, then the project's key, then ssh keys without a passphrase, then those
with one. An ssh agent, and a key in hardware, sign but cannot decrypt: age cannot use them, and
whoever has only such a key is told so.
"""

import base64
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from seawall.errors import Locked, SeawallError
from seawall.secrets import projectkey, seal
from seawall.secrets.page import Page
from seawall.secrets.seal import Unopened

Ask = Callable[[str], str | None]
"""Asks somebody for a passphrase; None when nobody is there."""
TRIES = 3
_MOST_BYTES = 64 * 1024
_MAGIC = b"openssh-key-v1\0"
_OPENED: dict[str, str] = {}
_ONE_ASKS = Lock()


def ask_at_terminal(question: str) -> str | None:
    """A passphrase, typed without being shown; None when nobody sits there."""
    if os.environ.get("CI") or not (sys.stdin and sys.stdin.isatty()):
        return None
    from getpass import getpass

    return getpass(f"{question}: ")


@dataclass(frozen=True)
class SshKey:
    """A private key in a file of this machine."""

    path: Path
    body: str
    """The base64 of its public half."""
    locked: bool
    """It has a passphrase."""


def opened(page: Page, project: str, file: str, ask: Ask) -> str:
    """What the key block of a page holds; Locked when nothing here opens it.

    Remembered until the program ends, or `forget`, so that nobody is asked twice.
    """
    with _ONE_ASKS:
        if page.key not in _OPENED:
            _OPENED[page.key] = _opened(page, project, file, ask)
        return _OPENED[page.key]


def forget() -> None:
    """Lock everything again."""
    _OPENED.clear()


def _opened(page: Page, project: str, file: str, ask: Ask) -> str:
    if given := os.environ.get(projectkey.VARIABLE):
        return _by_given(page, given, file)
    for name, key in page.readers:
        own = projectkey.found(project, key) if name == projectkey.READER else None
        if own and (text := _tried(page, own)):
            return text
    matching = _matching(page)
    for each in sorted(matching, key=lambda each: each.locked):
        if text := _by_ssh(page, each, ask):
            return text
    raise _locked(page, matching, file)


def _by_given(page: Page, given: str, file: str) -> str:
    projectkey.public(given)
    if text := _tried(page, given.strip()):
        return text
    hint = "it may be the key of another project, or one that was replaced"
    raise SeawallError(f"{file}: {projectkey.VARIABLE} does not open it", hint)


def _tried(page: Page, identity: object) -> str:
    try:
        return seal.opened(page.key, identity)
    except Unopened:
        return ""


def _by_ssh(page: Page, key: SshKey, ask: Ask) -> str:
    private = key.path.read_bytes()
    if key.locked:
        private = _unlocked(private, key.path, ask)
    try:
        return _tried(page, seal.ssh_identity(private)) if private else ""
    except ValueError:
        return ""


def _unlocked(private: bytes, path: Path, ask: Ask) -> bytes:
    """The same key without its passphrase, in memory only; nothing when nobody can be asked."""
    from cryptography.hazmat.primitives import serialization as forms

    pem = b"OPENSSH" not in private.split(b"\n", 1)[0]
    load = forms.load_pem_private_key if pem else forms.load_ssh_private_key
    for _ in range(TRIES):
        phrase = ask(f"Passphrase of {path}")
        if phrase is None:
            return b""
        try:
            key = load(private, phrase.encode())
        except (ValueError, TypeError):
            continue
        form = forms.PrivateFormat.OpenSSH
        return key.private_bytes(forms.Encoding.PEM, form, forms.NoEncryption())
    raise SeawallError(f"{path}: that is not its passphrase", "ssh-keygen -y -f FILE tries it too")


def _matching(page: Page) -> list[SshKey]:
    """The keys of ~/.ssh that belong to a reader."""
    bodies = {key.split()[1] for _, key in page.readers if key.startswith("ssh-")}
    return [key for key in ssh_keys() if key.body in bodies]


def ssh_keys() -> Iterator[SshKey]:
    """Every private key in ~/.ssh."""
    try:
        files = sorted((Path.home() / ".ssh").iterdir())
    except OSError:
        return
    for file in files:
        if file.suffix != ".pub" and (key := _ssh_key(file)):
            yield key


def _ssh_key(file: Path) -> SshKey | None:
    try:
        if not file.is_file() or file.stat().st_size > _MOST_BYTES:
            return None
        lines = file.read_text("ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    if not lines or "PRIVATE KEY-----" not in lines[0]:
        return None
    if "OPENSSH" in lines[0]:
        return _openssh(file, lines)
    locked = any("ENCRYPTED" in line for line in lines[:2])
    beside = file.with_name(f"{file.name}.pub")
    words = beside.read_text().split() if beside.is_file() else []
    return SshKey(file, words[1], locked) if len(words) > 1 else None


def _openssh(file: Path, lines: list[str]) -> SshKey | None:
    """Its public half stands in the clear, also when it has a passphrase."""
    try:
        blob = base64.b64decode("".join(lines[1:-1]))
        cipher, rest = _string(blob.removeprefix(_MAGIC))
        for _ in range(2):
            _, rest = _string(rest)
        body, _ = _string(rest[4:])
    except (ValueError, IndexError):
        return None
    return SshKey(file, base64.b64encode(body).decode(), cipher != b"none")


def _string(blob: bytes) -> tuple[bytes, bytes]:
    """The first length-prefixed string, and what follows."""
    end = 4 + int.from_bytes(blob[:4], "big")
    return blob[4:end], blob[end:]


def _locked(page: Page, matching: list[SshKey], file: str) -> Locked:
    """Why nothing opened it, and the way forward."""
    if any(key.locked for key in matching):
        problem = f"{file}: {matching[0].path} has a passphrase, and nobody can be asked"
        return Locked(problem, f"run it in a terminal, or set {projectkey.VARIABLE}")
    if elsewhere := _elsewhere(page):
        problem = (
            f"{file}: the key of {elsewhere} is not in a file here, and age cannot use an agent"
        )
        hint = "take the key of the project, as another reader prints it with seawall secrets key:"
        return Locked(problem, f"{hint} seawall secrets key --import")
    names = ", ".join(dict.fromkeys(name for name, _ in page.readers))
    hint = f"a reader lets you in: seawall secrets grant YOU; in CI set {projectkey.VARIABLE}"
    return Locked(f"{file}: no key here opens it; readers are {names}", hint)


def _elsewhere(page: Page) -> str:
    """The reader whose public key this machine knows, but not the private one."""
    known = "".join(file.read_text() for file in (Path.home() / ".ssh").glob("*.pub"))
    known += _agent()
    found = (name for name, key in page.readers if key.startswith("ssh-"))
    keys = {name: key.split()[1] for name, key in page.readers if key.startswith("ssh-")}
    return next((name for name in found if keys[name] in known), "")


def _agent() -> str:
    """The public keys that the agent holds."""
    try:
        done = subprocess.run(["ssh-add", "-L"], capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
