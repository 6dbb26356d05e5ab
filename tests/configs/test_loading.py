"""What a configuration without mistakes becomes."""

from __future__ import annotations

import gc
import time
from datetime import time as time_of_day
from pathlib import Path

import pytest

from configs.loading import SHIPPED_MATTERS, load_configuration
from configs.mistakes import ConfigError
from configs.settings import Settings
from configs.yamlfile import read_yaml

FEED = "  - id: {0}\n    url: rtsp://10.0.0.1/{0}\n"


def write(folder: Path, **files: str) -> Path:
    """Write ``gridpatrol="…"`` as ``gridpatrol.yaml`` and so on; what is not given is the least there can be."""
    for name, text in {"gridpatrol": "version: 1\n", "feeds": "feeds: []\n", **files}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_an_almost_empty_file_gives_the_defaults(tmp_path):
    """Every key has a default, and the shipped catalogue is used."""
    configuration = load_configuration(write(tmp_path), environ={})

    assert Settings() == configuration.settings
    assert configuration.feeds == ()
    assert configuration.catalogue.of_label("graffiti").key == "illegal_ad"
    assert configuration.where.matters.file == SHIPPED_MATTERS


def test_feeds_of_all_files_come_in_the_order_of_the_files(tmp_path):
    """Several files of feeds are one list."""
    write(
        tmp_path,
        gridpatrol="feeds: [b.yaml, a.yaml]\n",
        a=f"feeds:\n{FEED.format('one')}",
        b=f"feeds:\n{FEED.format('two')}{FEED.format('three')}",
    )

    assert [feed.id for feed in load_configuration(tmp_path, environ={}).feeds] == ["two", "three", "one"]


def test_later_checks_find_where_a_part_is_written(tmp_path):
    """A check of the whole can point at file and line of any setting and any part of any feed."""
    write(
        tmp_path,
        gridpatrol="version: 1\nfeeds: [feeds.yaml, more.yaml]\nhttp:\n  host: 0.0.0.0\n",
        more=f"feeds:\n{FEED.format('a')}{FEED.format('b')}"
        "    place:\n      lon: 106.5\n      lat: 29.5\n      datum: wgs84\n",
    )
    where = load_configuration(tmp_path, environ={}).where

    spots = [where.setting("http", "host"), where.setting("http", "port"), where.feed("b", "place", "datum")]

    assert [(spot.file.name, spot.line, spot.key) for spot in spots] == [
        ("gridpatrol.yaml", 4, "http.host"),
        ("gridpatrol.yaml", 3, "http.port"),
        ("more.yaml", 9, "feeds[1].place.datum"),
    ]


def test_secrets_come_from_the_environment_and_stay_out_of_what_is_printed(tmp_path):
    """``${NAME}`` is put in wherever a secret may stand, and no repr shows it."""
    write(
        tmp_path,
        gridpatrol="database: postgresql://${DB_USER}:${DB_PASSWORD}@db/cases\n",
        feeds="feeds:\n  - id: a\n    url: rtsp://${HOST}/1\n    user: admin\n    password: ${CAM}\n",
    )
    environ = {"DB_USER": "cases", "DB_PASSWORD": "hunter2", "HOST": "10.0.0.9", "CAM": "hunter2 ${HOST} %"}

    configuration = load_configuration(tmp_path, environ=environ)

    (feed,) = configuration.feeds
    assert configuration.settings.database is not None
    assert configuration.settings.database.get_secret_value() == "postgresql://cases:hunter2@db/cases"
    assert (feed.url, feed.password) == ("rtsp://10.0.0.9/1", "hunter2 ${HOST} %")
    assert "hunter2" not in repr(configuration)


@pytest.mark.parametrize(
    ("written", "inside", "outside"),
    [
        ("00:00-24:00", [time_of_day(0), time_of_day(12), time_of_day(23, 59)], []),
        ("06:00-24:00", [time_of_day(6), time_of_day(23, 59)], [time_of_day(0), time_of_day(5, 59)]),
    ],
)
def test_a_time_window_may_end_at_24_00(tmp_path, written, inside, outside):
    """24:00 is the midnight that ends a day; from 00:00 to it is always."""
    zone = f"{{name: n, polygon: [[0, 0], [1, 0], [1, 1]], windows: ['{written}']}}"
    write(tmp_path, feeds=f"feeds:\n{FEED.format('a')}    zones: [{zone}]\n")

    (window,) = load_configuration(tmp_path, environ={}).feeds[0].zones[0].windows

    assert [window.contains(moment) for moment in (*inside, *outside)] == [True] * len(inside) + [False] * len(
        outside
    )


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:81"),
        ("::1", "http://[::1]:81"),
        ("0.0.0.0", "http://127.0.0.1:81"),  # noqa: S104 - written as an operator writes it
        ("'::'", "http://[::1]:81"),
        ("city.example", "http://city.example:81"),
    ],
)
def test_the_api_is_reached_at_its_address(tmp_path, host, address):
    """Addresses of IPv6 stand in brackets, and one that means every interface is reached on this machine."""
    settings = load_configuration(
        write(tmp_path, gridpatrol=f"http:\n  host: {host}\n  port: 81\n"), environ={}
    ).settings

    assert settings.http.address == address


