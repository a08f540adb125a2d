"""Writes docs/reference from the code: the words there are the words here, so they cannot differ.

usage: script/docs            writes
       script/docs --check    exits with 1 when something there is stale, and writes nothing
"""

import importlib
import inspect
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
import yaml
from pydantic import BaseModel

from seawall.agent.monitor.rules import EVENT, RULES, Rule
from seawall.cli import cli
from seawall.clouds.audit import Audit
from seawall.config.schema import schema
from seawall.config.servers import Top
from seawall.features import FEATURES
from seawall.kit import Check, Feature
from seawall.kit.manual import documented
from seawall.repository.topics import TOPICS

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
NOTE = "Written by `script/docs` from the code; change the words there."
SEVERITY = {
    "must": "must fix: `seawall check` exits with 1",
    "should": "should fix: said, exits with 0",
}
VARIABLES = {
    "SEAWALL_SSH_CONFIG": "the file to read instead of ~/.ssh/config, as `--ssh-config`",
    "SEAWALL_SUDO_PASSWORD_FILE": "a file with the password of sudo, where nobody can be asked",
    "SEAWALL_SECRETS_KEY": "the key of the project, in CI; opens its secrets",
    "SEAWALL_PLAIN": "set: no live line, no columns; for screen readers",
    "NO_COLOR": "set: no colour; `FORCE_COLOR` is the opposite",
    "CI": "set: nobody is asked anything, and nothing is redrawn",
    "SEAWALL_LAB_HOME": "where the lab's servers are kept",
    "SEAWALL_LAB_CACHE": "where the lab keeps the images it made",
}
SETTINGS = f"""\
# Settings of seawall.yml

{NOTE}

Only a server's `host` is needed, and the defaults are the safe ones: with `servers` and `people` a
server becomes hardened, updated and firewalled. A name that is not listed here is an error, with
the nearest one suggested; `x-` in front of a name at the top makes it yours, for YAML anchors.
Editors complete and check the file by its schema: `seawall schema`.
"""
CHECKS = f"""\
# Checks

{NOTE}

`seawall check` asks the running server, and knocks from outside; it never re-reads what Seawall
wrote. What could not be checked is *unknown*, is said, and makes the exit code 1. Each finding
says what was seen and how to put it right. The same text as here: `seawall explain ID`.

For each section that changes servers there is one more check, such as `ssh.as-declared`: a server
that differs from seawall.yml in anything is found, whoever changed it.
"""
RULES_HEAD = f"""\
# Rules of monitoring

{NOTE}

Somebody is told when a value was beyond a threshold for all of *lasting*, once more if it reaches
the second, and once when it is over. Each can have other numbers in `monitoring.rules`, or be
silenced in `monitoring.silence`. `disk-space` counts only below 5 GB free, `swap` only while
something is read back from it; certificates and proofs that come more often are counted as if they
had the usual length.

| rule | warning / critical | lasting | message |
| --- | --- | --- | --- |"""
COMMANDS = """\
# Commands

{note}

`--help` shows the same. Data goes to stdout, talk to stderr. `--json` gives one document, or one
event a line where a command takes its time.

What the environment changes:

{variables}
"""


def settings() -> str:
    """The manual of seawall.yml."""
    examples = {name: each["examples"] for name, each in schema()["properties"].items()}
    documented()
    parts = [SETTINGS, "## project, servers\n", *_model(Top, "")]
    for feature in FEATURES:
        if feature.model_fields:
            parts.append(f"## {feature.section}\n\n{_promise(feature)}\n")
            parts += [_example(feature.section, each) for each in examples[feature.section]]
            parts += _model(feature, feature.section)
    return "\n".join(parts)


def _promise(feature: type[Feature]) -> str:
    return inspect.getdoc(sys.modules[feature.__module__]) or ""


def _example(section: str, value: Any) -> str:
    written = yaml.safe_dump({section: value}, sort_keys=False, default_flow_style=None)
    return f"```yaml\n{written}```\n"


