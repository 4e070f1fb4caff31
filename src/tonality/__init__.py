"""tonality tells how people feel from what they write, with LSTM networks.

::

    import tonality

    classifier = tonality.load()
    classifier.predict("I would watch it again tomorrow.").label  # 'positive'
"""

from __future__ import annotations

import typing

from tonality._version import __version__
from tonality.classifier import Classifier, load
from tonality.errors import (
    ArtifactError,
    ConfigError,
    DataError,
    DependencyError,
    TonalityError,
    TrainingError,
)
from tonality.explain.explanation import Explanation
from tonality.explain.passages import Passage
from tonality.prediction import Prediction, Predictions

if typing.TYPE_CHECKING:
    from tonality.score.score_frame import score_frame

__all__ = [
    "ArtifactError",
    "Classifier",
    "ConfigError",
    "DataError",
    "DependencyError",
    "Explanation",
    "Passage",
    "Prediction",
    "Predictions",
    "TonalityError",
    "TrainingError",
    "__version__",
    "load",
    "score_frame",
]


def __getattr__(name: str) -> typing.Any:
    # Loaded when it is asked for: tables take half as long to import as all the rest.
    if name == "score_frame":
        from tonality.score.score_frame import score_frame

        return score_frame
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
