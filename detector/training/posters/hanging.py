"""What hangs in one picture: how many ads of what size, drawn or real, and legal things among them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from detector.training.posters.arranging import ARRANGEMENTS, COUNTS, ROOM, places, plane_at
from detector.training.posters.crops import Crops
from detector.training.posters.fonts import Fonts
from detector.training.posters.kinds import draw
from detector.training.posters.legal import ON_WALLS, draw_legal
from detector.training.posters.paper import Paper
from detector.training.posters.paste import Place, Plane, Scene, outline
from detector.training.posters.placing import Surface
from detector.training.posters.weather import weathered

_LEAST_PX = 13


@dataclass(frozen=True, slots=True)
class Habit:
    """How ads look in pictures of one source.

    Parameters
    ----------
    groups
        Groups of ads in a picture, from and to.
    middle, largest
        Long side of an ad as a share of the picture's.
    real
        Share of ads that are cuts of real ones.
    none
        Share of pictures with nothing but legal things.
    """

    groups: tuple[int, int]
    middle: float
    largest: float
    real: float
    none: float


_HABITS = {
    "wall": Habit((1, 3), 0.10, 0.30, 0.35, 0.06),
    "facade": Habit((1, 3), 0.045, 0.12, 0.12, 0.08),
    "street": Habit((1, 2), 0.06, 0.16, 0.12, 0.08),
}
_ANY = Habit((1, 2), 0.06, 0.2, 0.15, 0.08)


@dataclass(slots=True)
class Hung:
    """What hangs in a scene: the kind of each ad by its number there, and the kinds of legal things."""

    ads: dict[int, str] = field(default_factory=dict)
    legal: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Hanger:
    """Hangs things in pictures, with the fonts and the real cuts there are."""

    fonts: Fonts
    crops: Crops

    def hang(
        self, rng: np.random.Generator, scene: Scene, surface: Surface, source: str, bins_px: np.ndarray
    ) -> Hung:
        """Hang things in ``scene``: legal ones first, so that none of them hides an ad.

        Parameters
        ----------
        rng
            Chance.
        scene
            The picture; changed.
        surface
            Where in it paper could hang.
        source
            Kind of picture, for the size and number of ads.
        bins_px
            (N, 4) px of bins, which may get a printed label.
        """
        hung, habit = Hung(), _HABITS.get(source, _ANY)
        bare = rng.random() < habit.none
        for _ in range(int(rng.integers(1, 4)) if bare else int(rng.integers(0, 3))):
            self._on_wall(rng, scene, surface, habit, hung)
        if len(bins_px) and rng.random() < 0.4:
            self._on_bin(rng, scene, bins_px[rng.integers(len(bins_px))], hung)
        for _ in range(0 if bare else int(rng.integers(habit.groups[0], habit.groups[1] + 1))):
            self._group(rng, scene, surface, habit, hung)
        return hung

    def _group(self, rng: np.random.Generator, scene: Scene, surface: Surface, habit: Habit, hung: Hung) -> None:
        long_px = _long_px(rng, habit, scene)
        how = str(rng.choice(list(ARRANGEMENTS), p=list(ARRANGEMENTS.values())))
        spot = surface.spot(rng, *(share * long_px for share in ROOM[how]))
        if spot is None:
            return
        plane = plane_at(rng, spot, max(scene.bgr.shape))
        papers = self._papers(rng, habit, how, long_px)
        for paper, place in zip(papers, places(rng, how, papers, long_px), strict=True):
            number = scene.lay(rng, paper, plane, place) if surface.free(outline(paper, plane, place)) else None
            if number is not None:
                hung.ads[number] = paper.kind

    def _papers(self, rng: np.random.Generator, habit: Habit, how: str, long_px: float) -> list[Paper]:
        count, age = int(rng.integers(*COUNTS[how])), float(rng.beta(1.3, 1.6))
        if how != "row":
            return [self._paper(rng, habit, long_px, age) for _ in range(count)]
        cut = self._real(rng, habit, long_px)
        if cut is not None:
            return [cut] * min(count, 3)
        copy = draw(rng, self.fonts, _drawn_px(long_px))
        return [weathered(rng, copy, age=age) for _ in range(count)]

    def _paper(self, rng: np.random.Generator, habit: Habit, long_px: float, age: float) -> Paper:
        cut = self._real(rng, habit, long_px)
        return cut if cut is not None else weathered(rng, draw(rng, self.fonts, _drawn_px(long_px)), age=age)

    def _real(self, rng: np.random.Generator, habit: Habit, long_px: float) -> Paper | None:
        cut = self.crops.draw(rng) if rng.random() < habit.real else None
        if cut is None or max(cut.alpha.shape) * 1.35 < long_px:
            return None
        gain = np.clip(rng.normal(1, 0.08, 3) * rng.uniform(0.85, 1.1), 0.6, 1.3)
        return Paper("real", np.clip(cut.bgr * gain, 0, 255).astype(np.uint8), cut.alpha)

    def _on_wall(self, rng: np.random.Generator, scene: Scene, surface: Surface, habit: Habit, hung: Hung) -> None:
        kind = str(rng.choice(list(ON_WALLS), p=list(ON_WALLS.values())))
        long_px = _long_px(rng, habit, scene) * 0.9
        spot = surface.spot(rng, long_px, long_px)
        if spot is not None:
            self._legal(rng, scene, plane_at(rng, spot, max(scene.bgr.shape)), kind, long_px, hung)

    def _on_bin(self, rng: np.random.Generator, scene: Scene, box: np.ndarray, hung: Hung) -> None:
        size = box[2:] - box[:2]
        x, y = (box[:2] + box[2:]) / 2 + size * [rng.uniform(-0.12, 0.12), rng.uniform(-0.05, 0.2)]
        plane = Plane((float(x), float(y)), (1, float(rng.uniform(-0.15, 0.15))), (0, 1))
        self._legal(rng, scene, plane, "bin label", float(min(size) * rng.uniform(0.25, 0.5)), hung)

    def _legal(self, rng: np.random.Generator, scene: Scene, plane: Plane, kind: str, long_px: float,
               hung: Hung) -> None:  # fmt: skip
        if long_px < _LEAST_PX:
            return
        thing = draw_legal(rng, self.fonts, kind, _drawn_px(long_px))
        place = Place(0, 0, long_px * thing.alpha.shape[1] / max(thing.alpha.shape))
        if scene.lay(rng, thing, plane, place) is not None:
            hung.legal.append(kind)


def _long_px(rng: np.random.Generator, habit: Habit, scene: Scene) -> float:
    side = max(scene.bgr.shape)
    return float(np.clip(habit.middle * rng.lognormal(0.1, 0.5) * side, _LEAST_PX, habit.largest * side))


def _drawn_px(long_px: float) -> int:
    return int(np.clip(long_px * 2, 64, 360))
