"""A small drawn city behind the real case API, for the console: grid, feeds, a patrol's word and incidents."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np

from tests.servers.case_api import CaseApi, build, incident_id, post_report, report

USER = "operator"
DIST = Path(__file__).parents[2] / "api" / "web" / "dist"
GRID = Path(__file__).parents[2] / "configs" / "grids" / "yuzhong-demo.geojson"
PICTURE = (960, 540)
UNREACHABLE = "nothing answers at 10.0.0.9:554 (connection refused); check the camera's network and address"
_MATTERS = (("exposed_garbage", "garbage"), ("illegal_ad", "ad"), ("street_vending", "stall"))


@dataclass
class City:
    """The API with a patrol that reports to it, and the password that a first start would print."""

    api: CaseApi
    patrol: httpx.Client
    password: str
    cells: Sequence[dict[str, Any]]

    def report(self, number: int, sequence: int = 0, **changes: Any) -> str:
        """Post incident ``number`` with a drawn picture, and return its id."""
        matter, label = _MATTERS[number % len(_MATTERS)]
        box = box_of(number)
        captured = self.api.clock() - timedelta(seconds=90 - 5 * sequence)
        lon, lat = middle(self.cells[number % len(self.cells)])
        body = report(number, sequence) | {
            "feed_id": f"cam-{number % 4 + 1:02d}",
            "feed_name": f"解放碑路口 {number % 4 + 1}",
            "matter": matter,
            "label": label,
            "score": round(0.62 + 0.03 * (number % 9), 2),
            "box": box,
            "captured_at": captured.isoformat(),
            "first_seen": (captured - timedelta(minutes=10)).isoformat(),
            "last_seen": captured.isoformat(),
            "place": {"lon": lon, "lat": lat, "accuracy_m": 6 + number % 5 * 4, "method": "homography"},
            "cell": {"id": self.cells[number % len(self.cells)]["properties"]["id"], "relation": "inside"},
            "synthetic": True,
        }
        post_report(self.patrol, body | changes, picture=street(number + 100 * sequence, box)).raise_for_status()
        return incident_id(number)

    def tell_health(self, feeds: Sequence[dict[str, Any]] | None = None, **patrol: Any) -> None:
        """Post the patrol's state; by default four feeds, one of which cannot be reached."""
        told = list(feeds) if feeds is not None else [self.feed(number) for number in range(1, 5)]
        outcomes = [feed["outcome"] for feed in told]
        status = {
            "at": self.api.clock().isoformat(),
            "started_at": (self.api.clock() - timedelta(hours=3)).isoformat(),
            "pid": 1,
            "feeds": len(told),
            "outcomes": {outcome: outcomes.count(outcome) for outcome in outcomes},
            "visits": 1234,
            "visits_per_s": 0.8,
            "late": 0,
            "suspects": 2,
            "incidents": 3,
            "outbox": 0,
            "model_id": "starter@1a2b3c4d",
            "synthetic": True,
        }
        body = {"patrol": status | patrol, "feeds": told, "complete": True}
        self.patrol.post("/api/v1/feeds/health", json=body).raise_for_status()

    def show_feed(self, feed_id: str, number: int) -> None:
        """Put a last picture to a feed."""
        jpeg = street(number, None)
        headers = {"Content-Type": "image/jpeg"}
        self.patrol.put(f"/api/v1/feeds/{feed_id}/picture", content=jpeg, headers=headers).raise_for_status()

    def feed(self, number: int) -> dict[str, Any]:
        """The patrol's word on feed ``number``; the fourth cannot be reached."""
        lon, lat = middle(self.cells[5 * number])
        now, down = self.api.clock(), number == 4
        return {
            "id": f"cam-{number:02d}",
            "name": f"解放碑路口 {number}",
            "kind": "camera",
            "url": f"rtsp://***@10.0.0.{number}:554/Streaming/Channels/102",
            "owner": "渝中区城市管理局",
            "purpose": "市容巡查",
            "place": {"lon": lon, "lat": lat, "accuracy_m": 0, "method": "point"},
            "outcome": "unreachable" if down else "ok",
            "detail": UNREACHABLE if down else "",
            "last_visit_at": (now - timedelta(seconds=40)).isoformat(),
            "last_seen_at": (now - timedelta(hours=2 if down else 0, seconds=40)).isoformat(),
            "next_visit_at": (now + timedelta(minutes=4)).isoformat(),
            "failures": 6 if down else 0,
            "visits": 300,
            "every_s": {"main-roads": 300, "schools": 90} if down else {"default": 600},
        }

    def close(self) -> None:
        """Stop the server."""
        self.api.close()


def open_city(folder: Path, **options: Any) -> City:
    """Start the API in ``folder`` with the demonstration grid and the built console."""
    grid = json.loads(GRID.read_text("utf-8"))
    api = build(folder, cells=grid, web_dist=DIST, **options)
    api.clock.moment = datetime.now(UTC)
    password = api.deps.accounts.ensure_one_time(USER)
    assert password is not None
    cells = sorted(grid["features"], key=lambda cell: cell["properties"]["id"])
    return City(api, api.machine(), password, cells)


def middle(cell: dict[str, Any]) -> tuple[float, float]:
    """The mean of a cell's corners, (lon, lat)."""
    ring = np.array(cell["geometry"]["coordinates"][0])
    lon, lat = ring[:-1].mean(axis=0)
    return float(lon), float(lat)


def box_of(number: int) -> list[float]:
    """Where the thing lies in picture ``number``, normalised."""
    left, top = 0.15 + 0.09 * (number % 6), 0.5 + 0.04 * (number % 4)
    return [round(value, 3) for value in (left, top, left + 0.17, top + 0.2)]


def street(seed: int, box: Sequence[float] | None) -> bytes:
    """A drawn street as a JPEG, with a heap of bags in the box."""
    width, height = PICTURE
    chance = np.random.default_rng(seed)
    sky = np.linspace(90, 150, height, dtype=np.float32)[:, None, None] * np.array([1.0, 0.95, 0.9])
    image = np.broadcast_to(sky, (height, width, 3)).astype(np.uint8).copy()
    for left in range(0, width, 120):
        roof = int(chance.integers(60, 200))
        tone = int(chance.integers(70, 140))
        cv2.rectangle(image, (left, roof), (left + 112, 330), (tone, tone + 6, tone + 12), -1)
    cv2.rectangle(image, (0, 330), (width, height), (96, 98, 100), -1)
    cv2.line(image, (0, 335), (width, 335), (150, 150, 150), 6)
    if box is not None:
        _heap(image, box, chance)
    noisy = image.astype(np.int16) + chance.integers(-6, 7, image.shape)
    return cv2.imencode(".jpg", np.clip(noisy, 0, 255).astype(np.uint8))[1].tobytes()


def _heap(image: np.ndarray, box: Sequence[float], chance: np.random.Generator) -> None:
    height, width = image.shape[:2]
    x1, y1, x2, y2 = (round(share * size) for share, size in zip(box, (width, height) * 2, strict=True))
    for _ in range(24):
        x, y = int(chance.integers(x1 + 14, x2 - 14)), int(chance.integers((y1 + y2) // 2, y2 - 10))
        colour = tuple(int(part) for part in chance.integers(20, 220, 3))
        cv2.ellipse(image, (x, y), (14, 10), int(chance.integers(0, 180)), 0, 360, colour, -1)
