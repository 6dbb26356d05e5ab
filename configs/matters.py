"""Matters: what a city calls the things it looks for, with their codes. Data, never an enum."""

from __future__ import annotations

from pydantic import Field

from configs.context import CONTEXT
from configs.values import Strict


class Codes(Strict):
    """A matter's code in the three code sets in use; None where the set has none. Transcribed, not certified."""

    gbt30428_2013: str | None = None
    interim: str | None = None
    gbt47678_2026: str | None = None


class Names(Strict):
    """A matter's name in the console's languages."""

    zh: str
    en: str


class Rule(Strict):
    """When detections become an incident, when it ends, and when a case is made without waiting for a person."""

    min_score: float = Field(
        0.35, ge=0, le=1, description="where none is stated, the threshold that the model comes with, or else this"
    )
    min_size: float = Field(0.0, ge=0, le=1, description="box area as a share of the picture")
    seen: int = Field(2, ge=1, description="n of the last m seeing visits")
    of: int = Field(3, ge=1, description="m")
    dwell_s: float | None = Field(
        None, ge=0, description="first to last sighting at least this long, instead of n of m"
    )
    gone_after: int = Field(3, ge=1, description="k seeing visits without it end the incident")
    match_iou: float = Field(0.3, gt=0, le=1, description="same view: boxes overlapping this much are one thing")
    match_m: float = Field(15.0, ge=0, description="other feeds and vehicles: nearer than this is one thing")
    auto_case_score: float | None = Field(
        None, ge=0, le=1, description="a case is made at once from this score; empty means never"
    )


class Matter(Strict):
    """One thing the city looks for."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    names: Names
    labels: tuple[str, ...] = Field((), description="the model's classes that mean this matter")
    codes: Codes = Codes()
    rule: Rule = Rule()

    @property
    def states_score(self) -> bool:
        """Whether somebody wrote a least score into the rule; then no model's threshold counts."""
        return "min_score" in self.rule.model_fields_set

    def from_score(self, least: float | None) -> Matter:
        """Return the matter with ``least`` (0..1) as its least score, unless its rule states one or there is none."""
        if least is None or self.states_score:
            return self
        return self.model_copy(update={"rule": self.rule.model_copy(update={"min_score": least})})


class Catalogue(Strict):
    """All matters of a city."""

    matters: tuple[Matter, ...]

    def of_label(self, label: str) -> Matter | None:
        """Return the matter that a model's class means, or None: a context class is never a finding by itself."""
        if label in CONTEXT:
            return None
        return next((matter for matter in self.matters if label in matter.labels), None)

    def of_key(self, key: str) -> Matter | None:
        """Return the matter with this key, or None."""
        return next((matter for matter in self.matters if matter.key == key), None)
