"""A feature: one section of seawall.yml that knows what it needs, how to become true,
how to tell whether it still is, and how to prove it.

Features never import each other. They contribute (`ports`, `datasets`, `units`, `rules`,
`runbook`) and ask the whole Config for the sum.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from seawall.kit.check import Check, checks_of
from seawall.kit.dataset import Dataset
from seawall.kit.port import Port
from seawall.kit.site import Site
from seawall.kit.use import Use

if TYPE_CHECKING:
    from seawall.agent.steps import Step

Room = Literal["stability", "security", "scalability"]


class Section(BaseModel):
    """A part of seawall.yml: unknown keys are errors, the docstring of a field is its manual (see
    `kit.manual`)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Feature(Section):
    """One section of seawall.yml and all that follows from it."""

    section: ClassVar[str]
    """Its key in seawall.yml, and the first half of its checks' ids."""
    room: ClassVar[Room]
    """The pillar its checks are reported under."""

    def ports(self, config: Any, server: str) -> Iterator[Port]:
        """Ports of this server that must answer from outside."""
        yield from ()

    def sites(self, config: Any, server: str) -> Iterator[Site]:
        """Domains that this server answers over TLS."""
        yield from ()

    def datasets(self, config: Any, server: str) -> Iterator[Dataset]:
        """Data on this server that must not be lost."""
        yield from ()

    def units(self, config: Any, server: str) -> Iterator[str]:
        """systemd units of this server that must keep running."""
        yield from ()

    def rules(self, config: Any, server: str) -> Iterator[Any]:
        """What somebody must be told about."""
        yield from ()

    def uses(self, config: Any) -> Iterator[Use]:
        """Secrets that this section needs."""
        yield from ()

    def runbook(self, config: Any, server: str) -> Iterator[str]:
        """What a person needs to know about this server."""
        yield from ()

    def limits(self, config: Any, server: str) -> Iterator[str]:
        """What was declared and cannot be given on this server, or less safely: a sentence each."""
        yield from ()

    def steps(self, config: Any, server: str) -> "Iterator[Step]":
        """What must be true on this server, in order."""
        yield from ()

    @classmethod
    def checks(cls) -> tuple[Check, ...]:
        """The questions this feature asks a running server."""
        return checks_of(cls)


def drift_check(feature: type[Feature]) -> Check:
    """The question that every feature with steps answers for free: is it still as declared?"""
    why = (
        "seawall.yml is the description of your servers. What was changed by hand is not in it: "
        "nobody reviews it, and a rebuilt server will not have it."
    )
    title = f"{feature.section} is as seawall.yml says"
    slug = f"{feature.section}.as-declared"
    return Check(slug, title, why, "should", feature.room, (), "steps")