def _model(model: type[BaseModel], place: str) -> Iterator[str]:
    """A list of a model's settings, then those of the models inside it."""
    inner = []
    for name, field in model.model_fields.items():
        key = field.alias or name
        where = place if key == place else f"{place}.{key}".lstrip(".")
        told = " ".join((field.description or "").split())
        yield f"- `{where}`{_default(field)}: {told}"
        inner += [(each, f"{where}{_each(field.annotation)}") for each in _models(field.annotation)]
    yield ""
    for each, where in inner:
        yield f"### {where}\n\n{inspect.getdoc(each)}\n"
        yield from _model(each, where)


def _default(field: Any) -> str:
    if field.is_required():
        return " (needed)"
    value = field.get_default(call_default_factory=True)
    if value in (None, "", [], {}, ()):
        return ""
    return f" (default `{str(value).lower() if isinstance(value, bool) else value}`)"


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _each(annotation: Any) -> str:
    return ".NAME" if getattr(annotation, "__origin__", None) is dict else "[]"


def checks() -> str:
    """Every check, by section."""
    parts = [CHECKS]
    heals = {name: each.heal for name, each in _sabotages().items()}
    for feature in (*FEATURES, Audit, *TOPICS):
        parts.append(f"## {feature.section} ({feature.room})\n")
        parts += [_check(check, heals.get(check.id, "")) for check in feature.checks()]
    return "\n".join(parts)


def _check(check: Check, heal: str) -> str:
    fix = "`seawall apply` puts it right" if heal == "apply" else "said with each finding"
    return f"""\
### `{check.id}`

{check.title}.

{check.why}

- severity: {SEVERITY[check.severity]}
- fix: {fix}
"""


def _sabotages() -> dict[str, Any]:
    """How each check was made red and green again; what heals it is the fix."""
    found: dict[str, Any] = {}
    for path in sorted((ROOT / "seawall/features").rglob("*_test.py")):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found |= getattr(importlib.import_module(module), "SABOTAGES", {})
    return found


def commands() -> str:
    """The help of every command."""
    listed = "\n".join(f"- `{name}`: {told}" for name, told in VARIABLES.items())
    head = COMMANDS.format(note=NOTE, variables=listed)
    return "\n".join([head, *_help(cli, cli.context_class(cli, info_name="seawall"))])


def _help(command: click.Command, context: click.Context) -> Iterator[str]:
    yield f"## {context.command_path}\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner
            yield from _help(inner, inner.context_class(inner, context, info_name=name))


def rules() -> str:
    """Every rule of monitoring, in the order they are judged."""
    rows = [
        f"| `{rule.name}` | {_limits(rule)} | {_lasting(rule.seconds)} | {_titled(rule)} |"
        for rule in RULES
    ]
    return "\n".join([RULES_HEAD, *rows, ""])


def _limits(rule: Rule) -> str:
    """Both thresholds; what is a yes or no has none."""
    if rule.warning == EVENT:
        return "at all"
    limits = [rule.warning] + [rule.critical] * (rule.critical not in (None, rule.warning))
    sign = "≤" if rule.falling else "≥"
    return f"{sign} {' / '.join(rule.shown(each) for each in limits if each is not None)}"


def _lasting(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s" if seconds else "at once"
    return f"{seconds / 60:.0f} min"


def _titled(rule: Rule) -> str:
    said = rule.title.format(subject="…", value="…")
    return f"{said}{'; can wait for the digest' if rule.digest else ''}"


PAGES = {
    "settings.md": settings,
    "checks.md": checks,
    "commands.md": commands,
    "rules.md": rules,
}


def main(arguments: list[str]) -> int:
    """Write the pages, or say which are stale."""
    os.environ["COLUMNS"] = "80"
    made = {REFERENCE / name: make() for name, make in PAGES.items()}
    stale = [path for path, text in made.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if arguments == ["--check"]:
            sys.stderr.write(f"{path.relative_to(ROOT)} is stale: script/docs\n")
        else:
            path.write_text(made[path])
    return 1 if stale and arguments == ["--check"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
