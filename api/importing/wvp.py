"""The channels of a WVP-GB28181-pro gateway as candidates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from api.importing.candidate import Candidate, Harvest, ImportRefused
from api.importing.ids import feed_id
from api.importing.table import Progress
from streams.errors import SourceError
from streams.gateways.wvp import Address, Gateway, parted

_DIRECTIONS = {1: 90, 2: 270, 3: 180, 4: 0, 5: 135, 6: 45, 7: 225, 8: 315}
"""GB/T 28181 DirectionType → degrees clockwise from north: where the camera looks to."""
_USES = {1: "治安", 2: "交通", 3: "重点"}
_NO_CAMERAS = {"133": "displays", "134": "alarm inputs", "135": "alarm outputs", "136": "sound", "137": "sound"}
_ID_LENGTH = 20


def channels_of(url: str, *, datum: str | None, progress: Progress) -> Harvest:
    """Return the cameras behind a gateway, each to be played through it at its visits.

    Parameters
    ----------
    url
        ``wvp://user:password@host:port``, and ``/device-id`` behind it for one device alone.
    datum
        Of the positions; None takes the gateway's word that they are WGS-84.
    progress
        Told after each channel.

    Raises
    ------
    ImportRefused
        The gateway did not give the whole list: half of one would make cameras look gone.
    """
    try:
        address, path = parted(url)
        gateway = Gateway(address, tls=httpx.create_ssl_context(trust_env=False))
    except ValueError as error:
        raise ImportRefused(str(error)) from error
    harvest, skipped = Harvest(), Counter[str]()
    try:
        devices = path[:1] or [str(device["deviceId"]) for device in gateway.devices() if device.get("deviceId")]
        for device_id in devices:
            for channel in gateway.channels(device_id):
                _take(harvest, skipped, _Channel(url, address, device_id, channel, datum))
                progress(len(harvest.candidates), len(harvest.candidates))
    except SourceError as error:
        raise ImportRefused(f"{error}; nothing was imported") from error
    finally:
        gateway.close()
    harvest.notes += [f"{count} channels are {kind} and were not taken" for kind, count in sorted(skipped.items())]
    return harvest


class _Channel:
    """One channel as the gateway tells it; what was mended there by hand (``gb…``) goes before the camera's own."""

    def __init__(
        self, url: str, address: Address, device_id: str, told: Mapping[str, Any], datum: str | None
    ) -> None:
        self._url, self._address, self._device_id, self._told = urlsplit(url), address, device_id, told
        self._datum = datum or "wgs84"
        self.id = str(told.get("deviceId") or told.get("gbDeviceId") or told.get("channelId") or "")

    @property
    def no_camera(self) -> str:
        """What it is when it is no camera; empty for a camera."""
        kind = self.id[10:13] if len(self.id) == _ID_LENGTH else ""
        if self._told.get("channelType") not in {None, 0} or kind.startswith("2") or not self.id:
            return "directories"
        return _NO_CAMERAS.get(kind, "")

    def candidate(self) -> Candidate:
        host = self._url.netloc.rpartition("@")[2]
        path = f"{quote(self._device_id, safe='')}/{quote(self.id, safe='')}"
        feed: dict[str, Any] = {
            "id": feed_id(self.id, name="", url=""),
            "name": str(self._first("gbName", "name") or ""),
            "url": f"{self._url.scheme}://{host}/{path}",
            "user": self._address.user,
            "password": self._address.password,
            "owner": str(self._first("gbOwner", "owner") or ""),
            "purpose": _USES.get(self._first("gbUseType", "useType"), ""),
            "place": self._place(),
        }
        return Candidate(f"channel {self.id}", {key: value for key, value in feed.items() if value}, self.id)

    def _place(self) -> dict[str, Any] | None:
        lon = self._first("gbLongitude", "longitudeWgs84", "longitude")
        lat = self._first("gbLatitude", "latitudeWgs84", "latitude")
        if not lon or not lat:
            return None
        place = {"lon": float(lon), "lat": float(lat), "datum": self._datum}
        direction = _DIRECTIONS.get(self._first("gbDirectionType", "directionType"))
        return place if direction is None else place | {"direction_deg": direction}

    def _first(self, *names: str) -> Any:
        return next((self._told[name] for name in names if self._told.get(name)), None)


def _take(harvest: Harvest, skipped: Counter[str], channel: _Channel) -> None:
    if channel.no_camera:
        skipped[channel.no_camera] += 1
    else:
        harvest.take(channel.candidate())
