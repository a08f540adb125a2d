"""What `seawall secrets` does about its readers, and says to those who have work left."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from seawall.commands.keeping import asked, found
from seawall.errors import ConfigError, Locked, SeawallError
from seawall.features.security.people import People
from seawall.report.documents import write
from seawall.report.screen import Output
from seawall.secrets import Store, generated, projectkey, rotating, sharing
from seawall.secrets.page import checked
from seawall.secrets.uses import uses

if TYPE_CHECKING:
    from seawall.kit import Finding


def grant(output: Output, people: Sequence[str], environment: str | None) -> None:
    """Let people in; without names, all who should be."""
    from seawall.config.keys import resolve

    config = resolve(found())
    for store in sharing.stores(config, environment):
        who = list(people) or sharing.waiting(store)
        sharing.grant(store, who)
        names = ", ".join(sharing.names(store))
        told = f"{', '.join(who)} can read it now" if who else "sealed anew"
        output.err.show([f"{store.name}: {told}. Readers are {names}. Commit it."])


def revoke(output: Output, people: Sequence[str], environment: str | None) -> None:
    """Shut people out; without names, all who should not be in."""
    config = found()
    known: dict[str, list[str]] = {}
    for store in sharing.stores(config, environment):
        readers = sharing.names(store)
        who = [name for name in people or sharing.strangers(store) if name in readers]
        if who:
            known[store.environment] = sharing.revoke(store, who)
            _told(output, store, who, known[store.environment])
    if not known:
        output.err.show([f"{', '.join(people) or 'Nobody else'}: cannot read anything here."])
    for name in people:
        person = config.of(People).people.get(name)
        if known and person and not person.removed:
            line = config.line_of("people", name)
            told = f"{config.name}:{line} still names {name}: write removed: true there, then apply"
            output.err.show([told])
    if not output.spoken:
        write({"revoked": list(people), "rotate": known})


def _told(output: Output, store: Store, who: list[str], names: list[str]) -> None:
    output.err.show([f"{store.name}: encrypted anew without {', '.join(who)}. Commit it."])
    if not names:
        return
    using = uses(store.config, store.environment)
    output.err.show([f"{', '.join(who)} could read these, so each needs a new value:"])
    wide = max(map(len, names))
    for name in names:
        by = ", ".join(use.by for use in using.get(name, ())) or "used by nothing here"
        output.err.show([output.err.text(f"  {name:{wide}}  {by}")])
    output.err.show(
        [
            "If they ever had the key of the project, it opens everything still: first run",
            "seawall secrets key --new",
            f"Next: seawall secrets rotate {names[0]}{store.flag}",
        ]
    )


def rotate(output: Output, name: str, *, environment: str, ask: bool, keep_as: str | None) -> None:
    """A new value, and who has to learn it."""
    store = Store.open(found(), environment)
    old = store.get(name)
    if keep_as == name:
        raise ConfigError(f"--keep-as: {name} is the name of the new value", "take another name")
    if not ask:
        rotating.refuse_to_guess(name, old)
    new = asked(name, f"seawall secrets rotate {name} --ask < FILE") if ask else generated()
    if new == old:
        raise ConfigError(f"{name}: that is the old value")
    store.update({name: new} | ({checked(keep_as): old} if keep_as else {}))
    output.err.show([f"{name}: has a new value in {store.name}. Commit it.", *_to_do(store, name)])
    if keep_as:
        told = (
            f"The old one is {keep_as}: add it to the secrets of an app that accepts both. Later:"
        )
        output.err.show([told, f"seawall secrets rm {keep_as}{store.flag}"])


def _to_do(store: Store, name: str) -> list[str]:
    """What brings it to those who use it, and what nobody but a person can do."""
    using = uses(store.config, store.environment).get(name, ())
    rows = [f"  {use.by} has the old one until: {use.then}" for use in using]
    rest = "CI, other machines and whoever made it may have the old one too: tell them by hand."
    return [*rows, f"  {rest}"]


def audit(output: Output, environment: str | None) -> int:
    """Everything that is wrong, worst first; the exit code."""
    from seawall.secrets.auditing import audit as look

    findings: list[Finding] = []
    unknown: list[SeawallError] = []
    for store in sharing.stores(found(), environment):
        try:
            for finding in look(store):
                findings.append(finding)
        except Locked as error:
            unknown.append(error)
    findings.sort(key=lambda finding: finding.severity != "must")
    if output.spoken:
        _show(output, findings, unknown)
    else:
        rows = [vars(finding) for finding in findings]
        write({"findings": rows, "unknown": [vars(error) for error in unknown]})
    return int(bool(unknown) or any(finding.severity == "must" for finding in findings))


def _show(output: Output, findings: "list[Finding]", unknown: list[SeawallError]) -> None:
    screen = output.out
    for finding in findings:
        mark = screen.mark(finding.severity or "must")
        screen.show([f"{mark} {screen.text(finding.problem)}  ({finding.evidence})"])
        screen.show([screen.text(f"    fix: {finding.fix}")])
    for error in unknown:
        told = f"values were not looked at: {error.problem}"
        screen.show([f"{screen.mark('unknown')} {screen.text(told)}", f"    fix: {error.hint}"])
    must = sum(finding.severity == "must" for finding in findings)
    count = f"{must} must fix, {len(findings) - must} should fix, {len(unknown)} unknown"
    screen.show([count if findings or unknown else "Everything is as it should be."])


def print_key(output: Output) -> None:
    """The key of the project, to stdout alone."""
    config = found()
    recipient = _recipient()
    kept = projectkey.found(config.project, recipient)
    if kept is None:
        raise SeawallError(
            "this machine does not have the key of the project",
            "whoever has it prints it; if nobody has: seawall secrets key --new",
        )
    sys.stdout.write(kept + "\n")
    sys.stdout.flush()
    output.err.show(
        [
            "With it, everything that is kept can be read. Put it in a drawer, on paper. With",
            "stock age it opens the key of a file, and that one its values: docs/security.md",
        ]
    )


def take_key(output: Output) -> None:
    """Keep the key of the project on this machine."""
    given = asked("Key of the project", "seawall secrets key --import < FILE").strip()
    if projectkey.public(given) != _recipient():
        hint = "it may be of another project, or was replaced since it was printed"
        raise ConfigError("that is not the key of this project", hint)
    _, file = projectkey.keep(found().project, given)
    output.err.show([f"Kept in {file}, for you alone."])


def new_key(output: Output) -> None:
    """Make another key for the project, with the help of a reader's own."""
    config = found()
    stores = sharing.stores(config)
    for store in stores:
        store.key()
    recipient, file = projectkey.make(config.project)
    for store in stores:
        sharing.replace_project_key(store, recipient)
    names = ", ".join(store.name for store in stores)
    output.err.show(
        [
            f"{names}: encrypted anew for the new key, which is kept in {file}. Commit them.",
            "CI and the drawer need it too: seawall secrets key",
            "If somebody saw the old one, they could read every value: rotate them all.",
        ]
    )


def _recipient() -> str:
    """The public half of the project's key, as a file of secrets tells it."""
    for store in sharing.stores(found()):
        for name, key in store.page.readers:
            if name == projectkey.READER:
                return key
    raise SeawallError("these secrets have no key of a project", "seawall secrets key --new")
