"""What is said of a loss is what was measured, and the worse of two measurements."""

from typing import Any

import pytest

from seawall.config import parse
from seawall.engine import loss

ONE = """\
servers: { web1: { host: local } }
databases: { main: { engine: postgres, server: web1 } }
backups: { to: "s3:https://s3.example/acme" }
"""


def seen(rebuild: dict[str, Any] | None) -> dict[str, Any]:
    proof = {"time": 900.0, "ok": True, "seconds": 30.0}
    main = {"stored": {"main": {"time": 940.0}}, "proof": proof, "tried_proof": proof}
    return {"declared": True, "now": 1000.0, "datasets": {"main": main}, "rebuild": rebuild}


@pytest.mark.parametrize(
    ("rebuild", "back"), [(None, "30 s"), ({"seconds": 240.0}, "4 min"), ({"seconds": 2.0}, "30 s")]
)
def test_a_measured_rebuild_is_what_one_waits_for(
    rebuild: dict[str, Any] | None, back: str
) -> None:
    told = loss.told(parse(ONE), {"web1": seen(rebuild)})
    assert told == f"If web1 died now: at most 1 min of data lost, back in about {back} (measured)."
