"""Makes the demonstration city's scenes: from real samples when they can be had, else drawn."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any, Literal

import cv2
import httpx
import numpy as np
from ruamel.yaml import YAML

from api.demo.drawn import drawn_scene
from api.demo.samples import Progress, SamplesMissing, obtain, read_samples
from api.demo.scenes import fixed_view, pan, write_frames
from configs.settings import Settings
from streams.frame import Image

Kind = Literal["real", "drawn"]
_DRAWN_THINGS = ("garbage", "overflow", "stall", "ad", None)
_DRAWN_FRAMES = 8
_NOTICE_DRAWN = "drawn scenes with a scripted detector"
_RECORDED_AT_S = 1_767_225_600.0
"""2026-01-01T00:00:00Z: the vehicle's frames get times of their own, which its track is aligned to."""


@dataclass(frozen=True, slots=True)
class Made:
    """What the demonstration was made of; ``reason`` says why it is drawn."""

    kind: Kind
    recipe: str
    reason: str = ""


def demo_folder(data_dir: Path) -> Path:
    """Return where the demonstration's scenes are kept."""
    return data_dir / "demo"


def open_client() -> httpx.Client:
    """Return the client that samples are fetched with; it gives up on connecting quickly, drawn scenes will do."""
    return httpx.Client(timeout=httpx.Timeout(20, connect=4), follow_redirects=True)


def prepare(
    config_dir: Path,
    data_dir: Path,
    *,
    environ: Mapping[str, str],
    progress: Progress,
    say: Callable[[str], None],
    client: Callable[[], httpx.Client] = open_client,
) -> Made:
    """Make the scenes unless they are there, and return what they are made of.

    Looks for the samples in ``$GRIDPATROL_SAMPLES`` or, when that is not set, in a ``shared/samples`` folder beside
    the project, then in the cache, then fetches them. Without network the scenes are drawn, and the next start tries
    again.
    """
    folder = demo_folder(data_dir)
    recipe = _recipe(config_dir)
    made = read_made(data_dir)
    if made and made.kind == "real" and made.recipe == recipe:
        return made
    scenes = YAML(typ="safe").load(config_dir / "scenes.yaml")
    try:
        paths = obtain(
            read_samples(config_dir / "samples.yaml"),
            data_dir / "samples",
            folders=_folders(environ),
            client=client,
            progress=progress,
        )
    except SamplesMissing as error:
        say(f"{error}; the demonstration uses drawn scenes instead")
        made = Made("drawn", recipe, str(error))
        if read_made(data_dir) != made:
            _fresh(folder)
            _draw(scenes, folder)
    else:
        say("making the demonstration's camera views from real samples")
        _fresh(folder)
        _film(scenes, paths, folder)
        made = Made("real", recipe)
    (folder / "made.json").write_text(json.dumps({"kind": made.kind, "recipe": made.recipe, "reason": made.reason}))
    return made


def read_made(data_dir: Path) -> Made | None:
    """Return what the scenes in ``data_dir`` were made of, or None when there are none."""
    try:
        return Made(**json.loads((demo_folder(data_dir) / "made.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def adapted(settings: Settings, data_dir: Path) -> Settings:
    """Return the settings for drawn scenes when the scenes are drawn: the scripted detector, and a notice of it."""
    made = read_made(data_dir)
    if not settings.demo or made is None or made.kind == "real":
        return settings
    truth = str(demo_folder(data_dir) / "truth.json")
    model = settings.model.model_copy(update={"backend": "scripted", "truth": truth})
    notice = f"{settings.city.notice} · {_NOTICE_DRAWN}".strip(" ·")
    return settings.model_copy(update={"model": model, "city": settings.city.model_copy(update={"notice": notice})})


def _folders(environ: Mapping[str, str]) -> list[Path]:
    named = environ.get("GRIDPATROL_SAMPLES")
    project = Path(__file__).resolve().parents[2]
    return [Path(named) if named else project.parent / "shared" / "samples"]


def _recipe(config_dir: Path) -> str:
    text = b"".join((config_dir / name).read_bytes() for name in ("samples.yaml", "scenes.yaml"))
    return hashlib.sha256(text).hexdigest()[:16]


def _fresh(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _picture(path: Path) -> Image:
    picture = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise SamplesMissing(f"{path} is no picture that OpenCV can read")
    return picture.astype(np.uint8, copy=False)


def _film(scenes: dict[str, Any], paths: Mapping[str, Path], folder: Path) -> None:
    for seed, camera in enumerate(scenes["cameras"]):
        target = folder / "scenes" / camera["feed"]
        if "clip" in camera:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(paths[camera["clip"]], target)
            continue
        still = _picture(paths[camera["still"]])
        views = fixed_view(
            still,
            camera["frames"],
            seed=seed,
            clean_from=camera.get("clean_from"),
            cleaned=camera.get("cleaned", ()),
        )
        write_frames(views, target)
    vehicle = scenes["vehicle"]
    stills = [_picture(paths[name]) for name in vehicle["stills"]]
    write_frames(
        pan(stills, vehicle["frames_each"], seed=99),
        folder / "scenes" / vehicle["feed"],
        start_s=_RECORDED_AT_S,
    )


def _draw(scenes: dict[str, Any], folder: Path) -> None:
    """Draw every camera; PNG, because the scripted detector knows pictures by their exact pixels."""
    truth: dict[str, list[dict[str, Any]]] = {}
    feeds = [camera["feed"] for camera in scenes["cameras"]] + [scenes["vehicle"]["feed"]]
    for seed, (feed, thing) in enumerate(zip(feeds, cycle(_DRAWN_THINGS), strict=False)):
        vehicle = feed == scenes["vehicle"]["feed"]
        frames = _DRAWN_FRAMES * 4 if vehicle else _DRAWN_FRAMES
        drawn = [drawn_scene("garbage" if vehicle else thing, seed=seed, frame=index) for index in range(frames)]
        for scene in drawn:
            truth[scene.key] = [{"label": label, "score": 0.9, "box": list(box)} for label, box in scene.truth]
        write_frames(
            [scene.picture for scene in drawn],
            folder / "scenes" / feed,
            suffix=".png",
            start_s=_RECORDED_AT_S if vehicle else None,
        )
    (folder / "truth.json").write_text(json.dumps(truth))
