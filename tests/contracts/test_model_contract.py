"""What every model promises, whatever runs it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from detector.backends.openvino import OpenVinoModel
from detector.backends.options import Options
from detector.backends.scripted import ScriptedModel, picture_key
from detector.backends.ultralytics import UltralyticsModel
from detector.batching import Batched
from detector.calibrated import Calibrated
from detector.calibration import Platt
from detector.errors import ModelError
from detector.manifest import Manifest
from detector.weights import Weights

ROOT = Path(__file__).resolve().parents[2]
STARTER_PT = ROOT.parent / "shared" / "weights" / "starter.pt"
LOW = Options(device=None, min_score=0.001)
SIZES = ((480, 640), (640, 360), (576, 704), (1080, 1920), (33, 517), (5, 3))


def scene(height, width):
    """A drawn street corner: at a very low threshold every model sees something in it."""
    noise = np.random.default_rng(height * width).integers(0, 40, (height, width, 3), np.uint8)
    picture = noise + np.linspace(60, 200, height, dtype=np.uint8)[:, None, None]
    cv2.rectangle(picture, (width // 4, height // 3), (width // 2, height - 1), (40, 120, 40), cv2.FILLED)
    cv2.circle(picture, (2 * width // 3, 3 * height // 4), max(1, height // 6), (20, 20, 30), cv2.FILLED)
    return picture


@pytest.fixture(scope="module")
def pictures():
    return [scene(*size) for size in SIZES]


def openvino(_folder, _pictures):
    return OpenVinoModel(Manifest.load(ROOT / "models" / "manifest.yaml").verify("gridpatrol-starter"), LOW)


def ultralytics(folder, _pictures):
    if not STARTER_PT.exists():
        pytest.skip("needs the checkpoint ../shared/weights/starter.pt")
    return UltralyticsModel(Weights.of_file(STARTER_PT), Options("cpu", min_score=0.001, cache_dir=folder))


def scripted(folder, pictures):
    """Scores out of order and a box that sticks out, so that the adapter has something to put right."""
    shown = [
        {"label": "garbage", "score": 0.3, "box": [0, 0, 2, 2]},
        {"label": "bin", "score": 0.9, "box": [1, 1, 9000, 9000]},
    ]
    truth = folder / "truth.json"
    truth.write_text(json.dumps({picture_key(picture): shown for picture in pictures}))
    return ScriptedModel(truth, LOW)


def calibrated(folder, pictures):
    """The shipped weights with a calibration that lowers one label and raises another."""
    curves = {"garbage": Platt(0.8, -1.0), "bin": Platt(1.3, 1.0)}
    return Calibrated(openvino(folder, pictures), curves, LOW.min_score)


def batched(folder, pictures):
    """The shipped weights, looking in batches at pictures of many callers; a little wait lets them meet."""
    weights = Manifest.load(ROOT / "models" / "manifest.yaml").verify("gridpatrol-starter")
    return Batched(OpenVinoModel(weights, replace(LOW, batch=4)), most=4, wait_s=0.005)


ADAPTERS = (openvino, ultralytics, scripted, calibrated, batched)


def alike(found, expected):
    """Whether answers are the same but for the last digits, which may depend on a picture's company in a batch."""
    return [each.label for each in found] == [each.label for each in expected] and all(
        one.score == pytest.approx(two.score, abs=1e-4) and one.box == pytest.approx(two.box, abs=0.05)
        for one, two in zip(found, expected, strict=True)
    )


@pytest.fixture(scope="module", params=ADAPTERS, ids=lambda make: make.__name__)
def make(request, tmp_path_factory, pictures):
    return lambda: request.param(tmp_path_factory.mktemp("model"), pictures)


@pytest.fixture(scope="module")
def model(make):
    made = make()
    yield made
    made.close()


def test_something_is_seen(model, pictures):
    assert all(len(found) > 0 for found in model.detect(pictures)[:4])


def test_answers_come_in_the_pictures_order_whatever_their_sizes(model, pictures):
    alone = [model.detect([picture])[0] for picture in pictures]
    assert model.detect(pictures) == alone
    assert model.detect(pictures[::-1]) == alone[::-1]


def test_equal_pictures_in_one_batch_get_equal_answers(model, pictures):
    first, other, second = model.detect([pictures[0], pictures[1], pictures[0].copy()])
    assert [each.label for each in first] == [each.label for each in second]
    assert [each.score for each in first] == pytest.approx([each.score for each in second], abs=1e-4)
    assert first != other


def test_the_same_picture_always_gets_the_same_answer(model, pictures):
    assert model.detect(pictures[:2]) == model.detect(pictures[:2])


def test_boxes_lie_inside_the_picture(model, pictures):
    for picture, found in zip(pictures, model.detect(pictures), strict=True):
        height, width = picture.shape[:2]
        assert all(each.box[2] <= width and each.box[3] <= height for each in found)


def test_the_best_comes_first(model, pictures):
    for found in model.detect(pictures):
        scores = [each.score for each in found]
        assert scores == sorted(scores, reverse=True)


def test_no_pictures_give_no_answers(model):
    assert model.detect([]) == []


def test_a_detection_names_the_weights_and_a_label_of_theirs(model, pictures):
    card = model.card
    for each in model.detect(pictures[:1])[0]:
        assert each.model_id == card.id
        assert each.label in card.labels


def test_the_card_tells_the_weights_by_name_and_hash(model):
    name, _, digest = model.card.id.rpartition("@")
    assert name
    assert len(model.card.sha256) == 64
    assert model.card.sha256.startswith(digest)
    assert len(digest) == 8


def test_pictures_are_left_as_they_were(model, pictures):
    before = [picture.copy() for picture in pictures]
    model.detect(pictures)
    assert all(np.array_equal(one, two) for one, two in zip(before, pictures, strict=True))


def test_a_cut_out_of_a_larger_picture_is_seen_like_a_copy_of_it(model, pictures):
    cut = pictures[3][100:580, 200:840]
    assert model.detect([cut]) == model.detect([cut.copy()])


def test_threads_may_share_it(model, pictures):
    alone = [model.detect([picture])[0] for picture in pictures]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda place: model.detect([pictures[place % 4]])[0], range(24)))
    assert all(alike(answer, alone[place % 4]) for place, answer in enumerate(answers))


def test_a_closed_model_says_so(make, pictures):
    model = make()
    model.detect(pictures[:1])
    model.close()
    model.close()
    with pytest.raises(ModelError, match="closed"):
        model.detect(pictures[:1])
