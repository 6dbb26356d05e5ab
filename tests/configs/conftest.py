"""What the configuration's tests share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from configs.loading import load_configuration
from configs.mistakes import ConfigError


@pytest.fixture
def mistakes_in(tmp_path) -> Callable[..., list[str]]:
    """A function that returns what is said of some files, one string a mistake, without the folder's own path.

    Files that are not given are ones without mistakes: settings that say nothing, and one feed.
    """

    def told(files: dict[str, str | bytes], environ: dict[str, str] | None = None) -> list[str]:
        given = {"gridpatrol.yaml": "version: 1\n", "feeds.yaml": "feeds:\n  - id: a\n    url: rtsp://h/1\n", **files}
        for name, text in given.items():
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        try:
            load_configuration(tmp_path, environ=environ or {})
        except ConfigError as error:
            texts = map(str, error.mistakes)
            return [text.replace(f"{tmp_path}/", "").replace(str(tmp_path), "DIR") for text in texts]
        return []

    return told
