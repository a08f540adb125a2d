"""Every channel, against a server that is real: what it sends, what it makes of each answer, and
that what an app wrote is neither a header, nor markup, nor a mention.
"""

import base64
import hmac
import json
import re
import socket
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sinks import PASSWORD, USER, Mailbox, Posts, certificate, mail_server, web_server

from seawall.agent.telling import channels
from seawall.agent.telling.channels import (
    discord,
    email,
    mattermost,
    ntfy,
    pagerduty,
    slack,
    teams,
    telegram,
    webhook,
)
from seawall.agent.telling.declared import Channel
from seawall.agent.telling.letter import Letter
from seawall.agent.telling.message import Message, cleaned, identity
from seawall.agent.telling.page import page
from seawall.agent.telling.refused import Refused

SECRET = "T0K3N-in-the-address"
FIRE = Message(
    identity("fire", "web1", "disk", "/", 1764038460),
    "fire",
    "critical",
    "disk",
    "/",
    "web1",
    "/ is 98 % full",
    1764038460,
    1764038700,
    "98 %",
    "90 %",
    ("/var/log grew by 2.1 GB since yesterday",),
    ("Look what grew, and delete what nobody needs.",),
    "seawall ssh web1 -- du -xh / --max-depth 2",
)
LETTER = Letter(FIRE, "acme")
HOSTILE = st.text(
    st.sampled_from("@<>&*_`~[](){}|\\#!:/ \n\r\x00\x1b\u200b\u202eabc.") | st.characters(),
    max_size=60,
) | st.sampled_from(
    [
        "<!channel> <@U024BE7LH> <https://evil.example|your bank>",
        "@everyone @here @channel @all",
        "[click](https://evil.example) ![x](https://evil.example/x.png)",
        "Subject: hello\r\nBcc: everybody@evil.example\r\n\r\nbody",
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        "```\n@everyone\n```",
        "`@everyone`",
        "**bold** _it_ ~~no~~ ||spoiler|| <t:0> <#1> <:a:1> <a:b:1> </x:1>",
        "\\@everyone \\\\[a](b)",
    ]
)


def hostile(text: str, kind: str = "fire") -> Letter:
    """A letter with this wherever an app could have put it."""
    made = Message(
        "a1", kind, "warning", text, text, text, text, 1, 2, text, text, (text,), (text,), text
    )
    return Letter(cleaned(made), "acme")


def channel(kind: str, url: str = "", **settings: Any) -> Channel:
    secrets = {"url": f"{url}/hook/{SECRET}", "token": SECRET, "topic": "acme", "key": SECRET}
    return Channel(kind, kind, "warning", {"server": url, "api": url, **settings}, secrets)


@pytest.fixture
def web() -> Iterator[Posts]:
    with web_server() as posts:
        yield posts


