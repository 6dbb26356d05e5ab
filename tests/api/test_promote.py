"""Promotion and rollback: which model serves, who said so, and how a patrol hears of it."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from typer.testing import CliRunner

from api.cli import app
from api.datafolder import DataFolder, DataFolderError
from api.serving import Choice
from api.succession import Succession
from configs.settings import ModelSettings
from detector.detection import Detection
from detector.errors import ManifestError
from detector.log import ParquetLog
from detector.shadow import ShadowLook
from tests.servers.manifests import STARTER, write_manifest

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
OTHER_LABELS = ("litter", "overflow", "bin", "graffiti", "ad")


class Installation:
    """A configuration with a manifest of its own and a data folder."""

    def __init__(self, folder: Path, **model: str) -> None:
        self.folder = folder
        manifest = write_manifest(folder, retrained=(), third=(), blind=OTHER_LABELS)
        self.manifest = manifest
        self.data = DataFolder(folder / "var")
        self.write(**model)
        feed = {"id": "cam", "url": "http://127.0.0.1:9/live.jpg", "name": "cam"}
        YAML(typ="safe").dump({"feeds": [feed]}, folder / "feeds.yaml")

    def write(self, **model: str) -> None:
        settings = {
            "version": 1,
            "data_dir": str(self.data.path),
            "model": {"manifest": str(self.manifest), "name": STARTER, **model},
        }
        YAML(typ="safe").dump(settings, self.folder / "gridpatrol.yaml")

    def models(self, *arguments: str, ok: bool = True):
        done = CliRunner().invoke(app, ["models", *arguments, "--config", str(self.folder)])
        assert (done.exit_code == 0) is ok, done.output
        return done

    def listed(self) -> dict:
        return json.loads(self.models("list", "--json").stdout)

    def history(self) -> list[dict]:
        return [json.loads(line) for line in self.data.promotions.read_text().splitlines()]


@pytest.fixture
def city(tmp_path):
    return Installation(tmp_path)


def test_promoted_models_are_gone_back_through_one_by_one(city):
    """The settings file is not touched; the history says who and when."""
    before = (city.folder / "gridpatrol.yaml").read_text()
    city.models("promote", "retrained", "--yes", "--by", "Li")
    city.models("promote", "third", "--yes", "--by", "Wang")
    assert (city.listed()["serving"], city.listed()["previous"]) == ("third", "retrained")

    city.models("rollback")
    city.models("rollback")

    assert (city.listed()["serving"], city.listed()["previous"]) == (STARTER, None)
    assert "nothing to return to" in city.models("rollback", ok=False).stderr
    assert [(line["kind"], line["from"], line["to"]) for line in city.history()] == [
        ("promote", STARTER, "retrained"),
        ("promote", "retrained", "third"),
        ("rollback", "third", "retrained"),
        ("rollback", "retrained", STARTER),
    ]
    assert [line["by"] for line in city.history()[:2]] == ["Li", "Wang"]
    assert (city.folder / "gridpatrol.yaml").read_text() == before


def test_it_says_clearly_when_the_candidate_was_never_in_shadow(city):
    done = city.models("promote", "retrained", "--yes")

    assert "NO SHADOW REPORT: retrained has looked beside no model" in done.stdout


def test_the_shadow_report_is_shown_before_it_is_asked(city):
    log = ParquetLog(city.data.path / "log")
    heap = Detection("garbage", 0.8, (10, 10, 50, 50), "m")
    at = datetime.now(UTC) - timedelta(hours=1)
    log.shadow(ShadowLook("cam", at, 704, 576, f"{STARTER}@1", "retrained@2", (heap,), (heap,), 20.0))
    log.flush()

    done = city.models("promote", "retrained", ok=False)

    assert "NOT enough to judge by: 1 pictures of 1 feeds, 1 findings of either model" in done.stdout
    assert "nobody is there to ask; add --yes" in done.stderr
    assert city.listed()["serving"] == STARTER
    report = json.loads(city.models("shadow", "--json").stdout)
    assert (report["serving"], report["shadow"], report["looks"]) == (f"{STARTER}@1", "retrained@2", 1)
    assert "none on what both models looked at" in city.models("shadow").stdout


def test_a_candidate_that_loses_a_matter_is_refused_unless_forced(city):
    """What the serving model cannot find either is told, not held against it."""
    refused = city.models("promote", "blind", "--yes", ok=False)

    assert refused.exit_code == 2
    assert f"blind has no label for what {STARTER} is good for: exposed_garbage" in refused.stderr
    assert "street_vending" in refused.stdout
    assert "street_vending" not in refused.stderr
    city.models("promote", "blind", "--yes", "--force")
    assert city.listed()["serving"] == "blind"


def test_unknown_serving_and_changed_weights_are_refused(city):
    assert "did you mean 'retrained'?" in city.models("promote", "retraned", "--yes", ok=False).stderr
    assert f"{STARTER} serves already" in city.models("promote", STARTER, "--yes", ok=False).stderr
    document = YAML(typ="safe").load(city.manifest)
    document["weights"][1]["files"][0]["sha256"] = "0" * 64
    YAML(typ="safe").dump(document, city.manifest)

    assert "is not the file that" in city.models("promote", "retrained", "--yes", ok=False).stderr
    assert "is not the file that" in city.listed()["models"][1]["fault"]


def test_the_list_shows_who_serves_and_who_is_in_shadow(tmp_path):
    city = Installation(tmp_path, shadow="third")

    roles = {line["name"]: line["role"] for line in city.listed()["models"]}

    assert roles == {STARTER: "serving", "retrained": "", "third": "shadow", "blind": ""}
    assert "shadow   third" in city.models("list").stdout


def test_scripted_scenes_have_nothing_to_promote(tmp_path):
    (tmp_path / "truth.json").write_text("{}")
    city = Installation(tmp_path, backend="scripted", truth="truth.json")

    refused = city.models("promote", "third", "--yes", ok=False)

    assert "the scripted detector of drawn scenes serves" in refused.stderr


def test_another_name_in_the_settings_has_the_last_word(city):
    city.models("promote", "retrained", "--yes")
    city.write(name="third")

    listed = city.models("list")

    assert city.listed()["serving"] == "third"
    assert "model.name is now third, so the model retrained" in listed.stderr
    check = CliRunner().invoke(app, ["check", "--config", str(city.folder)])
    assert "model.name is now third" in check.output


def test_a_choice_that_cannot_be_read_is_said_with_the_way_out(tmp_path):
    folder = DataFolder(tmp_path)
    folder.serving.write_text("{")

    with pytest.raises(DataFolderError, match="remove it to go back to the settings' gridpatrol-starter"):
        _ = Choice(ModelSettings(name=STARTER), folder).name


def test_a_data_folder_that_takes_nothing_changes_nothing(tmp_path):
    (tmp_path / "var").write_text("a file in the way")
    choice = Choice(ModelSettings(name=STARTER), DataFolder(tmp_path / "var"))

    with pytest.raises(DataFolderError, match=r"cannot be (written|read)"):
        choice.promote("retrained", by="me", at=NOON)


class Patrol:
    """What a succession sees of a patrol."""

    def __init__(self, folder: Path) -> None:
        self.choice = Choice(ModelSettings(name=STARTER), DataFolder(folder))
        self.stop = threading.Event()
        self.trouble: str | None = None
        self.tried: list[str] = []
        self.fault: str | None = None
        self.succession = Succession(self.choice, STARTER, trial=self._try, tell=self._tell, stop=self.stop)

    def _try(self, name: str) -> None:
        self.tried.append(name)
        if self.fault:
            raise ManifestError(self.fault)

    def _tell(self, sentence: str | None) -> None:
        self.trouble = sentence


def test_a_patrol_gives_way_to_a_promoted_model_that_loads(tmp_path):
    patrol = Patrol(tmp_path)
    patrol.succession.look()
    assert not patrol.stop.is_set()

    patrol.choice.promote("retrained", by="me", at=NOON)
    patrol.succession.look()

    assert (patrol.stop.is_set(), patrol.succession.due, patrol.tried) == (True, True, ["retrained"])


def test_a_patrol_goes_on_when_the_promoted_model_does_not_load(tmp_path):
    """It is tried once, and the trouble goes when the promotion is taken back."""
    patrol = Patrol(tmp_path)
    patrol.fault = "weights are gone"
    patrol.choice.promote("retrained", by="me", at=NOON)
    patrol.succession.look()
    patrol.succession.look()

    assert (patrol.stop.is_set(), patrol.tried) == (False, ["retrained"])
    assert patrol.trouble == f"weights are gone; the patrol goes on with {STARTER}"
    patrol.choice.roll_back(by="me", at=NOON)
    patrol.succession.look()
    assert patrol.trouble is None


def test_a_patrol_goes_on_when_the_choice_cannot_be_read(tmp_path):
    patrol = Patrol(tmp_path)
    DataFolder(tmp_path).serving.write_text("{")
    patrol.succession.look()

    assert not patrol.stop.is_set()
    assert "serving.json" in str(patrol.trouble)
