"""The classifier: texts in, verdicts out."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, overload

import numpy as np
from numpy.typing import NDArray

from tonality import artifact as folder
from tonality.artifact.model_folder import Artifact
from tonality.cores import available_cores
from tonality.errors import ArtifactError, ConfigError
from tonality.given_numbers import as_number, whole_number
from tonality.given_texts import checked_texts, is_missing, require_several, row_index
from tonality.model_names import BUNDLED, model_path
from tonality.network.blas_threads import one_thread
from tonality.network.network import Network
from tonality.prediction import UNCERTAIN, Prediction, Predictions, decide, softmax
from tonality.text.content import with_content
from tonality.text.encoder import Encoded, Encoder

if TYPE_CHECKING:
    from tonality.explain.explanation import Explanation

# Texts encoded together: enough to fill batches of like length, few enough to stay in
# constant memory however many texts there are.
WINDOW = 2048
# Tokens and texts computed together, whichever are more: texts that share words share work.
TOGETHER, SIDE_BY_SIDE = 20_000, 128
# With fewer tokens than these a thread gains nothing: an LSTM's steps cost time of their own.
LEAST_TOKENS = 8_000


class Classifier:
    """A trained model that classifies texts; safe to share between threads.

    Args:
        artifact: the model's parts, as read from a model folder.
        path: the folder, for messages.
        threads: batches computed at the same time, unless a call says otherwise; by default one a
            core.

    Attributes:
        labels: the labels, in the order of the columns of :meth:`predict_proba`.
    """

    def __init__(
        self, artifact: Artifact, path: Path = Path("model"), threads: int | None = None
    ) -> None:
        self.artifact = artifact
        self._threads = threads
        self._path = path
        self.labels = artifact.labels
        self._encoder = Encoder(artifact.text, artifact.vocabulary)
        self._network = Network(artifact.network, artifact.tensors)
        self._priors = np.array(artifact.priors, dtype=np.float64)

    def __repr__(self) -> str:
        name = self._path.name if self._path.parent == BUNDLED else str(self._path)
        labels = ", ".join(self.labels)
        return f"<Classifier {name!r}: {labels}; kernel {self._network.kernel_name}>"

    @overload
    def predict(self, texts: str | None) -> Prediction: ...  # type: ignore[overload-overlap]

    @overload
    def predict(self, texts: Iterable[str | None]) -> Predictions: ...

    def predict(self, texts: str | Iterable[str | None] | None) -> Prediction | Predictions:
        """The verdict on one text, or the list of verdicts on several, in order.

        An empty text, None, or one of which nothing is left to read gets no verdict: its label is
        None, ``tokens_read`` 0, and its probabilities are the classes' shares in the training
        data. So does one of punctuation alone, such as ``?``, that is no emoticon. NaN and pandas'
        NA and NaT count as None.

        Args:
            texts: one text, or several: a list, a Series of pandas or polars, an array of pyarrow
                or numpy.

        Raises:
            DataError: it is a table or mapping, or something among the texts is no string.
        """
        if isinstance(texts, str):
            return self.predict([texts])[0]
        if texts is None or is_missing(texts):
            return self.predict([None])[0]
        verdicts = (
            prediction
            for window in self._windows(texts)
            for prediction in self._verdicts(self._probabilities(window), window)
        )
        return Predictions(verdicts, self.labels, row_index(texts))

    def predict_proba(
        self,
        texts: Iterable[str | None],
        *,
        batch_size: int | None = None,
        threads: int | None = None,
    ) -> NDArray[np.float64]:
        """The probability of each label (N, C) for N texts; rows sum to 1.

        A text without a verdict gets the classes' shares in the training data.

        Args:
            texts: the texts, as for :meth:`predict`; None counts as empty.
            batch_size: texts computed side by side; by default as many as fill a batch. Results do
                not depend on it.
            threads: batches computed at the same time; by default one a core.

        Raises:
            ConfigError: ``texts`` is one string, or ``batch_size`` or ``threads`` is no
                whole number from 1.
            DataError: it is a table or mapping, or something among the texts is no string.
        """
        require_several(texts, "predict_proba([text])[0], or predict(text).probabilities")
        parts = [
            self._probabilities(window, batch_size, threads) for window in self._windows(texts)
        ]
        return np.concatenate(parts) if parts else np.empty((0, len(self.labels)))

    @overload
    def explain(  # type: ignore[overload-overlap]
        self, texts: str | None, *, method: str = ...
    ) -> Explanation: ...

    @overload
    def explain(self, texts: Iterable[str | None], *, method: str = ...) -> list[Explanation]: ...

    def explain(
        self, texts: str | Iterable[str | None] | None, *, method: str = "contributions"
    ) -> Explanation | list[Explanation]:
        """The verdict on one text or on several, with what each token added to it.

        Args:
            texts: the texts, as for :meth:`predict`; None counts as empty.
            method: ``contributions`` splits the logits themselves, at about the cost of a
                prediction; ``occlusion`` leaves out one token at a time, at the cost of hundreds.

        Raises:
            ConfigError: there is no such method.
            DataError: something among the texts is neither a string nor None.
        """
        from tonality.explain.explanation import explain_texts

        if isinstance(texts, str):
            return self.explain([texts], method=method)[0]
        if texts is None or is_missing(texts):
            return self.explain([None], method=method)[0]

        def verdicts(logits: NDArray[np.float64], encoded: Encoded) -> list[Prediction]:
            return list(self._verdicts(self._calibrated(logits, encoded), encoded))

        checked = checked_texts(texts)
        with one_thread():
            return explain_texts(
                checked, self._encoder, self._network, method, verdicts, self.labels
            )

    def reads(self, texts: Iterable[str | None]) -> NDArray[np.bool_]:
        """Whether each of N texts (N,) has a token to read; one without gets no verdict.

        Raises:
            ConfigError: ``texts`` is one string.
            DataError: it is a table or mapping, or something among the texts is no string.
        """
        require_several(texts, "reads([text])[0]")
        parts = [window.lengths > 0 for window in self._windows(texts)]
        return np.concatenate(parts) if parts else np.empty(0, np.bool_)

    def _windows(self, texts: Iterable[str | None]) -> Iterator[Encoded]:
        checked = checked_texts(texts)
        for begin in range(0, len(checked), WINDOW):
            yield self._encoder.encode(with_content(checked[begin : begin + WINDOW]))

    def _verdicts(
        self, probabilities: NDArray[np.float64], encoded: Encoded
    ) -> Iterator[Prediction]:
        verdicts = decide(probabilities, self.artifact.thresholds)
        for row, verdict, read, left_out, known in zip(
            probabilities.tolist(),
            verdicts.tolist(),
            encoded.lengths.tolist(),
            encoded.left_out.tolist(),
            encoded.known.tolist(),
            strict=True,
        ):
            score = row[verdict]
            label = self.labels[verdict] if score >= self.artifact.abstain else UNCERTAIN
            shares = dict(zip(self.labels, row, strict=True))
            if read:
                yield Prediction(label, score, shares, read, left_out, known)
            else:  # no text is no opinion
                yield Prediction(None, 0.0, shares, read, left_out, known)

    def _probabilities(
        self, encoded: Encoded, batch_size: int | None = None, threads: int | None = None
    ) -> NDArray[np.float64]:
        """Probabilities (N, C) of encoded texts."""
        threads = self._threads if threads is None else threads
        threads = available_cores() if threads is None else whole_number(threads, "threads")
        batch_size = None if batch_size is None else whole_number(batch_size, "batch_size")
        threads = min(threads, len(encoded) or 1)
        batches = _batches(encoded.lengths, batch_size, threads)
        logits = np.empty((len(encoded), len(self.labels)), dtype=np.float64)

        def compute(batch: NDArray[np.int64]) -> None:
            logits[batch] = self._network.logits(encoded.take(batch))

        with one_thread():
            if threads == 1 or len(batches) == 1:
                for batch in batches:
                    compute(batch)
            else:
                # Imported late: it is a tenth of the time that importing tonality takes.
                from concurrent.futures import ThreadPoolExecutor

                with ThreadPoolExecutor(min(threads, len(batches))) as pool:
                    list(pool.map(compute, batches))
        return self._calibrated(logits, encoded)

    def _calibrated(self, logits: NDArray[np.float64], encoded: Encoded) -> NDArray[np.float64]:
        """Probabilities (N, C) of logits; an empty text gets the priors.

        Raises:
            ArtifactError: a logit is not finite.
        """
        if not np.isfinite(logits).all():
            raise ArtifactError("gives logits that are not finite: train it anew", path=self._path)
        with np.errstate(all="ignore"):
            probabilities = softmax(logits / self.artifact.temperature)
        probabilities[encoded.lengths == 0] = self._priors
        return probabilities


def _batches(
    lengths: NDArray[np.int64], batch_size: int | None, threads: int
) -> list[NDArray[np.int64]]:
    """The rows of each batch, texts of like lengths side by side, longest first.

    Each thread gets its share of the tokens, unless that is too little to be worth a thread.
    """
    order = np.argsort(lengths, kind="stable")[::-1]
    read = np.cumsum(lengths[order])
    share = max(lengths.sum() / threads, LEAST_TOKENS)
    batches, begin = [], 0
    for end in [*np.searchsorted(read, share * np.arange(1, threads)).tolist(), len(order)]:
        while begin < end:
            before = int(read[begin - 1]) if begin else 0
            full = int(np.searchsorted(read, before + TOGETHER, side="right"))
            stop = begin + (batch_size or max(full - begin, SIDE_BY_SIDE))
            batches.append(order[begin : min(stop, end)])
            begin = min(stop, end)
    return batches


def load(
    model: str | os.PathLike[str] | None = None,
    *,
    abstain: float | None = None,
    threads: int | None = None,
) -> Classifier:
    """Loads a classifier.

    Args:
        model: the name of a bundled model (``general``, ``imdb``) or the path of a model folder; by
            default ``general``.
        abstain: the confidence, 0 to 1, under which a verdict is ``uncertain``; 0 for never. By
            default the model's own, which is 0 unless ``tonality calibrate`` chose one.
        threads: batches computed at the same time; by default one a core. Give 1 where each core
            has a process of its own.

    Raises:
        ArtifactError: there is no such model, or its folder is damaged.
        ConfigError: ``abstain`` is no confidence, or ``threads`` is no whole number from 1.
    """
    threads = None if threads is None else whole_number(threads, "threads")
    path = model_path(model)
    artifact = folder.read(path)
    if abstain is not None:
        least = as_number(abstain)
        if not 0 <= least <= 1:
            raise ConfigError(f"abstain is {abstain!r}; it takes a confidence from 0 to 1")
        artifact = dataclasses.replace(artifact, abstain=least)
    return Classifier(artifact, path, threads)
