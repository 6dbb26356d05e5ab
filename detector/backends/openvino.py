"""The default model: OpenVINO on the processor, without torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import LifoQueue
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detector.backends.once import Once
from detector.backends.options import Options
from detector.backends.unwatched import unwatched
from detector.detection import Detection
from detector.errors import ManifestError, ModelError
from detector.letterbox import Fit, letterbox
from detector.model import Image, ModelCard
from detector.nms import Found, from_final, from_raw
from detector.weights import WeightFile, Weights

with unwatched():
    import openvino as ov
    from openvino import Layout, Type
    from openvino.preprocess import ColorFormat, PrePostProcessor

# A city has few aspect ratios; each input shape compiled costs some 30 MB.
_MAX_SHAPES = 8
_MAX_BATCHED_SHAPES = 3
"""Each size of batch costs some 65 MB more for each shape."""
_ANY_SHAPE = (-1, -1)
"""OpenVINO's word for sides that may differ from picture to picture."""
_PROCESSORS = Path("/proc/cpuinfo")
"""Where Linux tells what its processors can do."""

_first_use = Lock()


@dataclass(frozen=True, slots=True)
class _Files:
    graph: WeightFile
    numbers: WeightFile


class OpenVinoModel:
    """A YOLO detection model in OpenVINO's format, or in ONNX, which OpenVINO reads too.

    The graph is compiled for each of the first 8 input shapes that come by: measured, a fixed shape takes a tenth to
    a fifth less processor time than a dynamic one, and keeps clear of faults that dynamic shapes have on some
    processors. Further shapes share one graph of any shape: compiling again at each turn would take ten times as long
    as looking. Requests are run synchronously, one thread each: the library's asynchronous queue can hang.

    With ``options.batch`` pictures of one of the first 3 shapes go through the network together, 2, 4, 8 … at once,
    by graphs that are compiled when so many first come.

    Parameters
    ----------
    weights
        With an ``.xml`` and a ``.bin`` file or an ``.onnx`` file, labels and an input size.
    options
        Device (default ``CPU``), precision, score threshold, and where compiled graphs are kept for the next start.

    Raises
    ------
    ManifestError
        When the weights have no OpenVINO files, or their output does not fit their labels.
    ModelError
        When OpenVINO cannot read the files or has no such device.
    """

    def __init__(self, weights: Weights, options: Options | None = None) -> None:
        options = options or Options()
        files = _files(weights)
        self._min_score = options.min_score
        self._end2end = weights.end2end
        self._as_validator = options.as_validator
        self._device = options.device or "CPU"
        self._card = _card(weights, files)
        self._core = _core()
        self._config = _config(self._core, self._device, options)
        self._files = files
        _check_output(self._read(), weights)
        self._room = Lock()
        self._own: list[tuple[int, int]] = []
        self._batch = options.batch
        limit = _MAX_SHAPES + 1 + _MAX_BATCHED_SHAPES * (options.batch.bit_length() - 1)
        self._lanes: Once[tuple[int, int, int], _Lane] = Once(self._compile, limit=limit)
        self._threads = ThreadPoolExecutor(_parallel(self._core, self._device), thread_name_prefix="openvino")
        self._closed = False

    @property
    def card(self) -> ModelCard:
        """What is known of the weights."""
        return self._card

    def detect(self, images: Sequence[Image]) -> list[tuple[Detection, ...]]:
        """Return each image's detections, highest score first, in the images' order.

        Parameters
        ----------
        images
            ``(H, W, 3) uint8`` BGR each, or grey; sizes may differ.

        Raises
        ------
        ValueError
            When an array is no picture.
        ModelError
            When the model was closed, or OpenVINO fails.
        """
        if self._closed:
            raise ModelError(f"{self._card.id} was closed; load it again")
        if len(images) == 1:
            return [self._detect_one(images[0])]
        if self._batch > 1:
            return self._detect_together(images)
        return list(self._threads.map(self._detect_one, images))

    def warm_up(self, height: int, width: int) -> None:
        """Compile for pictures of this size now, so that the first visit does not wait for it."""
        self.detect([np.zeros((height, width, 3), np.uint8)])

    def close(self) -> None:
        """Give back memory and threads. A second call does nothing."""
        self._closed = True
        self._threads.shutdown()
        self._lanes.clear()

    def _detect_one(self, image: Image) -> tuple[Detection, ...]:
        tensor, placed = letterbox(image, self._card.input_px, margin=self._as_validator)
        with _told(f"{self._card.id} failed on a picture"):
            (output,) = self._lanes((1, *self._lane_of(placed.input_shape))).run(tensor)
        return tuple(self._detections(self._found(output), placed))

    def _detect_together(self, images: Sequence[Image]) -> list[tuple[Detection, ...]]:
        fitted = [letterbox(image, self._card.input_px, margin=self._as_validator) for image in images]
        lanes = [self._lane_of(placed.input_shape) for _, placed in fitted]
        answers: list[tuple[Detection, ...]] = [()] * len(images)
        for places in _batches([placed.input_shape for _, placed in fitted], self._most_together):
            tensor = np.concatenate([fitted[place][0] for place in places])
            shape = lanes[places[0]]
            with _told(f"{self._card.id} failed on a batch of pictures"):
                outputs = self._lanes((len(places), *shape)).run(tensor)
            for place, output in zip(places, outputs, strict=True):
                answers[place] = tuple(self._detections(self._found(output), fitted[place][1]))
        return answers

    def _found(self, output: NDArray[np.float32]) -> Found:
        if self._end2end:
            return from_final(output, self._min_score)
        return from_raw(output, self._min_score, every_label=self._as_validator)

    def _detections(self, found: Found, placed: Fit) -> Iterator[Detection]:
        boxes = placed.to_picture(found.boxes).tolist()
        for (x1, y1, x2, y2), score, index in zip(boxes, found.scores.tolist(), found.classes.tolist(), strict=True):
            yield Detection(self._card.labels[index], min(score, 1.0), (x1, y1, x2, y2), self._card.id)

    def _lane_of(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Return the shape itself as long as there is room for its own graph, else any shape."""
        with self._room:
            if shape not in self._own and len(self._own) < _MAX_SHAPES:
                self._own.append(shape)
            return shape if shape in self._own else _ANY_SHAPE

    def _most_together(self, shape: tuple[int, int]) -> int:
        return self._batch if shape in self._own[:_MAX_BATCHED_SHAPES] else 1

    def _read(self) -> Any:
        with _told(f"OpenVINO cannot read {self._files.graph.path}; export the weights again"):
            return self._core.read_model(*map(str, dict.fromkeys((self._files.graph.path, self._files.numbers.path))))

    def _compile(self, input_shape: tuple[int, int, int]) -> _Lane:
        graph = _taking_pictures(self._read())
        graph.reshape([*input_shape, 3])
        with _told(f"OpenVINO cannot use device {self._device!r}; set model.device, CPU always works"):
            return _Lane(self._core.compile_model(graph, self._device, self._config))


class _Lane:
    """The graph compiled for one input shape, or for any, with as many requests as run well at once."""

    def __init__(self, compiled: Any) -> None:
        self._requests: LifoQueue[Any] = LifoQueue()
        for _ in range(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS")):
            self._requests.put(compiled.create_infer_request())

    def run(self, tensor: Image) -> NDArray[np.float32]:
        """Return the model's outputs, one for each picture of the input; waits while every request is busy."""
        request = self._requests.get()
        try:
            taken = request.get_input_tensor(0)
            if tuple(taken.shape) != tensor.shape:
                taken.shape = tensor.shape
            np.copyto(taken.data, tensor)
            request.infer()
            return np.array(request.get_output_tensor(0).data, np.float32)
        finally:
            self._requests.put(request)


def _batches(shapes: Sequence[tuple[int, int]], most: Callable[[tuple[int, int]], int]) -> Iterator[list[int]]:
    """Yield the places of pictures that go through the network together: of one shape, 1, 2, 4 … up to its most.

    >>> list(_batches([(448, 512), (288, 512), (448, 512), (448, 512)], lambda shape: 4))
    [[0, 2], [3], [1]]
    """
    places: dict[tuple[int, int], list[int]] = {}
    for place, shape in enumerate(shapes):
        places.setdefault(shape, []).append(place)
    for shape, waiting in places.items():
        while waiting:
            size = 1 << (min(len(waiting), most(shape)).bit_length() - 1)
            yield waiting[:size]
            del waiting[:size]


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        reason = next((line for line in reversed(str(error).splitlines()) if line.strip()), "no reason given")
        raise ModelError(f"{what} ({reason.strip()})") from error


def _core() -> Any:
    """Return OpenVINO's core, with its bridge to numpy set up.

    The bridge sets itself up at its first use, and two threads that use it first at the same time wait for each other
    for ever: one has the interpreter lock, the other the bridge's own (seen with OpenVINO 2026.4). So its first use
    is here, one thread at a time.
    """
    with _first_use:
        tensor = ov.Tensor(np.zeros(1, np.uint8))
        tensor.get_element_type().to_dtype()
        np.array(tensor.data)
    return ov.Core()


def _files(weights: Weights) -> _Files:
    # In ONNX the graph's file holds the numbers, too.
    graph, numbers = weights.file(".xml", ".onnx"), weights.file(".bin", ".onnx")
    if graph is None or numbers is None or weights.input_px is None or not weights.labels:
        raise ManifestError(
            f"{weights.name} has no OpenVINO files (.xml and .bin); "
            "make them with gridpatrol models export, or set model.backend to ultralytics"
        )
    return _Files(graph, numbers)


def _card(weights: Weights, files: _Files) -> ModelCard:
    return ModelCard(
        id=f"{weights.name}@{files.numbers.sha256[:8]}",
        labels=weights.labels,
        input_px=weights.input_px or 0,
        sha256=files.numbers.sha256,
        backend="openvino",
        thresholds=weights.thresholds,
        context=weights.context,
    )


def _config(core: Any, device: str, options: Options) -> dict[str, str]:
    config = {"PERFORMANCE_HINT": "THROUGHPUT"}
    if options.cache_dir is not None:
        config["CACHE_DIR"] = str(options.cache_dir)
    if device == "CPU":
        fast = options.precision == "auto" and _knows_bf16(core)
        config["INFERENCE_PRECISION_HINT"] = "bf16" if fast else "f32"
        if options.threads is not None:
            config["INFERENCE_NUM_THREADS"] = str(options.threads)
    elif options.precision == "f32":
        config["INFERENCE_PRECISION_HINT"] = "f32"
    return config


def computes_in_bf16() -> bool:
    """Return whether ``Options(precision="auto")`` computes in bf16 here what is not stored in 8 bits."""
    return _knows_bf16(_core())


def prefers_bf16(told: Path = _PROCESSORS) -> bool:
    """Return whether the processor has matrix tiles for bf16 (AMX), with which it was faster than 8 bits.

    False where Linux does not say so, and with vector registers alone: on AMD's Zen 4 a pass in bf16 took 1.4 times
    as long as in 8 bits.

    Parameters
    ----------
    told
        Where the system tells what its processors can do.
    """
    try:
        tiles = "amx_bf16" in told.read_text("ascii", "replace").split()
    except OSError:
        tiles = False
    return tiles and computes_in_bf16()


def _knows_bf16(core: Any) -> bool:
    return "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def _parallel(core: Any, device: str) -> int:
    with _told(f"OpenVINO has no device {device!r}; set model.device, CPU always works"):
        return max(1, int(core.get_property(device, "RANGE_FOR_STREAMS")[1]))


def _check_output(graph: Any, weights: Weights) -> None:
    shape = graph.output(0).get_partial_shape()
    axis, expected = (2, 6) if weights.end2end else (1, 4 + len(weights.labels))
    if shape[axis] != ov.Dimension(expected):
        raise ManifestError(
            f"{weights.name} answers with shape {shape}, which does not fit its {len(weights.labels)} labels"
            f" and end2end: {str(weights.end2end).lower()}; mend its entry in the manifest"
        )


def _taking_pictures(graph: Any) -> Any:
    """Put colour order and scale into the graph, so that it takes ``(1, H, W, 3) uint8`` BGR as it is."""
    steps = PrePostProcessor(graph)
    steps.input().tensor().set_element_type(Type.u8).set_layout(Layout("NHWC")).set_color_format(ColorFormat.BGR)
    steps.input().preprocess().convert_element_type(Type.f32).convert_color(ColorFormat.RGB).scale([255.0] * 3)
    steps.input().model().set_layout(Layout("NCHW"))
    return steps.build()
