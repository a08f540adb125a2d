"""Delivery: nothing is lost and nothing is told twice, whatever is down, slow, killed or muted."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sinks import PASSWORD, USER, Mailbox, Posts, certificate, mail_server, web_server

from seawall.agent.telling import (
    book,
    declared,
    deliver,
    digest,
    health,
    mutes,
    outbox,
    state,
)
from seawall.agent.telling.message import Message, identity

SECRET = "T0K3N-in-the-address"
TURN = """\
import sys
from seawall.agent.telling import declared, outbox, state, tell
outbox.STATE = state.STATE = sys.argv[1]
outbox.FOLDER = sys.argv[1] + "/outbox"
state.FOLDER = sys.argv[1] + "/telling"
declared.FOLDER = sys.argv[1]
sys.exit(tell.run())
"""


class Here:
    """A server's folders, and what is declared for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.channels: list[dict[str, Any]] = []
        self.secrets: dict[str, dict[str, str]] = {}

    def add(self, kind: str, url: str, severity: str = "warning", name: str = "") -> None:
        """One more channel."""
        name = name or kind
        settings: dict[str, Any] = {"api": f"{url}/{name}"}
        told = {"name": name, "kind": kind, "severity": severity, "settings": settings}
        self.channels.append(told)
        self.secrets[name] = {"url": f"{url}/{name}/{SECRET}", "key": SECRET, "token": SECRET}
        self.write()

    def add_mail(self, port: int, password: str = PASSWORD) -> None:
        """A mail server, as `email`."""
        smtp = f"smtp://{USER}@127.0.0.1:{port}"
        settings = {"to": ["ops@acme.example"], "smtp": smtp}
        told = {"name": "email", "kind": "email", "severity": "info", "settings": settings}
        self.channels.append(told)
        self.secrets["email"] = {"password": password}
        self.write()

    def write(self) -> None:
        told = {"project": "acme", "server": "web1", "channels": self.channels}
        more = {"heartbeat": "", "beat": 300, "peers": [], "order": ["web1"]}
        (self.folder / "alerts.json").write_text(json.dumps({**told, **more}))
        (self.folder / "alerts.secrets.json").write_text(json.dumps(self.secrets))

    def turn(self) -> float | None:
        """One look at what waits."""
        told = declared.declared()
        assert told
        return deliver.deliver(told)

    def start(self) -> "subprocess.Popen[bytes]":
        """A turn in a program of its own, that can be killed."""
        return subprocess.Popen([sys.executable, "-c", TURN, str(self.folder)])

    def everything(self) -> str:
        """All that lies in the state folder, in one string."""
        kept = [*self.folder.rglob("telling/**/*.json*"), *self.folder.rglob("outbox/*")]
        return "".join(path.read_text() for path in kept)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    for module in (outbox, state):
        monkeypatch.setattr(module, "STATE", str(tmp_path))
    monkeypatch.setattr(outbox, "FOLDER", str(tmp_path / "outbox"))
    monkeypatch.setattr(state, "FOLDER", str(tmp_path / "telling"))
    monkeypatch.setattr(declared, "FOLDER", str(tmp_path))
    return Here(tmp_path)


@pytest.fixture
def web() -> Iterator[Posts]:
    with web_server() as posts:
        yield posts


@pytest.fixture
def mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    pem = certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with mail_server(pem=pem) as mailbox:
        yield mailbox


def message(kind: str = "fire", rule: str = "disk", **more: Any) -> Message:
    now = float(more.pop("at", time.time()))
    told: dict[str, Any] = {"severity": "warning", "subject": "/", **more}
    made = identity(kind, rule, told["subject"], now, told["severity"])
    return Message(
        made, kind, told["severity"], rule, told["subject"], "web1", f"{rule} {kind}", now - 60, now
    )


def titles(posts: Posts) -> list[str]:
    """What was posted, in order, with the channel's name: `one disk fire`."""
    return [
        f"{path.split('/')[1]} {each['title']}"
        for path, each in zip(posts.paths, posts.told, strict=True)
    ]


def test_a_message_reaches_every_channel_once_and_is_written_down(here: Here, web: Posts) -> None:
    for name in ("one", "two"):
        here.add("webhook", web.url, name=name)
    outbox.put(message())
    assert here.turn() is None
    assert sorted(titles(web)) == ["one disk fire", "two disk fire"]
    [told] = book.history()
    assert told["became"] == "sent" and {*told["receipts"]} == {"one", "two"}
    assert told["receipts"]["one"]["said"].startswith("HTTP 200")
    assert outbox.waiting() == [] and list((here.folder / "telling/sending").iterdir()) == []


