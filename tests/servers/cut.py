"""A cable that can be cut: forwards TCP to a server on this machine, and on a word of the client's breaks off."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Cable:
    """Listens on ``port`` and forwards to ``to_port``.

    ``cut_at(word)`` breaks the connection over which the client next sends ``word``, once: before the server got it,
    or with ``delivered`` so that the server gets it and only its answer is lost. ``for_good`` refuses new connections
    from then on. ``cut()`` breaks everything and refuses new connections. ``mend()`` ends both.
    """

    def __init__(self, to_port: int) -> None:
        self._to_port = to_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._word: tuple[bytes, bool] | None = None
        self._for_good = False
        self._cut = False
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_at(self, word: bytes, *, delivered: bool, for_good: bool = False) -> None:
        self._word = (word, delivered)
        self._for_good = for_good

    def cut(self) -> None:
        self._cut = True
        for end in self._ends:
            _break(end)

    def mend(self) -> None:
        self._cut = False

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self._cut:
                    _break(client)
                else:
                    threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self._to_port))
        self._ends += [client, server]
        threading.Thread(target=_pump, args=(server, client), daemon=True).start()
        with suppress(OSError):
            while data := client.recv(65536):
                if self._word is not None and self._word[0] in data:
                    self._break_at_word(client, server, data)
                    return
                server.sendall(data)
        _break(client)
        _break(server)

    def _break_at_word(self, client: socket.socket, server: socket.socket, data: bytes) -> None:
        assert self._word is not None
        _, delivered = self._word
        self._word = None
        self._cut = self._for_good
        # The client's end first: whatever the server answers has nowhere to go.
        _break(client)
        if delivered:
            server.sendall(data)
            server.shutdown(socket.SHUT_WR)
        else:
            _break(server)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    _break(sink)


def _break(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
