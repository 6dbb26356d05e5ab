"""Pictures with and without stalls, judged by the rule, by the learned class, and by both."""

from __future__ import annotations

import json

import cv2
import pytest
from typer.testing import CliRunner

from api.cli import app
from api.vendingtrial import WAYS, try_vending
from configs.settings import PartWeights, VendingSettings
from detector.backends.scripted import ScriptedModel, picture_key
from detector.evaluation.dataset import open_data
from detector.evaluation.errors import DataError
from tests.servers.clips import scene

VENDOR = {"label": "person", "score": 0.9, "box": [100, 60, 140, 180]}
TABLE = {"label": "table", "score": 0.8, "box": [140, 120, 240, 180]}
LEARNED = {"label": "stall", "score": 0.45, "box": [140, 60, 240, 180]}
SHOWN = {
    "stall_rule.png": (True, [VENDOR, TABLE]),
    "stall_learned.png": (True, [VENDOR, LEARNED]),
    "stall_missed.png": (True, [VENDOR]),
    "street_calm.png": (False, [VENDOR]),
    "street_false.png": (False, [VENDOR, LEARNED]),
    "doubt_shown.png": (False, [VENDOR, TABLE]),
}
DATA = """
path: .
val: images/val
names: [garbage, stall]
sources: {doubt: {unlabelled: [stall]}}
"""


@pytest.fixture
def city(tmp_path):
    """A function that draws the pictures with what is seen in them and returns the data and the model."""

    def drawn(shown=None):
        for folder in ("images/val", "labels/val"):
            (tmp_path / folder).mkdir(parents=True)
        truth = {}
        for number, (name, (vending, seen)) in enumerate((shown or SHOWN).items()):
            picture = scene(number)
            cv2.imwrite(str(tmp_path / "images/val" / name), picture)
            truth[picture_key(picture)] = seen
            label = "1 0.5 0.5 0.4 0.4\n" if vending else ""
            (tmp_path / "labels/val" / name).with_suffix(".txt").write_text(label)
        (tmp_path / "data.yaml").write_text(DATA)
        (tmp_path / "truth.json").write_text(json.dumps(truth))
        return open_data(tmp_path / "data.yaml"), ScriptedModel(tmp_path / "truth.json")

    return drawn


def trial_of(data, model, settings=None, min_score=0.4):
    return try_vending(model, [data], settings or VendingSettings(), min_score=min_score, tell=pytest.fail)


def counts(trial, source=None):
    tallies = [trial.tally(way, source=source) for way in WAYS]
    return [(tally.pictures, tally.vending, tally.found, tally.false_alarms) for tally in tallies]


def test_each_way_is_counted_on_its_own_and_sources_without_labelled_stalls_apart(city):
    trial = trial_of(*city())

    assert counts(trial) == [(5, 3, 1, 0), (5, 3, 1, 1), (5, 3, 2, 1)]
    assert counts(trial, "stall") == [(3, 3, 1, 0), (3, 3, 1, 0), (3, 3, 2, 0)]
    assert counts(trial, "doubt") == [(1, 0, 0, 1), (1, 0, 0, 0), (1, 0, 0, 1)]


def test_it_says_whether_the_learned_class_helps_and_which_pictures_were_judged_wrongly(city):
    trial = trial_of(*city())
    told = trial.as_json()

    # F1 of 2 found and 1 false of 3 is 2/3; of 1 found of 3 it is 1/2.
    assert (told["both"]["all"]["f1"], told["rule"]["all"]["f1"]) == (pytest.approx(2 / 3), 0.5)
    assert told["learned_helps"] is True
    assert told["both"]["all"]["missed"] == ["stall_missed.png"]
    assert told["both"]["all"]["false"] == ["street_false.png"]


def test_a_learned_class_that_only_raises_alarms_does_not_help(city):
    shown = {**SHOWN, "stall_learned.png": (False, [VENDOR, LEARNED])}

    assert trial_of(*city(shown)).learned_helps is False


def test_the_settings_count(city):
    data, model = city()

    assert counts(trial_of(data, model, VendingSettings(weights=PartWeights(table=0))))[0][2:] == (0, 0)
    assert counts(trial_of(data, model, min_score=0.7))[2][2:] == (0, 0)


def test_a_model_that_cannot_see_by_the_rule_has_its_class_alone(city):
    trial = trial_of(*city({"stall_a.png": (True, [LEARNED])}))

    assert (trial.by_rule, trial.by_class, trial.learned_helps) == (False, True, None)
    assert counts(trial) == [(1, 1, 0, 0), (1, 1, 1, 0), (1, 1, 1, 0)]


def test_data_without_stalls_among_its_classes_is_refused(city, tmp_path):
    _, model = city()
    (tmp_path / "data.yaml").write_text(DATA.replace("stall]", "bin]", 1))

    with pytest.raises(DataError, match=r"data\.yaml has no class 'stall'; name it under names:"):
        trial_of(open_data(tmp_path / "data.yaml"), model)


def run(*arguments):
    return CliRunner().invoke(app, ["models", "vending", *map(str, arguments)])


def test_the_command_says_what_the_model_lacks(city, tmp_path):
    """The shipped starter knows neither people nor stalls."""
    city()

    ended = run("--data", tmp_path / "data.yaml", "--weights", "gridpatrol-starter")

    assert ended.exit_code == 0
    assert "stall                 3       3             0 / 0             0 / 0             0 / 0" in ended.stdout
    assert "the model lacks the classes that the rule needs" in ended.stdout.splitlines()[-1]


def test_the_command_as_json_is_one_document(city, tmp_path):
    city()

    told = json.loads(run("--data", tmp_path / "data.yaml", "--weights", "gridpatrol-starter", "--json").stdout)

    assert (told["by_rule"], told["by_class"], told["rule"]["all"]["with_stalls"]) == (False, False, 3)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--data", "nowhere.yaml"], "nowhere.yaml"),
        (["--data", "data.yaml", "--split", "test"], "has no split 'test'"),
        (["--data", "data.yaml", "--weights", "nothing"], "lists no weights named 'nothing'"),
        (["--data", "data.yaml", "--config", "none"], "gridpatrol.yaml"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(city, tmp_path, monkeypatch, arguments, sentence):
    city()
    monkeypatch.chdir(tmp_path)

    ended = run(*arguments)

    assert ended.exit_code == 2
    assert sentence in ended.stderr.replace("\n", " ")
    assert "Traceback" not in ended.stderr


def test_pictures_that_cannot_be_read_are_no_trial(city, tmp_path):
    data, model = city()
    for picture in data.pictures:
        picture.write_bytes(b"no picture")

    with pytest.raises(DataError, match="none of its 6 pictures can be looked at"):
        try_vending(model, [data], VendingSettings(), min_score=0.4, tell=lambda _: None)


def test_a_trial_that_is_broken_off_says_nothing(city):
    data, model = city()

    def broken_off(_done, _of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        try_vending(model, [data], VendingSettings(), min_score=0.4, tell=pytest.fail, on_picture=broken_off)
