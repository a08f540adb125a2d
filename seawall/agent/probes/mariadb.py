"""MariaDB of this machine: its databases, where it listens, who gets in how, and who may do all."""

from __future__ import annotations

import os
from typing import Any, Dict

from seawall.agent.steps.mariadb import NAMELESS, OPEN, SOCKET, ask, spelled

DATABASES = """
SELECT SCHEMA_NAME, COALESCE((SELECT SUM(DATA_LENGTH + INDEX_LENGTH)
  FROM information_schema.TABLES WHERE TABLE_SCHEMA = SCHEMA_NAME), 0)
FROM information_schema.SCHEMATA
WHERE SCHEMA_NAME NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')
ORDER BY 1
"""
LISTENS = "SELECT IF(@@skip_networking, '', COALESCE(@@bind_address, '*')), @@port"
FAR = """
SELECT User, Host FROM mysql.global_priv
WHERE COALESCE(JSON_VALUE(Priv, '$.is_role'), 0) = 0
  AND COALESCE(JSON_VALUE(Priv, '$.account_locked'), 0) = 0
  AND Host NOT IN ('', 'localhost', '127.0.0.1', '::1') ORDER BY 1, 2
"""
POWERFUL = """
SELECT User, Host FROM mysql.user WHERE is_role = 'N' AND 'Y' IN (Super_priv, Grant_priv,
  File_priv, Create_user_priv, Shutdown_priv, Process_priv)
  AND NOT (User IN ('root', 'mysql') AND Host IN ('localhost', '127.0.0.1', '::1')) ORDER BY 1, 2
"""
FRAIL = """
SELECT t.TABLE_SCHEMA, t.TABLE_NAME, t.ENGINE FROM information_schema.TABLES t
  JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
WHERE t.TABLE_TYPE LIKE '%BASE TABLE' AND e.TRANSACTIONS <> 'YES' AND t.TABLE_SCHEMA NOT IN
  ('mysql', 'sys', 'information_schema', 'performance_schema') ORDER BY 1, 2
"""
ROUNDED = """
SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS
WHERE DATA_TYPE = 'float' AND TABLE_SCHEMA NOT IN
  ('mysql', 'sys', 'information_schema', 'performance_schema') ORDER BY 1, 2, 3
"""
NOBODY: Dict[str, Any] = {
    "there": False,
    "databases": [],
    "listens": "",
    "nameless": [],
    "open": [],
    "far": [],
    "powerful": [],
    "frail": [],
    "rounded": [],
}


def mariadb() -> Dict[str, Any]:
    """What the server itself tells; `there` is false where none runs."""
    if not os.path.exists(SOCKET):
        return NOBODY
    [[address, port]] = ask(LISTENS)
    return {
        "there": True,
        "databases": [{"name": row[0], "bytes": int(row[1])} for row in ask(DATABASES)],
        "listens": f"{address}:{port}" if address else "",
        "nameless": [spelled(*row) for row in ask(NAMELESS)],
        "open": [spelled(*row) for row in ask(OPEN)],
        "far": [spelled(*row) for row in ask(FAR)],
        "powerful": [spelled(*row) for row in ask(POWERFUL)],
        "frail": [[f"{row[0]}.{row[1]}", row[2]] for row in ask(FRAIL)],
        "rounded": [f"{row[0]}.{row[1]}.{row[2]}" for row in ask(ROUNDED)],
    }
