"""Every way to a person: one file each, with `send(channel, letter)`, which returns the receipt of
the other side or raises Refused.

Whatever comes from a server or an app is shown as plain text: it can be neither markup nor a
mention, whatever it holds.
"""

from __future__ import annotations

import importlib
from typing import Any

from seawall.agent.telling.declared import Channel
from seawall.agent.telling.letter import Letter
from seawall.agent.telling.refused import Refused

KINDS = (
    "email",
    "slack",
    "discord",
    "teams",
    "mattermost",
    "telegram",
    "ntfy",
    "pagerduty",
    "webhook",
    "apprise",
)


def send(channel: Channel, letter: Letter) -> str:
    """Send by this channel; its receipt, without secrets. Refused when it was not taken."""
    if channel.kind not in KINDS:
        raise Refused(f"there is no channel of the kind {channel.kind}", lasting=True)
    kind: Any = importlib.import_module(f"{__name__}.{channel.kind}")
    try:
        return channel.hide(str(kind.send(channel, letter)))
    except Refused as refused:
        refused.problem = channel.hide(refused.problem)
        raise
    except KeyError as missing:
        raise Refused(f"{missing.args[0]} is not set", lasting=True) from None
    except Exception as error:  # a bug in one channel must not silence the others
        raise Refused(channel.hide(f"{type(error).__name__}: {error}")) from None


def secret(channel: Channel, name: str) -> str:
    """A secret of a channel; Refused when it never came here."""
    if not channel.secrets.get(name):
        raise Refused(f"its {name} is not on this server: seawall apply brings it", lasting=True)
    return channel.secrets[name]
