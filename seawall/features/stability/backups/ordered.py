"""What a server's agent is told of its backups: what is declared, and the secrets beside it."""

import json
from typing import Any

from seawall.features.stability.backups import sftp, words
from seawall.kit.fields.duration import seconds
from seawall.secrets.made import kept


def declared(backups: Any, config: Any, server: str) -> str:
    """What the agent on the server reads; no secret is in it."""
    told = {
        "project": config.project,
        "server": server,
        "every": seconds(backups.every),
        "prove": seconds(backups.prove),
        "verify": seconds(backups.verify),
        "keep": backups.keep.model_dump(),
        "ignore": list(backups.ignore),
        "prunes": not backups.append_only,
        "quiet": [words.minutes(each) for each in backups.quiet],
        "longest": seconds(backups.longest),
        "datasets": [
            {
                "name": each.name,
                "engine": each.engine,
                "told": dict(each.told),
                "asserts": list(each.asserts),
            }
            for each in config.datasets(server)
        ],
        "destinations": [_destination(name, place, server) for name, place in backups.places],
    }
    return json.dumps(told, indent=1) + "\n"


def _destination(name: str, place: Any, server: str) -> dict[str, Any]:
    """One place, with the folder of this server in it."""
    where = {"name": name, "repository": f"{place.to}/{server}"}
    return {**where, "limit": place.limit, "options": sftp.options(name, place)}


def hidden(backups: Any, config: Any, server: str) -> str:
    """The secrets beside it; "" when one is not to be had here: what is there stays."""
    wanted = {
        name: {variable: kept(config, secret) for variable, secret in place.secrets.items()}
        for name, place in backups.places
    }
    passphrase = kept(config, backups.secret_names[0])
    datasets = {
        each.name: {name: kept(config, secret) for name, secret in each.secrets.items()}
        for each in config.datasets(server)
        if each.secrets
    }
    if not passphrase or any(
        "" in each.values() for each in (*wanted.values(), *datasets.values())
    ):
        return ""
    whole = {"passphrase": passphrase, "destinations": wanted}
    more = {"datasets": datasets} if datasets else {}
    return json.dumps({**whole, **more}, indent=1) + "\n"
