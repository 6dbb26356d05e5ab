"""Which browser shows the console, and how it is started with and without WebGL."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.console_city import DIST

CHROMIUM = Path("/usr/bin/chromium")
_FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PLAIN = (*_FLAGS, "--disable-gpu", "--disable-3d-apis")
WITH_GL = (*_FLAGS, "--use-angle=swiftshader", "--enable-unsafe-swiftshader")


def needed() -> str | None:
    """Return the command that brings what is missing, or None."""
    if not CHROMIUM.exists():
        return "apt-get install chromium"
    if not (DIST / "index.html").exists():
        return "make console"
    return None
