"""A transformer as a teacher and as a peer: fine-tunes pre-trained weights on the data of a model.

``python -m benchmarks.transformer --data DIR -o OUT --start-from mpnet`` fine-tunes MPNet on
``train.jsonl`` of ``benchmarks.short_data``, on a GPU where there is one. ``OUT/model`` is a
Hugging Face folder for sequence classification, which ``tonality distill --teacher`` reads. A run
that is killed goes on where it was. ``--answer FILE ...`` writes what it then says of those texts
to ``OUT/answers.parquet``: a table of answers, which teaches where the transformer can't run. Of
sentences made from templates the label is certain; it is their answer, whatever the model says.

``--answers TABLE`` lets it learn from the answers of another transformer and not from labels: all
texts of ``train.jsonl`` and ``unlabelled.jsonl`` that the table holds. A small transformer is quick
enough to then answer millions of texts on a CPU.

``--data FILE`` takes a table instead, such as IMDB's reviews; the part that tonality would hold out
of it doesn't teach, and the accuracy there is printed.

Matrices are multiplied in bfloat16; the weights stay in float32. Batches hold texts of like length,
up to a number of tokens. A row counts by its column ``weight``. Needs torch, transformers and the
package of the weights (``benchmarks.pretrained``).
"""

from __future__ import annotations

import argparse
import dataclasses
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

from benchmarks.json_lines import read_rows
from benchmarks.made_sentences import DOMAIN as MADE
from benchmarks.pretrained import pretrained
from tonality.data import read_table, split
from tonality.train.teachers.answers_table import answers_table

LABELS = ("negative", "neutral", "positive")
WINDOW = 16384  # texts, among which those of like length go together
SAVE_EVERY = 180.0  # seconds
SMOOTHING = 0.05
CERTAIN = 0.96  # the probability of a made sentence's label
RISING = 0.06  # share of the steps in which the learning rate rises
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
Array = NDArray[Any]
Row = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """How it is fine-tuned.

    Attributes:
        epochs: passes over the texts; 1.5 stops after a half.
        learning_rate: the peak; it rises for a while and falls to 0.
        max_tokens: of a text.
        tail_tokens: how many of these are the text's last; the others are its first.
        batch_tokens: of a batch, with padding.
        minutes: after which it ends, the learning rate having fallen to 0; 0 for no limit.
        seed: of order, dropout and the new head.
    """

    epochs: float = 2.0
    learning_rate: float = 5e-5
    max_tokens: int = 128
    tail_tokens: int = 0
    batch_tokens: int = 8192
    minutes: float = 0.0
    seed: int = 0


@dataclass(frozen=True)
class Encoded:
    """Texts as tokens.

    Attributes:
        tokens: of all texts, one after another.
        starts: where each text's begin, and the end (N + 1,).
        targets: the probability of each label (N, C).
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
        places = self.starts[rows, None] + np.arange(lengths.max())[None]
        mask = np.arange(lengths.max())[None] < lengths[:, None]
        ids = np.where(mask, self.tokens[np.minimum(places, len(self.tokens) - 1)], 1)
        return torch.from_numpy(ids.astype(np.int64)), torch.from_numpy(mask.astype(np.int64))


def main(arguments: Sequence[str] | None = None) -> None:
    """Fine-tune, and answer."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of train.jsonl, or table")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--start-from", default="minilm", help="minilm, mpnet or a folder")
    parser.add_argument("--answers", type=Path, metavar="TABLE", help="what to learn from")
    parser.add_argument("--answer", nargs="*", type=Path, default=[], metavar="FILE")
    for setting in dataclasses.fields(Settings):
        name = "--" + setting.name.replace("_", "-")
        parser.add_argument(name, type=type(setting.default), default=setting.default)
    options = vars(parser.parse_args(arguments))
    folder, data, start = options.pop("output"), options.pop("data"), options.pop("start_from")
    answers, asked = options.pop("answers"), options.pop("answer")
    settings = Settings(**options)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    rows, held_out = read_data(data) if answers is None else (answered(data, answers), [])
    if not (folder / "model").exists():
        fine_tune(rows, pretrained(start, folder), folder, settings)
    if held_out:
        found = probabilities(folder / "model", [row["text"] for row in held_out], settings)
        labels = sorted({row["label"] for row in rows})
        truth = np.array([labels.index(row["label"]) for row in held_out])
        accuracy = (found.argmax(axis=1) == truth).mean()
        print(f"accuracy on {len(held_out):,} texts held out: {accuracy:.4f}")
    if asked:
        write_answers(asked, folder, settings)


