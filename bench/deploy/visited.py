"""Everything that a release can be, again and again, while two apps have visitors."""

import statistics
import time
from collections.abc import Callable
from itertools import cycle
from typing import Any

from apps.load import Load, Seen
from conftest import on
from kinds import Place

QUIET = 20
"""Seconds of visitors before the first deploy."""
UPGRADE = """
cp /usr/local/bin/caddy /usr/local/bin/caddy.next
mv /usr/local/bin/caddy.next /usr/local/bin/caddy
systemctl restart caddy-change
"""
"""Another file of the program, and what an apply does when the program is another one."""


def under_load(place: Place, deploys: int, say: Callable[[str], None]) -> dict[str, Any]:
    """As many deploys, and between them a change and an upgrade of the proxy."""
    shops, blogs = [], []
    for server in (place.site.server, *place.site.beside):
        shops.append(Load("shop.example", server.address, place.folder(server)).start())
        blogs.append(Load("blog.example", server.address, place.folder(server)).start("light"))
    time.sleep(QUIET)
    began, took = time.time(), []
    for number, (name, change) in zip(range(deploys), cycle(_changes(place)), strict=False):
        started = time.monotonic()
        change()
        took.append(time.monotonic() - started)
        say(f"{number + 1:3} {name}: {took[-1]:.1f} s")
    ended = time.time()
    for name, change in (("proxy changed", _changed(place)), ("proxy upgraded", _upgraded(place))):
        change()
        say(f"    {name}")
    seen = _all([each.end() for each in shops], [each.end() for each in blogs])
    say(f"failed: {dict(seen.failures)}; left out: {seen.left_out}")
    quiet, switch = seen.p99(0, began), seen.p99(began, ended)
    return {
        "requests": seen.requests,
        "failed_requests": seen.failed,
        "p99_switch_vs_quiet": round(switch / quiet, 2),
        "p99_quiet_ms": round(quiet),
        "p99_switch_ms": round(switch),
        "longest_stall_ms": round(seen.longest),
        "websockets_by_close_code": dict(seen.sockets),
        "deploy_under_load_s": round(statistics.median(took), 2),
    }


def _all(shops: list[Seen], blogs: list[Seen]) -> Seen:
    """What the visitors of every server saw, as one."""
    seen, *others = [*shops, *blogs]
    for number, other in enumerate(others):
        seen.times |= {f"{number} {kind}": times for kind, times in other.times.items()}
        seen.requests += other.requests
        seen.failures += other.failures
        seen.left_out += other.left_out
        seen.sockets += other.sockets
    return seen


def _changes(place: Place) -> list[tuple[str, Callable[[], object]]]:
    site = place.site
    return [
        ("new code", lambda: site.commit().deploy("shop")),
        ("the other app", lambda: site.commit().deploy("blog")),
        ("environment", lambda: place.describe(f"at {time.time()}").site.deploy("shop")),
        ("rollback", lambda: site.project.run("rollback", "shop", "--yes")),
    ]


def _changed(place: Place) -> Callable[[], object]:
    more = "\nbody_limit: 12M"
    return lambda: place.describe(more=more).site.project.run("apply", "--yes")


def _upgraded(place: Place) -> Callable[[], object]:
    servers = (place.site.server, *place.site.beside)
    return lambda: [on(server, UPGRADE) for server in servers]
