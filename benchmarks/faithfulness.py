"""Does an explanation name the words that made the verdict?

``python -m benchmarks.faithfulness --data imdb/train.parquet`` lets each method rank the tokens of
validation reviews and then takes the network at its word (DeYoung et al. 2020, "ERASER"): deletes
the top tokens and sees how far the verdict's probability falls (comprehensiveness: the more, the
better), and keeps only those (sufficiency: the less, the better). Beside the methods of
``tonality explain`` stand gradient x input and a random order.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.machine import describe
from tonality.artifact.weights import dequantise
from tonality.classifier import Classifier, load
from tonality.explain.attribution import BLAME, contributions
from tonality.network.blas_threads import one_thread
from tonality.network.network import Network
from tonality.prediction import softmax
from tonality.text.encoder import Encoded, Encoder

RESULTS = Path(__file__).parent / "results"
SHARES = (0.05, 0.1, 0.2, 0.3, 0.5)
# Random orders that are averaged over.
DRAWS = 5

Scores = NDArray[np.floating[Any]]
Ids = NDArray[np.int32]


class Judge:
    """A model that judges sequences of ids, for the label that it gave each whole review.

    Args:
        classifier: the model.
        texts: the reviews, none of them empty.

    Attributes:
        ids: each review's ids.
        verdicts: each review's label, an index (N,).
        network: the network.
        tensors: its tensors as stored.
    """

    def __init__(self, classifier: Classifier, texts: Sequence[str]) -> None:
        artifact = classifier.artifact
        self.network = Network(artifact.network, artifact.tensors)
        self.tensors = artifact.tensors
        self._temperature = artifact.temperature
        self._table = artifact.vocabulary.ngrams
        encoded = Encoder(artifact.text, artifact.vocabulary).encode(texts)
        self.ids: list[Ids] = np.split(encoded.ids, encoded.offsets[1:-1])
        self.verdicts = self.network.logits(encoded).argmax(axis=1)

    def encoded(self, sequences: Sequence[Ids]) -> Encoded:
        """A batch of sequences, n-grams looked up anew."""
        lengths = [len(ids) for ids in sequences]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        ids = np.concatenate(sequences).astype(np.int32)
        ngrams = None if self._table is None else self._table.lookup(ids, offsets)
        return Encoded(ids, ngrams, offsets, np.zeros(len(sequences), dtype=np.int64))

    def probabilities(self, sequences: Sequence[Ids]) -> NDArray[np.float64]:
        """The probability (N,) of each review's own label, given what is left of it."""
        logits = self.network.logits(self.encoded(sequences)).astype(np.float64)
        chances: NDArray[np.float64] = softmax(logits / self._temperature)
        own: NDArray[np.float64] = chances[np.arange(len(sequences)), self.verdicts]
        return own


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print a table, write the JSON and the figure."""
    options = _options(arguments)
    classifier = load(options.model)
    texts = _reviews(options.data, options.n)
    costs = cost(classifier, texts[:128])  # before torch is there for the collector to walk over
    judge = Judge(classifier, texts)
    with one_thread():
        rankings = _rankings(classifier, judge, texts, options.seed)
        rankings |= {f"blame {blame}": [_blaming(judge, blame)] for blame in options.blame}
        curves = measure(judge, rankings)
    shares = ratios(curves)
    written = {
        "machine": describe(),
        "model": Path(options.model).name,
        "data": {"name": options.data.name, "reviews": len(texts), "part": "validation"},
        "shares": list(SHARES),
        "curves": curves,
        "contributions_to_others": shares,
        "explain_to_predict": costs,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    draw(curves, options.output.with_suffix(".png"))
    print(table(curves, shares, costs))


def measure(
    judge: Judge, rankings: Mapping[str, Sequence[Sequence[Scores]]]
) -> dict[str, dict[str, list[float]]]:
    """The mean fall of the verdict's probability at each of :data:`SHARES`.

    Args:
        judge: the model and the reviews.
        rankings: for each method, one ranking or several to average over: of each review, a score
            a token, the first to go the highest.
    """
    whole = judge.probabilities(judge.ids)
    curves = {}
    for name, draws in rankings.items():
        falls: dict[str, list[float]] = {"deleted": [], "kept": []}
        for share in SHARES:
            deleted, kept = [], []
            for scores in draws:
                top = [_top(each, share) for each in scores]
                without = [ids[~chosen] for ids, chosen in zip(judge.ids, top, strict=True)]
                only = [ids[chosen] for ids, chosen in zip(judge.ids, top, strict=True)]
                deleted.append(float((whole - judge.probabilities(without)).mean()))
                kept.append(float((whole - judge.probabilities(only)).mean()))
            falls["deleted"].append(round(float(np.mean(deleted)), 4))
            falls["kept"].append(round(float(np.mean(kept)), 4))
        curves[name] = falls
    return curves


def ratios(curves: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[str, dict[str, float]]:
    """How far deleting by ``contributions`` makes it fall, to random order and to occlusion."""
    own = curves["contributions"]["deleted"]
    return {
        name: {
            f"{share:.0%}": round(own[k] / max(curves[name]["deleted"][k], 1e-9), 3)
            for k, share in enumerate(SHARES)
        }
        for name in ("random", "occlusion")
    }


def cost(classifier: Classifier, texts: Sequence[str], rounds: int = 15) -> dict[str, float]:
    """Processor time of an explanation to that of a prediction, the median of some rounds."""
    found = {}
    for name, batches in (("batch", [list(texts)]), ("one by one", [[each] for each in texts[:8]])):
        found_ratios = []
        for _ in range(rounds):
            predicting = _seconds(lambda each: classifier.predict_proba(each, threads=1), batches)
            found_ratios.append(_seconds(classifier.explain, batches) / predicting)
        found[name] = round(median(found_ratios), 3)
    return found


def _seconds(call: Callable[[list[str]], object], batches: Sequence[list[str]]) -> float:
    start = process_time()
    for batch in batches:
        call(batch)
    return process_time() - start


def _top(scores: Scores, share: float) -> NDArray[np.bool_]:
    """Which tokens are the top ``share``, one at least."""
    chosen = np.zeros(len(scores), dtype=bool)
    chosen[np.argsort(-scores, kind="stable")[: max(1, round(share * len(scores)))]] = True
    return chosen


def _rankings(
    classifier: Classifier, judge: Judge, texts: Sequence[str], seed: int
) -> dict[str, list[list[Scores]]]:
    found: dict[str, list[list[Scores]]] = {}
    for method in ("contributions", "occlusion"):
        _say(method)
        found[method] = [[each.evidence() for each in classifier.explain(texts, method=method)]]
    _say("gradient x input")
    found["gradient x input"] = [_gradients(judge)]
    rng = np.random.default_rng(seed)
    found["random"] = [[rng.random(len(ids)) for ids in judge.ids] for _ in range(DRAWS)]
    return found


def _blaming(judge: Judge, blame: float) -> list[Scores]:
    """The contributions with another share of blame, see ``tonality.explain.attribution.BLAME``."""
    found = contributions(judge.network, judge.encoded(judge.ids), dict.fromkeys(BLAME, blame))
    parts = np.split(found.contributions, np.cumsum([len(ids) for ids in judge.ids])[:-1])
    return [
        each[:, verdict] - np.delete(each, verdict, axis=1).mean(axis=1)
        for each, verdict in zip(parts, judge.verdicts.tolist(), strict=True)
    ]


def _gradients(judge: Judge) -> list[Scores]:
    """Each token's input times the gradient of the verdict's log-odds, by the torch twin."""
    import torch

    from tonality.train.networks.lstm_network import LSTMNetwork

    network = judge.network
    tensors = dequantise(judge.tensors)
    twin = LSTMNetwork(network.config)
    twin.start_from(tensors)
    twin.eval()
    scores = []
    for ids, verdict in zip(judge.ids, judge.verdicts.tolist(), strict=True):
        encoded = judge.encoded([ids])
        ngrams = encoded.ngrams
        rows = None if ngrams is None else torch.from_numpy(ngrams.astype(np.int64))[None]
        x = twin.embed(torch.from_numpy(ids.astype(np.int64))[None], rows).detach()
        x.requires_grad_()
        logits = twin.forward_embedded(x, torch.tensor([len(ids)]))[0]
        others = (logits.sum() - logits[verdict]) / (len(logits) - 1)
        (gradient,) = torch.autograd.grad(logits[verdict] - others, x)
        scores.append((gradient * x).sum(-1)[0].detach().numpy())
    return scores


def table(
    curves: Mapping[str, Mapping[str, Sequence[float]]],
    found: Mapping[str, Mapping[str, float]],
    costs: Mapping[str, float],
) -> str:
    """The curves as a Markdown table, the ratios and costs below."""
    columns = [f"{kind} {share:.0%}" for kind in ("deleted", "kept") for share in SHARES]
    lines = [f"| | {' | '.join(columns)} |", "|---|" + "---:|" * len(columns)]
    for name, falls in curves.items():
        values = " | ".join(f"{fall:.3f}" for fall in [*falls["deleted"], *falls["kept"]])
        lines.append(f"| {name} | {values} |")
    lines.append("")
    for name, shares in found.items():
        told = ", ".join(f"{value:.2f} at {share}" for share, value in shares.items())
        lines.append(f"contributions / {name}: {told}")
    lines.append(f"explain / predict: {', '.join(f'{v:.2f} {k}' for k, v in costs.items())}")
    return "\n".join(lines)


def draw(curves: Mapping[str, Mapping[str, Sequence[float]]], path: Path) -> None:
    """Both curves of every method as a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    titles = {
        "deleted": "top tokens deleted (higher is better)",
        "kept": "only they kept (lower is better)",
    }
    for axes, (kind, title) in zip(figure.subplots(1, 2), titles.items(), strict=True):
        for (name, falls), style in zip(
            curves.items(), cycle(("o-", "s--", "^-.", "x:")), strict=False
        ):
            axes.plot([100 * share for share in SHARES], falls[kind], style, label=name)
        axes.set(title=title, xlabel="% of the tokens", ylabel="fall of the verdict's probability")
        axes.grid(alpha=0.3)
    figure.axes[0].legend()
    figure.savefig(path, dpi=110)


