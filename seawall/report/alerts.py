"""Alerts on a screen: what is open, how channels are, what was told, and receipts of tests."""

import time
from typing import TYPE_CHECKING, Any

from seawall import __version__
from seawall.errors import Unreachable
from seawall.kit.amounts import age
from seawall.report import documents
from seawall.report.layout import Page
from seawall.report.screen import Screen

if TYPE_CHECKING:
    from seawall.engine.alerting import Answered

NAME = 12
"""Columns for the name of a channel."""
Told = dict[str, Any]


def show(answered: "list[Answered]", verb: str, screen: Screen) -> None:
    """What each server told."""
    page = Page(screen)
    for each in answered:
        page.head(each.server, "" if each.error else HEADS.get(verb, _nothing)(each.told))
        if each.error:
            page.failure(each.server, each.error)
        else:
            SHOWN[verb](page, each.told)
        page.blank()
    page.show()


def _nothing(told: Told) -> str:
    return ""


def _summary(told: Told) -> str:
    parts = [f"{len(told['open'])} open" if told["open"] else "nothing open"]
    if told["waiting"]:
        parts.append(f"{told['waiting']} waiting for {age(told['oldest'])}")
    parts += [_mute(each, told["now"]) for each in told["mutes"]]
    return ", ".join(parts)


def _mute(mute: Told, now: float) -> str:
    what = mute["rule"] or "everything"
    return f"{what} muted by {mute['by']} for {age(mute['until'] - now)} more"


def _list(page: Page, told: Told) -> None:
    for each in told["open"]:
        message = each["message"]
        since = age(max(0.0, told["now"] - message["since"]))
        known = f", {each['acked']['by']} knows" if each.get("acked") else ""
        mark = "must" if message["severity"] == "critical" else "should"
        page.item(mark, f"{message['title']}, for {since}{known}", message["id"][:8])
    for name, channel in told["channels"].items():
        mark, text = _channel(channel, told["now"])
        page.item(mark, text, name=(name, NAME))
    beat = told["heartbeat"]
    if beat:
        heard = f"heard {age(told['now'] - beat['at'])} ago" if beat["at"] else "never heard"
        text = ", ".join(filter(None, [heard, beat["error"]]))
        page.item("must" if beat["error"] else "ok", text, name=("heartbeat", NAME))
    for name, peer in told["peers"].items():
        seen = f"seen {age(told['now'] - peer['seen'])} ago" if peer.get("seen") else "never seen"
        text = ", ".join(filter(None, [seen, peer.get("error")]))
        page.item("must" if peer.get("error") else "ok", text, name=(name, NAME))


def _channel(told: Told, now: float) -> tuple[str, str]:
    """A mark and the words for how a channel is."""
    if told["missing"]:
        return "must", f"its {', '.join(told['missing'])} is not on the server"
    if told["failing"] is not None:
        return "must", f"takes nothing for {age(max(0.0, now - told['failing']))}: {told['error']}"
    proven = told["proven"]
    if not proven:
        return "unknown", "never proven: seawall alerts test"
    if not proven["at"]:
        return "must", f"the last test failed: {proven['said']}"
    return "ok", f"took a message {age(max(0.0, now - proven['at']))} ago: {proven['said']}"


def _test(page: Page, told: Told) -> None:
    tested = told["tested"]
    for name, receipt in tested["receipts"].items():
        page.item("ok", receipt["said"], name=(name, NAME))
    for name, refused in tested["refused"].items():
        page.item("must", refused["said"], name=(name, NAME))


def _history(page: Page, told: Told) -> None:
    for each in told["history"]:
        message, became = each["message"], each["became"]
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(message["at"]))
        mark = "ok" if message["kind"] == "resolve" else "should"
        page.item(mark, f"{when}  {message['title']}", message["id"][:8])
        for name, receipt in each["receipts"].items():
            page.bullet(f"{name}: {receipt['said']}")
        for name, refused in each["refused"].items():
            page.bullet(f"{name}: not taken: {refused['said']}")
        if became != "sent":
            page.bullet(BECAME.get(became, became))


BECAME = {
    "digest": "not urgent: it is in the week's digest",
    "unsent": "no channel took it",
    "held": "muted, and well again before that ended",
    "acked": "a reminder, and somebody knew",
}


def _ack(page: Page, told: Told) -> None:
    for each in told["acked"]:
        page.item("ok", f"known: {each['message']['title']}", each["message"]["id"][:8])
    if not told["acked"]:
        page.item("unknown", "nothing like that is open")


def _muted(page: Page, told: Told) -> None:
    if "mute" in told:
        until = time.strftime("%H:%M on %Y-%m-%d", time.localtime(told["mute"]["until"]))
        page.item("ok", f"{told['mute']['rule'] or 'everything'} is held until {until}")
    else:
        page.item("ok", "heard again" if told["ended"] else "nothing was muted")


HEADS = {"list": _summary}
SHOWN = {"list": _list, "test": _test, "history": _history, "ack": _ack, "mute": _muted}


def document(answered: "list[Answered]") -> Told:
    """The same, for a program."""
    return {
        "format": documents.FORMAT,
        "seawall": __version__,
        "servers": [
            {"server": each.server, "error": each.error.problem}
            if each.error
            else {"server": each.server, **{k: v for k, v in each.told.items() if k != "type"}}
            for each in answered
        ],
    }


def exit_code(answered: "list[Answered]") -> int:
    """3 when no server could be reached, 1 when one could not tell or a test was not taken."""
    errors = [each.error for each in answered if each.error]
    if errors and all(isinstance(error, Unreachable) for error in errors) and not _some(answered):
        return 3
    refused = any(each.told.get("tested", {}).get("refused") for each in answered)
    return int(bool(errors) or refused)


def _some(answered: "list[Answered]") -> bool:
    return any(each.error is None for each in answered)
