"""What `seawall init` believes of an app, with the reason."""

from dataclasses import dataclass


@dataclass(frozen=True)
class AppGuess:
    """What an `apps:` section needs to say, and why init believes it.

    One of `process`, `php`, `static` and `build` says what it is.
    """

    why: str
    process: str = ""
    install: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    before_switch: str = ""
    env: tuple[tuple[str, str], ...] = ()
    health: str = ""
    domain: str = ""
    """A domain that the source tree names."""
    note: str = ""
    """What the owner should know about the guess."""
    php: str = ""
    static: str = ""
    fallback: str = ""
    build: str = ""
    secrets: tuple[str, ...] = ()
    uploads: tuple[str, ...] = ()

    @property
    def kind(self) -> tuple[str, str]:
        """The setting that says what it is, and its value."""
        kinds = ("process", "php", "static", "build")
        return next((name, value) for name in kinds if (value := getattr(self, name)))
