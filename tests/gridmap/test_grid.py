"""Which cell a place belongs to."""

from __future__ import annotations

import json
import threading

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.cell import Cell, area_m2
from gridmap.coordinates import distance_m
from gridmap.errors import DatumError, GridError
from gridmap.grid import Grid
from gridmap.place import CellMatch, Relation
from tests.gridmap import awkward
from tests.gridmap.awkward import at

ONE, TWO, THREE = (f"50010300100100{number}" for number in (1, 2, 3))


def located(grid, *points):
    return grid.locate(points)


def test_a_place_inside_one_cell():
    assert located(Grid(awkward.TOUCHING), at(1.5, 0.5)) == [CellMatch(TWO, Relation.INSIDE)]


@pytest.mark.parametrize("cells", [awkward.TOUCHING, awkward.TOUCHING[::-1]])
def test_a_place_on_a_shared_edge_takes_the_lowest_id_whatever_the_order_of_the_cells(cells):
    assert located(Grid(cells), at(1, 0.5)) == [CellMatch(ONE, Relation.BORDER)]


def test_a_place_on_a_corner_of_four_takes_the_lowest_id():
    assert located(Grid(awkward.FOUR_AT_A_CORNER[::-1]), at(1, 1)) == [CellMatch(ONE, Relation.BORDER)]


def test_a_place_on_the_outer_edge_is_on_a_border():
    assert located(Grid(awkward.TOUCHING), at(2, 0.5)) == [CellMatch(TWO, Relation.BORDER)]


def test_a_place_in_an_overlap_takes_the_lowest_id():
    assert located(Grid(awkward.OVERLAPPING), at(1.25, 0.5)) == [CellMatch(ONE, Relation.BORDER)]


def test_a_place_in_a_hole_takes_the_nearest_edge_and_no_cell_when_that_is_far():
    near, far = at(1.05, 1.5), at(1.5, 1.5)

    matches = located(Grid([awkward.WITH_HOLE]), near, far)

    assert matches[0].relation is Relation.NEAREST
    assert matches[1] is None


def test_a_place_in_either_part_of_a_cell_is_inside():
    assert located(Grid([awkward.TWO_PARTS]), at(0.5, 0.5), at(3.5, 0.5), at(2, 0.5)) == [
        CellMatch(ONE, Relation.INSIDE), CellMatch(ONE, Relation.INSIDE), None,
    ]  # fmt: skip


@pytest.mark.parametrize("away", [at(2.1, 0.5), at(1.5, -0.1)])
def test_a_place_outside_takes_the_nearest_cell_with_the_distance_in_metres_both_ways(away):
    edge = (min(away[0], at(2, 0)[0]), max(away[1], at(0, 0)[1]))
    expected = distance_m(away, edge)

    (match,) = located(Grid(awkward.TOUCHING), away)

    assert (match.cell_id, match.relation) == (TWO, Relation.NEAREST)
    assert match.distance_m == pytest.approx(expected, rel=0.006)


def test_nearest_means_true_metres_not_degrees():
    """0.0003° are 29 m of longitude but 33 m of latitude."""
    east, north = (at(2, 0.5)[0] + 0.0003, at(2, 0.5)[1]), (at(1.5, 1)[0], at(1.5, 1)[1] + 0.0003)

    matches = located(Grid(awkward.TOUCHING, nearest_m=30), east, north)

    assert [match is not None for match in matches] == [True, False]


def test_two_cells_equally_near_give_the_lowest_id():
    grid = Grid([awkward.cell(2, awkward.square(0, 0)), awkward.cell(1, awkward.square(1.2, 0))])

    (match,) = located(grid, at(1.1, 0.5))

    assert (match.cell_id, match.relation) == (ONE, Relation.NEAREST)


def test_a_hairline_between_cells_is_bridged():
    (match,) = located(Grid(awkward.HAIRLINE), at(1 - 5e-6, 0.5))

    assert match.relation is Relation.NEAREST
    assert match.distance_m < 0.001


