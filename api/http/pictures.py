"""Answers that are pictures: drawn on when asked, and cached by their content."""

from __future__ import annotations

import cv2
import numpy as np
from fastapi import Request, Response

from api.errors import PictureGone
from api.evidence import Picture
from detector.annotate import annotate
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
    seen = _seen(picture, width=pixels.shape[1], height=pixels.shape[0])
    _, encoded = cv2.imencode(".jpg", annotate(pixels, seen), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return encoded.tobytes()


def _seen(picture: Picture, *, width: int, height: int) -> tuple[Detection, ...]:
    if picture.box is None:
        return ()
    xs, ys = sorted(picture.box[::2]), sorted(picture.box[1::2])
    box = (xs[0] * width, ys[0] * height, xs[1] * width, ys[1] * height)
    return (Detection(picture.label, picture.score, box, picture.model_id),)
