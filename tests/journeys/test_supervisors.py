"""Five apps under five supervisors on one server: each comes back, whatever happens to it."""

import json
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from apps.load import Load
from apps.site import Site, site
from conftest import Boot, Project, on

from seawall import lab

pytestmark = [pytest.mark.machine, pytest.mark.journey]
KINDS = ("systemd", "sysv", "cron", "supervisor", "pm2")
KEPT = KINDS[1:]
MOVED = {
    "systemd": "cron",
    "sysv": "pm2",
    "cron": "supervisor",
    "supervisor": "systemd",
    "pm2": "sysv",
}
"""What each app changes to."""
SECRET = 'tulip "$HOME` \\ tulip'
CRASH = "/srv/shop/crash"
"""While it is there, the sample ends as soon as it starts."""
SEEN = """
import json, os, sys
sys.path.insert(0, "/usr/local/lib/app-watch/agent.pyz")
from seawall.agent.apps import supervisors
from seawall.agent.apps.records import App
app = App(sys.argv[1])
serving = app.serving()
mine = supervisors.of(serving)
pids = [pid for unit in app.units(serving) for pid in mine.programs(unit)]
status = open(f"/proc/{pids[0]}/status").read().split()
print(json.dumps({
    "there": {kind: found for kind in supervisors.KINDS
              if (found := supervisors.named(kind).there(app))},
    "lives": mine.lives(app.units(serving)),
    "users": sorted({os.stat(f"/proc/{pid}").st_uid for pid in pids}),
    "no_new_privileges": status[status.index("NoNewPrivs:") + 1],
}))
"""


def described(kind: str) -> str:
    return f"supervisor: {kind}\nuploads: [/srv/{kind}]\nsecrets: [TOKEN]"


@pytest.fixture(scope="module")
def five(boot: Boot, projects: Callable[[], Project]) -> Iterator[Site]:
    """A server with an app under each supervisor."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKEN", SECRET)
        made = site(boot("kinds"), projects())
        made.describe(drain=1, **{kind: described(kind) for kind in KINDS}).commit()
        said = made.project.run("apply", "--yes")
        assert "sysv: sysv cannot give ProtectSystem" in said
        made.deploy()
        yield made


def wait(true: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def all_serve(five: Site, seconds: float = 45) -> None:
    wait(lambda: all(five.get(kind) == str(five.version) for kind in KINDS), seconds)


def whole(five: Site, app: str, kind: str) -> None:
    """One release of it is there, under this supervisor alone, as the app's own user."""
    seen = json.loads(on(five.server, f"python3 - {app} <<'END'\n{SEEN}\nEND"))
    assert seen["there"] == {kind: [five.unit(app)]}
    assert seen["lives"]
    assert seen["users"] == [int(on(five.server, f"id -u app-{app}"))]
    assert seen["no_new_privileges"] == "1"


@pytest.mark.parametrize("kind", KINDS)
def test_each_runs_as_its_own_user_and_its_secret_reaches_it_alone(five: Site, kind: str) -> None:
    whole(five, kind, kind)
    assert five.get(kind, "/env/TOKEN") == SECRET
    places = (
        "/etc/init.d /etc/cron.d /etc/supervisor /etc/systemd /var/log /run/apps /var/lib/app-pm2"
    )
    find = f"grep -rl --exclude-dir=journal '[t]ulip' {places} /proc/[0-9]*/cmdline"
    assert on(five.server, f"{find} 2>/dev/null | grep -v /self/ || true") == ""
    assert on(
        five.server, f"setpriv --reuid app-{kind} --clear-groups ls /var/lib/app-pm2 2>&1 || true"
    ).endswith("denied")


@pytest.mark.parametrize("kind", KINDS)
def test_each_is_back_after_a_kill(five: Site, kind: str) -> None:
    took = [five.kill(kind) for _ in range(3)]
    sys.stdout.write(f"{kind}: back after {took} ms\n")
    assert statistics.median(took) <= (4000 if kind == "supervisor" else 2000)


