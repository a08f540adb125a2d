"""How a run that did not work out is told: a user's error, an interrupt, a bug of ours.

An error names the problem on one line and what to do on the next. A bug leaves a file to send,
without host names and secrets, and one line that names it.
"""

import re
from pathlib import Path

import click

from seawall.errors import ConfigError, SeawallError
from seawall.report.documents import write, write_event
from seawall.report.screen import Output, Screen
from seawall.report.words import wrap

INTERRUPTED = 130


def say(error: SeawallError, output: Output) -> int:
    """Tell a user's error; its exit code."""
    if output.spoken:
        output.err.show(lines(error, output.err))
    else:
        _document(error.problem, error.hint, error.exit_code, output)
    return error.exit_code


def lines(error: SeawallError, screen: Screen) -> list[str]:
    """`seawall: problem` and `hint: what to do`; lines of seawall.yml as they are."""
    problems = error.problem.splitlines() or [type(error).__name__]
    placed = isinstance(error, ConfigError) and re.match(r"\S+: ", error.problem)
    told = problems if placed else [f"seawall: {problems[0]}", *problems[1:]]
    return [
        *(part for line in told for part in _hung(line, screen, "  ")),
        *(_hung(f"hint: {' '.join(error.hint.split())}", screen, "      ") if error.hint else ()),
    ]


def usage(error: click.ClickException, output: Output) -> int:
    """Tell a wrong option or argument; exit code 2."""
    where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else ""
    hint = f"{where or 'seawall'} --help"
    return say(ConfigError(f"seawall: {error.format_message()}", hint), output)


def interrupted(output: Output) -> int:
    """Say what stays; exit code 130."""
    if output.spoken:
        output.err.show(wrap(output.err.text(output.stays()), output.err.width))
    else:
        _document("interrupted", output.stays(), INTERRUPTED, output)
    return INTERRUPTED


def bug(error: BaseException, output: Output) -> int:
    """Keep what is needed to find it, say where it is; exit code 1."""
    from seawall.report import bugs

    found = SeawallError(*bugs.keep(error, Path.cwd()))
    return say(found, output)


def _document(problem: str, hint: str, code: int, output: Output) -> None:
    told = {"problem": problem, "hint": hint, "exit_code": code}
    if output.form == "json":
        write({"error": told})
    else:
        write_event({"type": "error", **told})


def _hung(line: str, screen: Screen, indent: str) -> list[str]:
    """A line, wrapped, what follows the first set in."""
    first, *rest = wrap(screen.text(line), screen.width)
    more = wrap(" ".join(rest), screen.width - len(indent)) if rest else []
    return [first, *(indent + part for part in more)]
