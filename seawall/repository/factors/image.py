"""The image that a Dockerfile makes: what is in it, who it runs as, can it be made again.

An image is copied to registries, servers and laptops, so what was once put in is public to all who
can pull it. And a container is thrown away at each release, with everything written inside.
"""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import ClassVar

from seawall.kit import Feature, Finding, Look, Room, check
from seawall.repository.factors import hadolint
from seawall.repository.factors.docker import Dockerfile, scripts
from seawall.repository.spots import Spot, finding
from seawall.repository.tree import Tree

_DROPS = re.compile(
    r"\b(gosu|su-exec|setpriv|s6-setuidgid|runuser|setuidgid|chpst|fixuid)\b"
    r"|\bsu (-|\w)|(?m:^(uid|user) ?=)"
)
_BY_ITSELF = {"nginx", "httpd", "caddy", "postgres", "mysql", "mariadb", "redis", "valkey"}
_BY_ITSELF |= {"memcached", "haproxy", "traefik", "mongo", "rabbitmq", "elasticsearch", "wordpress"}
_BY_ITSELF |= {"php", "drupal", "nextcloud", "ghost", "unit"}
"""Images whose own start leaves root behind for what serves."""
_SECRET = re.compile(
    r"(?i)(passw(or)?d|secret|token|api_?key|private_?key|access_?key(_id)?|secret_key_base|dsn)$"
)
_NO_SECRET = re.compile(
    r"(?i)\$|dummy|placeholder|change|build|fake|example|temp|unused|insecure|not|none|test|your|xxx"
    r"|^(true|false|yes|no|\d{0,3}|secret|default|key|token)$|^/|^<"
)
_KEPT_BACK = (
    *(".env", ".env.*", "*.env", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".netrc"),
    *(".pypirc", ".git-credentials", "credentials.json", "service-account*.json", ".ssh"),
    *(".aws", ".pgpass", "master.key", "*.p12", "*.pfx", "*.key"),
)
_PUBLIC = ("*example*", "*sample*", "*template*", "*.dist", "*.pub", "*public*", "*.test", "env.*")
_COMPILERS = re.compile(
    r"\b(apt-get|apt|apk)\b[^&;|]*\b(install|add)\b[^&;|]*\s(build-essential|build-base|gcc|g\+\+)\b"
)
_REMOVED = re.compile(r"\b(purge|autoremove|apt-get remove|apk (--\S+ )*del)\b")


