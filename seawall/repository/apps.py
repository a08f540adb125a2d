"""The app in a source tree, as far as files betray it: what builds it, what serves it, and why.

A guess is written with its reason beside it; nothing is run and nobody is asked. A Dockerfile is
the tree's own word and comes first; a page that merely lies there comes last.
"""

from pathlib import Path

from seawall.repository import pages, php, processes
from seawall.repository.guess import AppGuess
from seawall.repository.recognise import beginning, listens

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


_PARTS = (".", "backend", "server", "api", "app", "web")
"""Where a Dockerfile lies, in trees with one app or with a part that serves."""


def app(folder: Path) -> AppGuess | None:
    """The app of this source tree; None when nothing is recognised."""
    top = _docker(folder) if (folder / "Dockerfile").is_file() else None
    return top or next((found for look in LOOKS if (found := look(folder))), _docker(folder))


def _docker(folder: Path) -> AppGuess | None:
    below = next((name for name in _PARTS if (folder / name / "Dockerfile").is_file()), None)
    if below is None:
        return None
    name = "Dockerfile" if below == "." else f"{below}/Dockerfile"
    port = listens(beginning(folder / name))
    told = f"{name}, listens on {port}" if port else name
    lacking = "It must listen on the port in the variable PORT, or name its own with EXPOSE."
    return AppGuess(told, build=below, note="" if port else lacking)
