"""Addresses of databases that somebody else runs, as a secret holds them: one line, a URL.

Nothing of it is ever shown, since the password is in it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Tuple

from seawall.agent import system
from seawall.agent.backups.declared import Dataset

SCHEMES = {"postgres": "postgres", "postgresql": "postgres"}
STRICT = ("require", "verify-ca", "verify-full")
"""What libpq calls a connection that is encrypted, or not made."""
HERE = ("127.0.0.1", "::1", "localhost")


def reached(dataset: Dataset) -> Dataset:
    """The same, told where it is in words instead of a URL; StepError when that makes no sense."""
    url = dataset.told.get("url")
    if url is None:
        return dataset
    engine, told = _parts(dataset.name, str(url))
    if engine != dataset.engine:
        raise system.StepError(f"the address of {dataset.name} is of {engine}: declare that engine")
    rest = {key: value for key, value in dataset.told.items() if key != "url"}
    return replace(dataset, told={**rest, **told})


def _parts(name: str, url: str) -> Tuple[str, Dict[str, Any]]:
    from urllib.parse import parse_qs, unquote, urlsplit

    try:
        seen = urlsplit(url.strip())
        port, asked = seen.port, parse_qs(seen.query)
    except ValueError:
        raise system.StepError(f"the address of {name} is no URL") from None
    engine = SCHEMES.get(seen.scheme.partition("+")[0])
    database = unquote(seen.path.lstrip("/"))
    if not engine or not seen.hostname or not seen.username or not database:
        told = f"the address of {name} should look like postgresql://user:password@host:5432/name"
        raise system.StepError(told)
    mode = asked.get("sslmode", ["require"])[-1]
    if mode not in STRICT and seen.hostname not in HERE:
        raise system.StepError(f"the address of {name} asks for no TLS: sslmode={mode}")
    return engine, {
        "host": seen.hostname,
        "port": port,
        "user": unquote(seen.username),
        "password": unquote(seen.password or ""),
        "database": database,
        "tls": mode,
        "authority": asked.get("sslrootcert", [""])[-1],
    }
