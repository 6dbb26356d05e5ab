"""Ultralytics' predictor, made to look at pictures as Ultralytics' validator does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from detector.letterbox import fit_with_margin, letterbox
from detector.model import Image


def validating_predictor() -> Any:
    """Return a predictor class for ``YOLO.predict(predictor=…)``: the validator's padding, and every class counts.

    It is made in a function because whoever never validates must not import its base, and torch with it. Weights
    exported for one input shape are padded to that, as always.
    """
    from ultralytics.models.yolo.detect import DetectionPredictor  # noqa: PLC0415  brings torch
    from ultralytics.utils.nms import non_max_suppression  # noqa: PLC0415
    from ultralytics.utils.ops import scale_boxes  # noqa: PLC0415

    class ValidatingPredictor(DetectionPredictor):  # type: ignore[misc]
        """Pads with a margin and keeps every class of a candidate; the rest is as it was."""

        def pre_transform(self, im: Sequence[Image]) -> list[Image]:
            if not _takes_any_shape(self.model):
                return list(super().pre_transform(im))
            return [letterbox(picture, max(self.imgsz), margin=True)[0][0] for picture in im]

        def postprocess(self, preds: Any, img: Any, orig_imgs: Any, **_: Any) -> Any:
            kept = non_max_suppression(
                preds,
                self.args.conf,
                self.args.iou,
                multi_label=True,
                max_det=self.args.max_det,
                end2end=getattr(self.model, "end2end", False),
            )
            return self.construct_results(kept, img, orig_imgs)

        def construct_result(self, pred: Any, img: Any, orig_img: Image, img_path: str) -> Any:
            result = super().construct_result(pred.clone(), img, orig_img, img_path)
            if _takes_any_shape(self.model):
                placing = _placing(orig_img, max(self.imgsz))
                pred[:, :4] = scale_boxes(img.shape[2:], pred[:, :4], orig_img.shape, ratio_pad=placing)
                result.update(boxes=pred)
            return result

    return ValidatingPredictor


def _takes_any_shape(model: Any) -> bool:
    return model.format == "pt" or bool(getattr(model, "dynamic", False))


def _placing(picture: Image, input_px: int) -> tuple[tuple[float, float], tuple[int, int]]:
    """Return ``((gain_y, gain_x), (left, top))``, as Ultralytics keeps where a picture lies in the input."""
    placed = fit_with_margin(picture.shape[0], picture.shape[1], input_px)
    gains = placed.inner_height / placed.height, placed.inner_width / placed.width
    return gains, (placed.left, placed.top)
