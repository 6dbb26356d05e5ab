"""What Redis answers when something is wrong, as errors of the bus, each in one sentence with the way out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from redis import exceptions

from streams.errors import BusAway, BusError, BusFull

_NO_ROOM = "OOM"


def no_group(error: exceptions.ResponseError) -> bool:
    """Return whether Redis has forgotten the streams' groups: it was emptied, or came back without its memory."""
    return "NOGROUP" in str(error) or "requires the key to exist" in str(error)


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn what Redis and its library raise into a ``BusError``.

    Parameters
    ----------
    where
        The address, as it may be shown.
    """
    try:
        yield
    except (exceptions.AuthenticationError, exceptions.NoPermissionError) as error:
        raise BusAway(f"{where} refuses us ({error}); see bus in gridpatrol.yaml") from error
    except (exceptions.ConnectionError, exceptions.TimeoutError) as error:
        raise BusAway(f"{where} does not answer ({_short(error)}); visits wait until it does") from error
    except exceptions.ResponseError as error:
        raise _answered(where, error) from error
    except exceptions.RedisError as error:
        raise BusError(f"{where} failed a call ({_short(error)})") from error


def _answered(where: str, error: exceptions.ResponseError) -> BusError:
    text = str(error)
    if isinstance(error, exceptions.OutOfMemoryError) or _NO_ROOM in text.split()[:3] or "OOM command" in text:
        return BusFull(f"the memory of {where} is full; free some, or raise its maxmemory: visits wait until then")
    if "WRONGTYPE" in text:
        return BusError(f"{where} holds something else under our names; give the bus a database number of its own")
    return BusAway(f"{where} refuses a call ({_short(error)}); visits wait until it takes one")


def _short(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
