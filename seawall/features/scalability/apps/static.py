"""A folder that the proxy serves itself: no process, nothing to crash, the right answers.

Which release it serves is read from a file once for each request, so that a request sees one
release from its first look to its last byte, and a deploy never reloads the proxy. What lies there
was chosen by the agent: no hidden file, no link (agent/apps/static.py).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seawall.features.scalability.apps import App

Route = dict[str, Any]
ASK_AGAIN = {"set": {"Cache-Control": ["public, max-age=0, must-revalidate"]}}
"""Browsers keep a file but ask whether it is still the one; without this they guess for how long
it may be old, and show yesterday's page after a deploy."""
TYPES = {"webmanifest": "application/manifest+json", "map": "application/json"}
"""Content types that Debian's list does not have."""
ASSETS = (
    r"(?i)\.(avif|css|gif|ico|jpe?g|js|json|map|mjs|mp4|pdf|png|svg|ttf|txt|wasm|webm|webp|woff2?"
    r"|xml)$"
)
"""What a page asks for by its name: when it is missing, a page instead of it only confuses."""
NUMBER = "{http.request.header.Seawall-Release}"
ASKED = {"header": {"Seawall-Release": ["*"]}}
AT = "{http.request.uri.path}"


def served(name: str, app: "App", inside: bool = False) -> Route:
    """The handler of one app; inside, a deploy may ask for a release that does not serve yet."""
    place = f"/srv/apps/{name}"
    routes = [
        _root(f"{place}/public/{{file.{place}/upstreams/site}}"),
        *([_asked(place)] if inside else []),
        *_below(app.paths),
        *_found(app.fallback),
        *_typed(),
        {"handle": [{"handler": "headers", "response": ASK_AGAIN}, _files()]},
    ]
    return {"handler": "subroute", "routes": routes, "errors": {"routes": _errors()}}


def is_released(name: str, inside: bool) -> list[Route]:
    """Matches while a folder is served: until it is, and again later, a process may be."""
    there = {"file": {"root": f"/srv/apps/{name}/upstreams", "try_files": ["/site"]}}
    return [there, *([ASKED] if inside else [])]


def _root(path: str, **match: Any) -> Route:
    return {**match, "handle": [{"handler": "vars", "root": path}]}


def _asked(place: str) -> Route:
    """Another release; the answer says that it is the one."""
    root = _root(f"{place}/public/{NUMBER}", match=[ASKED])
    told = {"handler": "headers", "response": {"set": {"Seawall-Release": [NUMBER]}}}
    return {**root, "handle": [*root["handle"], told]}


def _below(paths: list[str]) -> list[Route]:
    """What is below /docs is the folder's own; /docs itself becomes /docs/, for its links."""
    routes = []
    for path in sorted(paths, key=len, reverse=True):
        there = {"Location": [f"{path}/"]}
        whole = {"handler": "static_response", "status_code": 308, "headers": there}
        strip = {"handler": "rewrite", "strip_path_prefix": path}
        routes += [
            {"group": "below", "match": [{"path": [path]}], "handle": [whole]},
            {"group": "below", "match": [{"path": [f"{path}/*"]}], "handle": [strip]},
        ]
    return routes


def _found(fallback: str | None) -> list[Route]:
    """`/about` is about.html, as the generators of sites expect; then the fallback's turn."""
    page = _tried([AT, f"{AT}.html"])
    if not fallback:
        return [page]
    nothing = {"file": {"try_files": [AT, f"{AT}/"]}}
    asset = {"path_regexp": {"pattern": ASSETS}}
    rest = {"match": [{"not": [nothing, asset]}], "handle": [_rewrite(f"/{fallback}")]}
    return [page, rest]


def _tried(names: list[str]) -> Route:
    rewrite = _rewrite("{http.matchers.file.relative}")
    return {"match": [{"file": {"try_files": names}}], "handle": [rewrite]}


def _rewrite(uri: str) -> Route:
    return {"handler": "rewrite", "uri": uri}


def _typed() -> list[Route]:
    return [
        {
            "match": [{"path": [f"*.{ending}"], "file": {"try_files": [AT]}}],
            "handle": [{"handler": "headers", "response": {"set": {"Content-Type": [kind]}}}],
        }
        for ending, kind in TYPES.items()
    ]


def _files(**how: Any) -> Route:
    return {"handler": "file_server", "index_names": ["index.html"], **how}


def _errors() -> list[Route]:
    """The folder's own page for what is not there; other mistakes get their number."""
    missing = {"vars": {"{http.error.status_code}": ["404"]}, "file": {"try_files": ["/404.html"]}}
    status = "{http.error.status_code}"
    return [
        {
            "match": [missing],
            "handle": [_rewrite("/404.html"), _files(status_code=status)],
            "terminal": True,
        },
        {"handle": [{"handler": "static_response", "status_code": status}]},
    ]
