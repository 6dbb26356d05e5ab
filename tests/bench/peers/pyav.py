"""The naive visit loop over PyAV: open, decode the first frame, close."""

from __future__ import annotations

import av
from naive import go_round


def grab(url):
    options = {"rtsp_transport": "tcp"} if url.startswith("rtsp") else {}
    try:
        with av.open(url, options=options, timeout=10) as container:
            return next(container.decode(video=0)).to_ndarray(format="bgr24")
    except (av.error.FFmpegError, StopIteration):
        return None


if __name__ == "__main__":
    go_round(grab)
