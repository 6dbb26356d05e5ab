from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.errors import ModelError
from detector.training.posters.dataset import Made, Order, render_ads
from detector.training.posters.fonts import Fonts, installed_fonts, sorted_fonts
from detector.training.posters.kinds import KINDS, draw
from detector.training.posters.legal import LEGAL, draw_legal
from detector.training.posters.weather import weathered

SIZE_PX = (400, 300)
COUNT = 8
GRAFFITI = "3 0.500000 0.800000 0.300000 0.200000"
NAMES = "names: [garbage, overflow, bin, graffiti, ad, stall]"


@pytest.fixture(scope="module")
def fonts() -> Fonts:
    try:
        found = installed_fonts()
    except ModelError as error:
        pytest.skip(str(error))
    return Fonts({script: paths[:2] for script, paths in found.paths.items()})


@pytest.fixture(scope="module")
def backgrounds(tmp_path_factory) -> Path:
    """Three walls, a street without labels, a wall in doubt, a wall with an ad; and one wall for validation."""
    root = tmp_path_factory.mktemp("real")
    for number in range(3):
        _picture(root, "train", f"wall_{number}", 150 + 20 * number, GRAFFITI)
    _picture(root, "train", "street_0", 120, "")
    _picture(root, "train", "walldoubt_0", 140, "")
    with_ad = _picture(root, "train", "wallad_0", 130, "4 0.500000 0.500000 0.250000 0.400000")
    cv2.rectangle(with_ad, (150, 90), (249, 209), (30, 220, 240), -1)
    cv2.imwrite(str(root / "images/train/wallad_0.png"), with_ad)
    _picture(root, "val", "wall_9", 160, "")
    (root / "data.yaml").write_text(f"train: images/train\nval: images/val\n{NAMES}\n", encoding="utf-8")
    return root


def _picture(root: Path, split: str, name: str, grey: int, label: str) -> np.ndarray:
    image, labels = root / "images" / split / f"{name}.png", root / "labels" / split / f"{name}.txt"
    for file in (image, labels):
        file.parent.mkdir(parents=True, exist_ok=True)
    bgr = np.random.default_rng(grey).normal(grey, 2, (SIZE_PX[1], SIZE_PX[0], 3)).clip(0, 255).astype(np.uint8)
    cv2.imwrite(str(image), bgr)
    labels.write_text(f"{label}\n" if label else "", encoding="utf-8")
    return bgr


@pytest.fixture(scope="module")
def made(backgrounds, fonts, tmp_path_factory) -> tuple[Path, list[Made]]:
    out, found = tmp_path_factory.mktemp("made"), []
    render_ads(Order(backgrounds, out, COUNT, 5, {}), fonts, found.append)
    return out, found


def test_same_seed_makes_the_same_dataset(made, backgrounds, fonts, tmp_path):
    render_ads(Order(backgrounds, tmp_path, COUNT, 5, {}), fonts)
    assert _files(tmp_path) == _files(made[0])


def test_another_seed_makes_others(made, backgrounds, fonts, tmp_path):
    render_ads(Order(backgrounds, tmp_path, 2, 6, {}), fonts)
    first = "images/train", made[1][0].name
    assert not any(path.read_bytes() == (made[0].joinpath(*first)).read_bytes() for path in tmp_path.rglob("*.jpg"))


def test_boxes_lie_in_the_picture_and_around_all_that_changed(made, backgrounds):
    for each in made[1]:
        if each.legal:
            continue
        before = cv2.imread(str(backgrounds / "images/train" / each.background))
        changed = np.abs(each.image.astype(int) - before).max(axis=2) > 25
        allowed = np.zeros(changed.shape, bool)
        for x1, y1, x2, y2 in each.ads:
            assert 0 <= x1 < x2 <= SIZE_PX[0]
            assert 0 <= y1 < y2 <= SIZE_PX[1]
            # Shadow and blur reach a little further than the paper.
            allowed[max(0, y1 - 6) : y2 + 6, max(0, x1 - 6) : x2 + 6] = True
        assert not (changed & ~allowed).any(), each.name


