"""What is shipped does not tell of the machine that trained."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="pip install 'gridpatrol[training]'")
pytest.importorskip("ultralytics", reason="pip install 'gridpatrol[training]'")


def test_paths_and_repository_are_gone_and_the_network_answers_as_before(tmp_path) -> None:
    from ultralytics import YOLO  # noqa: PLC0415
    from ultralytics.nn.tasks import DetectionModel  # noqa: PLC0415

    from detector.training.anonymous import make_anonymous  # noqa: PLC0415

    torch.manual_seed(1)
    model = DetectionModel("yolo11n.yaml", nc=2, verbose=False)
    model.names = {0: "garbage", 1: "ad"}
    model.args = {"task": "detect", "imgsz": 512, "project": "/home/somebody/runs"}
    model.pt_path = "/home/somebody/base.pt"
    told = {"model": model, "ema": None, "train_args": dict(model.args), "git": {"root": "/home/somebody"}}
    path = tmp_path / "best.pt"
    torch.save(told, path)
    picture = torch.rand(1, 3, 64, 64)
    before = model.eval()(picture)[0]

    make_anonymous(path)

    assert b"somebody" not in path.read_bytes()
    kept = YOLO(str(path))
    assert kept.names == {0: "garbage", 1: "ad"}
    assert torch.allclose(kept.model.eval()(picture)[0], before, atol=1e-5)
    assert kept.overrides["imgsz"] == 512
