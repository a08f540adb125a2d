"""What dpkg holds: versions, holds, and packages it left half done."""

from __future__ import annotations

import glob
import re
from typing import Any, Dict, Iterator, List, NamedTuple

from seawall.agent.probes.reading import Unseen, text

STATUS = "/var/lib/dpkg/status"
LIMIT = 64 << 20


class Package(NamedTuple):
    """One installed package."""

    name: str
    architecture: str
    version: str
    status: str


def installed() -> List[Package]:
    """Every package dpkg knows on this server."""
    content = text(STATUS, LIMIT)
    if not content:
        raise Unseen("there is no dpkg here", "Seawall knows Debian and Ubuntu only")
    return list(parsed(content))


def parsed(content: str) -> Iterator[Package]:
    """The paragraphs of dpkg's status file."""
    for block in content.split("\n\n"):
        if block.strip():
            name, architecture = field(block, "Package"), field(block, "Architecture")
            yield Package(name, architecture, field(block, "Version"), field(block, "Status"))


def field(block: str, name: str) -> str:
    """One field of a paragraph; the first line of it."""
    start = 0 if block.startswith(f"{name}: ") else block.find(f"\n{name}: ") + 1
    if start == 0 and not block.startswith(f"{name}: "):
        return ""
    end = block.find("\n", start)
    return block[start + len(name) + 2 : end if end >= 0 else None].strip()


def packages() -> Dict[str, Any]:
    """Packages that are held back or half done, and sources that apt trusts blindly."""
    found = installed()
    return {
        "broken": [f"{p.name}: {p.status}" for p in found if _is_broken(p)][:50],
        "held": sorted(p.name for p in found if p.status.startswith("hold ")),
        "unsigned": list(_unsigned())[:50],
    }


def _is_broken(package: Package) -> bool:
    state = package.status.split()[-1:] or [""]
    fine = ("installed", "not-installed", "config-files")
    return state[0] not in fine or "reinstreq" in package.status


def _unsigned() -> Iterator[str]:
    """Sources whose packages are installed without looking at their signature."""
    for path in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))[:200]]:
        for line in text(path).splitlines():
            spoken = line.split("#")[0].strip()
            if re.search(r"\[[^\]]*\btrusted\s*=\s*yes|^trusted:\s*yes", spoken, re.IGNORECASE):
                yield f"{path}: {spoken[:200]}"
