"""What init writes of an app, for every stack it knows: it loads, and every line says why."""

import json
from pathlib import Path

import pytest

from seawall import config, repository
from seawall.commands import draft
from seawall.features.scalability.apps import Apps

PACKAGE = {"scripts": {"start": "node server.js"}, "dependencies": {"express": "5"}}
NEXT = {"scripts": {"start": "next start", "build": "next build"}, "dependencies": {"next": "15"}}
VITE = {"scripts": {"start": "vite", "build": "vite build"}, "devDependencies": {"vite": "7"}}
ASTRO = {"scripts": {"build": "astro build"}, "dependencies": {"astro": "5"}}
LIBRARY = {"scripts": {"build": "tsc"}, "devDependencies": {"typescript": "5"}}
STACKS: dict[str, tuple[dict[str, str], dict[str, object]]] = {
    "django": (
        {"manage.py": "", "requirements.txt": "django\n", "shop/wsgi.py": ""},
        {"process": ".venv/bin/gunicorn shop.wsgi --bind 127.0.0.1:$PORT"},
    ),
    "flask": (
        {"requirements.txt": "flask\ngunicorn\n", "app.py": "app = Flask(__name__)\n"},
        {"process": ".venv/bin/gunicorn app:app --bind 127.0.0.1:$PORT"},
    ),
    "flask factory": (
        {"requirements.txt": "Flask==3\n", "web/__init__.py": "def create_app():\n"},
        {"process": ".venv/bin/gunicorn 'web:create_app()' --bind 127.0.0.1:$PORT"},
    ),
    "fastapi": (
        {"pyproject.toml": "dependencies = ['fastapi']", "src/api/main.py": "app = FastAPI()\n"},
        {"process": ".venv/bin/uvicorn api.main:app --host 127.0.0.1 --port $PORT"},
    ),
    "rails": (
        {"Gemfile": "gem 'rails'", "config/application.rb": "", "config/routes.rb": "rails/health"},
        {"before_switch": "bundle exec rails db:migrate", "health": "/up"},
    ),
    "rack": (
        {"Gemfile": "gem 'sinatra'", "config.ru": "run App"},
        {"process": "bundle exec rackup --host 127.0.0.1 --port $PORT"},
    ),
    "express": (
        {"package.json": json.dumps(PACKAGE), "package-lock.json": "{}"},
        {"process": "node server.js", "install": ["npm ci"]},
    ),
    "node alone": (
        {"package.json": json.dumps({"scripts": {"start": "node server.js"}})},
        {"process": "node server.js", "install": [], "packages": ["nodejs"]},
    ),
    "next": (
        {"package.json": json.dumps(NEXT)},
        {"process": "npm start", "install": ["npm install --include=dev", "npm run build"]},
    ),
    "vite": (
        {"package.json": json.dumps(VITE), "package-lock.json": "{}", "index.html": ""},
        {"static": "dist", "fallback": "index.html"},
    ),
    "astro": (
        {"package.json": json.dumps(ASTRO), "public/index.html": ""},
        {"static": "dist", "fallback": None},
    ),
    "go": ({"go.mod": "module x", "cmd/web/main.go": ""}, {"process": "./server"}),
    "laravel": (
        {"artisan": "", "composer.json": "{}", "public/index.php": "", "package.json": "{}"},
        {"php": "public", "secrets": ["APP_KEY"], "uploads": ["/srv/storage"]},
    ),
    "symfony": (
        {"bin/console": "", "composer.json": "{}", "public/index.php": ""},
        {"php": "public", "secrets": ["APP_SECRET"]},
    ),
    "php": ({"index.php": "<?php"}, {"php": ".", "install": []}),
    "hugo": ({"hugo.toml": "", "content/a.md": ""}, {"static": "public", "packages": ["hugo"]}),
    "jekyll": (
        {"_config.yml": "", "Gemfile": "gem 'jekyll'", "index.html": ""},
        {"static": "_site"},
    ),
    "mkdocs": ({"mkdocs.yml": "", "docs/index.md": ""}, {"static": "site"}),
    "html": ({"index.html": "", "style.css": ""}, {"static": ".", "health": "/"}),
    "html below": ({"public/index.html": ""}, {"static": "public"}),
    "symfony of old": (
        {"bin/console": "", "composer.json": "{}", "web/index.php": ""},
        {"php": "web", "secrets": ["APP_SECRET"]},
    ),
    "dockerfile below": (
        {"backend/Dockerfile": "FROM x\nEXPOSE 22 80\n", "frontend/Dockerfile": "FROM y\n"},
        {"build": "backend"},
    ),
    "dockerfile": ({"Dockerfile": "FROM x\nEXPOSE 3000\n", "manage.py": ""}, {"build": "."}),
}
"""For each stack: the files that show it, and what has to be written."""


def lay(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def written(folder: Path) -> str:
    found = repository.app(folder)
    answers = draft.Answers("acme", host="web1", person="", app=found)
    return draft.whole(draft.sections(answers))


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_written_loads_and_says_what_is_there(tmp_path: Path, stack: str) -> None:
    files, expected = STACKS[stack]
    text = written(lay(tmp_path, files))
    [app] = config.parse(text).of(Apps).apps.values()
    assert {name: getattr(app, name) for name in expected} == expected
    assert "# Recognised as " in text


@pytest.mark.parametrize("stack", STACKS)
def test_each_line_of_an_app_says_why(tmp_path: Path, stack: str) -> None:
    text = written(lay(tmp_path, STACKS[stack][0]))
    lines = text.split("  web:\n")[1].splitlines()
    settings = [line for line in lines if line.startswith("    ") and line[4].isalpha()]
    silent = {"env", "domain", "before_switch"}  # in the open, their own words, or said above
    for line in settings:
        assert "   # " in line or line.split(":")[0].strip() in silent, line


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"README.md": "words"},
        {"package.json": json.dumps(LIBRARY)},
        {"package.json": "[]"},
        {"package.json": '{"scripts": ["start"]}'},
        {"package.json": "not json"},
        {"setup.py": "", "pyproject.toml": "name = 'flask-thing'"},
        {"go.mod": "module x", "lib.go": ""},
        {"composer.json": "{}", "src/Lib.php": ""},
        {"Gemfile": "gem 'rake'"},
    ],
)
def test_what_is_no_app_is_not_taken_for_one(tmp_path: Path, files: dict[str, str]) -> None:
    assert repository.app(lay(tmp_path, files)) is None
