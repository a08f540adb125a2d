"""Restarts: what would not be there after a crash or a reboot."""

from seawall.features.stability.restarts import Restarts
from seawall.kit.sabotage import STOP, Sabotage
from seawall.kit.trial import door, problems

CODE = "import socket,time; s=socket.create_server(('127.0.0.1',8099)); time.sleep(900)"
UNIT = "/etc/systemd/system/sabotage.service"
TIDY = f"systemctl --quiet disable --now sabotage; rm -r {UNIT}*; systemctl daemon-reload"


def _unit(*lines: str) -> str:
    service = f'ExecStart=/usr/bin/python3 -c "{CODE}"'
    text = ("[Service]", service, *lines, "[Install]", "WantedBy=multi-user.target")
    quoted = " ".join(f"'{line}'" for line in text).replace("'127.0.0.1'", "'\\''127.0.0.1'\\''")
    return f"printf '%s\\n' {quoted} > {UNIT}; systemctl daemon-reload; systemctl start sabotage"


SABOTAGES = {
    "restarts.nothing-by-hand": Sabotage(
        "setsid systemd-run --quiet --scope --unit=session-99 --slice=user.slice"
        f' python3 -c "{CODE}" > /dev/null 2>&1 < /dev/null & sleep 0.7',
        heal="systemctl stop session-99.scope",
    ),
    "restarts.starts-at-boot": Sabotage(
        f"{_unit('Restart=always')}; sleep 0.4", heal="systemctl --quiet enable sabotage", tidy=TIDY
    ),
    "restarts.restarted-after-crash": Sabotage(
        f"{_unit()}; systemctl --quiet enable sabotage; sleep 0.4",
        heal=f"mkdir -p {UNIT}.d; printf '%s\\n' '[Service]' 'Restart=on-failure' 'RestartSec=1'"
        f" > {UNIT}.d/restart.conf; systemctl daemon-reload",
        tidy=TIDY,
    ),
    "restarts.no-crash-loop": Sabotage(
        "systemd-run --quiet --unit=sabotage -p Restart=always -p RestartSec=100ms"
        " -p StartLimitIntervalSec=0 /bin/false",
        heal=STOP,
        wait=2,
    ),
    "restarts.nothing-failed": Sabotage(
        "systemd-run --quiet --unit=sabotage /bin/false; sleep 0.4",
        heal="systemctl reset-failed sabotage",
    ),
}
SERVICE: dict[str, object] = {
    "active": "active",
    "sub": "running",
    "boot": "enabled",
    "pulled_by": [],
}
SERVICE |= {"type": "simple", "restart": "always", "restarts": 0, "transient": False}


def asked(method: str, *doors: object, failed: object = (), **service: object) -> list[str]:
    units = {"services": {"app.service": {**SERVICE, **service}}, "failed": failed}
    facts = {"listeners": list(doors) or [door(8000)], "units": {**units, "lingering": ["li"]}}
    return problems(Restarts(), method, facts)


def test_a_proper_service_is_fine() -> None:
    for check in Restarts.checks():
        assert asked(check.method) == [], check.id


def test_what_was_started_in_a_terminal_is_found() -> None:
    by_hand = door(8000, unit="session-3.scope", started_by="session")
    assert asked("nothing_by_hand", by_hand) == [
        "app was started by hand and dies with the next reboot"
    ]
    own = door(8000, unit="app.service", started_by="user service", user="dana")
    assert len(asked("nothing_by_hand", own)) == 1
    assert asked("nothing_by_hand", {**own, "user": "li"}) == []


def test_a_service_needs_somebody_to_start_it_at_boot() -> None:
    assert asked("starts_at_boot", boot="disabled") == ["app.service does not start at boot"]
    assert asked("starts_at_boot", boot="disabled", pulled_by=["app.socket"]) == []


def test_apps_are_left_to_their_own_checks() -> None:
    unit = "app-web-7-1.service"
    units = {"services": {unit: {**SERVICE, "boot": "disabled", "restarts": 12}}, "lingering": []}
    facts = {"listeners": [door(20000, unit=unit)], "units": units}
    assert problems(Restarts(), "starts_at_boot", facts) == []
    assert problems(Restarts(), "no_crash_loop", facts) == []


def test_a_daemon_without_restart_is_found_and_an_init_script_is_not() -> None:
    assert asked("restarted_after_crash", restart="no") == ["app.service stays down after a crash"]
    assert asked("restarted_after_crash", restart="no", boot="generated") == []
    assert asked("restarted_after_crash", restart="no", type="oneshot") == []


def test_loops_and_failures_are_said() -> None:
    assert asked("no_crash_loop", restarts=12) == ["app.service keeps crashing"]
    failed = [{"unit": "backup.service", "result": "exit-code", "exit": "1"}]
    assert asked("nothing_failed", failed=failed) == ["backup.service has failed"]
