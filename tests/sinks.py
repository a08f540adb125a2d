"""Where messages end up in tests: a mail server and a web server, real ones, on this machine.

The mail server speaks STARTTLS or TLS, with a certificate of its own authority, and wants a login.
The web server keeps what was posted, and answers what the test says.
"""

import datetime
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USER, PASSWORD = "alerts@acme.example", "correct horse battery"


def certificate(folder: Path, *hosts: str) -> Path:
    """A file with a key and its certificate for these hosts, signed by itself."""
    import ipaddress

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "acme test")])
    names: list[x509.GeneralName] = []
    for host in hosts:
        is_ip = host.replace(".", "").isdigit()
        names.append(x509.IPAddress(ipaddress.ip_address(host)) if is_ip else x509.DNSName(host))
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "mail.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@dataclass
class Mailbox:
    """What a mail server got: the envelope and the mail, in order. `says` is what it answers to
    the next mails, instead of taking them; `logins` are the users that tried."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    says: list[str] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)

    async def handle_RCPT(  # noqa: N802  # as aiosmtpd calls it
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address in self.unknown:
            return "550 5.1.1 nobody of this name here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.says:
            return self.says.pop(0)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients.append(envelope.rcpt_tos)
        return f"250 2.0.0 Ok: queued as {len(self.mails):04X}"

    def login(self, server: Any, session: Any, envelope: Any, how: str, told: Any) -> AuthResult:
        self.logins.append(told.login)
        fits = told.login == USER.encode() and told.password == PASSWORD.encode()
        return AuthResult(success=fits, handled=fits)


class Secured(Controller):
    """A mail server; `pem` for STARTTLS, or for TLS at once."""

    def __init__(self, mailbox: Mailbox, host: str, pem: Path | None, *, at_once: bool) -> None:
        context = None
        if pem:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pem)
        self.starttls = None if at_once else context
        super().__init__(mailbox, host, 0, ssl_context=context if at_once else None)
        self.at_once = at_once

    def factory(self) -> SMTP:
        encrypted = self.starttls is not None
        return SMTP(
            self.handler,
            hostname="mail.acme.example",
            tls_context=self.starttls,
            require_starttls=encrypted,
            authenticator=self.handler.login,
            auth_required=encrypted,
            auth_require_tls=not self.at_once,
        )


@contextmanager
def mail_server(
    host: str = "127.0.0.1", pem: Path | None = None, *, at_once: bool = False, port: int = 0
) -> Iterator[Mailbox]:
    """A mail server that runs meanwhile."""
    mailbox = Mailbox()
    server = Secured(mailbox, host, pem, at_once=at_once)
    server.port = port or _free(host)
    mailbox.port = server.port
    server.start()
    try:
        yield mailbox
    finally:
        server.stop()


def _free(host: str) -> int:
    import socket

    with socket.create_server((host, 0)) as found:
        return int(found.getsockname()[1])


@dataclass
class Posts:
    """What a web server got. `says` are the next answers, each a status, or a status with a body
    and headers; then it answers `usual`. `answered` has what was answered, in order."""

    url: str = ""
    paths: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    says: list[Any] = field(default_factory=list)
    usual: Any = 200

    @property
    def told(self) -> list[Any]:
        """Every body, as JSON."""
        return [json.loads(body) for body in self.bodies]


@contextmanager
def web_server(host: str = "127.0.0.1", port: int = 0) -> Iterator[Posts]:
    """A web server that runs meanwhile."""
    posts = Posts()
    lock = threading.Lock()

    class Sink(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with lock:
                posts.paths.append(self.path)
                posts.bodies.append(body)
                posts.headers.append(dict(self.headers))
                answer = posts.says.pop(0) if posts.says else posts.usual
            status, text, more = answer if isinstance(answer, tuple) else (answer, "ok", {})
            posts.answered.append(status)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *words: Any) -> None:
            pass

    server = ThreadingHTTPServer((host, port), Sink)
    server.daemon_threads = True
    posts.url = f"http://{host}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield posts
    finally:
        server.shutdown()
        server.server_close()
