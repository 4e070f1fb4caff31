"""Confident learning: the rows that its authors' package finds."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tonality.measures.label_errors import find_label_errors, suggestions

NAMES = ["a", "b", "c"]

# cleanlab 2.9.0: filter.find_label_issues(labels, beliefs, filter_by="confident_learning",
# return_indices_ranked_by="normalized_margin"); equal too on 20 larger draws of 2 to 4 classes.
CLEANLABS = [10, 40, 0, 50, 30, 20]


def test_finds_what_cleanlab_finds_in_its_order() -> None:
    rng = np.random.default_rng(7)
    truth = rng.integers(0, 3, 60)
    odds = np.exp(2.5 * np.eye(3)[truth] + rng.normal(size=(60, 3)))
    beliefs = odds / odds.sum(axis=1, keepdims=True)
    labels = truth.copy()
    labels[::10] = (labels[::10] + 1) % 3
    found = find_label_errors(labels, beliefs, NAMES, [f"r{row}" for row in range(60)])

    assert [suspect.index for suspect in found.suspects] == CLEANLABS
    first = found.suspects[0]
    assert first.given == NAMES[labels[first.index]]
    assert first.suggested == NAMES[truth[first.index]]
    assert found.share == 6 / 60
    written = json.loads(json.dumps(found.to_json(most=2)))
    assert (written["found"], len(written["rows"])) == (6, 2)
    assert written["rows"][0]["id"] == f"r{CLEANLABS[0]}"


def test_a_class_without_a_label_is_never_suggested() -> None:
    beliefs = np.array([[0.1, 0.2, 0.7]] * 4)
    labels = np.array([0, 0, 1, 1])
    assert 2 not in suggestions(labels, beliefs)


@pytest.mark.parametrize("label", [0, 1])
def test_one_row_is_no_error(label: int) -> None:
    found = find_label_errors(np.array([label]), np.array([[0.3, 0.7]]), ["a", "b"], ["x"])
    assert (found.suspects, found.share) == ((), 0)
