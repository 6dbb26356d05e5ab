"""Grid files become cells, or one sentence."""

from __future__ import annotations

import json
import zipfile

import pytest
import shapely
from shapely.geometry import LineString, Point

from gridmap.coordinates import from_wgs84
from gridmap.errors import GridError
from gridmap.gridfile import read_grid
from tests.gridmap import awkward

ONE, TWO = (cell.id for cell in awkward.TOUCHING)
SQUARES = [awkward.square(0, 0), awkward.square(1, 0)]


def in_datum(shapes, datum):
    return [shapely.transform(shape, lambda points: from_wgs84(points, datum)) for shape in shapes]


def apart_m(cells):
    """Return how far the outlines are from those of ``TOUCHING``, in metres at most."""
    assert [cell.id for cell in cells] == [ONE, TWO]
    pairs = zip(cells, awkward.TOUCHING, strict=True)
    return 111_000 * max(cell.polygon.hausdorff_distance(expected.polygon) for cell, expected in pairs)


def sentence(path, **options):
    with pytest.raises(GridError) as caught:
        read_grid(path, **{"datum": "wgs84", **options})
    return str(caught.value)


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "shp"])
def test_every_format_gives_the_same_cells(tmp_path, suffix):
    path = awkward.write_cells(tmp_path / f"grid.{suffix}", awkward.TOUCHING)

    cells = read_grid(path, datum="wgs84")

    assert [(cell.id, cell.street, cell.community) for cell in cells] == [
        (cell.id, cell.street, cell.community) for cell in awkward.TOUCHING
    ]
    assert apart_m(cells) < 0.001


def test_a_zipped_shapefile_is_read(tmp_path):
    awkward.write_cells(tmp_path / "grid.shp", awkward.TOUCHING)
    with zipfile.ZipFile(tmp_path / "grid.zip", "w") as archive:
        for part in tmp_path.glob("grid.[sdpc]*"):
            archive.write(part, part.name)

    assert [cell.id for cell in read_grid(tmp_path / "grid.zip", datum="wgs84")] == [ONE, TWO]


@pytest.mark.parametrize(("datum", "crs"), [
    ("gcj02", "EPSG:4326"), ("bd09", None), ("cgcs2000", "EPSG:4490"), ("cgcs2000", "EPSG:4326"),
    ("wgs84", "EPSG:4490"), ("epsg:4545", "EPSG:4545"), ("epsg:4545", None), ("epsg:4524", "EPSG:4524"),
])  # fmt: skip
@pytest.mark.parametrize("suffix", ["gpkg", "shp"])
def test_cells_come_out_in_wgs84_whatever_the_files_datum(tmp_path, suffix, datum, crs):
    path = awkward.write(tmp_path / f"grid.{suffix}", in_datum(SQUARES, datum), crs=crs, id=[ONE, TWO])

    assert apart_m(read_grid(path, datum=datum)) < 0.01


def test_a_geojson_in_metres_is_read_although_the_format_calls_everything_wgs84(tmp_path):
    path = awkward.write(tmp_path / "grid.geojson", in_datum(SQUARES, "epsg:4545"), crs=None, id=[ONE, TWO])

    assert apart_m(read_grid(path, datum="epsg:4545")) < 0.01


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
@pytest.mark.parametrize("declared", [True, False], ids=["with .cpg", "without .cpg"])
def test_chinese_text_in_a_shapefile_is_read_with_and_without_its_encoding_named(tmp_path, encoding, declared):
    path = awkward.write_cells(tmp_path / "grid.shp", awkward.TOUCHING, encoding=encoding)
    if not declared:
        path.with_suffix(".cpg").unlink()

    assert read_grid(path, datum="wgs84")[0].street == "七星岗街道"


def test_a_shapefile_that_names_the_wrong_encoding_is_read_all_the_same(tmp_path):
    path = awkward.write_cells(tmp_path / "grid.shp", awkward.TOUCHING, encoding="GBK")
    path.with_suffix(".cpg").write_text("UTF-8")

    assert read_grid(path, datum="wgs84")[0].street == "七星岗街道"


@pytest.mark.parametrize(
    "ids", [[500103001001001, 500103001001002], [500103001001001.0, 500103001001002.0], [f" {ONE} ", TWO]]
)
def test_ids_may_be_numbers_and_padded(tmp_path, ids):
    path = awkward.write(tmp_path / "grid.gpkg", SQUARES, id=ids)

    assert [cell.id for cell in read_grid(path, datum="wgs84")] == [ONE, TWO]


