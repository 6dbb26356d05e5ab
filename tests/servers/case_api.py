"""A whole case API for tests: real store, real folder, real accounts, a clock that is set by hand."""

from __future__ import annotations

import atexit
import functools
import json
import ssl
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import httpx
import numpy as np
from argon2 import PasswordHasher
from fastapi import FastAPI

from api.accounts import Accounts
from api.casework import Casework
from api.evidence import FolderEvidence
from api.http.app import create_app
from api.http.deps import Deps
from api.http.events import Broadcaster
from api.passwords import Passwords
from api.store.opening import open_store
from configs.matters import Catalogue, Matter, Names, Rule
from configs.settings import CitySettings
from tests.servers.http import Serving

PASSWORD = "a good long password"
_NO_TLS = ssl.create_default_context()
"""Shared, as making one takes longer than most tests."""
WRITE = {"X-Requested-With": "gridpatrol"}
CATALOGUE = Catalogue(
    matters=(
        Matter(key="exposed_garbage", names=Names(zh="暴露垃圾", en="Exposed garbage"), labels=("garbage",)),
        Matter(key="illegal_ad", names=Names(zh="非法小广告", en="Illegal ad"), labels=("ad",)),
        Matter(
            key="street_vending",
            names=Names(zh="占道经营", en="Street vending"),
            labels=("stall",),
            rule=Rule(auto_case_score=0.9),
        ),
    )
)


@dataclass
class Clock:
    """A clock set by hand; starts at noon UTC, which is evening in the city."""

    moment: datetime = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **span: float) -> None:
        self.moment += timedelta(**span)


def cheap_passwords() -> Passwords:
    """Real argon2, made quick."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def jpeg(seed: int = 0, *, size: tuple[int, int] = (64, 48)) -> bytes:
    """A real JPEG, another one for each seed."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return cv2.imencode(".jpg", pixels)[1].tobytes()


def incident_id(number: int) -> str:
    return f"{number:032x}"


def report(number: int = 1, sequence: int = 0, **changes) -> dict:
    """The JSON of a report of incident ``number``."""
    captured = datetime(2026, 7, 1, 11, 59, tzinfo=UTC) + timedelta(seconds=sequence)
    return {
        "incident_id": incident_id(number),
        "sequence": sequence,
        "kind": "confirmed" if sequence == 0 else "seen",
        "feed_id": "cam-1",
        "feed_name": "East gate",
        "matter": "exposed_garbage",
        "label": "garbage",
        "score": 0.8,
        "box": [0.25, 0.25, 0.75, 0.75],
        "captured_at": captured.isoformat(),
        "first_seen": "2026-07-01T11:50:00+00:00",
        "last_seen": captured.isoformat(),
        "sightings": 2 + sequence,
        "place": {"lon": 114.3, "lat": 30.6, "accuracy_m": 5.0, "method": "homography"},
        "cell": {"id": "420106001001001", "relation": "inside", "distance_m": 0.0},
        "model_id": "starter@1a2b3c4d",
        **changes,
    }


@dataclass
class CaseApi:
    """The API on a real server, with a client for each kind of caller."""

    deps: Deps
    clock: Clock
    machine_token: str
    server: Serving
    own_server: bool
    clients: list[httpx.Client] = field(default_factory=list)

    def client(self, **options) -> httpx.Client:
        client = httpx.Client(base_url=self.server.url, timeout=10, verify=_NO_TLS, **options)
        self.clients.append(client)
        return client

    def person(self, role: str = "operator", username: str | None = None) -> httpx.Client:
        """A client that is logged in."""
        username = username or role
        self.deps.accounts.create(username, PASSWORD, role)
        client = self.client(headers=WRITE)
        answer = client.post("/api/v1/session", json={"username": username, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return client

    def machine(self) -> httpx.Client:
        return self.client(headers={"Authorization": f"Bearer {self.machine_token}"})

    def close(self) -> None:
        for client in self.clients:
            client.close()
        self.deps.events.close()
        if self.own_server:
            self.server.close()
        self.deps.store.close()


def post_report(client: httpx.Client, body: dict, *, picture: bytes | None = None, key: str | None = None):
    """Post a report the way the patrol does."""
    return client.post(
        "/api/v1/incidents",
        data={"report": json.dumps(body)},
        files={"evidence": ("evidence.jpg", picture, "image/jpeg")} if picture else {"_": b""},
        headers={"Idempotency-Key": key or f"{body['incident_id']}:{body['sequence']}"},
    )


@functools.cache
def empty_database() -> bytes:
    """A database with its tables, made once: making them takes longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        open_store(f"sqlite:///{folder}/cases.db").close()
        return Path(folder, "cases.db").read_bytes()


def build(
    folder: Path, *, url: str | None = None, busy_timeout_s: float = 5.0, clock: Clock | None = None, **options
) -> CaseApi:
    """Build an API in ``folder``; ``options`` go to ``Deps`` and, where they say where or how, to the evidence."""
    clock = clock or Clock()
    if url is None:
        (folder / "cases.db").write_bytes(empty_database())
    store = open_store(url or f"sqlite:///{folder}/cases.db", busy_timeout_s=busy_timeout_s)
    limits = {name: options.pop(name) for name in ("min_free_bytes", "free_bytes") if name in options}
    evidence = options.pop("evidence", None)
    if evidence is None:
        evidence = FolderEvidence(options.pop("evidence_folder", folder / "evidence"), **limits)
    casework = Casework(store, evidence, CATALOGUE, ZoneInfo("Asia/Shanghai"), clock)
    accounts = Accounts(store, now=clock, passwords=cheap_passwords())
    own_server = bool(options)
    options.setdefault("events", Broadcaster(heartbeat_s=0.2))
    deps = Deps(casework, accounts, CitySettings(name="Testville", notice="demonstration"), **options)
    server = Serving(create_app(deps)) if own_server else _shared_server(deps)
    return CaseApi(deps, clock, accounts.issue_token("patrol", "machine"), server, own_server)


def _shared_server(deps: Deps) -> Serving:
    """The one server of all tests that need nothing special, answering from ``deps`` now: making one takes long."""
    app, server = _shared()
    app.state.deps = deps
    return server


@functools.cache
def _shared() -> tuple[FastAPI, Serving]:
    with tempfile.TemporaryDirectory() as folder:
        api = build(Path(folder), map_tiles=None)
        api.close()
    app = create_app(api.deps)
    server = Serving(app)
    atexit.register(server.close)
    return app, server
