"""Where a network begins when not at random: a language model or a trained classifier.

A classifier that begins at a language model of its own texts' kind needs far fewer labels (Dai & Le
2015; Howard & Ruder 2018).
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tonality.artifact.config_json import folder_sha256
from tonality.evaluate.match_labels import same_by_another_name
from tonality.label_meanings import in_the_file, likely_map, numbers_among
from tonality.label_spellings import as_options, fold
from tonality.network.config import NetworkConfig
from tonality.text.encoder import Encoder
from tonality.text.tokenizer import TextConfig
from tonality.text.vocabulary import Vocabulary
from tonality.train.networks.language_model_folder import read_language_model
from tonality.train.start.inherited_settings import CLASSIFIER, Inherited
from tonality.train.start.new_word_vectors import induced

Floats = NDArray[np.float32]

# Of the record of a start: which parts of the network it had nothing for.
AT_RANDOM = "at_random"


@dataclass(frozen=True)
class Start(Inherited):
    """What a run begins with, and so what decides its vocabulary, its texts' form, its shape.

    Attributes:
        path: its folder.
        sha256: of its ``config.json``, which holds the hashes of its other files.
        vocabulary: its words, and its n-grams if it has a table.
        labels: a classifier's, in the order of its outputs; empty for a language model.
        tensors: its weights as they are stored, named as in a model folder, float32.
        spread: standard deviation of its token vectors' elements, as they are stored.
        pretrained: SHA-256 of the ``config.json`` of the language model that its embedding and
            LSTM went on as; empty for none.
        provenance: what it was made of.
    """

    path: Path
    sha256: str
    vocabulary: Vocabulary
    labels: tuple[str, ...]
    tensors: Mapping[str, Floats]
    spread: float
    pretrained: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def identity(self) -> dict[str, str]:
        """What a run records of it."""
        found = {"name": self.name, "kind": self.kind, "sha256": self.sha256}
        return {**found, "pretrained": self.pretrained} if self.pretrained else found

    def scaled(self, deviation: float) -> dict[str, Floats]:
        """The tensors, the token vectors' elements with this standard deviation.

        The size of an adversarial step then means the same from any start.
        """
        return _scaled(self.tensors, deviation / self.spread)

    def with_vocabulary(self, vocabulary: Vocabulary, texts: list[str]) -> Start:
        """The same, with vectors for the words that a vocabulary adds at its end.

        A new word begins at what its company in the new texts says (:func:`induced`).

        Args:
            vocabulary: this one's words and then others.
            texts: of the new kind.
        """
        added = vocabulary.size - self.vocabulary.size
        if not added:
            return self
        plain = vocabulary.with_ngrams(None)
        encoded = Encoder(dataclasses.replace(self.text, max_tokens=0), plain).encode(texts)
        old = self.tensors["embedding.weight"]
        tensors = {
            **self.tensors,
            "embedding.weight": induced(old, encoded.ids, encoded.offsets, plain.size),
        }
        if "softmax.bias" in tensors:
            bias = tensors["softmax.bias"]
            rare = np.full(added, bias.min(), dtype=np.float32)
            tensors["softmax.bias"] = np.concatenate([bias, rare])
        return dataclasses.replace(self, vocabulary=vocabulary, tensors=tensors)

    def after(self, folder: str | os.PathLike[str], deviation: float) -> Start:
        """The same, its words, embedding and LSTM as a language model left them.

        Args:
            folder: of the language model, which began with this.
            deviation: that of the token vectors it began with.

        Raises:
            ArtifactError: it cannot be read.
        """
        path = Path(folder)
        saved = read_language_model(path)
        taken = {
            name: tensor
            for name, tensor in _scaled(saved.tensors, self.spread / deviation).items()
            if name == "embedding.weight" or name.startswith("lstm.")
        }
        ngrams = self.vocabulary.ngrams
        if ngrams is not None:
            ngrams = ngrams.resized(saved.vocabulary.size)
        return dataclasses.replace(
            self,
            vocabulary=saved.vocabulary.with_ngrams(ngrams),
            tensors={**self.tensors, **taken},
            pretrained=folder_sha256(path),
        )

    def for_network(
        self, network: NetworkConfig, labels: tuple[str, ...], deviation: float
    ) -> dict[str, Floats]:
        """The tensors that a network begins with.

        Of the head, the rows of the labels that this knows too; a further label begins in the
        middle of those. Where no label is shared, the head is not among the tensors. A layer
        gets all its tensors or none: they were learnt for one another.

        Args:
            network: the shapes to fill.
            labels: the classes, in the order of its outputs.
            deviation: what the token vectors are scaled to.
        """
        return _scaled(self._fitting(network, labels), deviation / self.spread)

    def _fitting(self, network: NetworkConfig, labels: tuple[str, ...]) -> dict[str, Floats]:
        """The tensors of :meth:`for_network`, as they are stored."""
        shapes, own = network.tensor_shapes(), dict(self.tensors)
        for name, tensor in self.tensors.items():
            if name.startswith("output."):
                del own[name]
                if not set(labels).isdisjoint(self.labels):
                    own[name] = self._rows(tensor, labels)
        unfit = {
            _layer(name)
            for name, shape in shapes.items()
            if name not in own or own[name].shape != shape
        }
        return {name: own[name] for name in shapes if _layer(name) not in unfit}

    def at_random(self, network: NetworkConfig, labels: tuple[str, ...]) -> str:
        """Which parts of a network begin at random where it starts from this, in words.

        The pooling and the head of what starts from a language model always do, and are not named.

        Args:
            network: the shapes to fill.
            labels: the classes, in the order of its outputs.
        """
        taken, parts = self._fitting(network, labels), []
        for direction in network.directions:
            layers = range(network.layers)
            missing = [n + 1 for n in layers if f"lstm.{n}.{direction}.bias" not in taken]
            if len(missing) == network.layers:
                parts.append(f"the {direction} direction")
            elif missing:
                # What does not fit is what reads a layer of both directions: all above the first.
                which = "layer 2" if len(missing) == 1 else f"layers 2 to {network.layers}"
                parts.append(f"{which} of the {direction} direction")
        if self.kind == CLASSIFIER and "output.bias" not in taken:
            parts.append("the head")
        return " and ".join(parts)

    def news(
        self,
        network: NetworkConfig,
        labels: tuple[str, ...],
        text: TextConfig,
        mapped: Mapping[str, str] | None = None,
    ) -> list[str]:
        """What a run that starts from this has to say of it, in lines.

        Args:
            network: the shapes to fill.
            labels: the classes, in the order of its outputs.
            text: how the run's model reads texts.
            mapped: what a label map made of other labels of the data (``Table.mapped``).
        """
        lines = []
        if parts := self.at_random(network, labels):
            lines.append(
                f"{self.name}, from which this starts, has nothing that fits these parts of the "
                f"network, which begin at random: {parts}"
            )
        if forgotten := self.forgotten(labels, mapped):
            lines.append(forgotten)
        own, most = self.text.max_tokens, text.max_tokens
        if self.kind == CLASSIFIER and 0 < most < (own or most + 1):
            lines.append(
                f"the new model reads {most:,} tokens of a text, {self.name} "
                f"{f'{own:,}' if own else 'all'}; text.max_tokens says how many"
            )
        if self.kind == CLASSIFIER and text.typos != self.text.typos:
            does = {"read": "reads misspelt words", "keep": "leaves misspelt words unknown"}
            lines.append(f"the new model {does[text.typos]}, {self.name} does not; see text.typos")
        return lines

    def own_names(
        self, labels: Sequence[str], mapped: Mapping[str, str] | None = None
    ) -> dict[str, str]:
        """Labels that are this classifier's in another spelling, such as ``NEG``: label -> its own.

        What a number stands for is not guessed, and no two labels become one.

        Args:
            labels: those of the data.
            mapped: what a label map made of others (``Table.mapped``).
        """
        plain = same_by_another_name(labels, self.labels, mapped)
        numbers = numbers_among(labels)
        found = {
            label: name
            for label, name in plain.items()
            if label not in numbers or fold(label) == fold(name)
        }
        distinct = {found.get(label, label) for label in labels}
        return found if len(distinct) == len(set(labels)) else {}

    def spelled_as(self, labels: Sequence[str]) -> Start:
        """The same, its labels in the spelling of the data's where they mean the same.

        Args:
            labels: those of the data, each once.
        """
        spelled = {name: label for label, name in self.own_names(labels).items()}
        return dataclasses.replace(
            self, labels=tuple(spelled.get(name, name) for name in self.labels)
        )

    def forgotten(self, labels: tuple[str, ...], mapped: Mapping[str, str] | None = None) -> str:
        """What to say of labels that this knows and a model of these will not; empty for none."""
        gone = [repr(label) for label in self.labels if label not in labels]
        if not gone:
            return ""
        listed = ", ".join(gone[:9]) + (f" and {len(gone) - 9} more" if len(gone) > 9 else "")
        told = (
            f"careful: the new model will not know {listed}, as {self.name} does: the data has no "
            "texts labelled so"
        )
        return told + how_to_map(labels, self.labels, mapped)

    def _rows(self, tensor: Floats, labels: tuple[str, ...]) -> Floats:
        """The rows (C, ...) of a head's tensor for these labels."""
        shared = [self.labels.index(label) for label in labels if label in self.labels]
        rows = np.tile(tensor[shared].mean(axis=0), (len(labels), *([1] * (tensor.ndim - 1))))
        rows[[label in self.labels for label in labels]] = tensor[shared]
        return rows.astype(tensor.dtype)


