"""People's keys, from wherever they are written, become lines for authorized_keys.

Files are read here, keys at GitHub only from their pins: nothing in this room asks the network.
"""

import stat
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from seawall.config import pins
from seawall.config.model import Config
from seawall.config.problem import Path as Place
from seawall.config.problem import Problem, escaped
from seawall.features.security.people import People
from seawall.kit import Feature
from seawall.kit.publickey import BadKey, PublicKey

_MOST_BYTES = 64 * 1024


@dataclass(frozen=True)
class Source:
    """One item of a person's `keys:`, and where it stands."""

    person: str
    place: Place
    written: str


def sources(config: Config) -> list[Source]:
    """Every key of everybody who is not removed, as written."""
    return [
        Source(name, ("people", name, "keys", index), written)
        for name, person in config.of(People).people.items()
        if not person.removed
        for index, written in enumerate(person.keys)
    ]


def filled(config: Config, folder: Path, pinned: pins.Pins) -> tuple[Config, list[Problem]]:
    """The same Config with every key that can be known without asking anybody."""
    written = sources(config)
    looked_up = tuple((s.person, s.written) for s in written if s.written.startswith("github:"))
    reading = _Reading(config, folder, pinned)
    keys = {source.place: reading.keys(source) for source in written}
    reading.each_key_once(written, keys)
    features = tuple(_with_keys(f, written, keys) for f in config.features)
    unresolved = tuple(pair for pair in looked_up if pair[1] not in pinned)
    filled = replace(
        config, features=features, unresolved_keys=unresolved, looked_up_keys=looked_up
    )
    return filled, reading.problems


def _with_keys(
    feature: Feature, written: list[Source], keys: dict[Place, list[PublicKey]]
) -> Feature:
    if not isinstance(feature, People):
        return feature
    people = {}
    for name, person in feature.people.items():
        own = [key for source in written if source.person == name for key in keys[source.place]]
        once: dict[str, str] = {}
        for key in own:
            once.setdefault(key.body, str(key))
        people[name] = person.model_copy(update={"keys": list(once.values())})
    return feature.model_copy(update={"people": people})


class _Reading:
    """One look at where everybody's keys are."""

    def __init__(self, config: Config, folder: Path, pinned: pins.Pins) -> None:
        self.config = config
        self.folder = folder
        self.pinned = pinned
        self.problems: list[Problem] = []

    def keys(self, source: Source) -> list[PublicKey]:
        if source.written.startswith("github:"):
            return self.pinned.get(source.written, [])
        try:
            if source.written.startswith("file:"):
                return list(in_file(self.folder / _home(source.written[5:])))
            return [PublicKey.parse(source.written)]
        except BadKey as bad:
            where = f", got {escaped(source.written)}" if source.written.startswith("file:") else ""
            self.problem(source, bad.problem + where, bad.hint)
            return []

    def problem(self, source: Source, text: str, hint: str) -> None:
        line = self.config.line_of(*source.place)
        self.problems.append(Problem(line, source.place, text, hint))

    def each_key_once(self, written: list[Source], keys: dict[Place, list[PublicKey]]) -> None:
        owners: dict[str, Source] = {}
        for source in written:
            for key in keys[source.place]:
                owner = owners.setdefault(key.body, source)
                if owner.person != source.person:
                    line = self.config.line_of(*owner.place)
                    problem = f"is the key of {owner.person} too, on line {line}"
                    self.problem(source, problem, "each person needs a key of their own")


def _home(written: str) -> Path:
    try:
        return Path(written).expanduser()
    except RuntimeError:
        raise BadKey("no such file", "there is no such user on this machine") from None


def in_file(path: Path) -> Iterator[PublicKey]:
    """The keys in a .pub file; nothing of the file is ever repeated in an error."""
    lines = [line for line in _text(path).splitlines() if line.strip() and line[0] != "#"]
    if not lines:
        raise BadKey("has no key in it")
    for line in lines:
        yield PublicKey.parse(line)


def _text(path: Path) -> str:
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST_BYTES:
            raise BadKey("is not a file with a public key")
        text = path.read_text("utf-8")
    except FileNotFoundError:
        raise BadKey("no such file", "the path is relative to seawall.yml") from None
    except (OSError, UnicodeDecodeError):
        raise BadKey("cannot be read") from None
    if "PRIVATE KEY" in text:
        raise BadKey("is a private key", "give the .pub file beside it")
    return text
