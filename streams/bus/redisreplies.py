"""What Redis answers, as the bus's own values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from streams.bus.port import DeadLetter, Delivery, Member, Part, Told, Wire

Fields = Mapping[bytes, bytes]
_MOST_SHOWN = 4000


def delivery(key: str, fields: Fields, wire: Wire[Told]) -> Delivery[Told]:
    """Return what came of a visit, or why it cannot be read."""
    ticket, feed_id = _text(fields, "ticket"), _text(fields, "feed")
    try:
        told = wire.unpack({name.decode(): value for name, value in fields.items()})
    except ValueError as error:
        return Delivery(key, ticket, feed_id, None, str(error))
    return Delivery(key, ticket, feed_id, told)


def dead_letter(key: str, fields: Fields) -> DeadLetter:
    """Return a dead letter; of its content only what is text is shown."""
    content = {name.decode(): value for name, value in fields.items() if not name.startswith(b"dead:")}
    texts = [text for value in content.values() if (text := _as_text(value))]
    return DeadLetter(
        key=key,
        part=Part(_text(fields, "dead:part")),
        feed_id=_text(fields, "feed"),
        ticket=_text(fields, "ticket"),
        reason=_text(fields, "dead:reason"),
        at=datetime.fromtimestamp(int(_text(fields, "dead:at") or 0) / 1000, UTC),
        size_bytes=sum(map(len, content.values())),
        content=max(texts, key=len, default="")[:_MOST_SHOWN],
    )


def members(
    heard: Mapping[bytes, bytes], leader: bytes | None, pending: Mapping[str, Any], *, now_ms: int, silent_ms: float
) -> tuple[Member, ...]:
    """Return the processes that were heard of lately, by name."""
    leads = leader.partition(b" ")[2] if leader else b""
    leased = {each["name"]: int(each["pending"]) for each in pending["consumers"] or ()}
    found = []
    for name, said in sorted(heard.items()):
        capacity, _, at_ms = said.partition(b" ")
        if now_ms - int(at_ms) <= silent_ms:
            found.append(Member(name.decode(), int(capacity), leased.get(name, 0), leads=name == leads))
    return tuple(found)


def standing(pairs: Sequence[bytes]) -> dict[str, str]:
    """Return feed ids by ticket, which come in turn."""
    texts = [each.decode() for each in pairs]
    return dict(zip(texts[::2], texts[1::2], strict=True))


def _text(fields: Fields, name: str) -> str:
    return fields.get(name.encode(), b"").decode(errors="replace")


def _as_text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return ""
