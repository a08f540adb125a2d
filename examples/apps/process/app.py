"""Counts visits in a database file: what a small web app needs to be released while it is used.

It listens on 127.0.0.1 and PORT, is configured by its environment, keeps its data in one declared
folder, says how it is under /healthz, and never changes the database's shape while it runs: that
is what migrate.py does, before the first request reaches a new release.
"""

import os
import sqlite3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DATABASE = os.environ.get("DATABASE", "/srv/visits/visits.db")
GREETING = os.environ.get("GREETING", "Hello")


def count(page: str) -> int:
    """One visit more; how many there were."""
    # Several releases and instances write at once for a moment: each waits for its turn.
    with sqlite3.connect(DATABASE, timeout=5) as database:
        [(visits,)] = database.execute(
            "INSERT INTO visits VALUES (?, 1) ON CONFLICT (page) DO UPDATE SET count = count + 1"
            " RETURNING count",
            (page,),
        ).fetchall()
        return int(visits)


class Visit(BaseHTTPRequestHandler):
    """One visitor."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/healthz":
            with sqlite3.connect(DATABASE) as database:
                database.execute("SELECT 1 FROM visits LIMIT 1")
            return self.answer("well")
        return self.answer(f"{GREETING}, visitor {count(self.path[:200])}")

    def answer(self, text: str) -> None:
        """Send one line."""
        body = f"{text}\n".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Visit).serve_forever()
