"""Real pictures and weights for the detector's tests."""

from __future__ import annotations

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest

from detector.backends.openvino import OpenVinoModel
from detector.backends.options import Options
from detector.manifest import Manifest
from detector.model import Image
from detector.weights import Weights

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"


@dataclass(frozen=True)
class Still:
    """A real picture and what it shows, as ``samples.csv`` says: garbage, overflow or bins only."""

    name: str
    shows: str
    image: Image


@pytest.fixture(scope="session", autouse=True)
def _quiet_ultralytics(tmp_path_factory):
    os.environ.setdefault("YOLO_CONFIG_DIR", str(tmp_path_factory.mktemp("ultralytics")))
    os.environ.setdefault("YOLO_OFFLINE", "true")


@pytest.fixture(scope="session")
def stills() -> tuple[Still, ...]:
    listing = SHARED / "samples" / "samples.csv"
    if not listing.exists():
        pytest.skip("needs the sample pictures in ../shared/samples")
    with listing.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["file"].startswith("stills/")]
    return tuple(Still(row["file"], row["shows"], cv2.imread(str(listing.parent / row["file"]))) for row in rows)


@pytest.fixture(scope="session")
def starter_pt() -> Path:
    path = SHARED / "weights" / "starter.pt"
    if not path.exists():
        pytest.skip("needs the checkpoint ../shared/weights/starter.pt")
    return path


@pytest.fixture(scope="session")
def starter() -> Weights:
    """The weights that are shipped."""
    return Manifest.load(ROOT / "models" / "manifest.yaml").verify("gridpatrol-starter")


@pytest.fixture(scope="session")
def shipped(starter):
    """The shipped weights as they run by default."""
    model = OpenVinoModel(starter, Options())
    yield model
    model.close()
