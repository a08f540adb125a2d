"""A visitor who speaks HTTP/3 only: QUIC over UDP, with a certificate that must be valid."""

import asyncio
from dataclasses import dataclass, field

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, H3Event, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import QuicEvent


@dataclass
class Answer:
    """What came back for one request."""

    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""

    def take(self, event: H3Event) -> bool:
        """Take in a part of it; true when that was the last."""
        if isinstance(event, HeadersReceived):
            self.headers |= dict(event.headers)
        elif isinstance(event, DataReceived):
            self.body += event.data
        else:
            return False
        return event.stream_ended


class _Visit(QuicConnectionProtocol):
    async def get(self, name: str) -> Answer:
        self._answer, self._whole = Answer(), asyncio.get_running_loop().create_future()
        self._http = H3Connection(self._quic)
        stream = self._quic.get_next_available_stream_id()
        asked = {":method": "GET", ":scheme": "https", ":authority": name, ":path": "/"}
        words = [(key.encode(), value.encode()) for key, value in asked.items()]
        self._http.send_headers(stream, words, end_stream=True)
        self.transmit()
        await self._whole
        return self._answer

    def quic_event_received(self, event: QuicEvent) -> None:
        for each in self._http.handle_event(event) if hasattr(self, "_http") else ():
            if self._answer.take(each) and not self._whole.done():
                self._whole.set_result(None)


def ask(address: str, name: str, roots: str) -> Answer:
    """What a site answers over HTTP/3; raises ConnectionError where it does not, in 10 s."""
    return asyncio.run(asyncio.wait_for(_ask(address, name, roots), 10))


async def _ask(address: str, name: str, roots: str) -> Answer:
    settings = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, server_name=name)
    settings.load_verify_locations(cadata=roots.encode())
    async with connect(address, 443, configuration=settings, create_protocol=_Visit) as visit:
        assert isinstance(visit, _Visit)
        return await visit.get(name)
