"""Answers as real apps do: at once, after two seconds, after a slow upload, over a WebSocket.

Knows how to break: BREAK names how. Plain standard library, one thread for each connection.
"""

import base64
import hashlib
import os
import signal
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

VERSION = (Path(__file__).parent / "version").read_text().strip()
BREAK = os.environ.get("BREAK", "")
KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455 wants this behind the visitor's own key."""
GOING_AWAY = b"\x88\x02\x03\xe9"
"""A close frame with code 1001."""
open_sockets: set[socketserver.StreamRequestHandler] = set()
CRASH = "/srv/shop/crash"
"""While this file is there, it ends as soon as it starts."""


class Visit(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer goes out whole, or not at all when it ends in between

    def do_GET(self) -> None:
        if self.path == "/ws":
            return self.talk()
        if self.path.startswith("/parts/"):
            return self.part_by_part(self.path.removeprefix("/parts/"))
        if self.path == "/slow":
            time.sleep(2)
        if self.path == "/hang" or (self.path == "/healthz" and hung.is_set()):
            hung.set()
            time.sleep(600)
        unhealthy = BREAK == "unhealthy" and self.path == "/healthz"
        told = os.environ.get(self.path[5:], "") if self.path.startswith("/env/") else VERSION
        if self.path == "/visitor":
            told = self.headers.get("X-Forwarded-For", "")
        return self.answer(told, 500 if unhealthy else 200)

    def do_POST(self) -> None:
        """Take what is sent, a part every tenth of a second, and say how much it was."""
        left = whole = int(self.headers["Content-Length"])
        while left:
            left -= len(self.rfile.read(min(left, 1 << 17)))
            if whole > 1 << 17:
                time.sleep(0.1)
        self.answer(f"{whole}")

    def answer(self, text: str, status: int = 200) -> None:
        content = f"{text}\n".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def part_by_part(self, kind: str) -> None:
        """Send two parts, a second apart."""
        self.send_response(200)
        self.send_header("Content-Type", f"text/{kind}")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for word in (b"one", b"two"):
            self.wfile.write(b"9\r\ndata: " + word + b"\r\n")
            self.wfile.flush()
            time.sleep(1)
        self.wfile.write(b"0\r\n\r\n")

    def talk(self) -> None:
        """Echo short text messages until somebody closes."""
        accept = hashlib.sha1((self.headers["Sec-WebSocket-Key"] + KEY).encode()).digest()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(accept).decode())
        self.end_headers()
        self.wfile.flush()
        self.close_connection = True
        open_sockets.add(self)
        while frame := self.frame():
            kind, content = frame
            if kind == 8:
                self.connection.sendall(bytes([0x88, len(content)]) + content)
                break
            self.connection.sendall(bytes([0x80 | kind, len(content)]) + content)
        open_sockets.discard(self)

    def frame(self) -> "tuple[int, bytes] | None":
        head = self.rfile.read(2)
        if len(head) < 2:
            return None
        mask = self.rfile.read(4)
        content = self.rfile.read(head[1] & 127)
        return head[0] & 15, bytes(byte ^ mask[at % 4] for at, byte in enumerate(content))

    def log_message(self, *arguments: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True


hung = threading.Event()


def leave(*_: object) -> None:
    for each in list(open_sockets):
        each.connection.sendall(GOING_AWAY)
    time.sleep(0.2)
    os._exit(0)


def main() -> None:
    print(f"version {VERSION} starts", flush=True)
    if BREAK == "dies" or os.access(CRASH, os.F_OK):
        sys.exit("no database, says version " + VERSION)
    if BREAK == "dies-later":
        threading.Timer(0.6, lambda: os._exit(3)).start()
    port = 9999 if BREAK == "wrong-port" else int(os.environ["PORT"])
    signal.signal(signal.SIGTERM, leave)
    Server((os.environ.get("LISTEN", "127.0.0.1"), port), Visit).serve_forever()


main()
