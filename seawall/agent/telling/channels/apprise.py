"""Whatever Debian's `apprise` reaches: a hundred services more, by their apprise address.

The address is a secret. It goes into a file that only this user reads, never into an argument;
the message goes in through stdin.
"""

from __future__ import annotations

import os
import tempfile

from seawall.agent import system
from seawall.agent.telling.channels import secret
from seawall.agent.telling.declared import Channel
from seawall.agent.telling.letter import Letter
from seawall.agent.telling.message import line
from seawall.agent.telling.refused import Refused

PROGRAM = "/usr/bin/apprise"
SECONDS = 30.0


def send(channel: Channel, letter: Letter) -> str:
    """Send; apprise tells by its exit code whether all were reached."""
    address = secret(channel, "url")
    if not address.isprintable() or " " in address:
        raise Refused("its address is not one of apprise's", lasting=True)
    with tempfile.TemporaryDirectory(prefix="apprise-") as folder:  # 0700, as mkdtemp makes it
        path = f"{folder}/addresses"
        with open(path, "w", encoding="utf-8") as file:
            os.chmod(path, 0o600)
            file.write(f"{address}\n")
        words = [PROGRAM, f"--config={path}", "--input-format=text", "-vv"]
        done = system.run(words, letter.plain(), SECONDS)
    if done.code == 127:
        raise Refused("apprise is not installed: seawall apply does it", lasting=True)
    if done.code != 0:
        said = line(" ".join((done.output + done.errors).split())[-300:])
        raise Refused(f"apprise ended with {done.code}: {said}")
    return "apprise: sent"
