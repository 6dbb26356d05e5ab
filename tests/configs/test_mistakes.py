"""Mistakes of several files come at once, in order, and wherever they are."""

# ruff: noqa: E501 - each answer stands on one line, as people read it

from __future__ import annotations

import pytest

from configs.loading import load_configuration
from configs.mistakes import ConfigError, nearest

FEED = "feeds:\n  - id: cam-01\n    url: rtsp://10.0.0.1/1\n"


def test_all_mistakes_of_all_files_come_at_once_in_order(mistakes_in):
    """One run lists everything: mending is one pass, not a game of one mistake after the other."""
    found = mistakes_in(
        {
            "gridpatrol.yaml": "http: {port: no}\nmatters: matters.yaml\nfeeds: [one.yaml, two.yaml, three.yaml]\n",
            "one.yaml": "feeds:\n  - id: a\n    url: rtsp://h/1\n    interval_s: 0\n    zones: [{name: z, matters: [x]}]\n",
            "two.yaml": "feeds:\n  - id: a\n    url: rtsp://h/1\n    nmae: x\n",
            "three.yaml": "feeds: [\n",
            "matters.yaml": "matters: [{key: garbage}]\n",
        },
    )

    places = [line.partition(": ")[0] for line in found]
    assert places == [
        "gridpatrol.yaml:1",
        "one.yaml:4",
        "one.yaml:5",
        "one.yaml:5",
        "two.yaml:2",
        "two.yaml:4",
        "three.yaml:1",
        "matters.yaml:1",
    ]


def test_ids_are_unique_over_all_files(mistakes_in):
    """A feed id used in two files is told with both places."""
    files = {"gridpatrol.yaml": "feeds: [feeds.yaml, more.yaml]\n", "feeds.yaml": FEED, "more.yaml": FEED}

    assert mistakes_in(files) == [
        "more.yaml:2: feeds[0].id: feed id 'cam-01' is used twice, first in feeds.yaml line 2; give each feed its own id"
    ]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("nowhere", "nowhere/gridpatrol.yaml: there is no such file; create it or mend the path"),
        ("feeds.yaml", "feeds.yaml: this is a file; name the folder with gridpatrol.yaml"),
    ],
)
def test_a_folder_that_is_none_is_told(tmp_path, where, expected):
    """A wrong --config is answered like any other mistake."""
    (tmp_path / "feeds.yaml").write_text(FEED)

    with pytest.raises(ConfigError) as caught:
        load_configuration(tmp_path / where, environ={})

    assert expected == str(caught.value).replace(f"{tmp_path}/", "")


def test_a_folder_in_a_file_s_place_is_told(tmp_path, mistakes_in):
    """A folder named as a feeds file is told as one."""
    (tmp_path / "cams").mkdir()

    assert mistakes_in({"gridpatrol.yaml": "feeds: [cams]\n"}) == ["cams: this is a folder; name a file"]


def test_a_name_like_no_other_has_no_nearest():
    """A suggestion is given only when it is close."""
    assert nearest("colour", ["name", "timezone"]) is None
