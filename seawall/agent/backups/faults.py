"""What restic, its backends and ssh say when something is wrong, and what it means.

restic 0.14 has one exit code for all of it, so their words decide. Words that nobody knows are
passed on as they are.
"""

from __future__ import annotations

import os
import re
import tempfile
from typing import IO

from seawall.agent import system

SAID = (
    ("wrong password or no key found", "the passphrase does not open this repository"),
    ("snapshot is empty", "the dump is empty"),
    ("repository is already locked", "somebody else holds the repository's lock"),
    ("NoSuchBucket|bucket does not exist", "the bucket is not there"),
    ("AccessDenied|Access Denied|InvalidAccessKeyId|SignatureDoesNotMatch|signature we calc"
     "ulated|Access Key Id|Forbidden|401 Unauthorized",
     "the storage refuses our key"),
    ("no space left on device|disk quota", "the storage is full"),
    ("connection refused|no such host|i/o timeout|no route to host|network is unreachable"
     "|connection reset|Connection timed out|Could not resolve", "the storage cannot be reached"),
    ("Permission denied|permission denied|read-only file system", "the storage cannot be written"),
    ("ciphertext verification failed|invalid data returned|hash mismatch|does not match id"
     "|unable to load index|unexpected EOF|is damaged|not contain expected"
     "|repository contains errors",
     "the repository is damaged"),
    ("Is there a repository at the following location|unable to open config file",
     "there is no repository"),
)  # fmt: skip
"""What restic, its backends and ssh write to stderr, and what it means; the first that is found.
That there may be no repository is restic's guess whatever went wrong, so it comes last."""
DAMAGED = "the repository is damaged"
ABSENT = "there is no repository"
NO_BUCKET = "the bucket is not there"
LOCKED = "somebody else holds the repository's lock"


def said() -> IO[bytes]:
    """A file without a name for what a program says while it runs: in memory, or where a laptop
    has no such files, in a folder that its owner alone reads."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("said"), "w+b")
    return tempfile.TemporaryFile()


def fault(result: system.Result) -> str:
    """What restic meant, in words of ours; what it said itself when we do not know."""
    if result.code == 127:
        return "restic is not installed"
    for pattern, meaning in SAID:
        if re.search(pattern, result.errors, re.IGNORECASE):
            return meaning
    if result.code == 3:
        return "something could not be read, so the backup is not whole"
    return f"restic failed, exit code {result.code}"


def failed(code: int, errors: IO[bytes]) -> system.StepError:
    told = text(errors)
    return system.StepError(fault(system.Result(code, "", told)), last(told))


def text(errors: IO[bytes]) -> str:
    """The end of what was said."""
    errors.seek(0)
    return errors.read()[-20_000:].decode("utf-8", "replace")


def last(told: str, count: int = 10) -> str:
    return "\n".join(told.strip().splitlines()[-count:])
