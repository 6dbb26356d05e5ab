"""Answers that are pictures: drawn on when asked, and cached by their content."""

from __future__ import annotations

import cv2
import numpy as np
from fastapi import Request, Response
from numpy.typing import NDArray

from api.errors import PictureGone
from api.evidence import Picture
from detector.detection import Detection

_QUALITY = 88


def picture_answer(request: Request, jpeg: bytes, *, tag: str, cache: str) -> Response:
    """Return the JPEG, or 304 when the asker has it.

    Parameters
    ----------
    tag
        Changes when the bytes do.
    cache
        The ``Cache-Control`` header.
    """
    headers = {"ETag": f'"{tag}"', "Cache-Control": cache}
    if known(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(jpeg, media_type="image/jpeg", headers=headers)


def known(request: Request, tag: str) -> bool:
    """Return whether the asker already has what ``tag`` stands for."""
    have = request.headers.get("If-None-Match", "")
    return any(one.strip().removeprefix("W/").strip('"') in {tag, "*"} for one in have.split(",") if one.strip())


def annotated(jpeg: bytes, picture: Picture) -> bytes:
    """Return the JPEG with the picture's box drawn.

    Raises
    ------
    PictureGone
        When the bytes cannot be decoded.
    """
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise PictureGone("the picture's file cannot be decoded; its record stays")
    pixels = image.astype(np.uint8, copy=False)
    drawn = _drawn(pixels, detection_of(picture, width=pixels.shape[1], height=pixels.shape[0]))
    _, encoded = cv2.imencode(".jpg", drawn, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return encoded.tobytes()


def detection_of(picture: Picture, *, width: int, height: int) -> Detection | None:
    """Return what was seen in the picture, its box in px of a picture of this size; None when it has no box."""
    if picture.box is None:
        return None
    xs, ys = sorted(picture.box[::2]), sorted(picture.box[1::2])
    box = (xs[0] * width, ys[0] * height, xs[1] * width, ys[1] * height)
    return Detection(picture.label, picture.score, box, picture.model_id)


def _drawn(image: NDArray[np.uint8], detection: Detection | None) -> NDArray[np.uint8]:
    drawn = image.copy()
    if detection is None:
        return drawn
    x1, y1, x2, y2 = (round(value) for value in detection.box)
    thick = max(2, round(max(image.shape[:2]) / 400))
    cv2.rectangle(drawn, (x1, y1), (x2, y2), (0, 0, 255), thick)
    text = f"{detection.label} {detection.score:.2f}"
    cv2.putText(drawn, text, (x1, max(16, y1 - 6)), cv2.FONT_HERSHEY_SIMPLEX, thick / 3, (0, 0, 255), thick)
    return drawn
