"""How a rebuild ended: how long it took, how much is lost, and what only a person can do."""

import time
from typing import Any

from seawall.kit.amounts import age
from seawall.report import documents
from seawall.report.layout import Page
from seawall.report.screen import Output
from seawall.report.words import duration


def report(told: dict[str, Any], output: Output, *, again: bool, host: str) -> None:
    """Say it; `again` when the server had come back before, `host` when it moved."""
    if not output.spoken:
        return documents.write_event({"type": "rebuilt", "again": again, **told})
    page = Page(output.out)
    page.blank()
    if again:
        page.text(f"{told['server']} came back before. Nothing was restored or released.")
    else:
        page.text(f"{told['server']} is back, and its data is what was saved.")
        page.text(f"RTO {duration(told['seconds'])} (measured). {_lost(told)}")
    if host:
        page.text(f"Next: write host: {host} into seawall.yml, and lead its domains there.")
    return page.show()


def _lost(told: dict[str, Any]) -> str:
    if told["data_of"] is None:
        return ""
    moment = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(told["data_of"]))
    return f"RPO: data as of {moment}, {age(told['data_age'])} before this began."
