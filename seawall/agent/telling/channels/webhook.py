"""Any program of your own that takes a POST: the whole message as JSON.

The same message has the same `Idempotency-Key`, however often it comes. With a token, the body is
signed: `Seawall-Signature` is `sha256=` and the HMAC of the body in hexadecimal.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict
from typing import Dict

from seawall.agent.telling import posting
from seawall.agent.telling.channels import secret
from seawall.agent.telling.declared import Channel
from seawall.agent.telling.letter import Letter


def send(channel: Channel, letter: Letter) -> str:
    """Post; whatever is a success is the receipt."""
    body = content(letter)
    headers = {"Content-Type": "application/json", "Idempotency-Key": letter.message.id}
    if token := channel.secrets.get("token"):
        headers["Seawall-Signature"] = signature(body, token)
    return posting.ask(secret(channel, "url"), body, headers).receipt


def content(letter: Letter) -> bytes:
    """The message, its project, and the words that other channels show."""
    told: Dict[str, object] = asdict(letter.message)
    more = {"project": letter.project, "thread": letter.thread, "text": letter.plain()}
    return json.dumps({**told, **more}, sort_keys=True).encode()


def signature(body: bytes, token: str) -> str:
    """What proves that the body comes from somebody who has the token."""
    return f"sha256={hmac.new(token.encode(), body, hashlib.sha256).hexdigest()}"
