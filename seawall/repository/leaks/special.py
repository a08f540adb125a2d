"""Files that exist to hold secrets, known by their names: every engine looks past most of them."""

import base64
import binascii
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from seawall.repository.leaks.judge import Candidate
from seawall.repository.leaks.piece import Origin, Piece

_SETTING = rb"(?im)^[ \t]*(?:export[ \t]+)?[\w.]*(?:pass|pwd|secret|token|key|salt|dsn|credential)[\w.]*[ \t]*[=:][ \t]*[\"']?([^\"'\s#]{6,})"
_KINDS: tuple[tuple[str, str, str, bytes], ...] = (
    ("netrc", "password in .netrc", r"^[._]netrc$", rb"(?i)\bpassword\s+(\S{3,})"),
    (
        "pgpass",
        "password in .pgpass",
        r"^\.?pgpass(?:\.conf)?$",
        rb"(?m)^(?!#)(?:[^:\n]*:){4}(\S{3,})[ \t]*$",
    ),
    (
        "rails-key",
        "Rails key",
        r"^(?:master|production|staging|credentials)\.key$",
        rb"\A\s*([0-9a-f]{32,64})\s*\Z",
    ),
    ("htpasswd", "password hash in .htpasswd", r"^\.?htpasswd$", rb"(?m)^[^:#\s]+:(\S{8,})[ \t]*$"),
    (
        "env-file",
        "secret in an .env file",
        r"^(?:\.env(?:\.[\w.-]+)?|[\w.-]*\.env|\.envrc)$",
        _SETTING,
    ),
    (
        "my-cnf",
        "password in .my.cnf",
        r"^\.?my\.cnf$|^\.mylogin\.cnf$",
        rb"(?im)^[ \t]*password[ \t]*=[ \t]*[\"']?([^\"'\s]{3,})",
    ),
    (
        "git-credentials",
        "password in .git-credentials",
        r"^\.git-credentials$",
        rb"://[^\s:/@]*:([^\s@/]{3,})@",
    ),
    (
        "npmrc",
        "token in .npmrc",
        r"^\.(?:npmrc|yarnrc(?:\.yml)?)$",
        rb"(?i)(?:_authToken|_password|_auth|npmAuthToken)[\"']?[ \t]*[=:][ \t]*[\"']?([^\s\"']{6,})",
    ),
    (
        "pypirc",
        "password in .pypirc",
        r"^\.pypirc$|^pip\.conf$",
        rb"(?im)^[ \t]*password[ \t]*[=:][ \t]*(\S{4,})",
    ),
    (
        "docker-auth",
        "registry password",
        r"^(?:\.dockercfg|\.?dockerconfig(?:\.json|json)|config\.json)$",
        rb"\"auth\"\s*:\s*\"([A-Za-z0-9+/]{8,}={0,2})\"",
    ),
    (
        "s3cfg",
        "storage key",
        r"^\.(?:s3cfg|boto)$|^rclone\.conf$",
        rb"(?im)^[ \t]*(?:secret_key|secret_access_key|aws_secret_access_key|gs_secret_access_key|pass|password)[ \t]*=[ \t]*(\S{6,})",
    ),
    (
        "tfstate",
        "secret in Terraform's state",
        r"\.tfstate(?:\.backup)?$",
        rb"(?i)\"\w*(?:password|secret|private_key|token|access_key)\w*\"\s*:\s*\"([^\"]{6,})\"",
    ),
    (
        "tfvars",
        "secret in Terraform's variables",
        r"\.tfvars(?:\.json)?$",
        rb"(?i)\w*(?:password|secret|private_key|token|access_key)\w*\"?\s*[=:]\s*\"([^\"]{6,})\"",
    ),
    (
        "kubeconfig",
        "key of a Kubernetes cluster",
        r"^kubeconfig(?:\.ya?ml)?$|^admin\.conf$",
        rb"(?m)(?:client-key-data|token)[ \t]*:[ \t]*[\"']?([\w+/.=-]{20,})",
    ),
)
_NAMES = tuple((re.compile(name, re.I), rule, re.compile(value)) for rule, _, name, value in _KINDS)
WHAT = {rule: what for rule, what, _, _ in _KINDS} | {
    "kubernetes-secret": "value of a Kubernetes Secret"
}
_MANIFEST = re.compile(rb"(?m)^[ \t]*kind:[ \t]*[\"']?Secret[\"']?[ \t]*$")
_DATUM = re.compile(rb"(?m)^[ \t]+[\w.-]+:[ \t]*[\"']?([A-Za-z0-9+/]{8,}={0,2})[\"']?[ \t]*$")
_QUOTED = {"env-file", "tfstate", "tfvars"}


def special(piece: Piece) -> Iterator[tuple[Origin, int, Candidate]]:
    """Every value that such a file holds."""
    path = piece.origin.path
    name = PurePosixPath(path).name
    for named, rule, value in _NAMES:
        if named.search(name):
            for found in value.finditer(piece.text):
                if rule != "docker-auth" or ":" in _decoded(found[1]):
                    yield _at(piece, found, rule)
    if name.endswith((".yml", ".yaml")) and _MANIFEST.search(piece.text):
        for found in _DATUM.finditer(piece.text):
            if len(_decoded(found[1])) >= 4:
                yield _at(piece, found, "kubernetes-secret")


def _decoded(text: bytes) -> str:
    """What base64 holds when it is a line of plain text."""
    try:
        told = base64.b64decode(text, validate=True).decode("ascii").rstrip("\n")
    except (binascii.Error, ValueError):
        return ""
    return told if told.isprintable() else ""


def _at(piece: Piece, found: re.Match[bytes], rule: str) -> tuple[Origin, int, Candidate]:
    text, (start, end) = piece.text, found.span(1)
    begin, stop = text.rfind(b"\n", 0, start) + 1, text.find(b"\n", end)
    before = text[max(begin, start - 100) : start].decode("utf-8", "replace")
    after = text[end : stop if stop >= 0 else len(text)][:200].decode("utf-8", "replace")
    value = found[1].decode("utf-8", "replace")
    seen = Candidate(rule, "file", value, piece.origin.path, before, after)
    return piece.origin, piece.line + text.count(b"\n", 0, start), seen
