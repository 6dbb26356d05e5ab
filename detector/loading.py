"""Which model looks at the pictures, as the settings say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from configs.settings import ModelSettings
from detector.backends.options import Options
from detector.errors import ManifestError
from detector.exported import exported_weights
from detector.manifest import Manifest
from detector.model import Model
from detector.weights import Weights

_FILE_SUFFIXES = (".pt", ".onnx", ".engine")


def load_model(
    settings: ModelSettings, *, root: Path, cache_dir: Path | None = None, as_validator: bool = False
) -> Model:
    """Load the model that the settings name. Only the chosen backend's library is imported.

    Parameters
    ----------
    settings
        ``name`` is a name of the manifest or the path of a file: .pt, .onnx or .engine for the ultralytics backend,
        .xml for openvino.
    root
        Folder that relative paths in the settings start from.
    cache_dir
        Where compiled models may be kept, so that the next start is fast.
    as_validator
        Look as Ultralytics' validator does, for figures that compare with others'; see ``Options``.

    Raises
    ------
    ManifestError
        When the name is not known, or a file is missing or changed.
    BackendMissing
        When the backend's library is not installed.
    ModelError
        When the library cannot use the files or the device.
    """
    options = replace(_options(settings, cache_dir), as_validator=as_validator)
    if settings.backend == "scripted":
        return _scripted(settings, root, options)
    if settings.backend == "ultralytics":
        from detector.backends.ultralytics import UltralyticsModel  # noqa: PLC0415  brings torch

        return UltralyticsModel(_weights(settings, root), options)
    from detector.backends.openvino import OpenVinoModel  # noqa: PLC0415  not needed by the other two

    if Path(settings.name).suffix.lower() == ".xml":
        return OpenVinoModel(exported_weights(root / settings.name), options)
    return OpenVinoModel(Manifest.load(root / settings.manifest).verify(settings.name), options)


def _options(settings: ModelSettings, cache_dir: Path | None) -> Options:
    # The schema's default device is OpenVINO's; it says nothing to a backend that finds the best one itself.
    stated = "device" in settings.model_fields_set or settings.backend == "openvino"
    device = settings.device if stated else None
    return Options(device, settings.precision, settings.min_score, cache_dir)


def _scripted(settings: ModelSettings, root: Path, options: Options) -> Model:
    from detector.backends.scripted import ScriptedModel  # noqa: PLC0415  not needed by the other two

    if settings.truth is None:
        raise ManifestError("model.truth is empty; the scripted backend needs the file with the drawn scenes' truth")
    return ScriptedModel(root / settings.truth, options)


def _weights(settings: ModelSettings, root: Path) -> Weights:
    if Path(settings.name).suffix.lower() not in _FILE_SUFFIXES:
        return Manifest.load(root / settings.manifest).verify(settings.name)
    path = root / settings.name
    try:
        return Weights.of_file(path)
    except OSError as error:
        raise ManifestError(
            f"{path} cannot be read ({error.strerror}); set model.name to weights that are there"
        ) from error
