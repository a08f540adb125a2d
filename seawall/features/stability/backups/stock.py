"""How each kind of data comes back with nothing of ours: restic and the engine's own programs.

These commands stand in the recovery kit, and a test runs exactly them on a bare machine. They are
for root of a new Debian or Ubuntu; `RUN` is set by then to the run that is to be restored.
"""

from pathlib import PurePosixPath
from shlex import quote
from typing import Any

NEWEST = """\
restic dump --quiet --host {server} --tag manifest,with={name} latest /manifest.json > manifest.json
RUN=$(python3 -c 'import json; print(json.load(open("manifest.json"))["run"])')
"""
"""The newest run that holds this dataset whole: its manifest is stored last."""
STREAM = "restic dump --quiet --host {server} --tag run=$RUN,dataset={name} latest /dump"

POSTGRES = """\
# Postgres: roles with their passwords, then the database. The server must be as new as the one
# that was saved, see manifest.json; psql says that the role postgres is there already: it is.
apt-get install -y postgresql
python3 -c 'import json; print(json.load(open("manifest.json"))["datasets"]["{name}"]["manifest"]\
["needed"]["roles"])' > roles.sql
(cd / && runuser -u postgres -- psql -q -d postgres) < roles.sql
{stream} | (cd / && runuser -u postgres -- pg_restore --create --no-tablespaces -d postgres)
(cd / && runuser -u postgres -- psql -d {name} -c '\\dt+')
"""
MARIADB = """\
# MariaDB: accounts with their passwords, then the database, then rights. Meanwhile every account
# may do everything in it. Accounts that are there already are said, and kept as they are.
apt-get install -y mariadb-server
mariadb -e 'SET GLOBAL max_allowed_packet = 1 << 30'
python3 - <<'END'
import json, re
told = json.load(open("manifest.json"))["datasets"]["{name}"]["manifest"]["needed"]
names = [re.match("CREATE (?:USER|ROLE) (`.*?`(?:@`.*?`)?)", each)[1] for each in told["accounts"]]
rights = "ALL PRIVILEGES ON `" + told["database"].replace("_", "\\\\_") + "`.*"
before = [*told["accounts"], *(f"GRANT {{rights}} TO {{name}}" for name in names)]
after = [*(f"REVOKE {{rights}} FROM {{name}}" for name in names), *told["grants"]]
for name, lines in (("before.sql", before), ("after.sql", after)):
    open(name, "w").write("".join(line + ";\\n" for line in lines))
END
mariadb --force < before.sql
{stream} | mariadb --binary-mode --default-character-set=utf8mb4 --max-allowed-packet=1G
mariadb --force < after.sql
mariadb -t -e 'SHOW TABLE STATUS' {name}
"""
FILES = """\
# Folders, back to where they were: {paths}
restic restore latest --host {server} --tag run=$RUN,dataset={name} --target /
"""
SQLITE = """\
# SQLite: the file itself, in the folder of its app, which must not run meanwhile.
{stream} > restored.db
mkdir -p {folder}
rm -f {file}-wal {file}-shm {file}-journal
cp restored.db {file}
chown --reference={folder} {file}
"""
REDIS = """\
# Redis: begins with what lies here, whether its append-only file is on or off.
apt-get install -y redis-server
{stream} > restored.rdb
systemctl stop redis-server
rm -rf /var/lib/redis/appendonlydir
mkdir /var/lib/redis/appendonlydir
cp restored.rdb /var/lib/redis/dump.rdb
cp restored.rdb /var/lib/redis/appendonlydir/appendonly.aof.1.base.rdb
echo 'file appendonly.aof.1.base.rdb seq 1 type b' \
  > /var/lib/redis/appendonlydir/appendonly.aof.manifest
chown -R redis:redis /var/lib/redis
systemctl start redis-server
"""
OTHER = """\
# {engine}: the dump as its own program wrote it.
{stream} > {name}.dump
"""
STOCK = {
    "postgres": POSTGRES,
    "mariadb": MARIADB,
    "files": FILES,
    "sqlite": SQLITE,
    "redis": REDIS,
}
"""One text for each engine; an engine without one gets its dump as a file."""


def commands(server: str, dataset: Any) -> str:
    """The commands that bring one dataset back, as lines for a shell of root's."""
    told = {"server": quote(server), "name": quote(dataset.name), "engine": dataset.engine}
    told |= {"paths": " ".join(map(str, dataset.told.get("paths", ())))}
    file = PurePosixPath(dataset.told.get("file", "/"))
    told |= {"file": quote(str(file)), "folder": quote(str(file.parent))}
    stream = STREAM.format(**told)
    # Where it ran elsewhere, only whoever runs it knows how to take it back.
    text = NEWEST + (OTHER if dataset.secrets else STOCK.get(dataset.engine, OTHER))
    return text.format(**told, stream=stream)
