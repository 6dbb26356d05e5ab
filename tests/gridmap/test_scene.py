"""What one picture's detections come to before zones: findings, obstacles, and what no kept picture may show."""

from __future__ import annotations

import pytest
import shapely

from configs.settings import Settings
from detector.detection import Detection
from gridmap.obstacles import Obstacles
from gridmap.scene import SceneRules

SIZE = (1000, 500)
LABELS = ("garbage", "overflow", "bin", "stall", "person", "truck", "table", "food")
WHOLE = shapely.box(0, 0, 1, 1)


def seen(label, box, score=0.8):
    return Detection(label, score, box, "model@1")


def scene(*detections, labels=LABELS, **settings):
    return SceneRules(Settings.model_validate(settings)).scene(detections, labels=labels, frame_size=SIZE)


VENDOR, TABLE = seen("person", (400, 200, 480, 440)), seen("table", (480, 330, 700, 450))


def test_vending_is_composed_only_where_the_model_can_see_it_and_the_settings_want_it():
    def labels(found):
        return [each.label for each in found.findings]

    assert labels(scene(VENDOR, TABLE)) == ["person", "table", "stall"]
    assert labels(scene(VENDOR, TABLE, labels=("garbage", "stall"))) == ["person", "table"]
    assert labels(scene(VENDOR, TABLE, vending={"enabled": False})) == ["person", "table"]


def test_without_the_rule_learned_stalls_stay():
    weak = seen("stall", (0, 0, 50, 50), 0.3)

    assert scene(weak, labels=("stall",)).findings == (weak,)


def test_a_coco_model_s_classes_are_parts_too():
    found = scene(VENDOR, seen("dining table", TABLE.box), labels=("person", "dining table"))

    assert [each.label for each in found.findings] == ["person", "table", "stall"]


def test_of_rivals_on_one_bin_the_surer_is_a_finding():
    full, fine = seen("overflow", (0, 0, 100, 100), 0.7), seen("bin", (0, 0, 100, 100), 0.6)

    assert scene(fine, full).findings == (full,)
    assert scene(fine, full, model={"rivals": []}).findings == (fine, full)


def test_people_are_private_with_a_margin_and_vehicles_when_asked():
    people = scene(VENDOR, seen("truck", (0, 0, 500, 400))).private
    both = scene(VENDOR, seen("truck", (0, 0, 500, 400)), evidence={"blur": ["person", "truck"]}).private

    (ring,) = people
    assert [value for corner in ring for value in corner] == pytest.approx(
        [0.396, 0.376, 0.484, 0.376, 0.484, 0.904, 0.396, 0.904]
    )
    assert len(both) == 2
    assert both[1][0] == (0, 0)
    assert scene(seen("person", VENDOR.box, 0.2)).private == ()


def test_a_picture_nobody_looked_at_is_private_where_people_could_be_in_it():
    rules = SceneRules(Settings())

    assert rules.unseen(("garbage",)).private == ()
    assert rules.unseen(LABELS).private == (((0, 0), (1, 0), (1, 1), (0, 1)),)
    assert SceneRules(Settings.model_validate({"evidence": {"blur": []}})).unseen(LABELS).private == ()


def test_obstacles_hide_what_is_behind_them_and_not_what_is_before():
    lorry = scene(seen("truck", (200, 100, 600, 350))).obstacles

    assert lorry.hide((0.3, 0.5, 0.5, 0.65))
    assert not lorry.hide((0.3, 0.5, 0.5, 0.75))
    assert not lorry.hide((0.55, 0.5, 0.75, 0.65))
    assert not scene(seen("truck", (200, 100, 600, 350), 0.3)).obstacles.boxes


def test_several_people_hide_a_place_together():
    crowd = Obstacles(((0.3, 0.2, 0.36, 0.9), (0.35, 0.2, 0.41, 0.9)), hides=0.5)

    assert crowd.hide((0.3, 0.5, 0.5, 0.8))
    assert not Obstacles(crowd.boxes[:1], hides=0.5).hide((0.3, 0.5, 0.5, 0.8))


def test_a_view_is_blocked_by_what_covers_enough_of_it():
    rules = SceneRules(Settings())
    bus = scene(seen("truck", (0, 0, 800, 500)))

    assert rules.blocked(bus, WHOLE) == "people or vehicles cover 80% of what is watched"
    assert rules.blocked(bus, shapely.box(0.8, 0, 1, 1)) == ""
    assert rules.blocked(scene(), WHOLE) == ""
    assert Obstacles(((0, 0, 1, 1),)).share_of(shapely.box(0, 0, 0, 0)) == 0
