"""What belongs to one machine and stands in the code: passwords, addresses, and data on its disk.

Settings that differ between your laptop and the server come from the environment. And whatever
visitors give you lives where it is declared and saved, not in a folder that the next release
replaces.
"""

import re
from collections.abc import Iterator
from typing import ClassVar

from seawall.kit import Feature, Finding, Look, Room, check
from seawall.repository.factors import keeping
from seawall.repository.factors.names import django_settings, sources
from seawall.repository.spots import Spot, code, finding, lines, spot, spots
from seawall.repository.tree import Tree

_ENV = re.compile(
    r"(?i)env|\|\||\?\?|config\.get|config\(|parser|argparse|fallback|default|placeholder"
)
_DJANGO = re.compile(r"[\"']PASSWORD[\"']\s*:\s*[\"']([^\"']+)[\"']")
_CONNECTS = (
    re.compile(
        r"(?:mysqli_connect|new\s+mysqli|mysql_connect|new\s+\\?PDO)\(\s*[\"'][^\"']*[\"']\s*,"
        r"\s*[\"'][^\"']*[\"']\s*,\s*[\"']([^\"'$]+)[\"']"
    ),
    re.compile(
        r"create(?:Connection|Pool)\(\s*\{[^}]{0,300}?\bpassword\s*:\s*[\"']([^\"'$]+)[\"']"
    ),
    re.compile(
        r"(?:psycopg2?|pymysql|MySQLdb|mysql\.connector|asyncpg)\.connect\([^()]{0,300}?"
        r"passw(?:or)?d\s*=\s*[\"']([^\"'{}]+)[\"']"
    ),
)
_CALLS = ("mysql", "mysqli", "PDO", "createConnection", "createPool", ".connect(")
_STAND_IN = re.compile(
    r"(?i)^(|your.*|change.*|.*_here|<.*|xxx+|\*+|\$.*|%.*|\{.*|placeholder|none)$"
)
_URL = re.compile(
    r"(?:\bconnect|createClient|create_engine|create_async_engine|from_url|new Sequelize|new Redis"
    r"|MongoClient|createPool|createConnection|StrictRedis)\(\s*f?[\"'](?:mongodb(?:\+srv)?|postgres(?:ql)?"
    r"|mysql|mariadb|rediss?|amqps?)(?:\+\w+)?://[^\"'${}]+[\"']"
    r"|^\s*(?:app\.config\[[\"'])?(?:SQLALCHEMY_DATABASE_URI|DATABASE_URL|REDIS_URL|MONGO_URI|BROKER_URL"
    r"|CELERY_BROKER_URL)(?:[\"']\])?\s*=\s*[\"'](?!sqlite)\w+(?:\+\w+)?://[^\"'${}]+[\"']",
    re.M,
)
_URLS = ("mongodb", "postgres", "mysql", "mariadb", "redis", "amqp")
_PRIVATE = re.compile(
    r"(?i)\b\w*(?:host|hostname|server|url|uri|endpoint)[\"']?\]?\s*(?:=>|[=:,])\s*[\"'](?:\w+://)?(?:[^\"'@/\s]*@)?"
    r"(?:10\.\d+|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.\d+\.\d+(?::\d+)?(?:/[^\"'\d][^\"']*)?[\"']"
)
_NUMBERS = ("10.", "192.168.", "172.")
_ADMIN = re.compile(
    r"(?i)create_superuser\([^()]*password\s*=\s*[\"']([^\"']+)[\"']"
    r"|\b\w*(?:ADMIN|ROOT|SUPERUSER)\w*_?PASS(?:WORD)?[\"']?\s*\]?\s*(?:,|\)?\s*\|\||\?\?|=|:)\s*[\"']"
    r"(admin\w*|password\d*|passw0rd|secret|root|letmein|1234\w*|changeme|change_me|welcome\d*|test\w*)[\"']"
)
_ADMINS = ("create_superuser", "ADMIN", "ROOT", "SUPERUSER", "admin_pass", "adminPass", "root_pass")
_DROPS = re.compile(
    r"\.sync\(\s*\{[^}]*\bforce\s*:\s*true|\bdropSchema\s*:\s*true|ddl-auto\s*[:=]\s*create"
    r"|hbm2ddl\.auto[\"']?\s*[:=,]\s*[\"']?create"
)


