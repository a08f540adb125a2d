"""The repository: what it holds becomes public sooner or later, and what it lacks gets lost.

A key that was committed once is in every clone and every backup of it. And a server that no file
describes exists only in somebody's memory.
"""

import fnmatch
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import ClassVar

from seawall.kit import CheckResult, Feature, Finding, Look, Room, Unknown, answer, check
from seawall.repository.source import Source, look

ENV = (".env", ".env.*", "*.env")
HARMLESS = ("*example*", "*sample*", "*template*", "*.dist", "*.test")
KEYS = ("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "*.pem", "*.key", "*.p12", "*.pfx")
PASSWORDS = (".netrc", "_netrc", ".pgpass", ".my.cnf", "*.tfstate", "master.key", ".htpasswd")
HEAD = 4096
"""Bytes of a file in which a private key announces itself."""


class Repository(Feature):
    section: ClassVar[str] = "repository"
    room: ClassVar[Room] = "security"

    @check("No file with secrets is in git")
    def no_env_files(self, look: Look) -> Iterator[Finding]:
        """An .env file holds the passwords of your database and the keys of your providers. In
        git it is copied to every laptop and every service that reads the repository, for ever:
        deleting it later does not delete it from history."""
        for name in _source(look).tracked:
            if _matches(name, ENV) and not _matches(name, HARMLESS):
                fix = f"change what is in it, then: git rm --cached {name} and ignore it"
                yield Finding("a file with settings and secrets is in git", name, fix)

    @check("No private key is in git")
    def no_private_keys(self, look: Look) -> Iterator[Finding]:
        """Whoever can read the repository can use the key: a former colleague, a leaked laptop,
        a service that was broken into. Robots find a key in a public repository in minutes."""
        source = _source(look)
        for name in source.tracked:
            if _matches(name, KEYS) and _is_private_key(source.top, name):
                fix = f"make a new key, take this one's access away, then: git rm {name}"
                yield Finding("a private key is in git", name, fix)

    @check("No password file is in git")
    def no_password_files(self, look: Look) -> Iterator[Finding]:
        """Some tools keep passwords in files whose names nobody thinks of: .netrc, .pgpass,
        Terraform's state, Rails' master.key. Committed, they are as public as the code."""
        for name in _source(look).tracked:
            if _matches(name, PASSWORDS):
                fix = f"change the passwords in it, then: git rm --cached {name} and ignore it"
                yield Finding("a file made for passwords is in git", name, fix)

    @check("What is secret is ignored by git", severity="should")
    def secrets_are_ignored(self, look: Look) -> Iterator[Finding]:
        """The next `git add .` commits whatever is not ignored. A line in .gitignore costs
        nothing; a committed secret costs a day."""
        for name in _source(look).loose:
            if _matches(name, (*ENV, *PASSWORDS)) and not _matches(name, HARMLESS):
                fix = f"echo {PurePosixPath(name).name} >> .gitignore"
                yield Finding("the next git add would commit a secret", name, fix)

    @check("The servers are described in this repository", severity="should")
    def described(self, look: Look) -> Iterator[Finding]:
        """When the server burns down, or its only expert is on holiday, the description is what
        remains. In version control it is reviewed, dated and never lost."""
        source = _source(look)
        if not source.described:
            yield Finding("no seawall.yml describes the servers", "", "seawall init")
        elif source.top is None:
            fix = "git init && git add seawall.yml && git commit"
            yield Finding("seawall.yml is not in version control", "no git repository", fix)
        elif "seawall.yml" in source.loose:
            fix = "git add seawall.yml && git commit"
            yield Finding("seawall.yml is not in version control", "untracked", fix)
        elif "seawall.yml" in source.dirty:
            fix = "git commit seawall.yml"
            yield Finding("seawall.yml has changes that are not committed", "modified", fix)


def check_repository(config: Path | None) -> list[CheckResult]:
    """Every check of the repository around seawall.yml, or around this folder."""
    source = look(config)
    feature = Repository()
    seen = Look(None, "repository", facts={"source": source})
    return [answer(feature, each, seen) for each in Repository.checks()]


def told_by_name(name: str) -> bool:
    """True for a file that the checks here find by its name alone."""
    return (
        (_matches(name, ENV) and not _matches(name, HARMLESS))
        or _matches(name, PASSWORDS)
        or _matches(name, KEYS)
    )


def _source(look: Look) -> Source:
    source: Source = look.fact("source")
    if source.blind:
        raise Unknown(source.blind, "try it by hand: git status")
    return source


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    file = PurePosixPath(name).name
    return any(fnmatch.fnmatchcase(file, pattern) for pattern in patterns)


def _is_private_key(top: Path | None, name: str) -> bool:
    path = Path(top or ".", name)
    try:
        if path.is_symlink() or not path.is_file():
            return False
        with path.open("rb") as file:
            return b"PRIVATE KEY" in file.read(HEAD)
    except OSError:
        return False
