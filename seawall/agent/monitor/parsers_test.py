"""What the kernel tells is read right; garbage, counters that ran over and disks that vanish cost
a number, never the monitor."""

import random
import socket
import struct
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.agent.monitor import bus, doors, kernel, mounts, sockets, units
from seawall.agent.monitor.rules import RULES
from seawall.agent.monitor.sampler import Sampler

STAT = "cpu  100 0 50 800 50 0 0 10 0 0\ncpu0 1 2 3\n"
MEMINFO = "MemTotal:  1000 kB\nMemAvailable:  100 kB\nHugePages_Total: 0\n"
VMSTAT = "nr_free_pages 7\npswpin 12\noom_kill 3\n"
PRESSURE = "some avg10=1.00 avg60=2.50 avg300=0.00 total=9\nfull avg10=0.00 avg60=0.75 total=1\n"
MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:5 / /proc rw - proc proc rw
24 22 8:2 / /srv/my\\040files ro - ext4 /dev/sdb rw
25 22 8:3 / /data rw - xfs /dev/sdc ro,noquota
26 22 8:3 /sub /mnt/again rw - xfs /dev/sdc ro
27 22 0:40 / /mnt/nfs rw - nfs4 far:/x rw
"""
TCP = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0 0 1
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0 0 2
   2: 0200000A:0016 0100000A:C350 01 00000000:00000000 00:00000000 00000000     0 0 3
"""
TCP6 = """\
  sl  local_address                         remote_address                        st
   0: 00000000000000000000000001000000:0019 00000000000000000000000000000000:0000 0A 0
   1: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 0
   2: 0000000000000000FFFF00000100007F:0050 00000000000000000000000000000000:0000 0A 0
"""


def test_processors() -> None:
    now = [200, 0, 100, 1500, 150, 0, 0, 60]
    assert kernel.times(STAT) == [100, 0, 50, 800, 50, 0, 0, 10]
    assert kernel.shares(kernel.times(STAT), now) == {"busy": 20.0, "waiting": 10.0, "stolen": 5.0}
    assert kernel.shares(now, kernel.times(STAT)) == {}  # it went back: a suspend, another kernel
    assert kernel.shares(now, now) == {}


def test_memory_and_counters() -> None:
    sizes = kernel.sizes(MEMINFO)
    assert kernel.share(sizes["MemAvailable"], sizes["MemTotal"]) == 10.0
    assert kernel.counter(VMSTAT, "oom_kill") == 3
    assert kernel.counter(VMSTAT, "kill") is None
    assert kernel.growth(5, 3) is None
    assert kernel.stalled(PRESSURE, "full") == 0.75
    assert kernel.stalled("full avg60=nan", "full") is None
    assert kernel.load("0.1 0.2 1.50 1/2 3") == 1.5


def test_mounts_are_told_once_and_a_sandbox_is_not_a_broken_disk() -> None:
    assert mounts.found(MOUNTS) == [("/", False), ("/srv/my files", False), ("/data", True)]
    assert mounts.room("/vanished") == {}


def test_a_forecast_goes_by_the_trend_and_not_by_one_large_file() -> None:
    shrinking = [[600.0 * n, 100e9 - 1e9 * n] for n in range(12)]
    assert mounts.hours_left(shrinking) == pytest.approx(89 / 6, rel=0.01)
    assert mounts.hours_left(shrinking[:3]) is None
    spike = [[600.0 * n, 100e9 - (50e9 if n == 11 else 0)] for n in range(12)]
    assert mounts.hours_left(spike) == 8760.0
    points: dict[str, list[list[float]]] = {}
    for n in range(100):
        mounts.look(points, {"/": 5.0, "/gone": 1.0} if n < 50 else {"/": 5.0}, 600.0 * n)
    assert set(points) == {"/"} and len(points["/"]) == mounts.POINTS


