"""The servers of a project as they reach each other."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fleet:
    """`addresses` by server; `identity` is a key and its certificate in PEM that every server of
    the project has, and nobody else: they know each other by it."""

    addresses: dict[str, str] = field(default_factory=dict)
    identity: str = field(default="", repr=False)
