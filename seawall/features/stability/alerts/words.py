"""Ways to a person, as people write them: one mapping each, or a list of them.

What opens a way (a password, a webhook's address) is a secret, and named, never written.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator

from seawall.kit import Section
from seawall.kit.fields import OneLine, wrong
from seawall.kit.fields.duration import Period
from seawall.kit.fields.secrets import SecretName

Severity = Literal["info", "warning", "critical"]
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_SMTP = re.compile(r"smtps?://([^\s:/?#]+@)?([A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(:\d{1,5})?/?")


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise wrong("should be an e-mail address, such as ops@acme.example")
    return value


def _smtp(value: str) -> str:
    if re.match(r"smtps?://[^/@]*:[^/@]*@", value):
        raise wrong("holds a password", "name the secret: password: SMTP_PASSWORD", shown=False)
    if not _SMTP.fullmatch(value):
        raise wrong("should be a mail server, such as smtp://user@smtp.acme.example:587")
    return value.rstrip("/")


def _web(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@]+(/\S*)?", value):
        raise wrong("should be an address that begins with https://", shown=False)
    return value.rstrip("/")


def _one_or_many(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _beat(value: Any) -> Any:
    if not isinstance(value, str | dict):
        raise wrong("should be an address, such as https://hc-ping.com/…, or a secret with it")
    return {"url": value} if isinstance(value, str) else value


def _heart(value: str) -> str:
    return _web(value) if "://" in value else value


def _chat(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


MailAddress = Annotated[OneLine, AfterValidator(_address)]
MailServer = Annotated[OneLine, AfterValidator(_smtp)]
WebAddress = Annotated[OneLine, AfterValidator(_web)]
Chat = Annotated[OneLine, BeforeValidator(_chat)]


@dataclass(frozen=True)
class Way:
    """One channel as the server is told of it: settings in the open, secrets by their names."""

    name: str
    kind: str
    severity: str
    settings: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)


class Channel(Section):
    """What every channel has."""

    HIDDEN: ClassVar[tuple[str, ...]] = ()
    """Fields that name a secret."""

    def way(self, name: str, kind: str) -> Way:
        """This channel under a name of its own."""
        told = self.model_dump()
        severity = told.pop("severity")
        secrets = {key: told.pop(key) for key in self.HIDDEN}
        known = {key: value for key, value in secrets.items() if value}
        return Way(name, kind, severity, told, known)


class Email(Channel):
    """E-mail, by a mail server of yours or of your provider's."""

    HIDDEN = ("password",)

    to: Annotated[list[MailAddress], BeforeValidator(_one_or_many)]
    """Who gets it: an address, or several."""
    smtp: MailServer
    """The mail server: `smtp://USER@HOST:587` (STARTTLS), or `smtps://USER@HOST:465`. Nothing is
    sent without TLS, but for a server of your own network without a user."""
    password: SecretName = "SMTP_PASSWORD"  # noqa: S105  # the name of a secret
    """The secret with the user's password."""
    sender: MailAddress | None = None
    """The address it comes from. Without it the user, or else the first who gets it."""
    severity: Severity = "info"
    """The least that is sent here: `info` (also the week in short), `warning` or `critical`."""

    def way(self, name: str, kind: str) -> Way:
        """A server that nobody logs in to needs no password."""
        made = super().way(name, kind)
        return made if "@" in self.smtp else Way(name, kind, self.severity, made.settings)


class Webhook(Channel):
    """A program of your own that takes a POST of JSON."""

    HIDDEN = ("url", "token")

    url: SecretName
    """The secret with its address."""
    token: SecretName | None = None
    """The secret that bodies are signed with, in `Seawall-Signature`."""
    severity: Severity = "warning"
    """The least that is sent here: `info`, `warning` or `critical`."""


class Hook(Channel):
    """A chat, by an incoming webhook."""

    HIDDEN = ("url",)

    url: SecretName
    """The secret with the webhook's address, which is a password: whoever has it can post."""
    severity: Severity = "warning"
    """The least that is sent here: `info`, `warning` or `critical`."""


class Telegram(Channel):
    """Telegram, by a bot of yours."""

    HIDDEN = ("token",)

    chat: Chat
    """The chat's number, such as -1001234567890, or @name of a channel."""
    token: SecretName = "TELEGRAM_TOKEN"  # noqa: S105  # the name of a secret
    """The secret with the bot's token."""
    api: WebAddress = "https://api.telegram.org"
    """Telegram's own, or a bot API server of yours."""
    severity: Severity = "warning"
    """The least that is sent here: `info`, `warning` or `critical`."""


class Ntfy(Channel):
    """ntfy, on a telephone."""

    HIDDEN = ("topic", "token")

    topic: SecretName = "NTFY_TOPIC"
    """The secret with the topic's name: whoever knows it can read along."""
    token: SecretName | None = None
    """The secret with an access token, where the server wants one."""
    server: WebAddress = "https://ntfy.sh"
    """The server: ntfy.sh, or one of yours."""
    severity: Severity = "warning"
    """The least that is sent here: `info`, `warning` or `critical`."""


class PagerDuty(Channel):
    """PagerDuty, or whatever speaks its events API, version 2."""

    HIDDEN = ("key",)

    key: SecretName = "PAGERDUTY_KEY"
    """The secret with the integration's routing key."""
    api: WebAddress = "https://events.pagerduty.com/v2/enqueue"
    """Where events go."""
    severity: Severity = "critical"
    """The least that wakes somebody: `info`, `warning` or `critical`."""


class Heartbeat(Section):
    """Somebody outside who notices when nothing is heard any more."""

    url: Annotated[OneLine, AfterValidator(_heart)]
    """The address that is asked, such as `https://hc-ping.com/…`, or the secret with it."""
    every: Period = "5m"
    """How often. Let the watcher wait three times as long before it tells you."""

    @property
    def secret(self) -> str:
        """The secret with its address, if it is one."""
        return "" if "://" in self.url else self.url


Emails = Annotated[
    list[Email], BeforeValidator(_one_or_many, json_schema_input_type=Email | list[Email])
]
Hooks = Annotated[
    list[Hook], BeforeValidator(_one_or_many, json_schema_input_type=Hook | list[Hook])
]
Webhooks = Annotated[
    list[Webhook], BeforeValidator(_one_or_many, json_schema_input_type=Webhook | list[Webhook])
]
Telegrams = Annotated[
    list[Telegram],
    BeforeValidator(_one_or_many, json_schema_input_type=Telegram | list[Telegram]),
]
Ntfys = Annotated[
    list[Ntfy], BeforeValidator(_one_or_many, json_schema_input_type=Ntfy | list[Ntfy])
]
PagerDuties = Annotated[
    list[PagerDuty],
    BeforeValidator(_one_or_many, json_schema_input_type=PagerDuty | list[PagerDuty]),
]
Beat = Annotated[Heartbeat, BeforeValidator(_beat, json_schema_input_type=Heartbeat | str)]


def ways(kind: str, channels: "list[Any]") -> Iterator[Way]:
    """The channels of a kind, each by a name: `slack`, then `slack2`."""
    for number, channel in enumerate(channels, 1):
        yield channel.way(kind if number == 1 else f"{kind}{number}", kind)