def test_boxes_are_tight(made, backgrounds):
    for each in made[1]:
        before = cv2.imread(str(backgrounds / "images/train" / each.background))
        changed = np.abs(each.image.astype(int) - before).max(axis=2) > 4
        for x1, y1, x2, y2 in each.ads:
            rim = changed[y1:y2, x1:x2]
            assert rim[[0, -1]].any(axis=1).all(), each.name
            assert rim[:, [0, -1]].any(axis=0).all(), each.name


def test_labels_of_the_background_are_kept_and_ads_added(made):
    for each in made[1]:
        lines = (made[0] / "labels/train" / each.name).with_suffix(".txt").read_text().splitlines()
        known = [GRAFFITI] if each.background.startswith("wall") else []
        assert lines[: len(known)] == known
        assert [line.split()[0] for line in lines[len(known) :]] == ["4"] * len(each.ads)


def test_known_boxes_are_hardly_covered(made):
    for each in made[1]:
        for gx1, gy1, gx2, gy2 in each.others:
            covered = np.zeros((SIZE_PX[1], SIZE_PX[0]), bool)
            for x1, y1, x2, y2 in each.ads:
                covered[y1:y2, x1:x2] = True
            assert covered[gy1:gy2, gx1:gx2].mean() < 0.5


def test_only_sure_training_pictures_without_ads_are_drawn_on(made):
    with (made[0] / "provenance.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["background"] for row in rows} <= {"wall_0.png", "wall_1.png", "wall_2.png", "street_0.png"}
    assert [row["file"] for row in rows] == [each.name for each in made[1]]
    assert {row["seed"] for row in rows} == {"5"}


def test_names_tell_the_source_of_the_background(made):
    for number, each in enumerate(made[1]):
        assert each.name == f"madead_{each.background.split('_')[0]}_{number:06d}.jpg"


def test_real_ads_are_pasted_again(made):
    assert "real" in {kind for each in made[1] for kind in each.kinds}


def test_shares_choose_the_sources(backgrounds, fonts, tmp_path):
    found: list[Made] = []
    render_ads(Order(backgrounds, tmp_path, 4, 1, {"street": 1.0}), fonts, found.append)
    assert {each.background for each in found} == {"street_0.png"}


def test_a_source_that_is_not_there_is_named(backgrounds, fonts, tmp_path):
    with pytest.raises(ModelError, match="no backgrounds called roof; it has street, wall"):
        render_ads(Order(backgrounds, tmp_path, 1, 1, {"roof": 1.0}), fonts)


def test_the_real_dataset_is_never_written_into(backgrounds, fonts):
    with pytest.raises(ModelError, match="name another folder"):
        render_ads(Order(backgrounds, backgrounds, 1, 1, {}), fonts)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_and_survives_the_weather(kind, fonts):
    for seed in range(4):
        rng = np.random.default_rng(seed)
        paper = weathered(rng, draw(rng, fonts, 120, kind=kind), age=1.0)
        assert paper.bgr.shape[:2] == paper.alpha.shape
        assert (paper.alpha > 60).any()


@pytest.mark.parametrize("kind", LEGAL)
def test_every_legal_thing_is_drawn(kind, fonts):
    thing = draw_legal(np.random.default_rng(1), fonts, kind, 90)
    assert thing.bgr.shape[:2] == thing.alpha.shape
    assert thing.alpha.any()


def test_no_chinese_font_is_said_with_the_way_out(fonts):
    latin = Fonts({script: paths for script, paths in fonts.paths.items() if script != "cjk"})
    assert "writes cjk" in (latin.shortage() or "")
    assert "apt-get install fonts-noto-cjk" in (latin.shortage() or "")


def test_no_font_at_all_is_no_script(tmp_path):
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    fonts = sorted_fonts([tmp_path / "broken.ttf"])
    assert fonts.paths == {}
    assert "fonts-noto-cjk fonts-dejavu" in (fonts.shortage() or "")


def _files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