class Image(Feature):
    section: ClassVar[str] = "image"
    room: ClassVar[Room] = "security"

    @check("A container does not run as root", severity="should")
    def not_root(self, look: Look) -> Iterator[Finding]:
        """Whoever breaks into your app has the rights it runs with. Root in a container can change
        the app itself, and is one mistake of the kernel or of a mount away from the server."""
        for tree, file in _files(look):
            users = file.all("USER")
            named = users[-1].rest.split(":")[0].strip("\"'") if users else ""
            rooted = named in ("root", "0") or (not users and _root_by_default(file.base))
            if rooted and file.starts and not _drops(tree, file):
                last = users[-1] if users else None
                line, told = (last.line, f"USER {last.rest}") if last else _from(file)
                fix = "before CMD: RUN useradd --system app, then USER app"
                yield Finding("the container runs as root", str(file.spot(line, told)), fix)

    @check("Base images have a version", severity="should")
    def base_has_a_version(self, look: Look) -> Iterator[Finding]:
        """Without one, the same Dockerfile makes another image tomorrow: a new major version
        arrives on the day you only wanted to fix a typo, and going back does not bring it back."""
        for _, file in _files(look):
            names = {stage.name for stage in file.stages} | {"scratch"}
            for stage in file.stages:
                if stage.base.lower() not in names and _floats(stage.base):
                    fix = f"name the version you tested: FROM {stage.base.partition(':')[0]}:…"
                    where = str(file.spot(stage.line, f"FROM {stage.base}"))
                    yield Finding("the base image can be another one tomorrow", where, fix)

    @check("What an image is made of is chosen", severity="should")
    def dockerignore(self, look: Look) -> Iterator[Finding]:
        """`COPY . .` takes everything in the folder: .git with all its history, .env with your
        passwords, node_modules of another system. A .dockerignore says what stays outside."""
        for tree, file in _files(look):
            copied = _whole(file)
            if copied and _ignored(tree, file) is None:
                fix = "seawall init --files writes a .dockerignore"
                where = str(file.spot(copied.line, copied.text))
                yield Finding("the whole folder goes into the image, .git too", where, fix)

    @check("No secret is written into an image")
    def no_secret_in_env(self, look: Look) -> Iterator[Finding]:
        """ENV and ARG stay readable in the image's history for everybody who can pull it, also
        when a later line removes them."""
        for _, file in _files(look):
            for each in file.all("ENV", "ARG"):
                for name, value in each.pairs:
                    if _SECRET.search(name) and value and not _NO_SECRET.search(value):
                        where = str(file.spot(each.line, f"{each.word} {name}=…"))
                        fix = f"change it, remove the line, and give {name} when it starts"
                        yield Finding(f"{name} is readable in the image", where, fix)

    @check("No file with secrets goes into an image")
    def no_secret_files(self, look: Look) -> Iterator[Finding]:
        """A file that was copied stays in its layer, also when a later line deletes it. Images lie
        in registries and caches for years."""
        for tree, file in _files(look):
            for each in file.all("COPY", "ADD"):
                words = each.words[:-1]
                taken = [word for word in words if _secret_file(word) and _told(tree, file, word)]
                if taken and not any(flag.startswith("--from") for flag in each.flags):
                    where = str(file.spot(each.line, f"{each.word} {' '.join(each.words)}"))
                    fix = "leave it out, and give its values when the container starts"
                    yield Finding(f"{taken[0]} goes into the image", where, fix)
            yield from _env_taken(tree, file)

    @check("An image with state says where it is kept", severity="should")
    def no_anonymous_state(self, look: Look) -> Iterator[Finding]:
        """VOLUME alone makes a nameless volume for each container. The next release starts a new
        container, with an empty one: the data seems to be gone, and nothing saves it."""
        for tree, file in _files(look):
            for each in file.all("VOLUME"):
                lost = [path for path in each.words if "$" not in path]
                if lost and not any(_mounted(tree, path) for path in each.words):
                    where = str(file.spot(each.line, f"VOLUME {' '.join(each.words)}"))
                    fix = f"mount a named volume or a folder at {lost[0]}, and save it"
                    yield Finding("nothing here says where this data is kept", where, fix)

    @check("Something asks whether the container is well", severity="should")
    def health(self, look: Look) -> Iterator[Finding]:
        """A process that runs and answers nothing looks fine to Docker. With a health check a
        broken release never gets a visitor, and a hung one is restarted."""
        for tree, file in _files(look):
            serves = file.all("EXPOSE")
            asked = file.all("HEALTHCHECK") or _asked_elsewhere(tree)
            if serves and file.starts and not asked:
                where = str(file.spot(serves[0].line, f"EXPOSE {serves[0].rest}"))
                fix = "add a page that answers 200, and health: /healthz to the app in seawall.yml"
                yield Finding("nothing asks whether it answers", where, fix)

    @check("Compilers stay out of the image", severity="should")
    def no_compilers(self, look: Look) -> Iterator[Finding]:
        """What is only needed to build makes each release slower to send and hands an intruder
        tools. Build in one stage, and copy the result into a second one."""
        for _, file in _files(look):
            runs = file.all("RUN")
            found = next((each for each in runs if _COMPILERS.search(each.rest)), None)
            if found and not any(_REMOVED.search(each.rest) for each in runs):
                match = _COMPILERS.search(found.rest)
                where = str(file.spot(found.line, f"RUN … {match[3] if match else ''} …"))
                fix = "FROM … AS build, install there, then COPY --from=build into a small stage"
                yield Finding("the image carries a compiler", where, fix)

    @check("hadolint finds nothing", severity="should")
    def hadolint(self, look: Look) -> Iterator[Finding]:
        """hadolint knows many small mistakes in Dockerfiles and in the shell lines in them. It is
        asked when it is installed; what Seawall says itself is not said twice."""
        yield from hadolint.findings(look.fact("tree"), [file.name for _, file in _files(look)])


