"""Keys, not passwords; no root; only algorithms worth trusting.

Every server on the internet is tried thousands of times a day with guessed passwords. Seawall
turns passwords off, closes root's door once a named admin is proven to get in, keeps only
modern algorithms and slows down whoever knocks too often.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator

from seawall.agent.steps import HostKey, Moduli, SshdConfig, Step
from seawall.features.security import algorithms
from seawall.kit import Feature, Finding, Look, Port, Room, check
from seawall.kit.amounts import several
from seawall.kit.fields import Fault, Group, Network, PortNumber, SshdKeyword, SshdValue, faults

DROP_IN = f"""\
# Written by seawall from seawall.yml; changes here are found and undone.
{{own}}Port {{port}}
PermitRootLogin {{root}}
{{groups}}PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitEmptyPasswords no
LoginGraceTime 30
MaxStartups 10:30:60
ClientAliveInterval 300
ClientAliveCountMax 2
TCPKeepAlive no
Compression no
X11Forwarding no
AllowAgentForwarding no
LogLevel VERBOSE
Banner /etc/issue.net
HostKey /etc/ssh/ssh_host_ed25519_key
HostKey /etc/ssh/ssh_host_rsa_key
HostKeyAlgorithms {",".join(algorithms.HOST_KEYS)}
Ciphers {",".join(algorithms.CIPHERS)}
MACs {",".join(algorithms.MACS)}
"""
"""LogLevel VERBOSE writes the fingerprint of the key that opened each session. ClientAlive asks
inside the encryption, where TCPKeepAlive can be forged; a laptop that vanished is gone after ten
minutes. A forwarded agent lends your keys to whoever is root on the server; `ssh -J` needs none.
TCP forwarding and many sessions per connection stay: people reach databases and deploy with them.
"""


class Ssh(Feature):
    section: ClassVar[str] = "ssh"
    room: ClassVar[Room] = "security"

    port: PortNumber = 22
    """The port sshd listens on."""
    sources: Annotated[list[Network], Field(alias="from")] = []
    """Networks that may reach it (`203.0.113.0/24`); everywhere when empty."""
    allow_groups: list[Group] = []
    """Only members of these groups may log in; everybody with a key when empty."""
    settings: dict[SshdKeyword, SshdValue] = {}
    """Further sshd_config keywords, as in `man sshd_config`; they win over Seawall's."""

    @field_validator("settings")
    @classmethod
    def _each_keyword_once(cls, value: dict[str, str | int]) -> dict[str, str | int]:
        first: dict[str, str] = {}
        for keyword in value:
            if (earlier := first.setdefault(keyword.lower(), keyword)) != keyword:
                problem = f"is {earlier} again: sshd ignores upper and lower case"
                raise faults([Fault(problem, "keep one of them", (keyword,), shown=False)])
        return value

    def ports(self, config: Any, server: str) -> Iterator[Port]:
        yield Port(self.port, "tcp", "ssh", tuple(map(str, self.sources)))

    def steps(self, config: Any, server: str) -> Iterator[Step]:
        root = "no" if config.section("people").admins() else "prohibit-password"
        yield HostKey("rsa", algorithms.RSA_BITS)
        yield Moduli(algorithms.MODULI_BITS)
        yield SshdConfig(
            "/etc/ssh/sshd_config.d/00-seawall.conf",
            self._drop_in(root),
            key_exchanges=algorithms.KEY_EXCHANGES,
            reload=("ssh",),
            guarded=True,
        )

    def _drop_in(self, root: str) -> str:
        """The drop-in; sshd takes the first value it reads, so the user's own come first."""
        own = "".join(f"{keyword} {value}\n" for keyword, value in self.settings.items())
        groups = f"AllowGroups {' '.join(self.allow_groups)}\n" if self.allow_groups else ""
        return DROP_IN.format(own=own, groups=groups, port=self.port, root=root)

    @check("The server refuses passwords", needs=("sshd",))
    def no_passwords(self, look: Look) -> Iterator[Finding]:
        """Robots try passwords on every address of the internet, all day. One weak one, or one
        that leaked elsewhere, and they are in. Keys cannot be guessed. This is found out by
        really trying to log in with a password, from your machine.
        """
        refused = look.seen_outside("password")
        if refused["offered"]:
            seen = f"asked from here, it offered: {', '.join(refused['methods'])}"
            fix = look.apply_or(
                drop_in("PasswordAuthentication no", "KbdInteractiveAuthentication no")
            )
            yield Finding("anybody may try passwords over ssh", seen, fix)

    @check("No account has an exception for passwords", needs=("sshd",))
    def no_exceptions(self, look: Look) -> Iterator[Finding]:
        """A few lines `Match User backup` far down in a file turn passwords on again for one
        account, and the usual test does not see it. sshd itself is asked what it would do for
        each account.
        """
        for account, asked in look.fact("sshd")["for_accounts"].items():
            if account == "root" and asked.get("permitrootlogin") != ["yes"]:
                continue
            if "yes" in asked.get("passwordauthentication", []) and not _yes(
                look, "passwordauthentication"
            ):
                seen = "a Match block says PasswordAuthentication yes"
                fix = "grep -rn -A5 -i '^ *match' /etc/ssh/sshd_config*, and remove that line"
                yield Finding(f"{account} may log in with a password", seen, fix)

    @check("Root cannot log in", needs=("sshd",))
    def no_root(self, look: Look) -> Iterator[Finding]:
        """Every robot knows the name root, and a shared root key says nothing about who used
        it. People log in as themselves and use sudo: then one of them can be removed, and the
        log has a name in it.
        """
        says = _first(look, "permitrootlogin")
        has_admin = bool(look.config.section("people").admins())
        if says == "yes" or (has_admin and says != "no"):
            fix = look.apply_or(drop_in("PermitRootLogin prohibit-password"))
            yield Finding("root may log in over ssh", f"PermitRootLogin {says}", fix)

    @check("Only algorithms worth trusting are offered", severity="should")
    def modern_algorithms(self, look: Look) -> Iterator[Finding]:
        """Old algorithms are kept for machines from 2010. As long as the server offers them,
        somebody between you and it can try to talk both into using one. The list comes from the
        server's own greeting, as seen from your machine.
        """
        offered = look.seen_outside("ssh")
        for kind, name in (("kex", "key exchange"), ("ciphers", "cipher"), ("macs", "checksum")):
            weak = [each for each in offered[kind] if WEAK.search(each)]
            if weak:
                fix = look.apply_or(drop_in(f"{KEYWORDS[kind]} -{','.join(weak)}"))
                yield Finding(f"ssh offers a weak {name}", several(weak), fix)

    @check("Host keys are strong", severity="should", needs=("sshd",))
    def strong_host_keys(self, look: Look) -> Iterator[Finding]:
        """The host key is how your laptop knows that it talks to your server and not to
        somebody in between. A short one can be computed, and then nobody notices.
        """
        for key in look.fact("sshd")["host_keys"]:
            if key["type"] == "ssh-dss" or (key["type"] == "ssh-rsa" and key["bits"] < 3072):
                new = f"rm {key['path']} && ssh-keygen -q -t rsa -b 4096 -N '' -f {key['path']}"
                seen = f"{key['type']}, {key['bits']} bits, {key['path']}"
                yield Finding("a host key is too short", seen, f"{new} && systemctl reload ssh")

    @check("Logins are written down", severity="should", needs=("sshd",))
    def logins_are_logged(self, look: Look) -> Iterator[Finding]:
        """After an incident the first question is who was in, when, and with which key. If sshd
        is told to be quiet, there is no answer, and there never will be one.
        """
        level = _first(look, "loglevel")
        if level.upper() in ("QUIET", "SILENT", "FATAL", "ERROR"):
            fix = look.apply_or(drop_in("LogLevel VERBOSE"))
            yield Finding("nobody writes down who logs in", f"LogLevel {level}", fix)

    @check("Guessing is slow", severity="should", needs=("sshd",))
    def slow_guessing(self, look: Look) -> Iterator[Finding]:
        """Each connection gets a few tries and little time. Without those limits a robot makes
        thousands of tries a minute, and enough half-open connections keep you out as well.
        """
        tries, grace = _number(look, "maxauthtries"), _number(look, "logingracetime")
        if tries > 6:
            fix = look.apply_or(drop_in("MaxAuthTries 4"))
            yield Finding("one connection may try many times", f"MaxAuthTries {tries}", fix)
        if grace == 0 or grace > 120:
            fix = look.apply_or(drop_in("LoginGraceTime 30"))
            yield Finding("a login may take for ever", f"LoginGraceTime {grace} s", fix)

    @check("No dangerous switch is on", needs=("sshd",))
    def safe_settings(self, look: Look) -> Iterator[Finding]:
        """Each of these was turned on once to make something work: empty passwords, trust in
        other hosts' word, key files that anybody may change, variables that run code at login.
        Each one is a way around your keys.
        """
        for keyword, safe in SAFE.items():
            says = _first(look, keyword) or safe
            if says != safe:
                fix = look.apply_or(drop_in(f"{keyword} {safe}"))
                yield Finding("sshd trusts what it should not", f"{keyword} {says}", fix)

    @check("sshd runs what its configuration says", needs=("sshd",))
    def running_config(self, look: Look) -> Iterator[Finding]:
        """A changed file does nothing until sshd reads it again. Until then the server is not
        what everybody thinks it is, and the change strikes at the next reboot, when nobody
        connects the two. The greeting of the running server is compared with its files.
        """
        greeting, settings = look.seen_outside("ssh"), look.fact("sshd")["settings"]
        for kind in ("ciphers", "macs"):
            written = ",".join(settings.get(KEYWORDS[kind].lower(), []))
            if written and written.split(",") != greeting[kind]:
                seen = f"{KEYWORDS[kind]} on disk and in use differ"
                fix = look.apply_or("sshd -t && systemctl reload ssh")
                yield Finding("sshd does not run its configuration", seen, fix)


