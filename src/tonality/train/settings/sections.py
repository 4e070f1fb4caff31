"""The sections of a recipe: what each setting means, its default and what it may be."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tonality.errors import ConfigError
from tonality.network.config import MOST_LAYERS, NetworkConfig
from tonality.text.tokenizer import MOST_TOKENS, TextConfig
from tonality.train.settings.checked_fields import check_fields, number
from tonality.train.settings.objective_sections import (
    DistillationSettings,
    PretrainingSettings,
    UnlabelledSettings,
)

AUTOMATIC = -1  # of the patience: for the size of the data to say


@dataclass(frozen=True)
class VocabularySettings:
    """Which words and n-grams get a vector.

    Attributes:
        min_count: fewest occurrences of a word in the training and unlabelled texts.
        max_size: most words, PAD and UNK included.
        ngrams: most bigrams and trigrams in the n-gram table; 0 for no table.
        ngram_min_count: fewest training texts that hold an n-gram.
        extend: most new words that the vocabulary of a start (``--start-from``) is extended with;
            the settings above then only rule those, and an n-gram table it has is kept.
    """

    min_count: int = number(2, 1)
    max_size: int = number(30_000, 3)
    ngrams: int = number(0, 0)
    ngram_min_count: int = number(5, 1)
    extend: int = number(0, 0)

    def __post_init__(self) -> None:
        check_fields(self, "vocabulary")


@dataclass(frozen=True)
class VectorSettings:
    """Word vectors as the embedding's start.

    Attributes:
        file: a file of word vectors to begin with, in the text format of GloVe, word2vec or
            fastText; then none are trained. A path is that of the process, not of the recipe.
        use: whether to train some first, on training and unlabelled texts (word2vec's continuous
            bag of words, Mikolov et al. 2013).
        epochs: passes over those texts.
        window: words of context on each side.
        negative: noise words drawn for each word.
        deviation: standard deviation that the vectors' elements are scaled to.
    """

    file: str = ""
    use: bool = False
    epochs: int = number(5, 1)
    window: int = number(5, 1)
    negative: int = number(5, 1)
    deviation: float = number(0.25, 1e-3, 10)

    def __post_init__(self) -> None:
        check_fields(self, "vectors")
        if "\0" in self.file:
            raise ConfigError("vectors.file holds a null character; name the file of word vectors")

    @property
    def wanted(self) -> bool:
        """Whether there are any."""
        return self.use or bool(self.file)

    @property
    def trained(self) -> bool:
        """Whether they are trained on the texts."""
        return self.use and not self.file

    @property
    def path(self) -> Path:
        """Where the file is."""
        return Path(self.file).expanduser()


@dataclass(frozen=True)
class NetworkSettings:
    """The shape of the network; the rest of it follows from the data.

    Attributes:
        embedding_size: numbers in the vector of a token: E.
        hidden_size: units of the LSTM in one direction: H.
        layers: LSTM layers.
        bidirectional: read from both ends.
        pooling: ``max``, ``mean``, ``attention``, ``last``, or several joined by ``+``.
        attention_size: hidden units that weigh a state where pooling has ``attention``; 0 for as
            many as a state has.
        dense: sizes of the dense layers between pooling and output.
    """

    embedding_size: int = number(128, 1)
    hidden_size: int = number(128, 1)
    layers: int = number(1, 1, MOST_LAYERS)
    bidirectional: bool = True
    pooling: str = "max"
    attention_size: int = number(0, 0)
    dense: tuple[int, ...] = number((), 1)

    def __post_init__(self) -> None:
        check_fields(self, "network")
        if (many := len(self.dense)) > MOST_LAYERS:
            raise ConfigError(f"network.dense has {many} layers; {MOST_LAYERS} are the most")
        # Whether the pooling has an attention may be for a start to say.
        alone = dataclasses.replace(self, attention_size=0) if self.attention_size else self
        alone.config(vocabulary_size=2, ngram_rows=0, classes=2)

    def config(self, *, vocabulary_size: int, ngram_rows: int, classes: int) -> NetworkConfig:
        """The network for a vocabulary, an n-gram table and C classes."""
        return NetworkConfig(
            vocabulary_size=vocabulary_size,
            ngram_rows=ngram_rows,
            classes=classes,
            **dataclasses.asdict(self),
        )


@dataclass(frozen=True)
class DropoutSettings:
    """Dropout probabilities; all act in training only.

    Attributes:
        embedding: elements of the embedded tokens.
        word: whole tokens, whose vector becomes zero (Dai & Le 2015).
        ngram: whole n-grams, whose vector becomes zero; keeps the table from replacing
            the LSTM.
        layer: elements between LSTM layers.
        pooled: elements of the pooled states.
        dense: elements after each dense layer.
        weight: elements of the recurrent matrices, the same for all tokens of a batch
            (Merity, Keskar & Socher 2018, "Regularizing and Optimizing LSTM Language Models").
    """

    embedding: float = number(0.0, 0, under=1)
    word: float = number(0.0, 0, under=1)
    ngram: float = number(0.0, 0, under=1)
    layer: float = number(0.0, 0, under=1)
    pooled: float = number(0.0, 0, under=1)
    dense: float = number(0.0, 0, under=1)
    weight: float = number(0.0, 0, under=1)

    def __post_init__(self) -> None:
        check_fields(self, "dropout")


@dataclass(frozen=True)
class OptimiserSettings:
    """AdamW (Loshchilov & Hutter 2019) and its learning rate over time.

    Attributes:
        name: the optimiser.
        learning_rate: the highest learning rate.
        schedule: how the learning rate falls to 0, from the end of the warm-up to the last step:
            ``linear``, ``cosine``, or ``constant`` for not at all.
        warmup_steps: steps over which the learning rate rises from 0.
        embedding_rate: what the learning rate is multiplied by for the word embedding.
        ngram_rate: the same for the n-gram table.
        layer_decay: what the learning rate is divided by from each layer to the one under it; 1 for
            nothing, 2.6 for a start from a language model (Howard & Ruder 2018).
        unfreeze_every: epochs after which the next layer down begins to learn, the head being the
            first; 0 for all from the start (Howard & Ruder 2018).
        weight_decay: weight decay of the weight matrices and the word embedding.
        ngram_weight_decay: the same for the n-gram table.
        betas: decay of the moving averages of gradients and of their squares.
        clip_norm: largest norm of a step's gradients; 0 for no limit.
    """

    name: Literal["adamw"] = "adamw"
    learning_rate: float = number(1e-3, 1e-8, 10)
    schedule: Literal["linear", "cosine", "constant"] = "linear"
    warmup_steps: int = number(0, 0)
    embedding_rate: float = number(1.0, 0)
    ngram_rate: float = number(1.0, 0)
    layer_decay: float = number(1.0, 1, 1000)
    unfreeze_every: float = number(0.0, 0)
    weight_decay: float = number(0.0, 0)
    ngram_weight_decay: float = number(0.0, 0)
    betas: tuple[float, float] = number((0.9, 0.999), 0, under=1)
    clip_norm: float = number(1.0, 0)

    def __post_init__(self) -> None:
        check_fields(self, "optimiser")


@dataclass(frozen=True)
class TrainingSettings:
    """How long to train on what.

    A network that begins from nothing, on up to 10,000 texts, takes smaller batches and more epochs
    than a recipe says that ships, unless one of the two is set
    (:mod:`tonality.train.prepare.small_data`).

    Attributes:
        batch_size: texts a step, over all devices together.
        epochs: passes over the training part, at most.
        max_tokens: most tokens of a text to learn from; 0 for as many as the model reads
            (``text.max_tokens``), which no text is learnt beyond. Evaluations read as it does.
        seed: seed of the weights, the order of the texts and the dropout.
        validation: share of the rows held out for validation; where the data comes with a
            validation part, that is taken. 0 trains on all rows: nothing is measured, and the last
            step is kept. For the last run, when all is chosen.
        temperature: what the model's logits are divided by where there is no validation part to
            fit it on (Guo et al. 2017).
        validation_seed: seed of that cut, so that runs with other seeds compare on the same rows.
        class_weights: ``balanced`` weighs classes against their shares, ``none`` does not.
        ordered: the labels are numbers, and a near one is less wrong than a far one: soft
            targets (Diaz & Marathe 2019), see :mod:`tonality.train.prepare.ordered_labels`.
        label_smoothing: share of the target spread over all classes (Szegedy et al. 2016).
        adversarial: norm of the perturbation of adversarial training, over all token vectors of
            a text; 0 for none. About five times the deviation of the vectors' elements does
            well (Miyato et al. 2017); a step costs twice as much.
        average: decay a step of the moving average of the weights, which is what gets evaluated
            and kept, in ``pretrain``, too (Polyak & Juditsky 1992); 0 for none.
        evaluations_per_epoch: how often to measure on the validation part.
        keep: which evaluation is the best: highest ``accuracy`` or ``macro_f1`` (ties go to the
            loss), or lowest ``loss``. Where classes are weighed, it is ``macro_f1``, unless it is
            set: the others would choose against rare classes.
        patience: evaluations in a row without a new best after which to stop; 0 for never. By
            default (-1), never where more than 1,000 texts teach. With fewer it is a quarter of
            all evaluations, three at least, unless ``keep`` is set or classes are weighed.
        precision: ``32``, or ``bf16`` for mixed precision on a GPU or a CPU with AMX; another
            CPU, where it is slower or missing, trains with 32 all the same.
    """

    batch_size: int = number(32, 1)
    epochs: int = number(5, 1)
    max_tokens: int = number(0, 0, MOST_TOKENS)
    seed: int = number(0, 0, 2**63 - 1)
    validation: float = number(0.2, 0, under=1)
    temperature: float = number(1.0, 0.05, 20)
    validation_seed: int = number(0, 0, 2**63 - 1)
    class_weights: Literal["none", "balanced"] = "none"
    ordered: bool = False
    label_smoothing: float = number(0.0, 0, under=1)
    adversarial: float = number(0.0, 0)
    average: float = number(0.0, 0, under=1)
    evaluations_per_epoch: int = number(1, 1)
    keep: Literal["accuracy", "macro_f1", "loss"] = "accuracy"
    patience: int = number(AUTOMATIC, AUTOMATIC)
    precision: Literal["32", "bf16"] = "32"

    def __post_init__(self) -> None:
        check_fields(self, "training")


@dataclass(frozen=True)
class Expected:
    """What a recipe was measured to give.

    Attributes:
        data: what it was trained on.
        machine: where.
        minutes: how long that took.
        accuracy: on the validation part.
    """

    data: str = ""
    machine: str = ""
    minutes: float = number(0.0, 0)
    accuracy: float = number(0.0, 0, 1)

    def __post_init__(self) -> None:
        check_fields(self, "expected")


SECTIONS: Mapping[str, type] = {
    "text": TextConfig,
    "vocabulary": VocabularySettings,
    "vectors": VectorSettings,
    "network": NetworkSettings,
    "dropout": DropoutSettings,
    "optimiser": OptimiserSettings,
    "training": TrainingSettings,
    "unlabelled": UnlabelledSettings,
    "distillation": DistillationSettings,
    "pretraining": PretrainingSettings,
    "expected": Expected,
}
