"""From a raw string to the arrays that a network reads.

Order of the work: :mod:`~tonality.text.cleaning` rewrites the string,
:mod:`~tonality.text.tokenizer` cuts it into tokens with their spans,
:mod:`~tonality.text.vocabulary` gives each token its id, and :mod:`~tonality.text.encoder` puts the
ids of many texts side by side.
"""

from __future__ import annotations

from tonality.text.encoder import Encoded, Encoder
from tonality.text.tokenizer import TextConfig, Token, Tokenizer
from tonality.text.vocabulary import Vocabulary

__all__ = ["Encoded", "Encoder", "TextConfig", "Token", "Tokenizer", "Vocabulary"]