class Fixed(Feature):
    section: ClassVar[str] = "fixed"
    room: ClassVar[Room] = "stability"

    @check("The database's password is not in the code", severity="should")
    def no_database_password(self, look: Look) -> Iterator[Finding]:
        """Whoever reads the code can read the database, and a password that stands there is never
        changed, because changing it takes a release."""
        tree: Tree = look.fact("tree")
        where = [*_passwords(tree, list(django_settings(tree)), _DJANGO)]
        names = list(sources(tree, ".php", ".js", ".ts", ".py"))
        for pattern in _CONNECTS:
            where += _passwords(tree, names, pattern)
        fix = "change it, read it from the environment: seawall secrets set DB_PASSWORD"
        yield from finding("a password of a database is in the code", where, fix)

    @check("Addresses of other machines are settings", severity="should")
    def no_fixed_address(self, look: Look) -> Iterator[Finding]:
        """An address in the code ties every release to one network. When the database moves, or the
        server is rebuilt elsewhere, the app has to be changed before it can start."""
        tree: Tree = look.fact("tree")
        if not look.fact("deployed"):
            return
        names = list(sources(tree))
        found = [*lines(tree, names, _URL, _URLS)]
        found += [*lines(tree, names, _PRIVATE, _NUMBERS)]
        where = [_bare(place) for place, _ in found if not _ENV.search(place.text)]
        fix = "read it from the environment: DATABASE_URL, REDIS_URL"
        yield from finding("the address of another machine is in the code", where, fix)

    @check("No account has a password that everybody knows")
    def no_default_admin(self, look: Look) -> Iterator[Finding]:
        """Robots try admin/admin on every address of the internet, all day. A password that is the
        default in the code is known to all who can read it, and half of them never change it."""
        tree: Tree = look.fact("tree")
        found = lines(tree, sources(tree), _ADMIN, _ADMINS)
        where = [place for place, _ in found if _really(place)]
        fix = "take it from the environment, and refuse to start without it"
        yield from finding("an admin's password is in the code", map(_bare, where), fix)

    @check("No start drops tables")
    def schema_is_kept(self, look: Look) -> Iterator[Finding]:
        """Some frameworks can make all tables anew when the app starts. What was a convenience on
        the first day deletes the customers on the day it meets the real database."""
        tree: Tree = look.fact("tree")
        names = [*sources(tree, ".js", ".ts"), *tree.named("application*.properties")]
        names += [name for name in tree.named("application*.yml") if "test" not in name]
        found = spots(tree, names, _DROPS, words=("force", "dropSchema", "ddl-auto", "hbm2ddl"))
        where = [place for place, _ in found if not re.search(r"(?i)test|env", place.text)]
        yield from finding("the tables are made anew at start", where, "use migrations instead")

    @check("Uploads have a place that is kept", severity="should")
    def uploads_are_kept(self, look: Look) -> Iterator[Finding]:
        """A release replaces the app's folder, and a container takes its disk along when it goes.
        Files of your users need a place of their own, which is saved."""
        tree: Tree = look.fact("tree")
        if look.fact("deployed") and not keeping.declared(tree):
            fix = "declare the folder: uploads: of the app in seawall.yml; or use an object store"
            where = keeping.uploads(tree)
            yield from finding("uploads lie where the next release comes", where, fix)

    @check("Sessions survive a release", severity="should")
    def sessions_survive(self, look: Look) -> Iterator[Finding]:
        """Sessions in the memory of one process end with it: each release logs everybody out, and a
        second instance does not know whom the first let in."""
        fix = "keep them in the database or Redis: store: of express-session"
        where = keeping.sessions(look.fact("tree"))
        yield from finding("sessions are kept in memory", where, fix)

    @check("A database file outlives its container")
    def sqlite_is_kept(self, look: Look) -> Iterator[Finding]:
        """SQLite is one file. In a container without a volume it is thrown away with the container,
        at each release: with all users, orders and whatever else was in it."""
        tree: Tree = look.fact("tree")
        files = look.fact("dockerfiles")
        volumes = any(file.all("VOLUME") for file in files)
        if files and not volumes and not keeping.declared(tree):
            fix = "keep it in a volume that is saved, or declare a database in seawall.yml"
            yield from finding("the database is lost with its container", keeping.sqlite(tree), fix)


def _passwords(tree: Tree, names: list[str], pattern: re.Pattern[str]) -> Iterator[Spot]:
    words = ("PASSWORD",) if pattern is _DJANGO else _CALLS
    for place, match in spots(tree, names, pattern, words=words):
        if not _STAND_IN.match(match[1]) and not re.search(r"(?i)getenv|environ", place.text):
            at = match.start(1)
            there = spot(place.name, code(tree, place.name), at)
            yield Spot(there.name, there.line, there.text.replace(match[1], "…"))


def _bare(place: Spot) -> Spot:
    """Without the values in it, which may be secret."""
    text = re.sub(r"(?i)(pass\w*[\"']?\s*\]?\s*[,=:|?]+\s*)([\"']).*?\2", r"\1\2…\2", place.text)
    return Spot(place.name, place.line, text)


def _really(place: Spot) -> bool:
    """Not a label, a list of names, or a comparison with the default to refuse it."""
    shown = r"(?i)label|help|message|error|===?\s*[\"']|title|translate|i18n"
    listed = re.search(r"[\"']\s*,\s*[\"']", place.text)
    asked = re.search(r"(?i)env|fetch|get\(|create_superuser\(", place.text)
    return not re.search(shown, place.text) and bool(asked or not listed)
