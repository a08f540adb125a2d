"""Server names for the shell's completion, and nothing that would make a key press wait.

The file is read line by line, not parsed: completion must not import YAML or the models.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import click


def complete_servers(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The servers of the nearest seawall.yml that begin like this."""
    return [name for name in names_nearby() if name.startswith(incomplete)]


def names_nearby() -> list[str]:
    """The servers of the nearest seawall.yml; none when there is no such file."""
    here = Path.cwd()
    found = (folder / "seawall.yml" for folder in (here, *here.parents))
    file = next(filter(Path.is_file, found), None)
    return list(names_in(file.read_text("utf-8", "replace"))) if file else []


def names_in(text: str) -> Iterator[str]:
    """The keys directly below `servers:`."""
    indent = None
    for line in _block(text.splitlines(), "servers:"):
        if key := re.match(r"""( +)["']?([\w.-]+)["']?:""", line):
            indent = indent or key[1]
            if key[1] == indent:
                yield key[2]


def _block(lines: list[str], head: str) -> Iterator[str]:
    inside = False
    for line in lines:
        if line[:1].strip() and not line.startswith("#"):
            inside = line.split("#")[0].rstrip() == head
        elif inside:
            yield line
