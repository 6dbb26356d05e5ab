"""``gridpatrol models list``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.console import DEMO, ConfigOption, err, fail
from api.commands.opening import Opened, open_configuration
from api.datafolder import DataFolderError
from api.wiring.models import chosen
from detector.errors import ManifestError
from detector.manifest import Entry, Manifest


def show(
    config: ConfigOption = DEMO,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")] = False,
) -> None:
    """List the manifest's models: which serves, which is in shadow, what was measured, whether files are whole."""
    opened = open_configuration(config)
    try:
        choice = chosen(opened.configuration, opened.folder)
        manifest = Manifest.load(opened.configuration.manifest)
        lines = [_line(manifest, entry, _role(opened, entry.name, choice.name)) for entry in manifest.entries]
        if as_json:
            document = {"serving": choice.name, "previous": choice.previous, "models": lines}
            sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")
            return
        for line in lines:
            typer.echo(_told(line))
        if choice.note:
            err.print(choice.note, markup=False)
        if choice.name not in manifest.names:
            err.print(f"{choice.name} serves and is not in {manifest.path}", markup=False)
    except (DataFolderError, ManifestError) as error:
        fail(str(error))


def _role(opened: Opened, name: str, serving: str) -> str:
    if name == serving:
        return "serving"
    return "shadow" if name == opened.settings.model.shadow else ""


def _line(manifest: Manifest, entry: Entry, role: str) -> dict[str, Any]:
    paths = [manifest.path.parent / listed.path for listed in entry.files]
    return {
        "name": entry.name,
        "role": role,
        "mb": round(sum(_bytes(path) for path in paths) / 1e6, 1),
        "input_px": entry.input_px,
        "labels": list(entry.labels),
        "measured": [each.model_dump(mode="json") for each in getattr(entry, "measured", ())],
        "fault": _fault(manifest, entry.name),
    }


def _fault(manifest: Manifest, name: str) -> str | None:
    try:
        manifest.verify(name)
    except ManifestError as error:
        return str(error)
    return None


def _bytes(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _told(line: dict[str, Any]) -> str:
    whole = "files whole" if line["fault"] is None else f"NOT USABLE: {line['fault']}"
    text = (
        f"{line['role'] or '-':<8} {line['name']:<28} {line['mb']:>7.1f} MB {line['input_px']:>5} px  {whole}\n"
        f"         labels {', '.join(line['labels'])}"
    )
    return "\n".join([text, *(f"         measured {_figures(each)}" for each in line["measured"])])


def _figures(measured: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in measured.items() if not key.endswith("sha256"))
