"""One training from recipe to run card."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from configs.settings import ModelSettings
from detector.errors import BackendMissing, ModelError
from detector.evaluation.dataset import open_data
from detector.evaluation.evaluation import Plan, evaluate
from detector.loading import load_model
from detector.training.assemble import assemble
from detector.training.progress import Progress
from detector.training.recipe import Dataset, Recipe, RecipeError, load_recipe
from detector.training.runcard import RunCard, card_of
from detector.weights import sha256_of

_LAST = Path("run") / "weights" / "last.pt"


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks to be trained.

    Parameters
    ----------
    recipe
        The recipe's file.
    out
        Folder of the run: data links, checkpoints, ``runcard.json``.
    base
        Checkpoint instead of the recipe's.
    data
        Datasets instead of the recipe's.
    epochs
        Instead of the recipe's.
    resume
        Go on with the run in ``out`` where it stopped.
    """

    recipe: Path
    out: Path
    base: Path | None = None
    data: tuple[Path, ...] = ()
    epochs: int | None = None
    resume: bool = False

    def absolute(self) -> Order:
        """Return it with absolute paths: Ultralytics takes others for places below a folder of its own settings."""
        return replace(
            self,
            recipe=self.recipe.absolute(),
            out=self.out.absolute(),
            base=self.base.absolute() if self.base else None,
            data=tuple(path.absolute() for path in self.data),
        )


def train(order: Order, on_progress: Callable[[Progress], None] = lambda _: None) -> RunCard:
    """Train, and write the run card into ``order.out``.

    Raises
    ------
    RecipeError
        When recipe, data or base do not fit, or ``out`` holds a run and ``resume`` was not asked for.
    BackendMissing
        When Ultralytics is not installed.
    """
    order = order.absolute()
    recipe, beside = _followed(order), order.recipe.parent
    base = _base(order, recipe)
    if order.resume != resumable(order.out):
        raise RecipeError(
            f"{order.out} holds no run to resume; leave --resume out"
            if order.resume
            else f"{order.out} already holds a run; go on with --resume, or name another folder with --out"
        )
    try:
        order.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecipeError(
            f"{order.out} cannot be a run's folder ({error.strerror}); name another with --out"
        ) from error
    assembled = assemble(recipe.learning(_classes(base)), beside=beside, out=order.out / "data")
    _trained(assembled.recipe, base, assembled.data_yaml, order, on_progress)
    card = card_of(assembled, base_sha256=sha256_of(base), run=order.out / "run")
    metrics = _measured(order.out / "run" / "weights" / card.checkpoint, assembled.data_yaml)
    card = replace(card, metrics=metrics)
    card.write(order.out)
    return card


def resumable(out: Path) -> bool:
    """Return whether ``out`` holds a run with a finished epoch to go on from."""
    return (out / _LAST).is_file()


def _measured(checkpoint: Path, data_yaml: Path) -> dict[str, Any]:
    """Return what the checkpoint does on the validation split: the keys of ``evaluation.figures.Figures``."""
    settings = ModelSettings(name=str(checkpoint.absolute()), backend="ultralytics", precision="f32", min_score=0.001)
    model = load_model(settings, root=checkpoint.parent, as_validator=True)
    try:
        plan = Plan(open_data(data_yaml), {})
        return evaluate(model, plan, lambda _sentence: None, lambda _done, _of: None).figures.as_json()
    finally:
        model.close()


def _base(order: Order, recipe: Recipe) -> Path:
    base = order.base or (order.recipe.parent / recipe.base if recipe.base else None)
    if base is None:
        raise RecipeError(f"recipe {recipe.name} names no base; name a checkpoint with --base")
    if not base.is_file():
        raise RecipeError(f"base checkpoint {base} is not there; name one with --base")
    return base


def _classes(base: Path) -> tuple[str, ...]:
    from detector.backends.ultralytics import open_yolo  # noqa: PLC0415  training alone needs torch

    # Refuses what is no checkpoint, in a sentence, and keeps Ultralytics off the network.
    names = open_yolo(base).names
    return tuple(str(names[number]) for number in sorted(names))


def _followed(order: Order) -> Recipe:
    recipe = load_recipe(order.recipe)
    if order.data:
        named = tuple(Dataset(path=str(path)) for path in order.data)
        recipe = recipe.model_copy(update={"datasets": named})
    if order.epochs:
        numbers = recipe.numbers.model_copy(update={"epochs": order.epochs})
        recipe = recipe.model_copy(update={"numbers": numbers})
    return recipe


def _trained(
    recipe: Recipe, base: Path, data_yaml: Path, order: Order, on_progress: Callable[[Progress], None]
) -> None:
    try:
        from detector.training.trainer import RecipeTrainer, overrides_of  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise BackendMissing("training needs ultralytics; pip install 'gridpatrol[training]'") from error
    overrides = overrides_of(recipe, base=base, data_yaml=data_yaml, out=order.out / "run")
    if order.resume:
        overrides["resume"] = str(order.out / _LAST)
    try:
        RecipeTrainer(recipe, overrides, on_progress).train()
    except AssertionError as error:
        # Ultralytics' way of saying that the run to resume had reached its last epoch.
        raise ModelError(f"{order.out} is a finished run; name another folder with --out") from error
