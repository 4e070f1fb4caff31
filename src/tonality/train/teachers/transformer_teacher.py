"""Transformers as teachers: folders of Hugging Face's library, for sequence classification.

The folder is read as data: safetensors alone, nothing from the network, and no code of its own. The
library is imported when the first such folder is read.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError

from tonality.artifact.config_json import shorten
from tonality.errors import ArtifactError, ConfigError
from tonality.prediction import softmax
from tonality.train.settings.objective_sections import DistillationSettings
from tonality.train.start.read_start import called
from tonality.train.teachers.teacher import Judge, Teacher, batches_of_tokens
from tonality.train.teachers.transformer_folder import CONFIG, transformer_sha256

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

# Tokens of a batch, padding included: on a CPU few, so that its activations stay in the cache.
BATCH_TOKENS = {"cpu": 2**12, "cuda": 2**16}
TRIAL = ("Good.", "", "Not as good as it was.")
# Most tokens of a text where neither tokenizer nor network says how many they read.
MOST_TOKENS = 512


def transformer_teacher(path: Path, settings: DistillationSettings) -> Teacher:
    """Reads a folder as a teacher; its network is loaded once, to see that it is whole.

    Args:
        path: a folder as ``save_pretrained`` writes it, of model and tokenizer.
        settings: how many tokens of a text it reads, and with which precision.

    Raises:
        ArtifactError: it lacks its head, its tokenizer or safetensors, asks for code of its own, is
            no classifier, or is damaged.
        ConfigError: it cannot read as many tokens as the settings say.
        DependencyError: the extra ``transformers`` is missing.
    """
    tokenizer, model = _load(path)
    outputs = _outputs(model, path)
    most = _most_tokens(tokenizer, model)
    if settings.teacher_tokens > most:
        raise ConfigError(
            f"distillation.teacher_tokens is {settings.teacher_tokens:,}, but the teacher "
            f"{called(path)} reads at most {most:,} tokens; set it to {most} or fewer"
        )
    tokens, precision = settings.teacher_tokens or most, settings.teacher_precision
    with _faults(path):  # what does not go with texts of unlike lengths shows here
        _judge(path, tokenizer, model, tokens, precision)(TRIAL)
    return Teacher(
        path=path,
        name=called(path),
        sha256=transformer_sha256(path),
        outputs=outputs,
        load=lambda device: _judge(path, *_load(path, device), tokens, precision),
        settings=f"transformer, {tokens} tokens, {precision}",
    )


def _load(path: Path, device: str = "cpu") -> tuple[PreTrainedTokenizerBase, PreTrainedModel]:
    """The tokenizer, and the network in float32.

    Raises:
        ArtifactError: something is missing or damaged.
    """
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    safe: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    with _quiet(), _faults(path):
        tokenizer = AutoTokenizer.from_pretrained(path, **safe)
        # The library takes the precision of the file, and fills what is missing at random.
        model, info = AutoModelForSequenceClassification.from_pretrained(
            path, dtype=torch.float32, use_safetensors=True, output_loading_info=True, **safe
        )
    missing = sorted({*info["missing_keys"], *(str(key) for key in info["mismatched_keys"])})
    if missing:
        raise ArtifactError(
            f"lacks weights, which would be random: {shorten(', '.join(missing))}; expected a "
            "model that was trained for sequence classification, head included",
            path=path,
        )
    _check_tokenizer(tokenizer, model, path)
    return tokenizer, model.eval().to(device)


def _check_tokenizer(
    tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel, path: Path
) -> None:
    """Checks that a tokenizer is the model's own: of a folder without one, it knows no word."""
    save = f"save the model's tokenizer to the same folder, with save_pretrained({path.name!r})"
    if len(tokenizer) <= len(tokenizer.all_special_ids):
        raise ArtifactError(f"has no vocabulary for its tokenizer; {save}", path=path)
    rows = getattr(model.config, "vocab_size", None)
    if isinstance(rows, int) and len(tokenizer) > rows:
        raise ArtifactError(
            f"has a tokenizer of {len(tokenizer):,} tokens, of which the network knows {rows:,}; "
            f"{save}",
            path=path,
        )
    if tokenizer.pad_token_id is None:
        raise ArtifactError(
            "its tokenizer has no padding token, so texts cannot be read together; set "
            "tokenizer.pad_token and model.config.pad_token_id and save both",
            path=path,
        )


