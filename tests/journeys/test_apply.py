"""One apply at a time, exactly the plan that was shown, and no secret where it can be seen."""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

import pexpect
import pytest
from conftest import Boot, Project, on

from seawall import config as configuration
from seawall import engine, lab
from seawall.agent.steps import File, Step
from seawall.errors import PlanChanged
from seawall.kit import Event, Feature, Room
from seawall.lab.record import LabServer

pytestmark = pytest.mark.machine
OPEN = "firewall: {{ open: [{port}] }}\n"
SECRET = "correct-horse-battery-staple"
PATH = "/etc/acme/database.env"
WATCHER = f"""
import glob, os, sys, time
secret = bytes.fromhex("{SECRET.encode().hex()}")
found = set()
def look():
    for path in glob.glob("/proc/[0-9]*/cmdline") + glob.glob("/proc/[0-9]*/environ"):
        try:
            if secret in open(path, "rb").read():
                found.add("argv or environment of " + path)
        except OSError:
            pass
    for folder in ("/etc/acme", "/tmp", "/run", "/var/lib/seawall", "/var/lib/seawall/job"):
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue
        for entry in entries:
            try:
                mode = entry.stat(follow_symlinks=False).st_mode
                if entry.is_file() and secret in open(entry.path, "rb").read() and mode & 0o077:
                    found.add("%s with mode %o" % (entry.path, mode & 0o777))
            except OSError:
                pass
open("/run/watching", "w").close()
while not os.path.exists("/run/watched"):
    look()
print("\\n".join(sorted(found)) or "nothing seen")
"""


class Vault(Feature):
    """A feature with a secret, as databases and apps will have."""

    section: ClassVar[str] = "vault"
    room: ClassVar[Room] = "security"
    turn: int = 0

    def steps(self, config: Any, server: str) -> Iterator[Step]:
        content = f"PASSWORD={SECRET}\nTURN={self.turn}\n"
        yield File(PATH, content, mode="0600", secret=True)


@pytest.fixture(scope="module")
def server(boot: Boot) -> LabServer:
    return boot("busy")


@pytest.fixture(scope="module")
def project(server: LabServer, projects: Callable[[], Project]) -> Project:
    return projects().describe(server, more=OPEN.format(port=80))


def test_two_applies_at_once(
    server: LabServer, project: Project, projects: Callable[[], Project]
) -> None:
    """The same one joins the first; another one is refused and told who is at it."""
    other = projects().describe(server, more=OPEN.format(port=81))
    first = project.start("apply", "--yes", "--json", USER="dana")
    wait_for_job(server)
    second = project.start("apply", "--yes", "--json")
    third = other.start("apply", "--yes")
    out, err = third.communicate(timeout=100)
    assert third.returncode == 1
    assert re.search(r"dana@\S+ has been applying something else for \d+ s", flat(out + err))
    assert first.wait(100) == second.wait(100) == 0
    joined = [json.loads(line) for line in second.communicate()[0].splitlines()]
    first.communicate()
    assert [event["owner"] for event in joined if event["type"] == "joined"]
    assert project.json("plan")["servers"][0]["changes"] == []


def flat(text: str) -> str:
    return " ".join(text.split())


def wait_for_job(server: LabServer) -> None:
    for _ in range(400):
        if lab.shell(server.name, "test -e /var/lib/seawall/job/owner.json").returncode == 0:
            return
        time.sleep(0.05)
    raise AssertionError("the work never began")


def test_what_was_shown_is_what_is_done(server: LabServer, project: Project) -> None:
    config = configuration.load(project.describe(server, more=OPEN.format(port=82)).folder / FILE)
    [shown] = engine.plan(config, [server.name])
    on(server, "echo '# behind your back' >> /etc/modprobe.d/seawall.conf")
    [done] = engine.apply(
        config, [server.name], expect={server.name: shown.hash}, on_event=lambda event: None
    )
    assert isinstance(done.error, PlanChanged)
    more = set(done.error.after.changes) - set(shown.changes)
    assert [change.what for change in more] == ["/etc/modprobe.d/seawall.conf"]
    assert "82" not in on(server, "cat /etc/nftables.conf")


FILE = "seawall.yml"


def test_a_plan_that_moved_is_shown_and_asked_about_again(
    server: LabServer, project: Project
) -> None:
    project.describe(server, more=OPEN.format(port=83))
    on(server, "sed -i '/behind/d' /etc/modprobe.d/seawall.conf")
    child = pexpect.spawn(
        sys.executable,
        ["-m", "seawall", "apply"],
        cwd=str(project.folder),
        encoding="utf-8",
        timeout=60,
        dimensions=(40, 80),
    )
    child.expect("Go ahead")
    on(server, "echo '# behind your back' >> /etc/modprobe.d/seawall.conf")
    child.sendline("y")
    child.expect("/etc/modprobe.d/seawall.conf")
    child.expect("Go ahead")
    child.sendline("n")
    child.expect("Nothing was changed")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1
    assert "83" not in on(server, "cat /etc/nftables.conf")


def test_one_server_that_fails_does_not_stop_the_other(
    server: LabServer, project: Project, boot: Boot
) -> None:
    other = boot("calm")
    project.describe(server, other, more=OPEN.format(port=84))
    on(server, "rm -f /etc/issue.net && mkdir -p /etc/issue.net/full")
    said = flat(project.run("apply", "--yes", code=1))
    on(server, "rm -r /etc/issue.net")
    assert "/etc/issue.net" in said and "calm: done in" in said
    plans = {each["name"]: each["changes"] for each in project.json("plan")["servers"]}
    assert plans["calm"] == [] and plans["busy"] != []
    project.run("apply", "--yes")


def test_no_secret_is_seen_while_it_is_applied(server: LabServer, project: Project) -> None:
    plain = configuration.load(project.describe(server).folder / FILE)
    project.run("apply", "--yes")
    told: list[Event] = []
    on(server, f"rm -f /run/watched /run/watching; cat > /run/watcher.py << 'END'\n{WATCHER}\nEND")
    on(server, "systemd-run --quiet --unit=watcher python3 /run/watcher.py")
    on(server, "for i in $(seq 100); do test -e /run/watching && break; sleep 0.1; done")
    for turn in range(8):
        config = replace(plain, features=(*plain.features, Vault(turn=turn)))
        [plan] = engine.plan(config, [server.name])
        assert [change.diff.split(",")[0] for change in plan.changes] == ["(secret"]
        [done] = engine.apply(config, [server.name], expect=None, on_event=told.append)
        assert done.error is None
        assert SECRET not in repr(done) + repr(plan)
    on(server, "touch /run/watched; while systemctl is-active -q watcher; do sleep 0.1; done")
    assert "nothing seen" in on(server, "journalctl -u watcher -o cat --no-pager")
    assert on(server, f"stat -c '%a %U' {PATH}") == "600 root"
    assert SECRET not in repr(told) + on(server, "journalctl --no-pager")
    leaks = f"grep -rlF {SECRET} /var/log /var/lib/seawall /run /tmp /home 2>/dev/null || true"
    assert on(server, leaks) == ""
