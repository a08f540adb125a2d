"""The figures, as a table for people and as one line of JSON for programs."""

import json
from dataclasses import dataclass

from fleet import Fleet
from timing import Times


@dataclass(frozen=True)
class Figures:
    """Everything that was measured."""

    steps: int
    near: Times
    far: Times
    checks: Times
    logins: int
    fleet: Fleet
    help: float
    heavy: list[str]


ROWS = {
    "one batched ssh script": "shell",
    "seawall apply --yes, the whole command": "apply",
    "its engine alone, in process": "engine",
    "pyinfra": "pyinfra",
    "pyinfra, one question for all settings": "pyinfra, clever,",
    "ansible-core, pipelining": "ansible",
    "ansible-core, one question for all": "ansible, clever,",
}
BARS = {
    "noop_vs_shell": ("≤", 1.3),
    "noop_vs_pyinfra": ("≥", 15),
    "noop_vs_ansible": ("≥", 30),
    "check_s": ("≤", 1.5),
    "check_logins": ("≤", 1),
    "help_s": ("≤", 0.15),
}


def show(figures: Figures) -> None:
    """Print the tables, then the JSON line."""
    _contenders(figures)
    _checks(figures)
    summary = summed_up(figures)
    _bars(summary)
    print(json.dumps(summary))


def _contenders(figures: Figures) -> None:
    columns = [
        (figures.near, "cold"),
        (figures.near, "warm"),
        (figures.far, "cold"),
        (figures.far, "warm"),
    ]
    heads = ("new ssh", "kept ssh", "50 ms, new", "50 ms, kept")
    print(f"\nNothing to change in {figures.steps} steps: median seconds (least; repetitions)\n")
    print(f"{'':42}" + "".join(f"{head:>18}" for head in heads))
    for title, who in ROWS.items():
        print(
            f"{title:42}" + "".join(f"{_cell(times, f'{who} {how}'):>18}" for times, how in columns)
        )


def _cell(times: Times, name: str) -> str:
    if name not in times.seconds:
        return "-"
    return f"{times[name]:.2f} ({times.least(name):.2f}; {times.count(name)})"


def _checks(figures: Figures) -> None:
    times, fleet = figures.checks, figures.fleet
    print("\nLooking at a server: median seconds (least; repetitions)\n")
    for title, name in (
        ("seawall check, one server", "check"),
        ("ssh HOST true", "ssh true"),
        ("ansible -m setup", "facts"),
    ):
        print(f"{title:42}{_cell(times, name):>18}")
    print(f"{'check of one bare server':42}{fleet.one:>11.2f}")
    print(
        f"{f'check of {fleet.servers} bare servers at once':42}{fleet.all:>11.2f}"
        f"  ({fleet.own / fleet.servers:.2f} s of CPU here for each; all share this machine)"
    )
    print(
        f"{'seawall --help, best':42}{figures.help:>11.3f}"
        f"  (heavy imports: {', '.join(figures.heavy) or 'none'})"
    )


def summed_up(figures: Figures) -> dict[str, float | int | list[str]]:
    """Ratios of medians; `noop` figures are the whole command over a new ssh connection."""
    near, far, checks, fleet = figures.near, figures.far, figures.checks, figures.fleet
    found: dict[str, float | int | list[str]] = {"steps": figures.steps}
    for prefix, times in (("noop", near), ("noop_50ms", far)):
        found |= _ratios(prefix, times)
    found |= {
        "check_s": round(checks["check"], 2),
        "check_logins": figures.logins,
        "check_vs_ssh": round(checks["check"] / checks["ssh true"], 1),
        "check_vs_ansible_facts": round(checks["facts"] / checks["check"], 1),
        "servers_parallel": fleet.servers,
        "parallel_vs_one": round(fleet.all / fleet.one, 1),
        "help_s": round(figures.help, 3),
        "help_imports": figures.heavy,
    }
    return found


def _ratios(prefix: str, times: Times) -> dict[str, float | int | list[str]]:
    ours, warm = times["apply cold"], times["apply warm"]
    others = {
        "pyinfra": "pyinfra cold",
        "pyinfra_clever": "pyinfra, clever, cold",
        "ansible": "ansible cold",
        "ansible_clever": "ansible, clever, cold",
    }
    ratios = {
        f"{prefix}_s": ours,
        f"{prefix}_warm_s": warm,
        f"{prefix}_vs_shell": ours / times["shell cold"],
        f"{prefix}_warm_vs_shell": warm / times["shell warm"],
        f"{prefix}_engine_vs_shell": times["engine cold"] / times["shell cold"],
        f"{prefix}_engine_warm_vs_shell": times["engine warm"] / times["shell warm"],
        f"{prefix}_warm_vs_ansible_clever": times["ansible, clever, warm"] / warm,
    }
    ratios |= {f"{prefix}_vs_{who}": times[name] / ours for who, name in others.items()}
    return {key: round(value, 2) for key, value in ratios.items()}


def _bars(summary: dict[str, float | int | list[str]]) -> None:
    print("\nBars\n")
    for name, (sign, bar) in BARS.items():
        value = summary[name]
        assert isinstance(value, int | float)
        holds = value <= bar if sign == "≤" else value >= bar
        print(f"{name:42}{value:>11} {sign} {bar:<5} {'holds' if holds else 'MISSED'}")
    print()
