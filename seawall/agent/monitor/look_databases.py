"""What of a Postgres server somebody must be told before it stops: its connections, its
transaction numbers, slots that hold back what nobody fetches."""

from __future__ import annotations

import os
from typing import Dict, List, Tuple

from seawall.agent.steps.postgres import SOCKET, ask

USED = """
SELECT json_build_object(
  'used', 100.0 * (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')
    / current_setting('max_connections')::int,
  'age', (SELECT 100.0 * max(age(datfrozenxid)) / 2147483647 FROM pg_database))
"""
SLOTS = """
SELECT json_build_object('name', slot_name,
  'bytes', pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn))
FROM pg_replication_slots WHERE restart_lsn IS NOT NULL AND NOT pg_is_in_recovery()
"""


def look() -> Tuple[Dict[str, Dict[str, float]], Dict[str, List[str]]]:
    """Numbers of the server on this machine; none where there is none."""
    if not os.path.exists(SOCKET):
        return {}, {}
    [seen] = ask("postgres", USED)
    slots = {str(each["name"]): float(each["bytes"]) / 1e9 for each in ask("postgres", SLOTS)}
    return {
        "database.connections": {"postgres": float(seen["used"])},
        "database.age": {"postgres": float(seen["age"])},
        "database.slot": slots,
    }, {}
