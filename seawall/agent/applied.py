"""What the last apply left in files, by the hash of each: so that a server can tell by itself
that somebody has changed one.

Hashes, not contents: some are secrets. Only root reads them.
"""

from __future__ import annotations

import hashlib
import json
from typing import Iterable, List, Optional

from seawall.agent import system
from seawall.agent.steps import File, Step

PLACE = f"{system.STATE}/applied.json"


def note(steps: Iterable[Step]) -> None:
    """Remember every file of these steps as it is now."""
    paths = sorted({step.path for step in steps if isinstance(step, File) and step.belongs()})
    told = {path: _hash(path) for path in paths}
    system.private_folder(system.STATE)
    system.write(PLACE, json.dumps(told, indent=1).encode(), system.Ownership(0o600, 0, 0))


def changed() -> List[str]:
    """Every file that is not as it was left."""
    try:
        told = dict(json.loads(system.read(PLACE) or b"{}"))
    except (ValueError, TypeError):
        return []
    return [str(path) for path, known in sorted(told.items()) if _hash(str(path)) != known]


def _hash(path: str) -> Optional[str]:
    content = system.read(path)
    return None if content is None else hashlib.sha256(content).hexdigest()
