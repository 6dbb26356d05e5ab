"""The adapters see what Ultralytics' own ``predict`` sees with the same weights, on real pictures of many shapes."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from ruamel.yaml import YAML

from detector.backends.openvino import OpenVinoModel
from detector.backends.options import Options
from detector.backends.ultralytics import UltralyticsModel, open_yolo
from detector.detection import Detection
from detector.weights import Weights

log = logging.getLogger(__name__)  # shown with --log-cli-level=INFO

CERTAIN = 0.25
MAX_PX = 1.5
MAX_SCORE = 0.02
SHAPES = ((360, 640), (640, 360), (576, 704), (1080, 1920), (333, 511), (480, 640))


def views(stills):
    """Every other still as it is, the others cut and scaled to a camera's aspect."""
    for place, still in enumerate(stills):
        yield reshaped(still.image, *SHAPES[place // 2 % len(SHAPES)]) if place % 2 else still.image


def reshaped(image, height, width):
    side = image.shape[0] if height >= width else round(image.shape[0] * height / width)
    other = image.shape[1] if width >= height else round(image.shape[1] * width / height)
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - other) // 2
    return cv2.resize(image[top : top + side, left : left + other], (width, height))


@pytest.fixture(scope="module")
def pictures(stills):
    return list(views(stills))


@pytest.fixture(scope="module")
def truth(pictures, starter_pt):
    """What ``YOLO.predict`` says with the checkpoint, at the shipped input size."""
    return predicted(open_yolo(starter_pt), pictures)


def predicted(yolo, pictures):
    answers = []
    for picture in pictures:
        rows = yolo.predict(picture, imgsz=512, conf=0.05, iou=0.7, verbose=False)[0].boxes.data.tolist()
        answers.append([Detection(yolo.names[int(row[5])], row[4], tuple(row[:4]), "predict") for row in rows])
    return answers


def differences(found, expected):
    """Largest box (px) and score difference over all pairs, and how many certain boxes have no partner."""
    px, score, alone, pairs = 0.0, 0.0, 0, 0
    for some, others in ((found, expected), (expected, found)):
        for mine, theirs in zip(some, others, strict=True):
            for one in (each for each in mine if each.score >= CERTAIN):
                partner = min(
                    ((distance(one, two), abs(one.score - two.score)) for two in theirs if two.label == one.label),
                    default=(np.inf, np.inf),
                )
                alone += partner[0] > MAX_PX or partner[1] > MAX_SCORE
                px, score, pairs = max(px, partner[0]), max(score, partner[1]), pairs + 1
    seen = {"px": round(px, 4), "score": round(score, 5), "alone": alone, "compared": pairs}
    log.info("largest differences: %s", seen)
    return seen


def distance(one, two):
    return float(np.abs(np.subtract(one.box, two.box)).max())


def assert_parity(found, expected):
    seen = differences(found, expected)
    assert seen["compared"] > 60, "too few certain boxes to say anything"
    assert seen["alone"] == 0, seen


def test_the_default_backend_sees_what_the_checkpoint_sees(shipped, pictures, truth):
    assert_parity(shipped.detect(pictures), truth)


def test_the_ultralytics_backend_sees_what_the_checkpoint_sees(starter_pt, pictures, truth):
    model = UltralyticsModel(Weights.of_file(starter_pt), Options(device="cpu"))
    assert model.card.input_px == 512, "the size it was trained at"
    assert_parity(model.detect(pictures), truth)


def test_both_read_the_exported_files_alike(tmp_path, starter, pictures):
    """Ultralytics runs OpenVINO files at the processor's fastest precision, so ours is compared at that too."""
    folder = as_ultralytics_keeps_them(starter, tmp_path / "starter_openvino_model")
    expected = predicted(open_yolo(folder), pictures[:12])
    model = OpenVinoModel(starter, Options(precision="auto"))
    found = model.detect(pictures[:12])
    model.close()
    assert_alike(found, expected)


def test_a_faster_precision_still_finds_the_same_things(starter, pictures, truth):
    """At ``auto`` scores and boxes may move further than at f32, so it is not the default; little is lost by it."""
    model = OpenVinoModel(starter, Options(precision="auto"))
    found = model.detect(pictures)
    model.close()
    assert_alike(found, truth)


def assert_alike(found, expected):
    differences(found, expected)
    certain = [
        (each, mine) for mine, theirs in zip(found, expected, strict=True) for each in theirs if each.score >= 0.3
    ]
    kept = sum(any(alike(each, other) for other in mine) for each, mine in certain)
    assert len(certain) > 20
    assert kept >= 0.95 * len(certain), f"{kept} of {len(certain)}"


def alike(one, two):
    return one.label == two.label and abs(one.score - two.score) <= 0.05 and distance(one, two) <= 0.1 * size(one)


def size(detection):
    x1, y1, x2, y2 = detection.box
    return max(x2 - x1, y2 - y1)


def as_ultralytics_keeps_them(weights: Weights, folder: Path) -> Path:
    folder.mkdir()
    for file in weights.files:
        shutil.copy(file.path, folder)
    facts = {"task": "detect", "stride": 32, "batch": 1, "imgsz": [512, 512], "args": {"dynamic": True, "nms": False}}
    names = dict(enumerate(weights.labels))
    YAML().dump({**facts, "names": names, "channels": 3, "end2end": False}, folder / "metadata.yaml")
    return folder
