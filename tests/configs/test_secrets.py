"""No message repeats a password or a URL, wherever it was put."""

from __future__ import annotations

import pytest

from configs.mistakes import dotted

SECRETS = [
    "feeds:\n  - id: a\n    url: [rtsp://admin:hunter2@h/1]\n",
    "feeds:\n  - id: a\n    url: ftp://admin:hunter2@h/1\n",
    "feeds:\n  - id: a\n    url: hunter2.mp4\n",
    "feeds:\n  - id: rtsp://admin:hunter2@h/1\n    url: rtsp://h/1\n  - id: rtsp://admin:hunter2@h/1\n    url: rtsp://h/1\n",
    "feeds:\n  - id: a\n    url: rtsp://h/1\n    password: {hunter2: 1}\n",
    "feeds:\n  - id: a\n    url: rtsp://h/1\n    password: 20260731\n    user: [hunter2]\n",
    "feeds:\n  - id: a\n    url: rtsp://h/1\n    password: *hunter2\n",
    "feeds:\n  - id: a\n    url: rtsp://h/1\n    password: !hunter2\n",
    "feeds:\n  - id: a\n    url: rtsp://h/1\n    password:hunter2\n",
    "feeds:\n  - id: a\n    url: rtsp://h/1\n    rtsp://admin:hunter2@h/1: x\n",
    "feeds:\n  - id: a\n    url: rtsp://h/1\n    ? rtsp://admin:hunter2@h/1\n    ? rtsp://admin:hunter2@h/1\n",
    "feeds:\n  - id: a\n    url: rtsp://h/1\n    place: {lon: rtsp://admin:hunter2@h, lat: 1, datum: 'a://b:hunter2@c'}\n",
    "feeds:\n  - id: a\n    url: rtsp://h/1\n    zones: [{name: z, windows: ['rtsp://admin:hunter2@h/1']}]\n",
    "feeds:\n  - id: a\n    url: rtsp://h/1\n    zones: [{name: z, matters: ['rtsp://admin:hunter2@h/1']}]\n",
    "feeds:\n  - id: a\n    url: 'rtsp://admin:hunter2@h/${NAME}'\n",
    "feeds:\n  - password:hunter2\n",
    "password:hunter2\n",
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_message_quotes_a_secret(mistakes_in, text):
    """Wherever a password or a URL was put, the answer does not repeat it."""
    told = "\n".join(mistakes_in({"feeds.yaml": text}))

    assert told
    assert "hunter2" not in told
    assert "20260731" not in told


def test_the_secret_of_an_environment_variable_is_not_quoted(mistakes_in):
    """A variable's value that makes a key wrong is not shown."""
    text = "feeds:\n  - id: a\n    url: ${URL}\n"

    told = mistakes_in({"feeds.yaml": text}, {"URL": "gopher://admin:hunter2@h"})

    assert len(told) == 1
    assert "hunter2" not in told[0]


def test_a_dotted_key_hides_what_may_be_a_url():
    """A key that is a misplaced URL is not shown."""
    assert dotted(["feeds", 0, "rtsp://a:b@c"]) == "feeds[0].…"
