"""What can go wrong when a model is measured.

DataError       the labelled pictures cannot be used at all: mend the data file

A single broken picture or label line raises nothing: it is told and counted, and the others go on.
"""

from __future__ import annotations


class DataError(Exception):
    """The labelled pictures cannot be used. ``str(error)`` is one sentence with the way out."""
