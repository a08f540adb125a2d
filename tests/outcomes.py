"""Verdicts, plans and outcomes as the engine would hand them over, for the reports' tests."""

from seawall.errors import PlanChanged, StepFailed, Unreachable
from seawall.kit import (
    Applied,
    Check,
    CheckResult,
    Event,
    Finding,
    Plan,
    PlannedChange,
    SectionVerdict,
    Verdict,
)
from seawall.kit.check import Severity

LOSS = "If web1 died now: all its data is lost. No copy exists anywhere else."


def check(name: str, title: str, severity: Severity = "must", room: str = "security") -> Check:
    return Check(name, title, f"Why {title.lower()}.", severity, room, (), "method")


def fine(number: int, room: str = "security") -> tuple[CheckResult, ...]:
    every = (check(f"{room}.fine-{at}", "All is well", room=room) for at in range(number))
    return tuple(CheckResult(one, "fine") for one in every)


def found(one: Check, problem: str, evidence: str = "", fix: str = "") -> CheckResult:
    return CheckResult(one, "found", (Finding(problem, evidence, fix),))


DATABASE = found(
    check("exposure.only-proxy", "Only the proxy answers"),
    "Postgres answers the internet",
    "203.0.113.10:5432 accepted a connection from this laptop",
    "seawall apply web1",
)
UPDATES = found(
    check("updates.waiting", "No security update waits", "should"),
    "14 security updates waiting, the oldest 23 days",
    fix="seawall apply web1",
)
CLOCK = found(
    check("baseline.clock", "The clock is right", "should", "stability"),
    "the clock is 94 s behind",
    "asked over ssh at 14:02:11",
    "apt-get install systemd-timesyncd",
)
SNAPSHOTS = CheckResult(
    check("cloud.snapshots", "Disks have snapshots", room="stability"),
    "unknown",
    why="not allowed: ec2:DescribeSnapshots",
    fix="seawall explain cloud.snapshots   prints the 6-line policy",
)
NEEDS_ROOT = tuple(
    CheckResult(
        check(f"ssh.{name}", f"The {name} is right"),
        "unknown",
        why="needs root",
        fix="seawall check root@203.0.113.7",
    )
    for name in ("ciphers", "password", "root-login")
)
HOSTILE = found(
    check("people.unknown-keys", "Every key is somebody's"),
    "\x1b]0;owned\x07\x1b[31m[red]key[/red]\u202e of \ud800 \r\n::error::mallory\ufffd",
    "line one\x1b[2J\nline two with a tab\tand a nul\0",
)
SKIPPED = CheckResult(check("updates.reboot", "No reboot is due", "should"), "skipped")

REPOSITORY = SectionVerdict(
    "repository",
    (
        found(
            check("secrets.in-git", "No secret is in git"),
            "a live Stripe key is in git",
            "app/pay.py:14   sk_live_…9Qw2   since 4f21c9a, 3 weeks ago",
            "revoke it at Stripe first, then take it out of the history",
        ),
        *fine(23),
    ),
)
WEB1 = SectionVerdict("web1", (DATABASE, UPDATES, SNAPSHOTS, *fine(49)), line=7)
WEB2 = SectionVerdict("web2", fine(52), line=8)
LOST = SectionVerdict(
    "web3",
    error=Unreachable("web3: nobody answers at 203.0.113.12:22 within 10 s", "is it on?"),
    line=9,
)
STRANGER = SectionVerdict(
    "203.0.113.7", (CLOCK, DATABASE, *NEEDS_ROOT, *fine(6, "stability"), *fine(20))
)

TOPICS = SectionVerdict(
    "repository",
    (
        found(
            check("repository.described", "It is described", "should"), "no seawall.yml", "", "x"
        ),
        *fine(2, "versioned"),
        found(
            check("image.not-root", "A container is not root", "should"),
            "the container runs as root",
            "Dockerfile:1   FROM python:3.13, and no USER",
            "before CMD: RUN useradd --system app, then USER app",
        ),
        *fine(3, "image"),
        found(
            check("passwords.not-plain", "Passwords are not stored as they are"),
            "users' passwords are compared or stored as they are",
            "app/login.py:31   if user.password == request.form['password']:\nand 2 more like it",
            "use argon2 or bcrypt",
        ),
        *fine(4, "dependencies"),
    ),
)

