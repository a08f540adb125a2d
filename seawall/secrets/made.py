"""Secrets that Seawall thinks up itself: passwords between programs, which nobody has to know."""

import os
from typing import Any

from seawall.errors import SeawallError
from seawall.kit.use import Use
from seawall.secrets import sources
from seawall.secrets.store import Store


def make(config: Any) -> list[str]:
    """Make what is not there yet of everything that sections want made; the new names.

    SeawallError when there is something to make, and nobody could read it or no key here opens
    the file.
    """
    wanted = missing(config)
    for use in wanted:
        Store.open(config, use.environment, create=True).ensure(use.name)
    return [use.name for use in wanted]


def missing(config: Any) -> list[Use]:
    """What sections want made, and is not there yet."""
    return [
        use
        for use in config.uses()
        if use.made and use.name not in Store.open(config, use.environment).names()
    ]


def kept(config: Any, name: str) -> str:
    """A secret for a plan, which asks nobody for a passphrase: "" when no key that lies open
    here reads it, and it is in no variable either. What is on the server stays then."""
    if config.path is None:
        return ""
    try:
        store = Store.open(config, ask=lambda question: None)
        return store.get(name) if name in store.names() else os.environ.get(name, "")
    except SeawallError:
        return ""


def available(config: Any, name: str) -> str | None:
    """The same for any secret, also one that is kept elsewhere: "" when it is not to be had here,
    None when it is kept nowhere."""
    elsewhere = config.section("secrets").sources
    if name in elsewhere:
        try:
            return sources.read(name, elsewhere[name])
        except SeawallError:
            return ""
    if config.path is None:
        return ""
    try:
        known = name in Store.open(config, ask=lambda question: None).names()
    except SeawallError:
        return ""
    return kept(config, name) if known or name in os.environ else None
