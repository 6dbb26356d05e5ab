"""Forwards TCP, in a process of its own: ``relay.py LISTEN_ADDRESS TO_ADDRESS PORT …``, each port to its like."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.close()


async def _serve(listen: str, to: str, port: int) -> None:
    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection(to, port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))

    server = await asyncio.start_server(forward, listen, port)
    async with server:
        await server.serve_forever()


async def _main(listen: str, to: str, *ports: str) -> None:
    await asyncio.gather(*(_serve(listen, to, int(port)) for port in ports))


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