def test_doors_that_others_may_reach() -> None:
    assert doors.listening(TCP, "tcp") == {"tcp/22"}
    assert doors.listening(TCP6, "tcp") == {"tcp/443"}
    udp = TCP.replace(" 0A ", " 07 ").replace("0016 0000", "0035 0000")
    assert doors.listening(udp, "udp") == {"udp/53"}


def _diag(port: int, address: bytes, family: int = 2) -> bytes:
    inner = bytes([family, 10, 0, 0]) + struct.pack(">HH", port, 0) + address.ljust(16, b"\0")
    inner += b"\0" * 48
    return struct.pack("=IHHII", 16 + len(inner), 20, 2, 1, 0) + inner


def test_the_kernel_tells_who_listens() -> None:
    last = struct.pack("=IHHII", 16, 3, 2, 1, 0)
    told = _diag(22, b"\0") + _diag(8080, b"\x7f\0\0\1") + _diag(25, b"\0" * 15 + b"\1", 10)
    assert sockets.taken(told) == (False, {"tcp/22"})
    assert sockets.taken(_diag(443, b"\0", 10) + last) == (True, {"tcp/443"})
    with (
        socket.create_server(("0.0.0.0", 0)) as door,
        socket.create_server(("127.0.0.1", 0)) as in_,
    ):
        found = sockets.listening()
        assert found is not None
        assert f"tcp/{door.getsockname()[1]}" in found
        assert f"tcp/{in_.getsockname()[1]}" not in found


@given(st.binary(max_size=300))
def test_garbage_from_the_kernel_is_an_error_and_no_more(content: bytes) -> None:
    with suppress(ValueError):
        sockets.taken(content)


def test_admins() -> None:
    passwd = "root:x:0:0\ndana:x:1000:1000\nli:x:1001:27\neve:x:0:5\n"
    assert doors.admins(passwd, "sudo:x:27:dana\nother:x:5:bob\n") == {"root", "eve", "dana", "li"}


GARBAGE = st.one_of(
    st.text(),
    st.builds(
        lambda text, at, more: text[:at] + more + text[at:],
        st.sampled_from([STAT, MEMINFO, VMSTAT, PRESSURE, MOUNTS, TCP, TCP6]),
        st.integers(0, 300),
        st.text(max_size=30),
    ),
)


@given(GARBAGE)
def test_garbage_costs_nothing(text: str) -> None:
    ticks = kernel.times(text)
    assert all(0 <= v <= 100 for v in kernel.shares([0] * 8, ticks).values())
    assert all(size >= 0 for size in kernel.sizes(text).values())
    for name in ("oom_kill", "pswpin", ""):
        assert (kernel.counter(text, name) or 0) >= 0
    assert (kernel.stalled(text, "full") or 0) >= 0
    assert (kernel.load(text) or 0) >= 0
    kernel.traffic(text)
    assert all(path.startswith("/") for path, _ in mounts.found(text))
    assert all(each[:4] in ("tcp/", "udp/") for each in doors.listening(text, "tcp"))
    doors.admins(text, text)


@given(st.lists(st.lists(st.floats(0, 1e15), min_size=2, max_size=2), max_size=36))
def test_a_forecast_of_anything_is_hours(points: list[list[float]]) -> None:
    left = mounts.hours_left(points)
    assert left is None or 0 <= left <= 8760


def _reply(body: bytes, serial: int = 2) -> bytes:
    fields = bytes([5, 1]) + b"u\0" + struct.pack("<I", serial)
    head = struct.pack("<BBBBIII", ord("l"), 2, 1, 1, len(body), 1, len(fields))
    return head + fields + b"\0" * (-len(head + fields) % 8) + body


def test_a_call_is_as_the_bus_wants_it() -> None:
    sent = bus.call(1, ("a.b", "/c", "d.e", "F"), "ss", bus.texts("x", "yz"))
    assert sent[:4] == b"l\x01\x00\x01" and len(sent) % 4 in (0, 3)
    assert sent.endswith(b"\x01\0\0\0x\0\0\0\x02\0\0\0yz\0")


