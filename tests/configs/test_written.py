"""Files of feeds are changed in place: what is not changed stays as a person wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from configs.mistakes import ConfigError
from configs.written import feed_file, feed_files, settings_naming

BEFORE = """\
# Cameras of the old town.
feeds:
  # By the gate.
  - id: gate
    name: Gate   # the north one
    url: rtsp://10.0.0.1/1
    place: {lon: 106.5, lat: 29.5, datum: wgs84}   # surveyed
    zones:
      - name: road
        polygon: [[0, 0], [1, 0], [1, 1]]
  # By the river.
  - url: "rtsp://10.0.0.2/1"
    id: 'river'
    place:
      lon: 106.6
      # surveyed too
      lat: 29.6
      datum: wgs84
# The end.
"""


def written(tmp_path: Path, text: str):
    file = tmp_path / "feeds.yaml"
    file.write_text(text, encoding="utf-8")
    return feed_file(file)


def test_only_what_changes_changes(tmp_path):
    text = written(tmp_path, BEFORE).with_changes(
        new=[{"id": "001", "name": "解放碑: 北", "url": "rtsp://10.0.0.3/1"}],
        changed={0: {"name": "Gate No. 1", "place": {"lon": 106.55}, "owner": "police"}, 1: {"place": {"lat": 29.7}}},
    )
    assert text == (
        BEFORE.replace("name: Gate ", 'name: "Gate No. 1" ')
        .replace("lon: 106.5,", "lon: 106.55,")
        .replace("[1, 1]]\n", "[1, 1]]\n    owner: police\n")
        .replace("lat: 29.6\n", "lat: 29.7\n")
        .replace(
            "# The end.",
            '  - id: "001"\n    name: "解放碑: 北"\n    url: rtsp://10.0.0.3/1\n# The end.',
        )
    ).replace('"Gate No. 1"', "Gate No. 1")


def test_removing_leaves_the_comments_and_the_others(tmp_path):
    text = written(tmp_path, BEFORE).with_changes(new=[], changed={}, removed=[0])
    assert "id: gate" not in text
    assert "# By the gate.\n  # By the river.\n  - url:" in text


@pytest.mark.parametrize(
    "text",
    [
        "feeds: []\n",
        "feeds: [{id: a, url: b}]\n",
        "feeds:\n- id: a\n  url: b",
        "feeds:\n  - {id: a, url: b}  # flow\n",
        "feeds:\n  - id: a\n    url: b\n    owner:\n\n# end\nother: 1\n",
        "feeds:\n  - id: a\n    url: |-\n      b\n  # last\n",
        "feeds:\r\n  - id: a\r\n    url: b\r\n",
    ],
)
def test_every_layout_takes_a_feed_and_a_key_and_gives_them_back(tmp_path, text):
    before = written(tmp_path, text)
    changed = {0: {"owner": "x: y", "place": {"lon": 1.5, "lat": 2, "datum": "wgs84"}}} if before.feeds else {}
    after = written(tmp_path, before.with_changes(new=[{"id": "n", "url": "u"}], changed=changed))
    assert after.feeds[-1] == {"id": "n", "url": "u"}
    assert len(after.feeds) == len(before.feeds) + 1
    if changed:
        assert after.feeds[0]["owner"] == "x: y"
        assert after.feeds[0]["place"]["lat"] == 2
    emptied = written(tmp_path, after.with_changes(new=[], changed={}, removed=range(len(after.feeds))))
    assert emptied.feeds == []
    refilled = written(
        tmp_path, after.with_changes(new=[{"id": "z", "url": "u"}], changed={}, removed=range(len(after.feeds)))
    )
    assert refilled.feeds == [{"id": "z", "url": "u"}]


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ("version: 1\n", ["new.yaml"]),
        ("version: 1\nfeeds: [feeds.yaml]  # by hand\n", ["feeds.yaml", "new.yaml"]),
        ("feeds:\n  - feeds.yaml\nversion: 1\n", ["feeds.yaml", "new.yaml"]),
    ],
)
def test_a_new_file_is_named_in_the_settings(tmp_path, settings, names):
    (tmp_path / "gridpatrol.yaml").write_text(settings)
    text = settings_naming(tmp_path, "new.yaml")
    assert text is not None
    (tmp_path / "gridpatrol.yaml").write_text(text)
    assert [file.file.name for file in feed_files(tmp_path)] == names
    assert settings_naming(tmp_path, "new.yaml") is None
    assert all(line in text for line in settings.replace("[feeds.yaml]", "[feeds.yaml, new.yaml]").splitlines())


def test_a_file_of_something_else_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no file of feeds"):
        written(tmp_path, "version: 1\n")
