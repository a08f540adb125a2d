"""What is found on a server is said, unless it is declared or left alone."""

from typing import Any

import pytest

from seawall.features.stability.backups.strays import unsaved
from seawall.kit import Dataset

FOUND: dict[str, Any] = {
    "servers": [
        {"engine": "mariadb", "path": "/var/lib/mysql"},
        {"engine": "mongodb", "path": "/var/lib/mongodb"},
    ],
    "sqlite": [
        {"path": "/srv/shop/shop.db", "bytes": 8192},
        {"path": "/srv/up/in.db", "bytes": 8192},
    ],
    "volumes": [{"path": "/var/lib/docker/volumes/pgdata/_data", "name": "pgdata"}],
    "dumps": [{"engine": "postgres", "path": "/etc/cron.d/dump", "program": "pg_dump"}],
    "stopped": "",
}


def problems(*datasets: Dataset, ignored: tuple[str, ...] = (), **more: Any) -> list[str]:
    found = list(unsaved({**FOUND, **more}, datasets, ignored, "web1"))
    assert all(each.fix for each in found)
    return [each.problem for each in found]


def test_everything_that_nobody_declared_is_found() -> None:
    assert problems() == [
        "nobody saves the data of mariadb",
        "nobody saves the data of mongodb",
        "nobody saves /srv/shop/shop.db",
        "nobody saves /srv/up/in.db",
        "nobody saves the volume pgdata",
        "dumps of postgres are made that nobody proves",
    ]


DECLARED = [
    (Dataset("main", "mysql", {"database": "main"}), "data of mariadb"),
    (Dataset("shop", "sqlite", {"file": "/srv/shop/shop.db"}), "/srv/shop/shop.db"),
    (Dataset("main", "postgres", {"database": "main"}), "dumps of postgres"),
    (
        Dataset("web-uploads", "files", {"paths": ["/var/lib/docker/volumes/pgdata/_data"]}),
        "volume pgdata",
    ),
]


@pytest.mark.parametrize(("dataset", "gone"), DECLARED, ids=[gone for _, gone in DECLARED])
def test_what_is_declared_is_not_found(dataset: Dataset, gone: str) -> None:
    left = problems(dataset)
    assert len(left) == 5 and not any(gone in each for each in left), left


def test_a_file_in_uploads_is_said_to_be_torn() -> None:
    uploads = Dataset("web-uploads", "files", {"paths": ["/srv/up"]})
    assert "/srv/up/in.db is saved as a file, and may be torn" in problems(uploads)


@pytest.mark.parametrize(
    "ignored", ["/var/lib/mysql", "/var/lib/mongodb", "/srv/shop", "pgdata", "/etc/cron.d/dump"]
)
def test_what_is_ignored_is_not_found(ignored: str) -> None:
    assert len(problems(ignored=(ignored,))) == 5


def test_a_neighbour_of_what_is_ignored_is_found() -> None:
    assert len(problems(ignored=("/srv/sho", "/var/lib/mys", "pgdat"))) == 6


def test_a_walk_that_was_cut_off_is_said() -> None:
    assert problems(stopped="/srv/huge")[-1] == "not every folder was looked through"
