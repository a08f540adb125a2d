"""An app from its first release to its last log line, with the verbs a person types."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import Boot, Project, on

from seawall.lab.record import LabServer

pytestmark = pytest.mark.machine
APP = """\
import http.server, os
VERSION = "one"
print("starting", VERSION, "with", os.environ["GREETING"], flush=True)
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{VERSION} {os.environ['GREETING']}".encode())
    def log_message(self, *told):
        print("visit", self.path, flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
"""
APPS = """\
apps:
  web:
    process: python3 app.py
    install: ["python3 -m compileall -q app.py"]
    domain: web.example
    certificate: internal
    health: /
    secrets: [TOKEN]
    env: {{ GREETING: {greeting} }}
"""


class Shop:
    """A repository with an app, and the server it runs on."""

    def __init__(self, server: LabServer, project: Project) -> None:
        self.server, self.project = server, project
        self.greeting = "hello"
        subprocess.run(["git", "init", "-q"], cwd=project.folder, check=True)
        self.describe()
        self.commit(APP)

    def describe(self, greeting: str = "hello") -> None:
        self.project.describe(self.server, more=APPS.format(greeting=greeting))

    def commit(self, app: str) -> None:
        (self.project.folder / "app.py").write_text(app)
        git = ["git", "-c", "user.name=Dana", "-c", "user.email=dana@acme.example"]
        for words in (["add", "."], ["commit", "-qm", "a change"]):
            subprocess.run([*git, *words], cwd=self.project.folder, check=True)

    def run(self, *words: str, code: int = 0) -> str:
        return self.project.run(*words, code=code, TOKEN="s3cret-value")

    def page(self) -> str:
        """What a visitor gets."""
        where = f"web.example:443:{self.server.address}"
        words = ["curl", "-sk", "--max-time", "5", "--resolve", where, "https://web.example/"]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout

    def unit(self) -> str:
        """The unit of the instance that serves."""
        return f"app-web-{on(self.server, 'cat /srv/apps/web/serving')}-1.service"

    def states(self) -> dict[int, str]:
        told: Any = self.project.json("releases", "web")
        return {each["number"]: each["state"] for each in told["releases"][0]["releases"]}


@pytest.fixture(scope="module")
def shop(boot: Boot, projects: Callable[[], Project]) -> Shop:
    return Shop(boot("verbs"), projects())


def test_before_apply_nothing_is_released(shop: Shop) -> None:
    assert "does not know web.example yet" in " ".join(shop.run("deploy", code=1).split())
    shop.run("apply", "--yes")


def test_the_first_release(shop: Shop) -> None:
    said = shop.run("deploy")
    assert "web release 1 is serving" in said and "https://web.example/ answers 200" in said
    assert shop.page() == "one hello"


def test_a_change_of_the_environment_builds_nothing(shop: Shop) -> None:
    shop.describe("goodbye")
    said = shop.run("deploy")
    assert "build" not in said
    assert shop.page() == "one goodbye"


def test_a_broken_release_changes_nothing(shop: Shop) -> None:
    shop.commit("import nowhere\n" + APP)
    said = shop.run("deploy", code=1)
    assert "Your users noticed nothing: release 2 is serving" in said
    assert "No module named 'nowhere'" in said
    assert "exit code 1" in " ".join(said.split())
    assert shop.page() == "one goodbye"
    assert shop.states() == {3: "failed", 2: "serving", 1: "retired"}
    assert "No module named 'nowhere'" in shop.run("logs", "web", "--release", "3")


def test_going_back_brings_back_environment_and_secrets(shop: Shop) -> None:
    said = shop.project.run("rollback", "web", "--yes")  # nobody here knows the secret any more
    assert "release 1 is serving" in said
    assert shop.page() == "one hello"
    assert shop.project.run("run", "web", "--", "printenv", "TOKEN").strip() == "s3cret-value"


def test_a_restart_needs_no_secret_and_keeps_everything(shop: Shop) -> None:
    shop.project.run("restart", "web")
    assert shop.page() == "one hello"
    assert shop.project.run("run", "web", "--", "printenv", "TOKEN").strip() == "s3cret-value"
    newest = max(shop.states())
    assert shop.states()[newest] == "serving"


def test_one_command_beside_the_app(shop: Shop) -> None:
    assert shop.project.run("run", "web", "--", "id", "-un").strip() == "app-web"
    assert shop.project.run("run", "web", "--", "exit 7", code=7) == ""
    words = ["$HOME", "a  b", "%h", "'", "`id`", "$(id)"]
    assert shop.project.run("run", "web", "--", "echo", *words).strip() == " ".join(words)
    assert "Read-only" in shop.project.run("run", "web", "--", "touch", "/etc/x", code=1)
    argv = on(shop.server, "journalctl -o cat --no-pager | grep -c s3cret-value || true")
    assert argv == "0"


def test_one_command_inside_the_app(shop: Shop) -> None:
    """It sees the /tmp of what serves, which nobody else does, and has no more rights than that."""
    inside = ("exec", "web", "--")
    shop.project.run("run", "web", "--", "touch", "/tmp/beside")
    pid = on(shop.server, f"systemctl show --value -p MainPID {shop.unit()}")
    on(shop.server, f"echo by the app > /proc/{pid}/root/tmp/inside")
    assert shop.project.run(*inside, "ls", "/tmp").split() == ["inside"]
    shop.project.run(*inside, "echo 'by us '$$ > /tmp/ours")
    assert shop.project.run(*inside, "cat", "/tmp/inside", "/tmp/ours").startswith(
        "by the app\nby us "
    )
    assert on(shop.server, f"cat /proc/{pid}/root/tmp/ours").startswith("by us ")
    fetch = "import os, urllib.request as u; "
    fetch += "print(u.urlopen('http://127.0.0.1:' + os.environ['PORT']).read())"
    assert shop.project.run(*inside, "python3", "-c", fetch).strip() == "b'one hello'"
    told = shop.project.run(*inside, "id -un; echo $TOKEN $INSTANCE; pwd; exit 7", code=7).split()
    assert told[:3] == ["app-web", "s3cret-value", "1"] and told[3].endswith("/releases/1")
    assert "Read-only" in shop.project.run(*inside, "touch", "/etc/x", code=1)
    on(shop.server, f"systemctl stop {shop.unit()}")
    said = " ".join(shop.project.run(*inside, "true", code=1).split())
    assert "web does not run" in said and "seawall logs web" in said
    on(shop.server, f"systemctl start {shop.unit()}")


def test_what_it_wrote(shop: Shop, tmp_path: Path) -> None:
    assert "starting one with hello" in shop.project.run("logs", "web")
    assert "visit /" in shop.project.run("logs", "web", "--grep", "visit", "-n", "5")
    hostile = f"x'; touch {tmp_path}/pwned; $(touch {tmp_path}/pwned) `touch /run/pwned`"
    shop.project.run("logs", "web", "--grep", hostile, code=None)
    assert not (tmp_path / "pwned").exists()
    assert on(shop.server, "test -e /run/pwned || echo none") == "none"
    lines = shop.project.events("logs", "web", "--since", "1h")
    assert {each["server"] for each in lines if each["type"] == "line"} == {shop.server.name}
