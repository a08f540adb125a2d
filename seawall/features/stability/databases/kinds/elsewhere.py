"""Databases that somebody else runs: their programs are needed here, their server is not.

The copy is proven in a scratch server of the same version, so the programs of a server are there,
and nothing of them runs.
"""

from collections.abc import Iterator

from seawall.agent.steps import File, Packages, Step

NO_CLUSTER = "/etc/postgresql-common/createcluster.d/seawall.conf"


def programs(engine: str, *, alone: bool) -> Iterator[Step]:
    """What saves a database of this engine; `alone` where no server of the same kind runs."""
    assert engine == "postgres", engine
    if alone:
        told = "# Written by seawall: what is saved from here runs elsewhere.\n"
        yield File(NO_CLUSTER, f"{told}create_main_cluster = false\n")
    yield Packages(("postgresql",))
