"""How a place looks: the same in any light, another when another thing stands there. On real street pictures."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from configs.settings import MuteSettings
from gridmap.imprint import Imprint, imprint
from tests.servers.looks import BOX, place

OVER = MuteSettings().look_changed_over
BOXES = ((0.3, 0.5, 0.5, 0.75), (0.55, 0.4, 0.68, 0.6), (0.1, 0.55, 0.25, 0.8), (0.45, 0.6, 0.52, 0.72))
NAMES = ("00011", "00119", "00222", "00333", "00506", "00605")
SAMPLES = Path(os.environ.get("GRIDPATROL_SAMPLES", Path(__file__).parents[3] / "shared" / "samples"))


@pytest.fixture(scope="module")
def streets():
    """Real street pictures, 960 px wide or high."""
    files = [SAMPLES / "stills" / f"street_{name}.jpg" for name in NAMES]
    if not files[0].is_file():
        pytest.skip("needs the sample stills; set GRIDPATROL_SAMPLES to the folder that holds stills/")
    return [shrunk(cv2.imread(str(file))) for file in files]


def shrunk(picture):
    scale = 960 / max(picture.shape[:2])
    return cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def clipped(picture):
    return np.clip(picture, 0, 255).astype(np.uint8)


def jpeg(picture, quality):
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def trembling(picture):
    return cv2.warpAffine(
        picture, np.float32([[1, 0, 3], [0, 1, 2]]), picture.shape[1::-1], borderMode=cv2.BORDER_REPLICATE
    )


def half(picture):
    small = cv2.resize(picture, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, picture.shape[1::-1])


def noisy(picture):
    return clipped(picture + np.random.default_rng(1).normal(0, 10, picture.shape))


SAME = {
    "brighter": lambda picture: clipped(picture + 45.0),
    "darker": lambda picture: clipped(picture * 0.45),
    "gamma": lambda picture: clipped(255 * (picture / 255) ** 1.8),
    "flat": lambda picture: clipped((picture - 128.0) * 0.5 + 128),
    "noise": noisy,
    "compressed": lambda picture: jpeg(picture, 25),
    "trembling": trembling,
    "half size": half,
    "a dull compressed noisy day": lambda picture: jpeg(noisy(clipped(picture * 0.7 + 15)), 45),
}


def other_thing(picture, others, box, *, share=1.0):
    """Put a piece of another street over the box, or over the lower middle share of it."""
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = (round(part * size) for part, size in zip(box, (width, height) * 2, strict=True))
    wide, high = round((x2 - x1) * share), round((y2 - y1) * share)
    top, left = others.shape[0] // 2, int(others.shape[1] * 0.4)
    piece = cv2.resize(others[top : top + y2 - y1, left : left + x2 - x1], (wide, high))
    changed, middle = picture.copy(), (x1 + x2 - wide) // 2
    changed[y2 - high : y2, middle : middle + wide] = piece
    return changed


def moved(picture, _, box):
    """The thing a third of its width further right."""
    height, width = picture.shape[:2]
    x1, y1, x2, y2 = (round(part * size) for part, size in zip(box, (width, height) * 2, strict=True))
    changed, by = picture.copy(), round((x2 - x1) * 0.35)
    changed[y1:y2, x1 + by : x2 + by] = picture[y1:y2, x1:x2]
    return changed


CHANGED = {
    "another place": (lambda picture, other, _: cv2.resize(other, picture.shape[1::-1]), 1.0),
    "another thing": (other_thing, 0.9),
    "a smaller thing": (lambda *how: other_thing(*how, share=0.6), 0.75),
    "moved": (moved, 0.7),
}


def unlike(first, second, box):
    return imprint(first, box).unlike(imprint(second, box))


@pytest.mark.parametrize("change", SAME)
def test_light_noise_and_compression_leave_a_place_the_same(streets, change):
    apart = [unlike(street, SAME[change](street), box) for street in streets for box in BOXES]

    assert np.mean([value <= OVER for value in apart]) >= 0.95, sorted(apart)[-3:]
    assert np.median(apart) < OVER / 2


@pytest.mark.parametrize("change", CHANGED)
def test_another_thing_or_one_that_moved_is_a_change(streets, change):
    make, least = CHANGED[change]
    pairs = zip(streets, streets[1:] + streets[:1], strict=True)
    apart = [unlike(street, make(street, other, box), box) for street, other in pairs for box in BOXES]

    assert np.mean([value > OVER for value in apart]) >= least, sorted(apart)[:5]


def test_a_drawn_place_is_itself_and_no_other():
    assert unlike(place(1), place(1, light=0.6, seed=9), BOX) < OVER < unlike(place(1), place(2), BOX)


def test_text_leads_back_and_is_short():
    found = imprint(place(1), BOX)

    assert Imprint.of_text(found.text) == found
    assert len(found.text) < 1000


@pytest.mark.parametrize("text", ["", "2:AAAA", "1:AAAA", "1:not base64!", "statue"])
def test_other_texts_are_refused(text):
    with pytest.raises(ValueError, match="imprint"):
        Imprint.of_text(text)


def test_nothing_of_a_privacy_zone_gets_into_it():
    """Whatever goes on in the zone, the imprint is the same."""
    zone = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))

    first, second = (imprint(place(kind), BOX, hidden=[zone]) for kind in (1, 2))

    assert first == second
    assert first.unlike(second) == 0


@pytest.mark.parametrize("box", [(1.2, 1.2, 1.4, 1.4), (-0.5, 0.1, -0.2, 0.4)])
def test_a_place_outside_the_picture_has_no_look(box):
    assert imprint(place(), box) is None


@pytest.mark.parametrize("box", [(0.0, 0.0, 1.0, 1.0), (0.5, 0.5, 0.501, 0.501), (0.999, 0.999, 1.0, 1.0)])
def test_any_other_box_has_one(box):
    assert imprint(place(), box) is not None


def test_a_plain_wall_looks_like_itself():
    wall = clipped(np.full((270, 480, 3), 128) + np.random.default_rng(3).normal(0, 2, (270, 480, 3)))
    again = clipped(np.full((270, 480, 3), 128) + np.random.default_rng(4).normal(0, 2, (270, 480, 3)))

    assert unlike(wall, again, BOX) < OVER < unlike(wall, place(1), BOX)
