"""The agent as one zip file, the same bytes for the same code."""

import hashlib
import io
import zipfile
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
START = "import sys\nfrom seawall.agent.__main__ import command\nsys.exit(command(sys.argv[1:]))\n"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The oldest date a zip file can carry: it must not depend on when it was made."""


@cache
def _sources() -> dict[str, str]:
    """Every file of the agent, by its name in the zip file."""
    found = {"__main__.py": START, "seawall/__init__.py": ""}
    for path in sorted((ROOT / "agent").rglob("*.py")):
        if not path.name.endswith("_test.py"):
            found[f"seawall/{path.relative_to(ROOT)}"] = path.read_text()
    return found


@cache
def agent() -> bytes:
    """The agent's code, to be sent to a server."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _sources().items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def name() -> str:
    """What this agent is called where it is installed."""
    return sha()[:16]


@cache
def sha() -> str:
    """The name of this agent: the hash of its sources, known before the zip file is packed."""
    return hashlib.sha256(repr(_sources()).encode()).hexdigest()
