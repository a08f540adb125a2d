"""Files that a recognised app lacks to be built, sent and kept safely, and what they would say.

Nothing that is there is replaced: a .gitignore gets lines, everything else is new or stays away.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from seawall.repository.guess import AppGuess
from seawall.repository.recognise import beginning

_PYTHON = """\
FROM python:3.13-slim
ENV PYTHONUNBUFFERED=1
RUN useradd --system --create-home app
WORKDIR /app
{copy}COPY . .
{install}USER app
ENV PORT=8000
EXPOSE 8000
CMD ["sh", "-c", "exec {start}"]
"""
_NODE = """\
FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY {manifests} ./
{install}COPY . .
{build}USER node
ENV PORT=3000
EXPOSE 3000
CMD {start}
"""
_RUBY = """\
FROM ruby:3.4
ENV RAILS_ENV=production RACK_ENV=production
RUN useradd --system --create-home app
WORKDIR /app
COPY Gemfile Gemfile.lock* ./
RUN bundle install
COPY --chown=app . .
USER app
ENV PORT=3000
EXPOSE 3000
CMD ["sh", "-c", "exec {start}"]
"""
_GO = """\
FROM golang:1.27 AS build
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 {build}

FROM debian:13-slim
RUN apt-get update \\
    && apt-get install -y --no-install-recommends ca-certificates \\
    && rm -rf /var/lib/apt/lists/* \\
    && useradd --system app
COPY --from=build /src/server /usr/local/bin/server
USER app
ENV PORT=8080
EXPOSE 8080
CMD ["server"]
"""
_OUTSIDE = (".git", ".env", ".env.*", "!.env.example", "*.pem", "*.key", "*.sqlite3", "*.log")
_MADE = {
    "Python": (".venv/", "__pycache__/", "*.sqlite3"),
    "Node": ("node_modules/", "npm-debug.log*"),
    "Ruby": ("vendor/bundle/", "log/*.log", "tmp/"),
    "Go": ("/server",),
    "PHP": ("vendor/",),
}
_HEALTH = {
    "Django": 'urls.py: path("healthz", lambda request: HttpResponse("ok"))',
    "Flask": '@app.get("/healthz") above a function that returns "ok"',
    "FastAPI": '@app.get("/healthz") above a function that returns "ok"',
    "Rails": 'config/routes.rb: get "up" => "rails/health#show"',
    "Node": "app.get('/healthz', (request, response) => response.send('ok'))",
    "Go": 'http.HandleFunc("/healthz", …) that writes "ok"',
}


@dataclass(frozen=True)
class Lacking:
    """A file as it is and as it would be; `now` is None where there is none yet."""

    name: str
    now: str | None
    then: str

    @property
    def diff(self) -> str:
        """What would change."""
        before = (self.now or "").splitlines(keepends=True)
        source = "/dev/null" if self.now is None else self.name
        return "".join(unified_diff(before, self.then.splitlines(keepends=True), source, self.name))


def lacking(folder: Path, app: AppGuess | None) -> Iterator[Lacking]:
    """What is missing, by the stack that was recognised."""
    language = _language(app)
    if app and not (folder / "Dockerfile").exists() and (text := _dockerfile(folder, app)):
        yield Lacking("Dockerfile", None, text)
    built = (folder / "Dockerfile").exists() or bool(app and app.build)
    builds = built or language in ("Python", "Node", "Ruby", "Go")
    if builds and not (folder / ".dockerignore").exists():
        left = [*_OUTSIDE, *(each.strip("/") for each in _MADE.get(language, ()))]
        yield Lacking(".dockerignore", None, "\n".join(dict.fromkeys(left)) + "\n")
    if added := list(_unignored(folder, language)):
        yield added[0]


def health(app: AppGuess | None) -> str:
    """How the recognised stack gets a page that says it is well; "" when it has one."""
    if app is None or app.health or app.static or app.build:
        return ""
    name = app.why.partition(":")[0]
    return _HEALTH.get(name, "")


def _language(app: AppGuess | None) -> str:
    if app is None or app.build or app.static:
        return ""
    name = app.why.partition(":")[0]
    known = {"Django": "Python", "Flask": "Python", "FastAPI": "Python", "Starlette": "Python"}
    known |= {"Rails": "Ruby", "Rack": "Ruby", "Node": "Node", "Go": "Go"}
    return known.get(name, "PHP" if app.php else "")


def _unignored(folder: Path, language: str) -> Iterator[Lacking]:
    """.gitignore with the lines it lacks; a link is left alone."""
    file = folder / ".gitignore"
    if file.is_symlink():
        return
    now = beginning(file) if file.is_file() else None
    known = {line.strip().strip("/") for line in (now or "").splitlines()}
    wanted = [line for line in (".env", *_MADE.get(language, ())) if line.strip("/") not in known]
    if wanted:
        start = f"{now.rstrip()}\n" if now and now.strip() else ""
        yield Lacking(".gitignore", now, start + "\n".join(wanted) + "\n")


def _dockerfile(folder: Path, app: AppGuess) -> str:
    start = _outside(app.process)
    language = _language(app)
    if language == "Python" and start:
        return _python(app, start)
    if language == "Node" and start:
        return _node(folder, app)
    if language == "Ruby" and start:
        return _RUBY.format(start=start)
    if language == "Go":
        return _GO.format(build=app.install[0])
    return ""


def _outside(process: str) -> str:
    """The same command, answering from a container."""
    bare = process.replace(".venv/bin/", "").replace("127.0.0.1", "0.0.0.0")  # noqa: S104
    return bare.replace("bundle exec rackup --host", "bundle exec rackup -o").replace('"', '\\"')


def _python(app: AppGuess, start: str) -> str:
    what = app.install[1].partition("install ")[2]
    if "requirements.txt" not in what:
        return _PYTHON.format(
            copy="", install=f"RUN pip install --no-cache-dir {what}\n", start=start
        )
    copy = f"COPY requirements.txt .\nRUN pip install --no-cache-dir {what}\n"
    return _PYTHON.format(copy=copy, install="", start=start)


def _node(folder: Path, app: AppGuess) -> str:
    locks = ("package-lock.json", "yarn.lock", "pnpm-lock.yaml")
    manifests = ["package.json", *(name for name in locks if (folder / name).is_file())]
    *install, build = [*app.install, ""]
    if install and re.search(r"\brun build$", install[-1]):
        build = install.pop()
    words = app.process.split()
    return _NODE.format(
        manifests=" ".join(manifests),
        install="".join(f"RUN {line}\n" for line in install),
        build=f"RUN {build}\n" if build else "",
        start="[" + ", ".join(f'"{word}"' for word in words) + "]",
    )
