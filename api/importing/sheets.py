"""Rows out of CSV and XLSX files, as they come out of offices: GBK or UTF-8, title lines above the header."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from api.importing.candidate import ImportRefused

Row = tuple[str, list[object]]
"""What people call the row, such as ``row 12``, counted as a spreadsheet does; and its cells."""

CSV, XLSX = {".csv", ".tsv"}, {".xlsx", ".xlsm"}
_SEPARATORS = ",;\t，"
_LONGEST_CELL = 1_000_000


def rows_of(file: Path, *, sheet: str | None) -> list[Row]:
    """Return all rows of a table file that have something in them.

    Parameters
    ----------
    file
        ``.csv``, ``.tsv``, ``.xlsx`` or ``.xlsm``.
    sheet
        The sheet's name; the first with something in it when None.

    Raises
    ------
    ImportRefused
        It cannot be read, or holds nothing.
    """
    rows = list(_sheet_rows(file, sheet) if file.suffix.lower() in XLSX else _csv_rows(file))
    if not rows:
        raise ImportRefused(f"{file}: there is nothing in it")
    return rows


def _csv_rows(file: Path) -> Iterator[Row]:
    text = _text(file)
    head = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=head.count)
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=False)
    try:
        line = 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield f"row {line}", list(cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise ImportRefused(f"{file}: line {reader.line_num} cannot be read as CSV ({error}); mend it") from error


def _text(file: Path) -> str:
    data = _bytes(file)
    encodings = ("utf-16",) if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ImportRefused(f"{file}: its text is neither UTF-8 nor GBK; save it as CSV UTF-8")


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ImportRefused(f"{file}: cannot be read: {error.strerror}; mend the path or its permissions") from error


def _sheet_rows(file: Path, name: str | None) -> Iterator[Row]:
    data = _bytes(file)
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise ImportRefused(f"{file}: is no XLSX workbook; open it and save it as .xlsx or CSV") from error
    if name is not None and name not in book.sheetnames:
        raise ImportRefused(f"{file}: has no sheet {name!r}; its sheets are {', '.join(book.sheetnames)}")
    for title in [name] if name is not None else book.sheetnames:
        rows: list[Row] = [
            (f"row {number}", list(cells))
            for number, cells in enumerate(book[title].iter_rows(values_only=True), 1)
            if any(cell not in {None, ""} for cell in cells)
        ]
        if rows:
            yield from rows
            return