WEAK = re.compile(
    r"sha1(?!\d)|group1-|group-exchange-sha1|md5|3des|arcfour|blowfish|cast128|-cbc|^none$|ripemd"
    r"|umac-64@"
)
"""Broken, or with known attacks in practice; the NIST curves are not among them."""
KEYWORDS = {"kex": "KexAlgorithms", "ciphers": "Ciphers", "macs": "MACs"}
SAFE = {
    "permitemptypasswords": "no",
    "hostbasedauthentication": "no",
    "ignorerhosts": "yes",
    "strictmodes": "yes",
    "permituserenvironment": "no",
    "pubkeyauthentication": "yes",
}


def drop_in(*lines: str) -> str:
    """The command that sets sshd keywords on a server without Seawall, before all other files."""
    words = " ".join(f"'{line}'" for line in lines)
    path = "/etc/ssh/sshd_config.d/01-local.conf"
    return f"printf '%s\\n' {words} >> {path} && sshd -t && systemctl reload ssh"


def _first(look: Look, keyword: str) -> str:
    values = look.fact("sshd")["settings"].get(keyword, [])
    return str(values[0]) if values else ""


def _yes(look: Look, keyword: str) -> bool:
    return _first(look, keyword) == "yes"


def _number(look: Look, keyword: str) -> int:
    says = _first(look, keyword)
    return int(says) if says.isdigit() else 1
