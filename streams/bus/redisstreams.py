"""The streams in Redis behind the bus: reading, claiming, and making them where Redis has forgotten them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from streams.bus.redisreplies import Fields
from streams.bus.redistrouble import no_group, told
from streams.url import masked

GROUPS = {"offers": "look", "results": "lead"}
"""Each stream's one group of readers."""
_Answer = TypeVar("_Answer")
_Entries = list[tuple[str, Fields]]


class RedisStreams:
    """One connection pool to Redis. Any thread may call; what goes wrong is a ``BusError``.

    Parameters
    ----------
    url
        ``redis://…`` or ``rediss://…``, credentials put in.
    reader
        Of this process among all readers of a group.
    answer_s
        Redis must answer within this.
    """

    def __init__(self, url: str, *, reader: str, answer_s: float) -> None:
        self.where = masked(url)
        self._reader = reader
        self._redis: Any = redis.Redis.from_url(
            url,
            socket_timeout=answer_s,
            socket_connect_timeout=answer_s,
            retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
            protocol=2,
        )

    def ask(self, question: Callable[[Any], _Answer]) -> _Answer:
        """Ask Redis; where it has forgotten the streams make them, and ask once more."""
        with told(self.where):
            try:
                return question(self._redis)
            except redis.ResponseError as error:
                if not no_group(error):
                    raise
            self._make_streams()
            return question(self._redis)

    def run(self, script: str, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """Run a script, in one step."""
        return self.ask(
            lambda client: client.register_script(script)(keys=[key_of(key) for key in keys], args=arguments)
        )

    def read(self, stream: str, limit: int, *, wait_s: float) -> _Entries:
        """Return what no reader was given yet."""
        block = {"block": max(1, round(wait_s * 1000))} if wait_s > 0 else {}
        group = GROUPS[stream]
        answer = self.ask(
            lambda client: client.xreadgroup(group, self._reader, {key_of(stream): ">"}, count=limit, **block)
        )
        return [(key.decode(), fields) for _, entries in answer or () for key, fields in entries]

    def claimed(self, stream: str, limit: int, *, idle_s: float) -> _Entries:
        """Take over what others, or we ourselves, were given and did nothing with for so long."""
        idle_ms, group = round(idle_s * 1000), GROUPS[stream]
        answer = self.ask(
            lambda client: client.xautoclaim(key_of(stream), group, self._reader, min_idle_time=idle_ms, count=limit)
        )
        return [(key.decode(), fields) for key, fields in answer[1] if fields]

    def times_given(self, stream: str, key: str) -> int:
        """Return how often an entry was given to a reader that may still have it."""
        pending = self.ask(lambda client: client.xpending_range(key_of(stream), GROUPS[stream], key, key, 1))
        return int(pending[0]["times_delivered"]) if pending else 1

    def take_off(self, stream: str, keys: Sequence[str]) -> None:
        """Remove entries that are done with."""
        self.ask(lambda client: _take_off(client, stream, keys))

    def note(self, notes: Mapping[str, str]) -> None:
        """Write down what is known of feeds."""
        self.ask(lambda client: client.hset(key_of("notes"), mapping=dict(notes)))

    def notes(self) -> dict[str, str]:
        """Return what is known of feeds, by feed id."""
        known = self.ask(lambda client: client.hgetall(key_of("notes")))
        return {feed.decode(): note.decode() for feed, note in known.items()}

    def counts(self) -> Any:
        """Return lengths of offers, results and dead; who has offers; members; the leader; and the time."""
        return self.ask(_counts)

    def close(self) -> None:
        """Close all connections."""
        self._redis.close()

    def _make_streams(self) -> None:
        """Make streams and groups; from the beginning, so that what was offered before is not passed over."""
        for stream, group in GROUPS.items():
            try:
                self._redis.xgroup_create(key_of(stream), group, id="0", mkstream=True)
            except redis.ResponseError as error:
                if "BUSYGROUP" not in str(error):
                    raise


def key_of(name: str) -> str:
    """Return under which key Redis keeps what we call ``name``."""
    return f"gridpatrol:{name}"


def _take_off(client: Any, stream: str, keys: Sequence[str]) -> None:
    # No transaction: a full memory refuses even to queue one. Claiming cleans up what only the first has reached.
    with client.pipeline(transaction=False) as pipe:
        pipe.xdel(key_of(stream), *keys)
        pipe.xack(key_of(stream), GROUPS[stream], *keys)
        pipe.execute()


def _counts(client: Any) -> Any:
    with client.pipeline(transaction=False) as pipe:
        for stream in ("offers", "results", "dead"):
            pipe.xlen(key_of(stream))
        pipe.xpending(key_of("offers"), GROUPS["offers"])
        pipe.hgetall(key_of("members"))
        pipe.get(key_of("leader"))
        pipe.time()
        return pipe.execute()
