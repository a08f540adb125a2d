"""What a founder reads at three in the morning: a dozen messages, as text, as mail and in Slack.

The files in tests/messages are the review of our tone; SEAWALL_ACCEPT=1 writes them anew.
"""

import json
import time
from collections.abc import Iterator

import pytest
from golden import same

from seawall.agent.telling.channels import slack
from seawall.agent.telling.letter import Letter, span
from seawall.agent.telling.message import Message, identity
from seawall.agent.telling.page import page

SINCE = 1764038460.0  # 25 Nov, 02:41 UTC
AT = SINCE + 240


def fire(
    rule: str, subject: str, title: str, severity: str = "critical", **more: object
) -> Message:
    told: dict[str, object] = {"kind": "fire", "at": AT, **more}
    made = identity("golden", rule, subject, str(told["kind"]))
    return Message(
        id=made,
        severity=severity,
        rule=rule,
        subject=subject,
        server="web1",
        title=title,
        since=SINCE,
        **told,  # type: ignore[arg-type]
    )


MESSAGES = {
    "disk-full": fire(
        "disk-space",
        "/",
        "/ is 98 % full",
        value="98 %, 1.1 GB left",
        threshold="90 %",
        cause=(
            "/var/log/app grew by 2.1 GB since yesterday, 14 GB in all",
            "/var/lib/docker has 9 GB, 6 GB of it unused images",
        ),
        advice=("Look what grew and delete what nobody needs; at 100 % the database stops.",),
        command="seawall ssh web1 -- du -xh / --max-depth 2 | sort -h | tail",
    ),
    "disk-forecast": fire(
        "disk-forecast",
        "/srv",
        "/srv will be full in about 4 h",
        value="81 %, 2.3 GB more each hour",
        threshold="24 h",
        cause=("/srv/apps/shop/uploads grows",),
        advice=("Stop what writes so much, or make the disk larger.",),
        command="seawall ssh web1 -- df -h /srv",
    ),
    "memory": fire(
        "memory-available",
        "",
        "memory is nearly used up",
        severity="warning",
        value="6 % available",
        threshold="10 % for 5 min",
        cause=("python3 (app-shop) 2.9 GB", "postgres 640 MB", "caddy 61 MB"),
        advice=("Restart the app if it leaks; give it a limit: apps.shop.memory.",),
        command="seawall restart shop",
    ),
    "out-of-memory": fire(
        "oom",
        "app-shop-7-1.service",
        "the kernel killed python3 (app shop): no memory was left",
        cause=("python3 had 3.1 GB of 3.8 GB",),
        advice=("It was started again. If this comes back, it needs less, or the server more.",),
        command="seawall logs shop --since 1h",
    ),
    "crash-loop": fire(
        "crash-loop",
        "app-shop-8-1.service",
        "shop crashes again and again: 7 times within an hour",
        value="7 restarts an hour",
        threshold="5",
        cause=(
            "Traceback (most recent call last):",
            '  File "app.py", line 12, in <module>',
            "KeyError: 'STRIPE_KEY' <!channel> <b>not bold</b>",
        ),
        advice=("It worked before release 8: go back, then look at leisure.",),
        command="seawall rollback shop",
    ),
    "certificate": fire(
        "certificate",
        "acme.example",
        "the certificate of acme.example ends in 6 days",
        value="6 days",
        threshold="7 days",
        cause=("the last renewal failed: DNS of acme.example leads to 203.0.113.99",),
        advice=("Let the name lead to this server again; the renewal follows by itself.",),
        command="seawall check web1 --only tls",
    ),
    "backup-stale": fire(
        "backup-stale",
        "main",
        "main was not saved for 13 h",
        value="13 h",
        threshold="9 h",
        cause=("the storage answers: 403 Forbidden",),
        advice=("If web1 died now, you would lose 13 h of orders.",),
        command="seawall backup now web1",
    ),
    "reminder-less": fire("steal", "", "the host takes 14 % of the processors", severity="info"),
    "server-silent": Message(
        identity("golden", "silent"),
        "fire",
        "critical",
        "server-silent",
        "web2",
        "web1",
        "web2 does not answer, says web1",
        SINCE,
        AT + 60,
        cause=("no answer within 4 s",),
        advice=(
            "Look at it in your provider's console: is it on, is there an incident?",
            "Gone for good? seawall rebuild brings it back from its copies.",
        ),
        command="seawall check web2",
    ),
    "channel-down": Message(
        identity("golden", "channel"),
        "told",
        "warning",
        "channel",
        "email",
        "web1",
        "web1: alerts do not get through by email",
        SINCE,
        AT + 60,
        cause=("SMTP 535 5.7.8 authentication failed",),
        advice=("A password, a webhook or a mail server changed? Put it right, then send a test.",),
        command="seawall alerts test --channel email",
    ),
    "resolve": fire(
        "disk-space", "/", "/ has room again", kind="resolve", value="71 %", at=SINCE + 840
    ),
    "digest": fire(
        "digest",
        "",
        "web1 was well this week",
        severity="info",
        kind="digest",
        cause=(
            "Alerts: 1 (memory, 14 min on Tuesday), none open.",
            "Backups: main saved 32 min ago, proven Sun 03:00; media saved 32 min ago.",
            "Disk: / 44 %, full in 73 days at this rate.",
            "Updates: all installed; reboot not needed.",
            "Channels: email proven 3 days ago, slack proven 3 days ago.",
        ),
    ),
}


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_reads_as_it_was_agreed(name: str) -> None:
    letter = Letter(MESSAGES[name], "acme")
    same(f"messages/{name}.txt", f"[acme] {letter.title}\n\n{letter.plain()}\n")
    same(f"messages/{name}.html", page(letter))
    told = json.dumps(slack.content(letter), indent=1, ensure_ascii=False)
    same(f"messages/{name}.slack.json", told + "\n")


def test_every_message_says_where_since_when_and_what_to_type() -> None:
    for name, message in MESSAGES.items():
        text = Letter(message, "acme").plain()
        assert "web1" in text, name
        if message.kind in ("fire", "told"):
            assert "Since 02:41 UTC, 25 Nov" in text, name
            assert not message.command or f"$ {message.command}" in text
        assert len(text.splitlines()) <= 25


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (12000, "3 h 20 min"),
     (187200, "2 d 4 h"), (259200, "3 d")],
)  # fmt: skip
def test_spans_are_what_people_say(seconds: float, said: str) -> None:
    assert span(seconds) == said
