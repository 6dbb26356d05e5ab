"""Which classes are measured: those that both the labels and the model know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from configs.mistakes import nearest
from detector.evaluation.errors import DataError

LEFT_OUT = -1


@dataclass(frozen=True, slots=True)
class Classes:
    """One numbering over the labels' and the model's classes.

    Parameters
    ----------
    names
        The labels' names first, as the model would call them, then those that only the model has.
    in_data, in_model
        Numbers of the classes that the labels, and that the model, can tell of.
    of_data
        For each class number in the label files its number here, or -1 for a class that is left out.
    """

    names: tuple[str, ...]
    in_data: frozenset[int]
    in_model: frozenset[int]
    of_data: tuple[int, ...]

    @property
    def measured(self) -> tuple[int, ...]:
        """Numbers of the classes that both know."""
        return tuple(sorted(self.in_data & self.in_model))

    def number(self, name: str) -> int:
        """Return the number of a class that is known to be among the names."""
        return self.names.index(name)


def match_classes(theirs: Sequence[str], model: Sequence[str], renamed: Mapping[str, str]) -> Classes:
    """Return the numbering over the data's names and the model's.

    Parameters
    ----------
    theirs
        The data's names in the label files' order.
    model
        The model's names.
    renamed
        What the model calls a class of theirs; an empty name leaves the class out.

    Raises
    ------
    DataError
        When ``renamed`` speaks of a class that the data does not have.
    """
    for name in renamed:
        if name not in theirs:
            raise DataError(f"--map {name}=…: the data has no class {name!r}{_way_out(name, theirs)}")
    ours = [renamed.get(name, name) for name in theirs]
    names = tuple(dict.fromkeys((*filter(None, ours), *model)))
    return Classes(
        names=names,
        in_data=frozenset(names.index(name) for name in ours if name),
        in_model=frozenset(names.index(name) for name in model),
        of_data=tuple(names.index(name) if name else LEFT_OUT for name in ours),
    )


def _way_out(name: str, known: Iterable[str]) -> str:
    known = list(known)
    like = nearest(name, known)
    return f"; did you mean {like!r}?" if like else f"; it has: {', '.join(known)}"
