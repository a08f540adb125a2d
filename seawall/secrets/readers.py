"""Who may read the secrets, by seawall.yml: admins, and whom `secrets: { readers: … }` names.

Admins are root on every server and could read each value there, so nothing is kept from them.
Everybody else under `people:` has to be named.
"""

from typing import Any

from seawall.errors import ConfigError
from seawall.secrets import seal


def meant(config: Any) -> dict[str, list[str]]:
    """The people who may read, each with the keys that age can use; some have none of these."""
    named = config.section("secrets").readers
    people = config.section("people").people
    return {
        name: [str(key) for key in person.keys if seal.can_receive(str(key))]
        for name, person in people.items()
        if not person.removed and (person.admin or name in named)
    }


def keys_of(config: Any, name: str) -> list[tuple[str, str]]:
    """A reader's name and each key, without its comment; ConfigError when age can use none."""
    person = config.section("people").people.get(name)
    where = f"{config.name}:{config.line_of('people', name)}: people.{name}"
    if any(who == name for who, _ in config.unresolved_keys):
        raise ConfigError(f"{where}: a key was never looked up", "seawall plan pins it")
    found = [(name, " ".join(key.split()[:2])) for key in meant(config).get(name, [])]
    if not found and person:
        problem = f"{where}: no key that age can use, which are ssh-ed25519 and ssh-rsa"
        hint = "a key in hardware cannot decrypt: add a second key, or hand over the project's key"
        raise ConfigError(problem, f"{hint} (seawall secrets key)")
    return found


def usable(config: Any) -> list[tuple[str, str]]:
    """Every key of everybody who may read and has one that age can use."""
    return [pair for name, keys in meant(config).items() if keys for pair in keys_of(config, name)]
