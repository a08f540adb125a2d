"""Secrets that are kept elsewhere, read by that place's own program: no account of ours, no
library, and no value in a command line. `secrets: { from: … }` of seawall.yml names them.
"""

import json
import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from seawall import known
from seawall.errors import SeawallError

SECONDS = 60
"""How long such a program may take; it may ask you to touch a key meanwhile."""


@dataclass(frozen=True)
class Kind:
    """A place: what it is called, its command for a secret, and how to log in to it."""

    called: str
    words: Callable[[str], list[str]]
    login: str


def _aws(rest: str) -> list[str]:
    secret = rest.partition("#")[0]
    words = ["aws", "secretsmanager", "get-secret-value", "--secret-id", secret]
    return [*words, "--query", "SecretString", "--output", "text"]


def _gcloud(rest: str) -> list[str]:
    full = re.fullmatch(r"projects/([^/]+)/secrets/([^/]+)(?:/versions/([^/]+))?", rest)
    project, name, version = full.groups() if full else (None, rest, None)
    words = ["gcloud", "secrets", "versions", "access", version or "latest", f"--secret={name}"]
    return [*words, f"--project={project}"] if project else words


KINDS = {
    "op": Kind("1Password", lambda rest: ["op", "read", "--no-newline", f"op:{rest}"], "op signin"),
    "pass": Kind("pass", lambda rest: ["pass", "show", rest], "gpg --card-status"),
    "bw": Kind("Bitwarden", lambda rest: ["bw", "get", "password", rest], "bw unlock"),
    "aws": Kind("AWS", _aws, "aws sso login"),
    "gcloud": Kind("Google Cloud", _gcloud, "gcloud auth login"),
}


def read(name: str, source: str) -> str:
    """The value of a secret that is kept at `source`; SeawallError names it and the way in."""
    scheme, _, rest = source.partition(":")
    if scheme == "env":
        value = os.environ.get(rest, "")
        told = "" if value else f"{rest} is not in the environment"
        hint = f"export {rest}=…"
    else:
        value, told = _asked(KINDS[scheme], rest)
        hint = f"{KINDS[scheme].login}, then try again"
        if value and scheme == "aws" and "#" in rest:
            value, told = _inside(value, rest.partition("#")[2])
    if not value:
        raise SeawallError(f"{name}: {source} cannot be read: {told}", hint)
    return known.remember(value)


def _asked(kind: Kind, rest: str) -> tuple[str, str]:
    """What the program prints, or what went wrong."""
    words = kind.words(rest)
    try:
        done = subprocess.run(words, stdout=-1, stderr=-1, text=True, timeout=SECONDS)
    except FileNotFoundError:
        return "", f"{words[0]} of {kind.called} is not installed"
    except subprocess.TimeoutExpired:
        return "", f"{words[0]} did not answer within {SECONDS} s"
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or [f"{words[0]} ended with {done.returncode}"]
        return "", last[0]
    value = done.stdout.split("\n", 1)[0] if words[0] == "pass" else done.stdout
    return value.removesuffix("\n"), "it is empty"


def _inside(document: str, key: str) -> tuple[str, str]:
    try:
        value = json.loads(document)[key]
    except (ValueError, KeyError, TypeError):
        return "", f"it is no JSON with the key {key}"
    return str(value), "it is empty"
