"""From verdicts and kept pictures to a dataset, with a real store, evidence folder, log and kept pictures."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from api.dataset.build import build_dataset
from api.dataset.tree import OutputRefused
from tests.servers.learning_city import ELSEWHERE, HEAP, NOON, POSTER, SIZE, detection, incident_uuid, learning_city


@pytest.fixture
def city(tmp_path):
    with learning_city(tmp_path / "var") as made:
        yield made


def built(city, **changes):
    out = city.folder.parent / f"set{len(list(city.folder.parent.iterdir()))}"
    return build_dataset(city.material, replace(city.wish, **changes), out)


def provenance(made) -> dict[str, dict]:
    lines = (made.out / "provenance.jsonl").read_text().splitlines()
    return {row["file"]: row for row in map(json.loads, lines)}


def labels(made) -> dict[str, list[tuple[str, tuple[float, ...]]]]:
    """Class and box (cx cy w h) of every picture's label file."""
    names = YAML(typ="safe").load((made.out / "data.yaml").read_text())["names"]
    found = {}
    for path in sorted(made.out.glob("labels/*/*.txt")):
        lines = [line.split() for line in path.read_text().splitlines()]
        found[path.stem] = [(names[int(words[0])], tuple(map(float, words[1:]))) for words in lines]
    return found


def unit(box):
    x1, y1, x2, y2 = box
    w, h = SIZE
    return pytest.approx(((x1 + x2) / 2 / w, (y1 + y2) / 2 / h, (x2 - x1) / w, (y2 - y1) / h), abs=1e-4)


def test_a_confirmed_finding_is_labelled_and_a_rejected_one_is_a_hard_negative(city):
    city.visit("cam-1", reported={"heap": detection("garbage", HEAP)})
    city.visit("cam-2", reported={"shop": detection("ad", POSTER)})
    city.judge("heap", "confirm")
    city.judge("shop", "reject", reason="not_there")

    made = built(city)

    (rejected,), (confirmed,) = (
        [(name, boxes) for name, boxes in labels(made).items() if name.startswith(role)]
        for role in ("rejected-ad_", "confirmed-garbage_")
    )
    assert rejected[1] == []
    assert confirmed[1] == [("garbage", unit(HEAP))]
    assert made.sources["rejected-ad_"]["unlabelled"] == ["garbage", "overflow", "bin", "graffiti", "stall"]


def test_a_reclass_changes_the_label_and_denies_the_old_one(city):
    city.visit("cam-1", reported={"bin": detection("garbage", HEAP)})
    city.judge("bin", "reclass", matter="overflowing_bin")

    made = built(city)

    ((name, boxes),) = labels(made).items()
    assert boxes == [("overflow", unit(HEAP))]
    assert name.startswith("confirmed-garbage-overflow_")


def test_a_reclass_to_a_matter_of_several_classes_is_left_for_people(city):
    city.visit("cam-1", reported={"wall": detection("garbage", POSTER)})
    city.judge("wall", "reclass", matter="illegal_ad")

    made = built(city)

    assert labels(made) == {}
    assert made.left_out == {"incidents whose verdict (reclass) does not say what is in the picture": 1}


@pytest.mark.parametrize("reason", ["permitted", "duplicate", "unclear", "other"])
def test_a_rejection_that_does_not_deny_the_thing_is_no_negative(city, reason):
    city.visit("cam-1", reported={"stall": detection("garbage", HEAP)})
    city.judge("stall", "reject", reason=reason)

    assert labels(built(city)) == {}


def test_a_merged_incident_is_what_it_was_merged_into(city):
    city.visit("cam-1", reported={"one": detection("garbage", HEAP)})
    city.visit("cam-2", reported={"two": detection("garbage", HEAP)})
    city.judge("two", "merge", into="one")
    city.judge("one", "confirm")

    made = built(city)

    assert list(labels(made).values()) == [[("garbage", unit(HEAP))]] * 2
    assert {row["feed"] for row in provenance(made).values()} == {"cam-1", "cam-2"}


def test_an_undone_verdict_says_nothing(city):
    city.visit("cam-1", reported={"heap": detection("garbage", HEAP)})
    city.judge("heap", "confirm")
    city.casework.undo(incident_uuid("heap"), by="Li Hua")

    made = built(city)

    assert labels(made) == {}
    assert made.left_out == {"incidents that nobody has reviewed": 1}