@pytest.fixture
def mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    pem = certificate(tmp_path, "127.0.0.1", "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with mail_server(pem=pem) as mailbox:
        yield mailbox


def by_mail(port: int, password: str = PASSWORD, scheme: str = "smtp", **more: Any) -> Channel:
    where = f"{scheme}://{USER}@127.0.0.1:{port}"
    settings = {"to": ["ops@acme.example"], "smtp": where, **more}
    return Channel("email", "email", "info", settings, {"password": password})


def test_a_mail_goes_through_tls_and_a_login_and_says_so(mail: Mailbox) -> None:
    said = channels.send(by_mail(mail.port), LETTER)
    assert said == "SMTP 250 2.0.0 Ok: queued as 0001"
    [sent] = mail.mails
    assert sent["Subject"] == "[acme] web1: / is 98 % full"
    assert sent["From"] == f"Seawall <{USER}>"
    assert sent["Message-ID"] == f"<{FIRE.id}.email@acme.example>"
    assert sent["Auto-Submitted"] == "auto-generated"
    text, html = (sent.get_body((kind,)) for kind in ("plain", "html"))
    assert text and "$ seawall ssh web1 -- du -xh / --max-depth 2" in text.get_content()
    assert html and "<h2" in html.get_content()
    assert mail.logins == [USER.encode()]


def test_a_mail_goes_where_tls_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with mail_server(pem=pem, at_once=True) as mailbox:
        assert "queued as" in channels.send(by_mail(mailbox.port, scheme="smtps"), LETTER)


def test_a_mail_sent_twice_is_the_same_mail(mail: Mailbox) -> None:
    for _ in range(2):
        channels.send(by_mail(mail.port), LETTER)
    first, second = mail.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_a_resolve_is_in_the_thread_of_its_fire(mail: Mailbox) -> None:
    well = Message("b", "resolve", "critical", "disk", "/", "web1", "/ has room", 1, 2)
    for each in (LETTER, Letter(well, "acme")):
        channels.send(by_mail(mail.port), each)
    first, second = mail.mails
    assert first["References"] == second["References"]
    assert second["Subject"] == "[acme] Well again: web1: / has room"


@pytest.mark.parametrize(
    ("says", "lasting", "message"),
    [
        ("451 4.3.0 try later", False, False),
        ("550 5.7.1 DMARC says no", True, False),
        ("554 5.7.0 that is spam", True, True),
    ],
)
def test_what_the_mail_server_says_is_understood(
    mail: Mailbox, says: str, lasting: bool, message: bool
) -> None:
    mail.says.append(says)
    with pytest.raises(Refused) as refused:
        channels.send(by_mail(mail.port), LETTER)
    assert says in refused.value.problem
    assert (refused.value.lasting, refused.value.message) == (lasting, message)


def test_a_wrong_password_is_told_without_the_password(mail: Mailbox) -> None:
    with pytest.raises(Refused) as refused:
        channels.send(by_mail(mail.port, "wrong-password"), LETTER)
    assert refused.value.lasting and "535" in refused.value.problem
    assert "wrong-password" not in refused.value.problem
    assert base64.b64encode(b"wrong-password").decode() not in refused.value.problem


def test_one_recipient_who_is_unknown_does_not_keep_it_from_the_others(mail: Mailbox) -> None:
    mail.unknown.add("gone@acme.example")
    there = by_mail(mail.port, to=["gone@acme.example", "ops@acme.example"])
    said = channels.send(there, LETTER)
    assert "queued as" in said and "refused gone@acme.example: SMTP 550" in said
    assert mail.recipients == [["ops@acme.example"]]


def test_no_password_is_sent_in_the_clear() -> None:
    with mail_server() as mailbox, pytest.raises(Refused, match="offers no TLS"):
        channels.send(by_mail(mailbox.port), LETTER)
    assert mailbox.logins == []


def test_a_certificate_of_nobody_is_not_trusted(tmp_path: Path) -> None:
    pem = certificate(tmp_path, "127.0.0.1")
    with mail_server(pem=pem) as mailbox, pytest.raises(Refused, match="certificate is not good"):
        channels.send(by_mail(mailbox.port), LETTER)
    assert mailbox.logins == []


KINDS = ("slack", "discord", "teams", "mattermost", "telegram", "ntfy", "pagerduty", "webhook")


@pytest.mark.parametrize("kind", KINDS)
def test_a_post_arrives_and_its_receipt_comes_back(web: Posts, kind: str) -> None:
    web.usual = (200, json.dumps({"ok": True, "id": "9", "result": {"message_id": 9}}), {})
    said = channels.send(channel(kind, web.url, chat="-100"), LETTER)
    assert said.startswith("HTTP 200") and SECRET not in said
    assert "98 % full" in web.bodies[0].decode().replace("\\u200b", "").replace("\\\\", "")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("answer", "lasting", "message", "after"),
    [
        (500, False, False, 0),
        ((429, "slow down", {"Retry-After": "7"}), False, False, 7),
        (404, True, False, 0),
        ((302, "", {"Location": "https://evil.example/"}), True, False, 0),
        (400, False, True, 0),
    ],
)
def test_a_refusal_is_understood_and_holds_no_secret(
    web: Posts, kind: str, answer: Any, lasting: bool, message: bool, after: float
) -> None:
    web.usual = answer if isinstance(answer, tuple) else (answer, f"no: /hook/{SECRET}", {})
    with pytest.raises(Refused) as refused:
        channels.send(channel(kind, web.url, chat="-100"), LETTER)
    found = refused.value
    assert (found.lasting, found.message, found.after) == (lasting, message, after)
    assert SECRET not in found.problem and len(web.paths) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_there_is_no_crash_and_no_secret(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Refused, match="refused") as refused:
        channels.send(channel(kind, f"http://127.0.0.1:{port}", chat="1"), LETTER)
    assert not refused.value.lasting and SECRET not in refused.value.problem


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_sent_in_the_clear_across_the_internet(kind: str) -> None:
    with pytest.raises(Refused, match="in the clear"):
        channels.send(channel(kind, "http://hooks.example", chat="1"), LETTER)


