"""Apps that run as processes: Python, Ruby and Go, by the files that such source trees have."""

import re
from collections.abc import Iterator
from pathlib import Path

from seawall.repository.guess import AppGuess
from seawall.repository.recognise import beginning

_VENV = "python3 -m venv .venv"
_MOST_FILES = 200


def _python(folder: Path, server: str) -> tuple[str, ...] | None:
    """How to install a Python project and the program that serves it."""
    if (folder / "requirements.txt").is_file():
        what, text = "-r requirements.txt", beginning(folder / "requirements.txt")
    elif (folder / "pyproject.toml").is_file():
        what, text = ".", beginning(folder / "pyproject.toml")
    else:
        return None
    more = "" if re.search(rf"(?i)\b{server}\b", text) else f" {server}"
    return (_VENV, f".venv/bin/pip install {what}{more}")


def _requires(folder: Path, name: str) -> bool:
    files = ("requirements.txt", "pyproject.toml", "Pipfile")
    text = "\n".join(beginning(folder / file) for file in files)
    return bool(re.search(rf"(?im)(^|[\"'\s]){name}\b", text))


def _modules(folder: Path, pattern: str) -> Iterator[tuple[str, str]]:
    """Module and variable of every line that fits, the likeliest files first."""
    files = [*folder.glob("*.py"), *folder.glob("*/*.py"), *folder.glob("src/*/*.py")]
    for file in sorted(files, key=lambda path: (len(path.parts), path.name))[:_MOST_FILES]:
        if found := re.search(pattern, beginning(file)):
            parts = file.relative_to(folder).with_suffix("").parts
            inside = [part for part in parts if part not in ("src", "__init__")]
            yield ".".join(inside), found[1]


def django(folder: Path) -> AppGuess | None:
    install = _python(folder, "gunicorn")
    settings = next(iter(sorted(folder.glob("*/wsgi.py"))), None)
    if not ((folder / "manage.py").is_file() and settings and install):
        return None
    package = settings.parent.name
    return AppGuess(
        f"Django: manage.py and {package}/wsgi.py",
        f".venv/bin/gunicorn {package}.wsgi --bind 127.0.0.1:$PORT",
        install,
        ("python3-venv",),
        before_switch=".venv/bin/python manage.py migrate --noinput",
        domain=_allowed_host(folder / package),
    )


def _allowed_host(package: Path) -> str:
    files = [package / "settings.py", *sorted(package.glob("settings/*.py"))]
    for file in files:
        if listed := re.search(r"ALLOWED_HOSTS\s*=\s*\[([^\]]*)\]", beginning(file)):
            names = re.findall(r"[\"']\.?([a-z0-9.-]+\.[a-z]{2,})[\"']", listed[1])
            if names:
                return str(names[0])
    return ""


def asgi(folder: Path) -> AppGuess | None:
    install = _python(folder, "uvicorn")
    kind = next((name for name in ("fastapi", "starlette") if _requires(folder, name)), None)
    found = next(_modules(folder, r"(?m)^(\w+)(?::\s*\w+)?\s*=\s*(?:FastAPI|Starlette)\("), None)
    if not (kind and install and found):
        return None
    name = "FastAPI" if kind == "fastapi" else "Starlette"
    serve = f".venv/bin/uvicorn {found[0]}:{found[1]} --host 127.0.0.1 --port $PORT"
    return AppGuess(f"{name}: {found[1]} in {found[0]}", serve, install, ("python3-venv",))


def flask(folder: Path) -> AppGuess | None:
    install = _python(folder, "gunicorn")
    if not (install and _requires(folder, "flask")):
        return None
    app = next(_modules(folder, r"(?m)^(\w+)(?::\s*\w+)?\s*=\s*Flask\("), None)
    factory = next(_modules(folder, r"(?m)^def (create_app|make_app)\("), None)
    if not (app or factory):
        return None
    module, name = app or factory or ("", "")
    target = f"{module}:{name}" if app else f"'{module}:{name}()'"
    serve = f".venv/bin/gunicorn {target} --bind 127.0.0.1:$PORT"
    return AppGuess(f"Flask: {name} in {module}", serve, install, ("python3-venv",))


_BUNDLE = ("bundle config set --local path vendor/bundle", "bundle install")
_RUBY = ("bundler", "ruby-dev", "build-essential")


def rails(folder: Path) -> AppGuess | None:
    if not (folder / "config/application.rb").is_file() or not (folder / "Gemfile").is_file():
        return None
    return AppGuess(
        "Rails: Gemfile and config/application.rb",
        "bundle exec puma -b tcp://127.0.0.1:$PORT",
        _BUNDLE,
        _RUBY,
        before_switch="bundle exec rails db:migrate",
        env=(("RAILS_ENV", "production"),),
        health="/up" if "rails/health" in beginning(folder / "config/routes.rb") else "",
    )


def rack(folder: Path) -> AppGuess | None:
    if not (folder / "config.ru").is_file() or not (folder / "Gemfile").is_file():
        return None
    serve = "bundle exec rackup --host 127.0.0.1 --port $PORT"
    return AppGuess("Rack: config.ru", serve, _BUNDLE, _RUBY, env=(("RACK_ENV", "production"),))


def go(folder: Path) -> AppGuess | None:
    mains = [folder / "main.go", *sorted(folder.glob("cmd/*/main.go"))]
    main = next((file for file in mains if file.is_file()), None)
    if not (main and (folder / "go.mod").is_file()):
        return None
    package = f"./{main.parent.relative_to(folder)}" if main.parent != folder else "."
    build = f"go build -o server {package}"
    told = "It must listen on 127.0.0.1 and the port in the variable PORT."
    name = main.relative_to(folder)
    return AppGuess(f"Go: go.mod and {name}", "./server", (build,), ("golang-go",), note=told)
