"""An evaluation written down: JSON for programs, Markdown for people, the worst pictures for both."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from detector.evaluation.evaluation import Evaluation
from detector.evaluation.sections import Section, headline, sections
from detector.evaluation.worst import Worst

WORST_COLUMNS = ("kind", "picture", "label", "score", "x1", "y1", "x2", "y2")


def write_report(told: Evaluation, out: Path) -> None:
    """Write ``evaluation.json``, ``evaluation.md`` and ``worst.csv`` into a folder that is there."""
    document = json.dumps(told.as_json(), ensure_ascii=False, indent=1)
    (out / "evaluation.json").write_text(document + "\n", encoding="utf-8")
    (out / "evaluation.md").write_text(markdown(told), encoding="utf-8")
    _write_worst(told.figures.worst, out / "worst.csv")


def markdown(told: Evaluation) -> str:
    """Return the evaluation as a Markdown page."""
    parts = [f"# {told.card.id}", headline(told) + "."]
    parts += [_table(section) for section in sections(told)]
    if told.trouble:
        parts.append("\n".join(["## Left out", "", *(f"- {sentence}" for sentence in told.trouble)]))
    return "\n\n".join(parts) + "\n"


def _table(section: Section) -> str:
    lines = [f"## {section.title}", "", _line(section.head), "|" + "---|" * len(section.head)]
    return "\n".join([*lines, *map(_line, section.rows)])


def _line(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _write_worst(told: Worst, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(WORST_COLUMNS)
        rows.writerows(("false alarm", each.picture, each.label, each.score, *each.box) for each in told.false_alarms)
        rows.writerows(("miss", each.picture, each.label, each.best_score, *each.box) for each in told.misses)
