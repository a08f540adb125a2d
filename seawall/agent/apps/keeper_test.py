"""What a keeper gives to an app and writes down about it."""

import contextlib
import os
import pwd
from pathlib import Path

import pytest

from seawall.agent.apps import keeper, kept_state, lines, reading, units
from seawall.agent.apps.records import App


@pytest.mark.parametrize("value", ["plain", 'a "b" c', "$HOME `id`", "back\\slash\\", "", "ü = 1"])
def test_the_environment_comes_back_as_it_was_written(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = App("shop")
    app.user = pwd.getpwuid(os.getuid()).pw_name
    app.secrets = str(tmp_path)
    Path(app.environment(3)).write_text(units._line("KEY", value) + units._line("B", "2"))
    given = keeper.environment(app, 3)
    assert (given["KEY"], given["B"]) == (value, "2")


def test_lines_have_their_time_and_a_file_has_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "FOLDER", str(tmp_path))
    monkeypatch.setattr(lines, "LARGEST", 1000)
    lines.make_folder("shop")
    log = lines.Lines("app-shop-3-1.service")
    for number in range(100):
        log.write(b"line %d\n" % number)
    log.write(b"\xff not text")
    log.close()
    assert lines.last("app-shop-3-1.service", 2) == "line 99\n\ufffd not text"
    assert sorted(os.listdir(tmp_path / "shop")) == ["3-1.log", "3-1.log.1"]
    assert sum(path.stat().st_size for path in (tmp_path / "shop").iterdir()) < 2200
    times = [at for at, _ in lines.written(lines.path("app-shop-3-1"))]
    assert times == sorted(times)
    lines.forget("shop", 3)
    assert os.listdir(tmp_path / "shop") == []


def test_only_what_was_asked_for_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lines, "FOLDER", str(tmp_path))
    lines.make_folder("shop")
    for unit in ("app-shop-3-1", "app-shop-31-1", "app-shop-4-2"):
        with contextlib.closing(lines.Lines(unit)) as log:
            log.write(f"Error of {unit}".encode())
    asked = '{"since": "1970-01-01", "grep": "error", "release": 3, "last": 5, "words": []}'
    assert reading.show("shop", asked) == 0
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert '"UNIT": "app-shop-3-1.service"' in said
    assert reading.show("shop", asked.replace('"last": 5', '"last": 0')) == 0
    assert capsys.readouterr().out == ""


def test_a_keeper_is_one_that_holds_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_state, "FOLDER", str(tmp_path))
    unit = "app-shop-3-1.service"
    kept_state.write(unit, {"kind": "cron", "keeper": os.getpid(), "child": 1, "count": 0})
    assert not kept_state.lives(unit)  # whoever wrote it is gone
    assert kept_state.known("shop", "cron") == [unit]
    assert kept_state.known("shop", "pm2") == kept_state.known("sho", "cron") == []
    kept_state.forget(unit)
    assert kept_state.read(unit) == {}
