"""News become messages that say it all, once, however often they are put; and a monitor that cannot
write goes on and says so."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from seawall.agent.backups import declared, evidence, judging, states
from seawall.agent.monitor import causes, look_backups, news, windows
from seawall.agent.monitor.rules import RULES
from seawall.agent.monitor.run import STATE, Monitor
from seawall.agent.telling import outbox

NOW = 1_800_000_000.0
TOLD = {"server": "web1", "rules": {"disk-space": {"warning": 85.0}, "cpu": False}}
FIRE = {"kind": "fire", "rule": "disk-space", "subject": "/", "level": 1, "value": 91.0}
FIRE |= {"since": NOW - 60, "at": NOW, "flaps": False, "lines": ["why"]}


def test_a_message_says_where_what_since_when_and_what_to_do() -> None:
    told = news.message(FIRE, TOLD)
    assert told.title == "web1: / is 91 % full"
    assert (told.value, told.threshold, told.severity) == ("91 %", "85 %", "warning")
    assert (told.since, told.at, told.cause[0]) == (NOW - 60, NOW, "why")
    assert told.advice and told.command == "du -xh / | sort -h | tail -20"
    over = news.message({**FIRE, "kind": "resolve"}, TOLD)
    assert over.title == "web1: no longer: / is 91 % full"
    assert over.about == told.about and over.id != told.id


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.name))
def test_every_rule_makes_a_message(rule: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(causes, "KINDS", {})
    told = news.message({**FIRE, "rule": rule.name, "value": rule.warning, "level": 2}, TOLD)
    assert told.title.startswith("web1: ") and "{" not in told.title + told.command


def test_a_subject_is_one_word_of_a_command() -> None:
    told = news.message({**FIRE, "subject": "/srv/x; rm -rf /"}, TOLD)
    assert told.command == "du -xh '/srv/x; rm -rf /' | sort -h | tail -20"


def test_many_are_listed() -> None:
    members = [f"app{n}.service" for n in range(50)]
    group = {**FIRE, "rule": "unit-failed", "subject": "50 at once", "members": members}
    told = news.message({**group, "value": 50.0}, TOLD)
    assert told.title.startswith("web1: 50 at once (unit-failed): app0.service, app1.service")
    assert set(members[:30]) <= set(told.cause)


def test_what_was_put_is_not_put_again(tmp_path: Path) -> None:
    for _ in range(3):
        assert news.hand_over({"outgoing": [FIRE]}, str(tmp_path)) == 0
    assert len(outbox.names(f"{tmp_path}/outbox")) == 1


def test_what_cannot_be_put_stays(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("no folder")
    assert news.hand_over({"outgoing": [FIRE]}, str(tmp_path)) == 1


def _watch(folder: Path, declared: dict[str, Any]) -> Monitor:
    file = folder / "monitoring.json"
    file.write_text(json.dumps(declared))
    return Monitor(str(folder), str(file))


def test_a_monitor_without_room_goes_on_and_says_so(tmp_path: Path) -> None:
    watch = _watch(tmp_path, {})
    (tmp_path / "history").write_text("no folder")
    watch.once(NOW, 10.0)
    watch.once(NOW + 10, 10.0)
    assert "history" in watch.sampler.trouble
    assert watch.judge.states["monitor"]["history"]["held"][0] == 0.0
    (tmp_path / "history").unlink()
    watch.once(NOW + 20, 10.0)
    assert "history" not in watch.sampler.trouble


def test_news_leave_the_monitor_when_the_child_has_put_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The child is a real one that reads the file; killed in between, it is put again, once."""
    monkeypatch.setattr(windows, "booted", lambda: 1e9)
    watch = _watch(tmp_path, {"rules": {"disk-space": {"warning": 0.1, "critical": 0.2}}})
    watch.judge.rules = [rule for rule in watch.judge.rules if rule.name == "disk-space"]
    watch.judge.rules[0].beside, watch.judge.rules[0].seconds = None, 0.0
    watch.once(NOW, 10.0)
    assert watch.outgoing and json.loads((tmp_path / STATE).read_text())["outgoing"]
    wanted = len(watch.outgoing)
    code = "import sys; sys.path[:0] = {path}; from seawall.agent.monitor import kept, news;"
    code += " sys.exit(news.hand_over(kept.load('{folder}/judged.json'), '{folder}'))"
    words = [sys.executable, "-c", code.format(path=sys.path, folder=tmp_path)]
    monkeypatch.setattr(
        "seawall.agent.monitor.run.start",
        lambda module: os.posix_spawn(sys.executable, words, dict(os.environ)),
    )
    watch.hand_over()
    os.kill(watch.child, 9)
    deadline = time.monotonic() + 30
    while watch.outgoing and time.monotonic() < deadline:
        watch.hand_over()
        time.sleep(0.05)
    assert watch.outgoing == []
    assert len(outbox.names(f"{tmp_path}/outbox")) == wanted


