"""The manifest: which weights are known, which files they consist of, and where they come from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from configs.mistakes import nearest
from configs.values import Strict
from detector.calibration import Platt
from detector.errors import ManifestError
from detector.weights import WeightFile, Weights, sha256_of

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
"""What a set of weights may be called: it is also the name of a folder."""


class ListedFile(Strict):
    """A file of some weights; ``path`` is relative to the manifest."""

    path: str = Field(min_length=1)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


Share = Annotated[float, Field(ge=0, le=1)]


class Curve(Strict):
    """A label's calibration: ``sigmoid(slope * logit(score) + offset)``; see ``detector.calibration``."""

    slope: float = Field(gt=0, allow_inf_nan=False)
    offset: float = Field(allow_inf_nan=False)


class Measured(Strict):
    """What weights were measured to do, in one arithmetic."""

    data: str = Field(description="name of the dataset whose validation split it was")
    labels_sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="over its label files")
    pictures: int = Field(ge=1)
    precision: Literal["f32", "bf16"] = Field(description="arithmetic of what is not stored in 8 bits")
    map50: Share
    map50_95: Share
    map50_lost: float = Field(description="against the same weights as 32-bit floats, computed in f32")
    map50_95_lost: float
    ms: float = Field(gt=0, description="CPU milliseconds a picture, all threads, letterbox and suppression included")
    threads: int = Field(default=2, ge=1)


