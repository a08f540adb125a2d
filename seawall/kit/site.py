"""A domain that visitors reach over TLS."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Site:
    """`public` is False where the server signs for itself; `roots` are certificates in PEM of
    authorities that only its owner trusts."""

    name: str
    public: bool = True
    roots: str = ""
