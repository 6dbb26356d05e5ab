"""Grid files (GeoJSON, GeoPackage, Shapefile) to cells, through pyogrio; nothing else imports it.

Besides the id, a cell takes its street, community, name and people from fields of these names, in any case or in
Chinese. ``people`` is a JSON object of roles and names; any other text is kept as it is.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError
from shapely.geometry import MultiPolygon, Polygon

from configs.mistakes import nearest
from gridmap import projected
from gridmap.cell import Cell
from gridmap.coordinates import to_wgs84
from gridmap.errors import DatumError, GridError

_DRIVERS = ("GeoJSON", "GeoJSONSeq", "GPKG", "ESRI Shapefile")
_LAYER = "|layername="
_FIELDS = {
    "street": ("street", "街道", "街道名称"),
    "community": ("community", "社区", "社区名称"),
    "name": ("name", "名称", "网格名称"),
    "people": ("people", "人员"),
}
_AREAS = ("Polygon", "MultiPolygon")
_BYTES = "ISO-8859-1"
"""In this encoding every byte is one character, so text can be taken through GDAL as it is."""

_Column = NDArray[Any]


@dataclass(frozen=True, slots=True)
class _Table:
    """What a layer holds: one shape and one value of every column for each row."""

    shapes: NDArray[Any]
    columns: dict[str, _Column]
    crs: str | None
    driver: str


def read_grid(path: Path | str, *, datum: str, id_field: str = "id") -> tuple[Cell, ...]:
    """Return a grid file's cells, in WGS-84, in the file's order. Rings and overlaps are for ``gridmap.gridcheck``.

    Parameters
    ----------
    path
        ``.geojson``, ``.gpkg`` or ``.shp`` (zipped or not). One layer of several is named as QGIS does:
        ``grid.gpkg|layername=cells``. Text of a Shapefile may be UTF-8 or GBK, whatever its ``.cpg`` says.
    datum
        Of the file's coordinates, see ``gridmap.coordinates``. A coordinate system written in the file must agree. A
        GeoJSON that names none, or WGS-84, is not heard: the format has no way to name another.
    id_field
        The field with the cell's id; whole numbers are taken as text.

    Raises
    ------
    GridError
        The file cannot be used; the text names the file, what is wrong and the way out.
    """
    file, layer = _split(str(path))
    if not Path(file).exists():
        raise GridError(f"{file}: there is no such file; correct grid.file")
    table = _read(file, layer or _only_layer(file))
    ids = _ids(file, table, id_field)
    _refuse_shapes(file, table, ids)
    _refuse_crs(file, table, datum)
    try:
        polygons = shapely.transform(table.shapes, lambda points: to_wgs84(points, datum))
    except DatumError as error:
        raise GridError(f"{file}: {error}; is {datum} the file's datum?") from error
    texts = {name: _texts(table, aliases) for name, aliases in _FIELDS.items()}
    return tuple(
        Cell(
            id=ids[row],
            polygon=_unwrapped(polygon),
            street=texts["street"][row],
            community=texts["community"][row],
            name=texts["name"][row],
            people=_people(texts["people"][row]),
        )
        for row, polygon in enumerate(polygons)
    )


def _split(path: str) -> tuple[str, str | None]:
    file, _, layer = path.partition(_LAYER)
    return file, layer or None


def _only_layer(file: str) -> str:
    """Return the one layer that can hold cells; QGIS keeps style tables without shapes beside it."""
    layers = [str(name) for name, kind in _asking(file, pyogrio.list_layers, file) if kind is not None]
    if not layers:
        raise GridError(f"{file}: holds no shapes; a grid is a GeoJSON, GeoPackage or Shapefile of polygons")
    if len(layers) > 1:
        raise GridError(
            f"{file}: holds {len(layers)} layers ({', '.join(layers)}); say which, such as {file}{_LAYER}{layers[0]}"
        )
    return layers[0]


def _read(file: str, layer: str) -> _Table:
    driver = str(_asking(file, pyogrio.read_info, file, layer=layer)["driver"])
    if driver not in _DRIVERS:
        raise GridError(f"{file}: is {driver}; a grid is a GeoJSON, GeoPackage or Shapefile")
    encoding = _BYTES if driver == "ESRI Shapefile" else None
    meta, _, shapes, columns = _asking(file, pyogrio.raw.read, file, layer=layer, encoding=encoding, force_2d=True)
    table = {str(name): values for name, values in zip(meta["fields"], columns, strict=True)}
    return _Table(
        shapes=np.asarray(shapely.from_wkb(shapes, on_invalid="ignore")),
        columns=_decoded(file, table) if encoding else table,
        crs=meta["crs"],
        driver=driver,
    )


def _decoded(file: str, table: dict[str, _Column]) -> dict[str, _Column]:
    """Decode a Shapefile's text, whose named encoding is often wrong or missing: UTF-8 if all of it is, else GBK."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return {_decode(name, encoding): _decode_column(values, encoding) for name, values in table.items()}
        except UnicodeDecodeError:
            continue
    raise GridError(f"{file}: its text is neither UTF-8 nor GBK; save it as UTF-8")


