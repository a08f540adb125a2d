"""The proxy's routes: which app answers which domain and path, and what is done on the way."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from seawall.features.scalability.apps import peers as others
from seawall.features.scalability.apps.peers import Peers
from seawall.features.scalability.apps.sites import in_bytes
from seawall.features.scalability.apps.upstreams import here

if TYPE_CHECKING:
    from seawall.features.scalability.apps import App

Route = dict[str, Any]
HSTS = "max-age=31536000"
"""One year, in seconds."""
RUN = "{env.RUNTIME_DIRECTORY}"
"""Where a proxy has its sockets, such as /run/caddy. While a file named `leaving` is there, every
answer says that its connection ends, but for 101: a WebSocket opens with `Connection: Upgrade`, or
not at all."""
USERS = "/etc/caddy/users"
"""The hashes of passwords to log in with, each in a file that only the proxy reads."""
COME_BACK = 300
"""Seconds after which visitors of an app under maintenance may try again."""
WORK = """\
<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Back soon</title>
<style>body{font:1.1rem/1.5 system-ui;max-width:32rem;margin:20vh auto;padding:0 1rem}</style>
<h1>Back soon</h1><p>We are working on it. Please try again in a few minutes.</p></html>
"""
SAY_CLOSE = {
    "match": [{"file": {"root": RUN, "try_files": ["/leaving"]}}],
    "handle": [
        {
            "handler": "headers",
            "response": {
                "set": {"Connection": ["close"]},
                "require": {"status_code": [2, 3, 4, 5]},
                "deferred": True,
            },
        }
    ],
}


def outside(sites: "dict[str, App]", peers: Peers) -> list[Route]:
    """What visitors get, the longest path first; before that, what peers get."""
    served = {
        name: here(name, app, others.shared(name, app, peers.get(name, ())))
        for name, app in sites.items()
    }
    answers = [route for name, app in sites.items() for route in _answers(name, app, served[name])]
    answers.sort(key=lambda answer: -len(answer[0]))
    closing = [{"handler": "subroute", "routes": [SAY_CLOSE]}]
    return [
        *([others.door(sites, peers, closing)] if peers else []),
        *(route for _, route in answers),
        *(_redirect(app) for app in sites.values() if app.redirect),
    ]


def _answers(name: str, app: "App", served: Route) -> Iterator[tuple[str, Route]]:
    """A route for each path, with that path."""
    handlers = [*_always(), *(_work() if app.maintenance else _visited(name, app, served))]
    for path in app.paths or [""]:
        yield path, {"match": [_matched(app, path)], "handle": handlers, "terminal": True}


def local(sites: "dict[str, App]", peers: Peers) -> list[Route]:
    """What a deploy gets: each app by its name in a header, otherwise as outside; without
    passwords, and whether or not visitors see a page about maintenance. Never a peer's, but where
    a check asks for it."""
    named = [
        {"match": [{"header": {others.APP: [name]}}], "handle": [here(name, app, inside=True)]}
        for name, app in sites.items()
    ]
    found = [(path, name) for name, app in sites.items() for path in app.paths or [""]]
    found.sort(key=lambda pair: -len(pair[0]))
    rest = [
        {"match": [_matched(sites[name], path)], "handle": [here(name, sites[name], inside=True)]}
        for path, name in found
    ]
    asked = others.questions(peers)
    return [*asked, *({**route, "terminal": True} for route in [*named, *rest])]


def _matched(app: "App", path: str) -> dict[str, Any]:
    below = {"path": [path, f"{path}/*"]} if path else {}
    return {"host": list(app.domains), **below}


def _redirect(app: "App") -> Route:
    where = f"https://{app.domain}{{http.request.uri}}"
    there = {"handler": "static_response", "status_code": 308, "headers": {"Location": [where]}}
    match = [{"host": list(app.redirect)}]
    return {"match": match, "handle": [*_always(), there], "terminal": True}


def _always() -> list[Route]:
    safe = {"set": {"Strict-Transport-Security": [HSTS]}}
    return [
        {"handler": "subroute", "routes": [SAY_CLOSE]},
        {"handler": "headers", "response": {**safe, "deferred": True}},
    ]


def _work() -> list[Route]:
    headers = {
        "Retry-After": [str(COME_BACK)],
        "Content-Type": ["text/html; charset=utf-8"],
        "Cache-Control": ["no-store"],
    }
    return [{"handler": "static_response", "status_code": 503, "headers": headers, "body": WORK}]


def _visited(name: str, app: "App", served: Route) -> Iterator[Route]:
    """Logged in where that is wanted, compressed where that helps, not too large."""
    if app.basic_auth:
        yield _login(name, app)
    yield {"handler": "encode", "encodings": {"zstd": {}, "gzip": {}}, "prefer": ["zstd", "gzip"]}
    yield {"handler": "request_body", "max_size": in_bytes(app.body_limit)}
    yield served


def _login(name: str, app: "App") -> Route:
    accounts = [
        {"username": user, "password": f"{{file.{users_file(name, user)}}}"}
        for user in app.basic_auth
    ]
    basic = {"accounts": accounts, "hash": {"algorithm": "bcrypt"}, "hash_cache": {}}
    return {"handler": "authentication", "providers": {"http_basic": basic}}


def users_file(app: str, user: str) -> str:
    """Where the hash of a visitor's password lies on the server."""
    return f"{USERS}/{app}.{user}"