def _reviews(data: Path, n: int) -> list[str]:
    """``n`` reviews of the validation part, cut as training cuts, drawn by hash."""
    from tonality.data import read_table, split

    data_table = read_table(data)
    names = data_table.ids or data_table.texts
    rows = split(data_table, validation=0.2, seed=0)[1].tolist()
    order = sorted(rows, key=lambda row: hashlib.sha256(names[row].encode()).digest())
    return [text for row in order if (text := data_table.texts[row]).strip()][:n]


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    place = os.environ.get("TONALITY_DATA")
    default = Path(place) / "imdb" / "train.parquet" if place else None
    parser.add_argument(
        "--data", type=Path, default=default, required=default is None,
        help="labelled reviews; by default imdb/train.parquet under $TONALITY_DATA",
    )  # fmt: skip
    parser.add_argument("--model", default="imdb", help="a bundled model's name or a model folder")
    parser.add_argument("--n", type=int, default=200, help="reviews to explain")
    parser.add_argument(
        "--blame", type=float, action="append", default=[],
        help="also contributions with this share of blame (attribution.BLAME); repeat it",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of the random orders")
    parser.add_argument(
        "--output", type=Path, default=RESULTS / "faithfulness.json",
        help="the JSON to write; the figure lies beside it",
    )  # fmt: skip
    return parser.parse_args(arguments)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
