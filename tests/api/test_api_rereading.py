"""The case API goes over to a changed configuration while people work: nobody is logged out, nothing is dropped."""

from __future__ import annotations

import queue
import threading
from pathlib import Path

import httpx
import pytest
from ruamel.yaml import YAML

from api.datafolder import installed
from api.wiring.accounts import FIRST_USER, ready_accounts
from api.wiring.server import serve
from configs.loading import load_configuration
from tests.e2e.patrol_city import WRITE, eventually, free_port

pytestmark = pytest.mark.timeout(120)


class Office:
    """The case API of a small city, served, and a person who is logged in."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "gridpatrol.yaml"
        self.settings = {
            "data_dir": str(folder / "var"),
            "http": {"host": "127.0.0.1", "port": free_port()},
            "model": {"backend": "scripted", "truth": "truth.json"},
            "city": {"name": "旧城"},
        }
        (folder / "truth.json").write_text("{}")
        (folder / "feeds.yaml").write_text("feeds:\n- {id: gate, url: 'http://10.0.0.1/a.jpg'}\n")
        self.write()
        self.configuration = load_configuration(folder, environ={})
        self.data = installed(self.configuration.settings)
        self.data.prepare()
        password = ready_accounts(self.configuration.settings, self.data)
        self._stops: queue.SimpleQueue = queue.SimpleQueue()
        self._thread = threading.Thread(
            target=serve, args=(self.configuration, self.data), kwargs={"on_start": self._stops.put}
        )
        self._thread.start()
        base = f"http://127.0.0.1:{self.settings['http']['port']}/api/v1"
        self.client = httpx.Client(base_url=base, headers=WRITE, timeout=20, trust_env=False)
        eventually(self._answers, what="the API")
        self.client.post("/session", json={"username": FIRST_USER, "password": password}).raise_for_status()

    def write(self, **changes: object) -> None:
        YAML(typ="safe").dump(self.settings | changes, self.file)

    def asked(self, path: str):
        return self.client.get(path).raise_for_status().json()

    def following(self) -> threading.Thread:
        """Follow the events until the server ends the stream; return once it is open."""
        opened = threading.Event()
        token = self.data.read_token()

        def follow() -> None:
            with httpx.stream(
                "GET",
                f"{self.client.base_url}events",
                headers={"Authorization": f"Bearer {token}"},
                timeout=20,
                trust_env=False,
            ) as stream:
                opened.set()
                for _ in stream.iter_lines():
                    pass

        thread = threading.Thread(target=follow, daemon=True)
        thread.start()
        assert opened.wait(20)
        return thread

    def close(self) -> None:
        self._stops.get()()
        self._thread.join()
        self.client.close()

    def _answers(self) -> bool:
        try:
            return self.client.get("/session").status_code == 401
        except httpx.HTTPError:
            return False


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path)
    yield office
    office.close()


def test_it_answers_by_the_new_configuration_and_drops_nothing(office):
    answers: list[int] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.wait(0.01):
            answers.append(office.client.get("/incidents").status_code)

    asker = threading.Thread(target=ask)
    asker.start()
    following = office.following()
    office.write(city={"name": "新城", "notice": "试点"})
    eventually(lambda: office.asked("/session")["city"] == "新城", what="the new name")
    stop.set()
    asker.join()
    assert office.asked("/session")["notice"] == "试点"
    assert set(answers) == {200}
    assert following.is_alive(), "the stream of events goes on"


def test_a_mistake_is_told_and_changes_nothing(office):
    office.write(city={"nme": "新城"})
    (told,) = eventually(lambda: office.asked("/patrol")["trouble"], what="the mistake")
    assert told.startswith(f"{office.file}:")
    assert "city.nme" in told
    assert told.endswith("until then the case API goes on with the configuration it has")
    assert office.asked("/session")["city"] == "旧城"
    office.write()
    eventually(lambda: not office.asked("/patrol")["trouble"], what="its end")


def test_pictures_are_kept_by_the_new_settings(office, tmp_path):
    elsewhere = tmp_path / "pictures"
    office.write(evidence={"store": f"file://{elsewhere}"})
    eventually(elsewhere.is_dir, what="the new folder")
