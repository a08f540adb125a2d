"""What runs on the servers, written out to be read: by you, in a review, or on the day you leave.

Made from seawall.yml alone, the same each time, and without a secret. Files that somebody else
wrote, or changed, are never overwritten.
"""

import hashlib
import json
from pathlib import Path

from seawall.agent.apps.texts import written
from seawall.agent.steps import File
from seawall.config import Config
from seawall.engine.deploying import specification
from seawall.errors import Refused, SeawallError
from seawall.features.scalability.apps import Apps
from seawall.features.stability.databases import Databases

LIST = ".seawall-export.json"
"""What was written and its SHA-256, so that the next export knows its own."""
Files = dict[str, str]


def units(config: Config) -> tuple[Files, list[str]]:
    """The files of every app and proxy by SERVER/path, and what is not among them."""
    found: Files = {}
    left_out: list[str] = []
    for server in config.servers:
        apps = config.of(Apps)
        for step in apps.steps(config, server):
            if isinstance(step, File) and not step.secret:
                found[f"{server}{step.path}"] = step.content
        for name, app in sorted(apps.on(server).items()):
            if app.process or app.php:
                spec = specification(app, {})
                spec["uploads"] += config.of(Databases).folders(app.uses, app.uploads)
                told = written(name, spec)
                found.update({f"{server}{path}": text for path, text in told.items()})
            elif app.contained:
                left_out.append(f"{server}: {name} is a container; its unit depends on its image")
    return found, left_out


def write(folder: Path, files: Files) -> list[str]:
    """Write them below a folder, and take away what an earlier export wrote and is no more; the
    names of what changed."""
    known = _known(folder)
    for name, digest in known.items():
        _require_ours(folder, name, digest)
    for name in files.keys() - known.keys():
        _require_ours(folder, name, "")
    changed = [name for name, text in files.items() if known.get(name) != _digest(text)]
    try:
        for name in changed:
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(files[name])
        gone = sorted(known.keys() - files.keys())
        for name in gone:
            (folder / name).unlink(missing_ok=True)
        listed = {name: _digest(text) for name, text in sorted(files.items())}
        (folder / LIST).write_text(json.dumps(listed, indent=1) + "\n")
    except OSError as error:
        raise SeawallError(f"{error.filename} cannot be written: {error.strerror}") from error
    return sorted([*changed, *gone])


def _known(folder: Path) -> dict[str, str]:
    """What the last export wrote that is still there."""
    try:
        listed = json.loads((folder / LIST).read_text())
        return {str(name): str(digest) for name, digest in listed.items() if _is_inside(str(name))}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError) as error:
        raise Refused(f"{folder / LIST} is damaged", "export into another folder") from error


def _is_inside(name: str) -> bool:
    return not Path(name).is_absolute() and ".." not in Path(name).parts


def _require_ours(folder: Path, name: str, digest: str) -> None:
    """Refused when a file is there that no export wrote, or that was changed since."""
    place = folder / name
    if not place.exists() and not place.is_symlink():
        return
    content = place.read_bytes() if place.is_file() and not place.is_symlink() else b""
    if hashlib.sha256(content).hexdigest() != digest:
        told = "was changed since it was exported" if digest else "was not written by an export"
        raise Refused(f"{place} {told}", "export into another folder, or move it away")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
