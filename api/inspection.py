"""What only shows when the parts are opened: the grid's cells, the feeds' geometry, the tracks, the model's hash."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from api.abilities import blind_spots, exemptions, least_scores
from api.datafolder import DataFolderError, installed
from api.looks import tiled_looks
from api.plannedplaces import plans_without_feeds, unknown_places
from api.serving import Choice
from api.sites import Site, apart, converted, far_outside, stated_sites
from api.wiring.plans import timetable_in
from configs.feeds import FeedSettings
from configs.loading import Configuration
from configs.mistakes import Mistake, Spot
from configs.settings import ModelSettings
from detector.errors import ModelError
from detector.manifest import Manifest
from gridmap.cell import Cell
from gridmap.coordinates import to_wgs84
from gridmap.errors import DatumError, GridmapError
from gridmap.grid import Grid
from gridmap.gridcheck import Fault, Finding, check_grid
from gridmap.gridfile import read_grid
from gridmap.homography import Fit
from gridmap.projection import Calibration
from gridmap.zone import Zone
from streams.errors import TrackError
from streams.frame import Fix
from streams.track import Track

WORST_FIT_M = 10.0
"""A calibration whose point pairs disagree by more than this (root mean square) has a wrong pair."""
FARTHEST_M = 50_000.0
"""A feed further than this from the grid is in another city, or its coordinates or datum are wrong."""
APART_M = 300.0
"""A calibration further than this from its feed's own place, besides that place's accuracy, is worth a look."""

_WEIGHT_FILES = (".pt", ".onnx", ".engine")
_WAYS_OUT = {
    Fault.BAD_ID: "give it an id of 15 digits",
    Fault.DUPLICATE_ID: "give each cell its own id",
    Fault.INVALID_RING: "mend its outline in a map program",
    Fault.OVERLAP: "give the ground they share to one of them",
}


class Inspection:
    """Opens the parts of a configuration that loads.

    Parameters
    ----------
    configuration
        What is inspected. Nothing of it is changed, started or kept open.
    now
        Aware wall clock.

    Attributes
    ----------
    mistakes
        What must be mended, after ``run``.
    notes
        What the configuration comes to, one sentence each, after ``run``.
    """

    def __init__(
        self, configuration: Configuration, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.mistakes: list[Mistake] = []
        self.notes: list[str] = []
        self._configuration = configuration
        self._today = now().astimezone(ZoneInfo(configuration.settings.city.timezone)).date()
        self._where = configuration.where
        self._sites: list[Site] = []

    def run(self) -> None:
        """Open every part once."""
        feeds = self._configuration.feeds
        off = sum(not feed.enabled for feed in feeds)
        self.notes.append(f"{len(feeds)} feeds" + (f", {off} of them switched off" if off else ""))
        cells = self._grid()
        for feed in feeds:
            self._track(feed)
            self._view(feed)
            self._zones(feed)
            self._calibration(feed)
        self.notes += tiled_looks(feeds)
        self._stated_sites()
        self._compare(cells)
        self._plans(cells)
        self._model()

    def _grid(self) -> Sequence[Cell]:
        grid, cells = self._configuration.settings.grid, tuple[Cell, ...]()
        if grid is None:
            self.notes.append("no grid: findings will have no cell")
            return cells
        path = self._configuration.path(grid.file)
        with self._telling(self._where.setting("grid", "file")):
            cells = read_grid(path, datum=grid.datum, id_field=grid.id_field)
            report = check_grid(cells)
            *faults, summary = report.lines()
            self.notes.append(f"grid: {summary}")
            for finding, line in zip(report.findings, faults, strict=True):
                self._grid_finding(finding, line, Spot(path, None, ""))
        return cells

    def _grid_finding(self, finding: Finding, line: str, spot: Spot) -> None:
        if finding.fault is Fault.GAP:
            # A gap may be meant: a river, a barracks. Places in it take the nearest cell or none.
            self.notes.append(f"grid: {line}")
        else:
            self.mistakes.append(spot.mistake(line, _WAYS_OUT[finding.fault]))

    def _zones(self, feed: FeedSettings) -> None:
        for index, zone in enumerate(feed.zones):
            with self._telling(self._where.feed(feed.id, "zones", index)):
                Zone.of(zone)
        self.notes += exemptions(feed)

    def _track(self, feed: FeedSettings) -> None:
        written = feed.track
        if written is None or not self._configuration.path(written.file).is_file():
            return
        with self._telling(self._where.feed(feed.id, "track", "file")):
            track = Track.load(
                self._configuration.path(written.file),
                datum_to_wgs84=partial(to_wgs84, datum=written.datum),
                max_fix_age_s=written.max_fix_age_s,
                max_speed_kmh=written.max_speed_kmh,
            )
            self.notes.append(f"feed {feed.id}: {_told_track(track)}")
            self.notes += [f"feed {feed.id}: {note}" for note in track.notes]
            start = track.fix_at(track.span[0])
            if isinstance(start, Fix):
                self._sites.append(Site(feed.id, "track", (start.lon, start.lat)))

    def _view(self, feed: FeedSettings) -> None:
        if feed.view_since is not None and feed.view_since > self._today:
            spot = self._where.feed(feed.id, "view_since")
            wrong, right = (
                f"{feed.view_since} is a day to come",
                "write the day since which the camera looks as it does",
            )
            self.mistakes.append(spot.mistake(wrong, right))

    def _calibration(self, feed: FeedSettings) -> None:
        if feed.calibration is None or feed.kind == "vehicle":
            return
        with self._telling(self._where.feed(feed.id, "calibration")):
            calibration = Calibration.of(feed.calibration)
            self.notes.append(f"feed {feed.id}: {_told_fit(calibration.fit)}")
            if calibration.fit.rms_m > WORST_FIT_M:
                wrong = f"the point pairs disagree by {calibration.fit.rms_m:.1f} m on the ground"
                right = f"measure them again; up to {WORST_FIT_M:g} m is usable"
                self.mistakes.append(self._where.feed(feed.id, "calibration", "points").mistake(wrong, right))
            self._sites.append(Site(feed.id, "calibration", (calibration.plane.lon0, calibration.plane.lat0)))

    def _stated_sites(self) -> None:
        stated = [site for feed in self._configuration.feeds for site in stated_sites(feed)]
        for datum in sorted({datum for datum, _ in stated}):
            self._convert(datum, [site for other, site in stated if other == datum])

    def _convert(self, datum: str, sites: Sequence[Site]) -> None:
        try:
            self._sites += converted(sites, datum)
        except DatumError:
            self._convert_the_rest(datum, sites)

    def _convert_the_rest(self, datum: str, sites: Sequence[Site]) -> None:
        """Halve until the sites that cannot be converted stand alone: few of thousands, as a rule."""
        if len(sites) > 1:
            middle = len(sites) // 2
            self._convert(datum, sites[:middle])
            self._convert(datum, sites[middle:])
            return
        with self._telling(self._where.feed(sites[0].feed_id, sites[0].key)):
            converted(sites, datum)

    def _compare(self, cells: Sequence[Cell]) -> None:
        for site, outside_m in far_outside(self._sites, cells, limit_m=FARTHEST_M):
            wrong = f"the {site.key} is {outside_m / 1000:.0f} km outside the grid"
            right = "mend its coordinates, or state the datum they are in"
            self.mistakes.append(self._where.feed(site.feed_id, site.key).mistake(wrong, right))
        accuracies = {feed.id: feed.place.accuracy_m for feed in self._configuration.feeds if feed.place}
        for feed_id, apart_m in apart(self._sites, "place", "calibration"):
            if apart_m > APART_M + accuracies[feed_id]:
                self.notes.append(
                    f"feed {feed_id}: place and calibration are {apart_m:.0f} m apart; is the datum of both right? "
                    "gcj02 and wgs84 differ by about 500 m"
                )

    def _plans(self, cells: Sequence[Cell]) -> None:
        grid = self._configuration.settings.grid
        if cells or grid is None:
            self.mistakes += unknown_places(self._configuration, cells)
        # While a place or the grid is wrong, a plan may have no feeds for no other reason.
        if not self.mistakes:
            opened = Grid(cells, nearest_m=grid.nearest_m) if grid else None
            self.mistakes += plans_without_feeds(self._configuration, timetable_in(self._configuration, opened))

    def _model(self) -> None:
        with self._telling(self._where.setting("model", "name")):
            choice = Choice(self._configuration.settings.model, installed(self._configuration.settings))
            settings = choice.settings()
            self.notes += [choice.note] if choice.note else []
            self._serving(settings)
            if settings.shadow is not None:
                self._shadow(settings, settings.shadow)

    def _shadow(self, settings: ModelSettings, name: str) -> None:
        spot = self._where.setting("model", "shadow")
        if settings.backend == "scripted":
            self.mistakes.append(spot.mistake("the scripted backend has no candidates", "leave model.shadow empty"))
        elif name == settings.name:
            self.notes.append(f"model.shadow {name} serves already, so nothing looks in shadow")
        else:
            with self._telling(spot):
                Manifest.load(self._configuration.manifest).verify(name)
                self.notes.append(f"model {name} looks in shadow at {settings.shadow_share:.0%} of the pictures")

    def _serving(self, settings: ModelSettings) -> None:
        if settings.backend == "scripted":
            if settings.truth is None:
                spot = self._where.setting("model", "truth")
                self.mistakes.append(spot.mistake("the scripted backend has no truth", "add truth: with its file"))
        elif settings.backend == "ultralytics" and settings.name.lower().endswith(_WEIGHT_FILES):
            if not self._configuration.path(settings.name).is_file():
                spot = self._where.setting("model", "name")
                self.mistakes.append(spot.mistake(f"there is no file {settings.name!r}", "mend the path"))
        else:
            self._listed_model(settings.name)

    def _listed_model(self, name: str) -> None:
        with self._telling(self._where.setting("model", "manifest")):
            manifest = Manifest.load(self._configuration.manifest)
            with self._telling(self._where.setting("model", "name")):
                weights = manifest.verify(name)
                self.notes.append(f"model {name}: {len(weights.files)} files as listed, {', '.join(weights.labels)}")
                self.notes += blind_spots(
                    name,
                    weights.labels,
                    settings=self._configuration.settings,
                    catalogue=self._configuration.catalogue,
                )
                self.notes += least_scores(
                    weights.labels,
                    weights.thresholds,
                    catalogue=self._configuration.catalogue,
                    feeds=self._configuration.feeds,
                )

    @contextmanager
    def _telling(self, spot: Spot) -> Iterator[None]:
        try:
            yield
        except (GridmapError, ModelError, TrackError, DataFolderError) as error:
            wrong, _, right = str(error).partition("; ")
            self.mistakes.append(spot.mistake(wrong, right or "mend what is written here"))


def _told_track(track: Track) -> str:
    start, end = track.span
    return f"track of {track.length_m / 1000:.2f} km, {start:%Y-%m-%d %H:%M:%S} to {end:%Y-%m-%d %H:%M:%S} UTC"


def _told_fit(fit: Fit) -> str:
    if fit.points == 4:
        return "calibrated with 4 points, which always fit; a fifth would show the error"
    left_out = "" if fit.left_out_rms_m is None else f", {fit.left_out_rms_m:.2f} m at points left out"
    return f"calibrated with {fit.points} points, reprojection error {fit.rms_m:.2f} m{left_out}"
