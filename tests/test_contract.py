"""What every feature and every check must be able to show on a real server.

① the plan on a bare server is not empty ② apply succeeds ③ the second apply changes nothing and
restarts nothing ④ every check is green ⑤ its sabotage turns each check red ⑥ apply, or what the
finding's fix says, heals it.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from apps.site import site
from conftest import NOT_OF_THE_SERVER, Boot, Project, on

from seawall import config as configuration
from seawall import engine
from seawall.features import FEATURES
from seawall.kit import CheckResult
from seawall.kit.sabotage import Sabotage
from seawall.lab.record import LabServer

pytestmark = [pytest.mark.machine, pytest.mark.journey]
SECTIONS = [feature.section for feature in FEATURES]
WITH_STEPS = ["baseline", "updates", "people", "firewall", "ssh"]
OTHERS = "  li: {{ keys: [{li}] }}\n  former: {{ removed: true }}\n"
OPEN = "firewall: { open: [80, 443] }\n"
APP = """\
apps:
  web:
    process: python3 app.py
    domain: web.example
    health: /healthz
    certificate: internal
    drain_seconds: 1
"""
NO_LEFTOVER = "systemctl stop sabotage; systemctl reset-failed sabotage; true"
FRESH_KNOCKS = "nft flush set inet seawall knocks4; nft flush set inet seawall knocks6"


def sabotages() -> dict[str, Sabotage]:
    """Every check's own, from the tests beside the features."""
    found: dict[str, Sabotage] = {}
    top = Path(__file__).parent.parent
    for path in sorted((top / "seawall/features").rglob("*_test.py")):
        name = ".".join(path.relative_to(top).with_suffix("").parts)
        found |= getattr(importlib.import_module(name), "SABOTAGES", {})
    return found


SABOTAGES = sabotages()
CHECKS = [check.id for feature in FEATURES for check in feature.checks()]


class Hardened:
    """A bare server, made what its seawall.yml says, and all that was said on the way."""

    def __init__(self, server: LabServer, project: Project) -> None:
        others = OTHERS.format(li=project.keypair("li"))
        self.server, self.project = server, project.describe(server, more=others + OPEN + APP)
        self.site = site(server, project).commit()
        self.bare = project.json("plan")
        self.first = project.events("apply", "--yes")
        self.started = self._main_processes()
        self.second = project.events("apply", "--yes")
        self.started_after = self._main_processes()
        self.config = configuration.load(project.folder / "seawall.yml")
        self.site.deploy("web")

    def _main_processes(self) -> str:
        return on(
            self.server,
            "systemctl show --property Id,MainPID,InvocationID ssh nftables systemd-journald"
            " apt-daily.timer",
        )

    def ask(self, check: str, *, described: bool = True) -> CheckResult:
        """Make one check on the server as it is now."""
        on(self.server, FRESH_KNOCKS)
        name, config = self.server.name, self.config
        if not described:
            name = f"dana@{self.server.name}"
            config = configuration.Config.undescribed(name)
            [name] = config.servers
        verdict = engine.check(config, [name], options=engine.CheckOptions(only=(check,)))
        section = verdict.sections[-1]
        assert section.error is None, section.error
        [result] = [each for each in section.results if each.check.id == check]
        return result

    def apply(self) -> None:
        """Make it what seawall.yml says, as apply --yes does."""
        on(self.server, FRESH_KNOCKS)
        [done] = engine.apply(
            self.config, [self.server.name], expect=None, on_event=lambda event: None
        )
        assert done.error is None, done.error


@pytest.fixture(scope="module")
def hardened(boot: Boot, projects: Callable[[], Project]) -> Hardened:
    return Hardened(boot("contract"), projects())


@pytest.mark.parametrize("section", WITH_STEPS)
def test_a_bare_server_lacks_every_feature(hardened: Hardened, section: str) -> None:
    [server] = hardened.bare["servers"]
    assert section in {change["feature"] for change in server["changes"]}


def test_apply_succeeds(hardened: Hardened) -> None:
    assert hardened.first[-1] == {"type": "end", "exit_code": 0}
    assert any(event["type"] == "proof" and event["ok"] for event in hardened.first)


def test_the_second_apply_changes_nothing_and_restarts_nothing(hardened: Hardened) -> None:
    [plan] = [event for event in hardened.second if event["type"] == "plan"]
    assert [server["changes"] for server in plan["servers"]] == [[]]
    assert hardened.started == hardened.started_after


def test_every_check_is_green(hardened: Hardened) -> None:
    found = hardened.project.json("check", hardened.server.name, *NOT_OF_THE_SERVER)
    assert found["findings"] == [] and found["unknown"] == []


def test_there_are_many_checks_and_each_has_been_sabotaged() -> None:
    assert len(set(CHECKS)) == len(CHECKS) >= 30
    assert set(SABOTAGES) == set(CHECKS)


@pytest.mark.parametrize("check", [c for c in CHECKS if not SABOTAGES[c].journey])
def test_a_sabotage_is_found_and_healed(hardened: Hardened, check: str) -> None:
    sabotage = SABOTAGES[check]
    on(hardened.server, f"{NO_LEFTOVER}\n{sabotage.break_it}\nsleep {sabotage.wait}")
    red = hardened.ask(check, described=sabotage.described)
    try:
        assert red.state == "found", f"{sabotage.break_it} was not found: {red.state} {red.why}"
        assert all(finding.fix for finding in red.findings)
    finally:
        if sabotage.heal == "apply":
            hardened.apply()
        elif sabotage.heal.startswith("seawall "):
            hardened.project.run(*sabotage.heal.split()[1:])
        else:
            on(hardened.server, sabotage.heal)
    green = hardened.ask(check)
    if sabotage.tidy:
        on(hardened.server, sabotage.tidy)
    assert green.state == "fine", (green.state, green.findings, green.why)


@pytest.mark.parametrize("section", WITH_STEPS)
def test_what_was_changed_by_hand_is_found(hardened: Hardened, section: str) -> None:
    by_hand: dict[str, str] = {
        "baseline": "rm /etc/modprobe.d/seawall.conf",
        "updates": "systemctl disable --now apt-daily.timer",
        "people": "chmod 0644 /home/dana/.ssh/authorized_keys; gpasswd -d dana seawall-admin",
        "firewall": "nft add rule inet seawall input tcp dport 5432 accept",
        "ssh": "echo '# by hand' >> /etc/ssh/sshd_config.d/00-seawall.conf",
    }
    on(hardened.server, by_hand[section])
    [name] = [hardened.server.name]
    [plan] = engine.plan(hardened.config, [name])
    assert {change.feature for change in plan.changes} == {section}
    assert _drift(hardened, section) == "found"
    if section == "people":
        on(hardened.server, "gpasswd -a dana seawall-admin")
    hardened.apply()
    assert _drift(hardened, section) == "fine"


def _drift(hardened: Hardened, section: str) -> Any:
    return hardened.ask(f"{section}.as-declared").state
