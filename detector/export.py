"""Make weights ready for the default backend: ``python -m detector.export WEIGHTS.pt --name NAME --out models``."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from detector.backends.ultralytics import open_yolo
from detector.errors import ManifestError, ModelError
from detector.manifest import Entry, Manifest
from detector.weights import sha256_of


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where weights come from and under which terms, as the manifest tells it."""

    origin: str
    licence: str = "AGPL-3.0-only"


def export(weights: Path, name: str, *, out: Path, provenance: Provenance, input_px: int | None = None) -> Entry:
    """Write OpenVINO files (any input shape) and list them in ``out/manifest.yaml``.

    Parameters
    ----------
    weights
        An Ultralytics detection checkpoint (``.pt``).
    name
        Name in the manifest; the files go to ``out/name/``.
    out
        Folder of the manifest.
    provenance
        Origin and licence.
    input_px
        Long side of the input; None means what the weights were trained at.

    Raises
    ------
    BackendMissing
        When Ultralytics is not installed.
    ManifestError
        When the checkpoint is missing, or the manifest to add to cannot be read.
    ModelError
        When the checkpoint is no detection model.
    """
    if not weights.is_file():
        raise ManifestError(f"{weights} is not there; name the checkpoint to export")
    known = Manifest.load(out / "manifest.yaml").entries if (out / "manifest.yaml").exists() else ()
    with tempfile.TemporaryDirectory() as folder:
        # Ultralytics writes beside the checkpoint, which may be a place of others' or read-only.
        copy = Path(shutil.copy(weights, Path(folder) / "weights.pt"))
        yolo = open_yolo(copy, Path(folder))
        input_px = input_px or int(yolo.overrides.get("imgsz", 640))
        files = _files(yolo, input_px, out / name)
    entry = _entry(yolo, name, files=files, provenance=provenance, input_px=input_px)
    _list(out / "manifest.yaml", (*(other for other in known if other.name != name), entry))
    return entry


def _files(yolo: Any, input_px: int, folder: Path) -> list[Path]:
    # Numbers stay 32-bit: as 16-bit floats the files are half as large, but some boxes move by more than 1.5 px.
    made = Path(yolo.export(format="openvino", dynamic=True, imgsz=input_px, verbose=False))
    folder.mkdir(parents=True, exist_ok=True)
    # Only graph and numbers: Ultralytics' metadata.yaml tells of the machine that trained.
    return [Path(shutil.copy(next(made.glob(f"*{kind}")), folder / f"model{kind}")) for kind in (".xml", ".bin")]


def _entry(yolo: Any, name: str, *, files: Sequence[Path], provenance: Provenance, input_px: int) -> Entry:
    return Entry.model_validate(
        {
            "name": name,
            "files": [{"path": f"{name}/{file.name}", "sha256": sha256_of(file)} for file in files],
            "labels": [str(yolo.names[index]) for index in sorted(yolo.names)],
            "input_px": input_px,
            "end2end": bool(getattr(yolo.model, "end2end", False)),
            "origin": provenance.origin,
            "licence": provenance.licence,
            "card": f"{name}.md",
        }
    )


def _list(path: Path, entries: Sequence[Entry]) -> None:
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 118
    document = {"version": 1, "weights": [entry.model_dump(mode="json") for entry in entries]}
    written = path.with_suffix(".yaml.part")
    with written.open("w", encoding="utf-8") as file:
        file.write("# Which weights are known; see README.md here. Written by python -m detector.export.\n")
        yaml.dump(document, file)
    written.replace(path)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m detector.export", description=__doc__)
    parser.add_argument("weights", type=Path, help="an Ultralytics detection checkpoint (.pt)")
    parser.add_argument("--name", required=True, help="name in the manifest")
    parser.add_argument("--out", type=Path, default=Path("models"), help="folder of the manifest")
    parser.add_argument("--input-px", type=int, help="long side of the input (default: as trained)")
    parser.add_argument("--origin", default="not stated", help="what the weights were trained from and on")
    parser.add_argument("--licence", default="AGPL-3.0-only")
    told = parser.parse_args(arguments)
    try:
        provenance = Provenance(told.origin, told.licence)
        entry = export(told.weights, told.name, out=told.out, provenance=provenance, input_px=told.input_px)
    except ModelError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{told.out / 'manifest.yaml'}: {entry.name}, {len(entry.labels)} labels, {entry.input_px} px\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
