"""From what was typed after `check` to one verdict: servers of seawall.yml, and strangers."""

from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import TYPE_CHECKING

from seawall.commands.checks import meant
from seawall.commands.servers import nearest
from seawall.report.screen import Output

if TYPE_CHECKING:
    from seawall.config import Config
    from seawall.kit import Verdict

Look = tuple["Config | None", list[str]]


def look(
    output: Output,
    targets: tuple[str, ...],
    *,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    audit: bool = False,
) -> "tuple[Verdict, bool]":
    """The verdict, and whether a seawall.yml stands behind it."""
    from seawall import engine
    from seawall.report.live import waiting

    options = engine.CheckOptions(only=meant(only), skip=meant(skip), audit=audit)
    looks = _looks(targets)
    names = [name for _, servers in looks for name in servers] or ["this repository"]
    with waiting(output, f"{', '.join(names)}: looking"), ThreadPoolExecutor() as pool:
        asked = [
            pool.submit(engine.check, config, servers, options=options) for config, servers in looks
        ]
        verdicts = [one.result() for one in asked]
    strangers = any(config and not config.described for config, _ in looks)
    return _together(verdicts), not strangers


def _looks(targets: tuple[str, ...]) -> list[Look]:
    from seawall.config import Config

    config = nearest() if not targets or any("@" not in target for target in targets) else None
    servers = {*config.servers, *config.accounts} if config else set[str]()
    known = [target for target in targets if target in servers]
    strangers = [Config.undescribed(target) for target in targets if target not in servers]
    looks: list[Look] = [(stranger, list(stranger.servers)) for stranger in strangers]
    if known or not targets:
        everything = [*config.servers, *config.accounts] if config else []
        looks.insert(0, (config, known or everything))
    return looks


def accounts(targets: tuple[str, ...]) -> tuple[str, ...]:
    """The cloud accounts, as targets."""
    from seawall.commands.servers import everything

    return tuple(everything(targets, cloud_only=True)[1])


def _together(verdicts: "list[Verdict]") -> "Verdict":
    from seawall.kit import Verdict

    return Verdict(
        sections=tuple(chain.from_iterable(verdict.sections for verdict in verdicts)),
        seconds=max(verdict.seconds for verdict in verdicts),
        not_checked=tuple(
            dict.fromkeys(chain.from_iterable(verdict.not_checked for verdict in verdicts))
        ),
        loss="\n".join(dict.fromkeys(verdict.loss for verdict in verdicts if verdict.loss)),
    )