def read_data(path: Path) -> tuple[list[Row], list[Row]]:
    """The rows that teach, and those held out: none of a folder, whose validation is apart."""
    if path.is_dir():
        return list(read_rows(path / "train.jsonl")), []
    table = read_table(path)
    pairs = list(zip(table.texts, table.labels or [], strict=True))
    rows = [{"text": text, "label": label} for text, label in pairs]
    train, held_out = split(table)
    return [rows[number] for number in train], [rows[number] for number in held_out]


def answered(folder: Path, table: Path) -> list[Row]:
    """The texts of a folder that a table of answers holds, with the answer of each label.

    In a row of the result, the label's name stands for its probability.
    """
    said = set(read_table(table, label_column="", group_column="").texts)
    teacher = answers_table(table)
    parts = [list(read_rows(folder / f"{part}.jsonl")) for part in ("train", "unlabelled")]
    texts = [row["text"] for part in parts for row in part if row["text"] in said]
    answers = teacher.load(DEVICE)(texts)
    rows = zip(texts, answers.tolist(), strict=True)
    return [{"text": text} | dict(zip(teacher.outputs, each, strict=True)) for text, each in rows]


def fine_tune(rows: Sequence[Row], start: Path, folder: Path, settings: Settings) -> None:
    """Fine-tunes a model and writes it to ``folder/model``, going on from a checkpoint there."""
    torch.manual_seed(settings.seed)
    labels = sorted({row["label"] for row in rows if "label" in row}) or list(LABELS)
    tokenizer = AutoTokenizer.from_pretrained(start)
    encoded = encode(tokenizer, rows, settings, labels)
    network = read_network(start, labels)
    steps = list(batches(encoded, settings))
    optimiser = optimiser_of(network, settings)
    folder.mkdir(parents=True, exist_ok=True)
    done = resume(folder, network, optimiser)
    print(f"{len(rows):,} texts, {len(encoded.tokens):,} tokens, {len(steps):,} steps", flush=True)
    network.train()
    begun = saved = time.monotonic()
    texts, losses = 0, []
    for number in range(done, len(steps)):
        spent = (time.monotonic() - begun) / 60 / settings.minutes if settings.minutes else 0.0
        if spent >= 1:
            break
        set_rate(optimiser, settings.learning_rate, max(spent, number / len(steps)))
        losses.append(step(network, optimiser, encoded, steps[number]))
        texts += len(steps[number])
        if (number + 1) % 50 == 0:
            rate = texts / (time.monotonic() - begun)
            loss = float(torch.stack(losses).mean())
            print(f"{number + 1} loss {loss:.4f}, {rate:.0f} texts/s", flush=True)
            losses = []
        if time.monotonic() - saved > SAVE_EVERY:
            save_checkpoint(folder, network, optimiser, number + 1)
            saved = time.monotonic()
    network.save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    (folder / "checkpoint.pt").unlink(missing_ok=True)
    kept = dataclasses.asdict(settings) | {"texts": texts, "start": start.name}
    (folder / "settings.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


def encode(
    tokenizer: Any, rows: Sequence[Row], settings: Settings, labels: Sequence[str] = LABELS
) -> Encoded:
    """The texts as tokens, cut in the middle or at the end."""
    texts = [row["text"] for row in rows]
    most, tail = settings.max_tokens, settings.tail_tokens
    longest = most if not tail else 1_000_000
    found = tokenizer(texts, truncation=True, max_length=longest, padding=False)["input_ids"]
    if tail:
        found = [ids if len(ids) <= most else ids[: most - tail] + ids[-tail:] for ids in found]
    return Encoded(
        tokens=np.concatenate([np.asarray(ids, dtype=np.int32) for ids in found]),
        starts=np.concatenate([[0], np.cumsum([len(ids) for ids in found])]),
        targets=np.array([target(row, labels) for row in rows], dtype=np.float32),
        weights=np.array([float(row.get("weight", 1)) for row in rows], dtype=np.float32),
    )


def target(row: Row, labels: Sequence[str]) -> list[float]:
    """The probability that each label should get: its answer, or the row's label, smoothed."""
    if labels[0] in row:
        return [float(row[label]) for label in labels]
    smoothed = SMOOTHING / len(labels)
    return [smoothed + (1 - SMOOTHING) * (row.get("label") == label) for label in labels]


def read_network(start: Path, labels: Sequence[str] = LABELS) -> Any:
    """The network of a folder, with a head for the labels, on the best device."""
    network = AutoModelForSequenceClassification.from_pretrained(
        start,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
        dtype=torch.float32,
        attn_implementation="eager",
    )
    return network.to(DEVICE)


def batches(encoded: Encoded, settings: Settings) -> Iterator[Array]:
    """The rows of each step, over all epochs."""
    generator = np.random.default_rng(settings.seed)
    left = int(settings.epochs * len(encoded.targets))
    while left > 0:
        order = generator.permutation(len(encoded.targets))[:left]
        left -= len(order)
        for start in range(0, len(order), WINDOW):
            part = order[start : start + WINDOW]
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
    share = progress / RISING if progress < RISING else (1 - progress) / (1 - RISING)
    for group in optimiser.param_groups:
        group["lr"] = peak * share


def step(network: Any, optimiser: torch.optim.AdamW, encoded: Encoded, rows: Array) -> torch.Tensor:
    """One step; the batch's loss."""
    ids, mask = (each.to(DEVICE) for each in encoded.batch(rows))
    with torch.autocast(DEVICE, dtype=torch.bfloat16):
        logits = network(input_ids=ids, attention_mask=mask).logits
    targets = torch.from_numpy(encoded.targets[rows]).to(DEVICE)
    weights = torch.from_numpy(encoded.weights[rows]).to(DEVICE)
    each = torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none")
    loss = (each * weights).sum() / weights.sum()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    optimiser.zero_grad()
    return loss.detach()


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
    state = torch.load(path, weights_only=True, map_location=DEVICE)
    network.load_state_dict(state["network"])
    optimiser.load_state_dict(state["optimiser"])
    return int(state["done"])


@torch.inference_mode()
def probabilities(
    folder: Path, texts: Sequence[str], settings: Settings | None = None
) -> NDArray[np.float64]:
    """What a fine-tuned model says of texts (N, C), its labels in the order of the alphabet."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    labels = json.loads((folder / "config.json").read_text(encoding="utf-8"))["id2label"]
    network = read_network(folder, list(labels.values())).eval()
    encoded = encode(tokenizer, [{"text": text} for text in texts], settings or Settings(), ("",))
    found = np.empty((len(texts), len(labels)))
    order = np.argsort(encoded.lengths, kind="stable")
    for rows in cut(order, encoded.lengths, 8192):
        ids, mask = (each.to(DEVICE) for each in encoded.batch(rows))
        with torch.autocast(DEVICE, dtype=torch.bfloat16):
            logits = network(input_ids=ids, attention_mask=mask).logits
        found[rows] = torch.softmax(logits.double(), dim=1).cpu().numpy()
    return found


def write_answers(files: Sequence[Path], folder: Path, settings: Settings) -> None:
    """Writes what the model says of all texts of some tables."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    tables = [read_table(file, label_column="", group_column="") for file in files]
    texts = list(dict.fromkeys(text for table in tables for text in table.texts))
    found = probabilities(folder / "model", texts, settings).astype(np.float32)
    known = json.loads((folder / "model" / "config.json").read_text(encoding="utf-8"))["id2label"]
    labels, places = list(known.values()), {text: place for place, text in enumerate(texts)}
    for row in (row for file in files if file.suffix == ".jsonl" for row in read_rows(file)):
        if row.get("domain") == MADE and "label" in row:
            found[places[row["text"]]] = (1 - CERTAIN) / (len(labels) - 1)
            found[places[row["text"]], labels.index(row["label"])] = CERTAIN
    columns = {f"p_{label}": found[:, place] for place, label in enumerate(labels)}
    pq.write_table(pa.table({"text": texts} | columns), folder / "answers.parquet")
    print(f"answered {len(texts):,} texts: {folder / 'answers.parquet'}")


if __name__ == "__main__":
    main()
