"""The closer look in a whole patrol: its own schedule, capture processes, model and log."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from api.datafolder import DataFolder
from api.wiring.patrol import build_patrol
from configs.loading import load_configuration
from tests.e2e.patrol_city import StillCamera, camera, eventually, stills_folder, write_config

pytestmark = pytest.mark.timeout(240)
AROUND_THE_HEAP = [[0.43, 0.33], [0.53, 0.33], [0.53, 0.48], [0.43, 0.48]]


def test_a_patrol_confirms_by_its_main_stream_what_its_sub_stream_doubts(tmp_path):
    """The heap scores 0.48 in the sub-stream; its zone asks for 0.6, which only the main stream's picture reaches."""
    six = [cv2.imread(str(path)) for path in sorted(stills_folder().glob("*.jpg"))[:6]]
    street = np.vstack([np.hstack(six[:3]), np.hstack(six[3:])])
    zone = {"name": "heap", "polygon": AROUND_THE_HEAP, "anchor": "centre", "min_score": 0.6}
    with (
        StillCamera(cv2.resize(street, (704, 576), interpolation=cv2.INTER_AREA)) as sub,
        StillCamera(street) as main,
    ):
        feed = camera("cam-01", sub.url("/live.jpg"), main_url=main.url("/live.jpg"), zones=[zone])
        patrol = {"interval_s": 2, "workers": 2, "capture": {"processes": 1}, "closer_look": {"margin": 0.3}}
        written = write_config(tmp_path / "city", [feed], patrol=patrol, model={"precision": "f32"})
        configuration = load_configuration(written, environ={})
        folder, stop = DataFolder(tmp_path / "var"), threading.Event()
        folder.path.mkdir()
        process = build_patrol(configuration, folder, token="t", stop=stop)
        running = threading.Thread(target=process.run)
        running.start()
        try:
            eventually(lambda: len(process.memory.ledger.open_incidents()) == 1 or None, within_s=120)
        finally:
            stop.set()
            running.join()

    rows = [row for file in folder.log.glob("closer/*/*.parquet") for row in pq.read_table(file).to_pylist()]
    assert {row["said"] for row in rows} == {"confirmed"}
    assert all(row["score"] < 0.6 < row["closer_score"] for row in rows)
