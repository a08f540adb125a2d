"""What `seawall backup kit` does: the recovery kit, written where only its owner reads it."""

import os
import sys
from pathlib import Path

import click

from seawall.commands.keeping import asked, found
from seawall.errors import ConfigError, SeawallError
from seawall.report.screen import Output, may_ask

KEEP = (
    "Whoever has it reads every backup and every secret. Print it, keep it offline, delete it here."
)


def kit(output: Output, out: str | None, *, passphrase: bool, people: bool) -> None:
    """Make the kit, lock it when that is wanted, and put it where it was asked for."""
    from seawall.engine import recovery
    from seawall.report import recovery as report
    from seawall.report.live import waiting

    if passphrase and people:
        raise ConfigError("--passphrase and --people are two ways to lock it", "choose one")
    path = Path(out).absolute() if out else None
    if path:
        _may_lie_at(path, locked=passphrase or people)
    config = found()
    with waiting(output, "asking what serves"):
        made = recovery.gather(config)
    text = report.text(made)
    if passphrase:
        text = _with_passphrase(text)
    elif people:
        text = _for_people(text)
    if path is None:
        sys.stdout.write(text)
        sys.stdout.flush()
    else:
        _write(path, text)
    _said(output, path, has_key=bool(made.key), locked=passphrase or people)


def _may_lie_at(path: Path, *, locked: bool) -> None:
    from seawall.repository.archive import would_be_committed

    if path.exists():
        raise ConfigError(f"{path} is there already", "take another name, or delete it first")
    if not path.parent.is_dir():
        raise ConfigError(f"{path.parent} is no folder", f"mkdir -p {path.parent}")
    if not locked and would_be_committed(path):
        hint = "take a place outside, or --passphrase"
        raise ConfigError(f"{path} is in a git repository, and would be committed", hint)


def _with_passphrase(text: str) -> str:
    from seawall.secrets import seal

    if may_ask():
        question = "Passphrase of the kit"
        phrase = click.prompt(question, hide_input=True, confirmation_prompt=True, err=True)
        return seal.locked(text, phrase)
    return seal.locked(text, asked("passphrase", "seawall backup kit --passphrase < FILE").strip())


def _for_people(text: str) -> str:
    """Locked for everybody who may read the secrets, with the ssh keys they have."""
    from seawall.config.keys import resolve
    from seawall.secrets import readers, seal

    return seal.sealed(text, [key for _, key in readers.usable(resolve(found()))])


def _write(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SeawallError(f"{path} cannot be written: {error.strerror}") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _said(output: Output, path: Path | None, *, has_key: bool, locked: bool) -> None:
    where = f"{path}: written, for you alone to read. " if path else ""
    told = ["It is locked: age -d opens it, too."] if locked else [f"{where}{KEEP}"]
    if locked and where:
        told.insert(0, where.strip())
    if not has_key:
        told.append("The key of the project is not on this machine, so it is not in the kit.")
        told.append("Whoever has it: seawall secrets key. Without it, the secrets need an ssh key.")
    output.err.show(told)


def rotate(output: Output) -> None:
    """Another passphrase for all backups, and what is left to do."""
    from seawall.engine import rekeying
    from seawall.report.live import waiting

    output.stays = lambda: "What is kept opens every backup; the same command goes on."
    with waiting(output, "changing the passphrase"):
        names = rekeying.rotate(found())
    output.err.show(
        [
            f"{', '.join(names)}: backups open with a new passphrase, and no longer with the old.",
            "Commit secrets/, and print a new kit: the old one opens nothing. seawall backup kit",
        ]
    )
