"""The console's files, and its start page for every address inside it."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from api.http.problems import problem

_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>gridpatrol</title>
<h1>The console is not built</h1>
<p>The case API runs. To build the console run <code>make console</code> in the project's folder, then start
again.</p>
<p>案卷接口已运行，但网页控制台尚未构建：请在项目目录运行 <code>make console</code> 后重新启动。</p></html>"""


class ConsoleRoute(Route):
    """Takes every address that is not the API's. It must be the last route."""

    def __init__(self, dist: Path | None) -> None:
        self._dist = dist.resolve() if dist and (dist / "index.html").is_file() else None
        super().__init__("/{path:path}", self._answer, methods=["GET"], include_in_schema=False)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Leave the API's addresses to the API, so that a wrong one is a problem and not the start page."""
        if scope["type"] == "http" and f"{scope['path']}/".startswith("/api/"):
            return Match.NONE, {}
        return super().matches(scope)

    def _answer(self, request: Request) -> Response:
        if self._dist is None:
            return HTMLResponse(_NOT_BUILT, 200, {"Cache-Control": "no-store"})
        path: str = request.path_params["path"]
        file = _inside(self._dist, path)
        if file is not None:
            return FileResponse(file, headers={"Cache-Control": _cache(path)})
        if "." in path.rpartition("/")[2]:
            return problem(404, "there is no such file", path=request.url.path)
        return FileResponse(self._dist / "index.html", headers={"Cache-Control": "no-cache"})


def _inside(dist: Path, path: str) -> Path | None:
    try:
        file = (dist / path).resolve()
        return file if file.is_relative_to(dist) and file.is_file() else None
    except (OSError, ValueError):  # a name too long for the disk, or a NUL in it
        return None


def _cache(path: str) -> str:
    # What the build puts into assets/ carries a hash in its name and never changes.
    return "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
