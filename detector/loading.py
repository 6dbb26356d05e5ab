"""Which model looks at the pictures, as the settings say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from configs.settings import ModelSettings
from detector.backends.options import Options
from detector.calibrated import Calibrated, raw_score
from detector.errors import ManifestError
from detector.exported import exported_weights
from detector.manifest import Manifest
from detector.model import Model
from detector.weights import Weights

_FILE_SUFFIXES = (".pt", ".onnx", ".engine")


def load_model(
    settings: ModelSettings,
    *,
    root: Path,
    cache_dir: Path | None = None,
    as_validator: bool = False,
    raw_scores: bool = False,
) -> Model:
    """Load the model that the settings name. Only the chosen backend's library is imported.

    With ``precision: auto`` a processor without matrix tiles for bf16 gets listed weights in 8 bits where they are
    listed, too (``Manifest.suited``). Weights that come with a calibration say how likely they are right; their
    ``min_score`` is of that kind too.

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
    raw_scores
        Leave the scores as the network gives them, to compare with other tools or to calibrate anew.

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
    if as_validator or raw_scores:
        options = replace(options, batch=1)  # figures must not depend on a picture's company
    if settings.backend == "scripted":
        return _scripted(settings, root, options)
    weights = _weights(settings, root, best=not (as_validator or raw_scores))
    if settings.input_px is not None:
        weights = replace(weights, input_px=settings.input_px)
    if raw_scores:
        # The thresholds were chosen among calibrated scores.
        weights = replace(weights, calibration={}, thresholds={})
    if not weights.calibration:
        return _opened(settings.backend, weights, options)
    if as_validator:
        # The validator's lowest score is the network's own, and nothing above it may be lost.
        return Calibrated(_opened(settings.backend, weights, options), weights.calibration, 0.0)
    least = raw_score(weights.calibration, weights.labels, options.min_score)
    model = _opened(settings.backend, weights, replace(options, min_score=least))
    return Calibrated(model, weights.calibration, options.min_score)


def _opened(backend: str, weights: Weights, options: Options) -> Model:
    if backend == "ultralytics":
        from detector.backends.ultralytics import UltralyticsModel  # noqa: PLC0415  brings torch

        return UltralyticsModel(weights, options)
    from detector.backends.openvino import OpenVinoModel  # noqa: PLC0415  not needed by the other two

    return OpenVinoModel(weights, options)


def _options(settings: ModelSettings, cache_dir: Path | None) -> Options:
    # The schema's default device is OpenVINO's; it says nothing to a backend that finds the best one itself.
    stated = "device" in settings.model_fields_set or settings.backend == "openvino"
    device = settings.device if stated else None
    return Options(device, settings.precision, settings.min_score, cache_dir, batch=settings.batch)


def _scripted(settings: ModelSettings, root: Path, options: Options) -> Model:
    from detector.backends.scripted import ScriptedModel  # noqa: PLC0415  not needed by the other two

    if settings.truth is None:
        raise ManifestError("model.truth is empty; the scripted backend needs the file with the drawn scenes' truth")
    return ScriptedModel(root / settings.truth, options, takes_s=settings.takes_ms / 1000)


def _suited(manifest: Manifest, settings: ModelSettings) -> str:
    if (settings.backend, settings.device, settings.precision) != ("openvino", "CPU", "auto"):
        return settings.name
    from detector.backends.openvino import prefers_bf16  # noqa: PLC0415  not needed by the other two

    return manifest.suited(settings.name, bf16=prefers_bf16())


def _weights(settings: ModelSettings, root: Path, *, best: bool) -> Weights:
    path, suffix = root / settings.name, Path(settings.name).suffix.lower()
    if suffix == ".xml" and settings.backend == "openvino":
        return exported_weights(path)
    if suffix not in _FILE_SUFFIXES or settings.backend == "openvino":
        manifest = Manifest.load(root / settings.manifest)
        return manifest.verify(_suited(manifest, settings) if best else settings.name)
    try:
        return Weights.of_file(path)
    except OSError as error:
        raise ManifestError(
            f"{path} cannot be read ({error.strerror}); set model.name to weights that are there"
        ) from error
