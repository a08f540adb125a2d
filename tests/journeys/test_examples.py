"""The examples run as they stand: Node, PHP, and several apps on one domain, on one server.

Those for a process, a container and a static site run in the tests of these.
"""

import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from apps.site import Site, site
from conftest import Boot, Project, on

pytestmark = [pytest.mark.machine, pytest.mark.journey]
EXAMPLES = Path(__file__).parents[2] / "examples" / "apps"
NAMES = ("node", "php", "several")


@pytest.fixture(scope="module")
def samples(boot: Boot, projects: Callable[[], Project]) -> dict[str, Site]:
    """Each in a repository of its own; one server that knows all of them."""
    server = boot("samples")
    made = {name: site(server, projects(), EXAMPLES / name) for name in NAMES}
    told = [(made[name].folder / "seawall.yml").read_text() for name in NAMES]
    apps = "".join(text.split("\napps:\n")[1] for text in told)
    apps = re.sub(r"(    domain: .*)\.com\n", r"\1\n    certificate: internal\n", apps)
    for each in made.values():
        each.project.describe(server, more=f"apps:\n{apps}")
        each.commit()
    made["php"].project.run("apply", "--yes")
    return made


def post(made: Site, app: str, path: str, *words: str) -> str:
    """What a visitor who sends something gets."""
    find = f"{app}.example:443:{made.server.address}"
    curl = ["curl", "-sk", "--max-time", "10", "--resolve", find, "-X", "POST", *words]
    done = subprocess.run([*curl, f"https://{app}.example{path}"], capture_output=True, text=True)
    return done.stdout


def test_node_keeps_its_votes(samples: dict[str, Site]) -> None:
    polls = samples["node"]
    polls.deploy("polls")
    assert json.loads(post(polls, "polls", "/vote/tea")) == {"tea": 1}
    polls.commit().deploy("polls")
    assert json.loads(polls.get("polls")) == {"question": "Tea or coffee?", "votes": {"tea": 1}}
    polls.whole("polls")


def test_php_keeps_its_notes_and_gives_nothing_else_out(samples: dict[str, Site]) -> None:
    notes = samples["php"]
    (notes.folder / "public/.env").write_text("SECRET=a\n")
    (notes.folder / "public/info.php").write_text("<?php echo json_encode($_SERVER);")
    (notes.folder / "public/broken.php").write_text("<?php error_log('it broke'); nothing();")
    notes.commit().deploy("notes")
    post(notes, "notes", "/", "-d", "note=<b>milk</b>")
    notes.commit().deploy("notes")
    assert "<li>&lt;b&gt;milk&lt;/b&gt;</li>" in notes.get("notes")
    assert "system-ui" in notes.get("notes", "/style.css")
    assert notes.get("notes", "/nowhere") == "not here"
    for hidden in ("/.env", "/../seawall.yml", "/index.php/../.env"):
        assert "SECRET" not in notes.get("notes", hidden)
        assert "project:" not in notes.get("notes", hidden)
    told = json.loads(notes.get("notes", "/info.php?a=1"))
    assert (told["HTTPS"], told["QUERY_STRING"], told["HTTP_HOST"]) == (
        "on",
        "a=1",
        "notes.example",
    )
    assert told["REMOTE_ADDR"] != "127.0.0.1"
    notes.get("notes", "/broken.php")
    assert "it broke" in notes.project.run("logs", "notes")
    notes.whole("notes")


def test_nobody_else_reaches_the_workers_of_php(samples: dict[str, Site]) -> None:
    notes = samples["php"]
    unit = notes.unit("notes").removesuffix(".service")
    assert on(notes.server, f"stat -c %a:%U /run/{unit}") == "700:app-notes"
    listening = on(notes.server, "ss -ltnHp | grep php || true")
    assert listening == ""
    reads = f"runuser -u app-polls -- ls /run/{unit} 2>&1 || true"
    assert "denied" in on(notes.server, reads)


def test_php_is_back_after_its_workers_or_its_front_are_killed(samples: dict[str, Site]) -> None:
    notes = samples["php"]
    for program in ("php-fpm: master", "caddy run --config /run/app-notes"):
        on(notes.server, f"pkill -9 -o -f '^[^ ]*{program}'")
        until = time.monotonic() + 10
        while "milk" not in notes.get("notes") and time.monotonic() < until:
            time.sleep(0.1)
        assert "milk" in notes.get("notes")


def test_a_page_and_its_api_share_a_domain(samples: dict[str, Site]) -> None:
    clock = samples["several"]
    clock.deploy("page")
    clock.deploy("api")
    assert "server's time" in clock.get("clock")
    assert set(json.loads(clock.get("clock", "/api/time"))) == {"time"}
    assert json.loads(clock.get("clock", "/api/nothing")) == {"error": "not here"}
    clock.whole("api")
