"""Looks up `github:user` keys and pins them; the only part of config that asks the network.

`seawall plan` and `apply` resolve what was never looked up. What is pinned stays as it is until
somebody asks for `--refresh-keys`, and then the difference is shown.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from seawall.config import pins
from seawall.config.model import Config
from seawall.config.problem import Problem, report
from seawall.config.reading import load
from seawall.kit.publickey import BadKey, PublicKey

Fetch = Callable[[str], str]
"""The text of https://github.com/USER.keys for a user; OSError when it cannot be had."""

_TIMEOUT_S = 10
_MOST_BYTES = 64 * 1024
_PASTE = "try again, or write the key itself into seawall.yml"


@dataclass(frozen=True)
class KeyChange:
    """What GitHub says now that is not what was pinned."""

    source: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


def github(user: str) -> str:
    """Ask GitHub for the keys of a user."""
    from urllib.request import HTTPRedirectHandler, build_opener  # costs more than a round trip

    class Stay(HTTPRedirectHandler):
        """A key is never taken from where github.com points to."""

        def redirect_request(self, *args: object) -> None:
            return None

    with build_opener(Stay).open(f"https://github.com/{user}.keys", timeout=_TIMEOUT_S) as answer:
        return str(answer.read(_MOST_BYTES).decode("utf-8", "replace"))


def resolve(config: Config, fetch: Fetch = github) -> Config:
    """The Config with every key known: asks only for those that were never looked up."""
    return _looked_up(config, config.unresolved_keys, fetch)[0]


def refresh(config: Config, fetch: Fetch = github) -> tuple[Config, tuple[KeyChange, ...]]:
    """Ask again for every key at GitHub; the new Config, and what changed."""
    return _looked_up(config, config.looked_up_keys, fetch)


def _looked_up(
    config: Config, wanted: Iterable[tuple[str, str]], fetch: Fetch
) -> tuple[Config, tuple[KeyChange, ...]]:
    named = dict.fromkeys(source for _, source in wanted)
    if not named or config.path is None:
        return config, ()
    lock = config.path.parent / pins.FILE
    before = pins.read(lock)
    fresh = {source: _asked(config, source, fetch) for source in named}
    used = {source for _, source in config.looked_up_keys}
    after = {source: keys for source, keys in {**before, **fresh}.items() if source in used}
    found = load(config.path, after)
    if after != before:
        pins.write(lock, after)
    return found, tuple(_changes(before, fresh))


def _changes(before: pins.Pins, fresh: pins.Pins) -> Iterable[KeyChange]:
    for source, keys in fresh.items():
        old = before.get(source, [])
        added = tuple(str(key) for key in keys if key not in old)
        removed = tuple(str(key) for key in old if key not in keys)
        if added or removed:
            yield KeyChange(source, added, removed)


def _asked(config: Config, source: str, fetch: Fetch) -> list[PublicKey]:
    user = source.removeprefix("github:")
    try:
        lines = [line for line in fetch(user).splitlines() if line.strip()]
    except OSError as error:
        raise _error(config, source, f"cannot look up {source}: {_reason(error)}", _PASTE) from None
    if not lines:
        raise _error(config, source, f"{source} has no ssh keys at GitHub", _PASTE)
    try:
        return [replace(PublicKey.parse(line), comment=source) for line in lines]
    except BadKey as bad:
        problem = f"a key of {source} {bad.problem}"
        hint = "remove it at GitHub, or write the key to use into seawall.yml"
        raise _error(config, source, problem, hint) from None


def _reason(error: OSError) -> str:
    from urllib.error import HTTPError, URLError

    if isinstance(error, HTTPError):
        return "GitHub has no such user" if error.code == 404 else f"GitHub answers {error.code}"
    inner = error.reason if isinstance(error, URLError) else error
    return f"github.com does not answer ({getattr(inner, 'strerror', None) or inner})"


def _error(config: Config, source: str, problem: str, hint: str) -> Exception:
    person = next(person for person, written in config.looked_up_keys if written == source)
    place = ("people", person, "keys")
    return report(config.name, [Problem(config.line_of(*place), place, problem, hint)])
