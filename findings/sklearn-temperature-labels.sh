#!/usr/bin/env bash
# scikit-learn 1.9.1: CalibratedClassifierCV(method="temperature") fits a wrong temperature if the labels
# are numbers other than 0, 1, ..., such as stars from 1 to 5 or -1 and 1. The probabilities come out
# nearly equal; the same labels as texts give the right ones.
#
# Why: the labels are encoded only if they are texts. As numbers they go into the loss as places of
# columns: 1 star counts as the second class, and 5 stars count as no class.
# Who is hurt: whoever calibrates ratings. predict() and the accuracy stay as they were, so only the
# probabilities show it: a threshold then rejects every text, and the mean probability says nothing.
# "sigmoid" and "isotonic" encode all labels, and no warning is shown.
# What to do: give LabelEncoder().fit_transform(y), or texts.
#
# Seen: with stars from 1 to 5 the mean of the largest probability is 0.29 in place of 0.91, and the log
# loss 1.25 in place of 0.21. With -2 to 2 they are 0.20 and 1.61, which is a guess at random.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
"$place/venv/bin/python" - <<'PY'
import warnings

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline

warnings.simplefilter("error")
draw = np.random.default_rng(0)
words = np.array(["awful", "poor", "fair", "good", "superb"])


def reviews(count):
    """Reviews of six words, each drawn near the number of stars, from 0 to 4."""
    stars = draw.integers(0, 5, count)
    near = np.clip(stars[:, None] + draw.integers(-1, 2, (count, 6)), 0, 4)
    return [" ".join(words[row]) for row in near], stars


texts, stars = reviews(500)
new_texts, new_stars = reviews(500)
labels = {
    "0 to 4": lambda y: y,
    "texts": lambda y: np.array(["1", "2", "3", "4", "5"])[y],
    "1 to 5": lambda y: y + 1,
    "-2 to 2": lambda y: y - 2,
}
seen, verdicts = {}, {}
for method in ("temperature", "sigmoid"):
    for name, label in labels.items():
        model = CalibratedClassifierCV(
            make_pipeline(TfidfVectorizer(), LogisticRegression()), method=method
        ).fit(texts, label(stars))
        shares = model.predict_proba(new_texts)
        loss, top = log_loss(label(new_stars), shares), shares.max(axis=1).mean()
        right = (model.predict(new_texts) == label(new_stars)).mean()
        seen[method, name] = loss, top
        print(f"{method}, labels {name}: log loss {loss:.2f}, mean top {top:.2f}, right {right:.3f}")
for method in ("temperature", "sigmoid"):
    assert np.allclose(seen[method, "0 to 4"], seen[method, "texts"])
assert np.allclose(seen["sigmoid", "0 to 4"], seen["sigmoid", "1 to 5"])
for name in ("1 to 5", "-2 to 2"):
    loss, top = seen["temperature", name]
    assert loss > 2 * seen["temperature", "texts"][0] and top < 0.3, f"{name}: labels are encoded now"
PY
