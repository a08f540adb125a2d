"""How each kind of data comes back with nothing of ours: restic and the engine's own programs.

These commands stand in the recovery kit, and a test runs exactly them on a bare machine. They are
for root of a new Debian or Ubuntu; `RUN` is set by then to the run that is to be restored.
"""

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
FILES = """\
# Folders, back to where they were: {paths}
restic restore latest --host {server} --tag run=$RUN,dataset={name} --target /
"""
OTHER = """\
# {engine}: the dump as its own program wrote it.
{stream} > {name}.dump
"""
STOCK = {"postgres": POSTGRES, "files": FILES}
"""One text for each engine; an engine without one gets its dump as a file."""


def commands(server: str, dataset: Any) -> str:
    """The commands that bring one dataset back, as lines for a shell of root's."""
    told = {"server": quote(server), "name": quote(dataset.name), "engine": dataset.engine}
    told |= {"paths": " ".join(map(str, dataset.told.get("paths", ())))}
    stream = STREAM.format(**told)
    text = NEWEST + STOCK.get(dataset.engine, OTHER)
    return text.format(**told, stream=stream)
