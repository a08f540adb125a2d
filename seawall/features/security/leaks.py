"""What looks like a committed secret and is none, each with the reason.

`seawall check` and `seawall leaks` look for passwords and keys in the files and in all of history.
What they take for one by mistake is named here, where a review sees it, or on its own line in a
comment: `seawall: harmless, made up for the tests`. An old project notes what it has with
`seawall leaks --baseline`, and is told of new ones only.
"""

from typing import ClassVar

from pydantic import model_validator

from seawall.kit import Feature, Room, Section
from seawall.kit.fields import wrong


class Harmless(Section):
    """Something that is no secret."""

    reason: str
    """Why not, for whoever reads this next year."""
    file: str = ""
    """A file or a pattern, relative to the repository: `tests/*`."""
    fingerprint: str = ""
    """The one that `seawall leaks` shows, such as `2c506c-108c0bc0aadf`."""

    @model_validator(mode="after")
    def _says_what_and_why(self) -> "Harmless":
        if not self.file and not self.fingerprint:
            raise wrong("needs a file or a fingerprint", "seawall leaks shows both", shown=False)
        if len(self.reason.strip()) < 3:
            raise wrong("needs a reason", "reason: made up for the tests", shown=False)
        return self


class Leaks(Feature):
    section: ClassVar[str] = "leaks"
    room: ClassVar[Room] = "security"

    allow: list[Harmless] = []
    """What is no secret: a `file` or a `fingerprint`, and the `reason`."""
