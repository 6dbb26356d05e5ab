"""The settings' schema: every key, its default and its bounds. ``default.yaml`` shows the same, commented."""

from __future__ import annotations

from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator

from configs.context import ContextLabel
from configs.values import Datum, Strict


class CitySettings(Strict):
    """Which city this is."""

    name: str = "gridpatrol"
    timezone: str = "Asia/Shanghai"
    notice: str = Field("", description="shown on every page and record, such as: demonstration, not a survey")

    @field_validator("timezone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is no time zone; write one such as Asia/Shanghai") from error
        return value


class HttpSettings(Strict):
    """Where the case API and the console listen."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    url: str | None = Field(
        None, description="where patrols and commands reach the API, or ${NAME}; empty means host and port"
    )
    secure_cookie: bool = Field(default=False, description="set to true when served over https")
    map_tiles: str | None = Field(None, description="URL template of raster tiles; none means no outside request")

    @property
    def address(self) -> str:
        """Where the patrol reaches the API: ``url``, or this machine, every interface being loopback then."""
        if self.url:
            return self.url.rstrip("/")
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - told apart, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


class ModelSettings(Strict):
    """Which weights look at the pictures, and with what."""

    manifest: str = Field("models/manifest.yaml", description="the list of known weights")
    name: str = Field("gridpatrol-city", description="which of them")
    backend: Literal["openvino", "ultralytics", "scripted"] = "openvino"
    device: str = "CPU"
    precision: Literal["auto", "f32"] = Field(
        "auto", description="auto: bf16 with matrix tiles (AMX), else 8-bit weights where they are listed"
    )
    min_score: float = Field(0.05, ge=0.001, le=1, description="detections are kept from this score up")
    input_px: int | None = Field(
        None,
        ge=64,
        le=4096,
        multiple_of=32,
        description="long side the pictures are looked at with; none: the weights' own",
    )
    rivals: tuple[tuple[str, str], ...] = Field(
        (("overflow", "bin"),), description="pairs of classes that cannot both be right of one box"
    )
    rival_iou: float = Field(0.5, gt=0, le=1, description="overlap from which two boxes are one")
    truth: str | None = Field(None, description="scripted backend only: the file with the drawn scenes' truth")
    takes_ms: float = Field(0.0, ge=0, description="scripted backend only: how long a look at one picture takes")
    batch: int = Field(1, ge=1, le=32, description="most pictures of the patrol in one forward pass; 1 turns it off")
    batch_wait_ms: float = Field(0.0, ge=0, le=1000, description="how long a picture waits for others to join it")
    shadow: str | None = Field(None, description="weights that look beside the serving ones without acting")
    shadow_share: float = Field(0.1, gt=0, le=1, description="share of the pictures that the shadow looks at too")


class GridSettings(Strict):
    """The management grid."""

    file: str
    datum: Datum
    id_field: str = "id"
    nearest_m: float = Field(30.0, ge=0, description="a point outside every cell takes the nearest within this")


class CaptureSettings(Strict):
    """Where looks at cameras are made."""

    processes: int = Field(2, ge=0, le=32, description="capture processes; 0 looks in threads of the patrol")
    recycle_after_visits: int = Field(10_000, ge=1, description="a process that has looked so often is replaced")
    recycle_over_mb: float = Field(400.0, ge=100, description="one with more memory of its own is replaced")


class ViewSettings(Strict):
    """When a camera no longer shows the view it is known by."""

    guard: bool = Field(default=True, description="false takes every view as it is")
    unlike_below: float = Field(0.2, ge=0, le=1, description="a look that agrees less is of another view")
    blurred_below: float = Field(0.45, ge=0, le=1, description="share of the view's usual sharpness")
    turned_after: int = Field(2, ge=1, description="so many strange looks in a row are told to people")
    accept_after: int = Field(
        12, ge=0, description="so many like looks make a new view the known one, where nothing depends on it; 0 never"
    )


class PacingSettings(Strict):
    """How much may be open at once; None is no limit."""

    total: int | None = Field(None, ge=1, description="feeds open at once, over all patrol processes")
    per_host: int | None = Field(8, ge=1, description="feeds open at once on one recorder or camera")
    per_gateway: int | None = Field(16, ge=1, description="feeds open at once through one gateway")
    opens_per_s: float | None = Field(None, gt=0, description="new connections a second")


class CloserLookSettings(Strict):
    """When a feed's main stream is looked at because its sub-stream shows something small."""

    enabled: bool = Field(default=True, description="false believes the sub-stream alone")
    below: float = Field(0.01, gt=0, le=1, description="a box with less than this share of the picture is small")
    margin: float = Field(0.05, ge=0, le=1, description="so much below its least score a finding is looked at, too")
    per_visit: int = Field(1, ge=1, le=10, description="most findings looked at, one look of the model each")


