"""PHP on a server: the distribution's php-fpm, started for each release by a program of ours."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from seawall.agent.steps import File, Packages, Step
from seawall.features.scalability.apps.docker import HOME

PROGRAM = f"{HOME}/serve_php.py"


def steps() -> Iterator[Step]:
    """What an app of PHP needs besides the extensions that it names."""
    yield Packages(("php-fpm",))
    yield File(PROGRAM, Path(__file__).with_name("serve_php.py").read_text())


def command(folder: str) -> str:
    """What starts a release of it."""
    return f"/usr/bin/python3 -I -S {PROGRAM} {shlex.quote(folder)}"
