"""Reading a YAML file as plain values, each mistake told with file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from detector.evaluation.errors import DataError


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file.

    Raises
    ------
    DataError
        When the file cannot be read or holds anything else.
    """
    try:
        document = YAML(typ="safe").load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror}); name a data file or a folder of pictures"
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 text; save it as UTF-8") from error
    except YAMLError as error:
        raise DataError(f"{_place(path, error)} is not YAML; mend that line") from error
    if not isinstance(document, dict):
        raise DataError(f"{path} is not a list of keys; it needs names: and the key of a split, such as val:")
    return document


def _place(path: Path, error: YAMLError) -> str:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    return f"{path}:{mark.line + 1}" if mark else str(path)
