"""Made pictures of street vending: what is in them, where, and that they can be made again."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from api.commands.models import app
from detector.training.composites.cutout import cut
from detector.training.composites.stalls import Made, Wish, render_stalls
from detector.training.yolofolder import DatasetError, open_yolo_folder
from tests.detector.training.drawn_streets import write_streets

STALL = 5


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, list[Made]]:
    root = tmp_path_factory.mktemp("streets")
    pictures: list[Made] = []
    render_stalls(write_streets(root / "real"), root / "made", Wish(12, seed=5), pictures.append)
    return root / "made", pictures


def test_every_made_picture_has_one_stall_label_beside_its_streets_own(made) -> None:
    out, pictures = made

    kept = list(open_yolo_folder(out).labelled("train"))

    assert [each.picture.stem for each in kept] == [f"madestall_street_{number:05d}" for number in range(12)]
    for each in kept:
        kinds = [box.kind for box in each.boxes]
        assert kinds.count(STALL) == 1
        assert set(kinds) <= {2, STALL}
    assert len(pictures) == 12


def test_stalls_stand_on_the_ground_at_a_size_that_a_stall_has(made) -> None:
    for picture in made[1]:
        stall = next(box for box in picture.boxes if box.kind == STALL)
        assert 0.55 < stall.y + stall.height / 2 <= 1.001
        assert 0.08 < (stall.width * stall.height) ** 0.5 < 0.6


def test_the_picture_changed_where_the_label_says(made) -> None:
    out, pictures = made
    for picture in pictures[:4]:
        street = cv2.imread(str(out.parent / "real/images/train" / f"{picture.street}.png"))
        x1, y1, x2, y2 = next(box for box in picture.boxes if box.kind == STALL).pixels((400, 320))
        change = np.abs(picture.image.astype(int) - street).mean(axis=2)
        inside, whole = change[y1:y2, x1:x2].mean(), change.mean()
        assert inside > 2 * whole or inside > 25


def test_provenance_names_street_and_stall_of_the_training_split_alone(made) -> None:
    with (made[0] / "provenance.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert {row["seed"] for row in rows} == {"5"}
    assert {row["street"] for row in rows} <= {f"street_{number:05d}" for number in range(4)}
    assert {row["stall"] for row in rows} <= {"goods", "stall_00000", "stall_00001"}
    assert {row["kind"] for row in rows} <= {"tight", "hull", "box", "built"}


def test_the_same_seed_makes_the_same_pictures_and_more_of_them_change_none(tmp_path, made) -> None:
    data = made[0].parent / "real" / "data.yaml"
    again: list[Made] = []
    other: list[Made] = []

    render_stalls(data, tmp_path / "again", Wish(2, seed=5), again.append)
    render_stalls(data, tmp_path / "other", Wish(1, seed=6), other.append)

    assert all((one.image == two.image).all() for one, two in zip(again, made[1], strict=False))
    assert other[0].image.shape != again[0].image.shape or (other[0].image != again[0].image).any()


def test_a_picture_left_out_is_neither_street_nor_stall(tmp_path, made) -> None:
    pictures: list[Made] = []
    left_out = {"street_00000", "street_00001", "stall_00000"}

    render_stalls(made[0].parent / "real", tmp_path / "out", Wish(6, seed=1, leave_out=left_out), pictures.append)

    assert not left_out & {name for each in pictures for name in (each.street, each.stall.origin)}


def test_a_stall_is_cut_along_its_outline() -> None:
    picture = np.full((300, 300, 3), (110, 110, 110), np.uint8)
    picture += np.random.default_rng(0).integers(0, 9, picture.shape, dtype=np.uint8)
    cv2.rectangle(picture, (80, 100), (219, 229), (20, 40, 220), cv2.FILLED)

    tight, hull = cut(picture, (70, 90, 230, 240), "drawn")

    for way in (tight, hull):
        assert way.size_px == pytest.approx((140, 130), abs=8)
        assert way.alpha.mean() > 0.9
        assert not way.footless


def test_a_stall_that_fills_its_picture_says_nothing_of_its_shape() -> None:
    picture = np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)

    assert cut(picture, (0, 0, 200, 200), "near") == []


def test_a_dataset_without_stalls_is_refused_by_name(tmp_path) -> None:
    data = write_streets(tmp_path, stalls=0)

    with pytest.raises(DatasetError, match=r"data\.yaml: no stall in train can be cut out"):
        render_stalls(data, tmp_path / "out", Wish(1, seed=1))


def test_streets_that_nobody_has_are_named(tmp_path) -> None:
    data = write_streets(tmp_path)

    with pytest.raises(DatasetError, match="no picture in train begins with 'road_'"):
        render_stalls(data, tmp_path / "out", Wish(1, seed=1, streets="road_"))


def test_the_command_writes_pictures_and_a_sheet_to_look_at(tmp_path) -> None:
    data, sheet = write_streets(tmp_path / "real"), tmp_path / "sheet.png"
    told = ["render-stalls", "--data", str(data), "--out", str(tmp_path / "out"), "--count", "3", "--seed", "2"]

    ended = CliRunner().invoke(app, [*told, "--sheet", str(sheet)])

    assert ended.exit_code == 0, ended.output
    assert "3 pictures made" in ended.output
    assert len(list((tmp_path / "out/images/train").glob("madestall_street_*.jpg"))) == 3
    assert cv2.imread(str(sheet)).shape[1] == 8 * 240


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--data", "none.yaml"], "none.yaml cannot be read"),
        (["--data", "DATA", "--leave-out", "none.txt"], "--leave-out none.txt cannot be read"),
        (["--data", "DATA", "--sheet", "sheet.nothing"], "--sheet sheet.nothing cannot be written"),
    ],
)
def test_mistakes_end_with_one_sentence(tmp_path, arguments, sentence) -> None:
    told = [str(write_streets(tmp_path / "real")) if word == "DATA" else word for word in arguments]

    ended = CliRunner().invoke(app, ["render-stalls", *told, "--out", str(tmp_path / "out"), "--count", "1"])

    assert ended.exit_code == 2
    assert sentence in ended.output
    assert "Traceback" not in ended.output
