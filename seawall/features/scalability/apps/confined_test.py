"""Apps that may do more than they should, or whose secrets everybody knows."""

import pytest

from seawall.features.scalability.apps.alive_test import (
    AGAIN,
    ANEW,
    TIDY,
    UNIT,
    Described,
    asked,
    drop_in,
    told,
)
from seawall.kit import Unknown
from seawall.kit.sabotage import Sabotage

JOURNEY = "tests/journeys/test_containers_deploy.py"
OPEN = "import socket,time; s=socket.create_server(('',8097)); time.sleep(900)"
SABOTAGES = {
    "apps.not-root": Sabotage(drop_in("User=root"), heal=AGAIN, tidy=TIDY),
    "apps.no-published-port": Sabotage(
        f'{UNIT}; setsid python3 -c "{OPEN}" > /dev/null 2>&1 < /dev/null &'
        f" {UNIT}; echo $! > /sys/fs/cgroup/system.slice/$u/cgroup.procs; sleep 0.5",
        heal=AGAIN,
    ),
    "apps.env-has-no-default-secret": Sabotage(
        f"{UNIT}; echo 'SECRET_KEY=\"changeme\"' >> /srv/apps/web/env/$(cat"
        " /srv/apps/web/serving).env; systemctl restart $u; sleep 1",
        heal=ANEW,
    ),
    "apps.limits-enforced": Sabotage(
        "echo cpu memory > /run/sabotage;"
        " mount --bind /run/sabotage /sys/fs/cgroup/cgroup.controllers",
        heal="umount /sys/fs/cgroup/cgroup.controllers",
        journey=JOURNEY,
    ),
    "apps.container-writes": Sabotage(
        drop_in('ExecStartPre=-/bin/sh -c "echo x > /etc/lost"'), heal=AGAIN, tidy=TIDY
    ),
}
"""The kernel of a lab server can limit nothing: there the limit itself is what is missing."""
LIMITED = Described(memory="256M")


def test_root_is_found_and_who_cannot_be_seen_is_not_fine() -> None:
    assert asked("not_root", told({"users": ["root", "app-web"]})) == [
        "web runs as root: processes of app-web-7-1.service run as root, app-web"
    ]
    with pytest.raises(Unknown):
        asked("not_root", told({"users": []}))
    assert asked("not_root", told({"users": [], "state": "failed"})) == []


def test_a_door_beside_the_proxy_is_worse_when_it_answers() -> None:
    door = {"address": "::", "port": 8099, "protocol": "tcp"}
    closed = asked("no_published_port", told({"doors": [door]}), {"ports": {"4": {}, "6": {}}})
    assert closed == [
        "web can be reached beside the proxy: app-web-7-1.service listens on :: port 8099"
    ]
    answers = {"ports": {"4": {"8099": "open"}, "6": {"unknown": "no way"}}}
    assert asked("no_published_port", told({"doors": [door]}), answers) == [
        f"{closed[0]}; it answers from outside"
    ]


def test_defaults_and_open_secrets_are_found_by_name_alone() -> None:
    def found(looks: str, **settings: object) -> list[str]:
        facts = told(variables=[{"name": "API_KEY", "looks": looks}])
        return asked("env_has_no_default_secret", facts, config=Described(**settings))

    assert found("placeholder") == ["API_KEY of web is a placeholder: anybody can guess its value"]
    assert found("debug") == ["web runs in debug mode: API_KEY says so"]
    assert found("secret", secrets=["API_KEY"]) == []
    assert found("secret", env={"API_KEY": "Zq81"}) == [
        "API_KEY of web is a secret in the open: it stands in seawall.yml"
    ]


def test_a_limit_is_what_the_kernel_holds() -> None:
    free = {"memory": "max", "cpus": None}
    assert asked("limits_enforced", told(), config=LIMITED) == []
    assert asked("limits_enforced", told({"limits": free})) == [], "none is declared"
    assert asked("limits_enforced", told({"limits": free}), config=LIMITED) == [
        "memory of web is not limited: app-web-7-1.service may use as much as there is"
    ]
    facts = told({"limits": free})
    facts["apps"]["controllers"] = ["pids"]
    with pytest.raises(Unknown, match="memory of web is not enforceable here"):
        asked("limits_enforced", facts, config=LIMITED)


def test_writes_that_are_lost_are_found() -> None:
    line = "OSError: [Errno 30] Read-only file system: 'x'"
    assert asked("container_writes", told(refused=[line])) == [
        f"web writes where nothing is kept: {line}"
    ]
    assert asked("container_writes", told({"written": ["/app/x"]}, contained=True)) == [
        "web writes where nothing is kept: it wrote /app/x into its container"
    ]
    with pytest.raises(Unknown):
        asked("container_writes", told(refused=None))
