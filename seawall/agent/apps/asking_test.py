import socket
import threading

import pytest

from seawall.agent.apps import asking


def answered(*parts: bytes, hang_up: bool = True, seconds: float = 2) -> int:
    """The status that is read when a server says this, part by part."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        speaking = threading.Thread(target=_speak, args=(theirs, parts, hang_up))
        speaking.start()
        try:
            return asking.status(ours, "/up", {"Host": "localhost"}, seconds)
        finally:
            speaking.join()


def _speak(theirs: socket.socket, parts: tuple[bytes, ...], hang_up: bool) -> None:
    assert theirs.recv(4096).startswith(b"GET /up HTTP/1.1\r\nHost: localhost\r\n")
    for part in parts:
        theirs.sendall(part)
    if hang_up:
        theirs.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ([b"HTTP/1.1 200 OK\r\n"], 200),
        ([b"HTTP/1.0 503 Service Unavailable\r\nX: y\r\n\r\n"], 503),
        ([b"HTTP/1.1 204\r\n"], 204),
        ([b"HT", b"TP/1.1 3", b"02 Found\n"], 302),
        ([b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", b"HTTP/1.1 200 OK\r\n"], 200),
        ([b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Oh\r\n\r\n"], 500),
    ],
)
def test_the_status_is_the_final_one(said: list[bytes], status: int) -> None:
    assert answered(*said) == status


@pytest.mark.parametrize(
    "said",
    [
        [b"SSH-2.0-OpenSSH_9.2p1\r\n"],
        [b"HTTP/2 200\r\n"],
        [b"HTTP/1.1 999 What\r\n"],
        [b"HTTP/1.1 2000\r\n"],
        [b"HTTP/1.1 2" + b"0" * 70000],
        [b"HTTP/1.1 103 Early\r\n\r\nnoise\r\n"],
    ],
)
def test_what_is_no_answer_is_an_error(said: list[bytes]) -> None:
    with pytest.raises(asking.NotHttp):
        answered(*said)


def test_headers_without_an_end_are_an_error() -> None:
    endless = b"HTTP/1.1 103 Early\r\n" + b"X: y\r\n" * 12000
    with pytest.raises(asking.NotHttp, match="do not end"):
        answered(endless, hang_up=False)


def test_who_hangs_up_has_not_answered() -> None:
    with pytest.raises(ConnectionResetError):
        answered(b"HTTP/1.1 200")


def test_silence_ends_in_time() -> None:
    with pytest.raises(OSError, match="timed out"):
        answered(b"HTTP/1.1 2", hang_up=False, seconds=0.1)


def test_a_path_cannot_carry_a_second_request() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(asking.NotHttp):
        asking.status(ours, "/ HTTP/1.1\r\nX: y", {}, 1)
