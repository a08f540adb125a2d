"""What becomes of the passwords that your users trust you with.

A stolen table of users is bad. Passwords in it that can be read, or guessed at billions a second,
are the same people's mail and bank accounts as well. argon2 and bcrypt are made to be slow; MD5,
SHA-1 and SHA-256 are made to be fast.
"""

import re
from collections.abc import Iterator
from typing import ClassVar

from seawall.kit import Feature, Finding, Look, Room, check
from seawall.repository.factors.names import django_settings, sources
from seawall.repository.spots import Spot, code, finding, lines, spot, spots
from seawall.repository.tree import Tree

_P = r"(?:\w*[pP]assw(?:or)?d|\w*PASSWORD|pwd|passwd|pass)"
_FAST = (
    re.compile(
        rf"hashlib\.(?:md5|sha1|sha224|sha256|sha384|sha512)\(\s*[^()\n]{{0,60}}?\b{_P}\b(?!_)"
    ),
    re.compile(rf"hashlib\.new\(\s*[\"'](?:md5|sha\d+)[\"']\s*,[^()\n]{{0,60}}?\b{_P}\b(?!_)"),
    re.compile(
        rf"createHash\(\s*[\"'](?:md5|sha\d+)[\"']\s*\)\s*\.update\(\s*[^()\n]{{0,60}}?\b{_P}\b(?!_)",
        re.I,
    ),
    re.compile(rf"(?<![\w.>$])(?:md5|sha1|sha256)\(\s*[^()\n]{{0,40}}?(?:\$|\b|[\"']){_P}\b(?!_)"),
    re.compile(rf"CryptoJS\.(?:MD5|SHA\d+)\(\s*[^()\n]{{0,40}}?\b{_P}\b(?!_)"),
    re.compile(
        rf"(?<![\w.>$])hash\(\s*[\"'](?:md5|sha\d+)[\"']\s*,\s*[^()\n]{{0,40}}?(?:\$|\b|[\"']){_P}\b(?!_)"
    ),
    re.compile(rf"Digest::(?:MD5|SHA1|SHA256|SHA2|SHA512)\.\w+\(\s*[^()\n]{{0,40}}?\b{_P}\b(?!_)"),
    re.compile(
        rf"\b(?:md5\.Sum|sha1\.Sum|sha256\.Sum256|sha512\.Sum512)\(\s*\[\]byte\([^()\n]{{0,40}}?\b{_P}\b"
    ),
    re.compile(rf"DigestUtils\.(?:md5|sha)\w*\(\s*[^()\n]{{0,40}}?\b{_P}\b(?!_)"),
    re.compile(
        r"\bNoOpPasswordEncoder\.getInstance"
        r"|new (?:Md5|Sha|MessageDigest|Standard)PasswordEncoder\("
    ),
)
_FAST_WORDS = (
    "hashlib",
    "createHash",
    "md5",
    "MD5",
    "sha1",
    "sha256",
    "SHA",
    "PasswordEncoder",
    "hash(",
)
_ELSE = re.compile(
    r"(?i)pwned|hibp|realm|nonce|digest_?auth|reset|bcrypt|argon|scrypt|pbkdf2|challenge|cache|etag"
    r"|token|usedforsecurity=False|timestamp|sign|c\.password|conf|filename|keystore|passport|passthrough|compass|bypass|legacy|migrat|file_?path|basic"
)
_HASHERS = re.compile(
    r"(?m)^PASSWORD_HASHERS\s*=\s*[\[(]\s*[\"'][\w.]*(?:MD5|SHA1|UnsaltedMD5|UnsaltedSHA1|Crypt)PasswordHasher"
)
_COMPARED = (
    re.compile(
        r"\b\w*(?:user|member|account|admin|customer)\w*(?:\.|\[[\"'])password(?:[\"']\])?\s*(?:===?|!==?)\s*"
        r"(?:request|req|params|form|data|body|self\.|password\b|pwd\b|\$)"
    ),
    re.compile(
        r"\$\w*(?:row|user|result|data|record)\w*(?:\[[\"']|->)(?:password|pass)(?:[\"']\])?\s*(?:===?|!==?)\s*\$"
    ),
    re.compile(
        r"\$_POST\[[\"']pass(?:word)?[\"']\]\s*(?:===?|!==?)\s*\$\w*(?:row|user|result|data)"
    ),
    re.compile(
        r"(?i)\bpassw(?:or)?d\s*=\s*'?[\"']?\s*(?:\.|\+)?\s*(?:\$\{|\{|\$)\s*(?:_POST\[.)?\w*passw(?:or)?d"
    ),
)
_REVERSED = re.compile(
    r"\b(?:request|req|data|form|body)\w*(?:\.|\[|\.get\()[^=!\n]{0,20}password[^=!\n]{0,4}(?:===?|!==?)"
    r"\s*\w*(?:user|member|account)\w*(?:\.|\[[\"'])password"
)
_SQL = re.compile(r"(?i)select\b.*\bwhere\b")
_HASHED = re.compile(
    r"(?i)bcrypt|argon2|scrypt|pbkdf2|check_password|password_verify|password_hash|set_password|make_password"
    r"|generate_password_hash|hash|crypt|encrypt|digest"
)
_STORED = re.compile(
    r"objects\.create\([^()]*\bpassword\s*=\s*(?:request\.|form\.|data\[|self\.cleaned_data)"
    r"|\bnew User\(\s*\{[^}]*\bpassword\s*:\s*req\.body"
    r"|\bUser(?:\.create)?\(\s*\{?[^(){}]*\bpassword\s*[:=]\s*(?:request\.(?:form|json|POST)|req\.body)"
)
_MANIFESTS = (
    "package.json",
    "requirements*.txt",
    "pyproject.toml",
    "Pipfile",
    "Gemfile",
    "composer.json",
)
_COSTS = (
    (re.compile(r"bcrypt\w*\.(?:hash|hashSync)\([^(),\n]+,\s*(\d+)\s*[,)]"), 10, "bcrypt"),
    (
        re.compile(r"\b(?:genSalt|genSaltSync|gensalt)\(\s*(?:rounds\s*=\s*)?(\d+)\s*[,)]"),
        10,
        "bcrypt",
    ),
    (
        re.compile(r"PASSWORD_(?:BCRYPT|DEFAULT)\s*,\s*\[\s*[\"']cost[\"']\s*=>\s*(\d+)"),
        10,
        "bcrypt",
    ),
    (
        re.compile(rf"pbkdf2(?:Sync|_hmac)?\([^()\n]*\b{_P}[^\n]*?,\s*(\d{{1,5}})\s*,"),
        100_000,
        "PBKDF2",
    ),
)
_COST_WORDS = ("bcrypt", "genSalt", "gensalt", "PASSWORD_BCRYPT", "PASSWORD_DEFAULT", "pbkdf2")
USE = "use argon2 or bcrypt"


