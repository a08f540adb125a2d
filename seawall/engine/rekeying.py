"""Another passphrase for all backups. The one that is kept opens every repository at every moment.

Added everywhere and tried, then kept, then used by the servers; the old one goes last. Where it was
interrupted shows in the secrets: NEXT is there before the change, OLD after it.
"""

from typing import Any

from seawall.config import Config
from seawall.engine import doors
from seawall.engine.backing import servers_of
from seawall.errors import ConfigError, Refused, SeawallError
from seawall.features.stability.backups import PASSPHRASE
from seawall.secrets import Store

NEXT = f"{PASSPHRASE}_NEXT"
OLD = f"{PASSPHRASE}_OLD"


def rotate(config: Config) -> list[str]:
    """Change it; the servers that have it. SeawallError names what is not done: run it again."""
    store, names = Store.open(config), servers_of(config)
    if PASSPHRASE not in store.names():
        raise ConfigError(f"{PASSPHRASE} is not kept in {store.name}", "seawall apply makes it")
    if OLD not in store.names():
        current, new = store.get(PASSPHRASE), store.ensure(NEXT)
        _everywhere(config, names, {"verb": "add", "new": new, "old": current})
        store.update({PASSPHRASE: new, OLD: current})
    if NEXT in store.names():
        store.remove(NEXT)
    told = {"new": store.get(PASSPHRASE), "old": store.get(OLD)}
    _everywhere(config, names, {"verb": "use", **told})
    _everywhere(config, names, {"verb": "drop", **told})
    store.remove(OLD)
    return names


def _everywhere(config: Config, names: list[str], asked: dict[str, Any]) -> None:
    """One step on every server; the first error when one of them could not."""
    failed = doors.on_each(names, lambda name: _ask(config, name, asked))
    for error in filter(None, failed):
        raise error


def _ask(config: Config, name: str, asked: dict[str, Any]) -> SeawallError | None:
    hint = "every backup opens with the passphrase that is kept; run it again: it goes on"

    def refused(event: dict[str, Any]) -> Refused:
        said = ": ".join(filter(None, [event["problem"], event.get("output", "")]))
        return Refused(f"{name}: {said}", hint)

    try:
        document = {"mode": "rekey", **asked}
        doors.answer(doors.server(config, name), document, "rekeyed", refused, cut=hint)
    except SeawallError as error:
        return error
    return None