class PatrolSettings(Strict):
    """How feeds are visited."""

    interval_s: float = Field(300.0, gt=0)
    promise_s: float | None = Field(
        None, gt=0, description="each feed is to be seen within this; empty means 2.2 intervals"
    )
    workers: int = Field(32, ge=1, le=256, description="visits under way at once, of each patrol process")
    processes: int = Field(1, ge=1, le=64, description="patrol processes that `gridpatrol run` starts")
    pacing: PacingSettings = PacingSettings()
    follow_up_s: float = Field(90.0, ge=1, description="a suspect is looked at again after about so long")
    follow_up_share: float = Field(0.2, ge=0, le=0.9, description="of the visits, while turns wait too")
    open_timeout_s: float = Field(5.0, gt=0)
    read_timeout_s: float = Field(5.0, gt=0, description="must cover the wait for the next key frame")
    deadline_s: float = Field(20.0, gt=0, description="a visit is given up after this, whatever the library does")
    max_age_s: float = Field(60.0, gt=0, description="a picture older than this is stale")
    backoff_first_s: float = Field(30.0, gt=0)
    backoff_limit_s: float = Field(1800.0, gt=0)
    frozen_after: int = Field(2, ge=2, description="so many identical pictures in a row are a frozen view")
    dark_below: float = Field(18.0, ge=0, le=255, description="95th percentile of grey under this is dark")
    blocked_below: float = Field(6.0, ge=0, description="standard deviation of grey under this is blocked")
    view: ViewSettings = ViewSettings()
    max_picture_mb: float = Field(20.0, gt=0)
    max_picture_mpx: float = Field(64.0, gt=0, description="larger pictures are refused before decoding")
    closer_look: CloserLookSettings = CloserLookSettings()
    capture: CaptureSettings = CaptureSettings()


class ObstacleSettings(Strict):
    """What stands in the way: a place that is hidden is neither seen nor gone."""

    labels: tuple[ContextLabel, ...] = ("person", "car", "bus", "truck")
    min_score: float = Field(0.4, ge=0, le=1)
    hides: float = Field(0.5, gt=0, le=1, description="a finding's place covered so much is not looked at")
    blocks: float = Field(0.6, gt=0, le=1, description="what is watched covered so much makes the visit blocked")


class PartWeights(Strict):
    """How much a sure sighting of each part alone says for vending, 0 to 1."""

    stall: float = Field(1.0, ge=0, le=1)
    umbrella: float = Field(0.8, ge=0, le=1)
    table: float = Field(0.8, ge=0, le=1)
    food: float = Field(0.6, ge=0, le=1)
    bag: float = Field(0.25, ge=0, le=1)
    chair: float = Field(0.1, ge=0, le=1)
    bicycle: float = Field(0.2, ge=0, le=1)
    motorcycle: float = Field(0.2, ge=0, le=1)
    truck: float = Field(0.2, ge=0, le=1)


class VendingSettings(Strict):
    """Street vending as a composite rule; ``gridmap.vending`` says how the numbers work together."""

    enabled: bool = True
    min_score: float = Field(0.4, ge=0, le=1, description="a composite below this is not made")
    weights: PartWeights = PartWeights()
    min_part_score: float = Field(0.2, ge=0, le=1, description="parts below this say nothing")
    most_of_a_kind: int = Field(3, ge=1, le=100, description="so many parts of one kind count")
    reach: float = Field(0.5, ge=0, le=5, description="parts nearer than this are of one stall, in person heights")
    attended_within: float = Field(0.5, ge=0, le=5, description="in the person's own heights")
    min_person_score: float = Field(0.4, ge=0, le=1)
    strong_stall: float = Field(0.5, ge=0, le=1, description="a learned stall this sure needs nobody beside it")
    canopy_width: float = Field(0.9, ge=0, le=10, description="narrower umbrellas are carried, in person heights")
    carried_share: float = Field(0.5, gt=0, le=1, description="a bag so much inside a person's box is carried")
    min_rubbish_score: float = Field(
        0.4, ge=0, le=1, description="goods inside the box of a bin or of rubbish this sure are rubbish"
    )


