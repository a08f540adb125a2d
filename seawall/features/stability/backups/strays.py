"""What lies on a server and is in no backup: judged by what is declared, and what is left alone."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from seawall.kit import Dataset, Finding
from seawall.kit.amounts import size

Facts = Mapping[str, Any]
SAME = {"mysql": "mariadb", "valkey": "redis"}
"""Engines that are one family: what saves the one knows the other."""
OURS = ("postgres", "mariadb", "redis")
"""Servers that `databases:` takes."""


def unsaved(
    facts: Facts, datasets: Sequence[Dataset], ignored: Sequence[str], server: str
) -> Iterator[Finding]:
    """Everything found that no dataset holds and nobody said to ignore."""
    kept = {name: list(_left(facts[name], ignored)) for name in KINDS}
    engines = {_family(each.engine) for each in datasets}
    folders = [str(path) for each in datasets for path in each.told.get("paths", ())]
    files = [str(each.told["file"]) for each in datasets if each.engine == "sqlite"]
    yield from (_server(each, server) for each in kept["servers"] if _new(each, engines))
    for each in kept["sqlite"]:
        if each["path"] not in files:
            yield _file(each, server, inside=_below(each["path"], folders))
    yield from (_volume(each) for each in kept["volumes"] if not _below(each["path"], folders))
    yield from (_dump(each) for each in kept["dumps"] if _new(each, engines))
    if stopped := facts["stopped"]:
        fix = f"backups: {{ ignore: [{stopped}] }} when no SQLite file is in there"
        told = f"time ran out in {stopped}"
        yield Finding("not every folder was looked through", told, fix, "should")


KINDS = ("servers", "sqlite", "volumes", "dumps")


def _family(engine: str) -> str:
    return SAME.get(engine, engine)


def _new(found: Facts, engines: set[str]) -> bool:
    return _family(found["engine"]) not in engines


def _left(found: Sequence[Facts], ignored: Sequence[str]) -> Iterator[Facts]:
    for each in found:
        if each.get("name") not in ignored and not _below(each["path"], ignored):
            yield each


def _below(path: str, folders: Sequence[str]) -> bool:
    return any(f"{path}/".startswith(f"{folder.rstrip('/')}/") for folder in folders)


def _ignore(path: str) -> str:
    return f"or, if nobody needs it: backups: {{ ignore: [{path}] }}"


def _server(found: Facts, server: str) -> Finding:
    engine, path = found["engine"], found["path"]
    known = _family(engine)
    fix = f"databases: {{ NAME: {{ engine: {known}, server: {server} }} }}"
    if known not in OURS:
        fix = "dump it into a folder of uploads:"
    return Finding(f"nobody saves the data of {engine}", path, f"{fix}; {_ignore(path)}")


def _file(found: Facts, server: str, *, inside: bool) -> Finding:
    path = found["path"]
    fix = f"databases: {{ NAME: {{ engine: sqlite, server: {server}, file: {path} }} }}"
    what = f"{path} is saved as a file, and may be torn" if inside else f"nobody saves {path}"
    return Finding(what, f"SQLite, {size(found['bytes'])}", f"{fix}; {_ignore(path)}")


def _volume(found: Facts) -> Finding:
    fix = f"uploads: [{found['path']}] of its app; {_ignore(found['name'])}"
    return Finding(f"nobody saves the volume {found['name'][:20]}", found["path"], fix)


def _dump(found: Facts) -> Finding:
    path, program = found["path"], found["program"]
    fix = f"declare what it saves under databases:; {_ignore(path)}"
    told = f"{path} runs {program}"
    return Finding(f"dumps of {found['engine']} are made that nobody proves", told, fix, "should")
