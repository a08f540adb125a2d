"""Says what a repository is made of, and by which file one can tell."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_MOST_BYTES = 256 * 1024

_LANGUAGES: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "Python": (
        ("pyproject.toml", "requirements.txt", "Pipfile", "setup.py", "manage.py"),
        {"django": "Django", "fastapi": "FastAPI", "flask": "Flask", "starlette": "Starlette"},
    ),
    "Node": (
        ("package.json",),
        {
            r'"next"': "Next.js",
            r'"nuxt"': "Nuxt",
            r'"@nestjs/core"': "NestJS",
            r'"@remix-run/\w+"': "Remix",
            r'"express"': "Express",
            r'"fastify"': "Fastify",
        },
    ),
    "Ruby": (("Gemfile",), {r"['\"]rails['\"]": "Rails", r"['\"]sinatra['\"]": "Sinatra"}),
    "Go": (("go.mod",), {"gin-gonic/gin": "Gin", "labstack/echo": "Echo", "gofiber": "Fiber"}),
    "PHP": (
        ("composer.json",),
        {"laravel/framework": "Laravel", "symfony/framework-bundle": "Symfony"},
    ),
}
"""For each language: the files it shows in, and words in them that betray a framework."""

_SECRET = re.compile(r"(?i)secret|token|passw|private|credential|api_?key|_key$|dsn|database_url")


@dataclass(frozen=True)
class Trait:
    """Something the repository has, and the file that says so."""

    what: str
    evidence: str


def traits(folder: Path) -> tuple[Trait, ...]:
    """Everything recognised, the language first."""
    return (*_languages(folder), *_dockerfile(folder), *_environment(folder))


def _languages(folder: Path) -> Iterator[Trait]:
    for language, (names, frameworks) in _LANGUAGES.items():
        files = [folder / name for name in names if (folder / name).is_file()]
        if not files:
            continue
        text = "\n".join(beginning(file) for file in files)
        found = [name for word, name in frameworks.items() if re.search(word, text, re.I)]
        evidence = ", ".join(file.name for file in files[:2])
        yield Trait(", ".join([*found[:1], language]), evidence)


def _dockerfile(folder: Path) -> Iterator[Trait]:
    file = folder / "Dockerfile"
    if not file.is_file():
        return
    if port := listens(beginning(file)):
        yield Trait(f"Dockerfile, listens on {port}", f"EXPOSE {port}")
    else:
        yield Trait("Dockerfile", "Dockerfile")


def listens(dockerfile: str) -> str:
    """The port that a Dockerfile says visitors are answered on; ssh beside it is not meant."""
    exposed = re.findall(r"(?im)^\s*EXPOSE\s+(.+)$", dockerfile)
    ports = [port for line in exposed for port in re.findall(r"\b\d{1,5}\b", line)]
    return next((port for port in ports if port != "22"), ports[0] if ports else "")


def _environment(folder: Path) -> Iterator[Trait]:
    file = folder / ".env"
    if not file.is_file():
        return
    names = re.findall(r"(?m)^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*\S", beginning(file))
    secret = sum(bool(_SECRET.search(name)) for name in names)
    count = f"{secret} setting{'s look' if secret != 1 else ' looks'} secret"
    where = ".env, which is in git: everybody with the code has them"
    yield Trait(count, where if _tracked(file) else ".env, not in git, good")


def _tracked(file: Path) -> bool:
    words = ["git", "-C", str(file.parent), "ls-files", "--error-unmatch", "--", file.name]
    try:
        return subprocess.run(words, capture_output=True, timeout=5, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def beginning(file: Path) -> str:
    """The beginning of a file; nothing when it cannot be read."""
    try:
        with file.open("rb") as opened:
            return opened.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
