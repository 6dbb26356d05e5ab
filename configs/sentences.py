"""What the schema refuses, told in plain sentences with file, line and key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from configs.mistakes import Mistake, nearest, without_urls
from configs.yamlfile import Document
from configs.yamlsyntax import Sentence, full_width
from configs.yamlvalues import shown_key

_Path = tuple[str | int, ...]

SECRET_KEYS = frozenset(
    {
        "url",
        "main_url",
        "user",
        "password",
        "database",
        "ledger",
        "bus",
        "store",
        "endpoint",
        "access_key",
        "secret_key",
    }
)
"""Keys whose values no message may quote."""

_LONGEST = 60
_MISSING = {
    "datum": ("the datum is not stated", "add datum: wgs84, gcj02, bd09, cgcs2000 or epsg:NNNN"),
    "url": ("the url is missing", "add url: rtsp://…, http://…, a video file or an image folder"),
    "id": ("the id is missing", "add id: a unique name such as cam-001"),
    "file": ("the file is missing", "add file: with a path"),
    "feeds": ("the list of feeds is missing", "add feeds: with one '- id: …' item each, or feeds: [] for none"),
    "matters": ("the list of matters is missing", "add matters: with one '- key: …' item each"),
    "polygon": ("the polygon is missing", "add polygon: [[x, y], [x, y], [x, y]]"),
}
_PATTERNS = {
    r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$": "write 1 to 64 letters, digits, _ . or -, a letter or digit first",
    r"^[a-z][a-z0-9_]*$": "write small letters, digits and _, a letter first",
}
_KINDS: dict[str, tuple[str, str]] = {
    "int": ("a whole number", "write one such as {}"),
    "float": ("a number", "write one such as {}"),
    "finite": ("a finite number", "write one such as {}"),
    "bool": ("true or false", "write true or false"),
    "tuple": ("a list", "write [item, item] or one '- item' line each"),
    "model": ("a mapping", "write key: value lines beneath it"),
}
_KIND_ERRORS = {
    "int_type": "int",
    "int_parsing": "int",
    "int_from_float": "int",
    "int_parsing_size": "int",
    "float_type": "float",
    "float_parsing": "float",
    "finite_number": "finite",
    "bool_type": "bool",
    "bool_parsing": "bool",
    "tuple_type": "tuple",
    "list_type": "tuple",
    "model_type": "model",
    "model_attributes_type": "model",
    "dict_type": "model",
}
_BOUNDS = {
    "greater_than": ("gt", "more than {}", "write more than {}"),
    "greater_than_equal": ("ge", "at least {}", "write {} or more"),
    "less_than": ("lt", "less than {}", "write less than {}"),
    "less_than_equal": ("le", "at most {}", "write {} or less"),
}


def schema_mistakes(
    error: ValidationError, document: Document, *, schema: type[BaseModel], under: _Path = ()
) -> list[Mistake]:
    """Return one mistake for each thing a schema refused.

    Parameters
    ----------
    error
        What pydantic raised for the part of ``document`` at ``under``.
    schema
        The model that part was held against; its keys are offered for unknown ones.
    under
        Path of that part in the document.
    """
    details = [detail for detail in error.errors(include_url=False) if not _follows(detail)]
    return [_mistake(detail, document, schema=schema, under=under) for detail in details]


def _follows(detail: ErrorDetails) -> bool:
    """Return whether a list is short only because wrong items were left out or run together: those are told."""
    written = detail["input"]
    if detail["type"] == "missing" and isinstance(written, list):
        return any(isinstance(part, str) and full_width(part) for part in written)
    return detail["type"] == "too_short" and isinstance(written, list) and len(written) >= detail["ctx"]["min_length"]


def _mistake(detail: ErrorDetails, document: Document, *, schema: type[BaseModel], under: _Path) -> Mistake:
    path = (*under, *detail["loc"])
    if _is_coordinate(detail):
        wrong, right = "a point is two numbers", "write [x, y]"
        path = path[: len(path) - isinstance(path[-1], int) * (detail["type"] == "missing")]
    else:
        wrong, right = _sentence(detail, path, schema)
    return document.spot(path).mistake(wrong, right)


def _is_coordinate(detail: ErrorDetails) -> bool:
    one_short = detail["type"] == "missing" and bool(detail["loc"]) and isinstance(detail["loc"][-1], int)
    return one_short or (detail["type"] == "too_long" and detail["ctx"].get("max_length") == 2)


def _typed_full_width(detail: ErrorDetails) -> Sentence | None:
    """Return the sentence for a full-width sign in a key, or in a value that is refused."""
    key_only = detail["type"] in {"extra_forbidden", "missing"}
    written = detail["loc"][-1] if key_only and detail["loc"] else detail["input"]
    return full_width(written) if isinstance(written, str) else None


def _sentence(detail: ErrorDetails, path: _Path, schema: type[BaseModel]) -> tuple[str, str]:
    kind = detail["type"]
    typed = _typed_full_width(detail)
    if typed:
        return typed
    if kind == "extra_forbidden":
        return _unknown_key(path[-1], _fields_at(schema, detail["loc"][:-1]))
    if kind in _KIND_ERRORS:
        must, example = _KINDS[_KIND_ERRORS[kind]]
        right = example.format(_example(schema, detail["loc"], whole=_KIND_ERRORS[kind] == "int"))
        # A mapping's text may be a `key:value` that lacks its space, password included: never quoted.
        return f"must be {must}, not {_shown(detail['input'], path, text_shown=must != 'a mapping')}", right
    if kind in _BOUNDS:
        return _bound(detail, path)
    return _SENTENCES.get(kind, _told_by_schema)(detail, path)


def _unknown_key(name: Any, known: Sequence[str]) -> tuple[str, str]:
    like = nearest(str(name), known)
    return f"unknown {shown_key(str(name))}", f"write {like}" if like else f"the keys here are {', '.join(known)}"


def _bound(detail: ErrorDetails, path: _Path) -> tuple[str, str]:
    key, must, right = _BOUNDS[detail["type"]]
    limit = f"{detail['ctx'][key]:g}"
    return f"must be {must.format(limit)}, not {_shown(detail['input'], path)}", right.format(limit)


def _missing(_: ErrorDetails, path: _Path) -> tuple[str, str]:
    name = str(path[-1])
    return _MISSING.get(name, (f"{name} is missing", f"add {name}:"))


def _not_text(detail: ErrorDetails, path: _Path) -> tuple[str, str]:
    right = "write text" if isinstance(detail["input"], dict | list | None) else "put it in quotes"
    return f"must be text, not {_shown(detail['input'], path)}", right


def _choice(detail: ErrorDetails, path: _Path) -> tuple[str, str]:
    expected = detail["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
    like = nearest(str(detail["input"]), expected.split(", "))
    return f"must be one of {expected}, not {_shown(detail['input'], path)}", f"write {like or 'one of them'}"


def _pattern(detail: ErrorDetails, path: _Path) -> tuple[str, str]:
    right = _PATTERNS.get(detail["ctx"]["pattern"], f"write text that matches {detail['ctx']['pattern']}")
    return f"{_shown(detail['input'], path)} cannot be the {path[-1]}", right


def _too_short(detail: ErrorDetails, _: _Path) -> tuple[str, str]:
    least, count = detail["ctx"]["min_length"], detail["ctx"]["actual_length"]
    return f"at least {least} items are needed, here are {count}", f"write {least} or more"


def _empty_text(_: ErrorDetails, path: _Path) -> tuple[str, str]:
    return "must not be empty", f"write the {path[-1]}"


def _told_by_schema(detail: ErrorDetails, _: _Path) -> tuple[str, str]:
    wrong, _semicolon, right = detail["msg"].removeprefix("Value error, ").partition("; ")
    return wrong, right or "mend the value"


_SENTENCES: dict[str, Callable[[ErrorDetails, _Path], tuple[str, str]]] = {
    "missing": _missing,
    "string_type": _not_text,
    "literal_error": _choice,
    "string_pattern_mismatch": _pattern,
    "too_short": _too_short,
    "string_too_short": _empty_text,
}


def _shown(value: Any, path: _Path, *, text_shown: bool = True) -> str:
    if value is None:
        return "empty"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    secret = any(slot in SECRET_KEYS for slot in path)
    if not isinstance(value, str):
        return "this value" if secret else str(value).lower()
    hidden = secret or not text_shown or len(value) > _LONGEST or without_urls(value) != value
    return "this text" if hidden else repr(value)


def _example(schema: type[BaseModel], loc: _Path, *, whole: bool) -> str:
    """Return a number that fits the key: its default, where that is a number."""
    model = _model_at(schema, loc[:-1])
    field = model.model_fields.get(str(loc[-1])) if model else None
    default = field.default if field else None
    fits = isinstance(default, int | float) and not isinstance(default, bool)
    return f"{default:g}" if fits else "8" if whole else "0.5"


def _fields_at(schema: type[BaseModel], loc: _Path) -> list[str]:
    model = _model_at(schema, loc)
    return list(model.model_fields) if model else []


def _model_at(schema: type[BaseModel], loc: _Path) -> type[BaseModel] | None:
    model: type[BaseModel] | None = schema
    for slot in loc:
        if isinstance(slot, str) and model is not None and slot in model.model_fields:
            model = _model_in(model.model_fields[slot].annotation)
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)
