"""Any weights Ultralytics can load (.pt, .onnx, .engine), on an NVIDIA card when there is one."""

from __future__ import annotations

import atexit
import os
import pickle
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from detector.backends.options import Options
from detector.backends.validating import validating_predictor
from detector.detection import Detection
from detector.errors import BackendMissing, ManifestError, ModelError
from detector.letterbox import as_bgr
from detector.model import Image, ModelCard
from detector.nms import IOU, MAX_DETECTIONS
from detector.weights import WeightFile, Weights

SUFFIXES = (".pt", ".engine", ".onnx")
_DEFAULT_INPUT_PX = 640


def open_yolo(path: Path, config_dir: Path | None = None) -> Any:
    """Return Ultralytics' ``YOLO`` of a weights file that is there, kept off the network and out of the home folder.

    Parameters
    ----------
    path
        The weights.
    config_dir
        Where Ultralytics may keep its settings; None means a folder that is thrown away.

    Raises
    ------
    BackendMissing
        When Ultralytics, or the library that runs this format, is not installed.
    ModelError
        When the file is no model.
    """
    yolo = _import_quietly(config_dir)
    try:
        return yolo(str(path), task="detect", verbose=False)
    except ModuleNotFoundError as error:
        raise BackendMissing(f"{path} needs {error.name}; pip install {error.name}") from error
    except (
        RuntimeError,
        TypeError,
        ValueError,
        KeyError,
        AttributeError,
        EOFError,
        OSError,
        pickle.PickleError,
    ) as error:
        raise ModelError(
            f"{path} is no model Ultralytics can load ({_first_line(error)}); train or fetch it again"
        ) from error


def _import_quietly(config_dir: Path | None) -> Any:
    # Read by Ultralytics once, at its import. The user's own values win.
    os.environ.setdefault("YOLO_OFFLINE", "true")
    os.environ.setdefault("YOLO_AUTOINSTALL", "false")
    os.environ.setdefault("YOLO_VERBOSE", "false")
    if "YOLO_CONFIG_DIR" not in os.environ:
        os.environ["YOLO_CONFIG_DIR"] = str(_made(config_dir))
    try:
        from ultralytics import YOLO  # noqa: PLC0415  the default patrol must start without torch
    except ModuleNotFoundError as error:
        raise BackendMissing(
            "the ultralytics backend is not installed; pip install 'gridpatrol[ultralytics]'"
        ) from error
    return YOLO


def _made(folder: Path | None) -> Path:
    if folder is None:
        passing = Path(tempfile.mkdtemp(prefix="gridpatrol-"))
        atexit.register(shutil.rmtree, passing, ignore_errors=True)
        return passing
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class UltralyticsModel:
    """A detection model run by Ultralytics.

    Parameters
    ----------
    weights
        With a ``.pt``, ``.engine`` or ``.onnx`` file; labels and input size are taken from it where not given.
    options
        Device (default: the first NVIDIA card, else the processor) and score threshold.

    Raises
    ------
    BackendMissing
        When Ultralytics is not installed.
    ManifestError
        When the weights have no such file, or its labels are not those that the manifest lists.
    ModelError
        When the file is no model.
    """

    def __init__(self, weights: Weights, options: Options | None = None) -> None:
        options = options or Options()
        file = _file(weights)
        self._yolo = open_yolo(file.path, options.cache_dir)
        self._device = options.device
        self._min_score = options.min_score
        self._predictor = validating_predictor() if options.as_validator else None
        self._lock = Lock()
        self._card = ModelCard(
            id=f"{weights.name}@{file.sha256[:8]}",
            labels=_labels(self._yolo, weights),
            input_px=weights.input_px or _stated_input_px(self._yolo),
            sha256=file.sha256,
            backend="ultralytics",
            thresholds=weights.thresholds,
            context=weights.context,
        )

    @property
    def card(self) -> ModelCard:
        """What is known of the weights."""
        return self._card

    def detect(self, images: Sequence[Image]) -> list[tuple[Detection, ...]]:
        """Return each image's detections, highest score first, in the images' order.

        Pictures of one size go through together. Sizes are kept apart, because Ultralytics pads a mixed batch to
        squares, and then what is seen in a picture would depend on its neighbours.

        Parameters
        ----------
        images
            ``(H, W, 3) uint8`` BGR each, or grey; sizes may differ.

        Raises
        ------
        ValueError
            When an array is no picture.
        ModelError
            When the model was closed, or the library fails.
        """
        pictures = [as_bgr(image) for image in images]
        results: list[tuple[Detection, ...]] = [()] * len(pictures)
        for places in _same_size(pictures):
            found = self._predict([pictures[place] for place in places])
            for place, result in zip(places, found, strict=True):
                results[place] = tuple(self._detections(result))
        return results

    def close(self) -> None:
        """Give back memory. A second call does nothing."""
        with self._lock:
            self._yolo = None

    def _predict(self, pictures: list[Image]) -> list[Any]:
        with self._lock:
            if self._yolo is None:
                raise ModelError(f"{self._card.id} was closed; load it again")
            try:
                return list(
                    self._yolo.predict(
                        pictures,
                        imgsz=self._card.input_px,
                        conf=self._min_score,
                        iou=IOU,
                        max_det=MAX_DETECTIONS,
                        device=self._device,
                        verbose=False,
                        predictor=self._predictor,
                    )
                )
            except RuntimeError as error:
                raise ModelError(f"{self._card.id} failed on a picture ({_first_line(error)})") from error

    def _detections(self, result: Any) -> Iterator[Detection]:
        rows = result.boxes.data.cpu().numpy().astype(np.float32)
        for x1, y1, x2, y2, score, index in rows[np.argsort(-rows[:, 4], kind="stable")].tolist():
            yield Detection(self._card.labels[int(index)], min(score, 1.0), (x1, y1, x2, y2), self._card.id)


def _file(weights: Weights) -> WeightFile:
    if file := weights.file(*SUFFIXES):
        return file
    raise ManifestError(
        f"{weights.name} has no {', '.join(SUFFIXES)} file for the ultralytics backend; "
        "set model.name to the path of one, or model.backend to openvino"
    )


def _labels(yolo: Any, weights: Weights) -> tuple[str, ...]:
    own = tuple(str(yolo.names[index]) for index in sorted(yolo.names))
    if weights.labels and weights.labels != own:
        raise ManifestError(
            f"{weights.name}: the manifest lists labels {', '.join(weights.labels)}, "
            f"the weights say {', '.join(own)}; mend the manifest"
        )
    return own


def _stated_input_px(yolo: Any) -> int:
    stated = yolo.overrides.get("imgsz", _DEFAULT_INPUT_PX)
    return int(max(stated) if isinstance(stated, (list, tuple)) else stated)


def _same_size(pictures: Sequence[Image]) -> Iterator[list[int]]:
    places: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for place, picture in enumerate(pictures):
        places[picture.shape].append(place)
    yield from places.values()


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
