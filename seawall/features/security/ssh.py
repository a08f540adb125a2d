"""Keys, not passwords; no root; only algorithms worth trusting.

Every server on the internet is tried thousands of times a day with guessed passwords. Seawall
turns passwords off, closes root's door once a named admin is proven to get in, keeps only
modern algorithms and slows down whoever knocks too often.
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator

from seawall.agent.steps import HostKey, Moduli, SshdConfig, Step
from seawall.features.security import algorithms
from seawall.kit import Feature, Port, Room
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
X11Forwarding no
LogLevel VERBOSE
Banner /etc/issue.net
HostKey /etc/ssh/ssh_host_ed25519_key
HostKey /etc/ssh/ssh_host_rsa_key
HostKeyAlgorithms {",".join(algorithms.HOST_KEYS)}
Ciphers {",".join(algorithms.CIPHERS)}
MACs {",".join(algorithms.MACS)}
"""
"""LogLevel VERBOSE writes the fingerprint of the key that opened each session."""


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
        """The text of the drop-in; sshd takes the first value it reads, so the user's come first."""
        own = "".join(f"{keyword} {value}\n" for keyword, value in self.settings.items())
        groups = f"AllowGroups {' '.join(self.allow_groups)}\n" if self.allow_groups else ""
        return DROP_IN.format(own=own, groups=groups, port=self.port, root=root)
