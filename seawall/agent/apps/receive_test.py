"""What arrives as a release: whole or not at all, and nothing outside of its folder."""

import io
import os
import random
import socket
import stat
import tarfile
from pathlib import Path

import pytest

from seawall.agent.apps import receive
from seawall.agent.system import StepError

ME = (os.getuid(), os.getgid())


def entry(name: str, content: bytes = b"", **fields: object) -> "tuple[tarfile.TarInfo, bytes]":
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for key, value in fields.items():
        setattr(member, key, value)
    return member, content


def packed(*entries: "tuple[tarfile.TarInfo, bytes]") -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        for member, content in entries:
            tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()


def arrive(content: bytes, place: Path) -> None:
    limited = receive.Limited(io.BytesIO(content), len(content))
    receive._extract_all(limited, str(place), ME)
    limited.rest()


LINK, HARD, DEVICE, PIPE = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE
EVIL = {
    "a path that climbs": [entry("../evil", b"x")],
    "a path that climbs from inside": [entry("a/../../evil", b"x")],
    "an absolute path": [entry("/evil", b"x")],
    "a device": [entry("null", type=DEVICE, devmajor=1, devminor=3)],
    "a pipe": [entry("pipe", type=PIPE)],
    "a hard link": [entry("passwd", type=HARD, linkname="/etc/passwd")],
    "a link out": [entry("out", type=LINK, linkname="../..")],
    "an absolute link": [entry("out", type=LINK, linkname="/etc/passwd")],
    "a file behind a link": [entry("in", type=LINK, linkname="a"), entry("in/evil", b"x")],
    "a link through a link": [
        entry("a/b/up", type=LINK, linkname=".."),
        entry("out", type=LINK, linkname="a/b/up/../../x"),
    ],
}


@pytest.mark.parametrize("entries", EVIL.values(), ids=EVIL)
def test_nothing_leaves_the_folder(
    entries: "list[tuple[tarfile.TarInfo, bytes]]", tmp_path: Path
) -> None:
    place = tmp_path / "release"
    (place / "a" / "b").mkdir(parents=True)
    with pytest.raises(StepError, match="did not arrive whole"):
        arrive(packed(*entries), place)
    assert not list(tmp_path.rglob("*evil*"))
    assert [path.name for path in tmp_path.iterdir()] == ["release"]


def test_what_git_packs_arrives(tmp_path: Path) -> None:
    arrive(
        packed(
            entry("bin", type=tarfile.DIRTYPE, mode=0o777),
            entry("bin/run", b"#!/bin/sh\n", mode=0o4775),
            entry("plain", b"text", mode=0o666, uid=4711),
            entry("current", type=LINK, linkname="bin/run"),
            entry("bin/up", type=LINK, linkname="../plain"),
            entry("here", type=LINK, linkname="."),
        ),
        tmp_path,
    )
    assert (tmp_path / "current").resolve() == tmp_path / "bin" / "run"
    assert (tmp_path / "bin" / "up").read_text() == "text"
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("bin/run", "plain")}
    assert modes == {"bin/run": 0o755, "plain": 0o644}
    assert (tmp_path / "plain").stat().st_uid == ME[0]


def test_a_later_file_does_not_go_through_an_earlier_link(tmp_path: Path) -> None:
    arrive(
        packed(entry("a", b"1"), entry("b", type=LINK, linkname="a"), entry("b", b"2")), tmp_path
    )
    assert (tmp_path / "a").read_text() == "1"
    assert (tmp_path / "b").read_text() == "2"


DRAW = random.Random("the same length in every process")
WHOLE = packed(*(entry(f"file{at}", DRAW.randbytes(3000)) for at in range(20)))


@pytest.mark.parametrize("part", [0, 1, 9, 10, 100, len(WHOLE) // 2, len(WHOLE) - 1])
def test_a_cut_archive_is_refused(part: int, tmp_path: Path) -> None:
    limited = receive.Limited(io.BytesIO(WHOLE[:part]), len(WHOLE))
    with pytest.raises(StepError, match="did not arrive whole"):
        receive._extract_all(limited, str(tmp_path), ME)
        limited.rest()


@pytest.mark.parametrize("at", range(0, len(WHOLE), len(WHOLE) // 40))
def test_a_damaged_archive_is_never_taken_for_a_bug(at: int, tmp_path: Path) -> None:
    damaged = WHOLE[:at] + bytes([WHOLE[at] ^ 0xFF]) + WHOLE[at + 1 :]
    try:
        arrive(damaged, tmp_path)
    except StepError as error:
        assert "did not arrive whole" in error.problem


def test_what_follows_is_not_read() -> None:
    stream = io.BytesIO(b"codemore")
    limited = receive.Limited(stream, 4)
    assert limited.read(100) == b"code"
    limited.rest()
    assert stream.read() == b"more"


def test_whoever_falls_silent_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive, "SILENCE", 1)
    here, there = socket.socketpair()
    with here, there, here.makefile("rb") as stream, pytest.raises(EOFError, match="nothing came"):
        there.sendall(b"half")
        receive.Limited(stream, 100).read(10)


def test_a_disk_does_not_become_more_than_95_percent_full(tmp_path: Path) -> None:
    seen = os.statvfs(tmp_path)
    whole, free = seen.f_blocks * seen.f_frsize, seen.f_bavail * seen.f_frsize
    receive.room(str(tmp_path), 0)
    with pytest.raises(StepError, match="more than 95 % full"):
        receive.room(str(tmp_path), free - int(whole * 0.04))


def test_nobody_but_root_changes_a_release(tmp_path: Path) -> None:
    for name in ("a/b/run", "a/plain"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "a/b/run").chmod(0o777)
    (tmp_path / "a/plain").chmod(0o600)
    outside = tmp_path.with_name(f"{tmp_path.name}-outside")
    outside.write_text("")
    outside.chmod(0o604)
    (tmp_path / "a/link").symlink_to(outside)
    receive.close(str(tmp_path), os.getgid())
    seen = {
        str(p.relative_to(tmp_path)): oct(p.lstat().st_mode & 0o777) for p in tmp_path.rglob("*")
    }
    assert seen == {
        "a": "0o750",
        "a/b": "0o750",
        "a/b/run": "0o750",
        "a/plain": "0o640",
        "a/link": "0o777",
    }
    assert outside.stat().st_mode & 0o777 == 0o604
