"""A dataset goes to people who label and comes back, and what is worth their time is picked."""

from __future__ import annotations

import csv
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import pytest
from typer.testing import CliRunner

import api.commands.models.dataset as command
from api.dataset.build import build_dataset
from api.dataset.exchange import FORMS, export_dataset
from api.dataset.importing import import_labels
from api.dataset.suggest import suggest
from api.dataset.tree import OutputRefused
from detector.labels.bundle import Bundle
from detector.labels.picture import LabelsError
from detector.labels.provenance import read_provenance
from detector.labels.yolo import read_yolo
from detector.shadow import ShadowLook
from tests.servers.learning_city import CLASSES, ELSEWHERE, HEAP, NOON, POSTER, SIZE, detection, learning_city, street

ALL = (*CLASSES, "stall")


@pytest.fixture
def city(tmp_path):
    with learning_city(tmp_path / "var") as made:
        yield made


@pytest.fixture
def dataset(city, tmp_path) -> Path:
    for number in range(6):
        city.visit(f"cam-{number}", reported={f"heap {number}": detection("garbage", HEAP)})
        city.visit(f"wall-{number}", reported={f"ad {number}": detection("ad", POSTER)})
        city.judge(f"heap {number}", "confirm")
        city.judge(f"ad {number}", "reject", reason="not_there")
    build_dataset(city.material, city.wish, tmp_path / "set")
    return tmp_path / "set"


def boxes_of(folder: Path) -> list[tuple]:
    """What every picture of a dataset holds, whatever it is called; boxes to 3 decimals."""
    with Bundle(folder) as bundle:
        read = read_yolo(bundle)
        return sorted(
            (one.split, [(each.label, *(round(value, 3) for value in each.box)) for each in one.boxes])
            for one in read.pictures
        )


@pytest.mark.parametrize("form", FORMS)
def test_a_dataset_goes_out_and_comes_back_the_same(dataset, tmp_path, form):
    export_dataset(dataset, form, tmp_path / "out.zip")
    made = import_labels(form, tmp_path / "out.zip", tmp_path / "back", classes=ALL)

    assert made.pictures == 12
    assert (made.missing, made.skipped) == ((), ())
    assert boxes_of(tmp_path / "back") == boxes_of(dataset)


def test_labels_alone_find_their_pictures_in_another_folder_and_keep_their_feed(dataset, tmp_path):
    export_dataset(dataset, "cvat", tmp_path / "out.zip", pictures=False)

    made = import_labels("cvat", tmp_path / "out.zip", tmp_path / "back", classes=ALL, pictures=dataset)

    assert made.pictures == 12
    assert {row["feed"] for row in read_provenance(tmp_path / "back").values()} >= {"cam-0", "wall-5"}


def test_what_people_were_not_asked_for_is_not_denied(dataset, tmp_path):
    export_dataset(dataset, "coco", tmp_path / "out.zip")

    import_labels(
        "coco", tmp_path / "out.zip", tmp_path / "back", classes=(*ALL, "person"), labelled=("garbage", "ad")
    )

    told = (tmp_path / "back" / "data.yaml").read_text()
    assert '"labelled_": {"unlabelled": ["overflow", "bin", "graffiti", "stall", "person"]}' in told


