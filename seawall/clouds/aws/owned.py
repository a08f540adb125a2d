"""How it is known whose a thing is: by its tag, never by its name."""

from collections.abc import Iterable, Mapping
from typing import Any

from seawall.kit.cloud import Foreign
from seawall.kit.cloud.contract import TAG


def tags(project: str, **more: str) -> list[dict[str, str]]:
    """The tag of ours, as most services take it."""
    return [{"Key": key, "Value": value} for key, value in {TAG: project, **more}.items()]


def tagged(found: Iterable[Mapping[str, Any]] | Mapping[str, Any] | None, project: str) -> bool:
    """True when these tags, a list or a mapping, say that a thing is this project's."""
    if isinstance(found, Mapping):
        return found.get(TAG) == project
    return any(each.get("Key") == TAG and each.get("Value") == project for each in found or ())


def named(found: Iterable[Mapping[str, Any]] | None) -> str:
    """The name in a list of tags."""
    return next((str(each["Value"]) for each in found or () if each.get("Key") == "Name"), "")


def foreign(what: str, name: str) -> Foreign:
    """The error for a thing of our name that is not ours."""
    problem = f"aws: {what} {name} is there and is not Seawall's: its tag {TAG} is missing"
    return Foreign(
        problem, f"nothing of it was changed; rename it, or tag it {TAG} to hand it over"
    )
