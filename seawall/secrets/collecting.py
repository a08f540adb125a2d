"""The values that something needs, from wherever they are kept; what is missing is named at once.

Where seawall.yml says `from:`, from there alone. Otherwise from the file of the environment, and
only what that file does not have from the environment of whoever runs Seawall: a variable that
lies around in a shell (a test key, an old value) never takes the place of what was agreed on.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from seawall import known
from seawall.errors import ConfigError
from seawall.secrets import sources
from seawall.secrets.store import PRODUCTION, Store


@dataclass
class Collected:
    """Values by name, and what is to be said about them."""

    values: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    shadowed: list[str] = field(default_factory=list)
    """Names whose variable here has another value, which was not taken."""


def collect(config: Any, names: Iterable[str], environment: str = PRODUCTION) -> Collected:
    """The values of these names; nothing is unlocked or asked when no value is there."""
    found = Collected()
    elsewhere = config.section("secrets").sources
    store = Store.open(config, environment) if config.path else None
    kept = store.names() if store else ()
    for name in names:
        here = os.environ.get(name)
        if name in elsewhere:
            found.values[name] = sources.read(name, elsewhere[name])
        elif store and name in kept:
            found.values[name] = store.get(name)
        elif here is not None:
            found.values[name] = known.remember(here)
        else:
            found.missing.append(name)
        if here is not None and here != found.values[name]:
            known.remember(here)
            found.shadowed.append(name)
    return found


def required(config: Any, names: Iterable[str], whose: str, environment: str) -> Collected:
    """The same, or a ConfigError that names every one that is missing."""
    found = collect(config, names, environment)
    if found.missing:
        flag = "" if environment == PRODUCTION else f" --env {environment}"
        store = Store.open(config, environment)
        first = "" if store.exists else f"seawall secrets init{flag}, then "
        raise ConfigError(
            f"{', '.join(found.missing)}: secret of {whose}, neither kept nor in the environment",
            f"{first}seawall secrets set {found.missing[0]}{flag}",
        )
    return found
