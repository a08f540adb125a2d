"""The only door to Google: one method of one API is called, named as Google names it.

What Google refuses because it is busy is asked again, with growing pauses. What may have been done
although no answer came is asked again only where a second time changes nothing. All else is said in
words that tell what to do: who is not logged in, which permission is missing, which API is off.
Nothing that was sent or received is ever logged.
"""

import os
import random
import threading
import time
import uuid
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from seawall.clouds.gcp import refusals
from seawall.errors import SeawallError

VERSIONS = {
    "billingbudgets": "v1",
    "cloudasset": "v1",
    "cloudbilling": "v1",
    "cloudresourcemanager": "v3",
    "compute": "v1",
    "iam": "v1",
    "monitoring": "v3",
    "sql": "v1",
    "storage": "v1",
}
"""The APIs by the first word of their methods; of Cloud SQL the API itself is called sqladmin."""
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
TIMEOUT = 20.0
"""Seconds for one answer."""
PATIENCE = 300.0
"""Seconds until an operation is done: a snapshot of a large disk takes minutes."""
ATTEMPTS = 5
PAUSE = 0.5
"""Seconds before the second attempt; doubled each time, and spread."""
BUSY = {429, 503}
UNCLEAR = {500, 502, 504}
"""The request may have been carried out."""
REPEATABLE = {"GET", "PUT", "PATCH", "DELETE"}
AT_ONCE = 8


