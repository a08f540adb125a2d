"""What the proxies of a project know each other by: a key, and the certificate it gave itself."""

from __future__ import annotations

import subprocess

from seawall.agent import system

IDENTITY = "/etc/caddy/peers.pem"
NAME = "peers.seawall.internal"
YEARS = 20
MAKE = (
    *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
    *("-nodes", "-days", str(YEARS * 365), "-subj", f"/CN={NAME}"),
    *("-addext", f"subjectAltName=DNS:{NAME}"),
    *("-addext", "extendedKeyUsage=serverAuth,clientAuth"),
    *("-keyout", "-", "-out", "-"),
)


def tell() -> "dict[str, str]":
    """The one that this server has; a fresh one, which is written nowhere, when it has none."""
    known = system.read(IDENTITY)
    if known:
        return {"type": "identity", "known": known.decode("ascii", "replace")}
    return {"type": "identity", "fresh": _made()}


def _made() -> str:
    """By the server's own openssl; "" where it cannot."""
    try:
        made = subprocess.run(MAKE, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return made.stdout if made.returncode == 0 and "END CERTIFICATE" in made.stdout else ""
