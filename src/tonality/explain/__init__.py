"""Which words made a verdict, and how to show them."""

from __future__ import annotations

from tonality.explain.explanation import Explanation, explain_texts
from tonality.explain.passages import Passage

__all__ = ["Explanation", "Passage", "explain_texts"]
