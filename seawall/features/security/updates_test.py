"""Updates: what waits, whether it comes by itself, and what a date means."""

from datetime import UTC, datetime

import pytest

from seawall.features.security.updates import Updates
from seawall.kit import Unknown
from seawall.kit.amounts import DAY
from seawall.kit.sabotage import Sabotage
from seawall.kit.trial import findings, problems

LISTS = "/var/lib/apt/lists"
NEWER = "Package: sudo\\nArchitecture: $(dpkg --print-architecture)\\nVersion: 99:1\\n\\n"
STALE = f"/var/cache/apt/*.bin /var/lib/apt/periodic/* {LISTS}/partial {LISTS}"
STATUS = "/var/lib/dpkg/status"
RELEASE = "/usr/lib/os-release"
SABOTAGES = {
    "updates.waiting": Sabotage(
        f'printf "{NEWER}" > {LISTS}/sabotage_dists_x-security_main_Packages',
        heal=f"rm {LISTS}/sabotage_*",
    ),
    "updates.install-themselves": Sabotage(
        'sed -i \'s/"1"/"0"/\' /etc/apt/apt.conf.d/20auto-upgrades'
    ),
    "updates.fresh-list": Sabotage(
        f"touch -c -d '10 days ago' {STALE}", heal=f"touch {LISTS}/partial"
    ),
    "updates.security-source": Sabotage(
        f"mkdir /root/sabotage; mv {LISTS}/*-security_*Packages* /root/sabotage",
        heal=f"mv /root/sabotage/* {LISTS}; rmdir /root/sabotage",
    ),
    "updates.supported-release": Sabotage(
        f"sed 's/^VERSION_ID=.*/VERSION_ID=10/' {RELEASE} > /run/sabotage;"
        f" mount --bind /run/sabotage {RELEASE}",
        heal=f"umount {RELEASE}; rm /run/sabotage",
    ),
    "updates.no-reboot-due": Sabotage("touch /run/reboot-required", heal="rm /run/reboot-required"),
    "updates.whole-packages": Sabotage(
        f"sed -i '/^Package: less$/,/^$/s/ok installed/ok half-configured/' {STATUS}",
        heal="dpkg --configure -a",
    ),
    "updates.nothing-held": Sabotage("apt-mark hold less", heal="apt-mark unhold less"),
    "updates.signed-sources": Sabotage(
        "echo 'deb [trusted=yes] http://x.invalid/ ./' > /etc/apt/sources.list.d/sabotage.list",
        heal="rm /etc/apt/sources.list.d/sabotage.list",
    ),
    "updates.restarted": Sabotage(
        "cp -L $(ls /lib/*/libz.so.1 /usr/lib/*/libz.so.1 | head -1) /usr/lib/libsabotage.so;"
        " systemd-run --quiet --unit=sabotage -E LD_PRELOAD=/usr/lib/libsabotage.so sleep 900;"
        " sleep 0.4; rm /usr/lib/libsabotage.so",
        heal="systemctl stop sabotage",
    ),
}
NOW = datetime(2026, 11, 24, tzinfo=UTC).timestamp()
WELL = {
    "os": {"id": "debian", "version": "12", "codename": "bookworm", "name": "Debian 12"},
    "now": NOW,
    "waiting": [],
    "security_lists": ["x_dists_bookworm-security_main_binary-amd64_Packages"],
    "lists_from": NOW - DAY,
    "automatic": {
        "installed": True,
        "enabled": True,
        "lists_every": "1",
        "upgrade_every": "1",
        "security_origin": True,
        "timers": True,
    },
    "reboot": {"due": False, "since": None, "why": []},
}
PACKAGES: dict[str, object] = {"broken": [], "held": [], "unsigned": []}
LATE = {"name": "sudo", "have": "1", "offered": "2", "since": NOW - 23 * DAY, "held": False}


def asked(method: str, **changed: object) -> list[str]:
    facts = {"updates": {**WELL, **changed}, "packages": {**PACKAGES, **changed}}
    return problems(Updates(), method, {**facts, "old_code": changed.get("old", [])})


def test_a_server_that_is_kept_well_is_fine() -> None:
    for check in Updates.checks():
        assert asked(check.method) == [], check.id


def test_what_waits_is_counted_with_its_age() -> None:
    assert asked("waiting", waiting=[LATE]) == ["1 security update is waiting, the oldest 23 days"]
    two = [{**LATE, "since": None}, {**LATE, "since": None, "name": "curl"}]
    assert asked("waiting", waiting=two) == ["2 security updates are waiting"]


def test_after_a_month_it_must_be_fixed() -> None:
    old = {**LATE, "since": NOW - 40 * DAY}
    found = findings(Updates(), "waiting", {"updates": {**WELL, "waiting": [old]}})
    assert [finding.severity for finding in found] == ["must"]


def test_without_a_list_nothing_is_known_to_wait() -> None:
    with pytest.raises(Unknown):
        asked("waiting", security_lists=[])


@pytest.mark.parametrize(
    ("key", "value"), [("installed", False), ("upgrade_every", "0"), ("timers", False)]
)
def test_each_way_to_not_be_automatic_is_found(key: str, value: object) -> None:
    automatic = {**dict(WELL["automatic"]), key: value}  # type: ignore[call-overload]
    assert asked("install_themselves", automatic=automatic) == [
        "security updates do not install themselves"
    ]


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        ("11", ["Debian 12 gets no more fixes"]),
        ("12", []),
        ("13", []),
        ("14", []),
    ],
)
def test_the_end_of_a_release(version: str, problem: list[str]) -> None:
    system = {**dict(WELL["os"]), "version": version}  # type: ignore[call-overload]
    assert asked("supported_release", os=system) == problem


def test_a_release_that_ends_soon_is_said_before() -> None:
    soon = datetime(2028, 5, 1, tzinfo=UTC).timestamp()
    assert asked("supported_release", now=soon) == ["Debian 12 ends soon"]


def test_each_trouble_with_packages_is_found() -> None:
    assert asked("whole_packages", broken=["x: install ok unpacked"]) == [
        "1 package is half installed"
    ]
    assert asked("nothing_held", held=["nginx"]) == ["1 package is held back"]
    assert asked("signed_sources", unsigned=["/etc/apt/x.list: deb [trusted=yes] x"]) == [
        "packages are installed without a signature"
    ]
    assert asked("fresh_list", lists_from=None) == ["the server never asked for updates"]
    assert asked("fresh_list", lists_from=NOW - 9 * DAY) == [
        "the server last asked for updates 9 days ago"
    ]
    assert asked("security_source", security_lists=[]) == ["no source of security updates"]
    due = {"due": True, "since": NOW - 3 * DAY, "why": ["linux-image-amd64"]}
    assert asked("no_reboot_due", reboot=due) == ["a reboot is due, for 3 days now"]
    old = [{"unit": "app.service", "pid": 1, "old": "/usr/lib/libssl.so.3"}]
    assert asked("restarted", old=old) == ["1 program is running old code: app.service"]
