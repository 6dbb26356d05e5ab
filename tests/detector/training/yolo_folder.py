"""Small drawn datasets in YOLO form: one red square a picture, on grey noise."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np


def write_dataset(root: Path, *, names: list[str], train: int = 6, val: int = 3, prefix: str = "drawn_") -> Path:
    """Write ``train`` and ``val`` pictures of 96 px with one box of class 0 each; return the ``data.yaml``."""
    random = np.random.default_rng(7)
    for split, count in (("train", train), ("val", val)):
        for kind in ("images", "labels"):
            (root / kind / split).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            picture = random.integers(90, 120, (96, 96, 3), dtype=np.uint8)
            x, y = (int(value) for value in random.integers(5, 55, 2))
            picture[y : y + 32, x : x + 32] = (30, 30, 220)
            name = f"{prefix}{split}{number:02}"
            cv2.imwrite(str(root / "images" / split / f"{name}.jpg"), picture)
            centre = f"{(x + 16) / 96:.4f} {(y + 16) / 96:.4f} 0.3333 0.3333"
            (root / "labels" / split / f"{name}.txt").write_text(f"0 {centre}\n", encoding="utf-8")
    listed = ", ".join(names)
    data = root / "data.yaml"
    data.write_text(f"path: .\ntrain: images/train\nval: images/val\nnames: [{listed}]\n", encoding="utf-8")
    return data
