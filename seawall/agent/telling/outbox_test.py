"""What is put into the outbox is there after a crash, once, and is what was put, but for what
nobody could see."""

import json
from math import isfinite
from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.agent.telling import outbox
from seawall.agent.telling.message import LINE, LINES, Message, cleaned, decode, identity

FULL = Message(
    identity("fire", "web1", "disk", "/", 1),
    "fire",
    "critical",
    "disk",
    "/",
    "web1",
    "web1: / is 98 % full",
    1764000000.0,
    1764000300.0,
    "98 %",
    "90 %",
    ("/var/log grew 2 GB since yesterday",),
    ("delete old logs",),
    "seawall ssh web1",
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def test_a_message_comes_out_as_it_went_in(tmp_path: Path) -> None:
    folder = str(tmp_path / "outbox")
    assert outbox.put(FULL, folder)
    assert outbox.waiting(folder) == [FULL]
    [file] = (tmp_path / "outbox").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    outbox.drop(FULL, folder)
    assert outbox.waiting(folder) == []


def test_the_same_message_waits_once(tmp_path: Path) -> None:
    assert outbox.put(FULL, str(tmp_path))
    assert not outbox.put(FULL, str(tmp_path))
    assert len(outbox.names(str(tmp_path))) == 1


def test_what_is_half_written_or_no_message_holds_up_nothing(tmp_path: Path) -> None:
    (tmp_path / ".seawall-x.json").write_text("{")
    (tmp_path / "000000000001-x.json").write_text('{"id": "x", "kind": "fi')
    (tmp_path / "000000000002-y.json").write_text("[1, 2]")
    outbox.put(FULL, str(tmp_path))
    assert outbox.waiting(str(tmp_path)) == [FULL]
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert "000000000001-x.json.unreadable" in kept and len(kept) == 4


def test_messages_come_out_in_the_order_of_their_time(tmp_path: Path) -> None:
    later = Message("b", "resolve", "info", "disk", "/", "web1", "well again", 1.0, 20.0)
    earlier = Message("a", "fire", "info", "disk", "/", "web1", "full", 1.0, 10.0)
    for each in (later, earlier):
        outbox.put(each, str(tmp_path))
    assert outbox.waiting(str(tmp_path)) == [earlier, later]


def test_no_more_wait_than_anybody_would_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MOST", 1)
    outbox.put(FULL, str(tmp_path))
    with pytest.raises(OSError, match="wait already"):
        outbox.put(Message("b", "fire", "info", "disk", "/", "web1", "x", 1, 2), str(tmp_path))


@given(st.dictionaries(st.sampled_from([*Message.__dataclass_fields__]), ANYTHING))
def test_garbage_is_refused_or_cleaned(told: dict[str, object]) -> None:
    content = json.dumps(told).encode()
    try:
        message = decode(content)
    except ValueError:
        return
    _assert_clean(message)


@given(st.binary(max_size=200))
def test_bytes_are_no_message(content: bytes) -> None:
    with pytest.raises(ValueError):
        decode(content)


@given(st.text(), st.lists(st.text(), max_size=60))
def test_what_an_app_wrote_is_made_harmless(text: str, lines: list[str]) -> None:
    message = Message("a", "fire", "info", text, text, text, text, 1, 2, text, text, tuple(lines))
    made = cleaned(message)
    _assert_clean(made)
    assert decode(made.encode()) == made


def _assert_clean(message: Message) -> None:
    texts = [message.title, message.rule, message.subject, message.server, message.command]
    for text in [*texts, message.value, message.threshold, *message.cause, *message.advice]:
        assert len(text) <= LINE and text == text.strip()
        assert not {category(letter) for letter in text} & {"Cc", "Cs", "Zl", "Zp"}
        assert not set(text) & {"\n", "\r", "\0", "\x1b", "\u202e", "\u200b", "\u2028"}
    assert len(message.cause) <= LINES
    assert isfinite(message.since) and isfinite(message.at)


def test_whoever_puts_rings_and_is_heard_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "FOLDER", str(tmp_path / "outbox"))
    assert not outbox.rung()
    outbox.put(FULL)
    assert (tmp_path / outbox.BELL).exists()
    assert outbox.rung() and not outbox.rung()
