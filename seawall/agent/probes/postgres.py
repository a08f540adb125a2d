"""Postgres of this machine: its databases, who gets in without a password, and who may do all."""

from __future__ import annotations

import os
from typing import Any, Dict

from seawall.agent.steps.postgres import SOCKET, ask

DATABASES = """
SELECT json_build_object('name', datname, 'bytes', pg_database_size(oid)) FROM pg_database
WHERE NOT datistemplate AND datname <> 'postgres' ORDER BY datname
"""
OPEN = """
SELECT json_build_object('line', line_number, 'type', type, 'users', user_name, 'from', address)
FROM pg_hba_file_rules WHERE auth_method IN ('trust', 'password') OR error IS NOT NULL
"""
POWERFUL = """
SELECT to_json(rolname) FROM pg_roles WHERE rolsuper AND rolcanlogin AND rolname <> 'postgres'
"""


def postgres() -> Dict[str, Any]:
    """What the server itself tells; `there` is false where none runs."""
    if not os.path.exists(SOCKET):
        return {"there": False, "databases": [], "open": [], "powerful": []}
    return {
        "there": True,
        "databases": ask("postgres", DATABASES),
        "open": ask("postgres", OPEN),
        "powerful": ask("postgres", POWERFUL),
    }
