"""Every check and every section there is, by the name a user types."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from seawall.commands.servers import known

if TYPE_CHECKING:
    from seawall.kit import Check, Feature


def sections() -> "dict[str, type[Feature]]":
    """The sections of seawall.yml that do something."""
    from seawall.features import FEATURES

    return {feature.section: feature for feature in FEATURES}


def every() -> "dict[str, Check]":
    """All checks by id."""
    return {check.id: check for feature in sections().values() for check in feature.checks()}


def meant(names: Iterable[str]) -> tuple[str, ...]:
    """These ids and sections, or an error with the nearest one."""
    choices = [*sections(), *every()]
    return tuple(known(name, choices, "check or section") for name in names)
