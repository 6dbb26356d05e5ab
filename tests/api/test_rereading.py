"""A changed configuration is taken up once its files stand still and can be used; until then its mistake is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from api.rereading import FIXED, Rereading
from configs.loading import Configuration, load_configuration
from configs.settings import Settings
from detector.errors import ModelError

GRIDS = Path(__file__).parents[2] / "configs" / "grids"
FEEDS = [{"id": "gate", "url": "http://10.0.0.1/a.jpg"}]


class City:
    """A configuration in files, and a process that rereads it."""

    def __init__(self, folder: Path, **settings) -> None:
        self.folder = folder
        shutil.copy(GRIDS / "yuzhong-demo.geojson", folder / "grid.geojson")
        (folder / "truth.json").write_text("{}")
        self.settings = {
            "data_dir": str(folder / "var"),
            "model": {"backend": "scripted", "truth": "truth.json"},
            "grid": {"file": "grid.geojson", "datum": "wgs84"},
        } | settings
        self.write(gridpatrol=self.settings, feeds={"feeds": FEEDS})
        self.taken_up: list[Configuration] = []
        self.told: str | None = None
        self.unfit = ""
        self.rereading = Rereading(
            load_configuration(folder, environ={}),
            environ={},
            who="the patrol",
            take_up=self.take_up,
            tell=self.tell,
            wait=lambda _: True,
        )

    def write(self, **files: object) -> None:
        for name, content in files.items():
            text = content if isinstance(content, str) else None
            with (self.folder / f"{name}.yaml").open("w") as file:
                file.write(text) if text is not None else YAML(typ="safe").dump(content, file)

    def take_up(self, configuration: Configuration) -> None:
        if self.unfit:
            raise ModelError(self.unfit)
        self.taken_up.append(configuration)

    def tell(self, sentence: str | None) -> None:
        self.told = sentence

    def look(self, times: int = 2) -> None:
        for _ in range(times):
            self.rereading.look()


@pytest.fixture
def city(tmp_path):
    return City(tmp_path)


def test_a_change_is_taken_up_once_the_files_stand_still(city):
    city.look()
    city.write(feeds={"feeds": [*FEEDS, {"id": "new", "url": "http://10.0.0.2/a.jpg"}]})
    city.look(1)
    assert not city.taken_up
    city.write(feeds={"feeds": [*FEEDS, {"id": "newer", "url": "http://10.0.0.2/a.jpg"}]})
    city.look(1)
    assert not city.taken_up
    city.look(2)
    (changed,) = city.taken_up
    assert [feed.id for feed in changed.feeds] == ["gate", "newer"]
    assert city.rereading.taken_up


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("gridpatrol", {"patrol": {"interval_s": 60}}),
        ("gridpatrol", {"matters": "matters.yaml"}),
        ("gridpatrol", {"plans": ["plans.yaml"]}),
        ("feeds", {"feeds": [FEEDS[0] | {"place": {"lon": 106.5640, "lat": 29.5560, "datum": "wgs84"}}]}),
        ("feeds", {"feeds": [FEEDS[0] | {"enabled": False}]}),
    ],
)
def test_whatever_is_changed_is_noticed(city, file, content):
    matter = {"key": "x", "names": {"zh": "乱", "en": "X"}, "labels": ["garbage"]}
    plan = {"id": "p", "feeds": ["gate"], "interval_s": 60}
    city.write(matters={"matters": [matter]}, plans={"plans": [plan]})
    city.write(**{file: city.settings | content if file == "gridpatrol" else content})
    city.look()
    assert city.told is None
    assert len(city.taken_up) == 1


def test_a_grid_that_is_drawn_anew_is_noticed(city):
    city.look()
    grid = city.folder / "grid.geojson"
    grid.write_text(grid.read_text() + " \n")
    city.look()
    assert len(city.taken_up) == 1


def test_what_means_the_same_changes_nothing(city):
    (city.folder / "gridpatrol.yaml").write_text(
        "# the city\n" + (city.folder / "gridpatrol.yaml").read_text() + "feeds: [more.yaml]\n"
    )
    (city.folder / "feeds.yaml").rename(city.folder / "more.yaml")
    city.look()
    assert (city.taken_up, city.told) == ([], None)


@pytest.mark.parametrize(
    ("feeds", "named"),
    [
        ("feeds:\n- id: gate\n  url: [\n", "feeds.yaml:"),
        ({"feeds": [FEEDS[0] | {"intervall_s": 3}]}, "feeds[0].intervall_s:"),
        ({"feeds": [{"id": "gate", "url": "gopher://10.0.0.1"}]}, "feeds[0].url:"),
        ({"feeds": [FEEDS[0] | {"place": {"lon": 1.0, "lat": 1.0, "datum": "wgs84"}}]}, "feeds[0].place:"),
    ],
)
def test_a_mistake_is_told_until_it_is_mended(city, feeds, named):
    city.look()
    city.write(feeds=feeds)
    city.look()
    assert not city.taken_up
    assert not city.rereading.usable
    assert str(city.folder / "feeds.yaml") in city.told
    assert named in city.told
    assert city.told.endswith("; until then the patrol goes on with the configuration it has")
    assert "\n" not in city.told
    city.write(feeds={"feeds": FEEDS})
    city.look()
    assert (city.told, city.rereading.usable, city.taken_up) == (None, True, [])


def test_a_file_that_is_missing_is_told_until_it_comes(city):
    city.look()
    city.write(gridpatrol=city.settings | {"plans": ["plans.yaml"]})
    city.look()
    assert "there is no file 'plans.yaml'" in city.told
    city.write(plans={"plans": [{"id": "p", "feeds": ["gate"], "interval_s": 60}]})
    city.look()
    assert city.told is None
    assert [plan.id for listed in city.taken_up[0].plans for plan in listed.plans] == ["p"]


def test_of_many_mistakes_the_first_is_told_and_how_many_there_are(city):
    city.write(feeds={"feeds": [{"id": f"cam{number}"} for number in range(5)]})
    city.look()
    assert "feeds[0].url" in city.told
    assert "(and 4 more, see `gridpatrol check`)" in city.told


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("data_dir",), "elsewhere"),
        (("database",), "sqlite:///other.db"),
        (("ledger",), "postgresql://u:p@h/n"),
        (("bus",), "redis://127.0.0.1/1"),
        (("http", "host"), "0.0.0.0"),  # noqa: S104 - written, not listened on
        (("http", "port"), 8123),
        (("patrol", "processes"), 3),
        (("demo",), True),
    ],
)
def test_what_needs_a_restart_is_said_and_nothing_else_is_taken_up_with_it(city, path, value):
    assert path in FIXED
    city.look()
    more = {"bus": "redis://127.0.0.1/1", "ledger": "postgresql://u:p@h/n"} if path == ("patrol", "processes") else {}
    changed = city.settings | ({path[0]: value} if len(path) == 1 else {path[0]: {path[1]: value}}) | more
    city.write(gridpatrol=changed, feeds={"feeds": [*FEEDS, {"id": "new", "url": "http://10.0.0.2/a.jpg"}]})
    city.look()
    assert not city.taken_up
    assert "a change of it needs a restart; restart gridpatrol, or take the change back" in city.told
    city.write(gridpatrol=city.settings)
    city.look()
    assert city.told is None
    assert len(city.taken_up) == 1


def test_what_is_fixed_is_in_the_settings():
    for path in FIXED:
        value = Settings()
        for name in path:
            value = getattr(value, name)


def test_what_cannot_be_opened_is_told(city):
    city.look()
    city.unfit = "the weights cannot be loaded"
    city.write(gridpatrol=city.settings | {"model": city.settings["model"] | {"min_score": 0.2}})
    city.look()
    assert city.told.startswith("the weights cannot be loaded; until then")
    assert not city.rereading.taken_up


def test_what_is_mended_in_another_file_is_noticed_a_while_later(city):
    city.look()
    city.unfit = "the weights cannot be loaded"
    city.write(feeds={"feeds": [FEEDS[0] | {"interval_s": 60}]})
    city.look()
    city.unfit = ""
    city.look(30)
    assert (city.told is None, city.taken_up) == (False, [])
    city.look(1)
    assert (city.told, len(city.taken_up), city.rereading.usable) == (None, 1, True)


def test_a_name_that_no_file_can_have_is_told(city):
    city.look()
    city.write(gridpatrol=city.settings | {"feeds": ["x" * 300]})
    city.look()
    assert "there is no file 'xxx" in city.told
