"""In which forms weights are written, and what the checkpoint says of itself."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from detector.backends.ultralytics import open_yolo
from detector.backends.unwatched import unwatched
from detector.errors import BackendMissing, ManifestError
from detector.weights import WeightFile, Weights, sha256_of

Format = Literal["fp32", "fp16", "int8", "onnx"]
FORMATS: tuple[Format, ...] = get_args(Format)
_DEFAULT_INPUT_PX = 640


@dataclass(frozen=True, slots=True)
class Opened:
    """A checkpoint, read.

    Parameters
    ----------
    yolo
        Ultralytics' own object of a private copy, beside which it may write.
    labels
        Class names in the model's order.
    input_px
        Long side of the input.
    end2end
        Whether its own output is final.
    """

    yolo: Any
    labels: tuple[str, ...]
    input_px: int
    end2end: bool

    def weights(self, name: str, files: Sequence[Path]) -> Weights:
        """Return files made from it as weights that a backend runs."""
        hashed = tuple(WeightFile(file, sha256_of(file)) for file in files)
        return Weights(name, hashed, self.labels, self.input_px, self.end2end)


def open_checkpoint(path: Path, private: Path, input_px: int | None = None) -> Opened:
    """Read an Ultralytics detection checkpoint (``.pt``).

    Parameters
    ----------
    private
        An empty folder: Ultralytics writes beside what it exports, and the checkpoint's may be others' or read-only.
    input_px
        Long side of the input; None means as it was trained.

    Raises
    ------
    ManifestError
        When the file is not there.
    BackendMissing, ModelError
        When Ultralytics is not installed, or the file is no detection model.
    """
    if not path.is_file():
        raise ManifestError(f"{path} is not there; name the checkpoint to export")
    yolo = open_yolo(Path(shutil.copy(path, private / "weights.pt")), private)
    stated = yolo.overrides.get("imgsz", _DEFAULT_INPUT_PX)
    return Opened(
        yolo,
        tuple(str(yolo.names[index]) for index in sorted(yolo.names)),
        input_px or int(max(stated) if isinstance(stated, (list, tuple)) else stated),
        bool(getattr(yolo.model, "end2end", False)),
    )


def written_openvino(opened: Opened, folder: Path) -> tuple[Path, Path]:
    """Write the checkpoint as an OpenVINO graph of 32-bit floats, any input shape; return ``.xml`` and ``.bin``."""
    with unwatched():
        made = Path(opened.yolo.export(format="openvino", dynamic=True, imgsz=opened.input_px, verbose=False))
    folder.mkdir(parents=True)
    # Only graph and numbers: Ultralytics' metadata.yaml tells of the machine that trained.
    graph, numbers = (shutil.copy(next(made.glob(f"*{kind}")), folder / f"model{kind}") for kind in (".xml", ".bin"))
    return Path(graph), Path(numbers)


def written_onnx(opened: Opened, folder: Path) -> tuple[Path]:
    """Write the checkpoint as ONNX for any input shape; return the file.

    Raises
    ------
    BackendMissing
        When the onnx package is not installed.
    """
    try:
        import onnx  # noqa: PLC0415  comes with the extra only
    except ModuleNotFoundError as error:
        raise BackendMissing("ONNX needs the training extra; pip install 'gridpatrol[training]'") from error
    with unwatched():
        made = opened.yolo.export(format="onnx", dynamic=True, simplify=False, imgsz=opened.input_px, verbose=False)
    folder.mkdir(parents=True)
    graph = onnx.load(made)
    _without_the_machine(graph)
    onnx.save(graph, folder / "model.onnx")
    return (folder / "model.onnx",)


_TOLD = frozenset({"stride", "task", "batch", "imgsz", "names", "channels", "end2end", "license"})
"""What other programs that read Ultralytics' ONNX files need."""


def _without_the_machine(graph: Any) -> None:
    """Take out what tells of the machine that trained: paths, dates, traces of source code."""
    kept = [(each.key, each.value) for each in graph.metadata_props if each.key in _TOLD]
    del graph.metadata_props[:]
    for key, value in kept:
        graph.metadata_props.add(key=key, value=value)
    for node in graph.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]


def written_fp16(graph: Path, folder: Path) -> tuple[Path, Path]:
    """Write an OpenVINO graph with its numbers as 16-bit floats; return ``.xml`` and ``.bin``."""
    import openvino as ov  # noqa: PLC0415  slow to import

    return saved(ov.Core().read_model(graph), folder)


def saved(graph: Any, folder: Path) -> tuple[Path, Path]:
    """Save an OpenVINO graph, floats in 16 bits; return ``.xml`` and ``.bin``."""
    import openvino as ov  # noqa: PLC0415  slow to import

    folder.mkdir(parents=True)
    ov.save_model(graph, folder / "model.xml", compress_to_fp16=True)
    return folder / "model.xml", folder / "model.bin"
