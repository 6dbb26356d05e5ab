"""OpenVINO files that somebody points at: what is known of them stands beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from detector.errors import ManifestError
from detector.manifest import Manifest
from detector.weights import WeightFile, Weights, sha256_of

_INPUT = Annotated[int, BeforeValidator(lambda value: max(value) if isinstance(value, list) else value)]


class _Metadata(BaseModel):
    """What Ultralytics writes beside an export, as far as it is needed."""

    names: dict[int, str]
    imgsz: _INPUT
    end2end: bool = False


def exported_weights(graph: Path) -> Weights:
    """Return the weights of an ``.xml`` file.

    As the manifest in its folder or the one above lists them, else as Ultralytics' ``metadata.yaml`` beside it says.

    Raises
    ------
    ManifestError
        When graph or numbers are missing, or nothing beside them says the labels.
    """
    for manifest in (graph.parent / "manifest.yaml", graph.parent.parent / "manifest.yaml"):
        if manifest.is_file() and (name := _listed(manifest, graph)):
            return Manifest.load(manifest).verify(name)
    told = _metadata(graph.with_name("metadata.yaml"), graph)
    return Weights(
        name=graph.parent.name if graph.stem == "model" else graph.stem,
        files=tuple(_file(path) for path in (graph, graph.with_suffix(".bin"))),
        labels=tuple(told.names[index] for index in sorted(told.names)),
        input_px=told.imgsz,
        end2end=told.end2end,
    )


def _listed(manifest: Path, graph: Path) -> str | None:
    for entry in Manifest.load(manifest).entries:
        if graph.resolve() in {(manifest.parent / file.path).resolve() for file in entry.files}:
            return entry.name
    return None


def _metadata(path: Path, graph: Path) -> _Metadata:
    try:
        return _Metadata.model_validate(YAML(typ="safe").load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ManifestError(
            f"nothing says the labels of {graph}: no manifest lists it and {path} cannot be read ({error.strerror}); "
            "list it with gridpatrol models export, or put metadata.yaml beside it"
        ) from error
    except (UnicodeDecodeError, YAMLError, ValidationError) as error:
        raise ManifestError(
            f"{path} does not say names and imgsz as Ultralytics writes them; export again"
        ) from error


def _file(path: Path) -> WeightFile:
    try:
        return WeightFile(path, sha256_of(path))
    except OSError as error:
        raise ManifestError(
            f"{path} cannot be read ({error.strerror}); an .xml file needs its .bin beside it"
        ) from error
