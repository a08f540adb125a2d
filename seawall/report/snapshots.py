"""Snapshots on a screen and as a document: what is stored, what was made, what was proven."""

import time
from typing import Any

from seawall import __version__
from seawall.kit.amounts import age
from seawall.kit.cloud.stored import Proof, Stored
from seawall.report import documents
from seawall.report.layout import Page
from seawall.report.screen import Screen

MOST = 15
"""Snapshots of an account that are shown; the rest are counted."""
CRASH = "A snapshot holds a disk as after a power cut; seawall backup holds databases whole."


def listing(found: list[Stored], screen: Screen) -> None:
    """Each account's snapshots, the newest first."""
    page = Page(screen)
    for each in found:
        page.head(each.account, f"{len(each.snapshots)} snapshots of declared servers")
        if each.error:
            page.failure(each.account, each.error)
        for one in each.snapshots[:MOST]:
            mark = "ok" if one.complete else "unknown"
            told = "" if one.complete else ", not finished"
            where = f"{one.disk}, {one.gigabytes} GB, in {one.region}"
            page.item(mark, f"{age(time.time() - one.at)} ago: {where}{told}", one.id)
        if len(each.snapshots) > MOST:
            page.bullet(f"{len(each.snapshots) - MOST} older ones: --json has all")
    page.blank()
    page.text(CRASH)
    page.show()


def proofs(found: list[Proof], screen: Screen) -> None:
    """What was found on each restored disk."""
    page = Page(screen)
    for each in found:
        page.head(each.server, each.snapshot)
        if each.error:
            page.failure(each.server, each.error)
            continue
        page.item("ok", f"restored, mounted and read in {each.seconds:.0f} s")
        for line in each.found:
            page.bullet(line)
    page.show()


def listed(found: list[Stored]) -> dict[str, Any]:
    """The same, for a program."""
    return {
        **_head(),
        "accounts": [
            {
                "account": each.account,
                "error": each.error.problem if each.error else None,
                "snapshots": [vars(one) for one in each.snapshots],
            }
            for each in found
        ],
    }


def proven(found: list[Proof]) -> dict[str, Any]:
    """The same, for a program."""
    return {
        **_head(),
        "proofs": [
            {
                "server": each.server,
                "snapshot": each.snapshot,
                "seconds": round(each.seconds, 1),
                "found": list(each.found),
                "error": each.error.problem if each.error else None,
            }
            for each in found
        ],
    }


def made(ids: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    """Snapshots that were begun, for a program."""
    return {**_head(), "snapshots": {server: list(names) for server, names in ids.items()}}


def restored(disk: str, server: str) -> dict[str, Any]:
    """A disk that was made, for a program."""
    return {**_head(), "server": server, "disk": disk}


def _head() -> dict[str, Any]:
    return {"format": documents.FORMAT, "seawall": __version__}
