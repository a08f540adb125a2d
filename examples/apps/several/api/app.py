"""Tells the time: an API that shares its domain with a page."""

import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Api(BaseHTTPRequestHandler):
    """Answers below /api."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        known = {
            "/api/healthz": lambda: {"well": True},
            "/api/time": lambda: {"time": time.strftime("%FT%TZ", time.gmtime())},
        }
        found = known.get(self.path)
        self.answer(200 if found else 404, found() if found else {"error": "not here"})

    def answer(self, status: int, content: dict[str, object]) -> None:
        """Send one JSON document."""
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Api).serve_forever()
