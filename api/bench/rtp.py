"""H.264 and H.265 in RTP over RTSP's own connection: RFC 6184, RFC 7798 and RFC 2326, 10.12."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Iterator

_PAYLOAD_BYTES = 1400
"""As cameras do: what fits an Ethernet frame."""
_PAYLOAD_TYPE = 96
CLOCK_HZ = 90_000
_START_CODE = re.compile(rb"\x00\x00\x00?\x01")
_H264_FRAGMENT, _H265_FRAGMENT = 28, 49
_H264_SETS = {7: "sps", 8: "pps"}
_H265_SETS = {32: "vps", 33: "sps", 34: "pps"}


def nal_units(unit: bytes) -> tuple[bytes, ...]:
    r"""Return the NAL units of an Annex B access unit.

    >>> nal_units(bytes([0, 0, 0, 1, 0x67, 9, 0, 0, 1, 0x65, 8]))
    (b'g\t', b'e\x08')
    """
    return tuple(part for part in _START_CODE.split(unit) if part)


def payloads(codec: str, unit: bytes) -> tuple[bytes, ...]:
    """Return an access unit as RTP payloads: small NAL units as they are, large ones in fragments."""
    fragments = _h264_fragments if codec == "h264" else _h265_fragments
    return tuple(
        piece for nal in nal_units(unit) for piece in ((nal,) if len(nal) <= _PAYLOAD_BYTES else fragments(nal))
    )


def packets(parts: tuple[bytes, ...], *, sequence: int, timestamp: int, source: int) -> bytes:
    """Return the payloads of one picture as interleaved RTP packets on channel 0, ready to be written.

    Parameters
    ----------
    sequence
        Of the first packet; 16 bits are kept.
    timestamp
        Of the picture, in ``CLOCK_HZ``; 32 bits are kept.
    source
        The stream's synchronisation source.
    """
    data = bytearray()
    last = len(parts) - 1
    for number, part in enumerate(parts):
        kind = _PAYLOAD_TYPE | (0x80 if number == last else 0)
        begin = struct.pack(">BBH", 0x24, 0, 12 + len(part))
        header = struct.pack(
            ">BBHII", 0x80, kind, (sequence + number) & 0xFFFF, timestamp & 0xFFFFFFFF, source & 0xFFFFFFFF
        )
        data += begin + header + part
    return bytes(data)


def description(codec: str, key_frame: bytes, *, address: str) -> str:
    """Return the session description (SDP) of a stream whose key frame carries its parameter sets."""
    return "\r\n".join(
        [
            "v=0",
            f"o=- 1 1 IN IP4 {address}",
            "s=camera",
            "c=IN IP4 0.0.0.0",
            "t=0 0",
            "a=control:*",
            f"m=video 0 RTP/AVP {_PAYLOAD_TYPE}",
            f"a=rtpmap:{_PAYLOAD_TYPE} {'H264' if codec == 'h264' else 'H265'}/{CLOCK_HZ}",
            f"a=fmtp:{_PAYLOAD_TYPE} {_format(codec, key_frame)}",
            "a=control:track1",
            "",
        ]
    )


def _format(codec: str, key_frame: bytes) -> str:
    nals = nal_units(key_frame)
    if codec == "h264":
        sets = [nal for nal in nals if nal[0] & 0x1F in _H264_SETS]
        level = next(nal for nal in sets if nal[0] & 0x1F == 7)[1:4].hex().upper()
        written = ",".join(base64.b64encode(nal).decode() for nal in sets)
        return f"packetization-mode=1;profile-level-id={level};sprop-parameter-sets={written}"
    named = {_H265_SETS.get(nal[0] >> 1 & 0x3F): nal for nal in nals}
    return ";".join(f"sprop-{name}={base64.b64encode(named[name]).decode()}" for name in ("vps", "sps", "pps"))


def _h264_fragments(nal: bytes) -> Iterator[bytes]:
    """FU-A, RFC 6184, 5.8."""
    indicator, kind = nal[0] & 0xE0 | _H264_FRAGMENT, nal[0] & 0x1F
    for edge, piece in _pieces(nal[1:]):
        yield bytes((indicator, edge | kind)) + piece


def _h265_fragments(nal: bytes) -> Iterator[bytes]:
    """Fragmentation units, RFC 7798, 4.4.3."""
    kind = nal[0] >> 1 & 0x3F
    begin = bytes((nal[0] & 0x81 | _H265_FRAGMENT << 1, nal[1]))
    for edge, piece in _pieces(nal[2:]):
        yield begin + bytes((edge | kind,)) + piece


def _pieces(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield a NAL unit's content piece by piece, each with the bits that mark the first and the last."""
    for at in range(0, len(data), _PAYLOAD_BYTES):
        edge = (0x80 if at == 0 else 0) | (0x40 if at + _PAYLOAD_BYTES >= len(data) else 0)
        yield edge, data[at : at + _PAYLOAD_BYTES]
