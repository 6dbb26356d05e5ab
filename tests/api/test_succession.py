"""A promoted model is taken up once the process could start itself afresh."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

from api.datafolder import DataFolder
from api.serving import Choice
from api.succession import Succession
from configs.settings import ModelSettings


def test_a_promoted_model_waits_while_the_configuration_has_a_mistake(tmp_path):
    folder = DataFolder(tmp_path)
    choice = Choice(ModelSettings(), folder)
    stop, usable, tried = threading.Event(), threading.Event(), []
    succession = Succession(
        choice, choice.name, trial=tried.append, tell=lambda _: None, stop=stop, ready=usable.is_set
    )
    choice.promote("better", by="a tester", at=datetime(2026, 7, 1, tzinfo=UTC))
    succession.look()
    assert not tried
    assert not stop.is_set()
    usable.set()
    succession.look()
    assert tried == ["better"]
    assert succession.due
    assert stop.is_set()
