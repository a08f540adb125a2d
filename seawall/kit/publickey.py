"""A public key of a person: parsed whole, so that a wrong one never reaches a server."""

import base64
import binascii
import re
from dataclasses import dataclass

from seawall.kit.fields.words import control_character

SMALLEST_RSA = 3072

_CURVES = {f"ecdsa-sha2-nistp{bits}": length for bits, length in ((256, 65), (384, 97), (521, 133))}
_FIDO = {"sk-ssh-ed25519@openssh.com": 32, "sk-ecdsa-sha2-nistp256@openssh.com": 65}
_KINDS = {"ssh-ed25519", "ssh-rsa", *_CURVES, *_FIDO}
_COPY = "copy the whole line of the .pub file again"


class BadKey(ValueError):
    """Not a key that may be used: why, and what to do."""

    def __init__(self, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint


@dataclass(frozen=True)
class PublicKey:
    """Kind, base64 body and comment of one line of a .pub file."""

    kind: str
    body: str
    comment: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.kind, self.body, self.comment)))

    @classmethod
    def parse(cls, line: str) -> "PublicKey":
        """The key of one line; BadKey when it is none, too weak, or more than a key."""
        words = line.split(None, 2)
        _refuse(line, words)
        key = cls(words[0], words[1], words[2].strip() if words[2:] else "")
        _verify(key.kind, key.body)
        return key


def _refuse(line: str, words: list[str]) -> None:
    if "PRIVATE KEY" in line:
        raise BadKey("is a private key", "give the .pub file; a key shown to others is burnt")
    if len(line.strip().splitlines()) > 1:
        raise BadKey("should be one key", "write each key as an item of its own")
    if hidden := control_character(line):
        raise BadKey(f"contains an invisible character ({hidden})", "copy the line again")
    if len(words) < 2 or words[0] not in _KINDS:
        raise _not_a_key(line, words)


def _not_a_key(line: str, words: list[str]) -> BadKey:
    first = words[0] if words else ""
    if first == "ssh-dss":
        return BadKey("is a DSA key, which sshd refuses", "make one: ssh-keygen -t ed25519")
    if "-cert-v01@" in first:
        return BadKey("is a certificate, not a key", "give the .pub file without -cert")
    if first.startswith("AAAA"):
        return BadKey("lacks its kind", "copy the whole line, from ssh-ed25519 to the end")
    if re.search(r"(^|\s)(ssh-|ecdsa-|sk-)\S+\s+AAAA", line):
        return BadKey("has options in front", "leave them out; the key starts at ssh-ed25519")
    if first in _KINDS:
        return BadKey("is only half a key", _COPY)
    return BadKey("is not a public key", "paste the line of a .pub file: ssh-ed25519 AAAA… dana")


def _verify(kind: str, body: str) -> None:
    try:
        parts = _parts(base64.b64decode(body, validate=True))
    except (binascii.Error, ValueError):
        raise BadKey("is damaged", _COPY) from None
    inner = parts[0].decode("ascii", "replace")
    if inner != kind and inner in {*_KINDS, "ssh-dss"}:
        raise BadKey(f"says {kind}, but is {inner}", _COPY)
    if inner != kind or not _is_whole(kind, parts):
        raise BadKey("is damaged", _COPY)
    if kind == "ssh-rsa" and (bits := int.from_bytes(parts[2], "big").bit_length()) < SMALLEST_RSA:
        problem = f"is an RSA key of {bits} bits, at least {SMALLEST_RSA}"
        raise BadKey(problem, "make a new one: ssh-keygen -t ed25519")


def _parts(blob: bytes) -> list[bytes]:
    """The length-prefixed strings a key is made of."""
    parts = []
    while blob:
        length = int.from_bytes(blob[:4], "big")
        if len(blob) < 4 + length:
            raise ValueError("cut short")
        parts.append(blob[4 : 4 + length])
        blob = blob[4 + length :]
    if not parts:
        raise ValueError("empty")
    return parts


def _is_whole(kind: str, parts: list[bytes]) -> bool:
    lengths = [len(part) for part in parts]
    if kind == "ssh-ed25519":
        return lengths[1:] == [32]
    if kind == "ssh-rsa":
        return len(parts) == 3
    if kind in _CURVES:
        return parts[1:2] == [kind[-8:].encode()] and lengths[2:] == [_CURVES[kind]]
    curve = [b"nistp256"] if "ecdsa" in kind else []
    return parts[1:-2] == curve and lengths[len(curve) + 1 : -1] == [_FIDO[kind]]
