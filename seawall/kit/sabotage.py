"""How a check is seen to fail: every check names what turns it red, and what heals it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sabotage:
    """What makes one check red on a hardened server.

    `break_it` is shell, run there as root. `heal` is "apply" when `seawall apply` must put it
    right, otherwise the shell that does what the finding's fix says or undoes the damage. `wait`
    is how many seconds the damage takes to show. A check that judges only servers without a
    seawall.yml says `described=False`.
    """

    break_it: str
    heal: str = "apply"
    wait: float = 0.0
    described: bool = True
