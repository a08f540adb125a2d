"""The checks of a cloud account, by what they are about; `seawall.clouds.audit` has them all."""

from seawall.kit import Look
from seawall.kit.cloud import Account, Wanted


def account(look: Look) -> Account:
    """What was seen."""
    found: Account = look.fact("account")
    return found


def wanted(look: Look) -> Wanted:
    """What is declared."""
    found: Wanted = look.config
    return found


def ignored(look: Look, *names: str) -> bool:
    """True when somebody wrote one of these under `ignore:`."""
    return any(name in wanted(look).settings.ignore for name in names)


def server_of(look: Look, instance: str) -> str:
    """The server that an instance is, or nothing."""
    placed = wanted(look).servers.items()
    return next((name for name, each in placed if instance in (each.aws, each.gcp)), "")
