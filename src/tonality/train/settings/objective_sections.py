"""The sections of a recipe on what is learnt besides labels, read by ``objectives/losses.py``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tonality.errors import ConfigError
from tonality.train.settings.checked_fields import check_fields, number


@dataclass(frozen=True)
class UnlabelledSettings:
    """What is learnt from texts as if they had no labels.

    Every step takes texts without labels beside those with; what is 0 is not done.

    Attributes:
        virtual_adversarial: norm of the perturbation of virtual adversarial training, on texts
            with labels and without (Miyato et al. 2017). About five times the deviation of the
            vectors' elements does well; with as many texts of either kind, a step costs five times
            as much.
        probe: norm of the random step that finds its direction: xi.
        virtual_weight: what virtual adversarial training counts beside the cross-entropy.
        entropy: what the verdicts' entropy counts, on texts without labels (Grandvalet & Bengio
            2004).
        batch_size: texts without labels a step; 0 for ``training.batch_size``.
    """

    virtual_adversarial: float = number(0.0, 0)
    probe: float = number(0.1, 1e-6)
    virtual_weight: float = number(1.0, 0)
    entropy: float = number(0.0, 0)
    batch_size: int = number(0, 0)

    def __post_init__(self) -> None:
        check_fields(self, "unlabelled")

    @property
    def used(self) -> bool:
        """Whether a run reads texts without labels beside the others."""
        return self.virtual_adversarial > 0 or self.entropy > 0


@dataclass(frozen=True)
class DistillationSettings:
    """How ``distill`` teaches a student (Hinton et al. 2015); ``train`` does not read it.

    Attributes:
        temperature: what the logits of teachers and student are divided by while they are compared:
            above 1, the student hears more of what the teachers think of the unlikely classes.
        hard_weight: what the label of a text counts, where it has one; the teachers count the rest.
        teachers: the teachers of single collections: the collection's name, and the model folders
            or bundled models that teach its texts alone. The teachers given to the command teach
            all other texts. A path is that of the process, not of the recipe.
        collection_column: the column that names the collection of a text, where ``teachers`` names
            any.
        teacher_labels: a teacher's name of a class, and the label that the data has for it; an
            empty one leaves the class out.
        teacher_tokens: most tokens of a text that a transformer reads; 0 for as many as it can.
        teacher_precision: ``32``, or ``bf16`` for a transformer's matrix products.
    """

    temperature: float = number(2.0, 0.01, 100)
    hard_weight: float = number(0.1, 0, 1)
    teachers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    collection_column: str = "source"
    teacher_labels: Mapping[str, str] = field(default_factory=dict)
    teacher_tokens: int = number(0, 0)
    teacher_precision: Literal["32", "bf16"] = "32"

    def __post_init__(self) -> None:
        check_fields(self, "distillation")
        for collection, teachers in self.teachers.items():
            if not teachers:
                raise ConfigError(
                    f"distillation.teachers has no teacher for {collection!r}; name a model "
                    "folder, or leave the collection out"
                )
        if not self.collection_column:
            raise ConfigError("distillation.collection_column is empty; name a column of the data")

    @property
    def named_teachers(self) -> list[str]:
        """The teachers of single collections, each once."""
        return list(dict.fromkeys(one for each in self.teachers.values() for one in each))

    @property
    def needed_column(self) -> str | None:
        """The column that the data must have; None where no teacher is one of a collection."""
        return self.collection_column if self.teachers else None


@dataclass(frozen=True)
class PretrainingSettings:
    """How ``pretrain`` trains a language model; the network, the optimiser, the seed and what is
    held out have their own sections.

    Attributes:
        direction: what it reads: ``forward``, ``backward``, or ``both`` with one embedding.
        epochs: passes over the texts.
        streams: texts read side by side.
        steps: tokens that the gradient reaches back (truncated back-propagation through time).
        negatives: words drawn for each step's softmax (Jean et al. 2015); 0 for the whole
            vocabulary.
        dropout: dropout of elements of the embedded tokens and of the states.
        evaluations_per_epoch: how often to measure the perplexity of held-out texts.
        evaluation_texts: on how many of them to measure it, at most.
    """

    direction: Literal["forward", "backward", "both"] = "forward"
    epochs: int = number(1, 1)
    streams: int = number(64, 1)
    steps: int = number(100, 1)
    negatives: int = number(1024, 0)
    dropout: float = number(0.1, 0, under=1)
    evaluations_per_epoch: int = number(2, 1)
    evaluation_texts: int = number(500, 1)

    def __post_init__(self) -> None:
        check_fields(self, "pretraining")

    @property
    def directions(self) -> tuple[str, ...]:
        """The directions by themselves."""
        return ("forward", "backward") if self.direction == "both" else (self.direction,)
