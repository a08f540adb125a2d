"""A slow line: a TCP proxy on this machine that delays every byte, in each direction."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

Pipe = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@contextmanager
def line(host: str, port: int, seconds: float) -> Iterator[int]:
    """A local port that leads to host:port, `seconds` away in each direction."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    async def serve() -> asyncio.Server:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(3 * seconds)  # SYN, SYN-ACK, ACK
            there = await asyncio.open_connection(host, port)
            await asyncio.gather(
                carry((reader, there[1]), seconds), carry((there[0], writer), seconds)
            )

        return await asyncio.start_server(accept, "127.0.0.1", 0)

    server = asyncio.run_coroutine_threadsafe(serve(), loop).result()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)


async def carry(pipe: Pipe, seconds: float) -> None:
    """Hand on what is read, each piece `seconds` after it came; many may be under way."""
    reader, writer = pipe
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    delivering = asyncio.create_task(deliver(under_way, writer))
    clock = asyncio.get_running_loop().time
    while content := await read(reader):
        under_way.put_nowait((clock() + seconds, content))
    under_way.put_nowait((clock() + seconds, b""))
    await delivering


async def deliver(
    under_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
) -> None:
    clock = asyncio.get_running_loop().time
    while True:
        due, content = await under_way.get()
        await asyncio.sleep(due - clock())
        if not content or writer.is_closing():
            return writer.close()
        writer.write(content)


async def read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65536)
    except OSError:
        return b""
