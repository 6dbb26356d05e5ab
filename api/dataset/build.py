"""Building a dataset: verdicts and kept pictures in, a folder to train on out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from api.dataset.card import card_text
from api.dataset.clean import add_clean
from api.dataset.draft import Built, Draft, Material, OnStep, Wish
from api.dataset.findings import Finding, Said, read_findings
from api.dataset.judged import add_judged
from api.dataset.tree import new_folder, put_data_yaml, put_labels
from detector.labels.split import Split, split_pieces

_CANDIDATES = 3
"""For each picture wanted of an incident so many are looked at, as some are left out."""


def build_dataset(
    material: Material, wish: Wish, out: Path, *, on_step: OnStep = lambda _name, _done, _of: None
) -> Built:
    """Write a dataset in YOLO form with data card and provenance; ``out`` appears whole or not at all.

    Reads alone: neither the store nor the pictures change, and the server may be running.

    Raises
    ------
    OutputRefused
        When ``out`` is there already or cannot be written.
    api.errors.StoreError, detector.errors.ModelError
        When the database or the log cannot be read.
    """
    with new_folder(out) as folder:
        draft = Draft(folder, wish, material.rules)
        findings = list(_findings(material, draft, on_step))
        add_judged(material, draft, findings, on_step)
        add_clean(material, draft, findings, on_step)
        split = split_pieces(draft.pieces, share=wish.val_share, seed=wish.seed)
        put_labels(folder, draft.entries, material.rules.classes, val=split.val)
        put_data_yaml(folder, material.rules.classes, draft.sources)
        built = _built(out, draft, split)
        (folder / "README.md").write_text(card_text(built), encoding="utf-8")
    return built


def _findings(material: Material, draft: Draft, on_step: OnStep) -> Iterator[Finding]:
    wish = draft.wish
    reading = read_findings(
        material.store,
        material.rules.catalogue,
        since=wish.since,
        until=wish.until,
        most=wish.per_incident * _CANDIDATES,
        on_incident=lambda count: on_step("incidents", count, None),
    )
    for finding in reading:
        if finding.synthetic and not wish.synthetic:
            draft.left_out["incidents of drawn scenes (--synthetic takes them)"] += 1
            continue
        if why := _nothing_from(finding):
            draft.left_out[why] += 1
        yield finding


def _nothing_from(finding: Finding) -> str | None:
    if finding.why == "pending":
        return "incidents that nobody has reviewed"
    if finding.said is Said.OPEN:
        return f"incidents whose verdict ({finding.why}) does not say what is in the picture"
    if finding.gone:
        return "judged incidents whose pictures retention took (see evidence.keep_rejected_days, keep_confirmed_days)"
    return None


def _built(out: Path, draft: Draft, split: Split) -> Built:
    pictures: dict[str, Counter[str]] = {"train": Counter(), "val": Counter()}
    boxes: dict[str, Counter[str]] = {"train": Counter(), "val": Counter()}
    for entry in draft.entries:
        side = "val" if entry.piece in split.val else "train"
        pictures[side][entry.source] += 1
        boxes[side].update(box.label for box in entry.boxes)
    return Built(
        out,
        draft.wish,
        draft.rules.classes,
        split,
        pictures,
        boxes,
        draft.left_out,
        dict(sorted(draft.sources.items())),
    )
