"""The dataset's folder: pictures, labels and where each came from, made whole or not at all.

::

    data.yaml   README.md   provenance.jsonl   images/train/…jpg   labels/train/…txt   images/val/…   labels/val/…
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from detector.labels.picture import SPLITS, LabelBox
from detector.labels.provenance import PROVENANCE
from detector.labels.yolo import box_lines, data_yaml

_WAITING = "waiting"


class OutputRefused(Exception):
    """The folder to write to cannot be used. ``str(error)`` is one sentence with the way out."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture of the dataset.

    Parameters
    ----------
    name
        File name; its part up to the underscore is the source.
    piece
        What it shares its side of the split with.
    boxes
        Labels.
    row
        Its provenance.
    """

    name: str
    piece: str
    boxes: tuple[LabelBox, ...]
    row: Mapping[str, Any]

    @property
    def source(self) -> str:
        """The prefix that says what the picture is known for."""
        return self.name.partition("_")[0] + "_"


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Give a folder to fill, which becomes ``out`` when the block ends well and is removed when it does not.

    Raises
    ------
    OutputRefused
        When there is something at ``out``, or it cannot be made.
    """
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise OutputRefused(f"{out} is there already; name a new folder, so that no dataset changes unseen")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    except OSError as error:
        raise OutputRefused(f"{out} cannot be made ({error.strerror}); name a folder that you may write") from error
    try:
        yield part
        part.chmod(0o777 & ~_umask())
        with suppress(FileNotFoundError):
            out.rmdir()
        part.replace(out)
    except OSError as error:
        raise OutputRefused(f"{out} cannot be written ({error.strerror}); make room, then try again") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def put_picture(folder: Path, name: str, jpeg: bytes) -> None:
    """Write a picture; which split it belongs to is said at the end."""
    (folder / _WAITING).mkdir(exist_ok=True)
    (folder / _WAITING / name).write_bytes(jpeg)


def put_labels(folder: Path, entries: Sequence[Entry], classes: tuple[str, ...], *, val: frozenset[str]) -> None:
    """Sort the pictures into their splits and write labels and provenance."""
    for kind in ("images", "labels"):
        for split in SPLITS:
            (folder / kind / split).mkdir(parents=True, exist_ok=True)
    with (folder / PROVENANCE).open("w", encoding="utf-8") as file:
        for entry in entries:
            split = "val" if entry.piece in val else "train"
            (folder / _WAITING / entry.name).replace(folder / "images" / split / entry.name)
            text = folder / "labels" / split / f"{Path(entry.name).stem}.txt"
            text.write_text(box_lines(entry.boxes, classes), encoding="utf-8")
            file.write(json.dumps({"file": entry.name, "split": split, **entry.row}, ensure_ascii=False) + "\n")
    with suppress(FileNotFoundError):
        (folder / _WAITING).rmdir()


def put_data_yaml(folder: Path, classes: tuple[str, ...], sources: Mapping[str, Mapping[str, list[str]]]) -> None:
    """Write ``data.yaml``; see ``detector.labels.yolo.data_yaml``."""
    places = {split: f"images/{split}" for split in SPLITS}
    (folder / "data.yaml").write_text(data_yaml(classes, places=places, sources=sources), encoding="utf-8")


def file_name(source: str, feed_id: str, at: datetime, sha256: str) -> str:
    """Return a picture's file name; the underscore after the source is its only one.

    >>> file_name("clean", "cam_1", datetime(2026, 1, 31, 8, tzinfo=UTC), "ab" * 32)
    'clean_cam-1-20260131T080000-abababab.jpg'
    """
    feed = re.sub(r"[^A-Za-z0-9.-]", "-", feed_id)
    return f"{source}_{feed}-{at.astimezone(UTC):%Y%m%dT%H%M%S}-{sha256[:8]}.jpg"


def slug(label: str, number: int) -> str:
    """Return a class's name as it may stand in a file name; its number where no letter is left.

    >>> slug("pasted ad", 4), slug("小广告", 5)
    ('pastedad', 'c5')
    """
    return re.sub(r"[^a-z0-9]", "", label.lower()) or f"c{number}"
