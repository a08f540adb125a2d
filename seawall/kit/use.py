"""A use of a secret: which one, by what, and what brings a new value there."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Use:
    """One thing that needs a secret.

    `by` is what a person calls it, `then` the command that brings a new value to it. `required`
    is False for what goes on with the value it was given last. Where there is none yet, one that
    is `made` is thought up by Seawall and kept.
    """

    name: str
    by: str
    then: str
    environment: str = "production"
    required: bool = True
    made: bool = False
