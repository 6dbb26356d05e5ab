"""Boxes are drawn where they are, privacy zones cannot be read, clips can be played."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from detector.annotate import annotate, blur, colour_of
from detector.detection import Detection
from detector.videowriter import VideoWriter

GREY = 127


def plain(height, width):
    return np.full((height, width, 3), GREY, np.uint8)


def seen(box, label="garbage"):
    return Detection(label, 0.87, box, "m")


@pytest.mark.parametrize("size", [(90, 160), (1080, 1920), (2160, 3840)])
def test_a_box_is_drawn_at_its_place_in_its_colour(size):
    height, width = size
    box = (width * 0.25, height * 0.4, width * 0.75, height * 0.9)
    drawn = annotate(plain(height, width), [seen(box)])
    assert tuple(drawn[round(box[3]), width // 2]) == colour_of("garbage")
    assert tuple(drawn[round(height * 0.6), width // 2]) == (GREY,) * 3, "the thing itself stays visible"
    assert tuple(drawn[round(height * 0.95), width // 10]) == (GREY,) * 3


@pytest.mark.parametrize("box", [(0, 0, 30, 20), (600, 300, 640, 360), (0, 0, 640, 360), (5, 5, 5, 5)])
def test_the_caption_stays_in_the_picture_wherever_the_box_is(box):
    """Its plate is filled with the label's colour: that much of it can be seen."""
    drawn = annotate(plain(360, 640), [seen(box)])
    assert (drawn == colour_of("garbage")).all(axis=2).sum() > 400


def test_the_picture_given_is_left_as_it_was():
    picture = plain(90, 160)
    annotate(picture, [seen((1, 1, 50, 50))])
    blur(picture, [[(0, 0), (50, 0), (50, 50)]])
    assert (picture == GREY).all()


def test_nothing_seen_draws_nothing():
    assert (annotate(plain(90, 160), []) == GREY).all()


def test_a_label_has_one_colour_and_known_labels_differ():
    known = ["garbage", "overflow", "bin", "graffiti", "ad", "stall"]
    assert len({colour_of(label) for label in known}) == len(known)
    assert colour_of("垃圾") == colour_of("垃圾")


def noise():
    return np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8)


def test_a_privacy_zone_holds_a_few_colours_only_and_the_rest_is_untouched():
    zone = [(40, 40), (200, 40), (200, 180), (40, 180)]
    hidden = blur(noise(), [zone])
    inside = hidden[40:181, 40:201].reshape(-1, 3)
    assert len(np.unique(inside, axis=0)) <= 36
    outside = np.ones((240, 320), bool)
    outside[37:184, 37:204] = False
    assert np.array_equal(hidden[outside], noise()[outside])


def test_what_a_privacy_zone_hides_cannot_be_got_back():
    """Two pictures that differ only in fine detail inside the zone look the same afterwards."""
    zone = [(0, 0), (319, 0), (319, 239), (0, 239)]
    text = plain(240, 320)
    cv2.putText(text, "A 12345", (100, 120), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1)
    difference = np.abs(blur(text, [zone]).astype(int) - blur(plain(240, 320), [zone]))
    assert difference.max() < 20


def test_a_zone_beyond_the_picture_hides_the_part_inside():
    hidden = blur(noise(), [[(-100, -100), (60, -100), (60, 60), (-100, 60)], [(900, 900), (950, 900), (950, 950)]])
    assert len(np.unique(hidden[:60, :60].reshape(-1, 3), axis=0)) <= 36


def frames_of(path):
    clip = cv2.VideoCapture(str(path))
    read = []
    while (answer := clip.read())[0]:
        read.append(answer[1])
    clip.release()
    return read


def test_a_clip_has_every_picture_at_the_size_of_the_first(tmp_path):
    with VideoWriter(tmp_path / "a.mp4", fps=2) as clip:
        for size in ((240, 320), (240, 320), (480, 320), (100, 400)):
            clip.add(plain(*size))
    frames = frames_of(tmp_path / "a.mp4")
    assert [frame.shape for frame in frames] == [(240, 320, 3)] * 4
    assert frames[2][120, 10].max() < 40, "black bars beside a portrait picture"
    assert abs(int(frames[2][120, 160, 0]) - GREY) < 20


def test_a_clip_without_pictures_leaves_no_file(tmp_path):
    with VideoWriter(tmp_path / "a.mp4", fps=2):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_clip_into_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(OSError, match="folder is not there"):
        VideoWriter(tmp_path / "none" / "a.mp4", fps=2).add(plain(10, 10))


def test_a_clip_needs_a_speed(tmp_path):
    with pytest.raises(ValueError, match="more than 0"):
        VideoWriter(tmp_path / "a.mp4", fps=0)
