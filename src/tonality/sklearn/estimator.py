"""The estimator."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_is_fitted

from tonality import artifact
from tonality.artifact.model_folder import Artifact
from tonality.classifier import Classifier
from tonality.data import Table
from tonality.errors import ConfigError, DataError
from tonality.given_numbers import as_number
from tonality.model_names import model_path
from tonality.prediction import decide
from tonality.sklearn.check_inputs import (
    Floats,
    check_class_weight,
    check_device,
    check_labels,
    check_texts,
    check_weights,
    for_estimators,
)
from tonality.sklearn.to_recipe import by_argument, to_recipe, warn_of_idle

if TYPE_CHECKING:
    from sklearn.utils import Tags

    from tonality.train.start.start import Start


class LSTMClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """An LSTM network that classifies texts.

    ``X`` is a sequence of texts: a list, a one-dimensional array or a pandas Series of strings;
    None counts as an empty text. Labels keep their type, and each value of ``y`` is a class of its
    own: ``Positive`` and ``positive`` are two here. The readers of files take them for one.

    A text of which nothing is left to read gets the class that was commonest in training, for an
    estimator of scikit-learn has a verdict on each. ``to_classifier`` gives a model that says None.

    Fits in threads take turns, for torch has one source of random numbers in a process. Processes
    train side by side.

    Args:
        embedding_size: size of the word vectors.
        hidden_size: units of each LSTM layer, in one direction.
        layers: LSTM layers.
        bidirectional: read from both ends.
        pooling: ``max``, ``mean``, ``attention``, ``last``, or several joined by ``+``.
        dropout: probability of dropping elements of word vectors, between layers and of the
            pooled states.
        max_tokens: most tokens of a text that are read.
        min_count: fewest occurrences of a word that gets a vector of its own; with a start, of a
            word that it lacks.
        max_vocabulary: most such words, or most that are added to those of a start.
        ngrams: most bigrams and trigrams with vectors of their own; 0 for none. A start that has
            such vectors keeps its own instead, as the bundled models do.
        epochs: passes over the training texts, at most.
        batch_size: texts a step.
        learning_rate: its peak; it falls to 0 over the epochs along a cosine.
        weight_decay: of AdamW.
        label_smoothing: share of the target spread over all classes.
        adversarial: norm of the perturbation of adversarial training; 0 for none. About 0.5 suits
            word vectors that begin at random. It costs twice the time.
        class_weight: ``balanced``, a dictionary or pandas Series from label to weight, or None.
            With ``balanced`` the best epoch is that of the highest macro F1, otherwise of the
            highest accuracy.
        ordered: the labels are numbers, and a near one is less wrong than a far one.
        validation_fraction: share of the texts that is held out to choose the best epoch and to
            fit the temperature of the probabilities; copies of a text stay on one side. With
            ``settings={"training.validation": 0}`` all texts are learnt from: every epoch is done,
            the last one's weights are kept, nothing is measured, and the temperature is the
            setting ``training.temperature``.
        early_stopping: stop when the held-out part has not done better for ``n_iter_no_change``
            epochs. The weights of the best epoch are kept either way.
        n_iter_no_change: so many epochs, 1 or more.
        start_from: a model folder or the name of a bundled model whose vocabulary, shape and
            weights to begin with, in place of the five settings of the shape; words that it lacks
            are added. A warning names the arguments that then have no effect. A label that it
            spells otherwise, such as ``positive`` for ``pos``, begins with what it learnt of it;
            ``classes_`` and the trained model spell it as ``y`` does.
        warm_start: let ``fit`` go on from the weights that there are, as ``partial_fit`` does.
        settings: further settings of the recipe by name, such as
            ``{"text.stop_words": "english"}``; they come last.
        device: ``cpu``, ``gpu``, or ``auto`` for the best there is.
        random_state: seed of weights, order, dropout and of which texts are held out.

    Attributes:
        classes_: the labels, sorted.
        n_iter_: epochs done in the last call.
        history_: what each evaluation of the last call found; empty where no text was held out.
        artifact_: the trained model: what a model folder holds.
    """

    classes_: NDArray[Any]
    artifact_: Artifact
    _cut: int  # seed of which texts are held out

    def __init__(
        self,
        *,
        embedding_size: int = 64,
        hidden_size: int = 64,
        layers: int = 1,
        bidirectional: bool = True,
        pooling: str = "max",
        dropout: float = 0.4,
        max_tokens: int = 400,
        min_count: int = 2,
        max_vocabulary: int = 20_000,
        ngrams: int = 5000,
        epochs: int = 20,
        batch_size: int = 32,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-4,
        label_smoothing: float = 0.0,
        adversarial: float = 0.0,
        class_weight: Mapping[Any, float] | str | None = None,
        ordered: bool = False,
        validation_fraction: float = 0.15,
        early_stopping: bool = True,
        n_iter_no_change: int = 5,
        start_from: str | os.PathLike[str] | None = None,
        warm_start: bool = False,
        settings: Mapping[str, Any] | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.embedding_size = embedding_size
        self.hidden_size = hidden_size
        self.layers = layers
        self.bidirectional = bidirectional
        self.pooling = pooling
        self.dropout = dropout
        self.max_tokens = max_tokens
        self.min_count = min_count
        self.max_vocabulary = max_vocabulary
        self.ngrams = ngrams
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.label_smoothing = label_smoothing
        self.adversarial = adversarial
        self.class_weight = class_weight
        self.ordered = ordered
        self.validation_fraction = validation_fraction
        self.early_stopping = early_stopping
        self.n_iter_no_change = n_iter_no_change
        self.start_from = start_from
        self.warm_start = warm_start
        self.settings = settings
        self.device = device
        self.random_state = random_state

    def fit(
        self, X: Iterable[str | None], y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Trains a network.

        Args:
            X: N texts.
            y: their labels (N,).
            sample_weight: what each text counts in training (N,); a text of weight 0 takes no
                part at all.

        Raises:
            ValueError: texts, labels, weights, settings or a device that cannot be used.
            ArtifactError: there is no model ``start_from``, or it is damaged.
            DependencyError: a package of the extra ``train`` is missing.
            TrainingError: training diverged or ran out of memory.
        """
        go_on = self.warm_start and hasattr(self, "artifact_")
        return self._fit(check_texts(X), check_labels(y), sample_weight, go_on=go_on)

    def partial_fit(
        self,
        X: Iterable[str | None],
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Trains for more epochs, from the weights that there are.

        The held-out part is cut by the texts themselves, in the same order as before, so a text
        given twice is nearly always on the same side both times: the border moves a little with the
        number of texts and their classes. The learning rate starts at its peak again.

        Args:
            X: N texts; new words among them get vectors.
            y: their labels (N,), each class among them. ``classes_`` stay of the type that they
                are of: 1.0 is the class 1.
            classes: the classes, as scikit-learn's other estimators want them at the first call;
                they must be those of ``y``.
            sample_weight: as in :meth:`fit`.

        Raises:
            ValueError: as in :meth:`fit`, or the classes are others than before.
            ArtifactError: as in :meth:`fit`.
        """
        texts, labels = check_texts(X), check_labels(y)
        if classes is not None and not np.array_equal(np.unique(classes), np.unique(labels)):
            raise ValueError(
                "every class in `classes` must be in y: the network learns all at once"
            )
        return self._fit(texts, labels, sample_weight, go_on=hasattr(self, "artifact_"))

    def predict(self, X: Iterable[str | None]) -> NDArray[Any]:
        """The labels (N,) of N texts; of an empty one, the label that was commonest in training."""
        check_is_fitted(self)
        texts = check_texts(X)
        found = self._classifier.predict_proba(texts)
        verdicts = decide(found, self.artifact_.thresholds)
        if self.artifact_.thresholds:  # chosen for what a text says, they would give the rarest
            unread = ~self._classifier.reads(texts)
            verdicts[unread] = found[unread].argmax(axis=1)
        labels: NDArray[Any] = self.classes_[self._class_of_output[verdicts]]
        return labels

    def predict_proba(self, X: Iterable[str | None]) -> Floats:
        """The probability of each label (N, C), in the order of ``classes_``.

        Of an empty text they are the shares of the labels in training.
        """
        check_is_fitted(self)
        found = self._classifier.predict_proba(check_texts(X))
        return found[:, np.argsort(self._class_of_output)]

    def to_classifier(self) -> Classifier:
        """The model as :func:`tonality.load` gives it: numpy only, with explanations.

        Its labels are strings.
        """
        check_is_fitted(self)
        return self._classifier

    def save(self, folder: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Writes the model folder, which ``tonality predict --model`` and ``load`` read.

        Raises:
            ArtifactError: the folder is there, or cannot be written.
        """
        check_is_fitted(self)
        return artifact.write(self.artifact_, folder, overwrite=overwrite)

    @classmethod
    def from_folder(cls, folder: str | os.PathLike[str], **settings: Any) -> Self:
        """An estimator fitted already: a model folder's, or a bundled model's by name.

        Args:
            folder: the folder or the name; its labels, which are strings, become ``classes_``.
            settings: for the constructor; they matter when it is trained further.

        Raises:
            ArtifactError: there is no such model, or it is damaged.
        """
        model = cls(**settings)
        trained = artifact.read(model_path(folder))
        recipe = trained.provenance.get("recipe", {})
        model._cut = recipe.get("training", {}).get("validation_seed", 0)
        model._take(trained, np.array(sorted(trained.labels)))
        return model

    def _fit(
        self,
        texts: list[str | None],
        labels: NDArray[Any],
        sample_weight: ArrayLike | None,
        *,
        go_on: bool,
    ) -> Self:
        check_consistent_length(texts, labels)
        if not 0 < as_number(self.validation_fraction) < 1:
            raise ValueError(
                f"validation_fraction is {self.validation_fraction!r}; it takes a share from above "
                "0 to below 1"
            )
        weights = check_weights(sample_weight, len(texts))
        class_weight = check_class_weight(self.class_weight)
        if class_weight is not None:
            factors = compute_sample_weight(class_weight, labels)
            weights = factors if weights is None else weights * factors
        if weights is not None:
            counts = np.flatnonzero(weights)
            texts, labels, weights = [texts[i] for i in counts], labels[counts], weights[counts]
        classes, of_rows = self._classes(labels, go_on=go_on)
        names = _names(classes)
        table = Table(
            texts=[text or "" for text in texts],
            labels=[names[which] for which in of_rows],
            weights=None if weights is None else weights.tolist(),
            source="the texts given",
        )
        self._train(table, classes, go_on=go_on)
        return self

    def _classes(
        self, labels: NDArray[Any], *, go_on: bool
    ) -> tuple[NDArray[Any], NDArray[np.intp]]:
        """The classes (C,) in order, two or more, and which of them each label (N,) is.

        To go on, they are those that were learnt, in their type: 1.0 is what 1 was.
        """
        classes, of_rows = np.unique(labels, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(
                "a classifier needs two classes or more; the texts that count have "
                + ("1 class" if len(classes) else "none")
            )
        if go_on and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"to go on, y must have the classes that were learnt, {list(self.classes_)}, all "
                f"of them; it has {list(classes)}"
            )
        return (self.classes_ if go_on else classes), of_rows

    def _train(self, table: Table, classes: NDArray[Any], *, go_on: bool) -> None:
        from tonality.train.in_memory import train_in_memory

        check_device(self.device)  # after the import, which tells of missing packages
        random = check_random_state(self.random_state)
        seed, cut = (int(number) for number in random.randint(2**31 - 1, size=2))
        if go_on:
            cut = self._cut
        started = go_on or self.start_from is not None
        try:
            recipe = to_recipe(vars(self), seed=seed, cut=cut, started=started, gone_on=go_on)
            start = self.artifact_ if go_on else self._start(_names(classes))
            model, evaluations = train_in_memory(
                table, recipe, start_from=start, device=self.device
            )
        except (ConfigError, DataError) as fault:
            message = by_argument(str(fault), self.settings)
            raise ValueError(for_estimators(message)) from fault
        # Without a held-out part nothing is evaluated, and the weights kept are the last epoch's.
        kept = model.provenance["best"]["epoch"]
        history = [asdict(row) for row in evaluations]
        done = round(evaluations[-1].epoch if evaluations else kept)
        self._take(model, classes)
        self._cut, self.history_, self.n_iter_ = cut, history, done

    def _start(self, names: list[str]) -> Start | None:
        """What the network begins with; a warning names the arguments that it overrides.

        Args:
            names: the classes as texts. The start is made to spell them so, or else training would
                make them spelled as the start's.
        """
        if self.start_from is None:
            return None
        from tonality.train.start.read_start import read_start

        start = read_start(self.start_from)
        warn_of_idle(vars(self), vars(LSTMClassifier()), start)
        return start.spelled_as(names)

    def _take(self, trained: Artifact, classes: NDArray[Any]) -> None:
        """Makes a trained model this estimator's. What fails here changes nothing."""
        names = _names(classes)
        outputs = np.array([names.index(label) for label in trained.labels])
        classifier = Classifier(trained)
        self.classes_, self.artifact_ = classes, trained
        self._class_of_output, self._classifier = outputs, classifier

    def __getstate__(self) -> dict[str, Any]:
        # The model as the bytes of its folder: what unpickles is verified like any model folder,
        # and no code of the model's runs.
        state: dict[str, Any] = dict(super().__getstate__())
        state.pop("_classifier", None)
        if "artifact_" in state:
            state["artifact_"] = artifact.to_files(state["artifact_"])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        if "artifact_" in state:
            self._take(artifact.from_files(state["artifact_"]), self.classes_)

    def __sklearn_tags__(self) -> Tags:
        tags: Tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.non_deterministic = self.random_state is None
        return tags


def _names(classes: NDArray[Any]) -> list[str]:
    """What a model calls the classes (C,) of an estimator."""
    return [str(label) for label in classes.tolist()]