def test_what_the_model_saw_beside_and_nobody_judged_keeps_a_picture_out(city):
    """A second heap without a label would teach that heaps are street."""
    seen = [detection("garbage", HEAP), detection("garbage", ELSEWHERE)]
    city.visit("cam-1", seen, reported={"heap": seen[0]})
    city.judge("heap", "confirm")

    refused = built(city)
    city.rules = replace(city.rules, assume_model_right=True)
    believed = built(city)

    assert labels(refused) == {}
    assert refused.left_out == {"pictures: the model saw more of the same class in it, which nobody has judged": 1}
    ((_, boxes),) = labels(believed).items()
    assert boxes == [("garbage", unit(HEAP)), ("garbage", unit(ELSEWHERE))]


def test_what_the_model_saw_of_another_class_is_only_not_denied(city):
    seen = [detection("garbage", HEAP), detection("ad", POSTER)]
    city.visit("cam-1", seen, reported={"heap": seen[0]})
    city.judge("heap", "confirm")

    made = built(city)

    ((name, row),) = provenance(made).items()
    assert row["unreviewed"] == ["ad"]
    assert "ad" in made.sources[name.partition("_")[0] + "_"]["unlabelled"]


def test_a_verdict_reaches_the_same_thing_in_a_picture_that_another_incident_was_reported_with(city):
    heap, ad = detection("garbage", HEAP), detection("ad", POSTER)
    city.visit("cam-1", reported={"ad": ad})
    city.visit("cam-1", [heap, ad], reported={"heap": heap})
    city.visit("cam-1", reported={"ad": ad})
    city.judge("heap", "confirm")
    city.judge("ad", "confirm")

    both = [boxes for boxes in labels(built(city)).values() if len(boxes) == 2]

    assert both == [[("garbage", unit(HEAP)), ("ad", unit(POSTER))]]


def test_without_the_log_nobody_knows_what_else_was_there(city):
    city.visit("cam-1", reported={"heap": detection("garbage", HEAP)})
    city.judge("heap", "confirm")
    material = replace(city.material, log=city.folder / "no log")

    made = build_dataset(material, city.wish, city.folder.parent / "out")

    assert made.left_out == {"pictures: the log no longer says what else the model saw in it": 1}


def test_clean_visits_are_negatives_unless_an_incident_was_open_there(city):
    city.visit("quiet")
    city.visit("cam-1", reported={"heap": detection("garbage", HEAP)})
    city.visit("cam-1")
    city.judge("heap", "confirm")

    made = built(city)

    clean = [row for name, row in provenance(made).items() if name.startswith("clean_")]
    assert [row["feed"] for row in clean] == ["quiet"]
    assert (
        made.left_out["clean pictures: an incident was open on the feed then, so the model may have missed it"] == 1
    )
    assert made.sources["clean_"] == {"unlabelled": ["bin"]}


def test_a_place_seen_over_days_gives_a_few_pictures_that_differ(city):
    for number in range(12):
        city.visit("cam-1", reported={"heap": detection("garbage", HEAP)}, number=number % 3)
    city.judge("heap", "confirm")

    made = built(city, per_incident=5)

    assert len(labels(made)) == 3, "the same three views came again and again"
    assert made.left_out["pictures: it looks like one that is in already"] == 9


def test_no_incident_gives_more_than_asked_for(city):
    for _ in range(9):
        city.visit("cam-1", reported={"heap": detection("garbage", HEAP)})
    city.judge("heap", "confirm")

    assert len(labels(built(city, per_incident=2))) == 2


def many_feeds(city, count: int) -> None:
    for number in range(count):
        for _ in range(2):
            city.visit(f"cam-{number}", reported={f"heap {number}": detection("garbage", HEAP)})
        city.visit(f"clean-{number}")
        city.judge(f"heap {number}", "confirm")


def test_no_feed_and_no_incident_is_on_both_sides(city):
    many_feeds(city, 12)
    # One incident that two feeds see binds them together.
    city.visit("cam-0", reported={"shared": detection("ad", POSTER)})
    city.visit("cam-1", reported={"shared": detection("ad", POSTER)})
    city.judge("shared", "confirm")

    made = built(city)
    sides = {"train": set(), "val": set()}
    for row in provenance(made).values():
        sides[row["split"]] |= {row["feed"], *(one["id"] for one in row["incidents"])}

    assert made.split.by == "feed"
    assert sides["val"]
    assert not sides["train"] & sides["val"]
    where = {row["feed"]: row["split"] for row in provenance(made).values()}
    assert where["cam-0"] == where["cam-1"]


