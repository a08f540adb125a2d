"""`seawall explain`: what a check or a section is for, from the words beside its code."""

import inspect
import sys
from collections.abc import Iterable
from typing import Any, get_args

from pydantic import BaseModel

from seawall.kit import Check, Feature
from seawall.kit.manual import documented
from seawall.report.layout import Page
from seawall.report.screen import Screen
from seawall.report.words import count

ROOMS = {
    "stability": "it keeps running, and nothing is lost",
    "security": "nobody comes in who was not declared",
    "scalability": "it can grow",
}
FAILS = {
    "must": "must fix: seawall check exits with 1 until it is",
    "should": "should fix: said, but seawall check exits with 0",
}


def index(checks: Iterable[Check], screen: Screen) -> None:
    """Every check, by pillar."""
    page, checks = Page(screen), list(checks)
    for room, about in ROOMS.items():
        inside = [check for check in checks if check.room == room]
        if inside:
            page.head(room, about)
            for check in inside:
                page.entry(check.title, check.id)
            page.blank()
    page.text(f"{count(len(checks), 'check')}. Each of them: seawall explain ID")
    page.show()


def check(check: Check, screen: Screen) -> None:
    """One check: what is true when all is well, why it matters, what it does to the exit code."""
    page = Page(screen)
    page.head(check.id, "")
    page.text(check.title, indent=2)
    page.blank()
    _prose(page, check.why)
    page.row("pillar", check.room)
    page.row("severity", FAILS[check.severity])
    page.row("fix", "seawall check says it with each finding")
    page.row("section", f"seawall explain {check.id.partition('.')[0]}")
    page.show()


def section(feature: type[Feature], screen: Screen) -> None:
    """A section of seawall.yml: its promise, its settings, its checks."""
    page = Page(screen)
    page.head(feature.section, feature.room)
    page.blank()
    _prose(page, inspect.getdoc(sys.modules[feature.__module__]) or "")
    _settings(page, feature)
    if checks := feature.checks():
        page.text("Checks")
        for one in checks:
            page.entry(one.title, one.id)
    page.show()


def _settings(page: Page, feature: type[Feature]) -> None:
    model, where = _described_by(feature)
    if not model.model_fields:
        return
    documented()
    page.text(f"In seawall.yml, below {where}")
    for name, field in model.model_fields.items():
        default = field.get_default(call_default_factory=True, validated_data={})
        told = "" if field.is_required() else f"   default {_shown(default)}"
        page.text(f"{field.alias or name}{told}", indent=2)
        page.text(" ".join((field.description or "").split()), indent=6)
    page.blank()


def _described_by(feature: type[Feature]) -> tuple[type[BaseModel], str]:
    """The model whose fields a user writes: that of each entry, for a section of named entries."""
    whole = feature.model_fields.get(feature.section)
    entry = get_args(whole.annotation)[-1:] if whole else ()
    if entry and isinstance(entry[0], type) and issubclass(entry[0], BaseModel):
        return entry[0], f"{feature.section}: and a name:"
    return feature, f"{feature.section}:"


def _shown(value: Any) -> str:
    words = {True: "true", False: "false", None: "none"}
    if isinstance(value, bool) or value is None:
        return words[value]
    return str(value) if value not in ([], {}, "", ()) else "empty"


def _prose(page: Page, text: str) -> None:
    for paragraph in text.split("\n\n"):
        page.text(" ".join(paragraph.split()))
        page.blank()
