"""A dataset while it is made: what is asked for, what it is made from, and what is in it so far."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from api.dataset.shots import LeftOut, Rules
from api.dataset.tree import Entry, file_name, put_picture
from api.evidence import EvidenceStore
from api.store.port import CaseStore
from detector.detection import overlap
from detector.labels.picture import LabelBox
from detector.labels.similarity import NEAR_BITS, difference_hash, distance
from detector.labels.split import Piece, Split

_SAME_VIEW = 0.8

OnStep = Callable[[str, int, int | None], None]
"""Told what is being done, how much of it is done, and of how much if that is known."""


@dataclass(frozen=True, slots=True)
class Material:
    """Where everything is.

    Parameters
    ----------
    store, evidence
        Verdicts, and the pictures they are about.
    log, kept
        The patrol's folders of raw detections and of kept pictures.
    rules
        What holds for all pictures.
    """

    store: CaseStore
    evidence: EvidenceStore
    log: Path
    kept: Path
    rules: Rules


@dataclass(frozen=True, slots=True)
class Wish:
    """Which pictures, and how many.

    Parameters
    ----------
    since, until
        Captured in ``[since, until)``, aware UTC.
    per_incident
        Most pictures of one incident.
    clean_per_feed
        Most clean pictures of one feed.
    val_share
        0..1, of the feeds (or of the incidents and clean pictures, where time splits).
    seed
        Chooses the feeds that validate.
    synthetic
        Take drawn scenes too.
    """

    since: datetime
    until: datetime
    per_incident: int = 5
    clean_per_feed: int = 10
    val_share: float = 0.2
    seed: int = 1
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class Built:
    """What was built.

    Parameters
    ----------
    pictures, boxes
        By split: pictures by source, boxes by class.
    left_out
        Why, and how many pictures (or incidents, as the sentence says).
    """

    out: Path
    wish: Wish
    classes: tuple[str, ...]
    split: Split
    pictures: Mapping[str, Counter[str]]
    boxes: Mapping[str, Counter[str]]
    left_out: Counter[str]
    sources: Mapping[str, Mapping[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Taken:
    """One picture that is to go in.

    Parameters
    ----------
    source
        What it is known for, as the start of its file name.
    piece
        What it shares its side of the split with.
    boxes, known
        Its labels; the classes that are absent wherever there is none.
    row
        What else its provenance tells.
    """

    source: str
    piece: str
    feed_id: str
    at: datetime
    jpeg: bytes
    boxes: tuple[LabelBox, ...]
    known: frozenset[str]
    row: Mapping[str, Any]


@dataclass(slots=True)
class Draft:
    """The dataset while it is made."""

    folder: Path
    wish: Wish
    rules: Rules
    entries: list[Entry] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    sources: dict[str, Mapping[str, list[str]]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    _looks: dict[str, list[tuple[int, tuple[LabelBox, ...]]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, taken: Taken) -> None:
        """Put a picture in.

        Raises
        ------
        LeftOut
            When it is no picture, or looks like one of its feed that is in already and has the same boxes.
        """
        self._refuse_twin(taken)
        digest = hashlib.sha256(taken.jpeg).hexdigest()
        unlabelled = [name for name in self.rules.classes if name not in taken.known]
        name = file_name(taken.source, taken.feed_id, taken.at, digest)
        row = {
            "feed": taken.feed_id,
            "captured_at": taken.at.isoformat(),
            "sha256": digest,
            "unlabelled": unlabelled,
            **taken.row,
        }
        self.entries.append(Entry(name, taken.piece, taken.boxes, row))
        self.sources[f"{taken.source}_"] = {"unlabelled": unlabelled}
        put_picture(self.folder, name, taken.jpeg)

    def _refuse_twin(self, taken: Taken) -> None:
        looks = looks_of(taken.jpeg)
        if looks is None:
            raise LeftOut("the file is no picture")
        for other, boxes in self._looks[taken.feed_id]:
            if distance(looks, other) <= NEAR_BITS and _same_boxes(taken.boxes, boxes):
                raise LeftOut("it looks like one that is in already")
        self._looks[taken.feed_id].append((looks, taken.boxes))


def looks_of(jpeg: bytes) -> int | None:
    """Return a JPEG's difference hash, or None when it cannot be decoded."""
    try:
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_REDUCED_COLOR_4)
    except cv2.error:
        return None
    return None if image is None else difference_hash(np.asarray(image, np.uint8))


def _same_boxes(ones: tuple[LabelBox, ...], others: tuple[LabelBox, ...]) -> bool:
    return len(ones) == len(others) and all(
        any(one.label == other.label and overlap(one.box, other.box) >= _SAME_VIEW for other in others)
        for one in ones
    )
