"""The agent as it stays on a server: for its units, for a second login, and for the next look.

It lies where only root can write, under the name of its content. Beside the source of each file
is what Python makes of it: a look then saves the time to compile it. A Python that is not the
one that compiled it reads the source.
"""

from __future__ import annotations

import os

from seawall.agent import system

FOLDER = "/usr/local/lib/seawall"
LINK = f"{FOLDER}/agent.pyz"
"""The agent of the last apply, for units that outlive it."""
UNCHECKED = (1).to_bytes(4, "little")
"""Marks code that is used without a look at the source's date (PEP 552)."""


def path(sha: str) -> str:
    """Where the agent of this name is."""
    return f"{FOLDER}/agent-{sha[:16]}.pyz"


def install(sha: str, agent: bytes) -> None:
    """Put the agent in its place, if it was sent: one that was not is there, and runs."""
    os.makedirs(FOLDER, mode=0o755, exist_ok=True)
    whole = with_code(agent) if agent else b""
    if whole and system.read(path(sha)) != whole:
        system.write(path(sha), whole, system.Ownership(0o644, 0, 0))
    _point_to(path(sha))
    for old in os.listdir(FOLDER):
        if old.startswith("agent-") and f"{FOLDER}/{old}" != path(sha):
            system.remove(f"{FOLDER}/{old}")


def _point_to(agent: str) -> None:
    """Let the name that units know lead to this agent, at no moment to none."""
    if os.path.exists(agent) and (not os.path.islink(LINK) or os.readlink(LINK) != agent):
        system.remove(f"{LINK}.new")
        os.symlink(agent, f"{LINK}.new")
        os.rename(f"{LINK}.new", LINK)


def with_code(agent: bytes) -> bytes:
    """The same zip file, with compiled code for every source in it."""
    import importlib.util
    import io
    import marshal
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(agent)) as sent, zipfile.ZipFile(buffer, "w") as whole:
        for entry in sent.infolist():
            source = sent.read(entry)
            code = compile(source, entry.filename, "exec", dont_inherit=True)
            head = importlib.util.MAGIC_NUMBER + UNCHECKED + bytes(8)
            compiled = zipfile.ZipInfo(f"{entry.filename}c", entry.date_time)
            whole.writestr(compiled, head + marshal.dumps(code))
            whole.writestr(entry, source)
    return buffer.getvalue()
