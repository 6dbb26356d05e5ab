"""Tiles show small things larger; what two looks show is still told once."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detector.backends.scripted import ScriptedModel, picture_key
from detector.tiling import WHOLE, Tiled, Tiling, look

TWO = Tiling(2, 2)
PICTURE = np.random.default_rng(5).integers(0, 255, (180, 360, 3), np.uint8)
TILES = list(TWO.tiles(360, 180))


def garbage(score, *box, label="garbage"):
    return {"label": label, "score": score, "box": box}


@pytest.fixture
def seen(tmp_path):
    """Returns what a look comes to, given what the model says of the whole picture and of each tile."""

    def look_at(whole, *tiles):
        told = {picture_key(PICTURE): whole}
        for (x1, y1, x2, y2), found in zip(TILES, tiles, strict=False):
            told[picture_key(np.ascontiguousarray(PICTURE[y1:y2, x1:x2]))] = found
        truth = tmp_path / "truth.json"
        truth.write_text(json.dumps(told))
        model = ScriptedModel(truth)
        return [(each.label, each.score, tuple(map(round, each.box))) for each in look(model, PICTURE, TWO)]

    return look_at


def test_tiles_overlap_by_a_fifth_and_cover_the_picture() -> None:
    assert TILES == [(0, 0, 200, 100), (160, 0, 360, 100), (0, 80, 200, 180), (160, 80, 360, 180)]


@settings(deadline=None)
@given(st.integers(1, 8), st.integers(1, 8), st.integers(64, 4000), st.integers(64, 4000))
def test_every_pixel_is_in_a_tile_and_no_tile_leaves_the_picture(columns, rows, width, height) -> None:
    tiles = list(Tiling(columns, rows).tiles(width, height))

    assert len(tiles) == columns * rows
    across = np.zeros(width, bool)
    for x1, y1, x2, y2 in tiles:
        assert 0 <= x1 < x2 <= width
        assert 0 <= y1 < y2 <= height
        across[x1:x2] = True
    assert across.all()


def test_a_tiles_finding_is_placed_in_the_whole_picture(seen) -> None:
    assert seen([], [], [garbage(0.6, 100, 20, 120, 40)]) == [("garbage", 0.6, (260, 20, 280, 40))]


def test_a_thing_in_the_overlap_of_tiles_is_told_once_with_its_best_score(seen) -> None:
    found = seen([], [garbage(0.5, 165, 20, 190, 40)], [garbage(0.7, 5, 20, 30, 40)])

    assert found == [("garbage", 0.7, (165, 20, 190, 40))]


def test_what_a_tiles_edge_cuts_gives_way_to_the_neighbour_that_shows_it_whole(seen) -> None:
    found = seen([], [garbage(0.9, 150, 20, 200, 60)], [garbage(0.5, 4, 20, 80, 60)])

    assert found == [("garbage", 0.5, (164, 20, 240, 60))]


def test_what_is_cut_and_shown_nowhere_whole_still_counts(seen) -> None:
    assert seen([], [garbage(0.4, 150, 20, 200, 60)]) == [("garbage", 0.4, (150, 20, 200, 60))]


def test_parts_of_one_heap_are_the_heap_with_the_best_score(seen) -> None:
    found = seen([garbage(0.6, 20, 20, 140, 90)], [garbage(0.8, 30, 30, 60, 60), garbage(0.3, 80, 30, 120, 70)])

    assert found == [("garbage", 0.8, (20, 20, 140, 90))]


def test_other_classes_never_give_way(seen) -> None:
    found = seen([garbage(0.6, 20, 20, 140, 90)], [garbage(0.8, 30, 30, 60, 60, label="ad")])

    assert [label for label, _, _ in found] == ["ad", "garbage"]


def test_without_tiles_the_model_looks_once() -> None:
    assert WHOLE.looks == 1
    assert TWO.looks == 5


@pytest.mark.parametrize("text", ["2", "0x2", "2x9", "2 x 2", "two"])
def test_what_is_no_tiling_is_told(text) -> None:
    with pytest.raises(ValueError, match="write columns x rows"):
        Tiling.parse(text)


def test_a_model_made_to_look_in_tiles_answers_as_a_look_does(tmp_path) -> None:
    truth = tmp_path / "truth.json"
    truth.write_text(json.dumps({picture_key(PICTURE): [garbage(0.6, 20, 20, 140, 90)]}))
    model = Tiled(ScriptedModel(truth), TWO)

    assert model.detect([PICTURE, PICTURE]) == [look(ScriptedModel(truth), PICTURE, TWO)] * 2
    assert model.card.synthetic
    model.close()
