"""CPU per visit by source kind, against the floor measured in the same run.

The floor is what no implementation can save: decoding one key frame of the same picture from a local file, and one
forward pass of the same weights. A visit is the product's own: capture under its deadline, sight, model, zones,
projection, grid, grouping, ledger, log. CPU is this process's own (the servers are others), in milliseconds.

    .venv/bin/python tests/bench/bench_visits.py [--json] [--rounds N]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import av
import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from api.board import Board
from api.http.schemas import FeedReport
from api.lookout import Lookout
from api.visiting import Visiting
from api.watch import Watch
from api.wiring.feeds import source_of
from configs.feeds import FeedSettings
from configs.matters import Catalogue
from configs.settings import EvidenceSettings, ModelSettings, Settings
from configs.yamlfile import read_yaml
from detector.loading import load_model
from detector.log import ParquetLog
from gridmap.grid import Grid
from gridmap.gridfile import read_grid
from gridmap.grouping import IncidentBook
from gridmap.ledgers.sqlite import SqliteLedger
from gridmap.scene import SceneRules
from gridmap.view import View
from streams.capture import Capture
from streams.feed import Feed, Protocol
from streams.frame import Image
from streams.sight import Sight
from streams.source import Limits
from tests.e2e.patrol_city import GRID, PROJECT, still
from tests.servers.rtsp import RtspServer

STILL = "00481"
BUDGET_MS = {"rtsp_704x576_h264": 45, "rtsp_1080p_h264": 100, "snapshot_1080p": 40}
WARM_UP = 3


@dataclass(frozen=True)
class Kind:
    """A kind of feed: how it is reached, and the floor's decoding of the same picture."""

    name: str
    url: str
    protocol: Protocol
    decode: Callable[[], object]


def cpu_ms(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Return each work's median CPU milliseconds in this process, all threads counted.

    The works take turns, so that a machine that slows down slows all of them.
    """
    spent: dict[str, list[float]] = {name: [] for name in works}
    for turn in range(WARM_UP + rounds):
        for name, work in works.items():
            began = time.process_time()
            work()
            if turn >= WARM_UP:
                spent[name].append((time.process_time() - began) * 1000)
    return {name: statistics.median(values) for name, values in spent.items()}


def now() -> datetime:
    return datetime.now(UTC)


def key_frame_decoder(path: Path) -> Callable[[], Image]:
    """Return what decodes the clip's key frame and nothing else: no opening, no probing, one thread."""
    with av.open(str(path)) as clip:
        stream = clip.streams.video[0]
        extradata, packet = stream.codec_context.extradata, next(p for p in clip.demux(stream) if p.is_keyframe)
        codec, data = stream.codec_context.name, bytes(packet)

    def decode() -> Image:
        context = av.CodecContext.create(codec, "r")
        context.extradata, context.thread_count = extradata, 1
        (frame, *_) = [*context.decode(av.Packet(data)), *context.decode(None)]
        return np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)

    return decode


def catalogue() -> Catalogue:
    return Catalogue.model_validate(read_yaml(PROJECT / "configs" / "matters.yaml").value)


class Visits:
    """The product's visit, put together as the patrol does it."""

    def __init__(self, folder: Path, kinds: list[Kind]) -> None:
        self.model = load_model(
            ModelSettings(manifest=str(PROJECT / "models" / "manifest.yaml")), root=PROJECT, cache_dir=folder
        )
        self.feeds = {kind.name: Feed(kind.name, kind.name, kind.url, kind.protocol) for kind in kinds}
        place = {"lon": 106.5640, "lat": 29.5560, "datum": "wgs84"}
        views = {
            name: View.of(FeedSettings(id=name, url="x", place=place), catalogue(), "Asia/Shanghai")
            for name in self.feeds
        }
        lines = [FeedReport(id=name, name=name, kind="camera", url="") for name in self.feeds]
        lookout = Lookout(
            model=self.model,
            views=views,
            grid=Grid(read_grid(GRID, datum="wgs84")),
            sight=Sight(now=now, frozen_after=1_000_000),
            evidence=EvidenceSettings(),
            log=ParquetLog(folder / "log"),
            scenes=SceneRules(Settings()),
        )
        remembers = Watch(
            book=IncidentBook(catalogue(), new_id=iter(f"{n:032x}" for n in range(10**6)).__next__),
            ledger=SqliteLedger.open(folder / "patrol.db"),
            board=Board(lines, model_id="bench", synthetic=False, now=now, pid=0),
            evidence=EvidenceSettings(),
            log=ParquetLog(folder / "log"),
        )
        self.watch = Visiting(lookout, remembers)
        self.capture = Capture(30, now=now)
        self.sources = {
            name: source_of(feed, Limits(enough_px=self.model.card.input_px), now=now)
            for name, feed in self.feeds.items()
        }

    def visit(self, name: str) -> None:
        feed = self.feeds[name]
        visit, frame = self.capture.visit(feed, self.sources[name], due_at=now())
        outcome = self.watch(feed, visit, frame)
        if not outcome.seeing:
            raise RuntimeError(f"{name}: {outcome} {visit.detail}")


