"""Baseline: clock, kernel, logs, name and reserve."""

from seawall.features.stability.baseline import Baseline
from seawall.kit.sabotage import STOP, Sabotage, instead_of, listener, sshd
from seawall.kit.trial import door, problems

JOURNALD = "/etc/systemd/journald.conf.d/seawall.conf"
SMALL = "s/^MemTotal:.*/MemTotal: 1000000 kB/;s/^SwapTotal:.*/SwapTotal: 0 kB/"
SABOTAGES = {
    "baseline.clock": Sabotage("systemctl --quiet disable systemd-timesyncd"),
    "baseline.kernel": Sabotage("sysctl -qw net.ipv4.conf.all.accept_redirects=1"),
    "baseline.core-dumps": Sabotage(
        listener(8099, "127.0.0.1", "-p LimitCORE=infinity"), heal=STOP
    ),
    "baseline.protocols": Sabotage("rm /etc/modprobe.d/seawall.conf"),
    "baseline.login-banner": Sabotage(sshd("s/^Banner .*/Banner none/")),
    "baseline.logs-survive": Sabotage(
        f"sed -i 's/^Storage=.*/Storage=volatile/' {JOURNALD}; systemctl restart systemd-journald;"
        " rm -rf /var/log/journal"
    ),
    "baseline.logs-end": Sabotage(
        "fallocate -l 1100M /var/log/sabotage.log",
        heal="truncate -s 0 /var/log/sabotage.log",
        tidy="rm /var/log/sabotage.log",
    ),
    "baseline.own-name": Sabotage(
        'sed "/$(hostname)/d" /etc/hosts > /run/hosts; cp /run/hosts /etc'
    ),
    "baseline.reserve": Sabotage(instead_of("/proc/meminfo", SMALL), heal="umount /proc/meminfo"),
}
KEEPER = {"systemd-timesyncd.service": {"now": "active", "boot": "enabled"}}
WELL = {
    "clock": {"synchronised": True, "container": False, "keepers": KEEPER, "now": 0},
    "kernel": {"settings": {}, "protocols": [], "protocols_from": "modprobe"},
    "listeners": [door(443, "caddy")],
    "journal": {"persistent": True, "syslog": "", "bytes": 10, "disk_bytes": 1000, "huge": []},
    "system": {"hostname": "web1", "hostname_resolves": True, "memory": 2 * 10**9, "swap": 10**9},
}
BANNER = {"text": Baseline().banner}


def asked(method: str, probe: str = "clock", *, off: float = 0.2, **changed: object) -> list[str]:
    known = WELL[probe]
    facts = {**WELL, probe: {**known, **changed}} if isinstance(known, dict) else WELL
    outside = {"clock_offset_s": off, "banner": BANNER}
    return problems(Baseline(), method, facts, outside=outside)


def test_a_calm_server_is_fine() -> None:
    for check in Baseline.checks():
        assert asked(check.method) == [], check.id


def test_a_clock_is_judged_from_outside_and_by_its_keeper() -> None:
    assert asked("clock", off=-90) == ["the clock is wrong"]
    assert asked("clock", keepers={}) == ["nobody keeps the clock right"]
    assert asked("clock", synchronised=False) == ["the clock is not synchronised"]
    assert asked("clock", synchronised=False, container=True) == []


def test_the_kernel_counts_what_speaks_for_all_interfaces() -> None:
    fine = {"net.ipv4.conf.eth0.accept_redirects": "1", "net.ipv4.conf.all.accept_redirects": "0"}
    assert asked("kernel", "kernel", settings=fine) == []
    loose = {"net.ipv4.conf.all.accept_redirects": "1", "kernel.randomize_va_space": "0"}
    assert asked("kernel", "kernel", settings=loose) == ["2 kernel settings are loose"]


def test_logs_and_reserve() -> None:
    assert asked("logs_survive", "journal", persistent=False) == ["logs are lost at every reboot"]
    assert asked("logs_survive", "journal", persistent=False, syslog="rsyslogd") == []
    assert asked("logs_end", "journal", bytes=600) == ["logs take a quarter of the disk"]
    assert asked("reserve", "system", swap=0) == ["memory has no reserve"]
    assert asked("reserve", "system", swap=0, memory=8 * 10**9) == []
    assert asked("own_name", "system", hostname_resolves=False) == [
        "the server does not know its own name"
    ]
