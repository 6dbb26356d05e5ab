"""Roboflow's ``InferencePipeline`` over a list of streams, with our weights as its custom logic.

Needs an environment of its own with ``inference`` and ``ultralytics`` in it; ``PEER_ROBOFLOW_PYTHON`` names its
interpreter. It decodes every frame of every feed, and is asked for at most one of each per interval (``max_fps``).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from inference import InferencePipeline
from ultralytics import YOLO

sys.path.insert(0, str(Path(__file__).parent))

from orders import looked, orders


def main() -> None:
    told = orders()
    feeds = list(told["urls"])
    model = YOLO(told["weights"])

    def predict(frames: list[Any]) -> list[Any]:
        results = []
        for frame in frames:
            results += model.predict(frame.image, imgsz=told["input_px"], verbose=False)
            looked(feeds[frame.source_id])
        return results

    pipeline = InferencePipeline.init_with_custom_logic(
        video_reference=list(told["urls"].values()),
        on_video_frame=predict,
        on_prediction=lambda _predictions, _frames: None,
        max_fps=1 / told["interval_s"],
    )
    pipeline.start()
    pipeline.join()


if __name__ == "__main__":
    main()
