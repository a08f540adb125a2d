"""Numbers of servers: as OpenMetrics for machines, as lines for people."""

import math
import time
from collections.abc import Iterator
from typing import Any

from seawall.kit.amounts import size
from seawall.kit.numbers import Numbers
from seawall.report import documents
from seawall.report.layout import Page
from seawall.report.screen import Screen

KINDS = {
    "cpu.busy": ("cpu_busy_ratio", "%", "processors busy"),
    "cpu.waiting": ("cpu_iowait_ratio", "%", "processors waiting for disks"),
    "cpu.stolen": ("cpu_steal_ratio", "%", "processors given to others"),
    "cpu.load": ("load15_per_cpu", "", "programs a processor"),
    "memory.available": ("memory_available_ratio", "%", "memory left"),
    "memory.stalled": ("memory_pressure_full_ratio", "%", "waiting for memory"),
    "swap.used": ("swap_used_ratio", "%", "swap used"),
    "io.stalled": ("io_pressure_full_ratio", "%", "waiting for disks"),
    "network.in": ("network_receive_bytes_per_second", "B/s", "network in"),
    "network.out": ("network_transmit_bytes_per_second", "B/s", "network out"),
    "disk.used": ("filesystem_used_ratio", "%", "disk used"),
    "disk.free": ("filesystem_free_bytes", "B", "disk free"),
    "disk.inodes_used": ("filesystem_inodes_used_ratio", "%", "files used up"),
    "database.connections": ("database_connections_used_ratio", "%", "connections in use"),
}
"""Of each metric: its name outside, its unit, and what it is called on a screen."""


def openmetrics(seen: list[Numbers]) -> str:
    """The newest numbers of every server in the OpenMetrics text format, 1.0.0: ratios from 0 to 1,
    and for each message that is not over, one line."""
    lines: list[str] = []
    for metric, (name, unit, said) in KINDS.items():
        rows = list(_samples(seen, metric, 0.01 if unit == "%" else 1.0))
        if rows:
            lines += [f"# TYPE seawall_{name} gauge", f"# HELP seawall_{name} {said}"]
            lines += [f"seawall_{name}{{{labels}}} {value}" for labels, value in rows]
    lines += ["# TYPE seawall_up gauge", "# HELP seawall_up The server told its numbers."]
    for each in seen:
        up = int(each.error is None and bool(each.told.get("values")))
        lines.append(f"seawall_up{{{_labels(server=each.server)}}} {up}")
    lines += ["# TYPE seawall_alert gauge", "# HELP seawall_alert Told, not over: 1 or 2."]
    for each in seen:
        for told in each.told.get("firing", []):
            about = _labels(each.server, rule=told["rule"], subject=told["subject"])
            lines.append(f"seawall_alert{{{about}}} {told['level']}")
    return "\n".join([*lines, "# EOF", ""])


def _samples(seen: list[Numbers], metric: str, scale: float) -> Iterator[tuple[str, str]]:
    for each in seen:
        for series, value in each.told.get("values", {}).items():
            name, _, subject = series.partition(" ")
            if name == metric and math.isfinite(value):
                about = {"subject": subject} if subject else {}
                yield _labels(each.server, **about), f"{value * scale:.6g}"


def _labels(server: str, **more: str) -> str:
    return ",".join(f'{key}="{_escaped(text)}"' for key, text in {"server": server, **more}.items())


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def show(seen: list[Numbers], screen: Screen) -> None:
    """The numbers of a moment, or over a time, server by server."""
    page = Page(screen)
    for each in seen:
        if each.error:
            page.head(each.server, "")
            page.failure(each.server, each.error)
        elif "series" in each.told:
            _over(page, each)
        else:
            _moment(page, each)
        page.blank()
    page.lines = page.lines[:-1] if page.lines[-1:] == [""] else page.lines
    page.show()


def _moment(page: Page, each: Numbers) -> None:
    at = each.told["seen"]
    page.head(each.server, _day(at) if at else "no numbers of then: it was not watched, or was off")
    for words, metric, value in _named(each.told["values"]):
        page.entry(words, shown(metric, value))


def _over(page: Page, each: Numbers) -> None:
    series = each.told["series"]
    page.head(each.server, "least, mean, most" if series else "no numbers of then")
    for words, metric, told in _named(series):
        three = ", ".join(shown(metric, told[key]) for key in ("least", "mean", "most"))
        page.entry(f"{words}, most at {_day(told['most_at'])}", three)


def _named(values: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Words, metric and value of each series, in the order of the kinds."""
    for metric, (_, _, said) in KINDS.items():
        for series in sorted(values):
            name, _, subject = series.partition(" ")
            if name == metric:
                yield f"{said} {subject}".strip(), metric, values[series]


def shown(metric: str, value: float) -> str:
    """A number as people read it."""
    unit = KINDS[metric][1]
    if unit in ("B", "B/s"):
        return size(int(value)) + unit[1:]
    return f"{value:.1f} {unit}".strip()


def _day(at: float) -> str:
    return time.strftime("%a %d %b %H:%M", time.localtime(at))


def document(seen: list[Numbers]) -> dict[str, Any]:
    """The same for a program."""
    servers = {
        each.server: {"error": each.error.problem} if each.error else _plain(each.told)
        for each in seen
    }
    return {**documents.version(), "servers": servers}


def _plain(told: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in told.items() if key != "type"}
