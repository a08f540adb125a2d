"""Whether a machine that is to become a lost server holds data already, which must not be lost."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, Iterator, List

from seawall.agent import system
from seawall.agent.backups.declared import DECLARED

TABLES = (
    "SELECT to_json(count(*)) FROM pg_class WHERE relkind IN ('r', 'p')"
    " AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"
)
KEPT_IN = {"redis": "/var/lib/redis", "mysql": "/var/lib/mysql", "mariadb": "/var/lib/mysql"}
"""Where servers of these engines keep what they hold."""


def found(document: Dict[str, Any]) -> List[str]:
    """What is there of these datasets, or of another server's; empty on a bare machine."""
    told = list(_another(document))
    for each in document["datasets"]:
        told += _held(each)
    return told


def _another(document: Dict[str, Any]) -> Iterator[str]:
    try:
        known = json.loads(system.read(DECLARED) or b"{}")
    except ValueError:
        known = {"server": "another server"}
    names = (known.get("server"), known.get("project"))
    if known and names != (document["server"], document["project"]):
        yield f"it is {known.get('server')} of {known.get('project')}"


def _held(dataset: Dict[str, Any]) -> List[str]:
    """What one dataset's place holds."""
    name, engine, told = dataset["name"], dataset["engine"], dataset["told"]
    if engine == "postgres":
        count = tables(str(told["database"]))
        return [f"database {name} with {count} tables"] if count else []
    paths = [told["file"]] if engine == "sqlite" else told.get("paths", [])
    paths = paths or [f"{KEPT_IN[engine]}/{name}" if engine != "redis" else KEPT_IN[engine]]
    return [f"{path} of {name}" for path in paths if _filled(str(path))]


def _filled(path: str) -> bool:
    return os.path.isfile(path) or (os.path.isdir(path) and bool(os.listdir(path)))


def tables(database: str) -> int:
    """How many tables a database has; 0 where there is no such database."""
    from seawall.agent.steps import postgres

    if not os.path.exists(postgres.SOCKET):
        return 0
    there = "SELECT to_json(count(*)) FROM pg_database WHERE datname = "
    [known] = postgres.ask("postgres", f"{there}'{database}'")
    return int(postgres.ask(database, TABLES)[0]) if known else 0
