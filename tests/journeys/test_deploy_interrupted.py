"""Interrupted anywhere, a deploy leaves the old or the new release, and the next one works.

Three rounds of five kinds are drawn at random; `SEAWALL_ROUNDS=25` draws more, `SEAWALL_SEED`
repeats.
"""

import os
import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from apps.load import Load
from apps.site import Site, site
from conftest import Boot, Project, on

from seawall import lab

pytestmark = [pytest.mark.machine, pytest.mark.journey]
SEED = int(os.environ.get("SEAWALL_SEED") or random.SystemRandom().randrange(10**6))
ROUNDS = int(os.environ.get("SEAWALL_ROUNDS", "3"))
BULK = 20
"""Megabytes that do not compress, so that the code is on its way for a moment."""
Deployer = subprocess.Popen[str]


def kill_the_deployer(shop: Site, deployer: Deployer) -> None:
    deployer.kill()


def cut_the_connection(shop: Site, deployer: Deployer) -> None:
    lab.shell(shop.server.name, "pkill -KILL -f 'sshd: .*@notty|sshd: .*\\[priv\\]'")


def kill_the_job(shop: Site, deployer: Deployer) -> None:
    lab.shell(shop.server.name, "systemctl kill --signal=SIGKILL 'seawall-apply-*'")


def cut_the_power(shop: Site, deployer: Deployer) -> None:
    lab.cut_power(shop.server.name)


def reboot(shop: Site, deployer: Deployer) -> None:
    lab.reboot(shop.server.name)


STAYS_ON = (kill_the_deployer, cut_the_connection, kill_the_job)
INTERRUPTIONS = (*STAYS_ON, cut_the_power, reboot)
KINDS = random.Random(SEED).sample(INTERRUPTIONS, len(INTERRUPTIONS))


@pytest.fixture(scope="module")
def shop(boot: Boot, projects: Callable[[], Project]) -> Site:
    """A server with an app of two instances, and releases that take a moment to arrive."""
    made = site(boot("cut"), projects())
    (made.folder / "bulk").write_bytes(os.urandom(BULK * 2**20))
    made.describe(drain=1, shop="instances: 2\ninstall: [sleep 0.5]").commit()
    made.project.run("apply", "--yes")
    made.deploy("shop")
    return made


@pytest.mark.parametrize("turn", range(ROUNDS))
def test_an_interrupted_deploy_leaves_the_old_or_the_new(
    shop: Site, tmp_path: Path, turn: int
) -> None:
    draw = random.Random(f"{SEED}-{turn}")
    interrupt = KINDS[turn % len(KINDS)]
    after = draw.uniform(0.3, 6.0)
    told = f"{interrupt.__name__} after {after:.2f} s (SEAWALL_SEED={SEED})"
    load = Load("shop.example", shop.server.address, tmp_path)
    if interrupt in STAYS_ON:
        load.start("light")
        time.sleep(1)
    old = str(shop.version)
    deployer = shop.commit().project.start("deploy", "shop")
    time.sleep(after)
    interrupt(shop, deployer)
    deployer.communicate(timeout=120)
    lab.up(shop.server.name)
    wait_until_settled(shop, told)
    assert shop.get("shop") in (old, str(shop.version)), told
    seen = load.end()
    assert (seen.failures, seen.left_out) == ({}, 0), told
    shop.commit().deploy("shop")
    assert shop.get("shop") == str(shop.version), told
    assert shop.faults("shop") == [], told


def wait_until_settled(shop: Site, told: str) -> None:
    """Nobody does anything, and after a while one release serves alone."""
    deadline = time.monotonic() + 45
    while True:
        busy = on(shop.server, "systemctl list-units --plain --no-legend 'seawall-apply-*'")
        faults = [f"still at work: {busy}"] if busy else shop.faults("shop")
        if not faults and shop.get("shop"):
            return
        assert time.monotonic() < deadline, f"{told}: {faults}"
        time.sleep(0.5)


def test_two_deploys_at_once_do_not_mix(shop: Site) -> None:
    """One of them is told who is at it already; or it comes after the other."""
    both = [shop.commit().project.start("deploy", "shop") for _ in range(2)]
    said = [each.communicate(timeout=120) for each in both]
    codes = [each.returncode for each in both]
    assert 0 in codes, said
    refused = [" ".join(err.split()) for (_, err), code in zip(said, codes, strict=True) if code]
    assert all("has been deploying shop for" in each for each in refused), refused
    shop.whole("shop")


def test_two_apps_deployed_at_once_get_ports_of_their_own(shop: Site) -> None:
    shop.describe(drain=1, shop="instances: 2", blog="instances: 2", forum="").commit()
    shop.project.run("apply", "--yes")
    all_three = [shop.project.start("deploy", app) for app in ("shop", "blog", "forum")]
    for each in all_three:
        out, err = each.communicate(timeout=120)
        assert each.returncode == 0, out + err
    for app in ("shop", "blog", "forum"):
        shop.whole(app)
        assert shop.get(app) == str(shop.version)
    ports = on(shop.server, "cd /srv/apps; cat */upstreams/1 blog/upstreams/2 shop/upstreams/2")
    assert len({ports[at : at + 5] for at in range(0, len(ports), 5)}) == 5