def test_an_unknown_class_is_told_with_the_nearest_and_nothing_is_made(dataset, tmp_path):
    export_dataset(dataset, "cvat", tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        text = archive.read("annotations.xml").decode().replace("garbage", "garbge")
    (tmp_path / "annotations.xml").write_text(text)

    with pytest.raises(LabelsError, match="no class is called 'garbge'; did you mean 'garbage'"):
        import_labels("cvat", tmp_path / "annotations.xml", tmp_path / "back", classes=ALL, pictures=dataset)

    assert not (tmp_path / "back").exists()


def test_missing_pictures_are_listed_and_none_at_all_is_a_mistake(dataset, tmp_path):
    export_dataset(dataset, "coco", tmp_path / "out.zip", pictures=False)
    gone = min(dataset.glob("images/*/*.jpg"))
    gone.unlink()

    made = import_labels("coco", tmp_path / "out.zip", tmp_path / "back", classes=ALL, pictures=dataset)

    assert (made.pictures, made.missing) == (11, (gone.name,))
    with pytest.raises(LabelsError, match="none of its pictures is there; name their folder with --pictures"):
        import_labels("coco", tmp_path / "out.zip", tmp_path / "other", classes=ALL)


def pictures(folder: Path, *names: str) -> Path:
    """A folder of pictures that each look different."""
    folder.mkdir()
    for number, name in enumerate(names):
        cv2.imwrite(str(folder / name), street("cam", number))
    return folder


def coco(folder: Path, *labelled: tuple[str, str]) -> Path:
    """Labels of pictures, each of which shows one class in its middle."""
    images = [{"id": id_, "file_name": name, "width": 320, "height": 240} for id_, (name, _) in enumerate(labelled)]
    kinds = [{"id": id_, "name": name} for id_, name in enumerate(ALL)]
    boxes = [
        {"id": id_, "image_id": id_, "category_id": ALL.index(label), "bbox": [80, 60, 160, 120]}
        for id_, (_, label) in enumerate(labelled)
    ]
    (folder / "labels.json").write_text(json.dumps({"images": images, "categories": kinds, "annotations": boxes}))
    return folder / "labels.json"


def test_pictures_that_differ_only_in_their_ending_keep_their_own_labels(tmp_path):
    labels = coco(tmp_path, ("a.jpg", "garbage"), ("a.png", "ad"), ("A_.jpg", "bin"), ("a-.jpg", "stall"))
    shown = pictures(tmp_path / "pictures", "a.jpg", "a.png", "A_.jpg", "a-.jpg")

    made = import_labels("coco", labels, tmp_path / "back", classes=ALL, pictures=shown, val_share=0)

    assert (made.pictures, made.boxes) == (4, 4)
    back = {path.stem: path.read_text().split()[0] for path in (tmp_path / "back").glob("labels/*/*.txt")}
    assert {stem: ALL[int(number)] for stem, number in back.items()} == {
        "labelled_a": "garbage",
        "labelled_a-2": "ad",
        "labelled_A-": "bin",
        "labelled_a--2": "stall",
    }
    assert [cv2.imread(str(path)) is not None for path in (tmp_path / "back").glob("images/*/*")] == [True] * 4


def test_a_picture_labelled_twice_is_a_mistake_and_so_are_two_that_share_one_text(dataset, tmp_path):
    labels = coco(tmp_path, ("a.jpg", "garbage"), ("a.jpg", "ad"))
    shown = pictures(tmp_path / "pictures", "a.jpg")
    with pytest.raises(LabelsError, match=r"the picture a\.jpg is labelled 2 times; leave the right labels only"):
        import_labels("coco", labels, tmp_path / "back", classes=ALL, pictures=shown)

    first = min(dataset.glob("images/train/*.jpg"))
    cv2.imwrite(str(first.with_suffix(".png")), street("cam", 1))
    with pytest.raises(
        LabelsError, match=rf"{first.stem}\.png.* shares its labels, {first.stem}\.txt, with {first.name}"
    ):
        export_dataset(dataset, "coco", tmp_path / "out.zip")


def test_an_export_never_overwrites_and_refuses_what_is_no_dataset(dataset, tmp_path):
    (tmp_path / "mine.zip").write_text("mine")
    (tmp_path / "empty").mkdir()

    with pytest.raises(OutputRefused, match="is there already"):
        export_dataset(dataset, "coco", tmp_path / "mine.zip")
    with pytest.raises(LabelsError, match=r"neither data.yaml nor obj.names"):
        export_dataset(tmp_path / "empty", "coco", tmp_path / "new.zip")

    assert (tmp_path / "mine.zip").read_text() == "mine"


# what is worth labelling


def suggested(city, **options) -> list[dict[str, str]]:
    out = city.folder.parent / f"label{len(list(city.folder.parent.iterdir()))}"
    suggest(city.material, out, since=city.wish.since, until=city.wish.until, **options)
    with (out / "suggestions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["file"] for row in rows) == sorted(path.name for path in (out / "images").iterdir())
    return rows


def test_what_the_model_was_nearly_sure_of_comes_first(city):
    city.visit("cam-1", [detection("garbage", HEAP, 0.2)])
    city.visit("cam-2", [detection("garbage", HEAP, 0.38)])
    city.visit("cam-3")

    rows = suggested(city)

    assert [row["feed"] for row in rows] == ["cam-2", "cam-1"]
    assert "nearly sure (95%" in rows[0]["why"]


def test_what_the_models_disagree_on_comes_before_that(city):
    city.visit("cam-1", [detection("garbage", HEAP, 0.38)])
    city.visit("cam-2", [detection("garbage", HEAP, 0.2)])
    shadow = (detection("ad", POSTER, 0.9),)
    city.log.shadow(ShadowLook("cam-2", city.clock, *SIZE, "starter@1a2b3c4d", "next@2", (), shadow, 30.0))

    rows = suggested(city)

    assert [row["feed"] for row in rows] == ["cam-2", "cam-1"]
    assert "only the shadow sees ad" in rows[0]["why"]


def test_a_street_that_was_missed_a_verdict_that_says_nothing_and_a_feed_that_cries_wolf_are_worth_it(city):
    city.visit("missed", reported={"heap": detection("garbage", HEAP)})
    city.visit("missed")
    city.judge("heap", "confirm")
    city.visit("unclear", reported={"odd": detection("garbage", ELSEWHERE)})
    city.judge("odd", "reject", reason="unclear")
    for number in range(3):
        city.visit("wolf", reported={f"wolf {number}": detection("ad", POSTER)})
        city.judge(f"wolf {number}", "reject", reason="not_there")
    city.visit("wolf", [detection("ad", POSTER, 0.2)])

    why = {row["feed"]: row["why"] for row in suggested(city)}

    assert "the model saw nothing for sure" in why["missed"]
    assert "its verdict (unclear)" in why["unclear"]
    assert "3 of 3 findings of this feed were rejected" in why["wolf"]
    assert "few verdicts confirm this class" in why["wolf"]


def test_no_feed_fills_the_list_and_no_view_comes_twice(city):
    for number in range(6):
        city.visit("cam-1", [detection("garbage", HEAP, 0.3)], number=number % 3)

    assert len(suggested(city)) == 3
    assert len(suggested(city, per_feed=2)) == 2
    assert len(suggested(city, most=1)) == 1


def test_suggestions_come_with_the_model_s_boxes_for_both_tools_and_go_home_by_the_guide(city, tmp_path):
    city.visit("cam-1", [detection("garbage", HEAP, 0.3), detection("ad", POSTER, 0.1), detection("bin", HEAP, 0.9)])
    out = tmp_path / "label"
    suggest(city.material, out, since=city.wish.since, until=city.wish.until)

    task = json.loads((out / "label-studio.json").read_text())[0]
    coco = json.loads((out / "coco.json").read_text())
    made = import_labels("cvat", out / "annotations.xml", tmp_path / "back", classes=ALL, pictures=out)

    assert [one["value"]["rectanglelabels"] for one in task["predictions"][0]["result"]] == [["garbage"]]
    assert task["data"]["image"].startswith("/data/local-files/?d=label/images/unsure_cam-1-")
    assert [one["category_id"] for one in coco["annotations"]] == [1]
    assert (made.pictures, made.boxes) == (1, 1)
    (row,) = read_provenance(tmp_path / "back").values()
    assert row["feed"] == "cam-1"


# the command line


@pytest.fixture
def installation(city, tmp_path) -> Path:
    """A configuration whose data folder is the city's."""
    (tmp_path / "gridpatrol.yaml").write_text(f"version: 1\ndata_dir: {city.folder}\n")
    (tmp_path / "feeds.yaml").write_text("feeds: [{id: cam-1, url: 'http://camera/1.jpg'}]\n")
    return tmp_path


def gridpatrol(*arguments: object):
    return CliRunner().invoke(command.app, [str(each) for each in arguments])


def test_the_commands_lead_from_verdicts_to_labels_and_back(city, installation):
    for number in range(3):
        city.visit("cam-1", reported={f"heap {number}": detection("garbage", HEAP)})
        city.judge(f"heap {number}", "confirm")
    city.visit("cam-1", [detection("garbage", HEAP, 0.3)])
    city.log.flush()
    since = ["--since", "2026-06-01", "--until", "2026-08-01", "--config", installation]
    out = installation / "set"

    build = gridpatrol("build", *since, "--out", out)
    again = gridpatrol("build", *since, "--out", out)
    picked = gridpatrol("suggest", *since, "--out", installation / "label")
    exported = gridpatrol("export", "--format", "label-studio", out)
    back = gridpatrol(
        "import", "--format", "label-studio", f"{out}-label-studio.zip", "--into", installation / "back",
        "--config", installation,
    )  # fmt: skip

    assert build.exit_code == 0, build.output
    assert "train: 2 pictures, 2 boxes" in build.output
    assert (again.exit_code, "is there already" in again.output) == (2, True)
    assert "1 pictures of 1 feeds" in picked.output, picked.output
    assert "3 pictures with 3 boxes" in exported.output
    assert "3 pictures with 3 boxes" in back.output, back.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("build", "--out", "x", "--since", "soon"), "--since 'soon' is no time; write 30d"),
        (("build", "--out", "x", "--since", "2026-01-02", "--until", "2026-01-01"), "nothing lies between"),
        (("build", "--out", "x", "--since", "9999999d"), "is no time"),
        (("export", "--format", "voc", "x"), "write one of coco, yolo, yolo-1.1, cvat, label-studio"),
        (("import", "--format", "coco", "/nowhere", "--into", "x"), "/nowhere: is not there"),
    ],
)
def test_a_wrong_call_is_told_in_a_sentence(arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    done = gridpatrol(*arguments)

    assert (done.exit_code, said in done.output) == (2, True), done.output


def test_other_moments_can_be_written():
    assert command.moment("2026-07-01", now=NOON).isoformat() == "2026-07-01T00:00:00+00:00"
    assert command.moment("2026-07-01T12:00+08:00", now=NOON) == NOON
    assert (NOON - command.moment("2w", now=NOON)).days == 14


def test_what_assumes_the_model_right_is_a_rule_of_the_set(city):
    assert replace(city.rules, assume_model_right=True).wanted == {"garbage", "overflow", "ad", "graffiti", "stall"}
