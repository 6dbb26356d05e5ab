"""Files of plans: what may be written, and what is said of mistakes."""

from __future__ import annotations

from pathlib import Path

import configs
from configs.loading import load_configuration
from configs.plans import PlanList
from configs.yamlfile import read_yaml

EXAMPLE = Path(configs.__file__).with_name("plans.example.yaml")
FEEDS = "feeds:\n  - {id: cam-001, url: rtsp://192.0.2.1/1, tags: [market]}\n"
SETTINGS = "plans: [plans.yaml]\n"


def test_the_example_shows_every_key_and_can_be_copied(tmp_path):
    (tmp_path / "gridpatrol.yaml").write_text(f"plans: ['{EXAMPLE}']\n")
    (tmp_path / "feeds.yaml").write_text(FEEDS)
    (listed,) = load_configuration(tmp_path, environ={}).plans
    (plan,), (owner,) = listed.plans, listed.owners
    assert plan.model_fields_set == set(type(plan).model_fields)
    assert owner.model_fields_set == set(type(owner).model_fields)
    assert listed.model_fields_set == set(PlanList.model_fields)
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    document = read_yaml(EXAMPLE)
    for key in type(plan).model_fields:
        line = document.spot(("plans", 0, key)).line
        assert lines[line - 2].lstrip().startswith("#"), key


def test_what_is_not_there_is_told_with_its_line(mistakes_in):
    plans = """plans:
  - id: a
    interval_s: 60
    feeds: [cam-01]
    tags: [markt]
    matters: [street_vendin]
  - {id: a, interval_s: 60, feeds: [cam-001]}
"""
    told = mistakes_in({"gridpatrol.yaml": SETTINGS, "feeds.yaml": FEEDS, "plans.yaml": plans})
    assert told == [
        "plans.yaml:4: plans[0].feeds[0]: there is no feed 'cam-01'; did you mean 'cam-001'?",
        "plans.yaml:5: plans[0].tags[0]: there is no tag 'markt'; did you mean 'market'?",
        "plans.yaml:6: plans[0].matters[0]: there is no matter 'street_vendin'; did you mean 'street_vending'?",
        "plans.yaml:7: plans[1].id: plan id 'a' is used twice, first in plans.yaml line 2; give each plan its own id",
    ]


def test_no_plan_takes_the_name_under_which_feeds_in_no_plan_are_counted(mistakes_in):
    plans = "plans:\n  - {id: default, interval_s: 60, tags: [market]}\n"
    (told,) = mistakes_in({"gridpatrol.yaml": SETTINGS, "feeds.yaml": FEEDS, "plans.yaml": plans})
    assert "no plan may be called default" in told
    assert "choose another id" in told


def test_a_plan_without_feeds_and_a_file_that_is_missing_are_mistakes(mistakes_in):
    told = mistakes_in(
        {"gridpatrol.yaml": SETTINGS, "feeds.yaml": FEEDS, "plans.yaml": "plans:\n  - {id: a, interval_s: 60}\n"}
    )
    assert len(told) == 1
    assert "the plan a names no feeds; add feeds, tags, streets, cells or an area" in told[0]
    (missing,) = mistakes_in(
        {"gridpatrol.yaml": SETTINGS.replace("plans.yaml", "elsewhere.yaml"), "feeds.yaml": FEEDS}
    )
    assert "there is no file 'elsewhere.yaml'" in missing