VERDICTS = {
    "check": Verdict((REPOSITORY, WEB1, WEB2), 2.84, loss=LOSS),
    "check-fine": Verdict((SectionVerdict("web1", fine(52)), WEB2), 1.2, loss=LOSS),
    "check-unreachable": Verdict((WEB2, LOST), 10.02, ("backups: none are declared",), LOSS),
    "check-skipped": Verdict((SectionVerdict("web1", (SKIPPED, *fine(1))),), 0.9, loss=LOSS),
    "check-repository": Verdict(
        (REPOSITORY,), 0.31, ("servers: no seawall.yml says where they are",)
    ),
    "check-topics": Verdict((TOPICS,), 0.42, ("servers: none is declared",)),
    "check-hostile": Verdict((SectionVerdict("web1", (HOSTILE,)),), 1.0),
}
UNDESCRIBED = Verdict(
    (STRANGER,), 1.34, ("people: no seawall.yml says who may log in",), LOSS.replace("web1", "it")
)

SSHD = """\
--- /etc/ssh/sshd_config.d/00-seawall.conf
+++ /etc/ssh/sshd_config.d/00-seawall.conf
@@ -1,2 +1,3 @@
 X11Forwarding no
-PermitRootLogin yes
+PermitRootLogin no
+PasswordAuthentication no
"""
NFTABLES = "--- a\n+++ b\n@@ -0,0 +1,9 @@\n" + "".join(
    f"+  line {at} of a rule\n" for at in range(9)
)
GUARDED = PlannedChange("ssh", "~", "/etc/ssh/sshd_config.d/00-seawall.conf", SSHD, guarded=True)
MALLORY = PlannedChange("people", "-", "key of mallory in /root/.ssh/authorized_keys")
WEB1_PLAN = Plan(
    "web1",
    (
        PlannedChange("people", "+", "dana (admin)"),
        PlannedChange("people", "+", "li"),
        MALLORY,
        PlannedChange("updates", "+", "packages unattended-upgrades, nftables, needrestart"),
        PlannedChange("baseline", "~", "/etc/sysctl.d/60-seawall.conf", NFTABLES),
        PlannedChange(
            "firewall",
            "~",
            "/etc/nftables.conf\ncloses 5432 postgres, 6379 redis, 8000 python3\nkeeps  22 ssh",
            NFTABLES,
            guarded=True,
        ),
        GUARDED,
        PlannedChange(
            "databases",
            "~",
            "listen_addresses '*' → 'localhost'",
            interrupts="restarts postgresql: about 2 s without a database",
        ),
    ),
    hash="b3b2",
    notes=("key of li is new, from github: SHA256:q8u… (256 bit)",),
)
WEB2_PLAN = Plan("web2", (PlannedChange("people", "+", "li"),), hash="00aa")
PLANS = {
    "plan": [WEB1_PLAN, WEB2_PLAN],
    "plan-converged": [Plan("web1"), Plan("web2")],
    "plan-mixed": [
        WEB2_PLAN,
        Plan("web1"),
        Plan("web3", error=LOST.error),
        Plan("web4", WEB2_PLAN.changes, preflight=("12 MB free on /, 200 MB needed",)),
    ],
}

EVENTS = (
    Event("start", "web1", "people"),
    Event("joined", "web1", extra={"owner": "li@laptop", "since": "14:02"}),
    Event("step", "web1", "preflight", "Debian 12, sudo, 31 GB free, clock right", seconds=0.41),
    Event("step", "web2", "preflight", "Debian 13, root", seconds=0.5),
    Event("step", "web1", "people", "dana, li", seconds=0.1),
    Event("proof", "web1", "ssh, firewall", "kept: a second login as dana worked", seconds=1.64),
    Event(
        "step",
        "web2",
        "firewall",
        "nft -c refused it, exit code 1",
        ok=False,
        seconds=66.2,
        output=("/etc/nftables.conf:12:3-9: Error: syntax error", "\ttcp dport 22 acept"),
    ),
    Event("end", "web2", ok=False),
    Event("end", "web1"),
)
APPLIED = [
    Applied("web1", WEB1_PLAN.changes, 152.3),
    Applied(
        "web2",
        WEB2_PLAN.changes,
        66.9,
        StepFailed("web2: firewall: nft -c refused it, exit code 1", "seawall plan web2 --diff"),
    ),
]
CHANGED = PlanChanged("web1: it is not what the plan showed any more", "seawall apply")
