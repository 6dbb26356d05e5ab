"""A snapshot camera as a process of its own, so that its work is not counted as ours: ``still_server.py PICTURE``.

Prints its port, then serves ``/live.jpg``: the picture with sensor noise, another one each time.
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle

import cv2
import numpy as np

_VARIANTS = 8


def main() -> None:
    picture = cv2.imread(sys.argv[1])
    rng = np.random.default_rng(1)
    noisy = (np.clip(picture + rng.normal(0, 2, picture.shape), 0, 255).astype(np.uint8) for _ in range(_VARIANTS))
    answers = cycle([cv2.imencode(".jpg", each)[1].tobytes() for each in noisy])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = next(answers)
            self.send_response(200)
            self.send_header("Content-Type", "image/jpeg")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
