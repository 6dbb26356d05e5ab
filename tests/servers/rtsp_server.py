"""A real RTSP server for the tests: GStreamer's, run by the system's Python (which has ``gi``).

Start it with ``/usr/bin/python3 tests/servers/rtsp_server.py [--mount name=folder-of-jpgs ...]``. It prints one JSON
line, ``{"port": N, "guarded_port": M}``, on standard output and serves until its standard input closes. The guarded
port serves the same mounts to ``--user`` with ``--password`` only (digest). A line ``name=3`` on standard input turns
the fixed camera ``name`` to its picture number 3 (0-based). ``tests.servers.rtsp`` wraps all this.

Every mount but ``frozen`` and ``dark`` carries the time of day in a QR code in its corner, as cameras carry a clock,
so that two visits never see the same picture.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402  the versions must be named first

FPS = 10
_ROLE = "operator, media.factory.access=(boolean)true, media.factory.construct=(boolean)true"

_CLOCK = "qroverlay name=clock pixel-size=5 x=2 y=2"
_X264 = f"x264enc tune=zerolatency speed-preset=ultrafast key-int-max={FPS}"
_H264 = f"{_X264} threads=1 ! h264parse ! identity name=tap"
_PAY264 = "rtph264pay name=pay0 pt=96 config-interval=0"
# Parameter sets before every slice: what some encoders send, and what cuts a key frame into several packets.
_PAY264_SLICES = "rtph264pay name=pay0 pt=96 config-interval=-1"
_H265 = f"x265enc tune=zerolatency speed-preset=ultrafast key-int-max={FPS} log-level=none ! h265parse"
_PAY265 = "rtph265pay name=pay0 pt=96 config-interval=-1"


def _pattern(width: int, height: int, *, buffers: int = -1, pattern: str = "smpte") -> str:
    size = f"video/x-raw,format=I420,width={width},height={height},framerate={FPS}/1"
    return f"videotestsrc is-live=true pattern={pattern} num-buffers={buffers} ! {size}"


MOUNTS = {
    "h264": f"{_pattern(704, 576)} ! {_CLOCK} ! {_H264} ! {_PAY264}",
    "h264_1080p": f"{_pattern(1920, 1080)} ! {_CLOCK} ! {_H264} ! {_PAY264}",
    "h265": f"{_pattern(704, 576)} ! {_CLOCK} ! {_H265} ! {_PAY265}",
    "slices": f"{_pattern(704, 576)} ! {_CLOCK} ! {_X264} threads=4 ! h264parse ! {_PAY264_SLICES}",
    "frozen": f"{_pattern(704, 576)} ! {_H264} ! {_PAY264}",
    "dark": f"{_pattern(704, 576, pattern='black')} ! {_H264} ! {_PAY264}",
    "stops": f"{_pattern(704, 576, buffers=15)} ! {_CLOCK} ! {_H264} ! {_PAY264}",
    "no_key": f"{_pattern(704, 576)} ! {_CLOCK} ! {_H264} ! {_PAY264}",
    "silent": f"{_pattern(704, 576)} ! {_CLOCK} ! {_H264} ! {_PAY264}",
    "audio": "audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay name=pay0 pt=8",
}


class FixedCamera:
    """A folder of JPEG files, one of them in view until another is asked for."""

    LAUNCH = (
        f"appsrc name=pictures is-live=true format=time caps=image/jpeg,framerate={FPS}/1 ! jpegdec ! videoconvert "
        f"! videoscale ! video/x-raw,format=I420,width=%d,height=%d ! {_CLOCK} ! {_H264} ! {_PAY264}"
    )

    def __init__(self, folder: Path) -> None:
        self.pictures = sorted(folder.glob("*.jpg"))
        self.index = 0

    def launch(self) -> str:
        width, height = _jpeg_size(self.pictures[0])
        return self.LAUNCH % (width // 2 * 2, height // 2 * 2)

    def attach(self, source: Gst.Element) -> None:
        sent = [0]

        def push(element: Gst.Element, _wanted: int) -> None:
            data = self.pictures[self.index % len(self.pictures)].read_bytes()
            buffer = Gst.Buffer.new_wrapped(data)
            buffer.duration = Gst.SECOND // FPS
            buffer.pts = buffer.dts = sent[0] * buffer.duration
            sent[0] += 1
            element.emit("push-buffer", buffer)

        source.connect("need-data", push)


def _jpeg_size(path: Path) -> tuple[int, int]:
    data, at = path.read_bytes(), 2
    while not 0xC0 <= data[at + 1] <= 0xC3:
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")


def _write_time(_pad: Gst.Pad, _info: Gst.PadProbeInfo, clock: Gst.Element) -> Gst.PadProbeReturn:
    clock.set_property("data", f"{time.time():.3f}")
    return Gst.PadProbeReturn.OK


def _drop_key_frames(_pad: Gst.Pad, info: Gst.PadProbeInfo) -> Gst.PadProbeReturn:
    delta = info.get_buffer().has_flags(Gst.BufferFlags.DELTA_UNIT)
    return Gst.PadProbeReturn.OK if delta else Gst.PadProbeReturn.DROP


def _drop_after_first(_pad: Gst.Pad, _info: Gst.PadProbeInfo, passed: list[int]) -> Gst.PadProbeReturn:
    passed[0] += 1
    return Gst.PadProbeReturn.OK if passed[0] == 1 else Gst.PadProbeReturn.DROP


def _configure(_factory: GstRtspServer.RTSPMediaFactory, media: GstRtspServer.RTSPMedia, spec: tuple) -> None:
    name, camera = spec
    bin_ = media.get_element()
    if clock := bin_.get_by_name("clock"):
        clock.get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, _write_time, clock)
    if camera is not None:
        camera.attach(bin_.get_by_name("pictures"))
    if name == "no_key":
        bin_.get_by_name("tap").get_static_pad("src").add_probe(Gst.PadProbeType.BUFFER, _drop_key_frames)
    if name == "silent":
        bin_.get_by_name("pay0").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, _drop_after_first, [0])


def _factory(launch: str, name: str, camera: FixedCamera | None) -> GstRtspServer.RTSPMediaFactory:
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f"( {launch} )")
    # Each client gets a pipeline of its own: a shared one answers 503 to a client that comes while it is torn down.
    factory.set_shared(False)
    factory.connect("media-configure", _configure, (name, camera))
    return factory


def _serve(
    launches: dict[str, str], cameras: dict[str, FixedCamera], *, auth: GstRtspServer.RTSPAuth | None
) -> GstRtspServer.RTSPServer:
    """Serve every launch under its name, to everybody or to whom ``auth`` lets in."""
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    # With its one default thread a mount that never gets ready holds up all the others for 20 s.
    server.get_thread_pool().set_max_threads(-1)
    for name, launch in launches.items():
        factory = _factory(launch, name, cameras.get(name))
        factory.add_role_from_structure(Gst.Structure.new_from_string(_ROLE))
        server.get_mount_points().add_factory(f"/{name}", factory)
    if auth is not None:
        server.set_auth(auth)
    server.attach(None)
    return server


def _digest(user: str, password: str) -> GstRtspServer.RTSPAuth:
    auth, token = GstRtspServer.RTSPAuth(), GstRtspServer.RTSPToken()
    auth.set_supported_methods(2)  # GST_RTSP_AUTH_DIGEST
    token.set_string("media.factory.role", "operator")
    auth.add_digest(user, password, token)
    return auth


def _listen_to_stdin(cameras: dict[str, FixedCamera], loop: GLib.MainLoop) -> None:
    for line in sys.stdin:
        name, _, index = line.strip().partition("=")
        cameras[name].index = int(index)
        _tell({"shown": cameras[name].index})
    loop.quit()


def _tell(answer: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--mount", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--user", default="patrol")
    parser.add_argument("--password", default="patrol")
    options = parser.parse_args()
    mounts = (text.partition("=") for text in options.mount)
    cameras = {name: FixedCamera(Path(folder)) for name, _, folder in mounts}
    launches = MOUNTS | {name: camera.launch() for name, camera in cameras.items()}
    auths = (None, _digest(options.user, options.password))
    servers = [_serve(launches, cameras, auth=auth) for auth in auths]
    ports = [server.get_bound_port() for server in servers]
    _tell(dict(zip(("port", "guarded_port"), ports, strict=True)))
    loop = GLib.MainLoop()
    threading.Thread(target=_listen_to_stdin, args=(cameras, loop), daemon=True).start()
    loop.run()


if __name__ == "__main__":
    Gst.init(None)
    main()