def test_fields_may_be_chinese_and_the_id_any_field(tmp_path):
    path = awkward.write(
        tmp_path / "grid.gpkg", SQUARES, BGCODE=[ONE, TWO], 街道=["甲", "乙"], 社区=["丙", None], NAME=["一", "二"]
    )

    first, second = read_grid(path, datum="wgs84", id_field="BGCODE")

    assert (first.id, first.street, first.community, first.name) == (ONE, "甲", "丙", "一")
    assert (second.street, second.community) == ("乙", "")


def test_people_are_roles_and_names_or_any_text(tmp_path):
    path = awkward.write(
        tmp_path / "grid.gpkg", SQUARES, id=[ONE, TWO], people=['{"环卫": "甲", "执法": "乙"}', "丙"]
    )

    first, second = read_grid(path, datum="wgs84")

    assert first.people == (("环卫", "甲"), ("执法", "乙"))
    assert second.people == (("", "丙"),)


def test_holes_and_parts_are_kept_and_heights_dropped(tmp_path):
    high = shapely.force_3d(awkward.WITH_HOLE.polygon, z=250.0)
    path = awkward.write(tmp_path / "grid.gpkg", [high, awkward.TWO_PARTS.polygon], id=[ONE, TWO])

    with_hole, two_parts = read_grid(path, datum="wgs84")

    assert not with_hole.polygon.has_z
    assert with_hole.polygon.equals(awkward.WITH_HOLE.polygon)
    assert two_parts.polygon.equals(awkward.TWO_PARTS.polygon)


def test_faulty_rings_and_doubled_ids_are_read_for_the_check_to_judge(tmp_path):
    path = awkward.write(tmp_path / "grid.gpkg", [awkward.BOWTIE.polygon, SQUARES[1]], id=[ONE, ONE])

    assert [cell.id for cell in read_grid(path, datum="wgs84")] == [ONE, ONE]


def test_one_layer_of_several_is_named_as_in_qgis(tmp_path):
    path = awkward.write(tmp_path / "grid.gpkg", SQUARES, layer="cells", id=[ONE, TWO])
    awkward.write(path, [awkward.square(0, 0, 2, 1)], layer="streets", append=True, id=["x"])

    assert [cell.id for cell in read_grid(f"{path}|layername=cells", datum="wgs84")] == [ONE, TWO]
    assert sentence(path) == (f"{path}: holds 2 layers (cells, streets); say which, such as {path}|layername=cells")
    assert sentence(f"{path}|layername=cels").startswith(f"{path}: cannot be read as a vector file")


def test_a_missing_file(tmp_path):
    path = tmp_path / "grid.geojson"

    assert sentence(path) == f"{path}: there is no such file; correct grid.file"


@pytest.mark.parametrize(
    ("name", "text"), [("grid.txt", "hello"), ("grid.geojson", '{"type": "FeatureCollec'), ("grid.shp", "")]
)
def test_not_a_vector_file(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)

    told = sentence(path)

    assert told.startswith(f"{path}: cannot be read as a vector file (")
    assert told.endswith("a grid is a GeoJSON, GeoPackage or Shapefile")
    assert "\n" not in told


def test_a_table_without_shapes(tmp_path):
    path = tmp_path / "grid.csv"
    path.write_text("id,street\n1,甲\n", encoding="utf-8")

    assert sentence(path) == f"{path}: holds no shapes; a grid is a GeoJSON, GeoPackage or Shapefile of polygons"


def test_another_vector_format(tmp_path):
    path = tmp_path / "grid.kml"
    path.write_text(
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>cells</name><Placemark><Point>'
        "<coordinates>106.5,29.5</coordinates></Point></Placemark></Folder></Document></kml>"
    )

    assert "a grid is a GeoJSON, GeoPackage or Shapefile" in sentence(path)


def test_no_id_field_names_the_nearest(tmp_path):
    path = awkward.write(tmp_path / "grid.gpkg", SQUARES, cell_id=[ONE, TWO], street=["甲", "乙"])

    assert sentence(path, id_field="cellid") == (
        f"{path}: has no field 'cellid' for grid.id_field; did you mean 'cell_id'?"
    )
    assert sentence(path, id_field="网格") == (
        f"{path}: has no field '网格' for grid.id_field; its fields are cell_id, street"
    )


def test_a_cell_without_an_id(tmp_path):
    path = awkward.write(tmp_path / "grid.gpkg", SQUARES, id=[ONE, None])

    assert sentence(path) == f"{path}: row 2 has no id; every cell needs one"


