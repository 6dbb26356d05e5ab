"""From a checkpoint to files that run, each listed with what it was measured to be worth."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from configs.context import CONTEXT
from detector.errors import ManifestError, ModelError
from detector.evaluation.dataset import DataSet, open_data
from detector.exporting.formats import (
    Format,
    Opened,
    open_checkpoint,
    written_fp16,
    written_onnx,
    written_openvino,
)
from detector.exporting.measuring import THREADS, Key, Split, Worth, worths
from detector.exporting.quantising import Floating, quantised, readable
from detector.manifest import NAME, Entry, Manifest, Measured
from detector.weights import sha256_of

MOST_LOST = 0.01
"""Weights in 8 bits that lose more mAP50 than this are not listed."""
CALIBRATION_PICTURES = 300
LARGEST_MB = 15.0


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks to be exported.

    Parameters
    ----------
    checkpoint
        An Ultralytics detection checkpoint (``.pt``).
    name
        In the manifest, of the first format; the others are called ``name-format``.
    out
        Folder of the manifest; the files go into a folder of the entry's name.
    formats
        At least one.
    data
        Dataset whose training pictures calibrate 8-bit numbers and whose validation pictures measure; None means that
        nothing is measured, which 8-bit numbers do not allow.
    input_px
        Long side of the input; None means as trained.
    origin, licence
        What the weights were trained from and on, and their terms.
    most_lost
        How much mAP50 8-bit numbers may lose.
    calibration_pictures
        So many training pictures at most.
    seed
        Chooses them.
    keep_checkpoint
        List the checkpoint too, so that training can go on from what serves.
    """

    checkpoint: Path
    name: str
    out: Path
    formats: tuple[Format, ...] = ("fp16", "int8", "onnx")
    data: Path | None = None
    input_px: int | None = None
    origin: str = "not stated"
    licence: str = "AGPL-3.0-only"
    most_lost: float = MOST_LOST
    calibration_pictures: int = CALIBRATION_PICTURES
    seed: int = 0
    keep_checkpoint: bool = True

    def entry_name(self, form: Format) -> str:
        """Return the name under which a format is listed."""
        return self.name if form == self.formats[0] else f"{self.name}-{form}"


@dataclass(frozen=True, slots=True)
class Exported:
    """One format.

    Parameters
    ----------
    form
        Which.
    name
        Its entry in the manifest; None when it was measured only, or refused.
    largest_mb
        Size of its largest file.
    measured
        One for each arithmetic; empty without data.
    refused
        Why it is not listed, one sentence.
    floating
        What 8-bit weights spare.
    """

    form: Format
    name: str | None
    largest_mb: float
    measured: tuple[Measured, ...] = ()
    refused: str | None = None
    floating: Floating | None = None


Tell = Callable[[str], None]
OnPicture = Callable[[int, int], None]


def export(order: Order, *, tell: Tell = lambda _: None, on_picture: OnPicture = lambda *_: None) -> list[Exported]:
    """Write the formats, measure them against 32-bit floats, and list those that are good enough.

    Parameters
    ----------
    order
        What to do.
    tell
        Takes one sentence for each step, and for each picture that is left out.
    on_picture
        Called as pictures are measured, with how many are done and of how many.

    Returns
    -------
    The 32-bit floats first, whether asked for or not, then the formats asked for.

    Raises
    ------
    ManifestError, BackendMissing, ModelError
        When checkpoint, manifest or a library cannot be used; nothing was listed then.
    detector.evaluation.errors.DataError
        When the dataset cannot be used.
    """
    if not re.fullmatch(NAME, order.name):
        raise ManifestError(
            f"{order.name!r} is no name for weights; use letters, digits, _ . and -, beginning with a letter or digit"
        )
    if not order.checkpoint.is_file():
        raise ManifestError(f"{order.checkpoint} is not there; name the checkpoint to export")
    if "int8" in order.formats and order.data is None:
        raise ModelError("8-bit numbers are calibrated and measured on pictures; name a dataset with --data")
    path = order.out / "manifest.yaml"
    manifest = Manifest.load(path) if path.exists() else Manifest(path, ())
    with tempfile.TemporaryDirectory() as folder:
        return _Export(order, Path(folder), tell, on_picture).run(manifest)


