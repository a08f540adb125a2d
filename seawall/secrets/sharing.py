"""Who reads a file of secrets: let in, and shut out so that nothing set from then on is theirs.

What somebody could read, they may have written down. So shutting out makes a new key for the
file, and names every value that is still the one they knew.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from seawall.errors import ConfigError
from seawall.secrets import projectkey, readers, seal
from seawall.secrets.page import Page
from seawall.secrets.store import FOLDER, Store, now


def stores(config: Any, environment: str | None = None) -> list[Store]:
    """The file of one environment, or of all there are; ConfigError when there is none."""
    if environment:
        found = [Store.open(config, environment)]
    else:
        files = sorted((config.path.parent / FOLDER).glob("*.age"))
        found = [Store.open(config, file.stem) for file in files]
    absent = next((store for store in found if not store.exists), None)
    if absent or not found:
        raise (absent or Store.open(config)).missing("secrets")
    return found


def names(store: Store) -> list[str]:
    """Everybody who can read, the project's key among them."""
    return list(dict.fromkeys(name for name, _ in store.page.readers))


def waiting(store: Store) -> list[str]:
    """Who may read by seawall.yml, with a key that age can use, and cannot or has other keys."""
    meant = readers.meant(store.config)
    return [name for name, keys in meant.items() if keys and _keys(store, name) != _bare(keys)]


def strangers(store: Store) -> list[str]:
    """Who can read, although seawall.yml does not say so."""
    meant = readers.meant(store.config)
    return [name for name in names(store) if name != projectkey.READER and not meant.get(name)]


def grant(store: Store, people: Iterable[str]) -> None:
    """Let people in with the keys they have in seawall.yml, and with no others.

    ConfigError when seawall.yml does not say that they may read, with the line to add.
    """
    people = list(people)
    fresh = [pair for name in people for pair in _allowed(store, name)]
    with store.writing() as before:
        identity = store.key()
        kept = [pair for pair in before.readers if pair[0] not in people]
        former = {name: when for name, when in before.former.items() if name not in people}
        after = replace(before, readers=(*fresh, *kept), former=former)
        lost = set(before.readers) - set(after.readers)
        _reseal(store, after, identity, renew=bool(lost))


def revoke(store: Store, people: Iterable[str]) -> list[str]:
    """Shut people out; the names of all values they could read.

    ConfigError when nobody would be left but the project's key.
    """
    people = set(people)
    with store.writing() as before:
        identity = store.key()
        kept = tuple(pair for pair in before.readers if pair[0] not in people)
        if not any(name != projectkey.READER for name, _ in kept):
            raise ConfigError(
                f"{store.name}: nobody would be left who can read it",
                "let somebody in first: seawall secrets grant NAME",
            )
        former = before.former | dict.fromkeys(people, now())
        _reseal(store, replace(before, readers=kept, former=former), identity, renew=True)
        return sorted(before.values)


def replace_project_key(store: Store, recipient: str) -> None:
    """Take this public half for the project's; the old key opens nothing that is set later."""
    with store.writing() as before:
        identity = store.key()
        kept = [pair for pair in before.readers if pair[0] != projectkey.READER]
        after = replace(before, readers=(*kept, (projectkey.READER, recipient)))
        _reseal(store, after, identity, renew=True)


def exposed(store: Store) -> dict[str, list[str]]:
    """For each person who was shut out, the values that are still the ones they could read."""
    found = {
        who: [name for name in store.names() if store.page.values[name].when <= when]
        for who, when in store.page.former.items()
    }
    return {who: known for who, known in found.items() if known}


def _reseal(store: Store, after: Page, identity: str, *, renew: bool) -> None:
    """Write the page for its readers; with a new key when somebody must not have the old one."""
    if not renew:
        store.reseal(after, identity)
        return
    fresh = seal.fresh()
    values = {
        name: store.seal(fresh, name, store.get(name), sealed.when)
        for name, sealed in after.values.items()
    }
    store.reseal(replace(after, values=values), fresh)


def _allowed(store: Store, name: str) -> list[tuple[str, str]]:
    config = store.config
    people = config.section("people").people
    if name not in people:
        raise ConfigError(f"{name}: not among people in {config.name}", f"people: {{ {name}: … }}")
    if name not in readers.meant(config):
        gone = people[name].removed
        hint = "take removed: true away first" if gone else f"secrets: {{ readers: [{name}] }}"
        raise ConfigError(f"{name}: {config.name} does not say that they may read secrets", hint)
    return readers.keys_of(config, name)


def _keys(store: Store, name: str) -> set[str]:
    return {key for who, key in store.page.readers if who == name}


def _bare(keys: list[str]) -> set[str]:
    """Keys without their comments."""
    return {" ".join(key.split()[:2]) for key in keys}