def test_what_was_told_is_not_told_again(here: Here, web: Posts) -> None:
    here.add("webhook", web.url)
    once = message()
    for _ in range(3):
        outbox.put(once)
        here.turn()
    assert titles(web) == ["webhook disk fire"]


def test_severity_says_who_hears_of_it(here: Here, web: Posts) -> None:
    here.add("webhook", web.url, "critical", name="pager")
    here.add("webhook", web.url, "info", name="mail")
    outbox.put(message(severity="warning"))
    outbox.put(message(rule="cpu", severity="critical"))
    here.turn()
    assert sorted(titles(web)) == ["mail cpu fire", "mail disk fire", "pager cpu fire"]


def test_what_no_channel_is_meant_for_goes_to_the_first(here: Here, web: Posts) -> None:
    here.add("webhook", web.url, "critical", name="pager")
    outbox.put(message(severity="warning"))
    here.turn()
    assert titles(web) == ["pager disk fire"]


def test_what_is_not_urgent_waits_for_the_digest_and_the_end_of_what_was_does_not(
    here: Here, web: Posts
) -> None:
    here.add("webhook", web.url, "info")
    now = time.time()
    outbox.put(message(severity="info", at=now))
    outbox.put(message(rule="cpu", severity="critical", at=now + 1))
    here.turn()
    outbox.put(message("resolve", severity="info", at=now + 2))
    outbox.put(message("resolve", rule="cpu", severity="info", at=now + 3))
    here.turn()
    assert titles(web) == ["webhook cpu fire", "webhook cpu resolve"]
    assert sorted(each["became"] for each in book.history()) == ["digest", "digest", "sent", "sent"]
    assert book.opened() == []


