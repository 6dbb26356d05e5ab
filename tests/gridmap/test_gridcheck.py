"""The check finds every fault of a grid, how large and where."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import shapely

from gridmap.cell import area_m2
from gridmap.coordinates import distance_m
from gridmap.gridcheck import Fault, check_grid
from tests.gridmap import awkward
from tests.gridmap.awkward import at, cell, square

ONE, TWO, THREE = (f"50010300100100{number}" for number in (1, 2, 3))
SOUND = {
    "two touching": awkward.TOUCHING,
    "four at a corner": awkward.FOUR_AT_A_CORNER,
    "two parts": (awkward.TWO_PARTS,),
    "a corner on a neighbour's edge": (cell(1, square(0, 0, 2, 1)), cell(2, square(0, 1)), cell(3, square(1, 1))),
    "a hairline": awkward.HAIRLINE,
    "two apart": (cell(1, square(0, 0)), cell(2, square(5, 5))),
    "a cell in a hole": (awkward.WITH_HOLE, cell(2, square(1, 1))),
    "touching in one point": (cell(1, square(0, 0)), cell(2, square(1, 1))),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_grid_has_no_faults(name):
    report = check_grid(SOUND[name])

    assert report.ok
    assert (report.cells, report.ids) == (len(SOUND[name]), len(SOUND[name]))
    assert report.area_m2 == pytest.approx(sum(area_m2(each.polygon) for each in SOUND[name]))


def only(cells):
    (finding,) = check_grid(cells).findings
    return finding


def test_an_overlap_tells_both_cells_its_area_and_a_place_in_it():
    finding = only(awkward.OVERLAPPING)

    assert (finding.fault, finding.cells) == (Fault.OVERLAP, (ONE, TWO))
    assert finding.area_m2 == pytest.approx(area_m2(square(1, 0, columns=0.5)), rel=1e-4)
    assert square(1, 0, columns=0.5).covers(shapely.Point(finding.where))


@pytest.mark.parametrize(
    "pair", [(square(0, 0, 3, 3), square(1, 1)), (square(0, 0), square(0, 0))], ids=["within", "the same"]
)
def test_a_cell_within_another_and_a_cell_drawn_twice_are_overlaps(pair):
    finding = only((cell(1, pair[0]), cell(2, pair[1])))

    assert finding.fault is Fault.OVERLAP
    assert finding.area_m2 == pytest.approx(area_m2(pair[1]), rel=1e-4)


def test_a_missing_cell_is_a_gap_with_the_cells_around_it():
    finding = only(awkward.BLOCK_WITH_A_MISSING_CELL)

    assert finding.fault is Fault.GAP
    assert finding.cells == tuple(each.id for each in awkward.BLOCK_WITH_A_MISSING_CELL)
    assert finding.area_m2 == pytest.approx(area_m2(square(1, 1)), rel=1e-4)
    assert square(1, 1).covers(shapely.Point(finding.where))


def test_a_hole_in_one_cell_is_a_gap():
    assert only((awkward.WITH_HOLE,)).cells == (ONE,)


def test_a_slit_that_opens_to_the_outside_is_a_gap():
    finding = only(awkward.SLIT)

    assert (finding.fault, finding.cells) == (Fault.GAP, (ONE, TWO))
    assert finding.area_m2 == pytest.approx(area_m2(square(0.998, 0, columns=0.002)), rel=0.05)
    assert square(0.998, 0, columns=0.002).buffer(1e-7).covers(shapely.Point(finding.where))


def test_a_notch_of_one_cell_is_its_own_shape_and_no_gap():
    notched = square(0, 0).difference(square(0.5, 0.5, columns=0.003))

    assert check_grid([cell(1, notched)]).ok


def test_a_gap_of_any_width_inside_is_found_down_to_the_tolerance():
    wide, low = 0.05, 0.002
    hole = cell(1, square(0, 0).difference(square(0.5, 0.5, wide, low)))
    area = area_m2(square(0.5, 0.5, wide, low))

    assert [len(check_grid([hole], tolerance_m2=area * factor).findings) for factor in (0.99, 1.01)] == [1, 0]


def test_overlaps_are_found_down_to_the_tolerance():
    cells = (cell(1, square(0, 0, columns=1.0001)), cell(2, square(1, 0)))
    area = area_m2(square(1, 0, columns=0.0001))

    assert [len(check_grid(cells, tolerance_m2=area * factor).findings) for factor in (0.99, 1.01)] == [1, 0]
    assert area == pytest.approx(1.02, abs=0.05)


def test_an_invalid_ring_tells_why_and_where():
    finding = only((awkward.BOWTIE,))

    assert (finding.fault, finding.cells) == (Fault.INVALID_RING, (ONE,))
    assert finding.what == f"{ONE} has an invalid ring: Self-intersection"
    assert distance_m(finding.where, at(0.5, 0.5)) < 0.1


def test_an_invalid_ring_does_not_hide_what_its_cell_overlaps():
    faults = [finding.fault for finding in check_grid([awkward.BOWTIE, cell(2, square(0, 0))]).findings]

    assert faults == [Fault.INVALID_RING, Fault.OVERLAP]


def test_a_doubled_id_is_told_once_with_how_often():
    finding = only([replace(awkward.cell(1, square(column, 0))) for column in range(3)])

    assert (finding.fault, finding.cells, finding.what) == (Fault.DUPLICATE_ID, (ONE,), f"{ONE} is used 3 times")


@pytest.mark.parametrize(
    "bad", ["50010300100100", "5001030010010011", "50010300100100A", "五00103001001001", " ", ""]
)
def test_an_id_that_is_not_fifteen_digits_is_told(bad):
    finding = only([replace(awkward.TOUCHING[0], id=bad)])

    assert finding.what == f"{bad!r} is not 15 digits (district 6, street 3, community 3, sequence 3)"


def test_digits_of_other_scripts_are_not_digits():
    assert only([replace(awkward.TOUCHING[0], id="５" + ONE[1:])]).fault is Fault.BAD_ID


def test_a_report_is_for_people_and_for_programs():
    cells = [*awkward.OVERLAPPING, replace(cell(3, square(5, 0)), id="x")]

    report = check_grid(cells)

    assert not report.ok
    assert report.lines()[0] == "bad id: 'x' is not 15 digits (district 6, street 3, community 3, sequence 3)"
    assert report.lines()[1].startswith(f"overlap: {ONE} and {TWO} overlap, 5125.")
    assert report.lines()[2] == "3 cells, 3 ids, 0.036 km²: 1 bad id, 1 overlap"
    plain = json.loads(json.dumps(report.as_json()))
    assert (plain["ok"], plain["cells"], plain["findings"][1]["fault"]) == (False, 3, "overlap")
    assert plain["findings"][1]["where"] == list(report.findings[1].where)


def test_the_largest_fault_of_a_kind_comes_first():
    cells = [cell(1, square(0, 0, columns=1.1)), cell(2, square(1, 0, columns=1.5)), cell(3, square(2, 0))]

    areas = [finding.area_m2 for finding in check_grid(cells).findings]

    assert areas == sorted(areas, reverse=True)


def test_no_cells_are_no_fault_and_said_so():
    assert check_grid([]).lines() == ["0 cells, 0 ids, 0.000 km²: no faults"]


def test_a_city_of_random_cells_has_exactly_the_faults_put_in():
    """400 irregular cells; one taken out, one grown over its neighbours."""
    chance = np.random.default_rng(7)
    frame = square(0, 0, 20, 20)
    seeds = shapely.MultiPoint(chance.uniform(frame.bounds[:2], frame.bounds[2:], size=(400, 2)))
    pieces = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=frame)), frame)
    middle = int(np.argmin(shapely.distance(pieces, frame.centroid)))
    corner = int(np.argmin(shapely.distance(pieces, shapely.Point(at(5, 5)))))
    cells = [cell(index, piece) for index, piece in enumerate(pieces)]
    cells[corner] = cell(corner, pieces[corner].buffer(2e-4))

    report = check_grid([each for index, each in enumerate(cells) if index != middle])

    gaps = [finding for finding in report.findings if finding.fault is Fault.GAP]
    overlaps = [finding for finding in report.findings if finding.fault is Fault.OVERLAP]
    assert len(gaps) + len(overlaps) == len(report.findings)
    assert [gap.area_m2 for gap in gaps] == [pytest.approx(area_m2(pieces[middle]), rel=1e-3)]
    assert overlaps
    assert all(cells[corner].id in overlap.cells for overlap in overlaps)