def test_the_same_seed_holds_out_the_same_feeds_when_the_city_grows(city):
    many_feeds(city, 8)
    before = {row["feed"]: row["split"] for row in provenance(built(city)).values()}
    for number in range(20, 26):
        city.visit(f"cam-{number}", reported={f"heap {number}": detection("garbage", HEAP)})
        city.judge(f"heap {number}", "confirm")
    after = {row["feed"]: row["split"] for row in provenance(built(city)).values()}

    assert {feed: after[feed] for feed in before} == before


def test_with_few_feeds_time_splits_and_the_card_says_what_that_is_worth(city):
    for number in range(10):
        city.visit("cam-1", reported={f"heap {number}": detection("garbage", HEAP)})
        city.judge(f"heap {number}", "confirm")

    made = built(city)
    rows = provenance(made).values()
    newest_trained = max(row["captured_at"] for row in rows if row["split"] == "train")
    oldest_validated = min(row["captured_at"] for row in rows if row["split"] == "val")

    assert Counter(row["split"] for row in rows) == {"train": 8, "val": 2}
    assert newest_trained < oldest_validated
    assert "By time, as there are only 1 groups of feeds" in (made.out / "README.md").read_text()


def test_provenance_tells_where_a_picture_comes_from_and_not_who_judged_it(city):
    city.visit("cam-1", reported={"heap": detection("garbage", HEAP)})
    city.judge("heap", "confirm")

    made = built(city)
    ((name, row),) = provenance(made).items()
    everything = "".join(
        path.read_text() for path in made.out.rglob("*") if path.suffix in {".jsonl", ".md", ".yaml"}
    )

    picture = made.out / "images" / row["split"] / name
    assert row["sha256"] == hashlib.sha256(picture.read_bytes()).hexdigest()
    assert (row["feed"], row["model_id"], row["incidents"][0]["verdict"]) == ("cam-1", "starter@1a2b3c4d", "confirm")
    assert "Li Hua" not in everything


def test_drawn_scenes_are_taken_only_when_asked_for(city):
    city.visit("cam-1", reported={"heap": detection("garbage", HEAP)}, synthetic=True)
    city.judge("heap", "confirm")

    assert labels(built(city)) == {}
    assert len(labels(built(city, synthetic=True))) == 1


def test_a_thing_that_privacy_has_hidden_teaches_nothing(city):
    left = ((0.0, 0.0), (0.4, 0.0), (0.4, 1.0), (0.0, 1.0))
    city.rules = replace(city.rules, privacy={"cam-1": [left]})
    city.visit("cam-1", reported={"heap": detection("garbage", HEAP)})
    city.judge("heap", "confirm")

    assert built(city).left_out == {"pictures: more than half of the thing was made unreadable for privacy": 1}


def test_pictures_that_retention_took_are_counted(city):
    city.visit("cam-1", reported={"heap": detection("garbage", HEAP)})
    city.judge("heap", "reject", reason="not_there")
    with city.store.writing() as book:
        book.pictures.mark_removed([1], NOON)

    assert any("keep_rejected_days" in why for why in built(city).left_out)


def test_only_what_was_captured_since_then_is_taken(city):
    city.visit("cam-1", reported={"heap": detection("garbage", HEAP)})
    later = city.clock
    city.visit("cam-1", reported={"heap": detection("garbage", HEAP)})
    city.judge("heap", "confirm")

    (row,) = provenance(built(city, since=city.clock)).values()

    assert row["captured_at"] > later.isoformat()


def test_a_folder_that_is_there_is_not_touched_and_nothing_half_made_stays(city, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")

    with pytest.raises(OutputRefused, match="name a new folder"):
        build_dataset(city.material, city.wish, out)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "var"]
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


def test_an_empty_city_gives_an_empty_dataset_that_says_so(city):
    made = built(city)

    assert made.left_out == {}
    assert "all of it trains" in (made.out / "README.md").read_text()


@pytest.fixture(autouse=True)
def _nothing_left_beside(tmp_path):
    yield
    assert not [path for path in Path(tmp_path).iterdir() if path.name.startswith(".")]
