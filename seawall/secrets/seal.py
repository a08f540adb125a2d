"""What age does for us: keys, blocks made and opened. The only place that imports pyrage."""

from collections.abc import Iterable
from typing import Any


class Unopened(Exception):
    """The block was not made for this key, or it was changed."""


def fresh() -> str:
    """A new private key, as age writes it."""
    from pyrage import x25519

    return str(x25519.Identity.generate())


def public(identity: str) -> str:
    """The public half of a private key; ValueError when it is none."""
    from pyrage import IdentityError, x25519

    try:
        return str(x25519.Identity.from_str(identity.strip()).to_public())
    except IdentityError:
        raise ValueError("not a key of age") from None


def sealed(text: str, recipients: Iterable[str]) -> str:
    """The text as an armored block for these public keys."""
    import pyrage

    to = [_recipient(key) for key in recipients]
    return bytes(pyrage.encrypt(text.encode(), to, armored=True)).decode()


def locked(text: str, passphrase: str) -> str:
    """The text as an armored block for whoever knows this passphrase; `age -d` opens it."""
    from pyrage import passphrase as age

    return bytes(age.encrypt(text.encode(), passphrase, armored=True)).decode()


def unlocked(armor: str, passphrase: str) -> str:
    """The text of such a block; Unopened when it is another passphrase, or was changed."""
    import pyrage

    try:
        return bytes(pyrage.passphrase.decrypt(armor.encode(), passphrase)).decode()
    except (pyrage.DecryptError, UnicodeDecodeError, ValueError):
        raise Unopened from None


def can_receive(key: str) -> bool:
    """Whether age can encrypt to an ssh key: it knows ed25519 and RSA, nothing else."""
    return key.startswith(("ssh-ed25519 ", "ssh-rsa ", "age1"))


def opened(armor: str, identity: Any) -> str:
    """The text of a block; Unopened when this key does not open it or somebody changed it."""
    import pyrage

    if isinstance(identity, str):
        identity = pyrage.x25519.Identity.from_str(identity)
    try:
        return bytes(pyrage.decrypt(armor.encode(), [identity])).decode()
    except (pyrage.DecryptError, UnicodeDecodeError, ValueError):
        raise Unopened from None


def ssh_identity(private: bytes) -> Any:
    """An ssh key that has no passphrase, as age uses it; ValueError when age cannot."""
    from pyrage import IdentityError, ssh

    try:
        return ssh.Identity.from_buffer(private)
    except IdentityError:
        raise ValueError("not a key that age can use") from None


def _recipient(key: str) -> Any:
    import pyrage

    if key.startswith("age1"):
        return pyrage.x25519.Recipient.from_str(key)
    return pyrage.ssh.Recipient.from_str(key)
