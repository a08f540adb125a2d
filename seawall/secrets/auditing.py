"""Whether the secrets are as they should be: who reads them, which are stale, which are missing."""

import os
from collections.abc import Iterator

from seawall.errors import Locked, SeawallError
from seawall.kit import Finding
from seawall.secrets import readers, sharing
from seawall.secrets.page import Page
from seawall.secrets.store import Store
from seawall.secrets.uses import uses


def audit(store: Store) -> Iterator[Finding]:
    """Everything that is wrong with one file; Locked, at the end, when no value could be opened."""
    yield from _people(store)
    for who, names in sharing.exposed(store).items():
        for name in names:
            problem = f"{who} could read {name}, and it is still the same"
            yield Finding(problem, store.name, f"seawall secrets rotate {name}{store.flag}", "must")
    yield from _uses(store)
    yield from _values(store)


def _people(store: Store) -> Iterator[Finding]:
    for name in sharing.strangers(store):
        problem = f"{name} can read them, and {store.config.name} does not say so"
        yield Finding(problem, store.name, f"seawall secrets revoke {name}", "must")
    for name in sharing.waiting(store):
        here = any(who == name for who, _ in store.page.readers)
        said = "reads with other keys than in" if here else "cannot read, but may by"
        problem, fix = f"{name} {said} {store.config.name}", f"seawall secrets grant {name}"
        yield Finding(problem, store.name, fix, "must" if here else "should")
    for name, keys in readers.meant(store.config).items():
        if not keys:
            problem = f"{name} has no key that age can use, which are ssh-ed25519 and ssh-rsa"
            yield Finding(problem, store.name, "hand over the key: seawall secrets key", "should")


def _uses(store: Store) -> Iterator[Finding]:
    using = uses(store.config, store.environment)
    elsewhere = store.config.section("secrets").sources
    had = {*store.names(), *elsewhere}
    for name, wanted in using.items():
        if name not in had and name not in os.environ and any(use.required for use in wanted):
            problem = f"{wanted[0].by} needs {name}, which is nowhere"
            yield Finding(problem, store.name, f"seawall secrets set {name}{store.flag}", "must")
    for name in store.names():
        if name in elsewhere:
            problem = f"{name} is kept here, but taken from {elsewhere[name]}"
            yield Finding(problem, store.name, f"seawall secrets rm {name}{store.flag}", "should")
        elif name not in using:
            fix = f"apps.NAME.secrets: [{name}], or seawall secrets rm {name}{store.flag}"
            yield Finding(f"nothing in seawall.yml uses {name}", store.name, fix, "should")


def _values(store: Store) -> Iterator[Finding]:
    """Each value is opened, and thrown away."""
    page: Page = store.page
    for name in page.values:
        try:
            store.get(name)
        except Locked:
            raise
        except SeawallError as error:
            yield Finding(error.problem, store.name, error.hint, "must")
