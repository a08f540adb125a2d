"""`seawall init --files`: shows what a repository lacks as a diff, asks, and writes it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seawall.errors import ConfigError, SeawallError
from seawall.report.screen import Output, may_ask

if TYPE_CHECKING:
    from seawall.repository.lacking import Lacking


def carry_out(output: Output, folder: Path, *, yes: bool) -> None:
    """Write what the recognised stack lacks, after it was seen."""
    from seawall import repository
    from seawall.report import documents, filled
    from seawall.repository.lacking import health, lacking

    output.stays = lambda: "Nothing was written."
    app = repository.app(folder)
    files = list(lacking(folder, app))
    hint = health(app)
    if output.spoken:
        filled.lacks(app.why if app else "", files, output.out)
    if files and not yes:
        _agreed(output)
    for each in files:
        _write(folder, each)
    if output.spoken:
        filled.wrote([each.name for each in files], hint, output.out)
    else:
        documents.write(filled.document(files, hint))


def _agreed(output: Output) -> None:
    if not (output.spoken and may_ask()):
        raise ConfigError(
            "--yes is missing: files would be written and nobody can be asked",
            "seawall init --files --yes",
        )
    if not click.confirm("Write them?", err=True):
        raise SeawallError("nothing was written", "seawall init --files shows it again")


def _write(folder: Path, each: "Lacking") -> None:
    """A new file never takes the place of another; one that is there must be as it was seen."""
    path = folder / each.name
    try:
        if each.now is None:
            with path.open("x", encoding="utf-8") as file:
                file.write(each.then)
            return
        if path.read_text("utf-8") != each.now:
            raise SeawallError(f"{each.name}: changed meanwhile", "run it again")
        path.write_text(each.then, "utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SeawallError(f"{each.name}: cannot be written: {error}") from None
