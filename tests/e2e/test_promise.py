"""The promise through a whole installation: a camera that goes blind is an alarm everywhere until it sees again."""

from __future__ import annotations

import json

import httpx
import pytest
from typer.testing import CliRunner

from api.cli import app
from tests.e2e.patrol_city import Running, camera, eventually, running, write_config
from tests.servers.camera import Camera

pytestmark = pytest.mark.timeout(240)
TIMES = {"interval_s": 1, "promise_s": 10, "workers": 2, "backoff_first_s": 1, "backoff_limit_s": 2}
BROKEN = "promise of plan default broken: 1 of 1 feeds were not seen within 10 s; for longest eye-01"


class Eye(Camera):
    """A camera that can be made to send nothing."""

    blind = False

    def next_picture(self) -> bytes:
        return b"" if self.blind else super().next_picture()


def told(city: Running, *command: str) -> str:
    done = CliRunner().invoke(app, [*command, "--config", str(city.config)], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.output
    return done.stdout


def patrol(client: httpx.Client) -> dict:
    """What the patrol says of itself; nothing is broken before it said anything."""
    said = client.get("/patrol").json()["patrol"] or {}
    return {"broken": [promise["broken"] for promise in said.get("promises", [])], "trouble": said.get("trouble", [])}


def test_a_blind_camera_is_an_alarm_until_it_sees_again_and_the_report_tells_of_it(tmp_path):
    with Eye() as eye:
        config = write_config(tmp_path / "city", [camera("eye-01", eye.url("/live.jpg"))], patrol=TIMES)
        with running(config) as city, city.operator() as client:
            eventually(lambda: client.get("/feeds/eye-01").json().get("last_seen_at"), what="the first look")
            eye.blind = True
            eventually(lambda: patrol(client)["broken"] == [1], what="the alarm")
            assert patrol(client)["trouble"][0].startswith(BROKEN)
            assert "each feed seen within 10 s, BROKEN for 1 of 1" in told(city, "status")
            assert 'gridpatrol_promise_broken{plan="default"} 1.0' in client.get(f"{city.address}/metrics").text
            eye.blind = False
            eventually(lambda: patrol(client) == {"broken": [0], "trouble": []}, what="its end")
            assert city.log.index("promise_broken") < city.log.index("promise_kept_again")
        report = json.loads(told(city, "coverage", "--json", "--by", "feed"))

    (row,) = report["rows"]
    assert (row["feed"], row["name"]) == ("eye-01", "eye-01 路口")
    assert row["seen"] > 0
    assert row["blind"]["not_an_image"] > 0
    assert report["plans"] == ["default"]