def test_a_channel_that_fails_is_tried_later_and_in_order(
    here: Here, web: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.add("webhook", web.url)
    web.says = [503]
    outbox.put(message(at=time.time() - 2))
    outbox.put(message("resolve", at=time.time() - 1))
    wait = here.turn()
    assert wait and 0 < wait <= health.WAITS[0]
    assert titles(web) == ["webhook disk fire"]  # the resolve did not overtake it
    here.turn()
    assert len(web.paths) == 1  # and it is left alone meanwhile
    later(monkeypatch, health.WAITS[0] + 1)
    assert here.turn() is None
    assert titles(web)[1:] == ["webhook disk fire", "webhook disk resolve"]


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let this many seconds pass by the clock of the wall."""
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + seconds)


def test_the_other_side_may_say_when(here: Here, web: Posts) -> None:
    here.add("webhook", web.url)
    web.says = [(429, "", {"Retry-After": "25"})]
    outbox.put(message())
    wait = here.turn()
    assert wait and 20 < wait <= 25


def test_a_channel_that_is_down_is_replaced_and_that_is_told(
    here: Here, web: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.add("webhook", "http://127.0.0.1:1", "warning", name="first")
    here.add("webhook", web.url, "critical", name="second")
    outbox.put(message())
    here.turn()
    assert titles(web) == []
    later(monkeypatch, health.DOWN + 1)
    while here.turn() == 0:
        pass
    assert titles(web) == ["second disk fire", "second web1: alerts do not get through by first"]
    assert web.told[1]["cause"] == ["connection refused"]
    outbox.put(message(rule="cpu"))
    while here.turn() == 0:
        pass
    assert titles(web)[2:] == ["second cpu fire"]  # at once; and the news is told once


def test_a_channel_that_comes_back_gets_what_was_meant_for_it(
    here: Here, web: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.add("webhook", web.url, name="first")
    here.add("webhook", web.url, name="second")
    down = [503] * 50
    with web_server() as first:
        first.says = down
        here.secrets["first"]["url"] = f"{first.url}/first"
        here.write()
        outbox.put(message())
        here.turn()
        later(monkeypatch, health.DOWN + 1)
        while here.turn() == 0:
            pass
        assert [each["message"]["rule"] for each in book.opened()] == ["disk", "channel"]
        first.says = []
        later(monkeypatch, 3600)
        while here.turn() == 0:
            pass
        assert titles(first)[-2:] == ["first disk fire", "first web1: alerts get through by first"]
    assert [each["message"]["rule"] for each in book.opened()] == ["disk"]
    assert titles(web) == [
        "second disk fire",
        "second web1: alerts do not get through by first",
        "second web1: alerts get through by first",
    ]


def test_a_wrong_password_is_replaced_at_once(here: Here, web: Posts, mail: Mailbox) -> None:
    here.add_mail(mail.port, "a wrong password")
    here.add("webhook", web.url, "critical", name="second")
    outbox.put(message())
    while here.turn() == 0:
        pass
    assert "second disk fire" in titles(web) and len(web.paths) == 2
    assert "SMTP 535" in web.told[1]["cause"][0]
    assert "wrong password" not in here.everything()


def test_what_one_channel_does_not_like_holds_up_nothing(
    here: Here, web: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.add("webhook", web.url)
    web.says = [400] * deliver.LIKED
    outbox.put(message(at=time.time() - 5))
    outbox.put(message(rule="cpu"))
    for _ in range(deliver.LIKED + 1):
        here.turn()
        later(monkeypatch, 100)
    assert titles(web)[-1] == "webhook cpu fire"
    became = [each["became"] for each in book.history() if each["message"]["rule"] == "disk"]
    assert became == ["unsent"]


def test_no_secret_lies_in_what_is_kept(here: Here, web: Posts) -> None:
    for kind in ("slack", "discord", "pagerduty"):
        here.add(kind, web.url)
    web.says = [(404, f"no such hook: {SECRET}", {}), (500, SECRET, {})]
    outbox.put(message())
    here.turn()
    assert "(secret)" in here.everything() and SECRET not in here.everything()


def test_killed_while_it_sends_it_sends_the_same_again(
    here: Here, mail: Mailbox, web: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server has the mail, and its answer never came: nobody can know. What comes a second
    time has the same Message-ID; what was written down as sent does not come again."""
    here.add("webhook", web.url)
    with web_server() as slow:
        slow.usual = (200, "", {"X": "y"})
        here.add("webhook", slow.url, name="slow")
        here.add_mail(mail.port)
        gate = _held(slow)
        outbox.put(message())
        process = here.start()
        _until(lambda: bool(web.paths and mail.mails and gate[0]))
        _until(lambda: here.everything().count("HTTP 200") >= 1 and "queued" in here.everything())
        process.kill()
        process.wait()
        gate[1].set()
        assert here.start().wait(timeout=30) == 0
        assert len(web.paths) == len(mail.mails) == 1
        keys = [each["Idempotency-Key"] for each in slow.headers]
        assert len(keys) == 2 and len({*keys}) == 1
    assert [each["became"] for each in book.history()] == ["sent"]


def _held(posts: Posts) -> Any:
    """Let the answers of a server wait; tells how many came, and what lets them go."""
    import threading

    gate, came = threading.Event(), [0]

    class Held(list[Any]):
        def __bool__(self) -> bool:
            came[0] += 1
            gate.wait(30)
            return False

    posts.says = Held()

    class Told(list[Any]):
        def __getitem__(self, at: Any) -> Any:
            return came[0] if at == 0 else gate

    return Told()


def _until(holds: Any, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)


def test_killed_again_and_again_nothing_is_lost(here: Here, web: Posts) -> None:
    here.add("webhook", web.url)
    put = [message(rule=f"rule{number}", at=time.time() + number) for number in range(12)]
    for number, each in enumerate(put):
        outbox.put(each)
        process = here.start()
        time.sleep(0.02 * number)  # killed at every stage of a turn, not after something
        process.kill()
        process.wait()
    assert here.start().wait(timeout=30) == 0
    keys = [each["Idempotency-Key"] for each in web.headers]
    assert {*keys} == {each.id for each in put}
    assert sorted(each["message"]["id"] for each in book.history()) == sorted({*keys})
    assert outbox.waiting() == []


def test_what_a_power_cut_left_half_is_put_aside(here: Here, web: Posts) -> None:
    here.add("webhook", web.url)
    outbox.put(message())
    state.ready()
    for name in ("channels", "open", "mutes"):
        Path(state.FOLDER, f"{name}.json").write_text('{"half')
    Path(state.FOLDER, book.FILE).write_text('{"message": {"id": "x"')
    here.turn()
    assert titles(web) == ["webhook disk fire"]
    assert [each["became"] for each in book.history()] == ["sent"]


def test_what_is_muted_is_told_when_the_mute_ends_if_it_still_holds(
    here: Here, web: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.add("webhook", web.url)
    mutes.add(7200, "", "dana")
    now = time.time()
    outbox.put(message(at=now))
    outbox.put(message(rule="cpu", at=now + 1))
    outbox.put(message("resolve", rule="cpu", at=now + 2))
    assert here.turn() is None and titles(web) == []
    assert [each["message"]["rule"] for each in book.opened()] == ["disk"]
    assert {each["became"] for each in book.history()} == {"held"}
    later(monkeypatch, 7201)
    here.turn()
    assert titles(web) == ["webhook disk fire"]


def test_a_mute_of_one_rule_holds_only_that(here: Here, web: Posts) -> None:
    here.add("webhook", web.url)
    mutes.add(7200, "disk", "dana")
    outbox.put(message())
    outbox.put(message(rule="cpu"))
    here.turn()
    assert titles(web) == ["webhook cpu fire"]
    mutes.end()
    here.turn()
    assert titles(web) == ["webhook cpu fire", "webhook disk fire"]


def test_whoever_knows_of_it_is_not_reminded(here: Here, web: Posts) -> None:
    here.add("webhook", web.url)
    now = time.time()
    first = message(at=now)
    outbox.put(first)
    here.turn()
    [known] = book.ack([first.id[:4]], "dana", now)
    assert known["acked"]["by"] == "dana"
    outbox.put(message(at=now + 3600))
    outbox.put(message("resolve", at=now + 7200))
    here.turn()
    assert titles(web) == ["webhook disk fire", "webhook disk resolve"]
    assert book.opened() == []
    outbox.put(message(at=now + 9000))  # it comes again: that is news
    here.turn()
    assert len(web.paths) == 3


def test_a_test_is_tried_once_and_says_what_came_back(here: Here, web: Posts) -> None:
    here.add("webhook", web.url, name="good")
    here.add("webhook", web.url, name="bad")
    here.secrets["bad"]["url"] = "http://127.0.0.1:1/"
    here.write()
    outbox.put(message("test", rule="test", subject=""))
    while here.turn() == 0:
        pass
    [told] = book.history()
    assert told["receipts"]["good"]["said"].startswith("HTTP 200")
    assert told["refused"]["bad"]["said"] == "connection refused"
    assert book.opened() == []  # nobody is woken because somebody tried
    known = state.load("channels")
    assert known["good"]["proven"]["at"] > 0 and known["bad"]["proven"]["at"] == 0


def test_a_channel_that_was_changed_is_not_proven(here: Here, web: Posts) -> None:
    here.add("webhook", web.url)
    outbox.put(message())
    here.turn()
    told = declared.declared()
    assert told and health.of(told)["webhook"]["proven"]["at"] > 0
    here.secrets["webhook"]["url"] += "x"
    here.write()
    told = declared.declared()
    assert told and "proven" not in health.of(told)["webhook"]


def test_a_slow_channel_holds_up_no_other(here: Here, web: Posts) -> None:
    with web_server() as slow:
        gate = _held(slow)
        here.add("webhook", slow.url, name="slow")
        here.add("webhook", web.url, name="fast")
        outbox.put(message())
        process = here.start()
        _until(lambda: bool(web.paths))
        gate[1].set()
        assert process.wait(timeout=30) == 0
        assert len(slow.paths) == 1


def test_the_week_in_short_comes_on_monday_and_once(
    here: Here, web: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.add("webhook", web.url, "info")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    monkeypatch.setattr(digest, "SEEN", str(here.folder / "look.json"))
    seen = {"backup.age": {"main": 0.4, "old": 3.0}, "backup.wrong": {"main": 0.0, "old": 1.0}}
    (here.folder / "look.json").write_text(json.dumps({"values": seen}))
    told = declared.declared()
    assert told
    moment = 1764288000.0  # Friday, 28 Nov 2025
    for hour in range(24 * 17):
        monkeypatch.setattr(time, "time", lambda now=moment + 3600 * hour: now)
        if hour == 30:
            outbox.put(message(rule="cpu", severity="info", at=time.time()))
        digest.write(told)
        here.turn()
    letters = [each for each in web.told if each["kind"] == "digest"]
    assert [time.strftime("%a %H", time.gmtime(each["at"])) for each in letters] == ["Mon 08"] * 2
    first, second = (each["cause"] for each in letters)
    assert first[0] == "Alerts: 1 (cpu), still open: cpu fire."
    assert second[0] == "Alerts: none, still open: cpu fire."
    assert "Data: main is saved on time." in first
    assert "Data: old has a copy 3.0 periods old; its last proof failed." in first
    assert any(line.startswith("Disk: /") for line in first)
    assert any(line.startswith("Channel: webhook took a message") for line in second)


def test_a_channel_that_is_gone_is_no_news_and_comes_back_as_it_was(here: Here, web: Posts) -> None:
    here.add("webhook", web.url)
    outbox.put(message())
    here.turn()
    kept, here.channels = here.channels, []
    here.write()
    here.turn()
    here.channels = kept
    here.write()
    told = declared.declared()
    assert told and health.known(told.channels[0])["proven"]["at"] > 0
