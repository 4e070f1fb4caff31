"""A scikit-learn estimator: LSTM networks in pipelines, searches and cross-validation.

It trains as ``tonality train`` does, in this process and in a temporary folder, and leaves no file
behind. Texts in, labels of any kind out::

    from tonality.sklearn import LSTMClassifier

    model = LSTMClassifier(random_state=0).fit(texts, labels)
    model.predict(["I would buy it again."])
    model.save("model")  # for `tonality predict --model model`, without scikit-learn and torch
"""

from __future__ import annotations

from tonality.errors import DependencyError

try:
    from tonality.sklearn.estimator import LSTMClassifier
except ModuleNotFoundError as missing:
    if (missing.name or "").startswith("tonality"):
        raise
    raise DependencyError("the scikit-learn estimator", extra="train") from missing

__all__ = ["LSTMClassifier"]
