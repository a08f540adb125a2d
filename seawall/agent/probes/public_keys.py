"""Public keys as OpenSSH writes them, read without running ssh-keygen for each."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Any, Dict, List, Optional

TYPES = re.compile(
    r"(?:^|\s)((?:sk-)?(?:ssh|ecdsa-sha2)-[a-z0-9@.-]+)\s+([A-Za-z0-9+/]{16,}={0,3})(?:\s+(.*))?$"
)
OPTION = re.compile(r'"(?:\\.|[^"\\])*"')
MOST = 500
"""No account has more keys than this; a longer file is somebody's joke."""


def public_keys(content: str) -> List[Dict[str, Any]]:
    """Every key of an authorized_keys file; lines that are no keys are left out, as sshd does."""
    keys = [public_key(line) for line in content.splitlines()[: MOST * 4]]
    return [key for key in keys if key][:MOST]


def public_key(line: str) -> Optional[Dict[str, Any]]:
    """What a line says of its key (`tail`: the end of it as written); None for anything else."""
    line = line.strip()
    if not line or line.startswith("#"):
        return None
    bare = OPTION.sub('""', line)  # a quoted option may hold spaces and even another key
    match = TYPES.search(bare)
    blob = _decoded(match.group(2)) if match else b""
    if not match or not blob:
        return None
    return {
        "type": match.group(1),
        "bits": _bits(blob),
        "fingerprint": fingerprint(blob),
        "tail": match.group(2)[-24:],
        "comment": (match.group(3) or "").strip()[:200],
        "limited": "restrict" in bare[: match.start(1)] or "command=" in bare[: match.start(1)],
    }


def fingerprint(blob: bytes) -> str:
    """SHA256:… as ssh-keygen -l prints it."""
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode()
    return "SHA256:" + digest.rstrip("=")


def _decoded(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _fields(blob: bytes) -> List[bytes]:
    fields: List[bytes] = []
    while len(blob) >= 4 and len(fields) < 8:
        length = int.from_bytes(blob[:4], "big")
        fields.append(blob[4 : 4 + length])
        blob = blob[4 + length :]
    return fields


def _bits(blob: bytes) -> int:
    """The size that matters: of the modulus for RSA and DSA, of the curve otherwise."""
    fields = _fields(blob)
    kind = fields[0].decode("ascii", "replace") if fields else ""
    if kind == "ssh-rsa" and len(fields) > 2:
        return int.from_bytes(fields[2], "big").bit_length()
    if kind == "ssh-dss" and len(fields) > 1:
        return int.from_bytes(fields[1], "big").bit_length()
    curve = re.search(r"nistp(\d+)", kind)
    return int(curve.group(1)) if curve else 256
