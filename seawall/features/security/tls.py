"""Every visitor is on HTTPS, with a certificate that renews itself.

Certificates come from an ACME authority, Let's Encrypt unless you name another, are kept in
/var/lib/caddy and renewed when a third of their life is left. What counts is not the file but what
visitors are shown: that is looked at from outside, over the domain.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator

from seawall.kit import Feature, Finding, Look, Room, Unknown, check
from seawall.kit.amounts import DAY, age, several
from seawall.kit.fields import OneLine, wrong
from seawall.server.names import elsewhere

LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory"


def _email(value: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        raise wrong("should be an email address")
    return value


def _directory(value: str) -> str:
    if not re.fullmatch(r"https://[!-~]+", value):
        raise wrong("should be the address of an ACME directory, with https://")
    return value


def _duration(value: str) -> str:
    if not re.fullmatch(r"[1-9]\d{0,4}[smh]", value):
        raise wrong("should be a time, such as 10m or 20s")
    return value


class Tls(Feature):
    section: ClassVar[str] = "tls"
    room: ClassVar[Room] = "security"

    email: Annotated[OneLine, AfterValidator(_email)] | None = None
    """Whom the authority may write to when something is wrong with your certificates."""
    acme: Annotated[OneLine, AfterValidator(_directory)] = LETS_ENCRYPT
    """The ACME directory that certificates come from: Let's Encrypt, or your company's own."""
    acme_roots: OneLine | None = None
    """A PEM file beside seawall.yml with the certificates that a private ACME server is signed
    by; none is needed for a public one."""
    renew_interval: Annotated[OneLine, AfterValidator(_duration)] = "10m"
    """How often the proxy looks whether a certificate is due. Only for certificates that live
    less than a day it has to be shorter."""

    @check("Visitors are shown a valid certificate")
    def valid(self, look: Look) -> Iterator[Finding]:
        """An expired certificate is a full-page warning: visitors leave, and apps that talk to you
        stop. It is the one they are really shown that counts, not the file on disk. Three weeks
        before the end there is still time to find out why nobody renewed it.
        """
        private = _private(look)
        for name, seen in shown(look):
            left, life = seen["ends"] - seen["at"], seen["ends"] - seen["begins"]
            if left <= 0:
                seen_now = f"it ended {age(-left)} ago"
                yield Finding(f"the certificate of {name} has expired", seen_now, WHY_NOT)
            elif name not in private and seen["distrusted"]:
                problem = f"browsers do not trust the certificate of {name}"
                yield Finding(problem, seen["distrusted"], WHY_NOT)
            elif left < min(ENOUGH, life * SHARE):
                problem = f"the certificate of {name} ends in {age(left)}"
                yield Finding(problem, f"it lives {age(life)}, and was not renewed", WHY_NOT)

    @check("Visitors are shown the newest certificate", needs=("certificates",))
    def newest(self, look: Look) -> Iterator[Finding]:
        """A renewed certificate on disk helps nobody while the old one is served. Everything
        looks fine until the day the old one ends.
        """
        stored = look.fact("certificates")["stored"]
        for name, seen in shown(look):
            known = stored.get(name)
            stale = known and known["sha256"] != seen["sha256"] and known["ends"] > seen["ends"]
            if stale and seen["at"] - known["written"] > SETTLED:
                evidence = f"the newest came {age(seen['at'] - known['written'])} ago"
                yield Finding(f"{name} is served with an old certificate", evidence, RESTART)

    @check("Certificates can be renewed", severity="should", needs=("certificates",))
    def renewing(self, look: Look) -> Iterator[Finding]:
        """Renewal is tried long before the end, so a failure is no outage yet: your visitors
        notice nothing. It is one when nobody reads this.
        """
        for name, why in look.fact("certificates")["failing"].items():
            if name in {site.name for site in _sites(look)}:
                yield Finding(f"the certificate of {name} cannot be renewed", why, WHY_NOT)

    @check("Every domain answers over HTTPS")
    def answers(self, look: Look) -> Iterator[Finding]:
        """The app runs, the server is up, and still nobody sees your site: that is what visitors
        report first. So each domain is asked from outside, as they would.
        """
        for name, seen in each(look):
            if "unknown" in seen:
                yield Finding(f"{name} does not answer over HTTPS", seen["unknown"], LOGS)
                continue
            answer = seen["https"]
            if answer["status"] in (0, 502, 503, 504) and not answer.get("Retry-After"):
                told = answer.get("problem") or f"it answers {answer['status']}"
                yield Finding(f"{name} does not answer over HTTPS", told, LOGS)

    @check("Plain HTTP leads to HTTPS")
    def redirects(self, look: Look) -> Iterator[Finding]:
        """Somebody who types the name comes over plain HTTP, where everybody on the way can read
        and change the page, a login form included.
        """
        for name, seen in shown(look):
            answer = seen["http"]
            status, location = answer["status"], answer.get("Location", "")
            if status and not (300 <= status < 400 and location.startswith("https://")):
                evidence = f"http://{name}/ answers {status}, {location or 'without a Location'}"
                yield Finding(f"{name} can be read without encryption", evidence, _fix(look))

    @check("Only TLS 1.2 and later are spoken")
    def modern(self, look: Look) -> Iterator[Finding]:
        """TLS 1.0 and 1.1 have known holes, and card companies forbid them. No browser of the
        last ten years needs them.
        """
        for name, seen in shown(look):
            if seen["old"]:
                evidence = "it agreed to TLS 1.1"
                yield Finding(f"{name} speaks old TLS", evidence, _fix(look))

    @check("Domains lead to their server", needs=("system",))
    def names_point_here(self, look: Look) -> Iterator[Finding]:
        """A certificate is only given to the server that a name leads to, and visitors go where
        it leads. It is looked up on this machine, so just after a change it may be old news.
        """
        quiet = []
        private = _private(look)
        for name, seen in each(look):
            leads = seen["leads_to"]
            if name in private and not leads.get("addresses"):
                continue  # known to a VPN or a hosts file, not to this machine
            if "unknown" in leads:
                quiet.append(leads["unknown"])
            elif fault := elsewhere(leads["addresses"], [*seen["here"], *_own(look)]):
                fix = f"let {name} lead to {several(seen['here'] or _own(look))} at your DNS"
                yield Finding(f"{name} does not lead to this server", fault, fix)
        if quiet:
            raise Unknown(quiet[0], "try again when DNS answers")

    @check("The proxy takes orders from this server only", needs=("listeners",))
    def admin(self, look: Look) -> Iterator[Finding]:
        """Whoever reaches the proxy's admin interface can send your visitors anywhere. As a
        socket file only the proxy and root reach it; as a port every app on the server does.
        """
        for door in look.fact("listeners"):
            own = (door["process"], door["protocol"]) == ("caddy", "tcp")
            if own and door["port"] not in (80, 443):
                evidence = f"caddy listens on {door['address']} port {door['port']}"
                problem = "every program on the server can change the proxy"
                yield Finding(problem, evidence, _fix(look))


ENOUGH = 21 * DAY
SHARE = 0.25
"""Of the life of a short-lived certificate: renewal begins when a third of it is left."""
SETTLED = 60
"""Seconds in which a renewed certificate has surely reached every connection."""
WHY_NOT = "journalctl -u caddy --grep tls, which says what the authority answered"
RESTART = "systemctl restart caddy-change"
LOGS = "journalctl -u caddy -n 50"


def _fix(look: Look) -> str:
    return look.apply_or(LOGS)


def _sites(look: Look) -> tuple[Any, ...]:
    return look.config.sites(look.server) if look.described else ()


def _private(look: Look) -> set[str]:
    """Domains with a certificate of the server's own."""
    return {site.name for site in _sites(look) if not site.public}


def each(look: Look) -> Iterator[tuple[str, Any]]:
    """Every domain of a server with what was seen of it."""
    declared = _sites(look)
    seen = look.seen_outside("sites") if declared else {}
    return ((site.name, seen[site.name]) for site in declared)


def shown(look: Look) -> Iterator[tuple[str, Any]]:
    """The domains that answer over TLS; that others do not is found once, by `answers`."""
    return ((name, seen) for name, seen in each(look) if "unknown" not in seen)


def _own(look: Look) -> list[str]:
    known = look.fact("system")["addresses"]
    return [address for family in known.values() for address in family or ()]
