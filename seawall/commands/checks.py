"""Every check and every section there is, by the name a user types."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from seawall.commands.servers import known

if TYPE_CHECKING:
    from seawall.kit import Check, Feature


def sections() -> "dict[str, type[Feature]]":
    """The sections of seawall.yml that do something, and the topics of the repository."""
    from seawall.clouds.audit import Audit
    from seawall.features import FEATURES
    from seawall.repository.topics import TOPICS

    every: tuple[type[Feature], ...] = (*FEATURES, Audit, *TOPICS)
    return {feature.section: feature for feature in every}


def every() -> "dict[str, Check]":
    """All checks by id, and for each section whether it is still as declared."""
    from seawall.clouds.audit import AS_DECLARED
    from seawall.kit import Feature, drift_check

    declared = [each for each in sections().values() if each.steps is not Feature.steps]
    found = [check for feature in sections().values() for check in feature.checks()]
    drifts = [*map(drift_check, declared), AS_DECLARED]
    return {check.id: check for check in [*found, *drifts]}


def meant(names: Iterable[str]) -> tuple[str, ...]:
    """These ids and sections, or an error with the nearest one."""
    choices = [*sections(), *every()]
    return tuple(known(name, choices, "check or section") for name in names)
