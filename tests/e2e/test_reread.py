"""The configuration of a running patrol is changed: it is taken up, or told; everybody keeps the turn.

How long the patrol looked at nothing is printed (``pytest -s``). The case API has its own test_api_rereading.py.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from api.datafolder import DataFolder
from api.http.feedshapes import PatrolStatus
from streams.roster import read_rosters
from tests.e2e.patrol_city import PROJECT, free_port
from tests.servers import patrols
from tests.servers.case_api import build
from tests.servers.patrols import HEAP, Street, WallClock

pytestmark = pytest.mark.timeout(600)
eventually = partial(patrols.eventually, within_s=150)
"""Starting anew takes seconds, or a minute where the machine has other work."""


class City:
    """Five snapshot cameras and a dead one, the case API in this process, and a patrol of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.street = folder, Street()
        (folder / "cases").mkdir()
        self.api = build(folder / "cases", clock=WallClock(), map_tiles=None)
        data = DataFolder(folder / "var")
        data.prepare()
        data.write_token(self.api.machine_token)
        self.settings = {
            "data_dir": str(data.path),
            "http": {"port": int(self.api.server.url.rpartition(":")[2])},
            "model": {"backend": "scripted", "truth": "truth.json"},
            # Looked at in threads: capture processes only take longer to start.
            "patrol": {"interval_s": 1, "workers": 4, "backoff_first_s": 600, "capture": {"processes": 0}},
        }
        self.dead = {"id": "dead", "url": "http://127.0.0.1:9/dead.jpg"}
        (folder / "truth.json").write_text(json.dumps({"*": [HEAP]}))
        self.write_settings()
        self.write_feeds(*self.cameras(5), self.dead)
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "api", "patrol", "--config", str(folder)],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def log(self) -> Path:
        return self.folder / "patrol.log"

    def cameras(self, count: int) -> list[dict[str, Any]]:
        return [self.camera(f"cam{number}") for number in range(count)]

    def camera(self, name: str) -> dict[str, Any]:
        return {"id": name, "url": f"http://127.0.0.1:{self.street.port}/{name}.jpg"}

    def write_settings(self, **changes: Any) -> None:
        YAML(typ="safe").dump(self.settings | changes, self.folder / "gridpatrol.yaml")

    def write_feeds(self, *feeds: dict[str, Any]) -> None:
        YAML(typ="safe").dump({"feeds": list(feeds)}, self.folder / "feeds.yaml")

    def patrol(self) -> PatrolStatus | None:
        """Return the patrol's state as it was last told."""
        with self.api.deps.store.reading() as book:
            known = book.feeds.patrol()
        return known[0] if known else None

    def trouble(self) -> list[str]:
        """Return what the patrol says of its configuration."""
        state = self.patrol()
        return [one for one in state.trouble if "the configuration it has" in one] if state else []

    def line(self, feed_id: str):
        """Return a feed as it was last told, or None."""
        with self.api.deps.store.reading() as book:
            known = book.feeds.get(feed_id)
        return known.report if known else None

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.street.close()
        self.api.close()


@pytest.fixture
def city(tmp_path) -> Iterator[City]:
    city = City(tmp_path)
    try:
        yield city
    except BaseException:
        sys.stderr.write(city.log.read_text(errors="replace"))
        raise
    finally:
        city.close()


def longest_pause_s(street: Street, *, since: float) -> float:
    """Return for how long no camera at all was looked at."""
    times = sorted(at for visits in list(street.visits.values()) for at in list(visits) if at >= since)
    return max(later - earlier for earlier, later in pairwise(times))


def test_what_was_changed_is_taken_up_and_what_cannot_be_is_told(city):
    eventually(lambda: city.line("dead") and city.line("dead").failures, what="the dead camera's failure")
    eventually(lambda: city.line("cam0").visits, what="visits")
    retry_at = city.line("dead").next_visit_at
    assert city.line("dead").every_s == {"default": 1.0}, "in no plan"

    begun = time.monotonic()
    city.write_feeds(*city.cameras(5)[1:], city.dead, city.camera("new"))
    eventually(lambda: city.street.visits["new"], what="a visit of the new camera")
    print(f"reload: {longest_pause_s(city.street, since=begun):.1f} s without a look")  # noqa: T201 - measured
    eventually(lambda: city.line("cam0") is None, what="the camera's end")
    assert city.patrol().pid == city.process.pid
    assert (city.line("dead").failures, city.line("dead").outcome) == (1, "unreachable")
    assert abs((city.line("dead").next_visit_at - retry_at).total_seconds()) < 1
    rosters = read_rosters(city.folder / "var" / "log", datetime.now(UTC), datetime.now(UTC))
    assert [one.id for one in rosters[-1].feeds] == ["cam1", "cam2", "cam3", "cam4", "dead", "new"]

    started_at = city.patrol().started_at
    good = (city.folder / "feeds.yaml").read_text()
    city.write_feeds(city.camera("new") | {"intervall_s": 3})
    (told,) = eventually(city.trouble, what="the mistake")
    assert told.startswith(f"{city.folder / 'feeds.yaml'}:")
    assert "feeds[0].intervall_s" in told
    looked = len(city.street.visits["new"])
    eventually(lambda: len(city.street.visits["new"]) > looked + 1, what="visits all the same")
    (city.folder / "feeds.yaml").write_text(good)
    eventually(lambda: not city.trouble(), what="the end of the trouble")

    city.write_settings(http={"port": free_port()})
    (told,) = eventually(city.trouble, what="the port")
    assert "http.port: a change of it needs a restart" in told
    city.write_settings()
    eventually(lambda: not city.trouble(), what="the end of the trouble")
    assert city.patrol().started_at == started_at

    city.write_feeds(*city.cameras(2), city.dead | {"url": city.camera("dead")["url"]})
    eventually(lambda: city.street.visits["dead"], what="the mended camera, long before its next try")
