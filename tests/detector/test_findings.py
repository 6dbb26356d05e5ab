"""The shipped weights find exposed garbage on real streets."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)  # shown with --log-cli-level=INFO


def flagged(found):
    return any(each.label in {"garbage", "overflow"} and each.score >= 0.25 for each in found)


def test_most_pictures_with_garbage_are_flagged_and_few_others(shipped, stills):
    answers = list(zip(stills, shipped.detect([still.image for still in stills]), strict=True))
    dirty = [flagged(found) for still, found in answers if still.shows in {"garbage", "overflow"}]
    clean = [flagged(found) for still, found in answers if still.shows == "bins only"]
    log.info("flagged: %d of %d with garbage or overflow, %d of %d with bins only", *counts(dirty), *counts(clean))
    assert len(dirty) >= 20
    assert sum(dirty) >= 0.85 * len(dirty)
    assert sum(clean) < 0.5 * len(clean)


def counts(flags):
    return sum(flags), len(flags)
