"""ONVIF devices as candidates, one for each of their video sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from api.importing.candidate import Candidate, Harvest, ImportRefused, Refusal
from api.importing.ids import feed_id
from api.importing.table import Progress
from streams.errors import SourceError
from streams.onvif import OnvifDevice, Profile

_AT_ONCE = 16
_TIMEOUT_S = 10.0
_CLOCK_OFF = timedelta(seconds=60)

Line = tuple[str, str]
"""What people call a device's place, such as ``line 3``, and its URL."""


def lines_of(file: Path) -> list[Line]:
    """Return the devices listed in a text file, one ``onvif://`` URL a line; ``#`` starts a remark.

    Raises
    ------
    ImportRefused
        The file cannot be read or lists none.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ImportRefused(f"{file}: cannot be read as UTF-8 text; mend the path or save it anew") from error
    lines = [(f"line {number}", line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    listed = [(where, line) for where, line in lines if line and not line.startswith("#")]
    if not listed:
        raise ImportRefused(f"{file}: lists no device; write onvif://user:password@host, one a line")
    return listed


def devices_of(lines: Sequence[Line], *, snapshot: bool, now: Callable[[], datetime], progress: Progress) -> Harvest:
    """Return the cameras of ONVIF devices; a device that does not answer is refused and the others enter.

    Parameters
    ----------
    lines
        The devices.
    snapshot
        Take still pictures instead of the sub-stream.
    now
        The wall clock; aware UTC.
    progress
        Told after each device.
    """
    whole = Harvest()
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        asked = pool.map(lambda line: _asked(line, snapshot=snapshot, now=now), lines)
        for done, harvest in enumerate(asked, 1):
            for candidate in harvest.candidates:
                whole.take(candidate)
            whole.refusals += harvest.refusals
            whole.notes += harvest.notes
            progress(done, len(lines))
    return whole


def _asked(line: Line, *, snapshot: bool, now: Callable[[], datetime]) -> Harvest:
    where, url = line
    if not url.startswith("onvif://"):
        return Harvest(refusals=[Refusal(where, "it is no onvif:// address; write onvif://user:password@host")])
    try:
        device = OnvifDevice(url, timeout_s=_TIMEOUT_S, now=now)
    except (SourceError, ValueError) as error:
        return Harvest(refusals=[Refusal(where, str(error))])
    try:
        return _harvest(where, url, device, snapshot=snapshot)
    except SourceError as error:
        return Harvest(refusals=[Refusal(where, str(error))])
    finally:
        device.close()


def _harvest(where: str, url: str, device: OnvifDevice, *, snapshot: bool) -> Harvest:
    harvest = Harvest()
    ahead = device.set_clock()
    if abs(ahead) > _CLOCK_OFF:
        harvest.notes.append(
            f"{device.host}: its clock is {abs(ahead)} {'ahead' if ahead > timedelta(0) else 'behind'}"
        )
    model, serial = device.name()
    media = device.media_service()
    by_source: dict[str, list[Profile]] = {}
    for profile in device.profiles(media):
        by_source.setdefault(profile.source, []).append(profile)
    if not by_source:
        harvest.refusals.append(Refusal(where, f"{device.host}: the device has no profile with video"))
    for source, profiles in by_source.items():
        own = f"{serial or device.host}{'-' + source if len(by_source) > 1 else ''}".replace(":", "-")
        feed = {"id": feed_id(own, name="", url=""), "name": f"{model} {device.host}".strip()}
        feed |= _addresses(device, media, profiles, url, snapshot=snapshot)
        harvest.candidates.append(Candidate(where, feed))
    return harvest


def _addresses(
    device: OnvifDevice, media: str, profiles: Sequence[Profile], url: str, *, snapshot: bool
) -> dict[str, str]:
    """Return the smallest stream, or the still picture, as ``url``, and the largest stream as ``main_url``."""
    ordered = sorted(profiles, key=lambda profile: profile.width * profile.height)
    smallest, largest = ordered[0], ordered[-1]
    main = _with_secrets(device.stream_uri(media, largest), url)
    if snapshot:
        still = _with_secrets(device.snapshot_uri(media, smallest), url)
        return {"url": still, "protocol": "snapshot", "main_url": main}
    sub = main if smallest == largest else _with_secrets(device.stream_uri(media, smallest), url)
    return {"url": sub} | ({"main_url": main} if main != sub else {})


def _with_secrets(address: str, url: str) -> str:
    """Return an address with the credentials by which the device was asked."""
    asked, parts = urlsplit(url), urlsplit(address)
    if asked.username is None:
        return address
    user, password = (quote(unquote(part or ""), safe="") for part in (asked.username, asked.password))
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{password}@{host}"))
