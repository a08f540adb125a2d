"""Somebody is told, in time and once, and when that is not possible somebody else is.

What is found on a server is put on its disk first, then sent by each channel that is declared,
again and again until it is taken. When a channel is down the next one gets it, and the failure
itself. A heartbeat lets somebody outside notice that everything is silent, and servers of one
project watch each other.
"""

import json
from collections.abc import Iterator
from typing import Any, ClassVar

from seawall.agent.steps import File, Packages, Step, Unit
from seawall.features.stability.alerts import units
from seawall.features.stability.alerts.judged import Judged
from seawall.features.stability.alerts.words import (
    Beat,
    Emails,
    Hooks,
    Ntfys,
    PagerDuties,
    Telegrams,
    Way,
    Webhooks,
    ways,
)
from seawall.kit import Feature, Room, Use
from seawall.kit.fields.duration import seconds
from seawall.secrets.made import available

DECLARED = "/etc/seawall/alerts.json"
SECRETS = "/etc/seawall/alerts.secrets.json"
KINDS = (
    "email",
    "slack",
    "discord",
    "teams",
    "mattermost",
    "telegram",
    "ntfy",
    "pagerduty",
    "webhook",
    "apprise",
)


class Alerts(Judged, Feature):
    section: ClassVar[str] = "alerts"
    room: ClassVar[Room] = "stability"

    email: Emails = []
    """E-mail: `{ to: ops@acme.example, smtp: "smtp://user@smtp.acme.example:587" }`. Each of these
    may also be a list, for several of a kind."""
    slack: Hooks = []
    """Slack, by an incoming webhook: `{ url: SLACK_URL }`."""
    discord: Hooks = []
    """Discord, by a webhook: `{ url: DISCORD_URL }`."""
    teams: Hooks = []
    """Microsoft Teams, by the webhook of a workflow: `{ url: TEAMS_URL }`."""
    mattermost: Hooks = []
    """Mattermost or Rocket.Chat, by an incoming webhook: `{ url: CHAT_URL }`."""
    telegram: Telegrams = []
    """Telegram, by a bot: `{ chat: -1001234567890 }`."""
    ntfy: Ntfys = []
    """ntfy, on a telephone: `{ topic: NTFY_TOPIC }`."""
    pagerduty: PagerDuties = []
    """PagerDuty: `{ key: PAGERDUTY_KEY }`; it gets what is critical."""
    webhook: Webhooks = []
    """A program of your own: `{ url: WEBHOOK_URL, token: WEBHOOK_TOKEN }`."""
    apprise: Hooks = []
    """Whatever Debian's apprise reaches: `{ url: APPRISE_URL }`, with an address of apprise's."""
    heartbeat: Beat | None = None
    """An outside watcher that is asked every few minutes, and tells you when it is not: the only
    way to hear of a server that is alone and dead. `https://hc-ping.com/…`, or a secret."""

    @property
    def ways(self) -> list[Way]:
        """Every channel, in the order in which they stand in for each other."""
        return [way for kind in KINDS for way in ways(kind, getattr(self, kind))]

    def uses(self, config: Any) -> Iterator[Use]:
        for way in self.ways:
            for secret in way.secrets.values():
                yield Use(secret, f"alerts by {way.name}", "seawall apply")
        if self.heartbeat and self.heartbeat.secret:
            yield Use(self.heartbeat.secret, "the heartbeat", "seawall apply")

    def limits(self, config: Any, server: str) -> Iterator[str]:
        for way in self.ways:
            for name in way.secrets.values():
                if available(config, name) is None:
                    fix = f"seawall secrets set {name}"
                    yield f"alerts cannot go by {way.name}: {name} is not kept yet; {fix}"

    def steps(self, config: Any, server: str) -> Iterator[Step]:
        if self.apprise:
            yield Packages(("apprise",))
        yield File(DECLARED, self._declared(config, server), mode="0600")
        if hidden := self._hidden(config):
            yield File(SECRETS, hidden, mode="0600", secret=True)
        place = f"/etc/systemd/system/{units.NAME}"
        yield File(f"{place}.service", units.SERVICE)
        for kind, content in (("path", units.PATH), ("timer", units.TIMER)):
            unit = f"{units.NAME}.{kind}"
            yield File(f"{place}.{kind}", content, restart=(unit,))
        yield Packages((), without_systemd=("cron",))
        yield File(f"/etc/cron.d/{units.NAME}", units.CRON)
        yield Unit(f"{units.NAME}.path", without_systemd="cron")
        yield Unit(f"{units.NAME}.timer", without_systemd="cron")

    def _declared(self, config: Any, server: str) -> str:
        """What the agent on the server reads; no secret is in it."""
        beat = self.heartbeat
        told = {
            "project": config.project,
            "server": server,
            "channels": [
                {
                    "name": way.name,
                    "kind": way.kind,
                    "severity": way.severity,
                    "settings": way.settings,
                }
                for way in self.ways
            ],
            "heartbeat": beat.url if beat and not beat.secret else "",
            "beat": seconds(beat.every) if beat else 0,
            "peers": list(_peers(config, server)),
            "order": [*config.servers],
        }
        return json.dumps(told, indent=1) + "\n"

    def _hidden(self, config: Any) -> str:
        """The secrets beside it; "" when one is not to be had here: what is there stays."""
        wanted = {way.name: way.secrets for way in self.ways if way.secrets}
        if self.heartbeat and self.heartbeat.secret:
            wanted["heartbeat"] = {"url": self.heartbeat.secret}
        found: dict[str, dict[str, str]] = {}
        for name, secrets in wanted.items():
            for key, secret in secrets.items():
                value = available(config, secret)
                if not value:
                    return ""
                found.setdefault(name, {})[key] = value
        return json.dumps(found, indent=1) + "\n"


def _peers(config: Any, server: str) -> Iterator[dict[str, Any]]:
    """The other servers whose address is known, what they answer on, and their public sites."""
    for name in config.servers:
        address = config.fleet.addresses.get(name, "")
        if name != server and address:
            ports = [port.number for port in config.ports(name) if port.protocol == "tcp"]
            sites = [site.name for site in config.sites(name) if site.public]
            yield {"name": name, "address": address, "ports": ports, "sites": sites}