@pytest.mark.parametrize(
    ("value", "expected"), [("a/b.gpx", "DIR/a/b.gpx"), ("/etc/hosts", "/etc/hosts"), ("data:demo/1", "state/demo/1")]
)
def test_paths_start_at_the_configuration_or_in_the_data_folder(tmp_path, value, expected):
    """Relative paths do not depend on the folder the program is started in; ``data:`` is the data folder."""
    configuration = load_configuration(write(tmp_path, gridpatrol="data_dir: state\n"), environ={})

    assert expected == str(configuration.path(value)).replace(str(tmp_path), "DIR")


def test_files_are_found_from_the_configuration_s_folder(tmp_path):
    """Named files that are there are no mistakes; what is in the data folder is made later and not looked for."""
    (tmp_path / "scenes").mkdir()
    (tmp_path / "car.gpx").touch()
    write(
        tmp_path,
        gridpatrol="grid: {file: car.gpx, datum: wgs84}\nmatters: ours.yaml\n",
        ours="matters: []\n",
        feeds="feeds:\n  - {id: a, url: scenes}\n  - {id: b, url: 'data:b'}\n"
        "  - {id: c, url: rtmp://h/1, protocol: stream}\n"
        "  - {id: d, url: 'data:d.mp4', kind: vehicle, track: {file: car.gpx, datum: gcj02}}\n",
    )

    assert len(load_configuration(tmp_path, environ={}).feeds) == 4


def test_the_manifest_is_the_one_here_or_the_project_s_own(tmp_path):
    """Without a manifest beside the configuration the project's own is meant; a named one is taken as named."""
    assert (
        load_configuration(write(tmp_path), environ={}).manifest
        == SHIPPED_MATTERS.parent.parent / "models/manifest.yaml"
    )

    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "manifest.yaml").touch()
    assert load_configuration(tmp_path, environ={}).manifest == tmp_path / "models" / "manifest.yaml"

    (tmp_path / "mine.yaml").touch()
    write(tmp_path, gridpatrol="model: {manifest: mine.yaml}\n")
    assert load_configuration(tmp_path, environ={}).manifest == tmp_path / "mine.yaml"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0102", "0102"),
        ("22:00", "22:00"),
        ("yes", "yes"),
        ("0", 0),
        ("-12", -12),
        ("1e3", 1000.0),
        ("1.50", 1.5),
        ("1.2.3", "1.2.3"),
        (".inf", float("inf")),
        ("'1'", "1"),
        ("", None),
        ("~", None),
        ("True", True),
        ("9" * 40, 1e40),
        ("a b # c", "a b"),
        ("|\n  two\n  lines", "two\nlines\n"),
    ],
)
def test_scalars_are_what_they_look_like(tmp_path, written, expected):
    """No sexagesimal numbers, no ``yes`` for true, no codes that lose their zero."""
    (tmp_path / "a.yaml").write_text(f"a: {written}\n")

    assert read_yaml(tmp_path / "a.yaml").value == {"a": expected}


def test_an_alias_repeats_a_whole_value(tmp_path):
    """A zone can be written once and used by many feeds."""
    write(
        tmp_path,
        feeds=f"feeds:\n{FEED.format('a')}    zones: &z\n      - {{name: n, polygon: [[0, 0], [1, 0], [1, 1]]}}\n"
        f"{FEED.format('b')}    zones: *z\n",
    )

    first, second = load_configuration(tmp_path, environ={}).feeds

    assert first.zones == second.zones != ()


def test_an_alias_of_a_secret_is_put_in_everywhere(tmp_path):
    """An aliased mapping is a copy for each use."""
    (tmp_path / "a.yaml").write_text("a: &a {x: [1]}\nb: *a\n")

    value = read_yaml(tmp_path / "a.yaml").value

    assert value["a"] == value["b"]
    assert value["a"] is not value["b"]


def test_reading_leaves_the_collector_as_it_was(tmp_path):
    """The garbage collector is paused for a parse only, also when the parse fails."""
    (tmp_path / "a.yaml").write_text("a: [\n")

    with pytest.raises(ConfigError):
        read_yaml(tmp_path / "a.yaml")

    assert gc.isenabled()


def test_ten_thousand_feeds_load_in_seconds(tmp_path):
    """A whole city's feeds, zones included, load fast enough for a start within seconds."""
    feed = (
        "  - id: cam-{0:05d}\n    name: 测试路口 {0}\n    url: rtsp://10.0.0.1/{0}\n"
        "    user: ${{CAM_USER}}\n    password: ${{CAM_PASSWORD}}\n"
        "    place: {{lon: 106.5, lat: 29.5, datum: gcj02}}\n"
        "    zones:\n      - name: pavement\n        polygon: [[0.1, 0.4], [0.9, 0.4], [0.9, 0.95], [0.1, 0.95]]\n"
        "        matters: [exposed_garbage, street_vending]\n        windows: [07:00-22:00]\n"
    )
    write(tmp_path, feeds="feeds:\n" + "".join(feed.format(number) for number in range(10_000)))
    started = time.process_time()

    configuration = load_configuration(tmp_path, environ={"CAM_USER": "a", "CAM_PASSWORD": "b"})

    assert len(configuration.feeds) == 10_000
    assert time.process_time() - started < 10