def _files(look: Look) -> Iterator[tuple[Tree, Dockerfile]]:
    tree: Tree = look.fact("tree")
    for file in look.fact("dockerfiles"):
        yield tree, file


def _from(file: Dockerfile) -> tuple[int, str]:
    stage = file.shipped[-1]
    return stage.line, f"FROM {file.base}, and no USER"


def _root_by_default(base: str) -> bool:
    """True for images that are known to run as root unless told otherwise."""
    name = re.sub(r"^(docker\.io/)?(library/)?", "", base.partition("@")[0])
    if "nonroot" in name or "$" in name:
        return False
    if name.startswith(("gcr.io/distroless/", "mcr.microsoft.com/dotnet/", "ghcr.io/astral-sh/uv")):
        return True
    return "/" not in name and name.partition(":")[0] not in _BY_ITSELF


def _drops(tree: Tree, file: Dockerfile) -> bool:
    names = [file.name, *scripts(tree, file), *tree.named("*uwsgi*.ini", "supervisord*.conf")]
    return any(_DROPS.search(tree.text(name)) for name in names)


def _floats(base: str) -> bool:
    if "$" in base or "@" in base:
        return False
    last = base.rpartition("/")[2]
    return ":" not in last or last.endswith(":latest")


def _whole(file: Dockerfile) -> Spot | None:
    """Where the whole folder is copied, when it is."""
    every = [each for stage in file.stages for each in stage.instructions]
    for each in every:
        from_there = not any(flag.startswith("--from") for flag in each.flags)
        if each.word in ("COPY", "ADD") and from_there and {".", "./"} & set(each.words[:-1]):
            return file.spot(each.line, f"{each.word} {' '.join(each.words)}")
    return None


def _ignored(tree: Tree, file: Dockerfile) -> str | None:
    """The .dockerignore that counts."""
    names = (f"{file.name}.dockerignore", f"{file.folder}.dockerignore", ".dockerignore")
    return next((tree.text(name) for name in names if tree.has(name)), None)


def _secret_file(word: str) -> bool:
    name = word.rstrip("/").rpartition("/")[2]
    known = any(fnmatchcase(name, pattern) for pattern in _KEPT_BACK)
    return known and not any(fnmatchcase(name, pattern) for pattern in _PUBLIC)


def _told(tree: Tree, file: Dockerfile, word: str) -> bool:
    """False when the file lies in the tree and is seen to hold no secret."""
    names = [name for name in (word, f"{file.folder}{word}") if name in tree.names]
    pairs = [line.partition("=") for name in names for line in tree.text(name).splitlines()]
    values = [value.strip("\"' ") for name, _, value in pairs if _SECRET.search(name.strip())]
    return not pairs or any(value and not _NO_SECRET.search(value) for value in values)


def _env_taken(tree: Tree, file: Dockerfile) -> Iterator[Finding]:
    copied = _whole(file)
    rules = (_ignored(tree, file) or "").splitlines()
    rules = [re.sub(r"^(/|\*\*/)", "", rule.strip()) for rule in rules]
    out = any(fnmatchcase(".env", rule) for rule in rules if rule)
    if copied and not out and tree.has(f"{file.folder}.env"):
        fix = "add a line .env to .dockerignore, change what was in images already"
        where = str(file.spot(copied.line, copied.text))
        yield from finding(".env goes into the image", [copied], fix) if where else ()


def _mounted(tree: Tree, path: str) -> bool:
    told = re.compile(
        rf":{re.escape(path.rstrip('/'))}\b|[\w-]+: *[\"']?{re.escape(path)}[\"']?\s*$", re.M
    )
    files = [
        name for name in tree.names if name.endswith((".yml", ".yaml", ".md", ".toml", ".rst"))
    ]
    return any(told.search(tree.text(name)) for name in files)


def _asked_elsewhere(tree: Tree) -> bool:
    asked = re.compile(
        r"(?m)^\s*(healthcheck|livenessProbe|readinessProbe|startupProbe|health|healthCheckPath)\s*:"
        r"|\[\[?(http_service|services)\.\w*checks|\"?healthcheckPath"
    )
    files = [name for name in tree.names if name.endswith((".yml", ".yaml", ".toml", ".json"))]
    return any(asked.search(tree.text(name)) for name in files if "lock" not in name)
