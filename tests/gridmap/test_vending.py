"""Street vending as a composite rule: what stands together is vending, what walks or is parked is not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.context import CONTEXT, context_of
from configs.settings import PartWeights, VendingSettings
from detector.detection import Detection
from gridmap.vending import VendingRule, sees_vending

RULE = VendingRule()
PERSON = (400, 200, 480, 440)
"""240 px high, so that half a person is 120 px."""


def seen(label, box, score=0.8):
    return Detection(label, score, box, "model@1")


def stalls(*detections, **settings):
    return list(VendingRule(VendingSettings(**settings)).composites(detections))


FRUIT_CART = (
    seen("person", PERSON),
    seen("table", (480, 330, 700, 450), 0.5),
    seen("food", (500, 300, 560, 345), 0.6),
    seen("food", (570, 300, 640, 345), 0.4),
    seen("umbrella", (430, 60, 760, 200), 0.5),
)


def test_a_fruit_cart_with_its_vendor_is_one_stall_without_the_vendor():
    (stall,) = stalls(*FRUIT_CART)

    # Table, two pieces of food and canopy, each with its weight times its score.
    assert stall.score == pytest.approx(1 - 0.6 * 0.64 * 0.76 * 0.6)
    assert stall.label == "stall"
    assert stall.box == (430, 60, 760, 450)
    assert stall.model_id == "model@1+vending"


def test_passers_by_do_not_widen_the_stall():
    (alone,) = stalls(*FRUIT_CART)
    (in_a_crowd,) = stalls(*FRUIT_CART, seen("person", (100, 200, 180, 440)), seen("person", (690, 190, 790, 450)))

    assert in_a_crowd == alone


def test_goods_that_nobody_attends_are_no_vending():
    assert not stalls(*FRUIT_CART[1:])
    assert not stalls(*FRUIT_CART[1:], seen("person", (10, 200, 90, 440)))


def test_a_cargo_tricycle_with_goods_is_vending_and_a_parked_one_is_not():
    vendor = seen("person", PERSON)
    tricycle = seen("truck", (490, 280, 700, 450), 0.7)
    goods = seen("food", (500, 260, 690, 330), 0.6)

    assert not stalls(vendor, tricycle, min_score=0.01)
    (stall,) = stalls(vendor, tricycle, goods)
    assert stall.score == pytest.approx(1 - (1 - 0.6 * 0.6) * (1 - 0.2 * 0.7))
    assert stall.box == (490, 260, 700, 450)


def test_parked_cars_and_cycles_among_people_are_no_vending():
    parked = [
        seen("car", (100, 300, 380, 450)),
        seen("bus", (0, 100, 300, 460)),
        seen("motorcycle", (470, 350, 560, 450)),
        seen("bicycle", (560, 350, 660, 450)),
    ]

    assert not stalls(*parked, seen("person", PERSON), seen("person", (520, 210, 600, 450)), min_score=0.01)


def test_people_walking_with_umbrellas_bags_and_cycles_are_no_vending():
    walking = [
        seen("person", PERSON),
        seen("umbrella", (370, 160, 510, 230), 0.9),
        seen("bag", (405, 300, 445, 360), 0.9),
        seen("person", (600, 210, 680, 450)),
        seen("umbrella", (570, 170, 710, 240), 0.9),
        seen("bicycle", (690, 350, 780, 450), 0.9),
        seen("person", (690, 230, 780, 430)),
    ]

    assert not stalls(*walking, min_score=0.01)


def test_an_umbrella_is_a_canopy_from_its_width_on():
    vendor, table = seen("person", PERSON), seen("table", (480, 330, 700, 450), 0.3)
    narrow, wide = seen("umbrella", (400, 150, 615, 230)), seen("umbrella", (400, 150, 617, 230))

    # 0.9 of 240 px is 216 px.
    assert not stalls(vendor, table, narrow)
    assert stalls(vendor, table, wide)
    assert stalls(vendor, table, narrow, canopy_width=0.5)


def test_bags_on_the_ground_are_goods_and_carried_ones_are_not():
    people = seen("person", PERSON)
    spread = [seen("bag", (500 + 70 * number, 400, 560 + 70 * number, 440), 0.9) for number in range(3)]
    carried = [seen("bag", (410, 250 + 50 * number, 460, 290 + 50 * number), 0.9) for number in range(3)]

    assert stalls(people, *spread)
    assert not stalls(people, *carried, min_score=0.01)


@pytest.mark.parametrize("label", ["garbage", "overflow", "bin"])
def test_what_lies_in_a_bin_or_a_heap_is_no_goods(label):
    cups = [seen("food", (500 + 40 * number, 400, 530 + 40 * number, 440), 0.9) for number in range(3)]
    people = seen("person", PERSON)

    assert stalls(people, *cups)
    assert not stalls(people, *cups, seen(label, (490, 390, 640, 600)), min_score=0.01)
    assert stalls(people, *cups, seen(label, (490, 390, 640, 600), 0.3))
    assert stalls(people, *cups, seen(label, (490, 430, 640, 600)))


def test_two_stalls_apart_are_two_and_touching_ones_are_one():
    second = [seen(each.label, tuple(v + 700 * (i % 2 == 0) for i, v in enumerate(each.box)), each.score)
              for each in FRUIT_CART]  # fmt: skip

    assert len(stalls(*FRUIT_CART, *second)) == 2
    assert len(stalls(*FRUIT_CART, *second, reach=5)) == 1


def test_every_number_comes_from_the_settings():
    assert not stalls(*FRUIT_CART, min_score=0.9)
    assert not stalls(*FRUIT_CART, min_part_score=0.9)
    assert not stalls(*FRUIT_CART, min_person_score=0.9)
    assert not stalls(*FRUIT_CART, weights=PartWeights(umbrella=0, table=0, food=0))
    (less,) = stalls(*FRUIT_CART, most_of_a_kind=1)
    assert less.score == pytest.approx(1 - 0.6 * 0.64 * 0.6)


def test_a_sure_learned_stall_needs_nobody_and_a_doubtful_one_does():
    sure, doubtful = seen("stall", (430, 60, 760, 450), 0.6), seen("stall", (430, 60, 760, 450), 0.45)

    assert stalls(sure) == [sure]
    assert stalls(doubtful) == []
    assert stalls(doubtful, seen("person", PERSON)) == [doubtful]


def test_a_learned_stall_stays_whatever_little_stands_beside_it_and_can_be_left_out():
    learned, vendor, chair = (
        seen("stall", (480, 200, 700, 450), 0.3),
        seen("person", PERSON),
        seen("chair", PERSON, 0.3),
    )

    assert stalls(learned, vendor, chair) == [learned]
    assert stalls(seen("stall", (480, 200, 700, 450)), vendor, weights=PartWeights(stall=0)) == []


def test_a_learned_stall_and_its_parts_are_one_finding_surer_than_either():
    learned = seen("stall", (430, 60, 760, 450), 0.45)
    garbage = seen("garbage", (0, 0, 50, 50))

    findings = RULE.findings([learned, garbage, *FRUIT_CART])

    found = [each for each in findings if each.label not in CONTEXT]
    assert [each.label for each in found] == ["garbage", "stall"]
    assert found[1].score > max(0.45, stalls(*FRUIT_CART)[0].score)
    assert found[1].box == (430, 60, 760, 450)


@pytest.mark.parametrize(
    ("labels", "able"),
    [
        (("garbage", "stall"), False),
        (("person", "bicycle", "truck", "chair"), False),
        (("table", "food"), False),
        (("person", "table"), True),
        (("person", "banana"), True),
    ],
)
def test_a_model_sees_vending_when_it_knows_people_and_what_is_sold(labels, able):
    assert sees_vending(labels) is able


def test_coco_s_classes_are_put_in_our_words():
    assert [context_of(label) for label in ("handbag", "orange", "bottle", "person", "garbage")] == [
        "bag",
        "food",
        "food",
        "person",
        "garbage",
    ]


corners = st.tuples(st.floats(0, 500), st.floats(0, 500), st.floats(0, 200), st.floats(0, 200))
anything = st.builds(
    lambda label, score, corner: seen(
        label, (corner[0], corner[1], corner[0] + corner[2], corner[1] + corner[3]), score
    ),
    st.sampled_from((*CONTEXT, "stall", "garbage")),
    st.floats(0, 1),
    corners,
)


@settings(deadline=None)  # a busy machine is no mistake
@given(st.lists(anything, max_size=12))
def test_whatever_is_seen_the_rule_answers_and_never_makes_context_a_finding(detections):
    kept = [each for each in RULE.findings(detections) if each.label != "stall"]

    assert kept == [each for each in detections if each.label != "stall"]
    for stall in RULE.composites(detections):
        assert 0 <= stall.score <= 1


@settings(deadline=None)  # a busy machine is no mistake
@given(st.lists(anything, max_size=8), anything)
def test_another_part_never_makes_a_stall_less_sure(detections, more):
    """Evidence only adds; only a person more may show that something is carried, and rubbish that it is rubbish."""
    if more.label in {"person", "garbage"}:
        return
    before = max((each.score for each in RULE.composites(detections)), default=0)
    after = max((each.score for each in RULE.composites([*detections, more])), default=0)

    assert after >= before - 1e-9
