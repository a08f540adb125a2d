"""An app that keeps notes in SQLite and counts visits in Redis, told of both by its environment."""

import http.server
import os
import socket
import sqlite3
from urllib.parse import unquote, urlsplit

file = os.environ["DATABASE_URL"].removeprefix("sqlite:///")
notes = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
notes.execute("PRAGMA journal_mode = WAL")
notes.execute("PRAGMA wal_autocheckpoint = 0")
notes.execute("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, said TEXT)")
cache = urlsplit(os.environ["REDIS_URL"])


def redis(*words: str) -> bytes:
    """What Redis answers last."""
    with (
        socket.create_connection((cache.hostname, cache.port)) as talk,
        talk.makefile("rb") as said,
    ):
        for command in (("AUTH", unquote(cache.password or "")), words):
            parts = "".join(f"${len(word)}\r\n{word}\r\n" for word in command)
            talk.sendall(f"*{len(command)}\r\n{parts}".encode())
            answer = said.readline()
        return answer


class Page(http.server.BaseHTTPRequestHandler):
    """Writes to both for each visit."""

    def do_GET(self) -> None:
        notes.execute("INSERT INTO notes (said) VALUES ('hello')")
        well = redis("INCR", "visits").startswith(b":")
        self.send_response(200 if well else 500)
        self.end_headers()


http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