@pytest.mark.parametrize("kind", ["slack", "email", "pagerduty", "telegram", "apprise"])
def test_a_secret_that_never_came_is_missed_in_words(kind: str) -> None:
    bare = Channel(
        kind,
        kind,
        "info",
        {"to": ["a@b.example"], "smtp": "smtps://u@127.0.0.1:1", "api": "http://127.0.0.1:1"},
    )
    with pytest.raises(Refused) as refused:
        channels.send(bare, LETTER)
    assert "is not on this server" in refused.value.problem or kind == "email"


def test_a_webhook_is_signed_and_known_by_its_key(web: Posts) -> None:
    channels.send(channel("webhook", web.url), LETTER)
    headers = web.headers[0]
    assert headers["Idempotency-Key"] == FIRE.id
    made = hmac.new(SECRET.encode(), web.bodies[0], "sha256").hexdigest()
    assert headers["Seawall-Signature"] == f"sha256={made}"
    assert web.told[0]["value"] == "98 %" and web.told[0]["project"] == "acme"


def test_an_incident_is_opened_once_and_ended(web: Posts) -> None:
    well = Message("b", "resolve", "critical", "disk", "/", "web1", "/ has room", 1, 2)
    for each in (LETTER, LETTER, Letter(well, "acme")):
        channels.send(channel("pagerduty", web.url), each)
    assert [each["event_action"] for each in web.told] == ["trigger", "trigger", "resolve"]
    assert len({each["dedup_key"] for each in web.told}) == 1
    test = Message("c", "test", "info", "test", "", "web1", "a test", 1, 2)
    channels.send(channel("pagerduty", web.url), Letter(test, "acme"))
    assert [each["event_action"] for each in web.told[3:]] == ["trigger", "resolve"]


def test_apprise_gets_its_address_in_a_file_and_nothing_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program is Debian's; here a small one stands where it would, and tells what it got."""
    there = tmp_path / "apprise"
    there.write_text(
        "#!/bin/sh\n"
        f'echo "$@" >{tmp_path}/words; cat "${{1#--config=}}" >{tmp_path}/addresses\n'
        f'stat -c %a "${{1#--config=}}" >{tmp_path}/mode; cat >{tmp_path}/body\n'
        f"[ ! -e {tmp_path}/fails ]\n"
    )
    there.chmod(0o755)
    monkeypatch.setattr("seawall.agent.telling.channels.apprise.PROGRAM", str(there))
    address = f"json://127.0.0.1/{SECRET}"
    made = Channel("apprise", "apprise", "info", {}, {"url": address})
    assert channels.send(made, LETTER) == "apprise: sent"
    assert SECRET not in (tmp_path / "words").read_text()
    assert (tmp_path / "addresses").read_text().strip() == address
    assert (tmp_path / "mode").read_text().strip() == "600"
    assert "98 % full" in (tmp_path / "body").read_text()
    (tmp_path / "fails").touch()
    with pytest.raises(Refused, match="apprise ended with 1"):
        channels.send(made, LETTER)


@given(HOSTILE)
def test_a_mail_has_the_headers_that_we_gave_it(text: str) -> None:
    mail = email.compose(by_mail(25), hostile(text))
    raw = mail.as_bytes().decode()
    head = raw.partition("\n\n")[0]
    names = [line.partition(":")[0] for line in head.splitlines() if line[:1] not in " \t"]
    assert {*names} <= {
        "From", "To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted",
        "MIME-Version", "Content-Type", "Importance",
    }  # fmt: skip
    assert len(names) == len({*names}) and mail["To"] == "ops@acme.example"


class Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}


OURS = Tags(page(LETTER)).tags | {"p", "br"}


@given(HOSTILE)
def test_a_page_has_the_tags_that_we_gave_it(text: str) -> None:
    found = Tags(page(hostile(text)))
    assert found.tags <= OURS
    assert found.names <= {"style", "charset", "name", "content", "lang"}


@given(HOSTILE)
def test_nobody_is_called_in_slack(text: str) -> None:
    told = slack.content(hostile(text))
    for block in told["blocks"]:
        for each in [block.get("text"), *block.get("elements", ())]:
            assert each is None or (each["type"] == "plain_text" and each["emoji"] is False)
    assert not set(told["text"]) & set("<>")
    assert told["parse"] == "none" and told["link_names"] is False


@given(HOSTILE)
def test_nobody_is_called_in_discord(text: str) -> None:
    told = discord.content(hostile(text))
    assert told["allowed_mentions"] == {"parse": []}
    [embed] = told["embeds"]
    for each in (embed["title"], embed["description"]):
        assert_defused(each)
    for each in embed["fields"]:
        assert len(each["value"]) <= 1024 and each["value"].count("```") == 2


@given(HOSTILE)
def test_nobody_is_called_in_mattermost(text: str) -> None:
    told = mattermost.content(hostile(text))["text"]
    outside = re.sub(r"```\n.*?\n```", "", told, flags=re.DOTALL)
    assert told.count("```") % 2 == 0
    assert_defused(re.sub(r"\*\*|`seawall alerts ack \w+`", "", outside))


def assert_defused(text: str) -> None:
    """Every sign that Markdown knows has a backslash before it, and nobody is called."""
    bare = re.sub(r"\\.", "", text)
    assert not set(bare) & set("*_`~[]()<>#|"), text
    assert not re.search(r"@[^\s\u200b]", text)


@given(HOSTILE)
def test_a_card_of_teams_has_no_text_that_is_read_as_markup(text: str) -> None:
    [attachment] = teams.content(hostile(text))["attachments"]
    for block in attachment["content"]["body"]:
        assert block["type"] == "RichTextBlock"
        assert [run["type"] for run in block["inlines"]] == ["TextRun"]


@given(HOSTILE)
def test_nobody_is_called_in_telegram_and_ntfy(text: str) -> None:
    told = telegram.content(channel("telegram", chat="-1"), hostile(text))
    assert "parse_mode" not in told and len(told["text"].encode("utf-16-le")) <= 8192
    assert not re.search(r"@[^\s\u200b]", told["text"])
    sent = ntfy.content(channel("ntfy"), hostile(text))
    assert sent["markdown"] is False and {*sent} == {
        "topic", "title", "message", "priority", "tags", "markdown",
    }  # fmt: skip


@given(HOSTILE)
def test_what_programs_read_is_json_with_our_keys(text: str) -> None:
    told = json.loads(webhook.content(hostile(text)))
    assert told["title"] == cleaned(Message("a", "fire", "info", *[text] * 4, 1, 2)).title
    event = pagerduty.content(channel("pagerduty"), hostile(text))
    assert {*event} == {"routing_key", "dedup_key", "client", "event_action", "payload"}
    assert "\n" not in event["payload"]["summary"]


@given(st.text(max_size=3000))
def test_the_longest_message_fits_everywhere(text: str) -> None:
    long = (text + "x" * 400,) * 40
    made = Message("a", "fire", "info", "r", "s", "web1", text or "t", 1, 2, "", "", long, long)
    letter = Letter(cleaned(made), "acme")
    assert len(slack.content(letter)["blocks"]) <= 50
    [embed] = discord.content(letter)["embeds"]
    size = len(embed["title"]) + len(embed["description"]) + len(embed["footer"]["text"])
    assert size + sum(len(each["value"]) + len(each["name"]) for each in embed["fields"]) <= 6000
    assert len(json.dumps(teams.content(letter), ensure_ascii=False).encode()) <= 100_000
    assert len(mattermost.content(letter)["text"]) <= 16_383
    assert len(ntfy.content(channel("ntfy"), letter)["message"].encode()) <= 4096
