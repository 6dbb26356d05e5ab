"""A case through a whole installation: looked at again when its handler reports it done, over killed processes."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow.parquet as pq
import pytest

from detector.backends.scripted import picture_key
from streams.frame import Image
from streams.source import Limits
from streams.sources.picture import decode
from tests.e2e.patrol_city import camera, eventually, incidents, running, write_config
from tests.servers.camera import Camera
from tests.servers.clips import jpeg, scene

pytestmark = pytest.mark.timeout(240)
HEAP = {"label": "garbage", "score": 0.9, "box": [50, 100, 150, 200]}
TIMES = {"interval_s": 900, "follow_up_s": 1, "frozen_after": 9999, "view": {"guard": False}}


def street(*, dirty: bool) -> bytes:
    """A camera's picture, with a heap or swept."""
    view: Image = np.ascontiguousarray(scene(1))
    if dirty:
        view[100:200, 50:150] = (40, 60, 90)
    return jpeg(view)


def truth(folder: Path) -> Path:
    """Write what the scripted model sees: the heap in the dirty picture, and nothing in any other."""
    image, _ = decode(street(dirty=True), whence="the test's picture", limits=Limits())
    file = folder / "truth.json"
    file.write_text(json.dumps({picture_key(image): [HEAP]}))
    return file


def ask(client: httpx.Client, case: str, **body: Any) -> None:
    client.post(f"/cases/{case}/rechecks", json=body).raise_for_status()


def state(client: httpx.Client, case: str) -> str:
    """Return how the case's last re-check stands; "" while the API is away."""
    try:
        return str(client.get(f"/cases/{case}").json()["rechecks"][-1]["state"])
    except (httpx.HTTPError, KeyError):
        return ""


def visits(config: Path) -> list[dict[str, Any]]:
    files = (config / "var" / "log" / "visits").rglob("*.parquet")
    return [row for file in files for row in pq.read_table(file, partitioning=None).to_pylist()]


def test_a_case_is_returned_while_the_heap_lies_there_and_verified_when_it_is_swept(tmp_path):
    with Camera() as eye:
        eye.picture = street(dirty=True)
        config = write_config(
            tmp_path / "city",
            [camera("eye-01", eye.url("/fixed.jpg"))],
            patrol=TIMES,
            model={"backend": "scripted", "truth": str(truth(tmp_path))},
            recheck={"again_s": 1, "blind_first_s": 1},
        )
        with running(config) as city, city.operator() as client:
            (found,) = eventually(lambda: incidents(client), what="the finding")
            verdict = client.post(f"/incidents/{found['id']}/verdicts", json={"kind": "confirm"})
            case = verdict.json()["case_id"]

            ask(client, case, why="handled", note="swept, the contractor says")
            eventually(lambda: state(client, case) == "there", what="the heap, seen again")

            eye.picture = street(dirty=False)
            ask(client, case, why="handled")
            for process in ("patrol", "serve-api"):
                os.kill(city.child(process), signal.SIGKILL)
            eventually(lambda: state(client, case) == "clean", what="the verified case")
            kinds = [line["kind"] for line in client.get(f"/cases/{case}/events").json()]
            assert [kind for kind in kinds if kind not in ("seen", "gone")] == [
                "filed",
                "recheck",
                "returned",
                "recheck",
                "verified",
            ]
            assert city.stop() == 0
        made = [one for one in visits(config) if one["why"] == f"{case}: its handler reports it done"]
        assert {one["kind"] for one in made} == {"follow_up"}
        assert len(made) <= 6
