"""Suggesting what is worth labelling: the candidates worth most, few of each feed, no two alike, ready for people."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np

from api.dataset.candidates import SHOWN_FROM, Candidate, candidates
from api.dataset.draft import Material, OnStep, looks_of
from api.dataset.findings import read_findings
from api.dataset.shots import Rules
from api.dataset.tree import file_name, new_folder
from detector.labels.coco import coco_text
from detector.labels.cvat import cvat_text
from detector.labels.labelstudio import interface_text, tasks_text
from detector.labels.picture import LabelledPicture, LabelSet
from detector.labels.provenance import PROVENANCE
from detector.labels.similarity import distance

_ALIKE_BITS = 10


@dataclass(frozen=True, slots=True)
class Suggested:
    """What was suggested: how many pictures of how many candidates, and how often for which reason."""

    out: Path
    pictures: int
    candidates: int
    feeds: int


def suggest(  # noqa: PLR0913 - how much, of when, and of what kind
    material: Material,
    out: Path,
    *,
    since: datetime,
    until: datetime,
    most: int = 200,
    per_feed: int = 5,
    synthetic: bool = False,
    on_step: OnStep = lambda _name, _done, _of: None,
) -> Suggested:
    """Write pictures worth labelling, with what the model saw as a start, ready for CVAT and Label Studio.

    Parameters
    ----------
    since, until
        Captured in ``[since, until)``.
    most, per_feed
        Pictures in all, and of one feed.

    Raises
    ------
    OutputRefused
        When ``out`` is there already or cannot be written.
    api.errors.StoreError, OSError
        When the database or the shadow's log cannot be read.
    """
    reading = read_findings(
        material.store,
        material.rules.catalogue,
        since=since,
        until=until,
        most=per_feed,
        on_incident=lambda count: on_step("incidents", count, None),
    )
    findings = [finding for finding in reading if synthetic or not finding.synthetic]
    found = candidates(material, findings, (since, until), synthetic=synthetic)
    with new_folder(out) as folder:
        chosen = list(_chosen(found, folder, most=most, per_feed=per_feed, on_step=on_step))
        _write(folder, chosen, material.rules, called=out.name)
    return Suggested(out, len(chosen), len(found), len({one.feed_id for one, _ in chosen}))


def _chosen(
    found: list[Candidate], folder: Path, *, most: int, per_feed: int, on_step: OnStep
) -> Iterator[tuple[Candidate, LabelledPicture]]:
    """Yield the best candidates, few of a feed and none that looks like a better one, their pictures written."""
    (folder / "images").mkdir()
    looks: dict[str, list[int]] = defaultdict(list)
    done = 0
    for one in sorted(found, key=lambda each: (-each.worth, each.feed_id, each.at)):
        if done >= most:
            return
        if len(looks[one.feed_id]) >= per_feed:
            continue
        jpeg = one.load()
        look = looks_of(jpeg) if jpeg else None
        if jpeg is None or look is None or any(distance(look, other) <= _ALIKE_BITS for other in looks[one.feed_id]):
            continue
        looks[one.feed_id].append(look)
        done += 1
        on_step("pictures", done, most)
        yield one, _put(folder, one, jpeg)


def _put(folder: Path, one: Candidate, jpeg: bytes) -> LabelledPicture:
    digest = hashlib.sha256(jpeg).hexdigest()
    name = file_name(one.source, one.feed_id, one.at, digest)
    (folder / "images" / name).write_bytes(jpeg)
    height, width = np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)).shape
    with (folder / PROVENANCE).open("a", encoding="utf-8") as file:
        row = {"file": name, "feed": one.feed_id, "captured_at": one.at.isoformat(), "model_id": one.model_id}
        file.write(json.dumps({**row, "sha256": digest, "worth": round(one.worth, 3), "why": one.why}) + "\n")
    return LabelledPicture(name, int(width), int(height), one.seen)


def _write(folder: Path, chosen: Sequence[tuple[Candidate, LabelledPicture]], rules: Rules, *, called: str) -> None:
    """Write the list, and the pre-annotations in the forms of both tools."""
    shown = tuple(_shown(picture, rules) for _, picture in chosen)
    wanted = tuple(name for name in rules.classes if name in rules.wanted)
    labels = LabelSet(wanted, shown)
    texts = {
        "coco.json": coco_text(labels),
        "annotations.xml": cvat_text(labels),
        "label-studio.json": tasks_text(labels, folder=f"{called}/images/"),
        "interface.xml": interface_text(wanted),
        "README.md": _GUIDE,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    with (folder / "suggestions.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["rank", "file", "feed", "captured_at", "worth", "why"])
        for rank, (one, picture) in enumerate(chosen, 1):
            rows.writerow(
                [rank, picture.name, one.feed_id, one.at.isoformat(), f"{one.worth:.3f}", "; ".join(one.why)]
            )


def _shown(picture: LabelledPicture, rules: Rules) -> LabelledPicture:
    boxes = (box for box in picture.boxes if box.label in rules.wanted and (box.score or 0) >= SHOWN_FROM)
    return replace(picture, boxes=tuple(boxes))


_GUIDE = """# Pictures worth labelling

`suggestions.csv` says why each was picked, the best first. The boxes are what the model saw: mend, remove and add,
and box *every* thing of the listed classes, because what has no box will teach that nothing is there.

- CVAT: make a task with the labels of `annotations.xml` and the pictures in `images/`, then upload `annotations.xml`
  as "CVAT for images 1.1" (or `coco.json` as "COCO 1.0").
- Label Studio: paste `interface.xml` into the labelling interface, let it serve the folder above this one (local
  files serving), import `label-studio.json`.

When done, export and bring it home:
`gridpatrol models dataset import --format cvat FILE.zip --pictures THIS_FOLDER --into DATASET`.

The pictures show public places of this city: they may leave only to where its evidence may.
"""
