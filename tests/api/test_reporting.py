"""Evidence pictures: full size when there is one, privacy zones made unreadable, no larger than allowed."""

from __future__ import annotations

from datetime import UTC, datetime

import cv2
import numpy as np

from api.reporting import evidence_jpeg
from configs.settings import EvidenceSettings
from streams.frame import Frame
from tests.servers.clips import jpeg, scene

AT = datetime(2026, 7, 1, tzinfo=UTC)
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def decoded(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def test_evidence_of_a_reduced_frame_is_made_from_its_file():
    small, large = scene(width=320, height=240), scene(width=1280, height=960)
    frame = Frame(small, AT, "digest", encoded=jpeg(large))

    assert decoded(evidence_jpeg(frame, (), EvidenceSettings())).shape == (960, 1280, 3)


def test_evidence_is_no_larger_than_allowed():
    frame = Frame(scene(width=2560, height=1440), AT, "digest")

    assert decoded(evidence_jpeg(frame, (), EvidenceSettings(max_side_px=640))).shape == (360, 640, 3)


def test_what_lies_in_a_privacy_zone_cannot_be_told_apart_any_more():
    """Two different faces behind the same zone give nearly the same evidence; without it they do not."""
    rng = np.random.default_rng(3)
    street = scene(width=640, height=480)
    first, second = street.copy(), street.copy()
    first[100:160, 100:160] = rng.integers(0, 256, (60, 60, 3))
    second[100:160, 100:160] = rng.integers(0, 256, (60, 60, 3))
    ring = ((0.15, 0.2), (0.26, 0.2), (0.26, 0.35), (0.15, 0.35))

    def difference(privacy) -> float:
        one, other = (decoded(evidence_jpeg(Frame(p, AT, "d"), privacy, EvidenceSettings())) for p in (first, second))
        return float(np.abs(one[105:155, 105:155].astype(int) - other[105:155, 105:155]).mean())

    assert difference(()) > 40
    assert difference([ring]) < 12


def test_the_frame_itself_is_left_as_it_is():
    picture = scene(width=640, height=480)
    before = picture.copy()

    evidence_jpeg(Frame(picture, AT, "digest"), [WHOLE], EvidenceSettings())

    assert np.array_equal(picture, before)
