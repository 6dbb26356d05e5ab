"""When a suspect is looked at again: soon, or when its dwell decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from configs.matters import Rule
from gridmap.followup import again_in_s
from gridmap.incident import Incident, Stage, Watcher
from gridmap.look import Look

AT = datetime(2026, 7, 1, 4, tzinfo=UTC)
BOX = (0.1, 0.1, 0.2, 0.2)
RULES = {"exposed_garbage": Rule(), "street_vending": Rule(dwell_s=180)}


def incident(matter: str = "exposed_garbage", *, key: str = "a", since_s: float = 0, stage=Stage.SUSPECT) -> Incident:
    return Incident(
        id=key,
        feed_id="cam",
        matter=matter,
        label="x",
        view_box=BOX,
        score=0.8,
        stage=stage,
        first_seen=AT - timedelta(seconds=since_s),
        last_seen=AT,
        model_id="m",
        watchers=(Watcher("cam", BOX),),
    )


def asked(*watched: Incident, look: Look | None = None) -> float | None:
    return again_in_s(look or Look("cam", AT, seeing=True), watched, RULES, follow_up_s=90)


def test_a_suspect_is_looked_at_again_soon_and_not_all_at_the_same_moment():
    pauses = {asked(incident(key=f"suspect-{index}")) for index in range(50)}
    assert all(67.5 <= pause <= 112.5 for pause in pauses)
    assert len(pauses) == 50


@pytest.mark.parametrize(("since_s", "pause_s"), [(0, 181), (120, 61), (500, 1)])
def test_where_it_must_last_the_next_look_is_when_that_is_decided(since_s, pause_s):
    assert asked(incident("street_vending", since_s=since_s)) == pause_s


def test_the_most_pressing_of_several_decides():
    assert asked(incident(), incident("street_vending", since_s=150)) == 31


def test_what_is_believed_or_was_not_seen_asks_for_nothing():
    assert asked(incident(stage=Stage.CONFIRMED)) is None
    assert asked(replace(incident(), last_seen=AT - timedelta(seconds=300))) is None
    assert asked() is None


def test_who_saw_nothing_or_drives_on_is_not_sent_back():
    assert asked(incident(), look=Look("cam", AT, seeing=False)) is None
    assert asked(incident(), look=Look("cam", AT, seeing=True, fixed_view=False)) is None
