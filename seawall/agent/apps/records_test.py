"""Releases written down, forgotten and gone back to, in a folder of this machine."""

import os
from pathlib import Path

import pytest

from seawall.agent.apps import pruning, records, settling, traffic, units
from seawall.agent.apps.records import App, Release


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    monkeypatch.setattr(records, "APPS", str(tmp_path))
    made = App("web")
    for folder in (made.upstreams, made.secrets, f"{made.folder}/releases"):
        os.makedirs(folder)
    return made


def release(app: App, number: int, state: str, source: int = 0) -> Release:
    """One that is there with its code, unless it uses another one's."""
    if not source:
        os.makedirs(app.code(number))
        Path(app.code(number), "code").write_text("x" * 1000)
    for place in (app.environment, app.starter, app.declared):
        Path(place(number)).write_text("")
    made = app.note(Release(number, source or number, state))
    if state == "serving":
        app.serve(made)
    return made


def code(app: App) -> list[int]:
    names = os.listdir(f"{app.folder}/releases")
    return sorted(int(name) for name in names if name.isdigit())


def numbers(app: App) -> list[int]:
    return [each.number for each in app.releases()]


def test_thirty_releases_take_the_room_of_those_that_are_kept(app: App) -> None:
    for number in range(1, 31):
        if serving := app.serving():
            app.note(serving, state="retired")
        release(app, number, "serving")
        pruning.prune(app, 5)
        assert len(code(app)) <= 5
    assert code(app) == numbers(app) == [26, 27, 28, 29, 30]
    assert len(os.listdir(app.secrets)) == 3 * 5


def test_failed_releases_do_not_push_good_ones_out(app: App) -> None:
    release(app, 1, "retired")
    release(app, 2, "serving")
    for number in range(3, 13):
        release(app, number, "failed")
        pruning.prune(app, 2)
        assert code(app) == [1, 2]
    assert numbers(app) == [1, 2, 12], "the newest is remembered: its number is not given again"


def test_the_one_to_go_back_to_stays(app: App) -> None:
    for number in range(1, 8):
        release(app, number, "serving" if number == 3 else "retired")
    pruning.prune(app, 2)
    assert 3 in code(app)
    assert {3, 7} <= set(numbers(app))


def test_before_the_serving_one_there_is_one_to_go_back_to(app: App) -> None:
    """After going back, what is older than the serving one is what one would go back to next."""
    for number in range(1, 8):
        release(app, number, "serving" if number == 3 else "retired")
    pruning.prune(app, 2)
    assert 2 in code(app)


def test_code_that_a_kept_release_uses_stays(app: App) -> None:
    release(app, 1, "retired")
    for number in range(2, 9):
        release(app, number, "serving" if number == 8 else "retired", source=1)
    pruning.prune(app, 2)
    assert code(app) == [1]


def test_only_what_we_made_is_taken(app: App) -> None:
    release(app, 1, "serving")
    for name in ("notes.txt", "backup", "9.half", "12"):
        os.makedirs(f"{app.folder}/releases/{name}")
    pruning.prune(app, 2)
    assert sorted(os.listdir(f"{app.folder}/releases")) == ["1", "1.json", "backup", "notes.txt"]


def test_slots_without_an_instance_lead_to_those_that_have_one(app: App) -> None:
    def ports() -> list[str]:
        return [Path(app.upstream(slot)).read_text() for slot in range(1, 8)]

    traffic.switch(app, Release(1, 1, ports=(20000, 20001, 20002)))
    assert ports() == ["20000", "20001", "20002", "20000", "20001", "20002", "20000"]
    traffic.switch(app, Release(2, 2, ports=(20003,)))
    assert set(ports()) == {"20003"}
    traffic.switch(app, Release(3, 3, ports=(20000, 20001)))
    assert ports()[:4] == ["20000", "20001", "20000", "20001"]
    assert len(os.listdir(app.upstreams)) == traffic.SLOTS


def test_a_worker_has_no_slots(app: App) -> None:
    traffic.switch(app, Release(1, 1, ports=(0, 0)))
    assert os.listdir(app.upstreams) == []
    assert app.units(Release(1, 1, ports=(0, 0))) == [
        "app-web-1-1.service",
        "app-web-1-2.service",
    ]


@pytest.mark.parametrize("state", ["building", "starting", "serving"])
def test_what_was_interrupted_is_seen_in_the_records(app: App, state: str) -> None:
    release(app, 1, "serving")
    assert not settling.is_unsettled(app)
    app.note(Release(2, 2, state))
    assert settling.is_unsettled(app)


@pytest.mark.parametrize(
    "command, first",
    [
        ("gunicorn app:app --bind 127.0.0.1:$PORT", "exec gunicorn app:app --bind 127.0.0.1:$PORT"),
        ("A=1 B='x y' node server.js", "exec env A=1 B='x y' node server.js"),
        ("python3 -c 'a; b & c'", "exec python3 -c 'a; b & c'"),
        ("node --port=${PORT}", "exec node --port=${PORT}"),
        ("cd web && npm start", "cd web && npm start"),
        ("exec ./run", "exec ./run"),
        ("worker | logger", "worker | logger"),
    ],
)
def test_one_program_takes_the_place_of_the_shell(command: str, first: str) -> None:
    assert units.starter(command).splitlines()[-1] == first
