"""One file per verb, and what they share: how help looks and which options all of them take.

A verb's module defines `command`, made by `@verb(examples=…, exits=…)`. It imports the engine,
the configuration and the reports inside its function, never at the top, so that `--help` and
completion answer before a person notices. It returns its exit code and raises SeawallError.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from seawall.commands.servers import complete_servers
from seawall.report.documents import version, write_event
from seawall.report.screen import Output

EXITS = {
    0: "fine",
    2: "seawall.yml or an argument is wrong",
    3: "no server could be reached",
    130: "interrupted",
}
"""What every verb's exit code means, unless the verb says it better."""

F = TypeVar("F", bound=Callable[..., Any])


class Page(click.HelpFormatter):
    """Help as wide as the terminal, 80 columns at most."""

    def __init__(self, width: int | None = None, max_width: int | None = None) -> None:
        super().__init__(width=width or min(80, shutil.get_terminal_size().columns))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 40, col_spacing: int = 2
    ) -> None:
        super().write_dl(rows, min(col_max, self.width // 2 - 2), col_spacing)


class Context(click.Context):
    formatter_class = Page


class Documented(click.Command):
    """A command whose help gives its purpose, then examples, options and exit codes."""

    context_class = Context

    def __init__(
        self,
        *arguments: Any,
        examples: Mapping[str, str] | None = None,
        exits: Mapping[int, str] | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(*arguments, **settings)
        self.examples = examples or {}
        self.exits = exits or {}
        self.params += [option for option in everywhere() if _is_new(option, self.params)]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        self.format_usage(ctx, formatter)
        self.format_help_text(ctx, formatter)
        _columns(formatter, "Examples", self.examples)
        self.format_options(ctx, formatter)
        exits = sorted({**EXITS, **self.exits}.items())
        _columns(formatter, "Exit codes", {str(code): why for code, why in exits if why})


class Verb(Documented):
    """One verb."""


class Verbs(Documented, click.Group):
    """A verb with verbs of its own, such as `seawall lab up`."""

    command_class = Verb


def verb(
    *, examples: Mapping[str, str], exits: Mapping[int, str] | None = None, **settings: Any
) -> Callable[[Callable[..., Any]], Verb]:
    """Make a function the verb its module is named after."""
    return _command(Verb, examples=examples, exits=exits, **settings)


def verbs(
    *, examples: Mapping[str, str], exits: Mapping[int, str] | None = None, **settings: Any
) -> Callable[[Callable[..., Any]], Verbs]:
    """Make a function a verb with verbs of its own, named after its module."""
    return _command(Verbs, examples=examples, exits=exits, **settings)


def _command(kind: type[click.Command], **settings: Any) -> Callable[[Callable[..., Any]], Any]:
    def make(function: Callable[..., Any]) -> Any:
        name = function.__module__.rpartition(".")[2]
        return click.command(name, cls=kind, **settings)(function)

    return make


def everywhere() -> list[click.Option]:
    """The options that may stand before or after the verb; the main help shows them."""
    return [
        click.Option(
            ["-C", "--directory"],
            type=click.Path(exists=True, file_okay=False),
            expose_value=False,
            is_eager=True,
            hidden=True,
            callback=_change_directory,
            help="Work as if started in this directory.",
        ),
        click.Option(
            ["--ssh-config"],
            type=click.Path(exists=True, dir_okay=False),
            expose_value=False,
            hidden=True,
            callback=_use_ssh_config,
            help="Read this file instead of ~/.ssh/config.",
        ),
        click.Option(
            ["--color"],
            type=click.Choice(["auto", "always", "never"]),
            expose_value=False,
            is_eager=True,
            hidden=True,
            callback=_set_colour,
            help="Colour on a terminal, always or never.",
        ),
    ]


def json_option(form: str = "json") -> Callable[[F], F]:
    """--json: one document, or `events`, one JSON object a line."""
    told = "One JSON document." if form == "json" else "Events, one JSON object a line."
    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=lambda ctx, option, on: _set_form(ctx, form if on else ""),
        help=told,
    )


yes_option = click.option("--yes", "-y", is_flag=True, help="Do not ask.")
pass_output = click.make_pass_decorator(Output, ensure=True)


def server_argument(name: str = "server", **settings: Any) -> Callable[[F], F]:
    """An argument that is a server of seawall.yml, completed by the shell."""
    return click.argument(name, shell_complete=complete_servers, **settings)


def _set_form(ctx: click.Context, form: str) -> None:
    if form:
        ctx.ensure_object(Output).form = form
    if form == "events":
        write_event(version())


def _set_colour(ctx: click.Context, option: click.Parameter, value: str | None) -> None:
    if value:
        ctx.ensure_object(Output).colour = value


def _change_directory(ctx: click.Context, option: click.Parameter, value: str | None) -> None:
    if value:
        os.chdir(value)


def _use_ssh_config(ctx: click.Context, option: click.Parameter, value: str | None) -> None:
    if value:
        os.environ["SEAWALL_SSH_CONFIG"] = str(Path(value).absolute())


def _is_new(option: click.Option, known: list[click.Parameter]) -> bool:
    return not any(set(option.opts) & set(other.opts) for other in known)


def _columns(formatter: click.HelpFormatter, title: str, rows: Mapping[str, str]) -> None:
    if rows:
        with formatter.section(title):
            formatter.write_dl(list(rows.items()))
