"""Which column of a register says what; ``docs/cameras.md`` shows the same table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from api.importing.candidate import ImportRefused
from configs.mistakes import nearest

HEADERS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "feedid", "cameraid", "编号", "摄像机编号", "摄像头编号", "相机编号", "点位编号", "监控编号"),
    "gb_id": (
        "gbid", "gbcode", "channelid", "国标编号", "国标编码", "国标id", "通道编号", "通道编码", "通道国标编号",
        "设备编号", "设备编码", "设备国标编号",
    ),
    "name": (
        "name", "title", "名称", "点位名称", "设备名称", "摄像机名称", "摄像头名称", "通道名称", "监控名称",
        "安装位置",
    ),
    "url": (
        "url", "rtsp", "rtspurl", "streamurl", "substream", "rtsp地址", "取流地址", "流地址", "视频地址",
        "视频流地址",
        "播放地址", "子码流", "子码流地址",
    ),
    "main_url": ("mainurl", "mainstream", "主码流", "主码流地址"),
    "user": ("user", "username", "login", "用户", "用户名", "账号", "登录名"),
    "password": ("password", "passwd", "pwd", "密码", "口令"),
    "lon": ("lon", "lng", "long", "longitude", "经度", "easting", "东坐标"),
    "lat": ("lat", "latitude", "纬度", "northing", "北坐标"),
    "lonlat": ("lonlat", "lnglat", "coordinates", "经纬度", "坐标"),
    "datum": ("datum", "crs", "坐标系", "坐标系统", "坐标类型"),
    "accuracy_m": ("accuracy", "accuracym", "精度", "定位精度", "精度米"),
    "direction_deg": ("direction", "directiondeg", "heading", "azimuth", "方向", "朝向", "方位角", "监视方位"),
    "owner": ("owner", "权属", "权属单位", "所属单位", "产权单位", "管理单位", "建设单位"),
    "purpose": ("purpose", "usage", "用途", "使用用途"),
    "interval_s": ("interval", "intervals", "巡查间隔", "巡查间隔秒"),
    "enabled": ("enabled", "启用", "是否启用"),
    "protocol": ("protocol", "协议"),
    "transport": ("transport", "传输方式"),
}  # fmt: skip
"""Keys of an import and the headers they are known by, lower case, without blanks and signs."""

_SIGNS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one table.

    Parameters
    ----------
    places
        Position of each key's column.
    unused
        Headers that no key is known by.
    """

    places: Mapping[str, int]
    unused: tuple[str, ...] = field(default=())


def recognised(headers: Sequence[str], chosen: Mapping[str, str]) -> Columns:
    """Return what the headers say.

    Parameters
    ----------
    headers
        The table's, as they are written.
    chosen
        Header → key, from ``--map``; goes before the known names. The key ``-`` leaves a column out.

    Raises
    ------
    ImportRefused
        Two columns say the same.
    """
    keys = [_key(header, chosen) for header in headers]
    places: dict[str, int] = {}
    for position, key in enumerate(keys):
        if key in places:
            raise ImportRefused(
                f"columns {headers[places[key]]!r} and {headers[position]!r} are both {key}; leave one out with "
                f"--map {headers[position]}=-"
            )
        if key not in {"", "-"}:
            places[key] = position
    return Columns(places, tuple(header for header, key in zip(headers, keys, strict=True) if header and not key))


def chosen_columns(options: Sequence[str]) -> dict[str, str]:
    """Return header → key of ``--map`` options such as ``位置=name``.

    Raises
    ------
    ImportRefused
        An option is not of that form, or names no key.
    """
    chosen = {}
    for option in options:
        header, sign, key = option.rpartition("=")
        if not sign or not header:
            raise ImportRefused(f"--map {option} is not of the form column=key")
        if key not in HEADERS and key != "-":
            like = nearest(key, HEADERS)
            raise ImportRefused(f"--map {option}: no key {key!r}; use {like or ', '.join(HEADERS)}")
        chosen[plain(header)] = key
    return chosen


def plain(header: str) -> str:
    """Return a header as it is compared: ``RTSP 地址(子码流)`` is ``rtsp地址子码流``."""
    return _SIGNS.sub("", unicodedata.normalize("NFKC", header).lower())


def _key(header: str, chosen: Mapping[str, str]) -> str:
    name = plain(header)
    if name in chosen:
        return chosen[name]
    return next((key for key, names in HEADERS.items() if name in names), "")
