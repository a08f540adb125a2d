"""What the telling watches itself: other servers, their sites, the watcher outside, its monitor."""

import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sinks import Posts, web_server

from seawall.agent.telling import beat, outbox, peers, state
from seawall.agent.telling.declared import Channel, Declared, Peer

NOBODY = 9
"""A port where nobody listens."""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in (outbox, state):
        monkeypatch.setattr(module, "STATE", str(tmp_path))
    monkeypatch.setattr(outbox, "FOLDER", str(tmp_path / "outbox"))
    monkeypatch.setattr(state, "FOLDER", str(tmp_path / "telling"))
    monkeypatch.setattr(beat, "ALIVE", str(tmp_path / "alive"))
    monkeypatch.setattr(peers, "EVERY", 0)
    monkeypatch.setattr(peers, "SECONDS", 0.2)
    return tmp_path


@pytest.fixture
def door() -> Iterator[socket.socket]:
    """A port that answers."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found


def told(
    *others: Peer, order: tuple[str, ...] = ("web1", "web2", "web3"), **more: object
) -> Declared:
    return Declared("acme", "web1", (), peers=others, order=order, **more)  # type: ignore[arg-type]


def alive(door: socket.socket, name: str = "web2") -> Peer:
    return Peer(name, "127.0.0.1", (door.getsockname()[1],))


def silent(name: str = "web2") -> Peer:
    """One that answers nowhere."""
    return Peer(name, "127.0.0.1", ())


def titles() -> list[str]:
    return [each.title for each in outbox.waiting()]


def looks(found: Declared, times: int) -> None:
    for _ in range(times):
        peers.look(found)


def test_a_server_that_falls_silent_is_told_once_and_its_return_once(
    here: Path, door: socket.socket
) -> None:
    looks(told(alive(door)), 1)
    looks(told(silent()), peers.SILENT - 1)
    assert titles() == []
    looks(told(silent()), 5)
    assert titles() == ["web2 does not answer, says web1"]
    looks(told(alive(door)), 1)
    assert len(titles()) == 1  # once is not yet well
    looks(told(alive(door)), 4)
    assert titles() == ["web2 does not answer, says web1", "web2 answers again, says web1"]


def test_one_that_was_never_seen_is_not_called_dead(here: Path) -> None:
    looks(told(silent()), 10)
    assert titles() == []
    assert state.load("peers")["web2"]["error"]


def test_a_blip_is_no_news(here: Path, door: socket.socket) -> None:
    for _ in range(5):
        looks(told(alive(door)), 1)
        looks(told(silent()), peers.SILENT - 1)
    assert titles() == []


def test_a_closed_port_is_an_answer(here: Path) -> None:
    assert peers.answers(Peer("web2", "127.0.0.1", (NOBODY,))) == ""


def test_only_the_first_of_those_that_are_alive_tells(here: Path, door: socket.socket) -> None:
    third = ("web0", "web1", "web2")
    looks(told(alive(door, "web0"), alive(door), order=third), 1)
    looks(told(alive(door, "web0"), silent(), order=third), 9)
    assert titles() == []  # web0 does it
    looks(told(silent("web0"), silent(), order=third), 9)
    assert len(titles()) == 2


def test_whoever_is_cut_off_itself_blames_nobody(here: Path, door: socket.socket) -> None:
    nowhere = Channel("hook", "webhook", "info", {}, {"url": f"https://127.0.0.1:{NOBODY}/x"})
    cut = Declared("acme", "web1", (nowhere,), peers=(silent(),), order=("web1", "web2"))
    looks(told(alive(door)), 1)
    looks(cut, 9)
    assert titles() == []


def test_a_site_that_fails_from_elsewhere_is_told_unless_its_server_is_silent(
    here: Path, door: socket.socket
) -> None:
    there = alive(door)
    with_site = Peer(there.name, there.address, there.ports, ("acme.example",))
    looks(told(with_site), peers.DOWN + 2)  # nobody speaks TLS on 443 here
    assert titles() == ["acme.example on web2 does not answer, says web1"]
    gone = Peer("web2", "127.0.0.1", (), ("acme.example",))
    looks(told(gone), peers.SILENT + 2)
    assert len(titles()) == 2


@pytest.fixture
def web() -> Iterator[Posts]:
    with web_server() as posts:
        yield posts


def test_the_watcher_outside_is_asked_when_it_is_time(
    here: Path, web: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = told(heartbeat=f"{web.url}/beat", beat=300)
    for _ in range(3):
        beat.beat(found)
    assert web.paths == ["/beat"]
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 290)
    beat.beat(found)
    assert len(web.paths) == 2
    monkeypatch.setattr(time, "time", lambda: now - 86400)  # the clock was put back
    beat.beat(found)
    assert len(web.paths) == 3


def test_a_watcher_that_cannot_be_reached_is_told_without_its_address(
    here: Path, web: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.usual = (404, "no such check: 8e1f1c9a", {})
    found = told(heartbeat=f"{web.url}/8e1f1c9a", beat=300)
    now = time.time()
    for minute in range(4):
        monkeypatch.setattr(time, "time", lambda at=now + 60 * minute: at)
        beat.beat(found)
    assert titles() == ["the watcher outside cannot be reached"]
    kept = "".join(path.read_text() for path in here.rglob("*.json"))
    assert "HTTP 404" in kept and "8e1f1c9a" not in kept


def test_a_monitor_that_stopped_stops_the_heartbeat_and_is_told(
    here: Path, web: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = told(heartbeat=f"{web.url}/beat", beat=300)
    Path(beat.ALIVE).touch()
    old = time.time() - 2 * beat.STOPPED
    os.utime(beat.ALIVE, (old, old))
    monkeypatch.setattr(beat, "_up", lambda: 10.0)
    assert beat.stopped() == ""  # the server has only begun to run
    now = time.time()
    monkeypatch.setattr(beat, "_up", lambda: 90_000.0)
    for minute in range(3):
        monkeypatch.setattr(time, "time", lambda at=now + 60 * minute: at)
        beat.beat(found)
        beat.monitor(found)
    assert web.paths == []
    assert titles() == ["nothing is watched here any more"]
    [put] = outbox.waiting()
    assert put.cause[0].startswith("the monitor has not looked for 1") and put.kind == "told"
    assert json.loads((here / "telling/heartbeat.json").read_text())["error"]