def test_rows_of_units_are_read() -> None:
    row = ["web.service", "Web", "loaded", "failed", "failed", "", "/o/web"]
    inner = bus.texts(*row)
    inner += b"\0" * (-len(inner) % 4) + struct.pack("<I", 0) + bus.texts("", "/")
    body = struct.pack("<I", len(inner)) + b"\0" * 4 + inner
    assert bus.Reader(body).rows() == [[*row, "", "/"]]
    for cut in range(len(body)):
        with pytest.raises(bus.BusError):
            bus.Reader(body[:cut]).rows()


@given(st.binary(max_size=200))
def test_garbage_from_the_bus_is_an_error_and_no_more(content: bytes) -> None:
    for read in ("rows", "variant", "text"):
        try:
            getattr(bus.Reader(content), read)()
        except bus.BusError:
            pass


def test_the_place_of_a_unit() -> None:
    assert units.path_of("a-b.service").endswith("/unit/a_2db_2eservice")


class Answers:
    """A bus whose answers are written here: NRestarts, and who waits to be started again."""

    def __init__(self) -> None:
        self.restarts = 0
        self.waits: list[str] = []

    def property(self, path: str, interface: str, name: str) -> int:
        return self.restarts

    def ask(self, *_: object) -> "Answers":
        return self

    def rows(self) -> list[list[str]]:
        return [[name, "", "", "activating", "auto-restart"] for name in self.waits]


def test_restarts_count_from_when_they_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers()
    kept: dict[str, dict[str, object]] = {}
    seen = units.Units(answers, kept)  # type: ignore[arg-type]
    group = {"web.service": "1"}
    monkeypatch.setattr(units, "groups", lambda: dict(group))
    answers.restarts = 40  # of last year
    assert seen.crashes(1000.0) == {}
    group["web.service"] = "2"
    answers.restarts = 41
    assert seen.crashes(1010.0) == {"web.service": 1.0}
    answers.restarts = 47
    assert units.Units(answers, kept).crashes(1020.0) == {"web.service": 7.0}  # type: ignore[arg-type]
    answers.restarts = 0  # somebody started it by hand
    assert seen.crashes(1030.0) == {"web.service": 7.0}
    assert seen.crashes(1030.0 + 700) == {}


def test_a_look_at_this_machine_is_numbers(tmp_path: Path) -> None:
    sampler = Sampler({}, {})
    sampler.seen.folder = str(tmp_path)
    for now in (1.0, 11.0):
        told = sampler.look(now, 10.0)
    assert "/" in told["disk.used"]
    assert all(v == v for values in told.values() for v in values.values())
    assert told.get("port.new") in ({}, None)


def test_what_others_put_down_is_read_when_it_changes(tmp_path: Path) -> None:
    sampler = Sampler({}, {})
    sampler.seen.folder = str(tmp_path)
    file = tmp_path / "look.json"
    file.write_text('{"at": 100, "values": {"backup.age": {"main": 3}}, "within": 50}')
    assert sampler.look(110.0, 10.0)["backup.age"] == {"main": 3.0}
    told = sampler.look(190.0, 10.0)
    assert told["monitor.trouble"] == {"look": 1.0} and told["backup.age"]
    for garbage in ("{", "[]", '{"at": 1, "values": {"x": 1}}', '{"at": "?", "values": {}}'):
        file.write_text(garbage)
        told = sampler.look(200.0 + random.random(), 10.0)
        assert told["monitor.trouble"] == {"look": 1.0} and told["backup.age"] == {"main": 3.0}
        assert sampler.causes["monitor.trouble/look"]


def test_every_rule_judges_a_number_that_somebody_tells() -> None:
    folder = Path(__file__).parent
    told = "".join(
        path.read_text() for path in folder.glob("*.py") if path.name not in ("rules.py",)
    )
    for rule in RULES:
        group, _, name = rule.metric.partition(".")
        whole = f'"{rule.metric}"' in told
        assert whole or (f'f"{group}.{{' in told and f'"{name}"' in told), rule.metric