def test_a_crash_loop_is_told_for_each_and_never_given_up(five: Site) -> None:
    on(five.server, f"mkdir -p /srv/shop; touch {CRASH}")
    for kind in KINDS:
        on(five.server, kill_script(five, kind))
    wait(lambda: all(each["crashes"]["count"] >= 7 for each in told(five)), 40)
    said, seen = five.project.run("releases"), told(five)
    on(five.server, f"rm {CRASH}")
    for each in seen:
        assert any("no database, says version" in line for line in each["crashes"]["lines"]), each
    assert len(re.findall(r"ended by itself \d+ times,\s+it last wrote", said)) == len(KINDS)
    all_serve(five)


def kill_script(five: Site, kind: str) -> str:
    port = on(five.server, f"cat /srv/apps/{kind}/upstreams/1")
    return f"ss -ltnHp 'sport = :{port}' | grep -o 'pid=[0-9]*' | cut -d= -f2 | xargs -r kill -9"


def told(five: Site) -> list[dict]:
    return five.project.json("releases")["releases"]


@pytest.mark.parametrize("kind", KEPT)
def test_its_lines_are_found_without_a_journal(five: Site, kind: str) -> None:
    lines = five.project.run("logs", kind, "--grep", "^version")
    assert f"version {five.version} starts" in lines
    assert "no database" in five.project.run("logs", kind, "--since", "1h", "--release", "1")


@pytest.mark.parametrize("kind", KEPT)
def test_a_killed_keeper_takes_the_app_along_and_both_are_back(five: Site, kind: str) -> None:
    state = f"/run/apps/app-{kind}-{five.serving(kind)}-1.json"
    keeper = on(
        five.server, f'python3 -c \'import json; print(json.load(open("{state}"))["keeper"])\''
    )
    on(five.server, f"kill -9 {keeper}")
    wait(lambda: five.get(kind) == str(five.version), 20)
    whole(five, kind, kind)


def test_a_check_finds_only_the_loop_and_says_what_is_less_safe(five: Site) -> None:
    verdict = five.project.json("check", "--only", "apps", "--only", "restarts", code=None)
    ids = {each["id"] for each in verdict["findings"]}
    assert ids <= {"apps.crash-loop", "restarts.no-crash-loop"}, verdict["findings"]
    assert "pm2: pm2 cannot give ProtectSystem" in " ".join(verdict["not_checked"])


def test_a_reboot_brings_all_back(five: Site) -> None:
    lab.reboot(five.server.name)
    all_serve(five)


def test_a_change_of_supervisor_and_a_rollback_drop_nothing(five: Site, tmp_path: Path) -> None:
    """Every release comes up under another supervisor, beside the old one under its own."""
    loads = {kind: Load(f"{kind}.example", five.server.address, tmp_path / kind) for kind in MOVED}
    for kind, load in loads.items():
        (tmp_path / kind).mkdir()
        load.start("light")
    five.describe(drain=1, **{app: described(MOVED[app]) for app in KINDS}).commit().deploy()
    for app in KINDS:
        whole(five, app, MOVED[app])
    five.project.run("rollback", "cron", "1", "--yes")
    assert five.get("cron") == str(five.version - 1)
    for kind, load in loads.items():
        seen = load.end()
        assert (seen.failures, seen.left_out) == ({}, 0), kind
    whole(five, "cron", MOVED["cron"])


@pytest.mark.parametrize("app", ["sysv", "cron"])
def test_a_release_that_dies_leaves_the_old_one(five: Site, app: str) -> None:
    dies = f"{described(MOVED[app])}\nenv: {{ BREAK: dies }}"
    said = five.describe(drain=1, **{app: dies}).commit().deploy(app, code=1)
    assert "no database, says version" in said
    whole(five, app, MOVED[app])


def test_a_power_cut_brings_all_back(five: Site) -> None:
    before = {app: five.get(app) for app in KINDS}
    lab.cut_power(five.server.name)
    lab.up(five.server.name)
    wait(lambda: {app: five.get(app) for app in KINDS} == before, 45)
    for app in KINDS:
        whole(five, app, MOVED[app])
