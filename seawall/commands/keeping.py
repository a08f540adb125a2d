"""What `seawall secrets` does with values: keeps, lists and forgets them, and shows none."""

import sys
from typing import TYPE_CHECKING

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
    changed = kept.set(checked(name), generated() if generate else asked(name))
    told = "kept" if changed else "that is its value already; nothing was changed"
    output.err.show([f"{name}: {told}{_next(kept, name) if changed else '.'}"])


def asked(name: str) -> str:
    """A value from a pipe, or typed without being shown."""
    if not may_ask():
        given = "" if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read()
        if not given:
            raise ConfigError(f"{name}: no value on stdin", f"seawall secrets set {name} < FILE")
        return given.removesuffix("\n") if given.count("\n") == 1 else given
    return str(click.prompt(f"{name} (not shown)", hide_input=True, err=True))


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
