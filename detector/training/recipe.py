"""The recipe of a training: base weights, classes, data, what each source leaves unlabelled, and the numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from configs.mistakes import nearest
from configs.values import Strict
from detector.errors import ModelError


class RecipeError(ModelError):
    """A recipe that cannot be followed. ``str(error)`` names file and key and says what would be right."""


class Source(Strict):
    """What is known of the pictures whose file name starts with this source's prefix.

    A class that a source did not label is not thereby absent from its pictures. Such a class still learns from the
    boxes it has there, but what is not boxed counts as background only by the weight given here.
    """

    unlabelled: tuple[str, ...] = Field(
        default=(), description="present but not labelled: teaches nothing of absence"
    )
    doubt: tuple[str, ...] = Field(default=(), description="mostly absent: teaches absence by ``doubt_weight``")
    repeat: int = Field(default=1, ge=0, le=50, description="how often an epoch shows each picture; 0 leaves it out")
    share: float = Field(
        default=1.0, gt=0, le=1, description="use only so much of it; the recipe's seed and the file names say which"
    )


class Dataset(Strict):
    """A folder in YOLO form: ``data.yaml`` (or a file of another name), ``images/``, ``labels/``."""

    path: str = Field(min_length=1, description="data.yaml, or its folder; relative to the recipe")
    validate_on: bool = Field(
        default=True, description="its validation split counts for the choice of the best epoch"
    )


class Numbers(Strict):
    """What the trainer is told. Names and meaning are Ultralytics' own."""

    epochs: int = Field(default=8, ge=1, le=1000)
    input_px: int = Field(default=512, ge=32, le=2048, multiple_of=32)
    batch: int = Field(default=16, ge=1, le=1024)
    optimizer: Literal["AdamW", "SGD", "MuSGD", "auto"] = "AdamW"
    learning_rate: float = Field(default=0.0005, gt=0, le=1)
    final_share: float = Field(default=0.05, gt=0, le=1, description="last learning rate as a share of the first")
    warmup_epochs: float = Field(default=0.5, ge=0)
    weight_decay: float = Field(default=0.0005, ge=0, le=1)
    freeze: int = Field(default=0, ge=0, description="how many layers, from the picture on, stay as they are")
    mosaic: float = Field(default=0.5, ge=0, le=1)
    close_mosaic: int = Field(default=2, ge=0, description="last epochs without mosaic")
    scale: float = Field(default=0.5, ge=0, le=1)
    degrees: float = Field(default=3.0, ge=0, le=180)
    perspective: float = Field(default=0.0, ge=0, le=0.001)
    fliplr: float = Field(default=0.5, ge=0, le=1)
    hsv_h: float = Field(default=0.015, ge=0, le=1)
    hsv_s: float = Field(default=0.6, ge=0, le=1)
    hsv_v: float = Field(default=0.4, ge=0, le=1)
    box: float = Field(default=7.5, ge=0)
    cls: float = Field(default=0.5, ge=0)
    dfl: float = Field(default=1.5, ge=0)


class Recipe(Strict):
    """A training that anybody can repeat."""

    version: Literal[1] = 1
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    about: str = ""
    base: str | None = Field(
        default=None, description="checkpoint (.pt) to start from, relative to the recipe; none: named when training"
    )
    classes: tuple[str, ...] = Field(default=(), description="none: those of the base, in its order")
    context: tuple[str, ...] = Field(default=(), description="classes that never become findings")
    datasets: tuple[Dataset, ...] = Field(default=(), description="none: they are named when training starts")
    sources: dict[str, Source] = Field(
        default_factory=dict, description="by file name prefix; the longest one counts"
    )
    doubt_weight: float = Field(default=0.25, ge=0, le=1)
    masks: bool = Field(default=True, description="false: whatever is not labelled counts as absent")
    seed: int = Field(default=1, ge=0)
    precision: Literal["auto", "f32", "bf16"] = Field(
        default="auto", description="auto: bf16 where the processor computes in it, mixed precision on an NVIDIA card"
    )
    numbers: Numbers = Numbers()

    @model_validator(mode="after")
    def _known_classes(self) -> Recipe:
        if not self.classes:
            return self  # those of the base are not known before it is read
        named = [("context", self.context)]
        named += [(f"sources.{key}", (*source.unlabelled, *source.doubt)) for key, source in self.sources.items()]
        for place, labels in named:
            for label in labels:
                if label not in self.classes:
                    like = nearest(label, self.classes)
                    raise ValueError(
                        f"{place} names {label!r}, which is none of the classes"
                        + (f"; did you mean {like!r}?" if like else "")
                    )
        return self

    def source_of(self, file_name: str) -> Source:
        """Return what is known of a picture's source: the longest prefix that fits its file name."""
        fitting = [prefix for prefix in self.sources if file_name.startswith(prefix)]
        return self.sources[max(fitting, key=len)] if fitting else Source()

    def learning(self, classes: Sequence[str]) -> Recipe:
        """Return the recipe with the base's classes where it states none itself.

        Raises
        ------
        RecipeError
            When it speaks of a class that is none of these.
        """
        if self.classes:
            return self
        try:
            return Recipe.model_validate({**self.model_dump(), "classes": tuple(classes)})
        except ValidationError as error:
            message = error.errors(include_url=False, include_input=False)[0]["msg"]
            raise RecipeError(f"recipe {self.name}, with the classes of its base: {message}") from error

    def knowing(self, sources: Mapping[str, Source]) -> Recipe:
        """Return the recipe with what a dataset says of its own sources; the recipe's own word counts more."""
        return self.model_copy(update={"sources": {**sources, **self.sources}})

    def uses(self, file_name: str) -> bool:
        """Return whether a training picture is among its source's share; the same for one seed on every machine."""
        drawn = hashlib.sha256(f"{self.seed}:{file_name}".encode()).digest()
        return int.from_bytes(drawn[:8], "big") < self.source_of(file_name).share * 2**64

    def absent_weights(self, file_name: str) -> tuple[float, ...]:
        """Return, class by class, how much a place without a box counts as background (0..1) in this picture."""
        if not self.masks:
            return (1.0,) * len(self.classes)
        source = self.source_of(file_name)
        weight = dict.fromkeys(source.doubt, self.doubt_weight) | dict.fromkeys(source.unlabelled, 0.0)
        return tuple(weight.get(label, 1.0) for label in self.classes)


def load_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises
    ------
    RecipeError
        When the file is missing, is not YAML or does not fit the schema; the text names file and key.
    """
    try:
        return Recipe.model_validate(YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {})
    except OSError as error:
        raise RecipeError(f"{path} cannot be read ({error.strerror}); name a recipe, see configs/recipes") from error
    except UnicodeDecodeError as error:
        raise RecipeError(f"{path} is not UTF-8 text; save it as UTF-8") from error
    except YAMLError as error:
        line = error.problem_mark.line + 1 if isinstance(error, MarkedYAMLError) and error.problem_mark else 1
        raise RecipeError(f"{path}:{line} is not YAML; mend that line") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise RecipeError(f"{path}: {key}: {first['msg']}; compare with configs/recipes/city.yaml") from error