def _outputs(model: PreTrainedModel, path: Path) -> tuple[str, ...]:
    """The names of the classes in the order of the logits: the file's order may be another."""
    config = model.config
    if config.problem_type not in (None, "single_label_classification") or config.num_labels < 2:
        kind = config.problem_type or f"{config.num_labels} label"
        raise ArtifactError(
            f"expected a classifier of which one class is right, found {kind}", path=path
        )
    names: Mapping[int, str] = config.id2label
    if sorted(names) != list(range(config.num_labels)):
        raise ArtifactError(
            f"its id2label has the numbers {shorten(str(sorted(names)))}, expected 0 to "
            f"{config.num_labels - 1}",
            path=path / CONFIG,
        )
    return tuple(str(names[number]) for number in sorted(names))


def _most_tokens(tokenizer: PreTrainedTokenizerBase, model: PreTrainedModel) -> int:
    """Most tokens of a text, special ones included; tokenizers often do not know."""
    limits = [tokenizer.model_max_length]
    positions = getattr(model.config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:
        # RoBERTa and its kin count positions from the padding's on.
        tables = [
            module.padding_idx
            for name, module in model.named_modules()
            if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding)
        ]
        first = next((number + 1 for number in tables if number is not None), 0)
        limits.append(positions - first)
    told = [int(limit) for limit in limits if 0 < limit < 1e9]
    return min(told, default=MOST_TOKENS)


def _judge(
    path: Path,
    tokenizer: PreTrainedTokenizerBase,
    model: PreTrainedModel,
    tokens: int,
    precision: str,
) -> Judge:
    """What gives the probabilities (N, K) of N texts."""
    device = model.device.type

    @torch.inference_mode()
    def judge(texts: Sequence[str]) -> NDArray[np.float64]:
        with _quiet():
            encoded = tokenizer(
                [_sound(text) for text in texts], truncation=True, max_length=tokens
            )
            lengths = np.array([len(ids) for ids in encoded["input_ids"]])
            logits = np.empty((len(texts), model.config.num_labels))
            for rows in batches_of_tokens(lengths, BATCH_TOKENS[device]):
                batch = tokenizer.pad(
                    {key: [column[row] for row in rows] for key, column in encoded.items()},
                    return_tensors="pt",
                ).to(device)
                with torch.autocast(device, torch.bfloat16, enabled=precision == "bf16"):
                    logits[rows] = model(**batch).logits.double().cpu().numpy()
        if not np.isfinite(logits).all():
            raise ArtifactError(
                "gives answers that are not finite; its weights are damaged", path=path
            )
        return softmax(logits)

    return judge


def _sound(text: str) -> str:
    """The text, half pairs of surrogates replaced: tokenizers take Unicode alone."""
    return text.encode("utf-8", "replace").decode("utf-8")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the library's bars and warnings off the terminal: what matters is an error here."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity(logging.CRITICAL)
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


@contextlib.contextmanager
def _faults(path: Path) -> Iterator[None]:
    """Turns whatever the library raises over a folder into one line."""
    try:
        yield
    except ArtifactError:
        raise
    except Exception as fault:  # OSError, ValueError, KeyError, ImportError, SafetensorError, ...
        lines = str(fault).strip().splitlines()
        reason = lines[0] if lines else type(fault).__name__
        told = f"cannot be read as a transformer: {shorten(reason)}"
        if isinstance(fault, SafetensorError):  # of a file that broke off, say
            told += "; its weights are damaged: save the model again, or download it once more"
        raise ArtifactError(told, path=path) from fault
