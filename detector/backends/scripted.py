"""A model that says what a script tells it: for drawn scenes, whose truth is known, and for tests of other parts."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from detector.backends.options import Options
from detector.detection import Box, Detection
from detector.errors import ManifestError, ModelError
from detector.model import Image, ModelCard
from detector.weights import sha256_of


class Told(BaseModel):
    """One thing a picture shows, according to the truth file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str = Field(min_length=1)
    score: float = Field(ge=0, le=1)
    box: Box


_EVERY = "*"
_TRUTH = TypeAdapter(dict[str, tuple[Told, ...]])


def picture_key(image: Image) -> str:
    """Return the key under which a truth file tells of this picture: the hex SHA-256 of its pixels, row by row."""
    return hashlib.sha256(image.tobytes()).hexdigest()


class ScriptedModel:
    """Says of a picture what the truth file says, and nothing of a picture that is not in it.

    Its card is marked synthetic, so that every record made with it says so.

    Parameters
    ----------
    truth
        JSON file: ``{picture key: [{"label": …, "score": 0..1, "box": [x1, y1, x2, y2]}, …]}``, boxes in pixels. See
        ``picture_key``. The key ``*`` tells of every picture.
    options
        Only the score threshold counts.
    takes_s
        So long a look at one picture takes, for measuring everything around it.

    Raises
    ------
    ManifestError
        When the file is missing or does not hold that.
    """

    def __init__(self, truth: Path, options: Options | None = None, *, takes_s: float = 0.0) -> None:
        self._takes = threading.Event()
        self._takes_s = takes_s
        self._truth = _read(truth)
        self._min_score = (options or Options()).min_score
        digest = sha256_of(truth)
        self._card = ModelCard(
            id=f"scripted@{digest[:8]}",
            labels=tuple(sorted({told.label for shown in self._truth.values() for told in shown})),
            input_px=0,
            sha256=digest,
            backend="scripted",
            synthetic=True,
        )
        self._closed = False

    @property
    def card(self) -> ModelCard:
        """What is known of the script; ``input_px`` is 0, as pictures are taken as they are."""
        return self._card

    def detect(self, images: Sequence[Image]) -> list[tuple[Detection, ...]]:
        """Return each image's detections, highest score first, in the images' order.

        Parameters
        ----------
        images
            ``(H, W, 3) uint8`` BGR each; sizes may differ.

        Raises
        ------
        ModelError
            When the model was closed.
        """
        if self._closed:
            raise ModelError(f"{self._card.id} was closed; load it again")
        return [self._detect_one(image) for image in images]

    def close(self) -> None:
        """Refuse further pictures."""
        self._closed = True

    def _detect_one(self, image: Image) -> tuple[Detection, ...]:
        if self._takes_s:
            self._takes.wait(self._takes_s)
        told_of_it = self._truth[_EVERY] if _EVERY in self._truth else self._truth.get(picture_key(image), ())
        shown = [told for told in told_of_it if told.score > self._min_score]
        shown.sort(key=lambda told: -told.score)
        return tuple(Detection(told.label, told.score, _clipped(told.box, image), self._card.id) for told in shown)


def _clipped(box: Box, image: Image) -> Box:
    height, width = image.shape[:2]
    x1, y1, x2, y2 = box
    return (
        min(max(x1, 0.0), width),
        min(max(y1, 0.0), height),
        min(max(x2, 0.0), width),
        min(max(y2, 0.0), height),
    )


def _read(path: Path) -> Mapping[str, tuple[Told, ...]]:
    try:
        return _TRUTH.validate_json(path.read_bytes())
    except OSError as error:
        raise ManifestError(
            f"{path} cannot be read ({error.strerror}); set model.truth to the scenes' truth file"
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(map(str, first["loc"])) or "the whole file"
        raise ManifestError(f"{path}: {key}: {first['msg']}; draw the scenes again") from error
