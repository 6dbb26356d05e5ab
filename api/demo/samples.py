"""Real pictures and clips by address and sha256: taken from a folder that has them, or fetched once into a cache."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import httpx
from ruamel.yaml import YAML

Progress = Callable[[str, int, int], None]
"""``progress(file, bytes so far, bytes in all)``."""


class SamplesMissing(Exception):
    """The samples can be neither found nor fetched. ``str(error)`` is one sentence."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture or clip.

    Parameters
    ----------
    file
        Relative path under which it is kept.
    url, sha256, licence, shows
        Where it comes from, what it must be, under which terms, and what is on it.
    """

    file: str
    url: str
    sha256: str
    licence: str
    shows: str

    def right(self, path: Path) -> bool:
        """Return whether the file at ``path`` is this sample, whole and unchanged."""
        return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == self.sha256


def read_samples(path: Path) -> tuple[Sample, ...]:
    """Return the samples listed in a YAML file."""
    return tuple(Sample(**entry) for entry in YAML(typ="safe").load(path)["samples"])


def obtain(
    samples: Iterable[Sample],
    cache: Path,
    *,
    folders: Iterable[Path],
    client: Callable[[], httpx.Client],
    progress: Progress,
) -> dict[str, Path]:
    """Return each sample's path by its file name; those found nowhere are fetched into ``cache``.

    Parameters
    ----------
    folders
        Looked into first, in this order.
    client
        Makes the HTTP client, only when something must be fetched.

    Raises
    ------
    SamplesMissing
        Offline, or an address gives something else than it should.
    """
    found: dict[str, Path] = {}
    missing: list[Sample] = []
    for sample in samples:
        places = [folder / sample.file for folder in (*folders, cache)]
        here = next((place for place in places if sample.right(place)), None)
        if here is None:
            missing.append(sample)
        else:
            found[sample.file] = here
    if missing:
        with client() as http:
            for sample in missing:
                found[sample.file] = _fetch(http, sample, cache / sample.file, progress)
    return found


def _fetch(http: httpx.Client, sample: Sample, target: Path, progress: Progress) -> Path:
    part = target.with_name(target.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        _download(http, sample, part, progress)
    except httpx.HTTPError as error:
        raise SamplesMissing(f"{sample.file} cannot be fetched from {sample.url}: {type(error).__name__}") from error
    if not sample.right(part):
        part.unlink()
        raise SamplesMissing(f"{sample.url} gave something else than {sample.file}: its sha256 differs")
    shutil.move(part, target)
    return target


def _download(http: httpx.Client, sample: Sample, part: Path, progress: Progress) -> None:
    """Fetch into ``part``, going on where an earlier attempt stopped if the server can."""
    have = part.stat().st_size if part.exists() else 0
    with http.stream("GET", sample.url, headers={"Range": f"bytes={have}-"} if have else {}) as answer:
        if answer.status_code == 416:
            return
        answer.raise_for_status()
        resumed = answer.status_code == 206
        done = have if resumed else 0
        total = done + int(answer.headers.get("Content-Length", 0))
        with part.open("ab" if resumed else "wb") as out:
            for block in answer.iter_bytes(65536):
                out.write(block)
                done += len(block)
                progress(sample.file, done, total)