def test_a_cell_that_is_a_line(tmp_path):
    path = awkward.write(
        tmp_path / "grid.gpkg", [SQUARES[0], LineString([awkward.at(0, 0), awkward.at(1, 1)])], id=[ONE, TWO]
    )

    assert sentence(path) == f"{path}: cell {TWO} is a LineString; a cell is a Polygon or MultiPolygon"


def test_a_file_of_points(tmp_path):
    path = awkward.write(tmp_path / "grid.geojson", [Point(awkward.at(0, 0))], id=[ONE])

    assert sentence(path) == f"{path}: cell {ONE} is a Point; a cell is a Polygon or MultiPolygon"


def test_a_cell_without_a_shape(tmp_path):
    path = awkward.write(tmp_path / "grid.gpkg", [SQUARES[0], None], id=[ONE, TWO])

    assert sentence(path) == f"{path}: cell {TWO} has no shape; draw it or remove the row"


def test_a_file_without_cells(tmp_path):
    path = tmp_path / "grid.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": []}))

    assert "holds no" in sentence(path)


ZONE = "3-degree Gauss-Kruger CM"


@pytest.mark.parametrize(("crs", "datum", "name"), [
    ("EPSG:4545", "wgs84", f"CGCS2000 / {ZONE} 108E (epsg:4545)"),
    ("EPSG:4545", "gcj02", f"CGCS2000 / {ZONE} 108E (epsg:4545)"),
    ("EPSG:4546", "epsg:4545", f"CGCS2000 / {ZONE} 111E (epsg:4546)"),
    ("EPSG:2436", "epsg:4548", f"Beijing 1954 / {ZONE} 117E (epsg:2436)"),
    ("EPSG:4326", "epsg:4545", "degrees (WGS 84 (epsg:4326))"),
    ("EPSG:4214", "wgs84", "Beijing 1954 (epsg:4214)"),
])  # fmt: skip
def test_a_coordinate_system_in_the_file_that_contradicts_the_stated_one(tmp_path, crs, datum, name):
    path = awkward.write(tmp_path / "grid.gpkg", SQUARES, crs=crs, id=[ONE, TWO])

    assert sentence(path, datum=datum) == (
        f"{path}: the file says its coordinates are {name}, but grid.datum says {datum}; "
        "correct grid.datum or convert the file"
    )


def test_a_shapefile_says_its_projection_by_another_name_and_agrees(tmp_path):
    """ESRI's names and the numbered zones' names differ; what they do is the same."""
    path = awkward.write(tmp_path / "grid.shp", in_datum(SQUARES, "epsg:4545"), crs="EPSG:4545", id=[ONE, TWO])
    esri = path.with_suffix(".prj").read_text()
    path.with_suffix(".prj").write_text(esri.replace("CGCS2000_3_Degree_GK_CM_108E", "local survey"))

    assert len(read_grid(path, datum="epsg:4545")) == 2


def test_metres_where_degrees_are_stated(tmp_path):
    path = awkward.write(tmp_path / "grid.shp", in_datum(SQUARES, "epsg:4545"), crs=None, id=[ONE, TWO])

    told = sentence(path)

    assert told.startswith(f"{path}: lat 326")
    assert told.endswith("state epsg:NNNN for metres; is wgs84 the file's datum?")


def test_text_in_no_known_encoding(tmp_path):
    path = awkward.write_cells(tmp_path / "grid.shp", awkward.TOUCHING, encoding="UTF-8")
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace("七".encode(), b"\xff\xff\xff"))

    assert sentence(path) == f"{path}: its text is neither UTF-8 nor GBK; save it as UTF-8"


def test_a_field_that_cuts_a_character_in_half_loses_only_that(tmp_path):
    path = awkward.write_cells(tmp_path / "grid.shp", awkward.TOUCHING, encoding="GBK")
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace("街道".encode("gbk"), "街".encode("gbk") + b"\xb5 "))

    assert read_grid(path, datum="wgs84")[0].street == "七星岗街"


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
def test_chinese_field_names_of_a_shapefile_are_read(tmp_path, encoding):
    path = awkward.write(tmp_path / "grid.shp", SQUARES, encoding=encoding, 网格=[ONE, TWO], 街道=["甲", "乙"])
    path.with_suffix(".cpg").unlink()

    assert [cell.street for cell in read_grid(path, datum="wgs84", id_field="网格")] == ["甲", "乙"]
