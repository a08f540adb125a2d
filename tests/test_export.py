"""What `seawall export units` writes: all kinds, no secret, and nothing over files of yours."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KINDS = ("systemd", "sysv", "cron", "supervisor", "pm2")
FIRST = {
    "systemd": "etc/systemd/system/app-systemd-1-1.service",
    "sysv": "etc/init.d/app-sysv-1-1",
    "cron": "etc/cron.d/app-cron-1-1",
    "supervisor": "etc/supervisor/conf.d/app-supervisor-1-1.conf",
    "pm2": "var/lib/app-pm2/apps/app-pm2-1-1.json",
}
APP = """\
  {kind}:
    process: python3 app.py
    supervisor: {kind}
    domain: {kind}.example
    instances: 2
    env: {{ COLOUR: violet }}
    secrets: [TOKEN]
    basic_auth: {{ team: PASSWORD }}
"""


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """A project with an app of each kind, and a container."""
    apps = "".join(APP.format(kind=kind) for kind in KINDS)
    apps += "  box: { image: acme/box }\n"
    text = f"project: acme\nservers:\n  web1: {{ host: web1.example }}\napps:\n{apps}"
    (tmp_path / "seawall.yml").write_text(text)
    return tmp_path


def export(acme: Path, *words: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        [sys.executable, "-m", "seawall", "export", "units", "out", *words],
        cwd=acme,
        env=os.environ | {"TOKEN": "s3cret-token", "PASSWORD": "s3cret-password"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


def contents(acme: Path) -> dict[str, bytes]:
    out = acme / "out"
    files = (path for path in out.rglob("*") if path.is_file())
    return {str(path.relative_to(out)): path.read_bytes() for path in files}


def test_every_instance_and_the_proxy_are_written_and_no_secret(acme: Path) -> None:
    said = export(acme)
    assert "box is a container" in said.stderr
    seen = contents(acme)
    for kind, first in FIRST.items():
        second = first.replace("1-1", "1-2")
        assert f"app-{kind}-1-1".encode() in seen[f"web1/{first}"] or kind == "systemd"
        assert seen[f"web1/{second}"] != seen[f"web1/{first}"]
        assert f"{kind}.example".encode() in seen["web1/etc/caddy/seawall.json"]
    for name, content in seen.items():
        assert b"s3cret" not in content, name
        assert b"violet" not in content, name


def test_a_second_export_changes_nothing(acme: Path) -> None:
    export(acme)
    first = contents(acme)
    told = json.loads(export(acme, "--json").stdout)
    assert told["changed"] == []
    assert contents(acme) == first


def test_what_is_no_more_goes_and_what_is_new_comes(acme: Path) -> None:
    export(acme)
    file = acme / "seawall.yml"
    file.write_text(file.read_text().replace("  cron:", "  nightly:"))
    export(acme)
    names = contents(acme)
    assert "web1/etc/cron.d/app-nightly-1-1" in names
    assert "web1/etc/cron.d/app-cron-1-1" not in names


def test_a_file_that_was_changed_or_is_somebody_elses_stays(acme: Path) -> None:
    place = acme / "out/web1" / FIRST["sysv"]
    place.parent.mkdir(parents=True)
    place.write_text("mine\n")
    assert "was not written by an export" in export(acme, code=1).stderr.replace("\n  ", " ")
    assert list(contents(acme)) == [f"web1/{FIRST['sysv']}"]
    place.unlink()
    export(acme)
    place.write_text("changed\n")
    assert "was changed since" in export(acme, code=1).stderr.replace("\n  ", " ")
    assert place.read_text() == "changed\n"


def test_init_scripts_and_cron_lines_are_what_their_readers_take(acme: Path) -> None:
    export(acme)
    script = acme / "out/web1" / FIRST["sysv"]
    subprocess.run(["sh", "-n", script], check=True)
    wrong = subprocess.run(["sh", script, "fly"], capture_output=True, check=False)
    assert wrong.returncode == 2
    lines = (acme / "out/web1" / FIRST["cron"]).read_text().splitlines()
    assert [line.split(" root ")[0] for line in lines[1:]] == ["@reboot", "* * * * *"]
    program = json.loads((acme / "out/web1" / FIRST["pm2"]).read_text())["apps"][0]
    assert program["name"] == "app-pm2-1-1"