def measured(kind: Kind, visits: Visits, rounds: int) -> dict[str, object]:
    picture = kind.decode()
    spent = cpu_ms(
        {
            "decode": kind.decode,
            "forward": lambda: visits.model.detect([picture]),
            "visit": lambda: visits.visit(kind.name),
        },
        rounds,
    )
    decode_ms, forward_ms, visit_ms = spent["decode"], spent["forward"], spent["visit"]
    floor_ms = decode_ms + forward_ms
    return {
        "source": kind.name,
        "visits": rounds,
        "decode_ms": round(decode_ms, 1),
        "forward_ms": round(forward_ms, 1),
        "floor_ms": round(floor_ms, 1),
        "cpu_ms_per_visit": round(visit_ms, 1),
        "efficiency": round(floor_ms / visit_ms, 2),
        "visits_per_core_s": round(1000 / visit_ms, 1),
        "budget_ms": BUDGET_MS.get(kind.name),
    }


def kinds(folder: Path, stack: ExitStack) -> list[Kind]:
    """Serve one real street still in every way a camera would."""
    made = []
    for size, width, height in (("704x576", 704, 576), ("1080p", 1920, 1080)):
        still_file = folder / size / "1.jpg"
        still_file.parent.mkdir()
        cv2.imwrite(str(still_file), cv2.resize(still(STILL), (width, height), interpolation=cv2.INTER_CUBIC))
        clip = as_a_camera_encodes(cv2.imread(str(still_file)), folder / f"{size}.mp4")
        rtsp = stack.enter_context(RtspServer({"view": still_file.parent})).url("view")
        made.append(Kind(f"rtsp_{size}_h264", rtsp, Protocol.RTSP, key_frame_decoder(clip)))
        made.append(
            Kind(f"snapshot_{size}", snapshot_server(still_file, stack), Protocol.SNAPSHOT, partial(jpeg, still_file))
        )
    return made


def as_a_camera_encodes(picture: Image, path: Path) -> Path:
    """Write a clip with the encoder's settings of the RTSP server, whose key frame the floor decodes."""
    with av.open(str(path), "w") as clip:
        stream = clip.add_stream("libx264", rate=10, options={"preset": "ultrafast", "tune": "zerolatency"})
        stream.height, stream.width = picture.shape[:2]
        for _ in range(2):
            clip.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        clip.mux(stream.encode())
    return path


def snapshot_server(picture: Path, stack: ExitStack) -> str:
    script = PROJECT / "tests" / "servers" / "still_server.py"
    server = stack.enter_context(
        subprocess.Popen([sys.executable, "-P", str(script), str(picture)], stdout=subprocess.PIPE, text=True)
    )
    stack.callback(server.kill)
    assert server.stdout is not None
    return f"http://127.0.0.1:{server.stdout.readline().strip()}/live.jpg"


def jpeg(path: Path) -> Image:
    return np.asarray(cv2.imread(str(path)), np.uint8)


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--json", action="store_true")
    arguments.add_argument("--rounds", type=int, default=30)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        served = kinds(folder, stack)
        visits = Visits(folder, served)
        rows = [measured(kind, visits, chosen.rounds) for kind in served]
    result = {"model": visits.model.card.id, "rows": rows}
    out = PROJECT / "var" / "bench" / "visits.json"
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=2))
    if chosen.json:
        json.dump(result, sys.stdout, indent=2)
        return
    columns = ("source", "decode_ms", "forward_ms", "floor_ms", "cpu_ms_per_visit", "efficiency", "budget_ms")
    print("  ".join(f"{column:>18}" for column in columns))
    for row in rows:
        print("  ".join(f"{row[column]!s:>18}" for column in columns))


if __name__ == "__main__":
    main()
