"""What `seawall alerts` does: asks servers, and shows what they say."""

from typing import Any

from seawall.commands.servers import described
from seawall.errors import ConfigError
from seawall.report.screen import Output


def test(output: Output, server: str, channel: str) -> int:
    """Send a test from one server or all; the exit code."""
    from seawall.engine import alerting

    config, names = described([server] if server else ())
    said = "sending a test"
    return _shown(output, alerting, (config, names, said), verb="test", channel=channel)


def show(output: Output, server: str, verb: str, **words: Any) -> int:
    """Ask one server or all for something, and show it; the exit code."""
    from seawall.engine import alerting

    config, names = described([server] if server else ())
    return _shown(output, alerting, (config, names, "asking"), verb=verb, **words)


def mute(output: Output, server: str, how_long: str, rule: str) -> int:
    """Hold messages, or let them go; the exit code."""
    return show(output, server, "mute", seconds=_seconds(how_long), rule=rule)


def _seconds(how_long: str) -> int:
    """How long a mute is; 0 for `off`."""
    from seawall.kit.fields.duration import UNITS

    number, unit = how_long[:-1], how_long[-1:]
    if how_long == "off":
        return 0
    if not number.isdigit() or unit not in UNITS or not 1 <= int(number) * UNITS[unit] <= LONGEST:
        raise ConfigError(f"mute: should be a time, got {how_long!r}", "such as 30m, 2h, 1d or off")
    return int(number) * UNITS[unit]


LONGEST = 30 * 86400


def _shown(output: Output, alerting: Any, asked: Any, **words: Any) -> int:
    from seawall.report import alerts, documents
    from seawall.report.live import waiting

    config, names, said = asked
    output.stays = lambda: "The servers go on with it: seawall alerts history shows it."
    with waiting(output, f"{', '.join(names)}: {said}"):
        answered = alerting.ask(config, names, **words)
    if output.spoken:
        alerts.show(answered, str(words["verb"]), output.out)
    else:
        documents.write(alerts.document(answered))
    return alerts.exit_code(answered)