def _decode_column(values: _Column, encoding: str) -> _Column:
    if values.dtype != object:
        return values
    decoded = [_decode(value, encoding) if isinstance(value, str) else value for value in values]
    return np.array(decoded, dtype=object)


def _decode(text: str, encoding: str) -> str:
    """Decode bytes held as Latin-1; a last character that the field was too short for is left out."""
    return codecs.getincrementaldecoder(encoding)().decode(text.encode(_BYTES))


def _asking(file: str, ask: Any, *arguments: Any, **options: Any) -> Any:
    try:
        return ask(*arguments, **options)
    except (DataSourceError, DataLayerError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0].split(";")[0]
        raise GridError(
            f"{file}: cannot be read as a vector file ({reason}); a grid is a GeoJSON, GeoPackage or Shapefile"
        ) from error


def _ids(file: str, table: _Table, id_field: str) -> list[str]:
    if not len(table.shapes):
        raise GridError(f"{file}: holds no cells")
    if id_field not in table.columns:
        like = nearest(id_field, table.columns)
        known = f"did you mean {like!r}?" if like else f"its fields are {', '.join(table.columns) or 'none at all'}"
        raise GridError(f"{file}: has no field {id_field!r} for grid.id_field; {known}")
    ids = [_text(value) for value in table.columns[id_field]]
    if "" in ids:
        raise GridError(f"{file}: row {ids.index('') + 1} has no {id_field}; every cell needs one")
    return ids


def _refuse_shapes(file: str, table: _Table, ids: Sequence[str]) -> None:
    for shape, cell_id in zip(table.shapes, ids, strict=True):
        if shape is None or shape.is_empty:
            raise GridError(f"{file}: cell {cell_id} has no shape; draw it or remove the row")
        if shape.geom_type not in _AREAS:
            raise GridError(f"{file}: cell {cell_id} is a {shape.geom_type}; a cell is a Polygon or MultiPolygon")


def _refuse_crs(file: str, table: _Table, datum: str) -> None:
    unheard = table.driver.startswith("GeoJSON") and table.crs == "EPSG:4326"
    if table.crs is None or unheard:
        return
    x, y = shapely.get_coordinates(table.shapes[0])[0].tolist()
    clause = projected.contradiction(table.crs, datum, (x, y))
    if clause:
        raise GridError(f"{file}: {clause}, but grid.datum says {datum}; correct grid.datum or convert the file")


def _unwrapped(shape: Polygon | MultiPolygon) -> Polygon | MultiPolygon:
    """Return the polygon of a collection of one: formats differ in whether they collect."""
    parts = shapely.get_parts(shape)
    return cast("Polygon", parts[0]) if len(parts) == 1 else shape


def _texts(table: _Table, aliases: Sequence[str]) -> list[str]:
    column = next((values for name, values in table.columns.items() if name.lower() in aliases), None)
    return [_text(value) for value in column] if column is not None else [""] * len(table.shapes)


def _text(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN is how pyogrio tells a missing number
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _people(text: str) -> tuple[tuple[str, str], ...]:
    if not text:
        return ()
    try:
        people = json.loads(text)
    except ValueError:
        people = text
    return tuple((str(role), str(who)) for role, who in people.items()) if isinstance(people, dict) else (("", text),)
