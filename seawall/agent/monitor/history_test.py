"""Ninety days are kept, bounded and readable, whatever cuts or spoils the files."""

import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.agent.monitor import frames, history, kept, windows
from seawall.agent.monitor.history import History

NOW = 1_800_000_000.0
DAY = 86400.0


def _day(folder: Path, at: float, apart: float = 10.0, names: int = 3) -> None:
    """A whole day of numbers."""
    kept_open = History(str(folder))
    begin = at - at % DAY
    for look in range(int(DAY / apart)):
        values = {f"disk.used /{n}": float(look % 100) for n in range(names)}
        kept_open.synced = begin + look * apart
        kept_open.append(begin + look * apart, values)
    kept_open.close()


def test_what_is_written_is_read(tmp_path: Path) -> None:
    kept_open = History(str(tmp_path))
    for look in range(10):
        kept_open.append(NOW + 10 * look, {"cpu.busy": look, "disk.used /": 50.0})
    kept_open.append(NOW + 100, {"disk.used /": 51.0, "disk.used /new": 1.0})
    told = list(history.between(NOW + 50, NOW + 200, folder=str(tmp_path)))
    assert told[0] == (NOW + 50, {"cpu.busy": 5.0, "disk.used /": 50.0})
    assert told[-1] == (NOW + 100, {"disk.used /": 51.0, "disk.used /new": 1.0})


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2000), st.binary(max_size=40), st.booleans())
def test_damage_costs_only_what_it_hit(at: int, damage: bytes, cut: bool) -> None:
    whole = frames.named(["a"]) + b"".join(frames.valued(NOW + n, [float(n)]) for n in range(100))
    broken = whole[:at] if cut else whole[:at] + damage + whole[at + len(damage) :]
    told = list(frames.rows(broken + frames.named(["a"]) + frames.valued(NOW + 999, [1.0])))
    assert told[-1] == (NOW + 999, {"a": 1.0})
    assert {row[0] for row in told} <= {int(NOW) + n for n in (*range(100), 999)}
    if not cut:
        assert len(told) >= (100 - 4 if at > 16 else 1)


def test_a_power_cut_in_a_frame_is_followed_by_whole_ones(tmp_path: Path) -> None:
    first = History(str(tmp_path))
    first.append(NOW, {"cpu.busy": 1.0})
    first.append(NOW + 10, {"cpu.busy": 2.0})
    [file] = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-5])
    History(str(tmp_path)).append(NOW + 20, {"cpu.busy": 3.0})
    told = [row[1]["cpu.busy"] for row in history.between(NOW, NOW + 30, folder=str(tmp_path))]
    assert told == [1.0, 3.0]


def test_old_days_are_thinned_then_dropped_and_a_question_is_answered(tmp_path: Path) -> None:
    folder = str(tmp_path)
    for back in (5, 1, 0):
        _day(tmp_path, NOW - back * DAY)
    before = history.size(folder)
    assert history.due(NOW, folder)
    history.thin(NOW, folder)
    assert not history.due(NOW, folder)
    assert history.size(folder) < before
    there = set(history.files(folder))
    assert ("raw", history.day(NOW - 5 * DAY)) not in there
    assert ("ten", history.day(NOW - 5 * DAY)) in there
    moment = NOW - 5 * DAY
    told = list(history.between(moment - 300, moment + 300, {"disk.used /1"}, folder))
    assert told and all(set(values) == {"disk.used /1"} for _, values in told)
    history.thin(NOW + 95 * DAY, folder)
    assert history.files(folder) == []


def test_ninety_days_are_asked_in_a_fifth_of_a_second_and_stay_bounded(tmp_path: Path) -> None:
    folder = str(tmp_path)
    names = [f"disk.used /{n}" for n in range(60)]
    for back in range(90):
        begin = NOW - NOW % DAY - back * DAY
        rows = [frames.valued(begin + 600 * n, [float(n)] * 60) for n in range(144)]
        content = frames.named(names) + b"".join(rows)
        (tmp_path / f"ten-{history.day(begin)}").write_bytes(content)
    assert history.size(folder) < 5e6
    seconds = []
    for _ in range(3):
        began = time.process_time()
        told = list(history.between(NOW - 90 * DAY, NOW, {"disk.used /7"}, folder))
        seconds.append(time.process_time() - began)
    assert len(told) > 12000 and min(seconds) < 0.2


def test_too_much_goes_finest_and_oldest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "BOUND", 3000)
    for back in range(5):
        for kind in ("raw", "minute", "ten"):
            (tmp_path / f"{kind}-{history.day(NOW - back * DAY)}").write_bytes(b"x" * 500)
    history.thin(NOW, str(tmp_path))
    assert history.size(str(tmp_path)) <= 3000
    assert ("raw", history.day(NOW)) in history.files(str(tmp_path))
    assert ("ten", history.day(NOW - 2 * DAY)) in history.files(str(tmp_path))


def test_a_clock_that_was_years_ahead_leaves_no_trap(tmp_path: Path) -> None:
    ahead = History(str(tmp_path))
    for at in (NOW, NOW + 3e8, NOW + 20, -5.0, 1e18):
        ahead.append(at, {"cpu.busy": 1.0})
    told = list(history.between(NOW - 60, NOW + 60, folder=str(tmp_path)))
    assert len(told) == 2


def test_what_is_remembered_survives_or_is_put_aside(tmp_path: Path) -> None:
    path = str(tmp_path / "state.json")
    kept.save(path, {"a": 1})
    assert kept.load(path) == {"a": 1}
    chance = random.Random(3)
    for _ in range(20):
        Path(path).write_bytes(chance.randbytes(50))
        assert kept.load(path) == {} and kept.load(path) == {}
    assert (tmp_path / "state.json.unreadable").exists()


def test_a_window_is_open_while_its_owner_works(tmp_path: Path) -> None:
    folder = str(tmp_path)
    with windows.under_way("deploy-web", "a deploy of web", folder):
        assert windows.calm(time.time(), folder) == "a deploy of web"
    assert windows.calm(time.time() + 30, folder) == "a deploy of web"
    assert windows.calm(time.time() + 90, folder) in ("", "packages are being installed")
    (tmp_path / "x.json").write_text("{")
    assert windows.calm(time.time() + 90, folder) in ("", "packages are being installed")


def test_a_window_of_one_that_was_killed_closes(tmp_path: Path) -> None:
    dead = '{"why": "x", "pid": 999999999, "began": 5, "ended": 0, "at": %d}' % time.time()
    (tmp_path / "deploy.json").write_text(dead)
    assert windows.calm(time.time() + 5, str(tmp_path)) == "x"  # things may still settle
    assert windows.calm(time.time() + 90, str(tmp_path)) in ("", "packages are being installed")
