"""Models of an installation: the one that serves, one on trial, and one in shadow."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from api.datafolder import DataFolder
from api.serving import Choice
from api.wiring.candidate import CandidateProcess, Pair
from configs.loading import Configuration
from configs.settings import ModelSettings, Settings
from detector.batching import Batched
from detector.errors import ModelError
from detector.loading import load_model
from detector.manifest import Manifest
from detector.model import Model, ModelCard

_TRIAL_SIZE = (576, 704, 3)


def open_serving(settings: Settings, configuration: Configuration, folder: DataFolder) -> Model:
    """Load the model that serves (see ``api.serving``).

    Parameters
    ----------
    settings
        Those in effect: the demonstration's drawn scenes change them.

    Raises
    ------
    ModelError
        When it cannot be used; of a promoted one the text says how to go back.
    DataFolderError
        When it cannot be read which one was promoted.
    """
    choice = chosen(configuration, folder)
    try:
        return _in_batches(_opened(settings.model, configuration, folder, choice.name), settings.model)
    except ModelError as error:
        if choice.standing is None:
            raise
        raise ModelError(f"{error}; `gridpatrol models rollback` returns to {choice.previous}") from error


def chosen(configuration: Configuration, folder: DataFolder) -> Choice:
    """Return which model serves in this installation."""
    return Choice(configuration.settings.model, folder)


def try_out(configuration: Configuration, folder: DataFolder, name: str) -> ModelCard:
    """Load the model of a name, let it look once at an empty picture, and give it back.

    Raises
    ------
    ModelError
        When its files are missing or changed, or it cannot be loaded or run here.
    """
    model = _opened(configuration.settings.model, configuration, folder, name)
    try:
        model.detect([np.zeros(_TRIAL_SIZE, np.uint8)])
    finally:
        model.close()
    return model.card


def serving_checkpoint(configuration: Configuration, folder: DataFolder) -> Path:
    """Return the checkpoint (``.pt``) of the model that serves, from which training can go on.

    Raises
    ------
    ModelError
        When it is not known, its files were changed, or no checkpoint came with it.
    DataFolderError
        When it cannot be read which model was promoted.
    """
    name = chosen(configuration, folder).name
    if Path(name).suffix.lower() == ".pt":
        return configuration.directory / name
    checkpoint = Manifest.load(configuration.manifest).verify(name).file(".pt")
    if checkpoint is None:
        raise ModelError(
            f"{name}, which serves, is listed in {configuration.manifest} without a checkpoint (.pt), so training "
            "cannot go on from it; name the file it was exported from with --base"
        )
    return checkpoint.path


def open_candidate(settings: Settings, configuration: Configuration, folder: DataFolder) -> CandidateProcess:
    """Load the shadow model of the settings in a process of its own; errors are those of ``CandidateProcess``."""
    name = settings.model.shadow
    assert name is not None  # noqa: S101 - the caller looked
    return CandidateProcess(
        Pair(
            candidate=_stated(settings.model, configuration, name),
            serving=_stated(settings.model, configuration, chosen(configuration, folder).name),
            root=configuration.directory.absolute(),
            cache=_cache(folder),
        )
    )


def _opened(settings: ModelSettings, configuration: Configuration, folder: DataFolder, name: str) -> Model:
    stated = _stated(settings, configuration, name)
    return load_model(stated, root=configuration.directory, cache_dir=folder.compiled)


def _stated(settings: ModelSettings, configuration: Configuration, name: str) -> ModelSettings:
    return settings.model_copy(update={"name": name, "manifest": str(configuration.manifest.absolute())})


def _in_batches(model: Model, settings: ModelSettings) -> Model:
    if settings.batch == 1 or settings.backend == "scripted":
        return model
    # As many at once as there are processors: each batch runs on one.
    at_once = max(2, os.cpu_count() or 2)
    return Batched(model, most=settings.batch, wait_s=settings.batch_wait_ms / 1000, at_once=at_once)


def _cache(folder: DataFolder) -> Path:
    return folder.path / "compiled-shadow"
