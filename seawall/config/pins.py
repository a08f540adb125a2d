"""seawall.lock.yml: what was looked up once, so that nobody can change it behind our back.

Keys at GitHub are what GitHub says today; who got in yesterday is what stands here. The file is
meant to be committed, and to be read in a review.
"""

from collections.abc import Mapping
from pathlib import Path

from seawall.config import syntax, yaml
from seawall.config.problem import Problem, report
from seawall.errors import ConfigError
from seawall.kit.publickey import BadKey, PublicKey

FILE = "seawall.lock.yml"
_HEAD = """\
# Written by seawall; commit it. Keys that were looked up at GitHub, pinned: a key added there
# changes nothing here until you run seawall plan --refresh-keys and see it.
keys:
"""


Pins = Mapping[str, list[PublicKey]]
"""Keys by the `github:user` they were looked up as."""


def read(path: Path) -> Pins:
    """Pinned keys by `github:user`; none when there is no such file."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(f"{FILE}: cannot be read: {error.strerror}") from None
    try:
        document = yaml.read(syntax.checked(syntax.decoded(data)))
        return _pinned(document)
    except Problem as problem:
        raise report(FILE, [problem]) from None


def _pinned(document: yaml.Document) -> Pins:
    found = document.value.get("keys")
    if not isinstance(found, dict) or document.problems:
        raise Problem(1, (), "is not as seawall wrote it", f"delete {FILE}: it is made anew")
    return {str(source): _keys(document, source, lines) for source, lines in found.items()}


def _keys(document: yaml.Document, source: str, lines: object) -> list[PublicKey]:
    try:
        return [PublicKey.parse(str(line)) for line in lines if line]  # type: ignore[attr-defined]
    except (BadKey, TypeError):
        line = document.lines.get(("keys", source), 1)
        problem = "is not a list of keys that may be used"
        hint = "seawall plan --refresh-keys looks them up again"
        raise Problem(line, ("keys", source), problem, hint) from None


def write(path: Path, pinned: Pins) -> None:
    """Replace the file, whole or not at all."""
    lines = [_HEAD]
    for source in sorted(pinned):
        lines += [f"  {source}:\n", *(f"    - {key}\n" for key in pinned[source])]
    fresh = path.with_name(f".{path.name}.new")
    try:
        fresh.write_text("".join(lines) if pinned else f"{_HEAD}  {{}}\n", "utf-8")
        fresh.replace(path)
    except OSError as error:
        raise ConfigError(f"{FILE}: cannot be written: {error.strerror}") from None
