"""Who else may have read the repository: where it was pushed to, and whether that looks public.

Nothing is asked of anybody. What is said is evidence, not proof: a place where strangers can read,
and a licence that invites them.
"""

import re
from pathlib import Path

from seawall.repository.leaks import git

FORGES = ("github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "sr.ht", "gitee.com")
_LICENCE = re.compile(
    rb"(?i)MIT License|Permission is hereby granted, free of charge|Apache License|GNU (?:LESSER |AFFERO )?GENERAL"
    rb"|Redistribution and use in source|Mozilla Public License|ISC License|The Unlicense|CC0 1\.0"
)
_HOST = re.compile(r"^(?:[a-z+]+://)?(?:[^@/\s]*@)?([\w.-]+)[:/]+(?:\d+/)?([^\s?#]+?)(?:\.git)?/?$")


def pushed_to(top: Path) -> list[str]:
    """`host/owner/name` of each remote; never a password that stands in its address."""
    told = (git.ask(top, "config", "--local", "--get-regexp", r"^remote\..*\.url$") or b"").decode(
        "utf-8", "replace"
    )
    addresses = [line.partition(" ")[2].strip() for line in told.splitlines()]
    found = [_HOST.match(address) for address in addresses]
    return sorted({f"{each[1]}/{each[2]}" for each in found if each})


def public(top: Path, remotes: list[str]) -> str:
    """The remote that looks public; empty when none does."""
    at = [remote for remote in remotes if remote.split("/")[0].lower() in FORGES]
    return at[0] if at and _open_licence(top) else ""


def _open_licence(top: Path) -> bool:
    for name in ("LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "COPYING"):
        file = top / name
        if file.is_file() and not file.is_symlink():
            with file.open("rb") as opened:
                return bool(_LICENCE.search(opened.read(4096)))
    return False
