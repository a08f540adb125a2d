"""Certificates of the proxy: the newest of each domain on disk, and renewals that fail."""

from __future__ import annotations

import base64
import calendar
import hashlib
import json
import os
import re
import time
from typing import Any, Dict, Iterator, Tuple

from seawall.agent.probes.reading import names, need_root, said, text

STORE = "/var/lib/caddy/caddy/certificates"
PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
RENEWALS = ("tls.obtain", "tls.renew")


def certificates() -> Dict[str, Any]:
    """For each domain its newest certificate, and what went wrong since it came."""
    need_root()
    newest = dict(sorted(_stored(), key=lambda pair: float(pair[1]["ends"])))
    return {"stored": newest, "failing": _failing(newest)}


def _stored() -> Iterator[Tuple[str, Dict[str, Any]]]:
    for authority in names(STORE):
        for name in names(f"{STORE}/{authority}"):
            path = f"{STORE}/{authority}/{name}/{name}.crt"
            found = PEM.search(text(path))
            if found:
                shown = base64.b64decode(found[1])
                begins, ends = validity(shown)
                digest = hashlib.sha256(shown).hexdigest()
                written = os.stat(path).st_mtime
                story = {"begins": begins, "ends": ends, "sha256": digest, "written": written}
                yield name, {**story, "authority": authority}


def _failing(newest: Dict[str, Dict[str, Any]]) -> Dict[str, str]:
    """The last error of each domain whose renewal has not worked since."""
    units = ["-u", "caddy", "-u", "caddy-second"]
    lines = said(["journalctl", *units, "--since=-2d", "-o", "cat", "-n", "5000", "--no-pager"])
    failing = {}
    for line in lines.splitlines():
        event = _error(line)
        name = str(event.get("identifier", ""))
        since = float(newest.get(name, {}).get("written", 0))
        if name and float(event.get("ts", 0)) > since:
            failing[name] = str(event.get("error", event.get("msg", "")))[:300]
    return failing


def _error(line: str) -> Dict[str, Any]:
    """What a line of the proxy's log says of a renewal that failed."""
    try:
        event = json.loads(line)
    except ValueError:
        return {}
    wrong = isinstance(event, dict) and event.get("level") == "error"
    # What a stop interrupted is not a failure: the next start goes on.
    if not wrong or "context canceled" in str(event.get("error", "")):
        return {}
    return event if event.get("logger") in RENEWALS else {}


def validity(certificate: bytes) -> Tuple[float, float]:
    """From when until when a certificate (DER) is valid, in seconds since 1970.

    Read by hand (RFC 5280, 4.1): the standard library only reads certificates that it trusts.
    """
    signed = _inside(_inside(certificate)[0])[0]
    fields = list(_elements(signed))
    fields = fields[1:] if fields[0][0] == 0xA0 else fields
    begins, ends = list(_elements(fields[3][1]))[:2]
    return _time(*begins), _time(*ends)


def _inside(content: bytes) -> "list[bytes]":
    return [value for _, value in _elements(content)]


def _elements(content: bytes) -> Iterator[Tuple[int, bytes]]:
    """Kind and content of each value in a row."""
    at = 0
    while at + 2 <= len(content):
        kind, length = content[at], content[at + 1]
        at += 2
        if length & 0x80:
            more = length & 0x7F
            length = int.from_bytes(content[at : at + more], "big")
            at += more
        yield kind, content[at : at + length]
        at += length


def _time(kind: int, written: bytes) -> float:
    """UTCTime or GeneralizedTime."""
    digits = written.decode("ascii")
    if kind == 0x17:
        digits = ("19" if digits >= "5" else "20") + digits
    return float(calendar.timegm(time.strptime(digits, "%Y%m%d%H%M%SZ")))
