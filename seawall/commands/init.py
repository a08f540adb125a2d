"""`seawall init`: look at the repository, ask at most a few questions, write seawall.yml."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seawall.commands import json_option, pass_output, verb, yes_option
from seawall.report.screen import Output, may_ask

if TYPE_CHECKING:
    from seawall.commands.asking import Learned
    from seawall.commands.draft import Answers


@verb(
    examples={
        "seawall init": "look, ask, write",
        "seawall init --yes": "take every answer it finds",
        "seawall init --server root@203.0.113.10": "ask only for the rest",
        "seawall init --files": "a Dockerfile, .dockerignore, .gitignore lines, where missing",
        "seawall init --hooks": "no commit with a secret in it, here and in CI",
    },
    exits={1: "the file cannot be written", 3: ""},
)
@click.option("--server", metavar="HOST", help="What you type after ssh, or none.")
@click.option("--domain", metavar="NAME", help="Where visitors find your app, or none.")
@click.option("--person", metavar="NAME", help="The account of who may log in, or none.")
@click.option("--key", metavar="KEY", help="Their public key, a .pub file, or github:NAME.")
@click.option("--project", metavar="NAME", help="A short name for all of this.")
@click.option("--files", is_flag=True, help="Write what the app lacks instead, diff first.")
@click.option("--hooks", is_flag=True, help="Only a look for secrets before each commit and in CI.")
@yes_option
@json_option()
@pass_output
def command(output: Output, /, files: bool, hooks: bool, yes: bool, **flags: str | None) -> None:
    """Look at this repository and write seawall.yml. Touches no server.

    A seawall.yml that is there already stays as it is: init shows what it would add.
    """
    if files:
        from seawall.commands import filling

        return filling.carry_out(output, Path.cwd(), yes=yes)
    if hooks:
        from seawall.commands import hooking

        output.stays = lambda: "Nothing was written."
        return hooking.install(output, Path.cwd(), yes)
    return _describe(output, yes, flags)


def _describe(output: Output, yes: bool, flags: dict[str, str | None]) -> None:
    from seawall import config, repository
    from seawall.commands.asking import learn
    from seawall.report import beginning

    output.stays = lambda: "Nothing was written."
    here, file = Path.cwd(), config.find()
    traits = repository.traits(here)
    if output.spoken:
        beginning.saw(traits, output.err)
    given = {name: value for name, value in flags.items() if value is not None}
    ask = output.spoken and not yes and not file and may_ask()
    learned = learn(output, here, given, ask)
    told = {"repository": [vars(trait) for trait in traits], **_answers(learned.answers)}
    if file:
        _show_addition(output, file, learned, told)
    else:
        _write(output, here, learned, told)


def _answers(answers: "Answers") -> dict[str, Any]:
    person = {"name": answers.person, "key": answers.key} if answers.person else None
    server = {"name": answers.server, "host": answers.host} if answers.host else None
    app = dict([answers.app.kind, ("why", answers.app.why)]) if answers.app else None
    told = {"project": answers.project, "server": server, "person": person}
    return {**told, "domain": answers.domain or None, "app": app}


def _show_addition(output: Output, file: Path, learned: "Learned", told: dict[str, Any]) -> None:
    from seawall import config
    from seawall.commands.draft import sections
    from seawall.report import beginning, documents

    written = config.load(file)
    lacking = {
        name: text
        for name, text in sections(learned.answers).items()
        if (name,) not in written.lines
    }
    text = "\n".join(lacking.values())
    if not output.spoken:
        documents.write(beginning.document(**told, wrote=[], exists=written.name, would_add=text))
        return
    beginning.would_add(written.name, text, output.out)


def _write(output: Output, here: Path, learned: "Learned", told: dict[str, Any]) -> None:
    from seawall.commands import draft
    from seawall.report import beginning, documents

    text = draft.whole(draft.sections(learned.answers))
    draft.write(here, text)
    if not output.spoken:
        files = [draft.FILE, draft.SCHEMA]
        documents.write(beginning.document(**told, wrote=files, exists=None, would_add=""))
        return
    if learned.rows:
        beginning.chose(learned.rows, output.err)
    lines = f"{len(text.splitlines())} lines; your editor completes and checks it"
    rows = [(draft.FILE, lines), (draft.SCHEMA, "what your editor needs for that")]
    beginning.wrote(rows, draft.missing(learned.answers), output.out)
