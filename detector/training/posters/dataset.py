"""A dataset of made ads: pictures, labels, ``data.yaml``, and where each picture comes from."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from detector.training.posters.crops import Crops
from detector.training.posters.fonts import Fonts
from detector.training.posters.hanging import Hanger, Hung
from detector.training.posters.paste import Scene
from detector.training.posters.pictures import read_picture
from detector.training.posters.placing import Known, Surface
from detector.training.yolofolder import (
    Box,
    DatasetError,
    Labelled,
    YoloFolder,
    labels_of,
    open_yolo_folder,
    write_data_yaml,
)

AD = "ad"
_PREFIX = "madead"
# Pictures in which paper may hang that nobody has boxed: as backgrounds they would teach that paper is nothing.
_UNSURE = {"walldoubt"}
_STANDING = {"garbage", "overflow", "bin", "stall"}
_PAINTED = {"graffiti", AD}
_BLANK_WHITE, _BLANK_SHARE = 232, 0.3
_QUALITY = 92
_TRIES = 8

PixelBox = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Order:
    """What to make.

    Parameters
    ----------
    backgrounds
        ``data.yaml`` of a dataset, or its folder. Its training pictures without ads are drawn on; its training ads
        are cut out and pasted again.
    out
        Folder for the pictures made.
    count
        How many.
    seed
        The same seed, backgrounds and fonts make the same pictures.
    shares
        By source (the file's name up to its first underscore), how often its pictures are drawn on; none named:
        each picture as often as any other.
    """

    backgrounds: Path
    out: Path
    count: int
    seed: int
    shares: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Made:
    """One picture made: ``image`` (H, W, 3) uint8 BGR, boxes (x1, y1, x2, y2 px) of ads and of what was labelled."""

    name: str
    background: str
    image: np.ndarray
    ads: list[PixelBox]
    others: list[PixelBox]
    kinds: tuple[str, ...]
    legal: tuple[str, ...]


def render_ads(order: Order, fonts: Fonts, on_made: Callable[[Made], None] = lambda _: None) -> Path:
    """Make the pictures one after the other; return the ``data.yaml``.

    Raises
    ------
    DatasetError
        When the backgrounds cannot be read, know no class ``ad``, or have no picture to draw on.
    """
    folder = open_yolo_folder(order.backgrounds)
    ad = folder.id_of(AD)
    if order.out.resolve() in {folder.file.parent.resolve(), folder.root.resolve()}:
        raise DatasetError(f"{order.out} is the dataset of the backgrounds; name another folder")
    pictures = list(folder.labelled("train"))
    sources = _sources(pictures, ad, order)
    painter = _Painter(folder, ad, Hanger(fonts, Crops(pictures, ad)), order)
    order.out.mkdir(parents=True, exist_ok=True)
    data = write_data_yaml(order.out, folder.names, ["train"])
    # Row by row, so that what an interrupted run has made can be used and traced.
    with (order.out / "provenance.csv").open("w", newline="", encoding="utf-8", buffering=1) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("file", "background", "seed", "ads", "kinds", "legal"))
        for index in range(order.count):
            made = painter.paint(sources, index)
            told = _told(made.kinds), _told(made.legal)
            writer.writerow((made.name, made.background, order.seed, len(made.ads), *told))
            on_made(made)
    return data


def _sources(pictures: Iterable[Labelled], ad: int, order: Order) -> dict[str, list[Labelled]]:
    found: dict[str, list[Labelled]] = {}
    for each in pictures:
        if not any(box.kind == ad for box in each.boxes):
            found.setdefault(_source(each), []).append(each)
    usable = {name: found[name] for name in sorted(found) if name not in _UNSURE}
    if not usable:
        raise DatasetError(f"{order.backgrounds} has no training picture without ads; name a dataset that has some")
    for name in order.shares:
        if name not in usable:
            raise DatasetError(f"{order.backgrounds} has no backgrounds called {name}; it has {', '.join(usable)}")
    return {name: usable[name] for name in usable if order.shares.get(name, 0) > 0 or not order.shares}


def _source(labelled: Labelled) -> str:
    return labelled.picture.name.split("_")[0]


@dataclass(frozen=True, slots=True)
class _Painter:
    folder: YoloFolder
    ad: int
    hanger: Hanger
    order: Order

    def paint(self, sources: Mapping[str, Sequence[Labelled]], index: int) -> Made:
        rng = np.random.default_rng([self.order.seed, index])
        weights = np.array([self.order.shares.get(name, 0) or len(sources[name]) for name in sources], float)
        source = str(rng.choice(list(sources), p=weights / weights.sum()))
        for _ in range(_TRIES):
            labelled = sources[source][int(rng.integers(len(sources[source])))]
            scene, hung = self._hung(rng, labelled, source)
            if hung.ads or hung.legal:
                break
        return self._write(labelled, scene, hung, f"{_PREFIX}_{source}_{index:06d}")

    def _hung(self, rng: np.random.Generator, labelled: Labelled, source: str) -> tuple[Scene, Hung]:
        bgr = read_picture(labelled.picture)
        scene = Scene(bgr)
        if (bgr[::4, ::4].min(axis=2) > _BLANK_WHITE).mean() > _BLANK_SHARE:
            return scene, Hung()  # a product photograph on white has no walls
        known = Known(
            self._px(labelled, bgr, set(self.folder.names)),
            self._px(labelled, bgr, _STANDING),
            self._px(labelled, bgr, _PAINTED),
        )
        bins = self._px(labelled, bgr, {"bin"})
        return scene, self.hanger.hang(rng, scene, Surface(bgr, source, known), source, bins)

    def _px(self, labelled: Labelled, bgr: np.ndarray, names: set[str]) -> np.ndarray:
        chosen = [box.pixels(_size_px(bgr)) for box in labelled.boxes if self.folder.names[box.kind] in names]
        return np.array(chosen, float).reshape(-1, 4)

    def _write(self, labelled: Labelled, scene: Scene, hung: Hung, name: str) -> Made:
        ads = [scene.box(number) for number in hung.ads]
        image = self.order.out / "images" / "train" / f"{name}.jpg"
        labels = labels_of(image)
        for file in (image, labels):
            file.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(image), scene.bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        size_px = _size_px(scene.bgr)
        lines = [*labelled.boxes, *(Box.around(self.ad, box, size_px) for box in ads)]
        labels.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        others = [box.pixels(size_px) for box in labelled.boxes]
        kinds = tuple(hung.ads.values())
        return Made(image.name, labelled.picture.name, scene.bgr, ads, others, kinds, tuple(hung.legal))


def _size_px(bgr: np.ndarray) -> tuple[int, int]:
    return bgr.shape[1], bgr.shape[0]


def _told(kinds: Iterable[str]) -> str:
    return " ".join(f"{kind.replace(' ', '-')}:{number}" for kind, number in sorted(Counter(kinds).items()))
