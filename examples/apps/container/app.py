"""A guest book: what a small web app needs, and nothing that a container should not have.

It listens on PORT, is configured by its environment, keeps its data in one declared folder, says
how it is under /healthz, and ends when it is asked to.
"""

import html
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

BOOK = Path(os.environ.get("BOOK", "/srv/guestbook/entries.txt"))
TITLE = os.environ.get("TITLE", "Guest book")
PAGE = """<!doctype html><title>{title}</title><h1>{title}</h1>
<form method="post"><input name="entry" required maxlength="200"> <button>Sign</button></form>
<ul>{entries}</ul>"""
LARGEST = 10_000
"""Bytes of a request that are read."""


class Guests(BaseHTTPRequestHandler):
    """Shows the book, and adds to it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/healthz":
            return self.answer("well" if os.access(BOOK.parent, os.W_OK) else "no place to write")
        written = BOOK.read_text().splitlines() if BOOK.exists() else []
        entries = "".join(f"<li>{html.escape(entry)}" for entry in written)
        return self.answer(PAGE.format(title=html.escape(TITLE), entries=entries), "text/html")

    def do_POST(self) -> None:
        size = min(int(self.headers.get("Content-Length", 0)), LARGEST)
        entry = parse_qs(self.rfile.read(size).decode()).get("entry", [""])[0]
        with BOOK.open("a") as book:
            book.write(" ".join(entry.split())[:200] + "\n")
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def answer(self, text: str, kind: str = "text/plain") -> None:
        """Send one page."""
        body = text.encode()
        self.send_response(200 if text != "no place to write" else 503)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Serve until somebody says that it is enough."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = ThreadingHTTPServer(("", int(os.environ["PORT"])), Guests)
    print(f"listening on {server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
