"""Transformers of a few random units, saved as users save theirs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from made_up_reviews import FEELINGS, FILLER

pytest.importorskip("transformers", reason="needs tonality[train,transformers]")

import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizer
from transformers.utils import logging

logging.disable_progress_bar()

# The padding's number is 1, as RoBERTa has it; a word that is missing is cut in pieces.
WORDS = ["[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]", *FILLER[1:], "##s", ".", "!"]
WORDS += [word for words in FEELINGS.values() for word in words]
SIZES = {
    "vocab_size": len(WORDS),
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "max_position_embeddings": 24,
    "pad_token_id": 1,
    "initializer_range": 0.5,  # else all texts get the same answer
}


def make_tokenizer(words: Sequence[str] = WORDS, **settings: Any) -> BertTokenizer:
    """A tokenizer of word pieces."""
    return BertTokenizer(vocab={word: row for row, word in enumerate(words)}, **settings)


def make_transformer(
    folder: Path, labels: tuple[str, ...] = ("negative", "positive"), *, seed: int = 0
) -> Path:
    """A BERT with a head for these labels, in a folder."""
    torch.manual_seed(seed)
    config = BertConfig(**SIZES, id2label=dict(enumerate(labels)))
    BertForSequenceClassification(config).save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    return folder


def change_config(folder: Path, **values: Any) -> None:
    """Change keys of a folder's ``config.json``; None takes one away."""
    path = folder / "config.json"
    config = {**json.loads(path.read_bytes()), **values}
    config = {key: value for key, value in config.items() if value is not None}
    path.write_text(json.dumps(config), encoding="utf-8")