class Data:
    """A server with one dataset, and what is remembered of it."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        told = {"project": "a", "server": "web1", "every": 3600, "prove": 604800, "keep": {}}
        told |= {"prunes": True, "datasets": [{"name": "main", "engine": "sqlite"}]}
        told["destinations"] = [{"name": "main", "repository": "/nowhere"}]
        places = {"DECLARED": told, "SECRETS": {"passphrase": "x"}}
        for name, content in places.items():
            (folder / name).write_text(json.dumps(content))
            patch.setattr(declared, name, str(folder / name))
        patch.setattr(look_backups, "DECLARED", str(folder / "DECLARED"))
        patch.setattr(states, "FILE", str(folder / "state.json"))
        patch.setattr(evidence, "FILE", str(folder / "evidence"))
        patch.setattr(evidence, "STATE", str(folder))
        patch.setattr(judging, "answers", lambda told: {"main": {"error": "not there"}})
        self.now = os.stat(folder / "DECLARED").st_mtime
        self.folder = folder

    def look(self, after: float = 0, **mine: Any) -> dict[str, Any]:
        (self.folder / "state.json").write_text(json.dumps({"main": {"main": mine}}))
        values, why = look_backups.look({}, self.now + after)
        return {name: numbers.get("main") for name, numbers in values.items()} | {"why": why}


def test_backups_that_are_old_fail_or_shrink(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Data(tmp_path, monkeypatch)
    assert data.look(7200)["backup.age"] == pytest.approx(
        2.0
    )  # never stored: since it was declared
    assert data.look(7200, stored=data.now + 3600)["backup.age"] == pytest.approx(1.0)
    failed = data.look(error={"problem": "no room", "output": "disk full\n"})
    assert failed["backup.failed"] == 1.0
    assert failed["why"]["backup.failed/main"] == ["no room", "disk full"]
    assert data.look(sizes=[100, 100, 120, 40])["backup.share"] == pytest.approx(40.0)
    assert data.look(sizes=[100])["backup.share"] is None


def test_proofs_that_are_old_or_did_not_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = Data(tmp_path, monkeypatch)
    assert data.look(10 * 86400)["backup.unproven"] == pytest.approx(10.0)
    held = {"what": "restore", "dataset": "main", "time": data.now + 9 * 86400, "ok": True}
    evidence.record(held)
    assert data.look(10 * 86400)["backup.unproven"] == pytest.approx(1.0)
    evidence.record({**held, "ok": False, "wrong": ["orders: 3 rows, and 5 before"]})
    told = data.look(10 * 86400)
    assert told["backup.wrong"] == 1.0
    assert told["why"]["backup.wrong/main"] == ["orders: 3 rows, and 5 before"]
    (tmp_path / "DECLARED").unlink()
    assert look_backups.look({}, data.now)[0]["backup.age"] == {}