class EvidenceSettings(Strict):
    """Where and how pictures are kept."""

    store: SecretStr | None = Field(
        None, description="file:///folder, s3://bucket/prefix or ${NAME}; empty means evidence in data_dir"
    )
    endpoint: SecretStr | None = Field(
        None, description="the S3 server's URL or ${NAME}; empty means AWS_ENDPOINT_URL, else Amazon's"
    )
    access_key: SecretStr | None = Field(None, description="or ${NAME}; empty: AWS_ACCESS_KEY_ID or the role")
    secret_key: SecretStr | None = Field(None, description="or ${NAME}; empty: AWS_SECRET_ACCESS_KEY or the role")
    path_style: bool = Field(default=True, description="false where the cloud wants the bucket in the host name")
    quality: int = Field(85, ge=30, le=100)
    max_side_px: int = Field(1920, ge=320)
    keep_pending_days: float = Field(7.0, gt=0)
    keep_rejected_days: float = Field(3.0, gt=0)
    keep_confirmed_days: float = Field(180.0, gt=0)
    keep_log_days: float = Field(90.0, gt=0, description="visits and raw detections are kept this long")
    seen_every_s: float = Field(900.0, ge=0, description="a known incident's new pictures are reported this often")
    min_free_mb: float = Field(500.0, ge=0, description="with less disk left, pictures stop and records go on")
    blur: tuple[ContextLabel, ...] = Field(("person",), description="made unreadable in every kept picture")
    blur_min_score: float = Field(0.25, ge=0, le=1)


class DatasetSettings(Strict):
    """Pictures that the patrol keeps to learn from, beside the evidence."""

    keep_clean: float = Field(0.002, ge=0, le=1, description="share of the visits in which nothing was found")
    keep_uncertain: float = Field(0.02, ge=0, le=1, description="share of the visits with something below its score")
    uncertain_from: float = Field(0.15, ge=0.001, le=1, description="findings below this are nothing")
    per_feed_per_day: int = Field(2, ge=1, description="most pictures of a feed and kind a day")
    keep_days: float = Field(30.0, gt=0)
    budget_mb: float = Field(500.0, ge=0, description="spread evenly over keep_days; 0 keeps nothing")


class MuteSettings(Strict):
    """When a place whose finding was rejected again and again is left alone, and when no longer."""

    enabled: bool = True
    after_rejects: int = Field(3, ge=2, description="so many rejects of a matter at a place mute it there")
    for_days: float = Field(30.0, gt=0, le=366, description="a mute ends after this, and older rejects do not count")
    reasons: tuple[Literal["not_there", "wrong_class", "permitted", "unclear", "other"], ...] = Field(
        ("not_there", "wrong_class"), description="reject reasons that count"
    )
    same_place_iou: float = Field(0.4, gt=0, le=1, description="boxes overlapping this much are one place")
    look_changed_over: float = Field(0.55, gt=0, le=2, description="0 the same look, about 1 nothing in common")
    look_changed_visits: int = Field(2, ge=1, description="so many changed looks in a row end a mute")


class RecheckSettings(Strict):
    """How an open case's place is looked at again: when its handler reports it done, or its deadline passes."""

    again_s: float = Field(
        60.0, ge=1, description="pause after a look that missed the thing, until it is believed gone"
    )
    blind_first_s: float = Field(300.0, ge=1, description="pause after the first look that could not see; it doubles")
    blind_limit_s: float = Field(3600.0, ge=1, description="the longest such pause")
    tries: int = Field(6, ge=1, description="so many looks that could not see, then a person has to look")


class Settings(Strict):
    """Everything in ``gridpatrol.yaml``. Relative paths are relative to that file."""

    version: Literal[1] = 1
    city: CitySettings = CitySettings()
    data_dir: str = Field("var", description="where state is kept; relative to the working folder")
    database: SecretStr | None = Field(
        None, description="sqlite:///… or postgresql://…, or ${NAME}; empty means SQLite in data_dir"
    )
    ledger: SecretStr | None = Field(
        None, description="postgresql://… or ${NAME}; empty means SQLite in data_dir, for one patrol process"
    )
    bus: SecretStr | None = Field(
        None, description="redis://… or rediss://…, or ${NAME}; empty means that one process patrols"
    )
    http: HttpSettings = HttpSettings()
    model: ModelSettings = ModelSettings()
    grid: GridSettings | None = None
    patrol: PatrolSettings = PatrolSettings()
    vending: VendingSettings = VendingSettings()
    obstacles: ObstacleSettings = ObstacleSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    dataset: DatasetSettings = DatasetSettings()
    mute: MuteSettings = MuteSettings()
    recheck: RecheckSettings = RecheckSettings()
    demo: bool = Field(
        default=False, description="make the feeds' scenes from samples.yaml and scenes.yaml beside this file"
    )
    feeds: tuple[str, ...] = Field(("feeds.yaml",), description="files that list feeds")
    plans: tuple[str, ...] = Field((), description="files that list plans")
    matters: str | None = Field(None, description="the catalogue of matters; empty means the shipped one")
