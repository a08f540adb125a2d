"""Killed, crashing, hung, rebooted, without power: the apps are back with no manual step."""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from apps.site import Site, site
from conftest import Boot, Project, on

from seawall import lab
from seawall.features.scalability.apps.alive_test import SABOTAGES

pytestmark = [pytest.mark.machine, pytest.mark.journey]
LOOK = """
import glob, json, sys
sys.path.insert(0, "/usr/local/lib/app-watch/agent.pyz")
from seawall.agent.apps import looking
print(json.dumps(looking.look()))
"""


@pytest.fixture(scope="module")
def shop(boot: Boot, projects: Callable[[], Project]) -> Site:
    """A server with two apps; one of them begins to hang, and nobody tells."""
    made = site(boot("restarts"), projects())
    made.describe(shop="uploads: [/srv/shop]", blog="").commit()
    made.project.run("apply", "--yes")
    made.deploy("shop")
    made.deploy("blog")
    hang = [
        "curl",
        "-sk",
        "--max-time",
        "1",
        "--resolve",
        f"blog.example:443:{made.server.address}",
    ]
    subprocess.run([*hang, "https://blog.example/hang"], check=False)
    return made


def seen(shop: Site, app: str) -> "dict[str, object]":
    """What the server tells of an app."""
    told = json.loads(on(shop.server, f"python3 - <<'END'\n{LOOK}\nEND"))
    return next(each for each in told if each["app"] == app)


def found(shop: Site) -> set[str]:
    """What `check` finds of its apps."""
    told = shop.project.json("check", "--only", "apps", code=None)
    assert not told["unknown"], told["unknown"]
    return {each["id"] for each in told["findings"]}


def wait(true: Callable[[], object], seconds: float) -> float:
    """Wait until something is so; the seconds it took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds
        time.sleep(0.2)
    return time.monotonic() - began


def test_visitors_wait_for_a_killed_app_and_are_served(shop: Site) -> None:
    """The proxy tries for five seconds before it says that nobody is there."""
    on(shop.server, f"systemctl kill --signal=SIGKILL {shop.unit('shop')}")
    assert shop.get("shop") == str(shop.version)


@pytest.mark.quiet
def test_a_killed_app_is_back_within_a_second(shop: Site) -> None:
    took = [shop.kill("shop") for _ in range(5)]
    sys.stdout.write(f"back after {took} ms\n")
    assert statistics.median(took) <= 1000


def test_an_app_that_keeps_crashing_is_told_and_never_given_up(shop: Site) -> None:
    on(shop.server, "touch /srv/shop/crash")
    on(shop.server, f"systemctl kill --signal=SIGKILL {shop.unit('shop')}")
    log = f"journalctl --unit {shop.unit('shop')} --output cat"
    wait(lambda: "the next start waits 4 s" in on(shop.server, log), 25)
    told = seen(shop, "shop")["crashes"]
    assert isinstance(told, dict)
    assert "apps.crash-loop" in found(shop)
    assert "no database, says version 1" in shop.project.run("releases", "shop")
    assert told["count"] >= 8
    assert "no database, says version 1" in told["lines"]
    on(shop.server, "rm /srv/shop/crash")
    wait(lambda: shop.get("shop") == str(shop.version), 40)


def test_an_app_that_hangs_is_ended_and_starts_again(shop: Site) -> None:
    """It began to hang before the other tests."""
    wait(lambda: seen(shop, "blog")["crashes"], 70)
    wait(lambda: "but has not been well for" in on(shop.server, "journalctl -u app-watch"), 70)
    wait(lambda: shop.get("blog", "/healthz") == str(shop.version), 10)
    assert on(shop.server, f"systemctl show -P NRestarts {shop.unit('blog')}") == "1"
    assert "apps.hung" in found(shop)
    assert "hung and was killed 1 time in a day" in shop.project.run("releases", "blog")
    shop.project.run(*SABOTAGES["apps.hung"].heal.split()[1:])
    assert "apps.hung" not in found(shop)


def test_a_file_of_the_proxy_that_is_gone_comes_back(shop: Site) -> None:
    on(shop.server, "rm /srv/apps/shop/upstreams/*")
    wait(lambda: shop.get("shop") == str(shop.version), 20)


@pytest.mark.parametrize("how", ["reboot", "power cut"])
def test_after_a_boot_everything_serves(shop: Site, how: str) -> None:
    if how == "reboot":
        lab.reboot(shop.server.name)
    else:
        on(shop.server, "rm /srv/apps/shop/upstreams/1")
        lab.cut_power(shop.server.name)
        lab.up(shop.server.name)
    for app in ("shop", "blog"):
        wait(lambda app=app: shop.get(app) == str(shop.version), 30)  # type: ignore[misc]
        shop.whole(app)


def test_the_watch_works_without_seawall(shop: Site) -> None:
    shop.project.run("remove", shop.server.name, "--confirm", shop.server.name)
    on(shop.server, "test ! -e /var/lib/seawall && test ! -e /usr/local/lib/seawall/agent-*")
    on(shop.server, "systemctl restart app-watch && sleep 1 && systemctl is-active app-watch")
    assert shop.get("shop") == str(shop.version)
