"""The demonstration grid is whole, repeatable and honest."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

import configs
from gridmap.cell import area_m2
from gridmap.demogrid import CELLS, demo_grid, grid_text, main, read_outline
from gridmap.errors import GridError
from gridmap.grid import Grid
from gridmap.gridcheck import check_grid
from gridmap.gridfile import read_grid
from gridmap.place import Relation

GRIDS = Path(configs.__file__).parent / "grids"
OUTLINE, COMMITTED = GRIDS / "yuzhong_outline.geojson", GRIDS / "yuzhong-demo.geojson"
STREETS = {
    "001": "七星岗", "003": "解放碑", "004": "两路口", "005": "上清寺", "007": "菜园坝", "008": "南纪门",
    "010": "朝天门", "011": "大溪沟", "012": "大坪", "013": "化龙桥", "014": "石油路",
}  # fmt: skip


@pytest.fixture(scope="module")
def cells():
    return read_grid(COMMITTED, datum="wgs84")


@pytest.fixture(scope="module")
def document():
    return json.loads(COMMITTED.read_text(encoding="utf-8"))


def test_the_shipped_grid_is_416_cells_without_a_fault(cells):
    assert check_grid(cells).lines() == ["416 cells, 416 ids, 22.901 km²: no faults"]


def test_neighbours_share_their_corners_exactly(cells):
    assert shapely.coverage_is_valid([cell.polygon for cell in cells])


def test_the_shipped_grid_is_what_the_program_makes_from_the_shipped_outline(document):
    """Corners may differ in the last digit: another GEOS may round an intersection the other way."""
    made = demo_grid(read_outline(OUTLINE))

    assert [each["properties"] for each in made["features"]] == [each["properties"] for each in document["features"]]
    for ours, theirs in zip(made["features"], document["features"], strict=True):
        assert shape(ours["geometry"]).equals_exact(shape(theirs["geometry"]), tolerance=2e-7)


def test_making_it_twice_gives_the_same_text():
    outline = read_outline(OUTLINE)

    assert grid_text(demo_grid(outline)) == grid_text(demo_grid(outline))


def test_the_command_writes_the_file(tmp_path, capsys):
    main([str(OUTLINE), "--out", str(tmp_path / "grid.geojson")])

    assert len(read_grid(tmp_path / "grid.geojson", datum="wgs84")) == CELLS
    assert capsys.readouterr().out == f"{tmp_path / 'grid.geojson'}: 416 cells (demo, not survey)\n"


def test_the_cells_cover_the_outline_and_no_more(cells):
    union = shapely.union_all([cell.polygon for cell in cells])

    assert area_m2(union.symmetric_difference(read_outline(OUTLINE))) < 100


def test_cells_are_of_roughly_equal_area(cells):
    areas = np.array([cell.area_m2 for cell in cells])

    assert areas.std() / areas.mean() < 0.25
    assert areas.min() > areas.mean() / 3


def test_ids_tell_district_street_community_and_count_from_one(cells):
    groups: dict[str, list[int]] = {}
    for cell in cells:
        assert cell.id[:6] == "500103"
        assert cell.street == f"{STREETS[cell.id[6:9]]}街道"
        groups.setdefault(cell.id[:12], []).append(int(cell.id[12:]))

    assert {key[6:9] for key in groups} == set(STREETS)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in groups.values())


def test_every_street_is_one_piece(cells):
    for street in {cell.street for cell in cells}:
        assert shapely.union_all([cell.polygon for cell in cells if cell.street == street]).geom_type == "Polygon"


def test_the_first_cell_of_a_community_is_in_its_north(cells):
    communities = {cell.id[:12] for cell in cells}
    assert len(communities) > len(STREETS)
    for community in communities:
        norths = [cell.polygon.centroid.y for cell in cells if cell.id[:12] == community]
        assert norths[0] >= np.median(norths)


def test_the_grid_says_that_it_is_no_survey_and_names_nobody(document, cells):
    assert document["notice"] == "demo, not survey"
    assert {each["properties"]["notice"] for each in document["features"]} == {"demo, not survey"}
    assert all(cell.people == () for cell in cells)


def test_every_place_inside_the_outline_has_its_cell(cells):
    outline = read_outline(OUTLINE)
    points = np.random.default_rng(3).uniform(outline.bounds[:2], outline.bounds[2:], size=(4000, 2))
    inside = points[shapely.contains_xy(outline, points)]

    matches = Grid(cells).locate(inside)

    assert len(inside) > 1000
    assert sum(match.relation is Relation.INSIDE for match in matches) >= len(inside) - 2


def test_the_file_is_small(cells):
    assert COMMITTED.stat().st_size < 1_000_000


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hello", "not a GeoJSON file with a feature; write the outline as its first feature"),
        ('{"features": []}', "not a GeoJSON file with a feature; write the outline as its first feature"),
        (
            '{"features": [{"geometry": {"type": "Point", "coordinates": [1, 2]}}]}',
            "the outline is a Point; it must be one Polygon",
        ),
    ],
)
def test_an_unusable_outline_gets_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "outline.geojson"
    path.write_text(text)

    with pytest.raises(GridError) as caught:
        read_outline(path)

    assert str(caught.value) == f"{path}: {sentence}"
