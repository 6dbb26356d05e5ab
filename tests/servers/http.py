"""A real HTTP server for an application, on a free port of the loopback interface."""

from __future__ import annotations

import asyncio
import threading

import uvicorn


class _Server(uvicorn.Server):
    """Says when it listens, and stops at once when asked instead of looking ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()
        self._stop: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        self._stop, self._loop = asyncio.Event(), asyncio.get_running_loop()
        self.listening.set()
        await self._stop.wait()

    async def shutdown(self, sockets=None) -> None:
        for server in self.servers:  # without the pause that uvicorn makes for clients far away
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)


class Serving:
    """Serves ``app`` until closed."""

    def __init__(self, app) -> None:
        config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=2)
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        assert self._server.listening.wait(10), "the server did not start"
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"

    def close(self) -> None:
        self._server.stop()
        self._thread.join(10)
        assert not self._thread.is_alive(), "the server did not stop"
