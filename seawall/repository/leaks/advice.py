"""What to do about a leak: change the value first, because it is known; then take it out."""

from collections.abc import Iterable

from seawall.repository.leaks.leak import Leak

_OF_FILES = {"rails-key", "age-key", "private-key", "django-secret", "laravel-key", "kubeconfig"}
_PASSWORDS = ("password", "url-", "basic", "htpasswd", "netrc", "pgpass", "my-cnf", "sql", "pypirc")
KEEP = "keep the new one outside of the code (seawall secrets set NAME)"


def rotate(leak: Leak) -> str:
    """How a value of this kind becomes worthless."""
    if leak.rule in _OF_FILES:
        return "make a new key and put it where this one is used; then nobody can use this one"
    if any(word in leak.rule for word in _PASSWORDS):
        return "change the password where it is checked"
    return "make a new one where this one was made, and revoke this one"


def fix(leak: Leak) -> str:
    """What to do, in this order."""
    if leak.gone:
        return f"{rotate(leak)}; history keeps the old one, which is then worth nothing"
    return f"{rotate(leak)}; {KEEP}; then take it out of {leak.path!r}"


def since(leak: Leak) -> str:
    """`since 2024-03-01 by Dana, 1a2b3c4d`; empty for what was never committed."""
    if not leak.first:
        return ""
    return f"since {leak.first.day} by {leak.first.author}, {leak.first.commit[:8]}"


def evidence(leak: Leak) -> str:
    """The place first, then what is known without telling the value."""
    facts = ", ".join(filter(None, (leak.shown, since(leak))))
    gone = "\nno file holds it any more; history does" if leak.gone else ""
    return f"{leak.place}   {facts}{gone}"


def together(leaks: Iterable[Leak]) -> list[list[Leak]]:
    """Leaks of one value in one list, in their order: it is one secret, wherever it stands."""
    found: dict[str, list[Leak]] = {}
    for leak in leaks:
        found.setdefault(leak.same, []).append(leak)
    return list(found.values())
