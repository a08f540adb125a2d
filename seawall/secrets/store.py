"""The secrets of one environment: read, set, made once, and never written but encrypted.

Writing needs a reader's key, as reading does: the public half of the file's own key is no secret
to readers only, so nobody else can put a value in.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from seawall import known
from seawall.errors import ConfigError, SeawallError
from seawall.secrets import files, guard, identities, page, projectkey, readers, seal
from seawall.secrets.identities import Ask, ask_at_terminal
from seawall.secrets.page import Page, Sealed

FOLDER = "secrets"
PRODUCTION = "production"
"""The environment that is meant when none is named."""
LARGEST = 1 << 20  # bytes of one value


def generated() -> str:
    """A new password: 43 letters, digits, - and _, with 256 bits of chance in them."""
    from secrets import token_urlsafe

    return token_urlsafe(32)


def now() -> str:
    """This millisecond in UTC, as it stands in the file."""
    moment = datetime.now(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


@dataclass
class Store:
    """The secrets of one environment."""

    config: Any
    environment: str
    path: Path
    ask: Ask = ask_at_terminal
    _page: Page | None = None

    @classmethod
    def open(
        cls,
        config: Any,
        environment: str = PRODUCTION,
        *,
        create: bool = False,
        ask: Ask = ask_at_terminal,
    ) -> "Store":
        """The secrets of an environment, without unlocking anything yet.

        Where there is no file, it has no names; with `create` the file is made, for everybody who
        may read. `ask` is called for the passphrase of an ssh key, when no other key opens it.
        """
        if config.path is None:
            raise ConfigError("secrets belong to a seawall.yml", "seawall init writes one")
        path = config.path.parent / FOLDER / f"{_environment(environment)}.age"
        store = cls(config, environment, path, ask)
        if create and not store.exists:
            store.create()
        return store

    @property
    def exists(self) -> bool:
        """Whether there is a file."""
        return self.path.is_file()

    @property
    def name(self) -> str:
        """What the file is called in messages."""
        return f"{FOLDER}/{self.path.name}"

    @property
    def page(self) -> Page:
        """What stands in the file; read once, and again before each change."""
        if self._page is None:
            self._page = page.parse(files.text(self.path, self.name), self.name)
        return self._page

    def names(self) -> tuple[str, ...]:
        """What there is, in order; needs no key."""
        return tuple(sorted(self.page.values)) if self.exists else ()

    def get(self, name: str) -> str:
        """One value. ConfigError when there is none of this name; SeawallError when no key here
        opens it, or when somebody changed it."""
        sealed = self.page.values.get(page.checked(name)) if self.exists else None
        if sealed is None:
            raise self.missing(name)
        return known.remember(self._opened(name, sealed))

    def set(self, name: str, value: str) -> bool:
        """Keep a value; False when it is the one that is kept already, and nothing is written."""
        return bool(self.update({name: value}))

    def update(self, values: Mapping[str, str]) -> list[str]:
        """Keep several values in one write; the names of those that are new or changed."""
        for name, value in values.items():
            _check(page.checked(name), value)
            known.remember(value)
        with self.writing() as before:
            changed = [name for name in values if self._differs(before, name, values[name])]
            fresh = {name: self._seal(name, values[name], now()) for name in changed}
            if changed:
                self._write(replace(before, values={**before.values, **fresh}))
        return changed

    def ensure(self, name: str, make: Callable[[], str] = generated) -> str:
        """The value of this name; made and kept first, when there is none yet."""
        if self.exists and name in self.page.values:
            return self.get(name)
        with self.writing() as before:
            if name not in before.values:
                value = known.remember(make())
                _check(page.checked(name), value)
                sealed = self._seal(name, value, now())
                self._write(replace(before, values={**before.values, name: sealed}))
        return self.get(name)

    def remove(self, name: str) -> None:
        """Forget a value; what git has of it stays readable for its readers."""
        with self.writing() as before:
            if page.checked(name) not in before.values:
                raise self.missing(name)
            self.key()
            self._write(before.without(name))

    def key(self) -> str:
        """The file's own key, opened with a key of this machine; its readers are as sealed."""
        return next(line for line in self._unsealed().splitlines() if line[:1] != "#")

    def create(self) -> None:
        """Make the file, for everybody who may read; ConfigError when nobody can."""
        people = readers.usable(self.config)
        if not people:
            hint = "people: { dana: { keys: [ssh-ed25519 AAAA…], admin: true } }"
            raise ConfigError(f"{self.config.name}: nobody may read secrets, no admin", hint)
        self.path.parent.mkdir(exist_ok=True)
        with files.locked(self.path.parent):
            if not self.exists:
                self.reseal(Page((*people, (projectkey.READER, self._project_key()))))

    def reseal(self, wanted: Page, identity: str = "") -> None:
        """Write this page with its readers sealed anew; without a key, for a new one.

        Values are taken over as they are: whoever gives a new key has encrypted them to it.
        """
        identity = identity or seal.fresh()
        lines = [f"# seawall {self.environment}", *(f"# {line}" for line in wanted.sealed_lines)]
        text = "\n".join([*lines, identity]) + "\n"
        key = seal.sealed(text, [key for _, key in wanted.readers])
        self._write(replace(wanted, key=key))

    def missing(self, *names: str) -> ConfigError:
        """The error for names that are not there."""
        if not self.exists:
            hint = f"seawall secrets init{self.flag} makes the file"
            return ConfigError(f"{self.name}: no such file, so no {', '.join(names)}", hint)
        hint = f"seawall secrets set {names[0]}{self.flag}"
        return ConfigError(f"{self.name}: no {', '.join(names)}", hint)

    @property
    def flag(self) -> str:
        """How this environment is named on a command line."""
        return "" if self.environment == PRODUCTION else f" --env {self.environment}"

    def seal(self, identity: str, name: str, value: str, when: str) -> Sealed:
        """A value as a block for this key."""
        return Sealed(when, seal.sealed(f"{name} {when}\n{value}", [seal.public(identity)]))

    def _seal(self, name: str, value: str, when: str) -> Sealed:
        return self.seal(self.key(), name, value, when)

    def _differs(self, before: Page, name: str, value: str) -> bool:
        if name not in before.values:
            return True
        with suppress(SeawallError):  # what cannot be opened may be replaced
            return self._opened(name, before.values[name]) != value
        return True

    def _opened(self, name: str, sealed: Sealed) -> str:
        try:
            text = seal.opened(sealed.armor, self.key())
        except seal.Unopened:
            problem = f"{self.name}: {name} was changed by hand, or set while readers were changed"
            raise SeawallError(problem, f"seawall secrets set {name}{self.flag}") from None
        first, _, value = text.partition("\n")
        if first != f"{name} {sealed.when}":
            problem = f"{self.name}: the block of {name} is not its own"
            raise SeawallError(problem, "git log -p shows who moved it; then set it again")
        return value

    def _unsealed(self) -> str:
        guard.keep_out()
        text = identities.opened(self.page, self.config.project, self.name, self.ask)
        told = [line[2:] for line in text.splitlines() if line.startswith("# ")]
        if told != [f"seawall {self.environment}", *self.page.sealed_lines]:
            problem = f"{self.name}: its readers are not the ones it was sealed for"
            hint = "git log -p shows who changed them; a merge may have: keep the reader lines"
            raise SeawallError(problem, f"{hint} and the key of one side")
        return text

    def _project_key(self) -> str:
        """The public half of the project's key: the one of another environment, or a new one."""
        for other in sorted(self.path.parent.glob("*.age")):
            for name, key in page.parse(other.read_text(), f"{FOLDER}/{other.name}").readers:
                if name == projectkey.READER:
                    return key
        return projectkey.make(self.config.project)[0]

    @contextmanager
    def writing(self) -> Iterator[Page]:
        """The page as it is now, while nobody else on this machine writes it."""
        if not self.exists:
            raise self.missing("secrets")
        with files.locked(self.path.parent):
            self._page = None
            yield self.page

    def _write(self, wanted: Page) -> None:
        files.write(self.path, wanted.text(f"{self.config.project}, {self.environment}"))
        self._page = wanted


def _environment(name: str) -> str:
    if not page.NAME.fullmatch(name.replace("-", "_")):
        raise ConfigError(f"{name}: not a name for an environment", "such as staging")
    return name


def _check(name: str, value: str) -> None:
    if not value:
        raise ConfigError(f"{name}: the value is empty", "seawall secrets rm takes it away")
    if "\0" in value or len(value.encode()) > LARGEST:
        raise ConfigError(f"{name}: the value should be text of at most 1 MB")
