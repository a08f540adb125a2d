"""What seawall.yml means, and how wrong ones are told; every golden file is read aloud here."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seawall import config
from seawall.errors import ConfigError
from seawall.features import FEATURES
from seawall.features.security.firewall import Firewall
from seawall.features.security.people import People
from seawall.features.security.ssh import Ssh
from seawall.features.security.updates import Updates
from seawall.features.stability.baseline import Baseline

ERRORS = Path(__file__).parent / "errors"
LINE = "\n----------\n"
DANA = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPhp0DYOMgV2bhWkUs7VnPGIXzEQ6bthzYujGcz5EBLt dana"
BIG_NUMBER = 1_000_000


def error(text: str, folder: Path | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        config.parse(text, folder=folder)
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize("golden", sorted(ERRORS.glob("*.txt")), ids=lambda path: path.stem)
def test_a_wrong_file_is_told_in_these_words(golden: Path) -> None:
    text, _, expected = golden.read_text("utf-8").partition(LINE)
    told = error(text, ERRORS)
    if os.environ.get("SEAWALL_ACCEPT"):
        golden.write_text(f"{text}{LINE}{told}\n", "utf-8")
        return
    assert told == expected.rstrip("\n")


# What a right file means


WHOLE = f"""\
project: acme
people:
  dana: {{ keys: [{DANA}], admin: true }}
  gone: {{ removed: true }}
servers:
  web1: {{ host: root@203.0.113.10, key: keys/web1 }}
  web2: {{ host: "[2001:db8::1]:2222" }}
  here: {{ host: local }}
firewall:
  open:
    - 443
    - 51820/udp
    - {{ port: 5432, from: [10.0.0.0/8], servers: [web1] }}
ssh:
  port: 2022
  from: [203.0.113.0/24, "2001:db8::/32"]