class Passwords(Feature):
    section: ClassVar[str] = "passwords"
    room: ClassVar[Room] = "security"

    @check("Users' passwords are hashed slowly")
    def hashed_slowly(self, look: Look) -> Iterator[Finding]:
        """MD5, SHA-1 and SHA-256 are tried billions of times a second on one graphics card: of a
        stolen table, most are known by evening. argon2 and bcrypt take that long for each."""
        tree: Tree = look.fact("tree")
        names = list(sources(tree))
        where = [
            place
            for pattern in _FAST
            for place, _ in lines(tree, names, pattern, _FAST_WORDS)
            if not _ELSE.search(place.text) and not _near(tree, place)
        ]
        where += [
            spot(name, code(tree, name), found.start())
            for name in django_settings(tree)
            if (found := _HASHERS.search(code(tree, name)))
        ]
        fix = f"{USE}: {_library(where)}; hash again when somebody logs in"
        yield from finding("users' passwords are hashed with a fast hash", where, fix)

    @check("Users' passwords are not stored as they are")
    def not_plain(self, look: Look) -> Iterator[Finding]:
        """If you can read your users' passwords, so can whoever gets a backup, an SQL injection or
        a laptop. Most people use the same password for their mail."""
        tree: Tree = look.fact("tree")
        names = list(sources(tree))
        where = [place for place in _compared(tree, names) if not _HASHED.search(place.text)]
        if not where and not _hashes(tree, names):
            words = ("password",)
            where = [place for place, _ in spots(tree, names, _STORED, words=words)]
        fix = f"{USE}: {_library(where)}; and compare with its own function"
        yield from finding("users' passwords are compared or stored as they are", where, fix)

    @check("Hashing a password takes its time", severity="should")
    def cost(self, look: Look) -> Iterator[Finding]:
        """bcrypt's cost is a power of two: 8 instead of 12 is sixteen times less work for a thief.
        OWASP's least are 10 for bcrypt and hundreds of thousands of rounds for PBKDF2."""
        tree: Tree = look.fact("tree")
        names = list(sources(tree))
        where = [
            place
            for pattern, least, _ in _COSTS
            for place, match in spots(tree, names, pattern, words=_COST_WORDS)
            if int(match[1]) < least and not _ELSE.search(place.text.replace("bcrypt", ""))
        ]
        fix = "bcrypt: 12; PBKDF2-SHA256: 600000 rounds; or argon2 with its defaults"
        yield from finding("passwords are hashed with little work", where, fix)


def _near(tree: Tree, place: Spot) -> bool:
    """True when the file hashes slowly as well, or asks whether a password is known to thieves."""
    other = (
        r"(?i)bcrypt|argon2|scrypt|pbkdf2|pwned|hibp|password_hash\(|rehash|legacy|rounds|wrapped"
    )
    return bool(re.search(other, code(tree, place.name)))


def _compared(tree: Tree, names: list[str]) -> Iterator[Spot]:
    *pairs, sql = _COMPARED
    for pattern in (_REVERSED, *pairs):
        for place, _ in lines(tree, names, pattern, ("pass",)):
            if not re.search(r"(?i)confirm|repeat|again|\bnew|old", place.text):
                yield place
    for place, _ in lines(tree, names, sql, ("where", "WHERE")):
        if _SQL.search(place.text) and not re.search(r"(?i)update|md5|sha\d", place.text):
            yield place


def _hashes(tree: Tree, names: list[str]) -> bool:
    """True when anything in the tree hashes passwords."""
    hashing = re.compile(
        r"(?i)bcrypt|argon2|scrypt|pbkdf2|passlib|pwdlib|password\.setter|set_password|generate_password_hash"
        r"|passport-local-mongoose|werkzeug\.security|make_password|hash_password|has_secure_password"
    )
    every = [*tree.named(*_MANIFESTS), *names]
    return any(hashing.search(tree.text(name)) for name in every)


def _library(where: list[Spot]) -> str:
    """What the language of the first place has for it."""
    ending = where[0].name.rpartition(".")[2] if where else ""
    known = {
        "py": "argon2-cffi, or the framework's own (Django: set_password)",
        "rb": "has_secure_password",
        "php": "password_hash() and password_verify()",
        "go": "golang.org/x/crypto/bcrypt",
        "java": "BCryptPasswordEncoder",
        "kt": "BCryptPasswordEncoder",
    }
    return known.get(ending, "the package argon2 or bcrypt")
