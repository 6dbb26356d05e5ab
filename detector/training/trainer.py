"""Training by a recipe, with Ultralytics underneath."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from ultralytics.data.augment import Mosaic
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.utils.loss import E2ELoss
from ultralytics.utils.torch_utils import unwrap_model

from detector.training.loss import MIXED, SourceAwareLoss
from detector.training.progress import Progress
from detector.training.recipe import Recipe


class SourceMosaic(Mosaic):  # type: ignore[misc]  # Ultralytics ships no types
    """A mosaic that remembers all the pictures it is made of, not only the first."""

    def _cat_labels(self, mosaic_labels: list[dict[str, Any]]) -> dict[str, Any]:
        joined: dict[str, Any] = super()._cat_labels(mosaic_labels)
        if joined:
            joined["im_file"] = MIXED.join(str(labels["im_file"]) for labels in mosaic_labels)
        return joined


class RecipeTrainer(DetectionTrainer):  # type: ignore[misc]  # as above
    """Ultralytics' trainer with the loss that knows sources, and bf16 on processors that compute in it."""

    def __init__(self, recipe: Recipe, overrides: dict[str, Any], on_progress: Callable[[Progress], None]) -> None:
        self.recipe = recipe
        self.batches_done = 0
        super().__init__(overrides=overrides)
        self.add_callback("on_train_start", _use_recipe)
        self.add_callback("on_train_epoch_start", _start_epoch)
        self.add_callback("on_train_batch_end", lambda trainer: on_progress(_batch_done(trainer)))
        self.add_callback("on_fit_epoch_end", partial(_epoch_done, on_progress))

    def build_dataset(self, img_path: str, mode: str = "train", batch: int | None = None) -> Any:
        """Return the dataset of a split; in training its mosaics tell their pictures."""
        dataset = super().build_dataset(img_path, mode, batch)
        if mode == "train":
            first = dataset.transforms.transforms[0]
            first.transforms[0] = SourceMosaic(dataset, imgsz=self.args.imgsz, p=self.args.mosaic)
        return dataset


def _use_recipe(trainer: RecipeTrainer) -> None:
    recipe, model = trainer.recipe, unwrap_model(trainer.model)
    loss = partial(SourceAwareLoss, absent_weights=recipe.absent_weights)
    model.criterion = (
        E2ELoss(model, loss) if getattr(model.model[-1], "one2one_cv2", None) is not None else loss(model)
    )
    if trainer.device.type == "cpu":
        # Ultralytics trains in 32 bits on a processor, and leaves one core idle. Autocast's own type there is bf16.
        trainer.amp = wants_bf16(recipe.precision)
        torch.set_num_threads(os.cpu_count() or 1)


def _start_epoch(trainer: RecipeTrainer) -> None:
    trainer.batches_done = 0


def _batch_done(trainer: RecipeTrainer) -> Progress:
    trainer.batches_done += 1
    return _progress(trainer, {})


def _epoch_done(on_progress: Callable[[Progress], None], trainer: RecipeTrainer) -> None:
    if trainer.epoch < trainer.epochs:  # Ultralytics calls once more, for the last look at the best epoch
        on_progress(_progress(trainer, trainer.metrics))


def _progress(trainer: RecipeTrainer, figures: Mapping[str, Any]) -> Progress:
    return Progress(
        epoch=trainer.epoch + 1,
        epochs=trainer.epochs,
        batch=trainer.batches_done,
        batches=len(trainer.train_loader),
        figures={name: float(value) for name, value in figures.items()},
    )


def wants_bf16(precision: str) -> bool:
    """Return whether to train in bf16 on this processor."""
    has = bool(torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported())  # noqa: SLF001
    return precision == "bf16" or (precision == "auto" and has)


def overrides_of(recipe: Recipe, *, base: Path, data_yaml: Path, out: Path) -> dict[str, Any]:
    """Return what Ultralytics is told."""
    numbers = recipe.numbers.model_dump()
    numbers["imgsz"] = numbers.pop("input_px")
    numbers["lr0"] = numbers.pop("learning_rate")
    numbers["lrf"] = numbers.pop("final_share")
    return {
        **numbers,
        "model": str(base),
        "data": str(data_yaml),
        "project": str(out.parent),
        "name": out.name,
        "exist_ok": True,
        "seed": recipe.seed,
        "deterministic": True,
        "device": "cuda:0" if torch.cuda.is_available() else "cpu",
        "amp": recipe.precision != "f32",
        "cos_lr": True,
        # One optimiser step a batch: fine-tuning on a processor sees few batches.
        "nbs": recipe.numbers.batch,
        "plots": False,
        "save_period": 1,
        "workers": 2,
    }
