"""The questions of `seawall init`: as few as there are, each with an answer and where it is from.

Nothing is asked that a flag has answered, and nothing at all where nobody sits.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from seawall import repository
from seawall.commands.draft import FILE, Answers, sections, whole
from seawall.errors import ConfigError
from seawall.report import beginning
from seawall.report.screen import Output
from seawall.repository import Guess

_EXAMPLES = {
    "server": "root@203.0.113.10",
    "person": "dana",
    "key": "github:dana",
    "domain": "acme.example",
    "project": "acme",
}


@dataclass(frozen=True)
class Question:
    """One thing to know: what to call it, a guess, and what an answer does to the whole."""

    title: str
    flag: str
    guess: Guess
    take: Callable[[Answers, str], Answers]
    label: str
    """The guess as it stands in brackets."""
    given: str | None = None
    """What flags say; then nobody is asked."""

    def taken(self, known: Answers, written: str) -> Answers:
        """The answers with this one; ConfigError when it cannot be used."""
        answers = self.take(known, "" if written == "none" else written)
        if problem := _problem(answers):
            raise ConfigError(problem, f"such as {_EXAMPLES[self.flag]}")
        return answers


@dataclass
class Learned:
    """All answers, and how the ones that nobody typed are told."""

    answers: Answers
    rows: list[tuple[str, str]] = field(default_factory=list)


def learn(output: Output, here: Path, flags: dict[str, str], ask: bool) -> Learned:
    """Answers from flags, from the person at the terminal, or from what lies around."""
    questions = list(_questions(here, flags))
    app = repository.app(here)
    learned = Learned(Answers(repository.project(here).answer, app=app))
    open_ = [question for question in questions if question.given is None]
    if ask and open_:
        beginning.announce(len(open_), output.err)
    for question in questions:
        if ask and question in open_:
            learned.answers = _asked(output, question, learned.answers, 1 + open_.index(question))
        else:
            learned.answers = _unasked(question, learned.answers)
            learned.rows += [(question.title, question.label)] if question in open_ else []
    if ask and open_:
        beginning.answered(output.err)
    return learned


def _questions(here: Path, flags: dict[str, str]) -> Iterator[Question]:
    project = repository.project(here)
    server = repository.server(project.answer)
    yield Question("Server", "server", server, _server, _label(server), flags.get("server"))
    if app := repository.app(here):
        found = Guess(app.domain, "from ALLOWED_HOSTS" if app.domain else "")
        yield Question("Domain", "domain", found, _domain, _label(found), flags.get("domain"))
    yield _login(flags)
    yield Question("Project", "project", project, _project, _label(project), flags.get("project"))


def _login(flags: dict[str, str]) -> Question:
    """Name and key are one question, as they are one line of the answer."""
    person = Guess(flags["person"]) if "person" in flags else repository.person()
    key = Guess(flags["key"], "as given") if "key" in flags else repository.key()
    found = person.answer if key.answer else ""

    def take(known: Answers, written: str) -> Answers:
        name, _, own = written.partition(" ")
        return replace(known, person=name, key=_key(own.strip() or key.answer) if name else "")

    if "key" in flags and not person.answer:
        raise ConfigError("--person: whose key is it, nobody was found", "such as --person dana")
    label = f"{person.answer}, {key.origin}" if found else "none"
    given = person.answer if {"person", "key"} & set(flags) else None
    return Question("Who may log in", "key", Guess(found), take, label, given)


def _label(guess: Guess) -> str:
    return ", ".join(filter(None, (guess.answer, guess.origin))) or "none"


def _server(known: Answers, written: str) -> Answers:
    return replace(known, host=written)


def _domain(known: Answers, written: str) -> Answers:
    return replace(known, domain=written)


def _project(known: Answers, written: str) -> Answers:
    return replace(known, project=written)


def _key(written: str) -> str:
    """A key as it goes into the file: what is in a .pub file goes in itself."""
    home = written.startswith("~/")
    path = Path.home() / written[2:] if home else Path(written)
    if path.suffix == ".pub" and " " not in written and path.is_file():
        return path.read_text("utf-8", "replace").strip()
    return written


def _problem(answers: Answers) -> str:
    """What is wrong with the file that these answers make; nothing when it is right."""
    from seawall import config

    if answers.person and not answers.key:
        return "no public key was found"
    try:
        config.parse(whole(sections(answers)), pinned={})
    except ConfigError as error:
        return error.problem.splitlines()[0].removeprefix(f"{FILE}:").split(": ", 1)[-1]
    return ""


def _unasked(question: Question, known: Answers) -> Answers:
    """An answer nobody can be asked for; an error names the flag that would help."""
    written = question.guess.answer if question.given is None else question.given
    try:
        return question.taken(known, written)
    except ConfigError as error:
        where, _, problem = error.problem.rpartition(": ")
        flag = "person" if where.startswith("people") and "keys" not in where else question.flag
        got = f", got {question.given}" if flag == "person" and question.given else ""
        hint = f"such as --{flag} {_EXAMPLES[flag]}"
        raise ConfigError(f"--{flag}: {problem}{got}", hint) from None


def _asked(output: Output, question: Question, known: Answers, number: int) -> Answers:
    """An answer that can be used; a wrong one is said, and asked for again."""
    while True:
        line = beginning.question(number, question.title, question.label, output.err)
        written = click.prompt(
            line, default=question.guess.answer, show_default=False, prompt_suffix=" ", err=True
        )
        try:
            return question.taken(known, str(written).strip())
        except ConfigError as error:
            beginning.again(error, output.err)
