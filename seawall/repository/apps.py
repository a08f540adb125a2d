"""The app in a source tree, as far as files betray it: what builds it, what serves it, and why.

A guess is written with its reason beside it; nothing is run and nobody is asked. A Dockerfile is
the tree's own word and comes first; a page that merely lies there comes last.
"""

import re
from pathlib import Path

from seawall.repository import pages, php, processes
from seawall.repository.guess import AppGuess
from seawall.repository.recognise import beginning

LOOKS = (
    processes.django,
    processes.asgi,
    processes.flask,
    processes.rails,
    processes.rack,
    php.laravel,
    php.symfony,
    php.plain,
    pages.generated,
    pages.node,
    processes.go,
    pages.plain,
)


def app(folder: Path) -> AppGuess | None:
    """The app of this source tree; None when nothing is recognised."""
    return _docker(folder) or next((found for look in LOOKS if (found := look(folder))), None)


def _docker(folder: Path) -> AppGuess | None:
    file = folder / "Dockerfile"
    if not file.is_file():
        return None
    exposed = re.search(r"(?im)^\s*EXPOSE\s+(\d{1,5})", beginning(file))
    told = f"Dockerfile, listens on {exposed[1]}" if exposed else "Dockerfile"
    lacking = "It must listen on the port in the variable PORT, or name its own with EXPOSE."
    return AppGuess(told, build=".", note="" if exposed else lacking)
