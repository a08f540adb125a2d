"""What `seawall secrets` does with values: keeps, lists and forgets them, and shows none."""

import os
import subprocess
import sys
from typing import TYPE_CHECKING, TextIO

import click

from seawall.commands.servers import nearest
from seawall.errors import ConfigError
from seawall.report.documents import write
from seawall.report.screen import Output, may_ask

if TYPE_CHECKING:
    from seawall.config import Config
    from seawall.secrets import Store


def found() -> "Config":
    """The nearest seawall.yml."""
    config = nearest()
    if config is None:
        raise ConfigError("there is no seawall.yml here", "seawall init writes one")
    return config


def store(environment: str) -> "Store":
    """The secrets of an environment."""
    from seawall.secrets import Store

    return Store.open(found(), environment)


def init(output: Output, environment: str) -> None:
    """Make the file, and say what to do with the project's key."""
    from seawall.config.keys import resolve
    from seawall.secrets import Store

    config = resolve(found())
    made = Store.open(config, environment)
    if made.exists:
        output.err.show([f"{made.name} is there already. Next: seawall secrets list{made.flag}"])
        return
    made.create()
    names = ", ".join(dict.fromkeys(name for name, _ in made.page.readers))
    output.err.show(
        [
            f"{made.name}: made, for {names}. Commit it.",
            "The key of the project opens it too, if every ssh key is lost: print it for your",
            "drawer, and give it to CI as SEAWALL_SECRETS_KEY: seawall secrets key",
            f"Next: seawall secrets set NAME{made.flag}",
        ]
    )


def named(name: str, words: tuple[str, ...]) -> str:
    """The name alone; whatever stands behind it is a value in the wrong place, and never shown."""
    if words or "=" in name:
        hint = (
            "your shell may have written it down: take another one, then seawall secrets set NAME"
        )
        raise ConfigError("a value does not go on the command line", hint)
    return name


def keep(output: Output, environment: str, name: str, *, generate: bool) -> None:
    """Take a value from where it is, keep it, and say what is next."""
    from seawall.secrets import generated
    from seawall.secrets.page import checked

    kept = store(environment)
    if not kept.exists:
        raise kept.missing(checked(name))
    value = generated() if generate else asked(name, f"seawall secrets set {name} < FILE")
    changed = kept.set(checked(name), value)
    told = "kept" if changed else "that is its value already; nothing was changed"
    output.err.show([f"{name}: {told}{_next(kept, name) if changed else '.'}"])


def asked(name: str, instead: str) -> str:
    """A value from a pipe, or typed without being shown."""
    if not may_ask():
        given = "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read()
        if not given:
            raise ConfigError(f"{name}: no value on stdin", instead)
        return given.removesuffix("\n") if given.count("\n") == 1 else given
    return str(click.prompt(f"{name} (not shown)", hide_input=True, err=True))


def take_over(output: Output, environment: str, file: TextIO, *, replace: bool) -> None:
    """Keep what a .env file holds, and say what to do with the file."""
    from seawall.secrets import dotenv

    kept = store(environment)
    values = dotenv.parse(file.read(), file.name)
    empty = sorted(name for name, value in values.items() if not value)
    here = set(kept.names())
    other = [name for name in values if name in here and values[name] and not replace]
    fresh = {name: values[name] for name in values if values[name] and name not in other}
    changed = kept.update(fresh)
    differ = [name for name in other if kept.get(name) != values[name]]
    output.err.show([f"Kept: {', '.join(changed) or 'nothing new'}."])
    if empty:
        output.err.show([f"Without a value, so left out: {', '.join(empty)}."])
    if differ:
        output.err.show([f"Another value is kept, and stays: {', '.join(differ)} (--replace)."])
    if _in_git(file.name):
        told = f"{file.name} is in git: whoever has the repository has these values. Rotate them,"
        output.err.show([told, f"and take it out: git rm --cached {file.name}"])
    output.err.show([f"Next: rm {file.name}, and start with seawall secrets run -- COMMAND"])


def _in_git(name: str) -> bool:
    words = ["git", "ls-files", "--error-unmatch", "--", name]
    try:
        return subprocess.run(words, capture_output=True).returncode == 0
    except OSError:
        return False


def become(output: Output, environment: str, app: str | None, words: list[str]) -> None:
    """Turn into the command, with secrets in its environment and no core dump."""
    from seawall.secrets.projectkey import VARIABLE

    words = words[1:] if words[:1] == ["--"] else words
    if not words:
        raise ConfigError("what is to be run?", "seawall secrets run -- COMMAND")
    values = _of_app(app) if app else _of_all(environment)
    sys.stdout.flush()
    inherited = {name: value for name, value in os.environ.items() if name != VARIABLE}
    try:
        os.execvpe(words[0], words, inherited | values)  # noqa: S606
    except OSError as error:
        raise ConfigError(f"{words[0]}: cannot be started: {error.strerror}") from None


def _of_all(environment: str) -> dict[str, str]:
    from seawall.features.security.secrets import Secrets
    from seawall.secrets.collecting import collect

    kept = store(environment)
    elsewhere = kept.config.of(Secrets).sources
    if not (kept.exists or elsewhere):
        raise kept.missing("secrets")
    return collect(kept.config, sorted({*kept.names(), *elsewhere}), environment).values


def _of_app(name: str) -> dict[str, str]:
    """What an app finds on a server, but for its port."""
    from seawall.commands.servers import known
    from seawall.features.scalability.apps import Apps
    from seawall.secrets.collecting import required

    config = found()
    apps = config.of(Apps).apps
    app = apps[known(name, apps, "app in seawall.yml")]
    return {**app.env, **required(config, app.secrets, name, app.environment).values}


def _next(kept: "Store", name: str) -> str:
    from seawall.secrets.uses import uses

    using = uses(kept.config, kept.environment).get(name, ())
    if using:
        return f". Next: {using[0].then}"
    return f" in {kept.name}; commit it. An app gets it by apps.NAME.secrets: [{name}]"


def listed(output: Output, environment: str) -> None:
    """Names, dates and uses."""
    from seawall.secrets.uses import uses

    kept = store(environment)
    using = uses(kept.config, environment)
    rows = [
        {
            "name": name,
            "set": kept.page.values[name].when,
            "used_by": [use.by for use in using.get(name, ())],
        }
        for name in kept.names()
    ]
    if not output.spoken:
        write({"environment": environment, "file": kept.name, "secrets": rows})
        return
    if not kept.exists:
        raise kept.missing("secrets")
    wide = max((len(name) for name in kept.names()), default=0)
    for name in kept.names():
        by = ", ".join(use.by for use in using.get(name, ())) or "nothing here uses it"
        day = kept.page.values[name].when[:10]
        output.out.show([output.out.text(f"{name:{wide}}  {day}  {by}")])
    if not kept.names():
        output.err.show([f"No secrets yet. Next: seawall secrets set NAME{kept.flag}"])


def remove(output: Output, environment: str, name: str) -> None:
    """Forget a value."""
    from seawall.secrets.uses import uses

    kept = store(environment)
    kept.remove(name)
    using = ", ".join(use.by for use in uses(kept.config, environment).get(name, ()))
    warning = f" It is still wanted by {using}." if using else ""
    output.err.show([f"{name}: taken out of {kept.name}.{warning}"])