class Entry(Strict):
    """One set of weights as the manifest lists it."""

    name: str = Field(pattern=NAME)
    files: tuple[ListedFile, ...] = Field(min_length=1)
    labels: tuple[str, ...] = Field(min_length=1, description="class names in the model's order")
    input_px: int = Field(ge=32, le=4096, multiple_of=32, description="long side of the letterboxed input")
    end2end: bool = Field(default=False, description="the model suppresses overlaps itself")
    origin: str = Field(description="what the weights were trained from and on")
    licence: str
    card: str = Field(description="the model card, relative to the manifest")
    format: Literal["fp32", "fp16", "int8", "onnx"] | None = Field(
        default=None, description="how the numbers are stored; onnx are 32-bit floats for other runtimes"
    )
    context: tuple[str, ...] = Field(default=(), description="labels that never become findings by themselves")
    thresholds: dict[str, Share] = Field(
        default_factory=dict, description="from which calibrated score a label counts, where the settings say nothing"
    )
    calibration: dict[str, Curve] = Field(default_factory=dict, description="by label; see detector.calibration")
    measured: tuple[Measured, ...] = ()

    @field_validator("labels")
    @classmethod
    def _distinct(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        twice = [label for label in dict.fromkeys(value) if value.count(label) > 1]
        if twice:
            raise ValueError(f"label {twice[0]!r} is listed twice")
        return value

    @model_validator(mode="after")
    def _of_its_labels(self) -> Entry:
        for key, named in (
            ("context", self.context),
            ("thresholds", self.thresholds),
            ("calibration", self.calibration),
        ):
            for label in named:
                if label not in self.labels:
                    raise ValueError(f"{key} names {label!r}, which is none of the labels")
        return self


class _Document(Strict):
    version: Literal[1] = 1
    weights: tuple[Entry, ...] = ()


class Manifest:
    """The known weights. Nothing is trusted until ``verify`` has read the files.

    Parameters
    ----------
    path
        The manifest file; the paths it lists are relative to it.
    entries
        What it lists.
    """

    def __init__(self, path: Path, entries: tuple[Entry, ...]) -> None:
        self.path = path
        self.entries = entries

    @classmethod
    def load(cls, path: Path) -> Manifest:
        """Read a manifest.

        Raises
        ------
        ManifestError
            When it is missing, is not YAML or does not fit the schema; the text names file, line or key.
        """
        try:
            document = _Document.model_validate(_read_yaml(path) or {})
        except ValidationError as error:
            raise ManifestError(_told(path, error)) from error
        return cls(path, document.weights)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the known weights."""
        return tuple(entry.name for entry in self.entries)

    def entry(self, name: str) -> Entry:
        """Return the entry of this name.

        Raises
        ------
        ManifestError
            When there is none; the text has the nearest known name.
        """
        for entry in self.entries:
            if entry.name == name:
                return entry
        raise ManifestError(f"{self.path} lists no weights named {name!r}; {self._way_out(name)}")

    def suited(self, name: str, *, bf16: bool) -> str:
        """Return the name of what does these weights' work best on a processor that is fast in bf16, or is not.

        On one that is not it is their 8-bit form, which takes two thirds to three quarters of the time, when one is
        listed (``NAME-int8``; ``models export`` lists it only when it loses next to nothing), its files are there and
        it is calibrated as they are.
        """
        entry = self.entry(name)
        forms = (one for one in self.entries if one.name == f"{name}-int8" and one.format == "int8")
        alike = (
            one for one in forms if one.labels == entry.labels and one.calibration.keys() == entry.calibration.keys()
        )
        here = (one.name for one in alike if all((self.path.parent / file.path).is_file() for file in one.files))
        return name if bf16 else next(here, name)

    def verify(self, name: str) -> Weights:
        """Return the weights of this name after hashing every file.

        Raises
        ------
        ManifestError
            When the name is not known, or a file is missing or not the one that was listed.
        """
        entry = self.entry(name)
        return Weights(
            name=entry.name,
            files=tuple(self._verified(entry)),
            labels=entry.labels,
            input_px=entry.input_px,
            end2end=entry.end2end,
            context=entry.context,
            thresholds=entry.thresholds,
            calibration={label: Platt(curve.slope, curve.offset) for label, curve in entry.calibration.items()},
        )

    def with_entries(self, *entries: Entry) -> Manifest:
        """Return the manifest with these entries, each in the place of the one of its name, or at the end."""
        new = {entry.name: entry for entry in entries}
        kept = [new.pop(entry.name, entry) for entry in self.entries]
        return Manifest(self.path, (*kept, *new.values()))

    def without(self, name: str) -> Manifest:
        """Return the manifest without the entry of this name, if there is one."""
        return Manifest(self.path, tuple(entry for entry in self.entries if entry.name != name))

    def write(self) -> None:
        """Write the file anew, whole or not at all; comments in it are lost.

        Raises
        ------
        ManifestError
            When the folder cannot be written.
        """
        document = {
            "version": 1,
            "weights": [entry.model_dump(mode="json", exclude_unset=True) for entry in self.entries],
        }
        written = self.path.with_suffix(".yaml.part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with written.open("w", encoding="utf-8") as file:
                file.write("# Which weights are known; see README.md here. Written by gridpatrol models.\n")
                _writer().dump(document, file)
            written.replace(self.path)
        except OSError as error:
            raise ManifestError(
                f"{self.path} cannot be written ({error.strerror}); make its folder writable for this user"
            ) from error

    def _way_out(self, name: str) -> str:
        if like := nearest(name, self.names):
            return f"did you mean {like!r}?"
        known = ", ".join(self.names) or "none"
        return f"known are: {known}; add weights with gridpatrol models export"

    def _verified(self, entry: Entry) -> Iterator[WeightFile]:
        for listed in entry.files:
            path = self.path.parent / listed.path
            found = self._hash(path, listed)
            if found != listed.sha256:
                raise ManifestError(
                    f"{path} is not the file that {self.path} lists: expected sha256 {listed.sha256}, found {found}; "
                    "put the listed file back, or list this one with gridpatrol models export"
                )
            yield WeightFile(path, found)

    def _hash(self, path: Path, listed: ListedFile) -> str:
        try:
            return sha256_of(path)
        except OSError as error:
            raise ManifestError(
                f"{path}, listed in {self.path}, cannot be read ({error.strerror}): expected sha256 {listed.sha256}, "
                "found no file; put it back, or make it again with gridpatrol models export"
            ) from error


def _writer() -> YAML:
    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = 118
    return yaml


def _read_yaml(path: Path) -> object:
    try:
        return YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ManifestError(
            f"{path} cannot be read ({error.strerror}); set model.manifest to the list of weights"
        ) from error
    except UnicodeDecodeError as error:
        raise ManifestError(f"{path} is not UTF-8 text; save it as UTF-8") from error
    except YAMLError as error:
        raise ManifestError(f"{_place(path, error)} is not YAML ({_problem(error)}); mend that line") from error


def _place(path: Path, error: YAMLError) -> str:
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    return f"{path}:{mark.line + 1}" if mark else str(path)


def _problem(error: YAMLError) -> str:
    text = error.problem if isinstance(error, MarkedYAMLError) else str(error)
    return str(text).splitlines()[0]


def _told(path: Path, error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
    return f"{path}: {key or 'the whole file'}: {first['msg']}; compare with models/README.md"
