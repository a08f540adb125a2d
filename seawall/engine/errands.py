"""Commands that run as root on a server over plain ssh: what an app wrote, a one-off beside it.

Every word is an argument of its own, quoted for the one shell that ssh puts in between.
"""

import json
import re
import shlex
import subprocess
from dataclasses import asdict, dataclass

from seawall.config import Config
from seawall.engine import doors
from seawall.errors import ConfigError, Refused, SeawallError
from seawall.server import PROVE, PROVE_ASKED

MAY = '[ "$(id -u)" = 0 ] || sudo -n true'
JOURNAL = ["journalctl", "--no-pager", "--quiet", "--output=json", "--all"]
FIELDS = "--output-fields=MESSAGE,_SYSTEMD_UNIT,UNIT,OBJECT_SYSTEMD_UNIT"
AGENT = "/usr/local/lib/app-watch/agent.pyz"
FILES = (
    '[ ! -d "/var/log/apps/$1" ] || exec /usr/bin/python3 -I -S "$0" logs "$1" "$2"; '
    "shift 2; command -v journalctl >/dev/null || exit 0; "
    'exec "$@"'
)
"""What an app wrote into files, and the journal's lines among them; only the journal where there
are none. The agent's place is $0."""
AS_APP = (
    'u=$(id -u "$1") || exit 0; name=${1#app-}; shift; '
    'exec "$@" "_UID=$u" + "SEAWALL_APP=$name" _UID=0'
)
"""What the app's own account wrote, or Docker for it, whichever release; nothing when there is no
such account."""
_AGO = re.compile(r"[1-9]\d{0,5}(s|m|min|h|d|w)")
_DATE = re.compile(r"today|yesterday|\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?")


@dataclass(frozen=True)
class Errand:
    """A command to start, and what its stdin begins with: sudo's password or nothing."""

    server: str
    argv: list[str]
    first: bytes = b""


@dataclass(frozen=True)
class Lines:
    """Which lines of an app's journal are wanted."""

    app: str
    follow: bool = False
    since: str = ""
    grep: str = ""
    release: int | None = None
    last: int | None = None


@dataclass(frozen=True)
class Beside:
    """A command wanted on an app's server: `run` beside the app, `exec` inside it."""

    verb: str
    app: str
    words: list[str]
    tty: bool


def since(written: str) -> str:
    """A time as journalctl takes it; ConfigError when it is none."""
    if _AGO.fullmatch(written):
        return f"-{written}in" if written.endswith("m") else f"-{written}"
    if _DATE.fullmatch(written):
        return written
    raise ConfigError(
        f"--since: should be a time, got {written!r}", "such as 30m, 1h, 2d or 2026-11-24"
    )


def logs(config: Config, server: str, lines: Lines) -> Errand:
    """The command that prints what an app wrote, one JSON object a line."""
    words = [*JOURNAL, FIELDS]
    words += ["--follow"] if lines.follow else []
    words += [f"--since={since(lines.since)}"] if lines.since else []
    words += [f"--grep={lines.grep}"] if lines.grep else []
    words += [f"--lines={lines.last}"] if lines.last is not None else []
    if lines.release is None:
        words = ["sh", "-c", AS_APP, "sh", f"app-{lines.app}", *words]
    else:
        # Digits only, so that the units of an app called NAME-1 are not among them.
        unit = f"app-{lines.app}-{lines.release}"
        words += [f"--unit={unit}-{digits}.service" for digits in ("[0-9]", "[0-9][0-9]")]
    wanted = json.dumps(
        {**asdict(lines), "since": since(lines.since or "1970-01-01"), "words": words}
    )
    return errand(config, server, ["sh", "-c", FILES, AGENT, lines.app, wanted, *words])


def beside(config: Config, server: str, wanted: Beside) -> Errand:
    """The command that runs words in the environment of the release that serves.

    Refused when none of the app serves; for `exec` also when its first instance does not run.
    """
    document = {"mode": wanted.verb, "app": wanted.app, "tty": wanted.tty}
    with doors.talk(doors.server(config, server), document) as talk:
        for event in talk:
            if event["type"] == "run":
                before = [str(word) for word in event["words"]]
                after = _through_sh(wanted.words)
                if not event.get("plain"):
                    after = [word.replace("$", "$$") for word in after]
                return errand(config, server, [*before, *after], tty=wanted.tty)
            if event["type"] == "failed":
                look = "logs" if event.get("stopped") else "deploy"
                raise Refused(f"{server}: {event['problem']}", f"seawall {look} {wanted.app}")
            if event["type"] == "crash":
                raise doors.crashed(server, event)
    raise SeawallError(f"{server}: the connection was cut", "run it again")


def _through_sh(words: list[str]) -> list[str]:
    """Words that are found on the app's own PATH. (Where systemd starts them, $$ is $.)"""
    one_line = len(words) == 1 and " " in words[0]
    return ["/bin/sh", "-c", words[0]] if one_line else ["/bin/sh", "-c", 'exec "$@"', "sh", *words]


def errand(config: Config, server: str, words: list[str], *, tty: bool = False) -> Errand:
    """A command for root of a server."""
    there = doors.server(config, server)
    door = [] if there.local else doors.login(config, server)
    extra = ["-tt"] if tty and door else []
    password = "" if tty else _password(server, door)
    script = PROVE_ASKED if password else PROVE.replace("sudo -n", "sudo") if tty else PROVE
    remote = ["sh", "-c", script, "seawall", *words]
    argv = [*door[:1], *extra, *door[1:], "exec " + shlex.join(remote)] if door else remote
    return Errand(server, argv, f"{password}\n".encode() if password else b"")


def _password(server: str, door: list[str]) -> str:
    """What sudo wants to hear, when it wants to hear something."""
    ask = ["sh", "-c", MAY]
    argv = [*door, shlex.join(ask)] if door else ask
    asked = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return doors.sudo_password(server) if asked.returncode else ""
