"""Bringing home what people labelled: a new dataset of their labels and the pictures they are about."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any

from api.dataset.exchange import FORMS, picture_size
from api.dataset.tree import Entry, new_folder, put_data_yaml, put_labels, put_picture
from configs.mistakes import Mistake, nearest
from detector.labels.bundle import Bundle
from detector.labels.picture import LabelledPicture, LabelsError, LabelSet
from detector.labels.provenance import read_provenance
from detector.labels.split import Piece, split_pieces

_SOURCE = "labelled"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Imported:
    """What came back.

    Parameters
    ----------
    pictures, boxes
        How many went in.
    missing
        Pictures with labels that are nowhere.
    skipped
        Sentences on what was left out on purpose.
    """

    out: Path
    pictures: int
    boxes: int
    missing: tuple[str, ...]
    skipped: tuple[str, ...]


def import_labels(  # noqa: PLR0913 - each is something only the caller can know
    form: str,
    path: Path,
    into: Path,
    *,
    classes: tuple[str, ...],
    labelled: Sequence[str] | None = None,
    pictures: Path | None = None,
    val_share: float = 0.2,
    seed: int = 1,
) -> Imported:
    """Make a dataset of what people labelled.

    People were asked for some classes: for those, what has no box is absent; for all others the dataset says nothing
    (``unlabelled`` in its ``data.yaml``).

    Parameters
    ----------
    path
        The zip, folder or file that the tool gave out.
    into
        The new dataset.
    classes
        All classes of the dataset, in order. Others in the labels are mistakes.
    labelled
        What people were asked for; None takes the list that the labels carry.
    pictures
        A folder with the pictures, where the bundle has none: such as what ``suggest`` wrote. Its provenance is kept.
    val_share, seed
        How to split, by feed as far as the provenance knows it, unless the labels are split already.

    Raises
    ------
    detector.labels.picture.LabelsError
        With every mistake in the labels.
    OutputRefused
        When ``into`` is there already or cannot be written.
    """
    with ExitStack() as stack:
        bundle = stack.enter_context(Bundle(path))
        labels = FORMS[form].read(bundle)
        asked = tuple(labelled) if labelled is not None else labels.classes
        _refuse_unknown(path, [*labels.classes, *asked], classes)
        beside = stack.enter_context(Bundle(pictures)) if pictures else bundle
        unlabelled = [name for name in classes if name not in asked]
        with new_folder(into) as folder:
            entries, missing = _entries(folder, labels, (bundle, beside), _rows(path, pictures), unlabelled)
            put_labels(folder, entries, classes, val=_val(labels, entries, val_share, seed))
            put_data_yaml(folder, classes, {f"{_SOURCE}_": {"unlabelled": unlabelled}})
    boxes = sum(len(one.boxes) for one in entries)
    return Imported(into, len(entries), boxes, tuple(missing), labels.skipped)


def _refuse_unknown(path: Path, named: Sequence[str], classes: tuple[str, ...]) -> None:
    mistakes = []
    for name in dict.fromkeys(named):
        if name not in classes:
            like = nearest(name, classes)
            right = f"did you mean {like!r}?" if like else f"known are {', '.join(classes)}; --classes names others"
            mistakes.append(Mistake(path, None, "", f"no class is called {name!r}", right))
    if mistakes:
        raise LabelsError(*mistakes)


def _rows(path: Path, pictures: Path | None) -> dict[str, dict[str, Any]]:
    folders = [folder for folder in (path, pictures) if folder and folder.is_dir()]
    return {name: row for folder in folders for name, row in read_provenance(folder).items()}


def _entries(
    folder: Path,
    labels: LabelSet,
    bundles: tuple[Bundle, Bundle],
    rows: Mapping[str, Mapping[str, Any]],
    unlabelled: list[str],
) -> tuple[list[Entry], list[str]]:
    places = [(bundle, bundle.pictures()) for bundle in dict.fromkeys(bundles)]
    _refuse_twice(bundles[0].path, labels)
    entries: list[Entry] = []
    missing: list[str] = []
    taken: set[str] = set()
    for one in labels.pictures:
        content = _content(one.name, places)
        if content is None:
            missing.append(one.name)
            continue
        entry = _entry(one, _free_name(one.name, taken), content, rows.get(one.name, {}), unlabelled)
        put_picture(folder, entry.name, content)
        entries.append(entry)
    if not entries:
        wrong = "none of its pictures is there"
        raise LabelsError(Mistake(bundles[0].path, None, "", wrong, "name their folder with --pictures"))
    return entries, missing


def _content(name: str, places: Sequence[tuple[Bundle, Mapping[str, str]]]) -> bytes | None:
    for bundle, pictures in places:
        if name not in pictures:
            continue
        content = bundle.bytes(pictures[name])
        if picture_size(content) is None:
            raise LabelsError(bundle.spot(pictures[name]).mistake("is no picture", "replace or remove it"))
        return content
    return None


def _refuse_twice(path: Path, labels: LabelSet) -> None:
    times = Counter(one.name for one in labels.pictures)
    mistakes = [
        Mistake(path, None, "", f"the picture {name} is labelled {number} times", "leave the right labels only")
        for name, number in times.items()
        if number > 1
    ]
    if mistakes:
        raise LabelsError(*mistakes)


def _free_name(name: str, taken: set[str]) -> str:
    """Return the name of a picture in the dataset and take it: two pictures of one stem would share a file of labels.

    >>> taken = set()
    >>> [_free_name(name, taken) for name in ("a_b.jpg", "a-b.png", "a-b-2.jpg")]
    ['labelled_a-b.jpg', 'labelled_a-b-2.png', 'labelled_a-b-2-2.jpg']
    """
    plain = PurePosixPath(name.removeprefix(f"{_SOURCE}_").replace("_", "-"))
    stems = (f"{plain.stem}-{number}" if number > 1 else plain.stem for number in count(1))
    stem = next(stem for stem in stems if stem.lower() not in taken)
    taken.add(stem.lower())  # some file systems know no capitals
    return f"{_SOURCE}_{stem}{plain.suffix}"


def _entry(one: LabelledPicture, name: str, content: bytes, row: Mapping[str, Any], unlabelled: list[str]) -> Entry:
    kept = {key: row[key] for key in ("feed", "captured_at", "model_id", "incidents") if key in row}
    told = {
        "from": "labelled",
        **kept,
        "sha256": hashlib.sha256(content).hexdigest(),
        "unlabelled": unlabelled,
    }
    return Entry(name, one.name, one.boxes, told)


def _val(labels: LabelSet, entries: Sequence[Entry], share: float, seed: int) -> frozenset[str]:
    if any(one.split == "val" for one in labels.pictures):
        return frozenset(one.name for one in labels.pictures if one.split == "val")
    pieces = (_piece(entry) for entry in entries)
    return split_pieces(pieces, share=share, seed=seed).val


def _piece(entry: Entry) -> Piece:
    at = datetime.fromisoformat(entry.row["captured_at"]) if "captured_at" in entry.row else _EPOCH
    # Where no feed is known each picture stands alone: the best that can be done, and no proof of anything.
    feed = str(entry.row.get("feed") or PurePosixPath(entry.name).stem)
    return Piece(entry.piece, frozenset({feed}), at, at)
