"""What can go wrong with a model.

ModelError                  the model cannot be used
├── ManifestError           manifest or weights are missing, changed or not known: mend the files
└── BackendMissing          an optional library is not installed: the text has the command
"""

from __future__ import annotations


class ModelError(Exception):
    """The model cannot be used. ``str(error)`` is one sentence with the way out."""


class ManifestError(ModelError):
    """Manifest or weights are missing, changed or not known."""


class BackendMissing(ModelError):
    """An optional library is not installed."""
