"""The recovery kit as a page of Markdown: read by a person on a bad day, copied line by line."""

from shlex import quote
from typing import TYPE_CHECKING

from seawall import __version__

if TYPE_CHECKING:
    from seawall.engine.recovery import Kit, Lost, Repository

HEAD = """\
# Recovery kit of {project}

Made {made}, by seawall {version}.

KEEP THIS OFFLINE. Whoever has it can read every backup and every secret of {project}. Print it,
put it where a fire does not reach it and a colleague finds it, and delete the file. Not in a
cloud drive, not in mail, not in the repository. Make a new one when a passphrase, a destination
or a server changes.
"""
COMES_BACK = """\
## Everything comes back: a new laptop, a bare server

You need this page, a bare Debian or Ubuntu that you can log in to as root, and git.

    pipx install seawall        # version {version} made this page
    git clone {remote} {project} && cd {project}
    seawall rebuild {server} --from-backup --on root@ADDRESS --kit THIS-FILE

From a printed page: `seawall secrets key --import`, type the key of the project, and leave out
`--kit`. If your ssh key is a new one, write it into `people:` of seawall.yml first, or the new
server would let nobody in; Seawall refuses that.

Key of the project, which opens secrets/*.age: {key}

Releases that serve, when this was made:
{releases}
"""
STOCK = """\
## Restore with plain restic and the database's own programs

Nothing of Seawall is needed. As root of a bare Debian or Ubuntu, server by server. `latest` is the
newest copy; `restic snapshots` lists older ones, by the tags `run=`, `dataset=` and `manifest`.
"""
BEGIN = """\
umask 077 && mkdir -p restored && cd restored
apt-get update && apt-get install -y restic python3
restic snapshots
"""
NO_KEY = "not on this machine; whoever has it: seawall secrets key"
NO_REMOTE = "REPOSITORY"
FILES = """\
## Files, in case the repository is gone too
"""


def text(kit: "Kit") -> str:
    """The whole page."""
    lines = [f"- {app}: {sha}" for app, sha in kit.releases.items()] or ["- none: no app"]
    told = {"project": kit.project or "app", "made": kit.made, "version": __version__}
    told |= {"remote": kit.remote or NO_REMOTE, "key": kit.key or NO_KEY}
    told |= {"releases": "\n".join(lines), "server": kit.servers[0].server}
    parts = [HEAD.format(**told), COMES_BACK.format(**told), STOCK]
    parts += [_server(each) for each in kit.servers]
    parts += [FILES, *(_file(name, content) for name, content in kit.files.items())]
    return "\n".join(parts)


def _server(lost: "Lost") -> str:
    first, *others = lost.repositories
    also = "".join(_also(each) for each in others)
    restored = "".join(_block(f"{name}", commands) for name, commands in lost.datasets.items())
    head = f"### {lost.server}, which was {lost.host}\n\n"
    opens = f"{_exports(first)}{BEGIN}"
    return f"{head}{_block('its copies', opens)}{also}{restored}"


def _also(place: "Repository") -> str:
    """Another place with the same copies, not to be pasted with the first."""
    lines = "".join(f"    {line}\n" for line in _exports(place).splitlines())
    return f"The same copies are in {place.name}, too; instead of the lines above:\n\n{lines}\n"


def _exports(place: "Repository") -> str:
    return "".join(f"export {name}={quote(value)}\n" for name, value in place.variables.items())


def _block(title: str, commands: str) -> str:
    return f"#### {title}\n\n```sh\n{commands}```\n\n"


def _file(name: str, content: str) -> str:
    return f"### {name}\n\n~~~text\n{content}~~~\n"