def test_nothing_is_near_when_nearest_is_turned_off():
    assert located(Grid(awkward.TOUCHING, nearest_m=0), at(2.001, 0.5)) == [None]


def test_answers_keep_the_order_of_the_points():
    points = [at(9, 9), at(1.5, 0.5), at(2.05, 0.5), at(0.5, 0.5), at(1, 0.5)]

    relations = [match and (match.cell_id, match.relation) for match in Grid(awkward.TOUCHING).locate(points)]

    assert relations == [
        None, (TWO, Relation.INSIDE), (TWO, Relation.NEAREST), (ONE, Relation.INSIDE), (ONE, Relation.BORDER),
    ]  # fmt: skip


def test_no_points_have_no_cells():
    assert Grid(awkward.TOUCHING).locate([]) == []


@settings(max_examples=100, deadline=None)
@given(points=st.lists(st.tuples(st.floats(-1, 4), st.floats(-1, 4)), min_size=1, max_size=30))
def test_the_answer_is_that_of_asking_every_cell(points):
    cells = awkward.BLOCK_WITH_A_MISSING_CELL
    places = [at(*point) for point in points]

    for place, match in zip(places, Grid(cells, nearest_m=0).locate(places), strict=True):
        touching = sorted(each.id for each in cells if each.polygon.intersects(shapely.Point(place)))
        assert (match.cell_id if match else None) == (touching[0] if touching else None)


def test_many_threads_may_ask_at_once():
    grid = Grid(awkward.BLOCK_WITH_A_MISSING_CELL)
    points = np.random.default_rng(1).uniform(at(-0.5, -0.5), at(3.5, 3.5), size=(2000, 2))
    expected, answers = grid.locate(points), []
    threads = [threading.Thread(target=lambda: answers.append(grid.locate(points))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [expected] * 4


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ((), "the grid holds no cells"),
        ((*awkward.TOUCHING, awkward.TOUCHING[0]), f"cell id {ONE} is used 2 times; every cell needs its own id"),
        ((awkward.BOWTIE,), f"cell {ONE} has no valid polygon (Self-intersection"),
        ((awkward.EMPTY,), f"cell {ONE} has no valid polygon"),
    ],
)
def test_an_unusable_grid_gets_one_sentence(cells, sentence):
    with pytest.raises(GridError) as caught:
        Grid(cells)

    assert sentence in str(caught.value)


def test_a_place_that_is_no_number_is_refused():
    with pytest.raises(DatumError, match="not a number"):
        Grid(awkward.TOUCHING).locate([(float("nan"), 29.5)])


def test_a_cell_is_found_by_its_id():
    grid = Grid(awkward.TOUCHING)

    assert grid.cell(TWO) is awkward.TOUCHING[1]
    assert grid.cell("nobody") is None


def test_cells_leave_as_geojson_that_says_who_and_how_large():
    cell = Cell(
        ONE, awkward.square(0, 0), street="七星岗街道", community="示范社区", name="01", people=(("环卫", "甲"),)
    )

    collection = json.loads(json.dumps(Grid([cell]).cells_geojson()))

    (feature,) = collection["features"]
    assert collection["type"] == "FeatureCollection"
    assert feature["id"] == ONE
    assert feature["properties"] == {
        "id": ONE, "street": "七星岗街道", "community": "示范社区", "name": "01",
        "area_m2": round(area_m2(cell.polygon), 1), "people": {"环卫": "甲"},
    }  # fmt: skip
    assert shapely.geometry.shape(feature["geometry"]).equals_exact(cell.polygon, tolerance=1e-7)


def test_an_area_is_that_on_the_ground():
    east = distance_m(at(0, 0.5), at(1, 0.5))
    north = distance_m(at(0, 0), at(0, 1))

    assert area_m2(awkward.square(0, 0)) == pytest.approx(east * north, rel=0.005)
    assert area_m2(awkward.EMPTY.polygon) == 0