@dataclass(slots=True)
class _Export:
    """One export under way; everything is made in ``folder`` first."""

    order: Order
    folder: Path
    tell: Tell
    on_picture: OnPicture
    files: dict[str, tuple[Path, ...]] = field(default_factory=dict)

    def run(self, manifest: Manifest) -> list[Exported]:
        opened = self._opened()
        self.files["fp32"] = written_openvino(opened, self.folder / "fp32")
        for form in self.order.formats:
            self._make(form, opened)
        done = self._judged(opened)
        kept = self._checkpoint() if self.order.keep_checkpoint else []
        entries = [self._installed(each, opened, kept) for each in done if each.name]
        manifest.with_entries(*entries).write()
        return done

    def _opened(self) -> Opened:
        private = self.folder / "checkpoint"
        private.mkdir()
        return open_checkpoint(self.order.checkpoint, private, self.order.input_px)

    def _make(self, form: Format, opened: Opened) -> None:
        self.tell(f"writing {form}")
        if form == "fp16":
            self.files[form] = written_fp16(self.files["fp32"][0], self.folder / form)
        elif form == "onnx":
            self.files[form] = written_onnx(opened, self.folder / form)
        elif form == "int8":
            self.files[form] = self._quantised(opened, Floating.TAIL)

    def _quantised(self, opened: Opened, floating: Floating) -> tuple[Path, Path]:
        pictures = readable(self._data("train").pictures, self.order.calibration_pictures, seed=self.order.seed)
        self.tell(f"calibrating 8-bit numbers on {len(pictures)} training pictures, the {floating} in floating point")
        folder = self.folder / f"int8-{floating}"
        return quantised(self.files["fp32"][0], pictures, opened.input_px, folder, floating=floating)

    def _data(self, split: str) -> DataSet:
        assert self.order.data is not None  # noqa: S101 - asked for before anything is made
        return open_data(self.order.data, split)

    def _judged(self, opened: Opened) -> list[Exported]:
        """Measure all formats; when 8 bits lose too much, spare more of the network and measure that, too."""
        if self.order.data is None:
            return [self._of(form, ()) for form in self.order.formats]
        split, told = self._measured(opened, self.files)
        done = [self._of(form, _facts(form, split, told)) for form in ("fp32", *self.order.formats)]
        done = list({each.form: each for each in done}.values())
        return [self._better(each, opened, told) if each.refused else each for each in done]

    def _measured(self, opened: Opened, files: Mapping[str, Sequence[Path]]) -> tuple[Split, dict[Key, Worth]]:
        forms = {form: opened.weights(form, made) for form, made in files.items()}
        return worths(forms, self._data("val"), tell=self.tell, on_picture=self.on_picture)

    def _better(self, refused: Exported, opened: Opened, base: Mapping[Key, Worth]) -> Exported:
        self.tell(f"{refused.refused}; trying again")
        self.files["int8"] = self._quantised(opened, Floating.HEAD)
        split, told = self._measured(opened, {"int8": self.files["int8"]})
        return self._of("int8", _facts("int8", split, {**base, **told}), Floating.HEAD)

    def _of(self, form: Format, measured: tuple[Measured, ...], floating: Floating = Floating.TAIL) -> Exported:
        lost = max((each.map50_lost for each in measured), default=0.0)
        refused = None
        if form == "int8" and lost > self.order.most_lost:
            refused = (
                f"int8 with the {floating} in floating point loses {lost:.3f} mAP50, "
                f"more than the {self.order.most_lost:g} allowed"
            )
        listed = form in self.order.formats and refused is None
        return Exported(
            form=form,
            name=self.order.entry_name(form) if listed else None,
            largest_mb=max(file.stat().st_size for file in self.files[form]) / 1e6,
            measured=measured,
            refused=refused,
            floating=floating if form == "int8" else None,
        )

    def _checkpoint(self) -> list[dict[str, str]]:
        """Put the checkpoint beside the first format, and return how all formats list it."""
        from detector.training.anonymous import make_anonymous  # noqa: PLC0415  brings torch

        # The private copy: the checkpoint itself may be the very file that is written here.
        copy = self.folder / "checkpoint" / "weights.pt"
        make_anonymous(copy)
        return [self._put(copy, self.order.name, "model.pt")]

    def _put(self, file: Path, name: str, as_name: str) -> dict[str, str]:
        place = self.order.out / name
        try:
            place.mkdir(parents=True, exist_ok=True)
            copied = Path(shutil.copy(file, place / as_name))
        except OSError as error:
            raise ManifestError(f"{place} cannot be written ({error.strerror}); name another folder") from error
        return {"path": f"{name}/{as_name}", "sha256": sha256_of(copied)}

    def _installed(self, exported: Exported, opened: Opened, kept: list[dict[str, str]]) -> Entry:
        name = str(exported.name)
        told: dict[str, Any] = {
            "name": name,
            "files": [*(self._put(file, name, file.name) for file in self.files[exported.form]), *kept],
            "labels": opened.labels,
            "input_px": opened.input_px,
            "end2end": opened.end2end,
            "origin": self.order.origin,
            "licence": self.order.licence,
            "card": f"{self.order.name}.md",
            "format": exported.form,
        }
        if context := tuple(label for label in opened.labels if label in CONTEXT):
            told["context"] = context
        if exported.measured:
            told["measured"] = exported.measured
        return Entry.model_validate(told)


def _facts(form: Format, split: Split, told: Mapping[Key, Worth]) -> tuple[Measured, ...]:
    base = told["fp32", "f32"]
    return tuple(
        Measured(
            data=split.name,
            labels_sha256=split.labels_sha256,
            pictures=split.pictures,
            precision=arithmetic,
            map50=round(worth.map50, 4),
            map50_95=round(worth.map50_95, 4),
            map50_lost=round(base.map50 - worth.map50, 4) + 0.0,  # never -0.0
            map50_95_lost=round(base.map50_95 - worth.map50_95, 4) + 0.0,
            ms=round(worth.ms, 2),
            threads=THREADS,
        )
        for (of, arithmetic), worth in told.items()
        if of == form
    )
