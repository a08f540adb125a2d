"""What a channel may answer: a receipt, or a refusal that says whether to try again."""

from __future__ import annotations


class Refused(Exception):
    """A message was not taken.

    `lasting` when trying again in a minute changes nothing: a wrong password, a webhook that is
    gone. `message` when only this one is not taken, and others may be. `after` is how many
    seconds the other side wants us to wait; 0 when it did not say.
    """

    def __init__(
        self, problem: str, *, lasting: bool = False, message: bool = False, after: float = 0.0
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.lasting = lasting
        self.message = message
        self.after = after
