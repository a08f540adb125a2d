"""Copies of data: what was saved or proven just now, and what is stored, of which age."""

from typing import TYPE_CHECKING, Any

from seawall import __version__
from seawall.errors import SeawallError, Unreachable
from seawall.kit.amounts import age, size
from seawall.report import documents
from seawall.report.layout import Page
from seawall.report.screen import Screen
from seawall.report.words import duration

if TYPE_CHECKING:
    from seawall.engine.backing import Saved
    from seawall.engine.restoring import Restore

NAME = 16
"""Columns for the name of a dataset."""
MOST = 10
"""Runs that a list shows; the rest are counted."""


def outcome(saved: "list[Saved]", screen: Screen) -> None:
    """What became of each dataset, server by server."""
    page = Page(screen)
    for one in saved:
        page.head(one.server, "")
        for event in one.events:
            (_event if "dataset" in event else _reading)(page, event)
        if one.error:
            page.failure(one.server, one.error)
        page.blank()
    page.show()


def _event(page: Page, event: dict[str, Any]) -> None:
    name = (event["dataset"], NAME)
    taken = duration(float(event.get("seconds", 0)))
    if event["type"] == "saved":
        where = "" if event["to"] == "main" else f" to {event['to']}"
        page.item("ok", f"saved{where}, {size(event['bytes'])}", taken, name=name)
    elif event["type"] == "proven":
        page.item("ok", f"restored and the same, {size(event['bytes'])}", taken, name=name)
    elif event["type"] == "returned":
        back = "was back before" if event.get("again") else "is back, and the same as was saved"
        page.item("ok", f"{back}, {size(event['bytes'])}", taken, name=name)
    elif event["type"] == "restored":
        _restored(page, event, taken)
    elif event["type"] == "unsaved":
        page.item("must", f"not saved to {event['to']}: {event['problem']}", name=name)
        for line in str(event["output"]).splitlines()[-5:]:
            page.bullet(line)
    else:
        what = "is not back" if event["type"] == "unreturned" else "its newest copy did not hold"
        page.item("must", what, name=name)
        for line in event["wrong"]:
            page.bullet(str(line))


def _reading(page: Page, event: dict[str, Any]) -> None:
    """What became of reading a part of a destination again."""
    name = (event["to"], NAME)
    if event["type"] == "unread":
        page.item("must", f"not read: {event['problem']}", name=name)
        lines = str(event["output"]).splitlines()[-5:]
    else:
        part = "everything" if event["of"] == 1 else f"part {event['part']} of {event['of']}"
        well = event["type"] == "intact"
        said = f"{part} was read, and is as it was stored" if well else f"{part} is damaged"
        page.item("ok" if well else "must", said, duration(event["seconds"]), name=name)
        lines = event["wrong"]
    for line in lines:
        page.bullet(str(line))


def _restored(page: Page, event: dict[str, Any], taken: str) -> None:
    """Where it is now, and what to do next; or why it is not what was saved."""
    name = (event["dataset"], NAME)
    if event["ok"] and event["live"]:
        page.item("ok", "restored, compared, and in its place", taken, name=name)
        if event["former"]:
            page.bullet(f"what was there is now {event['former']}; delete it once all is well")
        page.bullet("apps that keep connections or files open: seawall restart APP")
    elif event["ok"]:
        page.item("ok", f"restored beside the live one: {event['where']}", taken, name=name)
    else:
        page.item("must", f"restored, but not what was saved: {event['where']}", name=name)
        for line in event["wrong"]:
            page.bullet(str(line))
        if event["live"]:
            page.bullet("the live data was not touched")


def replacing(wanted: "Restore", copy: dict[str, Any], facts: dict[str, Any]) -> list[str]:
    """What is going to happen to live data."""
    old = age(facts["now"] - copy["time"])
    saved = (
        "It is saved as it is now before, and stays beside."
        if wanted.safety
        else "It is NOT saved before; the former one stays beside."
    )
    return [f"{wanted.dataset} becomes what it was {old} ago (run {copy['run']}).", saved]


def exit_code(saved: "list[Saved]") -> int:
    """1 when something was not saved or did not hold, 3 when no server could be reached."""
    lost = [one for one in saved if isinstance(one.error, Unreachable)]
    if lost and len(lost) == len(saved):
        return Unreachable.exit_code
    return int(not all(one.ok for one in saved))


Listed = list[tuple[str, dict[str, Any] | SeawallError]]


def listing(listed: Listed, screen: Screen) -> None:
    """Every dataset's newest copy and proof, then the runs that are stored."""
    page = Page(screen)
    for server, told in listed:
        page.head(server, "")
        if isinstance(told, SeawallError):
            page.failure(server, told)
        else:
            for name in told["facts"]["datasets"]:
                mark, said = _standing(told["facts"], name)
                page.item(mark, said, name=(name, NAME))
            _runs(page, told)
        page.blank()
    page.show()


def _standing(facts: dict[str, Any], name: str) -> tuple[str, str]:
    """How a dataset stands, and whether that is well: as `check` judges it."""
    from seawall.features.stability.backups import judged

    dataset = facts["datasets"][name]
    one = {**facts, "datasets": {name: dataset}}
    late = [where for where in dataset["stored"] if any(judged.late(one, where))]
    unproven = [*judged.unproven(one)]
    said = [_stored(facts, where, dataset, where in late) for where in dataset["stored"]]
    said.append(_proven(facts, dataset, bool(unproven)))
    return "must" if late or unproven else "ok", ", ".join(said)


def _stored(facts: dict[str, Any], where: str, dataset: dict[str, Any], late: bool) -> str:
    from seawall.features.stability.backups import judged

    place = "" if where == "main" else f" in {where}"
    moment = dataset["stored"][where]["time"]
    if moment is None:
        return f"never stored{place}"
    if judged.is_ahead(facts, moment):
        return f"stored{place}, dated in the future"
    return f"stored{place} {age(facts['now'] - moment)} ago{', too long' if late else ''}"


def _proven(facts: dict[str, Any], dataset: dict[str, Any], late: bool) -> str:
    proof, tried = dataset["proof"], dataset["tried_proof"]
    if tried and not tried["ok"]:
        return f"did not hold {age(facts['now'] - tried['time'])} ago"
    if not proof:
        return "never proven"
    ago, took = age(facts["now"] - proof["time"]), duration(proof["seconds"])
    return f"proven {ago} ago in {took}{', too long' if late else ''}"


def _runs(page: Page, told: dict[str, Any]) -> None:
    runs = told["copies"]
    for run in runs[:MOST]:
        names = ", ".join(run["datasets"]) or "nothing"
        page.entry(f"{run['run']}  {names}", f"{age(told['facts']['now'] - run['time'])} ago")
    if len(runs) > MOST:
        page.entry(f"and {len(runs) - MOST} older", "")


def document(saved: "list[Saved]") -> dict[str, Any]:
    """What was done, for a program."""
    servers = [
        {
            "server": one.server,
            "ok": one.ok,
            "events": list(one.events),
            "error": documents.error(one.error),
        }
        for one in saved
    ]
    return {"format": documents.FORMAT, "seawall": __version__, "servers": servers}


def listed_document(listed: Listed) -> dict[str, Any]:
    """What is stored, for a program."""
    servers = [
        {"server": server, "error": documents.error(told)}
        if isinstance(told, SeawallError)
        else {"server": server, "error": None, "copies": told["copies"], **told["facts"]}
        for server, told in listed
    ]
    return {"format": documents.FORMAT, "seawall": __version__, "servers": servers}
