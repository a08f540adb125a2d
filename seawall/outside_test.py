"""The look from outside, at real sockets on this machine."""

import socket
import struct
import threading

import pytest

from seawall import outside
from seawall.server import Server, greeting, refusal

KEXINIT = bytes([20]) + bytes(16)
LISTS = ("curve25519-sha256,ext-info-s", "ssh-ed25519", "aes128-ctr", "aes256-ctr", "a", "b")


def _message() -> bytes:
    payload = KEXINIT
    for text in (*LISTS, "none", "none", "", ""):
        payload += struct.pack(">I", len(text)) + text.encode()
    payload += bytes(5)
    padding = 8 - (len(payload) + 5) % 8 + 8
    return struct.pack(">IB", len(payload) + padding + 1, padding) + payload + bytes(padding)


def _serve(said: bytes) -> int:
    """A server that says this to the first who comes; its port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def once() -> None:
        with listening, listening.accept()[0] as connection:
            connection.sendall(said)
            connection.settimeout(1)
            try:
                while connection.recv(1024):
                    pass
            except OSError:
                return

    threading.Thread(target=once, daemon=True).start()
    return int(listening.getsockname()[1])


def test_a_greeting_names_the_algorithms() -> None:
    port = _serve(b"busy today\r\nSSH-2.0-OpenSSH_9.2p1\r\n" + _message())
    assert greeting.read("127.0.0.1", port) == {
        "version": "SSH-2.0-OpenSSH_9.2p1",
        "kex": ["curve25519-sha256"],
        "host_keys": ["ssh-ed25519"],
        "ciphers": ["aes256-ctr"],
        "macs": ["b"],
    }


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.0 200 OK\r\n\r\n", b"SSH-2.0-x\r\n" + b"\xff" * 40, b"SSH-2.0-x\r\n\0\0\0\1"],
)
def test_who_does_not_greet_like_ssh_is_unknown(said: bytes) -> None:
    assert "unknown" in greeting.read("127.0.0.1", _serve(said), 1)


def test_open_and_closed_are_told_apart() -> None:
    port = _serve(b"")
    assert outside.knock("127.0.0.1", port, 1) == "open"
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert outside.knock("127.0.0.1", unused.getsockname()[1], 1) == "closed"


@pytest.mark.parametrize(
    ("said", "offered"),
    [
        ("x@h: Permission denied (publickey,password).", True),
        ("x@h: Permission denied (publickey,keyboard-interactive).\r\n", True),
        ("Keep out.\nx@h: Permission denied (publickey).", False),
    ],
)
def test_a_refusal_names_what_is_offered(said: str, offered: bool) -> None:
    seen = refusal.parsed(said)
    assert seen["password"]["offered"] is offered
    assert seen["banner"]["text"] == ("Keep out." if "Keep" in said else "")


def test_no_refusal_is_unknown() -> None:
    seen = refusal.parsed("ssh: connect to host h port 22: Connection timed out")
    assert "timed out" in seen["password"]["unknown"]


def test_this_machine_is_not_outside_of_itself() -> None:
    here = Server("here", "local")
    seen = outside.look(here, {"clock": {"now": 100.0}}, outside.greet(here, [22]), 103.0)
    assert seen["clock_offset_s"] == -3.0
    assert all("unknown" in seen[name] for name in ("ports", "ssh", "password", "banner"))
