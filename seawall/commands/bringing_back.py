"""What `seawall restore` does: finds the copy that is meant, asks while it can, restores."""

import re
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from seawall.commands.naming import require_name
from seawall.commands.servers import described
from seawall.errors import ConfigError
from seawall.report.screen import Output

AGO = re.compile(r"(\d+)\s*(min|[mhdw])(?:\s+ago)?")
SECONDS = {"m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}


@dataclass(frozen=True)
class Choice:
    """Which data, as it was when; and the server's name once more."""

    data: str
    server: str = ""
    at: str = ""
    run: str = ""
    confirm: str = ""


@dataclass(frozen=True)
class Part:
    """What of it; and whether it takes the place of the live data, which is saved before unless
    that is not wanted."""

    table: str
    file: str
    live: bool
    safety: bool


def carry_out(output: Output, choice: Choice, part: Part) -> int:
    """Restore it; the exit code."""
    from seawall.engine import restoring
    from seawall.report import copies, documents
    from seawall.report.live import waiting

    _require_whole(part)
    config, _ = described([choice.server] if choice.server else ())
    server = restoring.server_of(config, choice.data, choice.server)
    output.stays = lambda: "Nothing was changed."
    with waiting(output, f"{server}: asking where the copies lie"):
        copy, facts = _meant(restoring.listed(config, server), choice)
    wanted = restoring.Restore(choice.data, copy["run"], **asdict(part))
    if part.live:
        if output.spoken:
            output.out.show([*copies.replacing(wanted, copy, facts), ""])
        again = f"seawall restore {choice.data} --into-production"
        require_name(output, (server,), choice.confirm, again=again)
    output.stays = lambda: f"{server} goes on with it: seawall backup list shows the end."
    with waiting(output, f"{server}: restoring {choice.data}"):
        saved = [restoring.restore(config, server, wanted)]
    if output.spoken:
        copies.outcome(saved, output.out)
    else:
        documents.write(copies.document(saved))
    return copies.exit_code(saved)


def _require_whole(part: Part) -> None:
    if part.live and (part.table or part.file):
        hint = "without --into-production it is restored beside, to be copied from there"
        raise ConfigError("only a whole copy takes the place of live data", hint)


def _meant(listed: dict[str, Any], choice: Choice) -> tuple[dict[str, Any], dict[str, Any]]:
    """The copy that is meant, and the facts; ConfigError when there is none."""
    mine = [copy for copy in listed["copies"] if choice.data in copy["datasets"]]
    hint = "seawall backup list shows what there is"
    if not mine:
        raise ConfigError(f"there is no copy of {choice.data}", "seawall backup now makes one")
    if choice.run:
        fitting = [copy for copy in mine if copy["run"].startswith(choice.run)]
        if len(fitting) != 1:
            raise ConfigError(f"{len(fitting)} runs begin with {choice.run}", hint)
    else:
        latest = moment(choice.at, listed["facts"]["now"]) if choice.at else float("inf")
        fitting = [copy for copy in mine if copy["time"] <= latest]
    if not fitting:
        first = datetime.fromtimestamp(mine[-1]["time"]).strftime("%Y-%m-%d %H:%M")
        raise ConfigError(f"{choice.data} was first saved later, at {first}", hint)
    return fitting[0], listed["facts"]


def moment(text: str, now: float) -> float:
    """The Unix time of `2026-11-24 03:00` as clocks here show it, or of `2h` and `3d ago`."""
    if ago := AGO.fullmatch(text.strip()):
        return now - int(ago[1]) * SECONDS[ago[2]]
    try:
        return datetime.fromisoformat(text.strip().replace("Z", "+00:00")).timestamp()
    except ValueError:
        today = time.strftime("%Y-%m-%d")
        raise ConfigError(
            f"--at {text}: that is no time", f"such as '{today} 03:00' or 2h"
        ) from None
