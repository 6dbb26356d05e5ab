"""What is written down about a feed: where it comes from, where it looks, what counts there."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator
from shapely.geometry import Polygon
from shapely.validation import explain_validity

from configs.values import Datum, Point, Strict, TimeWindow, lies_in

_PIXELS = ": divide by the picture's width and height"


def _ring(points: tuple[Point, ...]) -> tuple[Point, ...]:
    if len(points) < 3:
        raise ValueError(f"a polygon needs at least 3 points, this one has {len(points)}; add the missing corners")
    polygon = Polygon(points)
    if polygon.convex_hull.area == 0:
        raise ValueError("the polygon has no area: its points lie on one line; mend them")
    if not polygon.is_valid:
        raise ValueError(
            f"the polygon crosses itself ({explain_validity(polygon)}); list its corners in order around it"
        )
    return points


def _in_view(points: tuple[Point, ...]) -> tuple[Point, ...]:
    for point in points:
        _seen(point)
    return points


def _seen(point: Point) -> Point:
    if not all(0 <= value <= 1 for value in point):
        raise ValueError(
            f"point {list(point)} is outside the view; x and y run from 0 to 1{_PIXELS if max(point) > 1 else ''}"
        )
    return point


Ring = Annotated[tuple[Point, ...], AfterValidator(_ring)]
ViewRing = Annotated[tuple[Point, ...], AfterValidator(_in_view), AfterValidator(_ring)]


class PlaceSettings(Strict):
    """Where a feed stands. ``datum`` has no default: a datum that is not stated is refused."""

    lon: float = Field(description="longitude in degrees, or easting in metres for an epsg: datum")
    lat: float = Field(description="latitude in degrees, or northing in metres for an epsg: datum")
    datum: Datum
    accuracy_m: float = Field(50.0, gt=0, description="how far from this point a finding may really be")
    direction_deg: float | None = Field(None, ge=0, lt=360, description="where it looks, clockwise from north")

    @model_validator(mode="after")
    def _of_its_datum(self) -> PlaceSettings:
        lies_in(self.datum, self.lon, self.lat)
        return self


class FootprintSettings(Strict):
    """The patch of ground the view shows, when no calibration was made."""

    datum: Datum
    polygon: Ring

    @model_validator(mode="after")
    def _of_its_datum(self) -> FootprintSettings:
        for lon, lat in self.polygon:
            lies_in(self.datum, lon, lat)
        return self


class PointPair(Strict):
    """One place in the picture (normalised 0..1, origin top left) and on the ground."""

    picture: Annotated[Point, AfterValidator(_seen)]
    ground: Point


class CalibrationSettings(Strict):
    """Point pairs from which picture places become ground places (homography)."""

    datum: Datum
    points: tuple[PointPair, ...] = Field(min_length=4)

    @model_validator(mode="after")
    def _of_its_datum(self) -> CalibrationSettings:
        for pair in self.points:
            lies_in(self.datum, *pair.ground)
        return self


class ZoneSettings(Strict):
    """A polygon in the view with what counts in it."""

    name: str = Field(min_length=1)
    kind: Literal["include", "exclude", "privacy"] = "include"
    polygon: ViewRing
    matters: tuple[str, ...] = Field((), description="matter keys this zone speaks of; empty means all")
    min_score: float | None = Field(None, ge=0, le=1)
    min_size: float | None = Field(None, ge=0, le=1, description="box area as a share of the picture")
    dwell_s: float | None = Field(None, ge=0)
    windows: tuple[TimeWindow, ...] = Field((), description="when the zone is in force; empty means always")
    anchor: Literal["bottom_centre", "centre"] = "bottom_centre"
    min_overlap: float | None = Field(
        None, gt=0, le=1, description="decide by the share of the box inside instead of by the anchor"
    )


class TrackSettings(Strict):
    """Where a vehicle was: a GPX or NMEA file whose times match the recording's."""

    file: str
    datum: Datum
    every_m: float = Field(10.0, gt=0, description="one frame is taken each so many metres")
    max_fix_age_s: float = Field(3.0, gt=0, description="an older fix is refused")
    max_speed_kmh: float = Field(150.0, gt=0, description="a fix that needs a higher speed is a jump: refused")
    clip_offset_s: float = Field(0.0, description="track time at the clip's first frame, from the track's start")


class FeedSettings(Strict):
    """A camera view or a vehicle camera."""

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    name: str = ""
    kind: Literal["camera", "vehicle"] = "camera"
    url: str = Field(
        min_length=1, repr=False, description="rtsp://, http(s)://, wvp(s)://, a video file or an image folder"
    )
    main_url: str | None = Field(None, repr=False, description="the full-resolution stream, if url is the sub-stream")
    protocol: Literal["auto", "rtsp", "snapshot", "stream", "wvp", "video", "folder"] = "auto"
    transport: Literal["tcp", "udp"] = "tcp"
    user: str | None = Field(None, repr=False, description="user name, or ${NAME} to take it from the environment")
    password: str | None = Field(None, repr=False, description="password, or ${NAME} to take it from the environment")
    fresh_query: str | None = Field(
        None,
        pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$",
        description="a query parameter that gets a new value at each snapshot, for gateways that cache by address",
    )
    view: Literal["fixed", "moving"] = Field("fixed", description="moving: turned on purpose; not guarded")
    view_since: date | None = Field(None, description="day of its present view; what was known before is forgotten")
    replay: bool = Field(default=False, description="a file or folder is played as if live, one frame a visit")
    enabled: bool = True
    owner: str = ""
    purpose: str = ""
    tags: tuple[str, ...] = Field((), description="words by which plans choose feeds")
    gateway: str = Field("", description="what it comes through; limits what is open there at once")
    interval_s: float | None = Field(None, gt=0)
    max_age_s: float | None = Field(None, gt=0, description="a picture older than this is stale")
    tiles: str = Field("1x1", pattern=r"^[1-8]x[1-8]$", description="columns x rows to look at besides the whole")
    place: PlaceSettings | None = None
    footprint: FootprintSettings | None = None
    calibration: CalibrationSettings | None = None
    zones: tuple[ZoneSettings, ...] = ()
    track: TrackSettings | None = None

    @model_validator(mode="after")
    def _vehicle_has_track(self) -> FeedSettings:
        if self.kind == "vehicle" and self.track is None:
            raise ValueError("a vehicle needs a track; add track: {file, datum}")
        if self.kind == "camera" and self.track is not None:
            raise ValueError("only a vehicle has a track; set kind: vehicle or remove the track")
        return self


class FeedList(Strict):
    """One file of feeds."""

    feeds: tuple[FeedSettings, ...]
