"""The stand-in as a process of its own: `python -m googlecloud.serve` prints its address.

Every API has its folder: `/compute/…`, `/storage/…`. Tests speak to `/stand-in/…`: what was asked
so far, faults to come, things that are there without anybody of ours having made them.
"""

import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from googlecloud import compute, others
from googlecloud.account import Account, Refused
from googlecloud.discovery import VERSIONS, Call, Invalid, document

PERMISSION = {"insert": "create", "patch": "update", "aggregatedList": "list"}


class World:
    """The account, the faults to come and everything that was asked, under one lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Begin anew."""
        self.account = Account()
        self.faults: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []
        self.tokens: set[str] = set()
        self.logins = True
        self.token = 0


def permission(method: str) -> str:
    """The permission that a method needs, by Google's own pattern of names."""
    *above, last = method.replace("sql.", "cloudsql.", 1).split(".")
    where = [word for word in above if word not in ("projects", "billingAccounts")]
    if above[-1] == "keys":
        where = ["iam", "serviceAccountKeys"]
    if above[0] == "cloudasset":
        where = ["cloudasset", "assets"]
    if above[0] in ("cloudresourcemanager", "cloudbilling"):
        where = ["resourcemanager", "projects"]
    return ".".join([*where, PERMISSION.get(last, last)])


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    world: World

    def any(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length)
        try:
            status, told = self._answered(sent)
        except BrokenPipeError:
            return
        text = json.dumps(told).encode() if told is not None else b""
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
            self.wfile.flush()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def _answered(self, sent: bytes) -> tuple[int, Any]:
        url = urlsplit(self.path)
        api, _, path = url.path.lstrip("/").partition("/")
        if api == "token":
            return self._token()
        body = json.loads(sent) if sent else None
        if api == "stand-in":
            return 200, control(self.world, path, body)
        if api not in VERSIONS:
            return _error(404, f"no API is called {api}", "notFound")
        query = parse_qs(url.query, keep_blank_values=True)
        query.pop("alt", None)
        query.pop("prettyPrint", None)
        return self._call(api, path, query, body)

    def _token(self) -> tuple[int, Any]:
        with self.world.lock:
            if not self.world.logins:
                return 400, {"error": "invalid_grant", "error_description": "account not found"}
            self.world.token += 1
            token = f"ya29.stand-in-{self.world.token}"
            self.world.tokens.add(token)
        return 200, {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}

    def _call(self, api: str, path: str, query: Any, body: Any) -> tuple[int, Any]:
        try:
            call = document(api).understand(self.command, path, query, body)
        except Invalid as invalid:
            with self.world.lock:
                self.world.asked.append({"id": "invalid", "why": str(invalid)})
            return _error(400, f"Invalid JSON payload received. {invalid}", "invalid")
        with self.world.lock:
            self.world.asked.append({"id": call.id, "mutates": call.mutates, "body": call.body,
                                     "params": call.params})  # fmt: skip
            fault = _due(self.world, call)
        if fault:
            time.sleep(fault.get("delay", 0))
            if fault.get("status"):
                return _error(fault["status"], fault.get("why", "a fault"), fault.get("reason", ""))
        with self.world.lock:
            return self._judged(api, call)

    def _judged(self, api: str, call: Call) -> tuple[int, Any]:
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.world.tokens:
            return _error(401, "Request had invalid authentication credentials", "authError")
        if (needed := permission(call.id)) in self.world.account.denied:
            why = f"Required '{needed}' permission for '{call.params.get('project', 'this')}'"
            return _error(403, why, "forbidden")
        try:
            told = (compute if api == "compute" else others).answer(self.world.account, call)
        except Refused as refused:
            return _error(refused.status, refused.why, refused.reason)
        if "response" in call.method:
            wrong = list(document(api).faults(call.method["response"], told, "answer", ""))
            assert not wrong, f"the stand-in itself answers wrongly: {call.id}: {wrong}"
        return 200, told

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: tests ask what was asked."""


for verb in ("GET", "POST", "PUT", "PATCH", "DELETE"):
    setattr(Handler, f"do_{verb}", Handler.any)


def _error(status: int, why: str, reason: str) -> tuple[int, Any]:
    told = {"code": status, "message": why, "errors": [{"message": why, "reason": reason}]}
    return status, {"error": told}


def _due(world: World, call: Call) -> dict[str, Any] | None:
    for fault in world.faults:
        if fault["times"] and re.fullmatch(fault["method"], call.id):
            if fault.get("after", 0) > 0:
                fault["after"] -= 1
                continue
            fault["times"] -= 1
            return fault
    return None


def control(world: World, what: str, told: Any) -> Any:
    """What tests do behind Seawall's back."""
    with world.lock:
        if what == "forget":
            world.forget()
        elif what == "faults":
            world.faults = [{"times": 1, **fault} for fault in told]
        elif what == "put":
            for name, thing in told.items():
                _put(world, name, thing)
        elif what == "set":
            _set(world, told)
        elif what == "forget-asked":
            world.asked.clear()
        return {"things": world.account.things} if what == "things" else {"asked": world.asked}


def _put(world: World, name: str, thing: Any) -> None:
    if thing is None:
        world.account.things.pop(name, None)
        return
    api, schema = KINDS.get(name.split("/")[-2], ("", ""))
    if name.startswith(f"{api}/"):
        wrong = list(document(api).faults({"$ref": schema}, thing, name, ""))
        assert not wrong, wrong
    world.account.things[name] = thing


KINDS = {"disks": ("compute", "Disk"), "snapshots": ("compute", "Snapshot"),
         "instances": ("compute", "Instance"), "firewalls": ("compute", "Firewall"),
         "addresses": ("compute", "Address"), "images": ("compute", "Image"),
         "resourcePolicies": ("compute", "ResourcePolicy"),
         "alertPolicies": ("monitoring", "AlertPolicy")}  # fmt: skip
"""What is held against Google's description even when a test puts it there."""


def _set(world: World, told: dict[str, Any]) -> None:
    account = world.account
    account.denied = set(told.get("denied", account.denied))
    account.slow = told.get("slow", account.slow)
    account.page = told.get("page", account.page)
    world.logins = told.get("logins", world.logins)
    if told.get("end_tokens"):
        world.tokens.clear()


def main() -> None:
    """Serve until the standard input ends."""
    Handler.world = World()
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"http://127.0.0.1:{server.server_port}", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