def how_to_map(
    labels: Sequence[str], names: Sequence[str], mapped: Mapping[str, str] | None = None
) -> str:
    """How to call labels as a model calls them, where it is plain or likely; else empty.

    Args:
        labels: those of the data.
        names: the model's.
        mapped: what a label map made of other labels of the data (``Table.mapped``).
    """
    plain = same_by_another_name(labels, names, mapped)
    rest = [label for label in labels if label not in names and label not in plain]
    meant = {**plain, **likely_map(rest, names, mapped)}
    others = {label: name for label, name in meant.items() if name not in labels}
    if not any(others.values()):  # it is no gain to leave out rows alone
        return ""
    options = in_the_file(others, mapped or {})
    say = "add" if options == others else "say"  # of a label that has an option already
    return f"; if they mean the same, {say} {as_options(options)}"


def _layer(name: str) -> str:
    """What of a network a tensor is a part of."""
    return name.rpartition(".")[0]


def _scaled(tensors: Mapping[str, Floats], factor: float) -> dict[str, Floats]:
    """The same function of tokens, by token vectors so many times as large."""
    scale, scaled = np.float32(factor), dict(tensors)
    for name, tensor in tensors.items():
        if name in ("embedding.weight", "ngram_embedding.weight"):
            scaled[name] = tensor * scale
        # What reads the vectors, and the scores of a language model, products with the same.
        elif name.startswith("projection.") or (
            name.startswith("lstm.0.") and name.endswith(".weight_ih")
        ):
            scaled[name] = tensor / scale
    return scaled
