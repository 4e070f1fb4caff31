"""tonality tells how people feel from what they write, with LSTM networks.

::

    import tonality

    classifier = tonality.load()
    classifier.predict("I would watch it again tomorrow.").label  # 'positive'
"""

from __future__ import annotations

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
from tonality.prediction import Prediction

__all__ = [
    "ArtifactError",
    "Classifier",
    "ConfigError",
    "DataError",
    "DependencyError",
    "Explanation",
    "Passage",
    "Prediction",
    "TonalityError",
    "TrainingError",
    "__version__",
    "load",
]
