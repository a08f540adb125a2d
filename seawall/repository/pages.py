"""Sites and Node: a package that serves by itself, or pages that somebody or something wrote."""

import json
import re
from pathlib import Path
from typing import Any

from seawall.repository.guess import AppGuess
from seawall.repository.recognise import beginning

_SITES = ("public", "dist", "docs", "_site", "site", "www", "html")
_BUNDLERS = {
    "astro": ("Astro", "dist", False),
    "@docusaurus/core": ("Docusaurus", "build", False),
    "@11ty/eleventy": ("Eleventy", "_site", False),
    "gatsby": ("Gatsby", "public", False),
    "vuepress": ("VuePress", "docs/.vuepress/dist", False),
    "react-scripts": ("Create React App", "build", True),
    "@vue/cli-service": ("Vue CLI", "dist", True),
    "vite": ("Vite", "dist", True),
}
"""By package: its name, where it builds to, and whether it makes single-page apps."""
_SERVERS = ("next", "nuxt", "express", "fastify", "koa", "@nestjs/core", "@remix-run/node", "hono")
_DEVELOPS = re.compile(r"\b(vite|react-scripts|astro|vue-cli-service|eleventy|gatsby|docusaurus)\b")
_HUGO = ("hugo.toml", "hugo.yaml", "hugo.yml", "hugo.json")


def generated(folder: Path) -> AppGuess | None:
    """Hugo, Jekyll and MkDocs, whose pages are built once for each release."""
    return _hugo(folder) or _jekyll(folder) or _mkdocs(folder)


def _hugo(folder: Path) -> AppGuess | None:
    old = "config.toml" if (folder / "archetypes").is_dir() else ""
    name = next((name for name in (*_HUGO, old) if name and (folder / name).is_file()), None)
    if name is None:
        return None
    build = ("hugo --minify",)
    return AppGuess(f"Hugo: {name}", static="public", install=build, packages=("hugo",), health="/")


def _jekyll(folder: Path) -> AppGuess | None:
    gems = "jekyll" in beginning(folder / "Gemfile") or "github-pages" in beginning(
        folder / "Gemfile"
    )
    if not (folder / "_config.yml").is_file() or not (gems or (folder / "_posts").is_dir()):
        return None
    bundle = ("bundle config set --local path vendor/bundle", "bundle install")
    return AppGuess(
        "Jekyll: _config.yml",
        static="_site",
        install=(*bundle, "bundle exec jekyll build") if gems else ("jekyll build",),
        packages=("bundler", "ruby-dev", "build-essential") if gems else ("jekyll",),
        env=(("JEKYLL_ENV", "production"),),
        health="/",
    )


def _mkdocs(folder: Path) -> AppGuess | None:
    if not (folder / "mkdocs.yml").is_file() or (folder / "setup.py").is_file():
        return None
    told = (folder / "requirements.txt").is_file()
    what = "-r requirements.txt" if told else "mkdocs-material"
    install = ("python3 -m venv .venv", f".venv/bin/pip install {what}", ".venv/bin/mkdocs build")
    why = "MkDocs: mkdocs.yml"
    return AppGuess(why, static="site", install=install, packages=("python3-venv",), health="/")


def node(folder: Path) -> AppGuess | None:
    """A package with a start script that serves, or one that builds pages."""
    try:
        package: dict[str, Any] = json.loads(beginning(folder / "package.json"))
        scripts = {**package.get("scripts", {})}
        needs = {**package.get("dependencies", {}), **package.get("devDependencies", {})}
    except (ValueError, AttributeError, TypeError):
        return None
    start, builds = str(scripts.get("start", "")), "build" in scripts
    serves = start and not _DEVELOPS.search(start)
    pages = not serves or not any(name in needs for name in _SERVERS)
    if builds and pages and (built := _built(folder, needs)):
        return built
    return _started(folder, start, builds, bool(needs)) if serves else None


def _built(folder: Path, needs: dict[str, Any]) -> AppGuess | None:
    found = next((_BUNDLERS[name] for name in _BUNDLERS if name in needs), None)
    if found is None:
        return None
    name, place, single = found
    return AppGuess(
        f"{name}: package.json has a build script and nothing that serves",
        static=place,
        fallback="index.html" if single else "",
        install=(*_installed(folder, True), "npm run build"),
        packages=("npm",),
        health="/",
    )


def _started(folder: Path, start: str, builds: bool, needs: bool) -> AppGuess:
    node = re.fullmatch(r"(?:NODE_ENV=production )?(node [A-Za-z0-9_./ -]+)", start)
    install = _installed(folder, builds) if needs or builds else ()
    return AppGuess(
        "Node: package.json has a start script",
        node[1].strip() if node else "npm start",
        (*install, *(["npm run build"] if builds else [])),
        ("npm",) if install or not node else ("nodejs",),
        env=(("NODE_ENV", "production"),),
        note="It must listen on process.env.PORT.",
    )


def _installed(folder: Path, develops: bool) -> tuple[str, ...]:
    """What the lock file says, with what only a build needs where there is one."""
    if (folder / "yarn.lock").is_file():
        return ("npx --yes yarn install --frozen-lockfile" + " --production=false" * develops,)
    if (folder / "pnpm-lock.yaml").is_file():
        return ("npx --yes pnpm install --frozen-lockfile" + " --prod=false" * develops,)
    locked = (folder / "package-lock.json").is_file()
    return (("npm ci" if locked else "npm install") + " --include=dev" * develops,)


def plain(folder: Path) -> AppGuess | None:
    """Pages as they lie there."""
    if (folder / "index.html").is_file():
        told = "Everything in the repository but hidden files can be asked for."
        return AppGuess("a static site: index.html", static=".", health="/", note=told)
    place = next((name for name in _SITES if (folder / name / "index.html").is_file()), None)
    if place is None:
        return None
    return AppGuess(f"a static site: {place}/index.html", static=place, health="/")
