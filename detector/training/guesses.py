"""What a pretrained network sees in a dataset's pictures, kept in a file so that it looks only once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from detector.model import Model
from detector.training.yolofolder import DatasetError, read_picture

_ROWS = TypeAdapter(dict[str, list[tuple[int, float, tuple[float, float, float, float]]]])
_SAVE_EVERY = 200
LEAST_SCORE = 0.15
"""What the network is asked for: a cache holds guesses down to this score, whatever is used of them."""

Row = tuple[int, float, tuple[float, float, float, float]]


@dataclass(frozen=True, slots=True)
class Guess:
    """A thing the network sees: its name, how sure it is (0..1), centre x and y, width, height as shares (0..1)."""

    name: str
    score: float
    box: tuple[float, float, float, float]


class Guesses:
    """Guesses for each picture: from the cache file where it has them, else from the network.

    The file is ``{"split/file name": [[class, score, [x, y, width, height]], …]}``, classes as the network counts
    them, so it belongs to one network.

    Parameters
    ----------
    network
        Looks at pictures that the cache does not know, and names the classes.
    cache
        The file; None keeps nothing.

    Raises
    ------
    DatasetError
        When the cache file is there and holds something else.
    """

    def __init__(self, network: Model, cache: Path | None = None) -> None:
        self._network, self._cache = network, cache
        self._rows = _read(cache) if cache is not None and cache.exists() else {}
        self._unsaved = 0

    @property
    def model(self) -> str:
        """What provenance calls the network."""
        return self._network.card.id

    def of(self, split: str, picture: Path) -> list[Guess]:
        """Return what the network sees in a picture.

        Raises
        ------
        DatasetError
            When the picture cannot be read, or the cache counts classes that the network does not have.
        """
        key = f"{split}/{picture.name}"
        if key not in self._rows:
            self._rows[key] = self._seen(picture)
            self._unsaved += 1
            if self._unsaved >= _SAVE_EVERY:
                self.save()
        labels = self._network.card.labels
        try:
            return [Guess(labels[kind], score, box) for kind, score, box in self._rows[key]]
        except IndexError as error:
            raise DatasetError(
                f"{self._cache} is of another network than {self.model}; name another cache"
            ) from error

    def save(self) -> None:
        """Write the cache file, whole or not at all."""
        if self._cache is not None and self._unsaved:
            part = self._cache.with_name(f"{self._cache.name}.part")
            part.write_text(json.dumps(self._rows), encoding="utf-8")
            part.replace(self._cache)
            self._unsaved = 0

    def _seen(self, picture: Path) -> list[Row]:
        image = read_picture(picture)
        height, width = image.shape[:2]
        labels = self._network.card.labels
        return [
            (labels.index(found.label), round(found.score, 3), _shares(found.box, width, height))
            for found in self._network.detect([image])[0]
        ]


def _shares(box: tuple[float, float, float, float], width: int, height: int) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = box
    x, y = (x1 + x2) / 2 / width, (y1 + y2) / 2 / height
    return round(x, 5), round(y, 5), round((x2 - x1) / width, 5), round((y2 - y1) / height, 5)


def _read(cache: Path) -> dict[str, list[Row]]:
    try:
        return _ROWS.validate_json(cache.read_bytes())
    except (OSError, ValidationError) as error:
        raise DatasetError(f"{cache} is no cache of guesses; name another file, or remove it") from error
