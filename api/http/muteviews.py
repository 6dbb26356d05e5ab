"""Mutes as wire shapes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from api.evidence import Picture
from api.http.muteshapes import GroundView, LookView, MutedPlaceView, MuteView, StepView
from api.http.schemas import RejectReason
from api.http.views import evidence_view, feed_view
from api.mute import Ground, Mute, MuteState
from api.store.port import Book
from api.store.records import FeedRecord
from configs.settings import MuteSettings


def mute_views(book: Book, mutes: Sequence[Mute], *, now: datetime, rule: MuteSettings) -> list[MuteView]:
    """Return mutes as people see them, with what is still kept of their pictures."""
    pictures = book.pictures.of([ground.incident_id for mute in mutes for ground in mute.grounds])
    feeds = {feed_id: book.feeds.get(feed_id) for feed_id in {mute.feed_id for mute in mutes}}
    over = rule.look_changed_over
    return [_mute_view(mute, pictures, feeds[mute.feed_id], state=mute.state_at(now), over=over) for mute in mutes]


def _mute_view(
    mute: Mute, pictures: dict[str, list[Picture]], feed: FeedRecord | None, *, state: MuteState, over: float
) -> MuteView:
    return MuteView(
        id=mute.id,
        feed_id=mute.feed_id,
        feed_name=feed.report.name if feed else mute.feed_id,
        matter=mute.matter,
        state=state,
        box=mute.box,
        since=mute.since,
        expires_at=mute.expires_at,
        held_back=mute.held_back,
        unlike=mute.unlike,
        unlike_at=mute.unlike_at,
        ends_over=over,
        grounds=[_ground_view(ground, pictures.get(ground.incident_id, [])) for ground in mute.grounds],
        history=[StepView(at=step.at, deed=step.deed, by=step.by, note=step.note) for step in mute.history],
        feed_picture_url=feed_view(feed).picture_url if feed else None,
    )


def _ground_view(ground: Ground, pictures: Sequence[Picture]) -> GroundView:
    return GroundView(
        incident_id=ground.incident_id,
        reason=RejectReason(ground.reason),
        by=ground.by,
        at=ground.at,
        box=ground.box,
        picture=evidence_view(pictures[-1]) if pictures else None,
    )


def muted_place(mute: Mute) -> MutedPlaceView:
    """Return a mute as the patrol obeys it."""
    looks = [LookView(box=ground.box, look=ground.look) for ground in mute.grounds]
    return MutedPlaceView(
        id=mute.id, feed_id=mute.feed_id, matter=mute.matter, expires_at=mute.expires_at, looks=looks
    )
