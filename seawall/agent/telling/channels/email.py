"""E-mail, by a mail server that is logged in to over TLS.

A message has the same Message-ID whenever it is sent, so that one that arrives twice, after an
answer that never came, is shown once by mailboxes that look at it.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime
from typing import List, Tuple
from urllib.parse import unquote, urlsplit

from seawall.agent.telling.channels import secret
from seawall.agent.telling.declared import Channel
from seawall.agent.telling.letter import Letter
from seawall.agent.telling.message import line
from seawall.agent.telling.page import page
from seawall.agent.telling.posting import SECONDS, is_near, reason
from seawall.agent.telling.refused import Refused


def send(channel: Channel, letter: Letter) -> str:
    """Send to all recipients; the server's answer to the message, and who was refused."""
    mail = compose(channel, letter)
    try:
        with _login(channel) as server:
            return _hand_over(server, channel, mail)
    except Refused:
        raise
    except smtplib.SMTPAuthenticationError as error:
        raise Refused(_said(error.smtp_code, error.smtp_error), lasting=True) from error
    except smtplib.SMTPResponseException as error:
        lasting = error.smtp_code >= 500
        raise Refused(_said(error.smtp_code, error.smtp_error), lasting=lasting) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Refused(reason(error)) from error


def _login(channel: Channel) -> smtplib.SMTP:
    """A conversation that is encrypted, and logged in where there is a user."""
    user, host, port, at_once = place(str(channel.settings["smtp"]))
    context, here = ssl.create_default_context(), socket.gethostname()
    if at_once:
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, here, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(host, port, here, timeout=SECONDS)
    try:
        if not at_once and (user or not is_near(host)):
            _encrypt(server, context)
        if user:
            server.login(user, secret(channel, "password"))
    except BaseException:
        server.close()
        raise
    return server


def _encrypt(server: smtplib.SMTP, context: ssl.SSLContext) -> None:
    server.ehlo()
    if not server.has_extn("starttls"):
        raise Refused("the mail server offers no TLS, so no password is sent", lasting=True)
    server.starttls(context=context)


def place(url: str) -> Tuple[str, str, int, bool]:
    """User, host, port, and whether TLS comes first, of smtp://USER@HOST:PORT or smtps://."""
    parts = urlsplit(url)
    at_once = parts.scheme == "smtps"
    user = unquote(url.partition("://")[2].rpartition("@")[0])
    host = parts.hostname or ""
    near = 25 if is_near(host) and not user else 587
    return user, host, parts.port or (465 if at_once else near), at_once


def _hand_over(server: smtplib.SMTP, channel: Channel, mail: EmailMessage) -> str:
    """The envelope, then the mail; some recipients may be refused, not all."""
    code, said = server.mail(sender(channel))
    if code != 250:
        raise Refused(_said(code, said), lasting=code >= 500)
    refused = []
    for recipient in channel.settings["to"]:
        code, said = server.rcpt(recipient)
        if code not in (250, 251):
            refused.append((code, f"{recipient}: {_said(code, said)}"))
    if len(refused) == len(channel.settings["to"]):
        raise Refused("; ".join(told for _, told in refused), lasting=refused[0][0] >= 500)
    code, said = server.data(mail.as_bytes(policy=SMTP))
    if code != 250:
        # 552 and 554 after the content are about the content.
        raise Refused(_said(code, said), lasting=code >= 500, message=code in (552, 554))
    return "; ".join([_said(code, said), *(f"refused {told}" for _, told in refused)])


def _said(code: int, said: "bytes | str") -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return line(f"SMTP {code} {text}"[:300])


def sender(channel: Channel) -> str:
    """The address it comes from: as declared, else the login, else the first recipient."""
    user = place(str(channel.settings["smtp"]))[0]
    declared = str(channel.settings.get("sender") or "")
    recipients: List[str] = channel.settings["to"]
    return declared or (user if "@" in user else recipients[0])


def compose(channel: Channel, letter: Letter) -> EmailMessage:
    """The mail: text and HTML that say the same."""
    mail = EmailMessage()
    domain = sender(channel).rpartition("@")[2]
    mail["From"] = Address("Seawall", addr_spec=sender(channel))
    mail["To"] = ", ".join(channel.settings["to"])
    mail["Subject"] = f"[{letter.project}] {letter.title}"
    mail["Date"] = format_datetime(localtime())
    mail["Message-ID"] = f"<{letter.message.id}.{channel.name}@{domain}>"
    mail["References"] = f"<{letter.thread}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    if letter.message.severity == "critical" and letter.message.kind == "fire":
        mail["Importance"] = "high"
    mail.set_content(letter.plain() + "\n", cte="quoted-printable")
    mail.add_alternative(page(letter), subtype="html", cte="quoted-printable")
    return mail