x-anything: [goes, {{ here: 1 }}]
"""


def test_every_section_is_there_with_its_defaults() -> None:
    found = config.parse("project: acme")
    assert tuple(type(feature) for feature in found.features) == FEATURES
    assert found.of(Updates).automatic
    assert found.servers == {}
    assert found.described


def test_a_whole_file_is_understood(tmp_path: Path) -> None:
    found = config.parse(WHOLE, folder=tmp_path)
    assert found.project == "acme"
    assert found.servers["web1"].address == config.Address("root", "203.0.113.10", None)
    assert found.servers["web1"].key == str(tmp_path / "keys/web1")
    assert found.servers["web2"].address == config.Address(None, "2001:db8::1", 2222)
    assert found.servers["here"].local
    assert [(port.port, port.protocol) for port in found.of(Firewall).open] == [
        (443, "tcp"),
        (51820, "udp"),
        (5432, "tcp"),
    ]
    assert found.of(Ssh).sources == ["203.0.113.0/24", "2001:db8::/32"]
    assert found.of(People).people["dana"].keys == [DANA]


def test_a_server_gets_the_ports_declared_for_it() -> None:
    found = config.parse(WHOLE)
    assert {5432, 443, 2022} <= {port.number for port in found.ports("web1")}
    assert 5432 not in {port.number for port in found.ports("web2")}
    assert found.ports("web1") == tuple(sorted(found.ports("web1")))


def test_a_place_in_the_file_has_its_line() -> None:
    found = config.parse(WHOLE)
    assert found.line_of("servers", "web1") == 6
    assert found.line_of("firewall", "open", 1) == 12
    assert found.line_of("firewall", "open", 1, "nowhere") == 12
    assert found.line_of("nowhere") == 1


def test_yes_no_and_times_mean_what_they_say() -> None:
    found = config.parse(
        "people: { dana: { keys: [github:dana], admin: yes } }\n"
        "updates: { automatic: off, reboot: 22:00 }\n"
        "baseline: { swap: off, sysctl: { vm.swappiness: 10 } }\n"
        "ssh: { settings: { PermitTTY: no, ListenAddress: 2001-01-01 } }\n"
    )
    assert found.of(People).people["dana"].admin is True
    assert found.of(Updates) == Updates(automatic=False, reboot="22:00")
    assert found.of(Baseline).sysctl == {"vm.swappiness": 10}
    assert found.of(Ssh).settings == {"PermitTTY": "no", "ListenAddress": "2001-01-01"}
    assert type(found.of(Ssh).settings["PermitTTY"]) is str


def test_anchors_and_merges_work() -> None:
    found = config.parse(
        "x-office: &office { from: [10.0.0.0/8] }\n"
        "x-more: &more { <<: *office, port: 8443 }\n"
        "firewall:\n  open:\n    - { <<: *more, port: 5432 }\n    - <<: [*office, *more]\n"
    )
    assert [(port.port, port.sources) for port in found.of(Firewall).open] == [
        (5432, ["10.0.0.0/8"]),
        (8443, ["10.0.0.0/8"]),
    ]


def test_empty_sections_are_like_absent_ones() -> None:
    text = "".join(f"{name}:\n" for name in ("project", "servers", "people", "ssh", "firewall"))
    assert config.parse(text).features == config.parse("project: acme").features


def test_the_project_is_named_after_the_folder_when_it_has_no_name(tmp_path: Path) -> None:
    folder = tmp_path / "2 My Start-up!"
    folder.mkdir()
    assert config.parse("ssh: {}", folder=folder).project == "my-start-up"


@pytest.mark.parametrize(
    "host",
    ["web1", "web-1.acme.example", "dana@web1", "203.0.113.10:2222", "2001:db8::1", "fe80::1%eth0",
     "root@[2001:db8::1]", "root@[2001:db8::1]:22", "local", "Web_1"],
)  # fmt: skip
def test_a_host_is_what_one_types_after_ssh(host: str) -> None:
    assert config.Config.undescribed(host).described is False


@pytest.mark.parametrize(
    "host", ["-v", "root@", "@web1", "a b", "web1:ssh", "[web1]:22", "::zz", ""]
)
def test_a_wrong_target_is_refused(host: str) -> None:
    with pytest.raises(ConfigError):
        config.Config.undescribed(host)


# Where the file is


def test_the_nearest_file_is_found_up_to_the_root_of_the_repository(tmp_path: Path) -> None:
    inner = tmp_path / "repository" / "app" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / "seawall.yml").touch()
    assert config.find(inner) is None
    (tmp_path / "repository" / ".git").mkdir()
    assert config.find(inner) is None
    (tmp_path / "repository" / "seawall.yml").touch()
    assert config.find(inner) == tmp_path / "repository" / "seawall.yml"


def load_error(path: Path, data: bytes | None = None) -> str:
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        config.load(path)
    return str(caught.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("seawall.yml")
    assert load_error(path) == "seawall.yml: no such file"
    told = load_error(path, b"project: a\nssh: \xe9")
    assert told == "seawall.yml:2: is not UTF-8, got byte 0xe9\n  hint: save it as UTF-8"
    assert "UTF-16" in load_error(path, "project: a".encode("utf-16"))
    told = load_error(path, b"project: a\nssh:\0 {}")
    assert told.startswith("seawall.yml:2: contains a control character, got \\x00")
    assert load_error(Path()) == ".: cannot be read: Is a directory"


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "seawall.yml").write_bytes(b"\xef\xbb\xbfproject: acme\n")
    assert config.load(tmp_path / "seawall.yml").project == "acme"


# Files nobody wrote by hand


@pytest.mark.parametrize(
    "text",
    [
        "k: 1\n" * 100_000,
        "x" * BIG_NUMBER,
        "x-a: [" + "1, " * 60_000 + "]",
        "x-a: " + "[" * 5_000,
        "x-a: " + "{a: " * 5_000,
        "x-a: &a " + "[" * 30 + "]" * 30 + "\nx-b: " + "[" * 30 + "*a" + "]" * 30,
        "x-a: &a [*a]",
        "x-a: &a\n  <<: *a\nssh: *a",
    ],
    ids=[
        "lines",
        "bytes",
        "nodes",
        "depth",
        "depth-of-maps",
        "depth-by-alias",
        "loop",
        "merge-loop",
    ],
)
def test_what_is_too_much_is_refused(text: str) -> None:
    told = error(text)
    assert "too large" in told or "too deeply" in told
    assert len(told) < 200


@pytest.mark.parametrize("merge", [False, True], ids=["aliases", "merges"])
def test_an_alias_bomb_is_refused_before_it_grows(merge: bool, monkeypatch: Any) -> None:
    lines = ["x-0: &a0 { a: 1, b: 2 }" if merge else "x-0: &a0 [1, 2]"]
    for level in range(1, 30):
        many = ", ".join([f"*a{level - 1}"] * 9)
        lines.append(f"x-{level}: &a{level} " + (f"{{ <<: [{many}] }}" if merge else f"[{many}]"))
    visits = []
    count = config.yaml._Walk.count
    monkeypatch.setattr(
        config.yaml._Walk, "count", lambda self, *a: (visits.append(1), count(self, *a))[1]
    )
    assert "too large" in error("\n".join(lines))
    assert len(visits) <= config.yaml.MAX_NODES + 1


def test_only_so_many_problems_are_told() -> None:
    told = error("\n".join(f"wrong{number}: 1" for number in range(3_000)))
    assert told.endswith("seawall.yml: and 2,950 more")


def test_help_imports_no_models() -> None:
    code = "import sys, seawall.cli; print('pydantic' in sys.modules, 'yaml' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "False False\n"
