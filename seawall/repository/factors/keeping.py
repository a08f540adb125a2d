"""Where an app writes what must stay: uploads, sessions, database files."""

import re
from collections.abc import Iterator

from seawall.repository.factors.names import django_settings, sources
from seawall.repository.spots import Spot, code, spot, spots
from seawall.repository.tree import Tree

_VOLUMES = re.compile(
    r"(?m)^\s*(volumes|uploads|volumeMounts|volumeClaimTemplates|disk|mounts)\s*:|^\[\[?mounts"
)
_ELSEWHERE = re.compile(
    r"(?i)storages|multer-s3|boto3|@google-cloud/storage|cloudinary|s3\.amazonaws|flysystem-aws"
)
_CHOSEN = re.compile(r"(?i)environ|env\(|getenv|config\(|dj_database_url")
_MEDIA = re.compile(r"(?m)^MEDIA_ROOT\s*=\s*(?!.*(env|config\()).*(BASE_DIR|ROOT|[\"'])")
_UPLOADS = (
    re.compile(r"\bmulter\(\s*\{[^}]*\bdest\s*:|\bmulter\.diskStorage\("),
    re.compile(r"(?m)^\s*(?:app\.config\[[\"'])?UPLOAD_FOLDER(?:[\"']\])?\s*=\s*(?!.*env)"),
    re.compile(r"\bmove_uploaded_file\("),
)
_ACTIVE = re.compile(r"(?m)^\s*config\.active_storage\.service\s*=\s*:local\b")
_SESSION = re.compile(r"\bsession\(\s*\{")
_EXPRESS = re.compile(r"(?:require\(|from\s+)[\"']express-session[\"']")
_SQLITE = (
    re.compile(r"SQLALCHEMY_DATABASE_URI[\"']?\]?\s*=\s*f?[\"']sqlite:///[^\"']+[\"']\s*$", re.M),
    re.compile(r"new\s+(?:sqlite3\.|Better)?(?:Database|Sqlite3)\(\s*[\"']([^:\"']+\.\w+)[\"']"),
    re.compile(r"sql\.Open\(\s*\"sqlite3?\"\s*,\s*\"([^:\"]+)\""),
)
_FILES = (".yml", ".yaml", ".toml", ".json")


def declared(tree: Tree) -> bool:
    """True when something in the tree says where data is kept: a volume, uploads, a disk."""
    names = [name for name in tree.names if name.endswith(_FILES) and "lock" not in name]
    return any(_VOLUMES.search(tree.text(name)) for name in names)


def uploads(tree: Tree) -> Iterator[Spot]:
    """Where files of users are written into the app's own folder."""
    manifests = ("package.json", "requirements*.txt", "pyproject.toml", "composer.json", "Gemfile")
    if any(_ELSEWHERE.search(tree.text(name)) for name in tree.named(*manifests)):
        return
    names = list(sources(tree, ".js", ".ts", ".py", ".php"))
    for pattern, word in zip(_UPLOADS, ("multer", "UPLOAD_FOLDER", "move_uploaded"), strict=True):
        yield from (place for place, _ in spots(tree, names, pattern, words=(word,)))
    yield from (place for place, _ in spots(tree, ["config/environments/production.rb"], _ACTIVE))
    for name in django_settings(tree):
        text = code(tree, name)
        media = _MEDIA.search(text)
        if media and "STORAGES" not in text and "DEFAULT_FILE_STORAGE" not in text:
            yield spot(name, text, media.start())


def sessions(tree: Tree) -> Iterator[Spot]:
    """express-session without a store."""
    names = [
        name
        for name in sources(tree, ".js", ".ts", ".mjs", ".cjs")
        if _EXPRESS.search(tree.text(name))
    ]
    found = list(spots(tree, names, _SESSION))
    stored = [_stored(code(tree, place.name), match.start()) for place, match in found]
    if not any(stored):
        yield from (place for place, _ in found)


def _stored(text: str, at: int) -> bool:
    return bool(re.search(r"\bstore\b", text[at : at + 800]))


def sqlite(tree: Tree) -> Iterator[Spot]:
    """Where a database file in the app's own folder is opened, whatever the environment says."""
    names = list(sources(tree, ".py", ".js", ".ts", ".go"))
    for pattern, word in zip(_SQLITE, ("sqlite:///", "Database(", "sqlite"), strict=True):
        for place, _ in spots(tree, names, pattern, words=(word,)):
            if "env" not in place.text.lower():
                yield place
    yield from _django(tree)
    for name in tree.named("schema.prisma"):
        text = code(tree, name)
        if told := re.search(r"provider\s*=\s*\"sqlite\"", text):
            yield spot(name, text, told.start())


def _django(tree: Tree) -> Iterator[Spot]:
    for name in django_settings(tree):
        text = code(tree, name)
        block = re.search(r"(?m)^DATABASES\s*=", text)
        engine = re.search(r"[\"']django\.db\.backends\.sqlite3[\"']", text)
        if block and engine and not _CHOSEN.search(text[block.start() :]):
            yield spot(name, text, engine.start())
