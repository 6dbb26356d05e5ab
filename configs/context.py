"""Context: what a model may see that is no finding by itself, and what it is good for.

People and vehicles are made unreadable in kept pictures and hide what stands behind them; canopies, tables, goods and
cycles are the parts of which street vending is made up. None of them ever becomes a sighting or an incident.
"""

from __future__ import annotations

from typing import Literal, get_args

ContextLabel = Literal[
    "person",
    "bicycle",
    "motorcycle",
    "car",
    "bus",
    "truck",
    "umbrella",
    "chair",
    "table",
    "bag",
    "food",
]
CONTEXT: tuple[ContextLabel, ...] = get_args(ContextLabel)
"""In the order in which models list them, after their findings."""

_OF_COCO: dict[str, ContextLabel] = {
    "dining table": "table",
    **dict.fromkeys(("backpack", "handbag", "suitcase"), "bag"),
    **dict.fromkeys(
        ("banana", "apple", "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake"), "food"
    ),
    # What is drunk, and what food is sold in.
    **dict.fromkeys(("bottle", "cup", "bowl"), "food"),
}


def context_of(label: str) -> str:
    """Return the context class that a class of the COCO data set means, and any other label as it is.

    Models that know COCO's 80 classes can so see vending by the rule without being trained again.

    >>> context_of("dining table"), context_of("person"), context_of("zebra")
    ('table', 'person', 'zebra')
    """
    return _OF_COCO.get(label, label)
