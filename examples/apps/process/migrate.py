"""Brings the database into the shape that this release needs; a second time changes nothing.

The old release still serves when this runs, and may have to serve again: only add, never take
away what an older release reads.
"""

import os
import sqlite3

DATABASE = os.environ.get("DATABASE", "/srv/visits/visits.db")

with sqlite3.connect(DATABASE, timeout=30) as database:
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE IF NOT EXISTS visits (page TEXT PRIMARY KEY, count INTEGER)")