@dataclass
class Door:
    """Google, entered with the credentials of the standard chain."""

    project: str
    calls: list[str] = field(default_factory=list)
    """The methods called so far, in order: how many requests an audit costs."""
    _own: threading.local = field(default_factory=threading.local, repr=False)
    _known: dict[str, list[Any]] = field(default_factory=dict, repr=False)
    _asking: dict[str, threading.Lock] = field(default_factory=dict, repr=False)
    _open: list[Any] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        weakref.finalize(self, _closed, self._open)

    def __enter__(self) -> "Door":
        return self

    def __exit__(self, *_: object) -> None:
        _closed(self._open)

    @cached_property
    def credentials(self) -> Any:
        """Those of the standard chain; SeawallError when there are none."""
        return _credentials()

    def call(self, method: str, **params: Any) -> Any:
        """What Google answers; `body` is sent. SeawallError says what to do when it does not."""
        request = self._request(method, _repeatable(method, params))
        if not _only_asks(method):
            self._changed(method)
        safe = request.method in REPEATABLE or "requestId" in params or _only_asks(method)
        for attempt in range(ATTEMPTS):
            self.calls.append(method)
            failed = self._attempt(request)
            if not isinstance(failed, Exception):
                return failed
            again = refusals.again(failed, BUSY | UNCLEAR if safe else BUSY, unclear=safe)
            if not again or attempt == ATTEMPTS - 1:
                raise refusals.said(failed, method, self.project)
            time.sleep(PAUSE * 2**attempt * random.uniform(0.5, 1.0))  # noqa: S311
        raise AssertionError("unreachable")

    def _attempt(self, request: Any) -> Any:
        """The answer, or what went wrong."""
        import httplib2
        from google.auth.exceptions import GoogleAuthError
        from googleapiclient.errors import HttpError

        try:
            return request.execute(http=self._http())
        except (HttpError, GoogleAuthError, OSError, httplib2.HttpLib2Error) as error:
            return error

    def pages(self, method: str, key: str = "items", **params: Any) -> Iterator[Any]:
        """Everything a list holds, page after page; of aggregated lists what is in all places."""
        token: str | None = None
        while True:
            page = self.call(method, **params, **({"pageToken": token} if token else {}))
            yield from _flat(page.get(key, ()), method)
            token = page.get("nextPageToken")
            if not token:
                return

    def listed(self, method: str, key: str = "items", **params: Any) -> list[Any]:
        """Everything a list holds; remembered until something is changed."""
        name = f"{method} {sorted(params.items())}"
        with self._asking.setdefault(name, threading.Lock()):
            if name not in self._known:
                self._known[name] = list(self.pages(method, key, **params))
            return self._known[name]

    def _changed(self, method: str) -> None:
        """What was remembered of an API is asked anew; of Monitoring, of one kind of thing."""
        api, family = method.partition(".")[0], method.rpartition(".")[0]
        stale = family if api == "monitoring" else api
        for name in [each for each in self._known if each.startswith(f"{stale}.")]:
            del self._known[name]

    def forget(self) -> None:
        """Ask anew what was remembered."""
        self._known.clear()

    def done(self, operation: dict[str, Any]) -> None:
        """Wait until an operation of compute is done; SeawallError when it failed or takes long."""
        deadline, where = time.monotonic() + PATIENCE, _place(operation)
        method = f"compute.{next(iter(where), 'global')}Operations.get"
        pause = 0.05
        while operation.get("status") != "DONE":
            if time.monotonic() > deadline:
                raise refusals.slow(operation, self.project)
            time.sleep(pause)
            pause = min(pause * 2, 5.0)
            params = {"project": self.project, "operation": operation["name"], **where}
            operation = self.call(method, **params)
        if failed := operation.get("error", {}).get("errors"):
            raise refusals.failed(failed[0], operation, self.project)

    def beside(self, *asks: Any) -> list[Any]:
        """Several questions side by side: each answer, or the SeawallError in its place."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(_kept, asks))

    def _request(self, method: str, params: dict[str, Any]) -> Any:
        api, *rooms, verb = method.replace("cloudasset.", "cloudasset.v1.").split(".")
        at = _service(api, _elsewhere(api))
        for room in rooms:
            at = getattr(at, room)()
        return getattr(at, verb)(**params)

    def _http(self) -> Any:
        """A connection of this thread: they are not to be shared."""
        if not hasattr(self._own, "http"):
            import google_auth_httplib2
            import httplib2

            plain = httplib2.Http(timeout=TIMEOUT)
            self._own.http = google_auth_httplib2.AuthorizedHttp(self.credentials, plain)
            self._open.append(plain)
        return self._own.http


def _closed(connections: list[Any]) -> None:
    for each in connections:
        each.close()


def _repeatable(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """With an id of the request, where Google takes one: asked twice, it is done once."""
    changes = method.startswith("compute.") and not _only_asks(method)
    if changes and not method.endswith("setIamPolicy"):
        params.setdefault("requestId", str(uuid.uuid4()))
    return params


def _only_asks(method: str) -> bool:
    last = method.rpartition(".")[2]
    return last.startswith(("get", "list", "aggregatedList", "search", "testIamPermissions"))


def _flat(items: Any, method: str) -> Iterator[Any]:
    if not isinstance(items, dict):
        yield from items
        return
    for scope in items.values():
        for key, found in scope.items():
            if key != "warning":
                yield from found


def _place(operation: dict[str, Any]) -> dict[str, str]:
    """The zone or region of an operation: {"zone": "europe-west1-b"}."""
    kinds = [kind for kind in ("zone", "region") if kind in operation]
    return {kind: operation[kind].rpartition("/")[2] for kind in kinds}


def _kept(ask: Any) -> Any:
    try:
        return ask()
    except SeawallError as error:
        return error


def _credentials() -> Any:
    try:
        import google.auth
        from google.auth.exceptions import GoogleAuthError
    except ImportError as error:
        raise refusals.not_installed() from error
    try:
        found, _ = google.auth.default(scopes=[SCOPE])
    except GoogleAuthError as error:
        raise refusals.nobody(error) from error
    return found


def _elsewhere(api: str) -> str:
    """`CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE` and its like lead elsewhere, as gcloud's do."""
    return os.environ.get(f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{_name(api).upper()}", "")


def _name(api: str) -> str:
    return "sqladmin" if api == "sql" else api


@cache
def _service(api: str, elsewhere: str) -> Any:
    """An API's client, made from the description that came with the library: nothing is asked."""
    try:
        import httplib2
        from googleapiclient.discovery import build
    except ImportError as error:
        raise refusals.not_installed() from error
    options = {"api_endpoint": elsewhere} if elsewhere else None
    version, http = VERSIONS[api], httplib2.Http()
    return build(_name(api), version, http=http, client_options=options, static_discovery=True)
