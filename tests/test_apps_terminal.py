"""Apps in a real terminal: a deploy that works, one that does not, questions and Ctrl-C."""

import re
from pathlib import Path

import pytest
from golden import same
from test_cli import with_apps
from test_terminal import Server

SHA = "9b03d7e" + "0" * 33


def release(number: int, state: str, **more: object) -> dict[str, object]:
    """A release as a server tells it."""
    known = {"number": number, "source": number, "state": state, "sha": SHA, "author": "Dana"}
    return known | {"made": 0.0, "migrated": False, "why": ""} | more


def apps(*releases: dict[str, object], serving: int | None = 7) -> list[dict[str, object]]:
    """What web1 says of its apps."""
    shop = {"app": "shop", "serving": serving, "running": True, "releases": list(releases)}
    return [{"type": "apps", "apps": [shop], "hosts": ["shop.example"]}]


def step(what: str, note: str = "", *, ok: bool = True) -> list[dict[str, object]]:
    """A step as it begins and as it ends."""
    return [
        {"type": "start", "what": what},
        {"type": "step", "what": what, "note": note, "ok": ok, "seconds": 1.4},
    ]


OLD = (release(7, "serving", migrated=True), release(6, "failed", why="never healthy"))
SEEN = apps(*OLD, release(5, "retired"))
BEGUN = [{"type": "release", "number": 8}, *step("build", "9b03d7e")]
WELL = [
    *BEGUN,
    *step("start", "healthy after 1.4 s"),
    *step("switch", "shop.example"),
    *step("drain"),
    {"type": "done", "changed": 1, "serving": 8},
]
FAULT = "not healthy in 30 s: GET / answered 500"
LINES = (
    "Started app-shop-8-1.service - shop\nProgrammingError: column plan.trial_days\n[red]\x1b[2J"
)
BROKEN = [
    *BEGUN,
    *step("start", ok=False),
    {"type": "failed", "problem": FAULT, "output": LINES, "serving": 7},
]


@pytest.fixture
def server(tmp_path: Path) -> Server:
    server = Server(with_apps_in(tmp_path))
    server.says(apps=[SEEN], deploy=[WELL])
    return server


def with_apps_in(folder: Path) -> Path:
    (folder / "seawall.yml").touch()
    return with_apps(folder)


def asked(server: Server, *words: str, **more: str):
    """A verb about the shop."""
    return server.asked(words[0], *words[1:], about="shop", **more)


def steady(shown: str) -> str:
    """The screen without what differs from run to run."""
    shown = re.sub(r"\d+(\.\d)? s\b(?=\.\n)", "1.0 s", shown)
    shown = re.sub(r"does not\s+answer from here yet: .*\n(  .*\n)*", "does not answer …\n", shown)
    return re.sub(r"\d+ days ago", "9 days ago", shown)


@pytest.mark.parametrize("width", [80, 40])
def test_a_deploy(server, width):
    session = asked(server, "deploy", width=width)
    assert session.end() == 0
    same(f"screens/terminal-deploy.{width}.txt", steady(session.shown()))


@pytest.mark.parametrize("width", [80, 40])
def test_a_deploy_that_fails(server, width):
    server.says(deploy=[BROKEN])
    session = asked(server, "deploy", width=width)
    assert session.end() == 1
    same(f"screens/terminal-deploy-fails.{width}.txt", steady(session.shown()))
    assert "\x1b[2J" not in session.raw.replace("\r\x1b[2K", "")


def test_releases(server):
    session = asked(server, "releases")
    assert session.end() == 0
    same("screens/terminal-releases.80.txt", steady(session.shown()))


def test_a_release_that_crashes_or_hangs_is_said_with_its_last_lines(server):
    [told] = apps(*OLD)
    lines = "\n".join(f"line {number}" for number in range(30)) + "\nKeyError: 'KEY'\x1b[2J"
    hung = "app-shop-7-1.service lives, but has not been well for 31 s, so it is killed"
    told["apps"][0] |= {"crashes": {"count": 12, "lines": lines}}
    told["apps"][0] |= {"hung": {"count": 1, "lines": hung}}
    server.says(apps=[[told]])
    session = asked(server, "releases")
    assert session.end() == 0
    shown = session.shown()
    assert "release 7 ended by itself 12 times, it last wrote:" in shown
    assert "KeyError: 'KEY'" in shown and "line 11" in shown and "line 10" not in shown
    assert "release 7 hung and was killed 1 time in a day" in shown
    assert "\x1b[2J" not in session.raw.replace("\r\x1b[2K", "")
    assert asked(server, "releases", SEAWALL_PLAIN="1").end() == 0


def test_going_back_is_shown_and_asked(server):
    session = asked(server, "rollback").until("Go back to release 5? [y/N] ")
    assert session.send("y\r").end() == 0
    same("screens/terminal-rollback.80.txt", steady(session.shown()))


def test_no_is_no(server):
    session = asked(server, "rollback").until("[y/N] ")
    assert session.send("\r").end() == 1
    assert session.shown().endswith("Nothing was changed.\n")


def test_yes_asks_nothing_and_ci_is_never_asked(server):
    assert asked(server, "rollback", "--yes").end() == 0
    session = asked(server, "rollback", CI="true")
    assert session.end() == 2
    assert "--yes is missing: shop would go back to 5" in session.shown()


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        ("7", 0, "release 7 is serving already"),
        ("6", 1, "release 6 of shop never served: never healthy"),
        ("3", 2, "release 3 of shop is not there"),
    ],
)
def test_a_release_one_cannot_go_back_to(server, number, code, said):
    session = asked(server, "rollback", number, "--yes")
    assert session.end() == code
    assert said in session.shown()


def test_an_interrupt_says_that_the_deploy_goes_on(server):
    server.says(deploy=[[*BEGUN, {"type": "start", "what": "start"}, {"sleep": 60}]])
    session = asked(server, "deploy").until("… web1 shop release 8, 1 s")
    assert session.send("\x03").end() == 130
    told = "Stopped watching. The deploy of shop on web1 goes on; how it ends:"
    assert told in session.shown().replace("\n", " ")


def test_before_the_code_has_arrived_nothing_goes_on(server):
    server.says(deploy=[[{"sleep": 60, "type": "hello"}]])
    session = asked(server, "deploy").until("… web1 connecting, 1 s")
    assert session.send("\x03").end() == 130
    assert "Nothing was released: the code was still on its way." in session.shown()


def test_a_proxy_that_does_not_know_the_domain_is_said_first(server):
    server.says(apps=[[{"type": "apps", "apps": [], "hosts": []}]])
    session = asked(server, "deploy")
    assert session.end() == 1
    assert "the proxy does not know shop.example yet" in session.shown()
    assert "seawall apply web1" in session.shown()


def test_nonsense_is_not_believed(server):
    server.says(apps=[[{"type": "apps", "apps": [{"app": "shop", "releases": [{}]}]}]])
    session = asked(server, "releases")
    assert session.end() == 1
    assert "told something that makes no sense" in session.shown()
