"""The adapters of the port ``streams.source.Source``: one per way a feed is reached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from streams.feed import Feed, Protocol
from streams.source import Limits, Source
from streams.sources.folder import FolderSource
from streams.sources.picture import SUFFIXES
from streams.sources.snapshot import SnapshotSource
from streams.sources.stream import StreamSource
from streams.sources.substream import SubThenMain
from streams.sources.video import VideoSource
from streams.url import masked

_STREAM_ENDINGS = (".m3u8", ".flv", ".live.ts", ".live.mp4", ".mjpg", ".mjpeg")
_ADAPTERS: dict[Protocol, Callable[..., Source]] = {
    Protocol.RTSP: StreamSource,
    Protocol.STREAM: StreamSource,
    Protocol.SNAPSHOT: SnapshotSource,
    Protocol.VIDEO: VideoSource,
    Protocol.FOLDER: FolderSource,
}


def open_source(
    feed: Feed,
    limits: Limits,
    *,
    now: Callable[[], datetime],
    behind_gateways: Callable[[Feed, Limits], Source] | None = None,
) -> Source:
    """Return the adapter for ``feed``, its main stream behind it when it has one.

    Nothing is opened before the first look, so this never fails or waits.

    Parameters
    ----------
    feed, limits
        What to look at, and what it may take.
    now
        The wall clock; aware UTC.
    behind_gateways
        What looks at a stream that a gateway has opened; this process when None.
    """
    if feed.protocol is Protocol.WVP:
        # Gateways' sessions are held in the patrol, and the capture processes start without what that needs.
        from streams.sources.wvp import WvpSource  # noqa: PLC0415

        source: Source = WvpSource(feed, limits, now=now, open_stream=behind_gateways)
    else:
        source = _ADAPTERS[feed.protocol](feed, limits, now=now)
    main = main_of(feed)
    if main is None:
        return source
    return SubThenMain(source, open_source(main, limits, now=now, behind_gateways=behind_gateways))


def main_of(feed: Feed) -> Feed | None:
    """Return the feed as it is reached through its main stream, or None when it has none."""
    if feed.main_url is None:
        return None
    return replace(feed, url=feed.main_url, protocol=protocol_of(feed.main_url), main_url=None)


def protocol_of(url: str, written: str = "auto") -> Protocol:
    """Return how ``url`` is reached: as ``written`` says, or from its scheme, its ending and what lies on disk.

    >>> protocol_of("http://10.0.0.1/cgi-bin/snapshot.cgi?channel=1")
    <Protocol.SNAPSHOT: 'snapshot'>
    >>> protocol_of("http://10.0.0.1/live/cam1.live.flv?callId=1")
    <Protocol.STREAM: 'stream'>

    Raises
    ------
    ValueError
        For a scheme that no adapter knows; the text carries no credentials.
    """
    if written != "auto":
        return Protocol(written)
    scheme, _, rest = url.partition("://")
    if not rest:
        return _protocol_on_disk(Path(url))
    if scheme.lower() in {"rtsp", "rtsps"}:
        return Protocol.RTSP
    if scheme.lower() in {"wvp", "wvps"}:
        return Protocol.WVP
    if scheme.lower() in {"http", "https"}:
        return Protocol.STREAM if urlsplit(url).path.lower().endswith(_STREAM_ENDINGS) else Protocol.SNAPSHOT
    raise ValueError(
        f"{masked(url)}: {scheme}:// is not supported; use rtsp://, http(s)://, wvp(s)://, a video file or a folder"
    )


def _protocol_on_disk(path: Path) -> Protocol:
    is_pictures = path.is_dir() or path.suffix.lower() in SUFFIXES
    return Protocol.FOLDER if is_pictures else Protocol.VIDEO
