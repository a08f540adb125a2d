"""A database and uploads, from their declaration to a copy that is proven to come back.

One server, a real Postgres, a real S3 server on this machine. Whatever breaks in between must be
said, and never be taken for a copy.
"""

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from bucket import Bucket, backed
from conftest import Boot, Project, on

from seawall import config as configuration
from seawall import engine, lab
from seawall.features.stability.backups import backups_test
from seawall.features.stability.databases import databases_test
from seawall.kit import CheckResult
from seawall.lab.record import LabServer
from seawall.secrets import Store

pytestmark = pytest.mark.journey
MORE = """\
databases:
  main: {{ engine: postgres, server: data, assert: ["SELECT count(*) > 10 FROM users"] }}
apps:
  web:
    process: python3 -m http.server --bind 127.0.0.1 $PORT
    uses: [main]
    uploads: [/srv/uploads]
    domain: web.example
    certificate: internal
    health: /
backups:
  to:
    to: "{to}"
    secrets: {{ AWS_ACCESS_KEY_ID: BACKUP_ID, AWS_SECRET_ACCESS_KEY: BACKUP_KEY }}
  copies: [/srv/second]
"""
PSQL = "runuser -u postgres -- psql -XqAt -v ON_ERROR_STOP=1"


@dataclass
class Shop:
    """A server with data, and where its copies go."""

    server: LabServer
    project: Project
    bucket: Bucket
    said: str = ""
    """What `up` said."""

    def sql(self, question: str, database: str = "main") -> str:
        return on(self.server, f"cd /; {PSQL} -d {database} <<'END'\n{question}\nEND")

    def backup(self, *words: str, code: int = 0) -> list[dict[str, str]]:
        """Save or prove now; the events of the one server."""
        [server] = self.project.json("backup", *words, code=code)["servers"]
        events: list[dict[str, str]] = server["events"]
        return events

    def ask(self, check: str) -> CheckResult:
        loaded = configuration.load(self.project.folder / "seawall.yml")
        options = engine.CheckOptions(only=(check,))
        section = engine.check(loaded, ["data"], options=options).sections[-1]
        [result] = [each for each in section.results if each.check.id == check]
        return result


@pytest.fixture(scope="module")
def shop(
    boot: Boot, projects: Callable[[], Project], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    server = boot("data")
    project = projects()
    with backed(project, server, more=MORE, work=tmp_path_factory.mktemp) as storage:
        made = Shop(server, project, storage)
        committed(made.project.folder)
        on(server, "mkdir -p /srv/second")
        made.said = made.project.run("up", "--yes", code=None)
        # From here on only what a test asks for is saved.
        on(server, "systemctl stop seawall-backup.timer seawall-backup.service")
        made.sql((Path(__file__).parent / "data.sql").read_text())
        on(server, "cd /srv/uploads && echo hi > a && mkdir b && head -c 300000 /dev/urandom > b/c")
        made.backup("now")
        yield made
    lab.down(server.name)  # whoever uses this next begins with a bare one


def committed(folder: Path) -> None:
    """A repository with everything in it, as deploy wants it."""
    who = ["-c", "user.name=Dana", "-c", "user.email=dana@acme.example"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "Begin"]):
        subprocess.run(["git", *words], cwd=folder, check=True)


def test_up_declares_everything_and_deploys_what_uses_it(shop: Shop) -> None:
    assert "database main" in shop.said, shop.said
    told = shop.project.run("run", "web", "--", 'psql "$DATABASE_URL" -Atc "SELECT current_user"')
    assert told.strip().splitlines()[-1] == "main", told
    assert shop.project.json("plan")["servers"][0]["changes"] == [
        change
        for change in shop.project.json("plan")["servers"][0]["changes"]
        if change["what"] == "seawall-backup.timer"
    ]


def test_what_is_saved_is_stored_in_both_places_and_proven(shop: Shop) -> None:
    saved = shop.backup("now")
    assert [(one["type"], one["dataset"], one["to"]) for one in saved] == [
        ("saved", "main", "main"),
        ("saved", "web-uploads", "main"),
        ("saved", "main", "copy1"),
        ("saved", "web-uploads", "copy1"),
    ]
    proven = shop.backup("prove")
    assert [(one["type"], one["wrong"]) for one in proven] == [("proven", []), ("proven", [])]
    for check in ("fresh", "covered", "size", "elsewhere", "proven"):
        found = shop.ask(f"backups.{check}")
        assert found.state == "fine", (check, found)
    verdict = shop.project.json("check", "data", code=None)
    lost = r"If data died now: at most \d+ (s|min) of data lost, "
    back = r"back in about \d+ (s|min) \(measured\)\."
    assert re.fullmatch(lost + back, verdict["loss"]), verdict["loss"]


def test_it_comes_back_with_stock_tools(shop: Shop) -> None:
    """restic and pg_restore as the distribution has them, and nothing of ours."""
    passphrase = Store.open(configuration.load(shop.project.folder / "seawall.yml"))
    rows = on(
        shop.server,
        f"""
export AWS_ACCESS_KEY_ID={shop.bucket.key} AWS_SECRET_ACCESS_KEY={shop.bucket.secret}
export RESTIC_PASSWORD={passphrase.get("BACKUP_PASSPHRASE")}
export RESTIC_REPOSITORY={shop.bucket.to}/data
cd /; runuser -u postgres -- createdb again
restic dump --quiet --tag dataset=main latest /dump | runuser -u postgres -- pg_restore -d again
{PSQL} -d again -c 'SELECT count(*) FROM users'; runuser -u postgres -- dropdb again
""",
    )
    assert rows.splitlines()[-1] == "5000", rows


def test_a_run_that_is_killed_is_not_taken_for_done(shop: Shop) -> None:
    """Something is stored by then, and nobody is left who could say what is not."""
    said = "grep -qs saved /var/lib/seawall/backups/job/*.events"
    kill = (
        f"for i in $(seq 600); do {said} && pkill -KILL -f '[p]yz asked' && break; sleep 0.05; done"
    )
    on(shop.server, f"({kill}) >/dev/null 2>&1 &")
    [server] = shop.project.json("backup", "now", code=1)["servers"]
    assert server["events"] and not server["ok"], server
    assert "the work was killed" in server["error"]["problem"], server
    assert [one["type"] for one in shop.backup("now")] == ["saved"] * 4


SABOTAGES = {**backups_test.SABOTAGES, **databases_test.SABOTAGES}


HERE = [one for one, how in SABOTAGES.items() if how.journey.endswith("test_data.py")]


@pytest.mark.parametrize("check", [one for one in HERE if one != "backups.elsewhere"])
def test_a_sabotage_is_found_and_healed(shop: Shop, check: str) -> None:
    if shop.ask(check).state != "fine":  # what the tests before this one left
        shop.backup("now")
        shop.backup("prove")
    on(shop.server, SABOTAGES[check].break_it)
    red = shop.ask(check)
    if SABOTAGES[check].heal == "apply":
        shop.project.run("apply", "--yes")
        on(shop.server, "systemctl stop seawall-backup.timer seawall-backup.service")
    else:
        on(shop.server, SABOTAGES[check].heal)
    assert red.state == "found" and all(one.fix for one in red.findings), red
    assert shop.ask(check).state == "fine"


def test_copies_on_the_server_alone_are_found(shop: Shop) -> None:
    file = shop.project.folder / "seawall.yml"
    kept = file.read_text()
    file.write_text(kept[: kept.index("backups:")])
    try:
        assert shop.ask("backups.elsewhere").state == "found"
    finally:
        file.write_text(kept)
    assert shop.ask("backups.elsewhere").state == "fine"
