"""A static site: the right answers, nothing that is not meant for visitors, released unnoticed."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from apps.load import Load
from apps.site import Site, site
from conftest import Boot, Project, on

pytestmark = [pytest.mark.machine, pytest.mark.journey, pytest.mark.usefixtures("first")]
SAMPLE = Path(__file__).parents[2] / "examples" / "apps" / "static"
APPS = """apps:
  garden:
    static: site
    install: ["date +%N > site/built.txt"]
    domain: garden.example
    certificate: internal
    health: /
    keep_releases: 2
  shell:
    static: shell
    fallback: index.html
    domain: garden.example
    paths: [/app]
    certificate: internal
"""
TYPES = {
    "a.js": "text/javascript; charset=utf-8",
    "a.mjs": "text/javascript; charset=utf-8",
    "a.txt": "text/plain; charset=utf-8",
    "a.woff2": "font/woff2",
    "a.svg": "image/svg+xml",
    "a.wasm": "application/wasm",
    "a.webmanifest": "application/manifest+json",
}
HIDDEN = (".env", ".git/config", ".well-known/.token", "seawall.yml", "out.txt", "hidden.txt")


@pytest.fixture(scope="module")
def garden(boot: Boot, projects: Callable[[], Project]) -> Site:
    """A repository with more in its folder than visitors may have."""
    made = site(boot("garden"), projects(), SAMPLE)
    made.project.describe(made.server, more=APPS)
    files = made.folder / "site"
    for name in (*TYPES, ".env", ".well-known/security.txt", ".well-known/.token", "seawall.yml"):
        (files / name).parent.mkdir(exist_ok=True)
        (files / name).write_text("Contact: dana\n")
    (files / "big.txt").write_text("tomato " * 1000)
    (files / "hidden.txt").symlink_to(".env")
    (files / "same.txt").symlink_to("a.txt")
    (files / "out.txt").symlink_to("../README.md")
    (made.folder / "shell/assets").mkdir(parents=True)
    (made.folder / "shell/index.html").write_text("<h1>The shell</h1>")
    (made.folder / "shell/assets/app.js").write_text("start()")
    made.commit()
    made.project.run("apply", "--yes")
    return made


@pytest.fixture(scope="module")
def first(garden: Site) -> str:
    """What the first deploy said."""
    return garden.deploy("garden")


def ask(made: Site, path: str, *words: str) -> tuple[int, dict[str, str], str]:
    """What a visitor gets: the status, the headers, the body."""
    find = f"garden.example:443:{made.server.address}"
    curl = ["curl", "-sik", "--http1.1", "--path-as-is", "--max-time", "10", "--resolve", find]
    url = f"https://garden.example{path}"
    text = subprocess.run([*curl, *words, url], capture_output=True, check=True).stdout
    head, _, body = text.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {line.split(":")[0].lower(): line.split(": ", 1)[1] for line in lines}
    return int(first.split()[1]), headers, body.decode("latin-1")


def test_it_is_served_as_it_lies_there(garden: Site, first: str) -> None:
    assert "release 1 is serving" in first
    assert "out.txt" in first and "not served" in first
    assert "Tomatoes are ripe" in ask(garden, "/")[2]
    assert "on Saturdays" in ask(garden, "/about")[2]
    status, _, body = ask(garden, "/nothing")
    assert (status, "Nothing grows here" in body) == (404, True)
    assert ask(garden, "/", "-X", "POST")[0] == 405
    assert ask(garden, "/.well-known/security.txt")[0] == 200
    assert ask(garden, "/same.txt")[2] == "Contact: dana\n"
    for name, kind in TYPES.items():
        assert ask(garden, f"/{name}")[1]["content-type"] == kind, name
    assert garden.project.run("run", "garden", "--", "true", code=1).count("nothing of it runs")


@pytest.mark.parametrize("name", [*HIDDEN, "../README.md", "%2e%2e/README.md"])
def test_what_is_not_for_visitors_is_not_there(garden: Site, name: str) -> None:
    assert ask(garden, f"/{name}")[0] == 404


def test_links_made_by_a_build_lead_nowhere(garden: Site) -> None:
    """They point out of the release, which no archive can."""
    link = "ln -s /etc/passwd site/passwd; ln -s /etc site/shadow"
    text = (garden.folder / "seawall.yml").read_text()
    (garden.folder / "seawall.yml").write_text(text.replace("date +%N", f"{link}; date +%N"))
    assert "passwd" in garden.deploy("garden")
    for name in ("passwd", "shadow", "shadow/passwd"):
        assert ask(garden, f"/{name}")[0] == 404
    (garden.folder / "seawall.yml").write_text(text)
    garden.deploy("garden", "--build")


def test_browsers_keep_what_did_not_change(garden: Site) -> None:
    old = {name: ask(garden, f"/{name}")[1] for name in ("big.txt", "built.txt")}
    assert old["big.txt"]["cache-control"] == "public, max-age=0, must-revalidate"
    garden.commit().deploy("garden")
    for name, status in (("big.txt", 304), ("built.txt", 200)):
        for known in (
            f"If-None-Match: {old[name]['etag']}",
            f"If-Modified-Since: {old[name]['last-modified']}",
        ):
            assert ask(garden, f"/{name}", "-H", known)[0] == status, known
    for way in ("gzip", "zstd"):
        _, headers, body = ask(garden, "/big.txt", "-H", f"Accept-Encoding: {way}")
        assert headers["content-encoding"] == way
        assert len(body) < 200
        again = ("-H", f"Accept-Encoding: {way}", "-H", f"If-None-Match: {headers['etag']}")
        assert ask(garden, "/big.txt", *again)[0] == 304
    assert ask(garden, "/big.txt", "-r", "0-5")[2] == "tomato"


@pytest.mark.quiet
def test_nobody_notices_releases(garden: Site, tmp_path: Path) -> None:
    first = ask(garden, "/built.txt")
    load = Load("garden.example", garden.server.address, tmp_path).start("light", "new")
    time.sleep(2)
    for _ in range(3):
        garden.commit().deploy("garden")
    third = ask(garden, "/built.txt")
    time.sleep(1.1)  # dates are of whole seconds
    garden.project.run("rollback", "garden", "--yes")
    assert ask(garden, "/built.txt")[2] not in (first[2], third[2])
    fresh = f"If-Modified-Since: {third[1]['last-modified']}"
    time.sleep(1)
    seen = load.end()
    assert (seen.failures, seen.left_out) == ({}, 0)
    assert seen.requests > 50
    assert seen.longest <= 1000
    # Older, and yet not what somebody already has.
    assert ask(garden, "/built.txt", "-H", fresh)[0] == 200
    kept = on(garden.server, "ls /srv/apps/garden/public").split()
    assert len(kept) == 2
    shown = garden.project.json("releases", "garden")["releases"][0]
    assert shown["serving"] in [each["number"] for each in shown["releases"]]


def test_a_single_page_app_below_a_path(garden: Site) -> None:
    garden.deploy("shell")
    assert ask(garden, "/app")[1]["location"] == "/app/"
    for path in ("/app/", "/app/people/dana.oliveira", "/app/x?y=1"):
        status, headers, body = ask(garden, path)
        assert (status, body) == (200, "<h1>The shell</h1>"), path
        assert headers["content-type"] == "text/html; charset=utf-8"
    assert ask(garden, "/app/assets/app.js")[2] == "start()"
    assert ask(garden, "/app/assets/old.js")[0] == 404
    assert "Tomatoes" in ask(garden, "/")[2]


def test_a_release_without_its_page_changes_nothing(garden: Site) -> None:
    serving = garden.serving("garden")
    (garden.folder / "site/index.html").unlink()
    assert "GET / answered 404" in garden.commit().deploy("garden", code=1)
    text = (garden.folder / "seawall.yml").read_text()
    (garden.folder / "seawall.yml").write_text(text.replace("static: site", "static: nowhere"))
    assert "there is no folder nowhere" in garden.commit().deploy("garden", code=1)
    assert "Tomatoes are ripe" in ask(garden, "/")[2]
    assert garden.serving("garden") == serving
    (garden.folder / "seawall.yml").write_text(text)
    garden.git("checkout", "--quiet", "HEAD~2", "--", "site/index.html")
    garden.commit()


def test_nobody_but_the_proxy_reads_it(garden: Site) -> None:
    number = on(garden.server, "cat /srv/apps/garden/upstreams/site")
    place = f"/srv/apps/garden/public/{number}/index.html"
    for user, found in (("caddy", True), ("app-shell", False), ("nobody", False)):
        said = on(garden.server, f"runuser -u {user} -- cat {place} 2>&1 || true")
        assert ("Tomatoes" in said) is found, (user, said)
    code = f"/srv/apps/garden/releases/{number}/README.md"
    assert "denied" in on(garden.server, f"runuser -u caddy -- cat {code} 2>&1 || true")


def test_a_process_becomes_a_folder(garden: Site) -> None:
    """Between the apply and the deploy, what ran goes on to serve; going back is a deploy too."""
    process = """  late:
    {kind}
    domain: late.example
    certificate: internal
    health: /
"""
    serve = "process: python3 -m http.server $PORT --bind 127.0.0.1 --directory site"
    described = f"{APPS}{process}"
    garden.project.describe(garden.server, more=described.format(kind=serve))
    garden.project.run("apply", "--yes")
    garden.deploy("late")
    garden.project.describe(garden.server, more=described.format(kind="static: site"))
    refused = garden.deploy("late", "--build", code=1)
    assert "seawall apply tells it" in " ".join(refused.split())
    garden.project.run("apply", "--yes")
    assert "Tomatoes" in garden.get("late")
    garden.deploy("late")
    assert "Tomatoes" in garden.get("late")
    assert on(garden.server, "systemctl list-units 'app-late-*' --plain --no-legend") == ""
    garden.project.run("rollback", "late", "--yes")
    assert "app-late-1-1" in on(garden.server, "systemctl list-units 'app-late-*' --plain")
    assert "Tomatoes" in garden.get("late")
    assert on(garden.server, "ls /srv/apps/late/upstreams").split()[-1] != "site"
