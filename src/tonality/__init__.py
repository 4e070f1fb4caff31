"""tonality tells how people feel from what they write, with LSTM networks.

::

    import tonality

    classifier = tonality.load()
    classifier.predict("I laughed, I cried, I watched it twice.").label  # 'positive'
"""

from __future__ import annotations

from tonality.classifier import Classifier, Prediction, load
from tonality.errors import (
    ArtifactError,
    ConfigError,
    DataError,
    DependencyError,
    TonalityError,
    TrainingError,
)
from tonality.explain import Explanation
from tonality.passages import Passage

__version__ = "0.1.0"

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
