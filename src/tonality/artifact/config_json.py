"""``config.json`` of a model folder, and how the folder's JSON is read and written.

Strict on purpose: the file may come from anyone. JSON is UTF-8, without repeated keys and without
numbers that are not finite; every key of the format must be there and no other.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from tonality.durable_files import read_file
from tonality.errors import ArtifactError, ConfigError
from tonality.late_pattern import late_pattern
from tonality.network.config import MOST_LAYERS, NetworkConfig
from tonality.text.tokenizer import TextConfig

FORMAT = 1

CONFIG = "config.json"
VOCABULARY = "vocabulary.json"
WEIGHTS = "weights.safetensors"
CARD = "README.md"

_KEYS = frozenset(
    {
        "abstain",
        "files",
        "format",
        "labels",
        "metrics",
        "network",
        "priors",
        "provenance",
        "temperature",
        "text",
    }
)
# A folder without them is one that earlier versions read; with them, those refuse it, since they
# would give other verdicts.
_OPTIONAL = frozenset({"thresholds"})
_LARGEST_CONFIG = 2**26  # bytes, also of a language model's
_TEMPERATURES = (1e-6, 1e6)
_LEAST_THRESHOLD = 1e-12  # probabilities are divided by them
# Control characters in a label would reach the terminal; lone surrogates cannot be printed.
UNPRINTABLE = late_pattern(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class FileRecord:
    """What ``config.json`` says of another file."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """The content of ``config.json``; :class:`tonality.artifact.Artifact` explains the fields."""

    labels: tuple[str, ...]
    text: TextConfig
    network: NetworkConfig
    temperature: float
    abstain: float
    priors: tuple[float, ...]
    provenance: dict[str, Any]
    metrics: dict[str, Any]
    files: dict[str, FileRecord]
    thresholds: tuple[float, ...] = ()

    def to_json(self, path: Path) -> bytes:
        """The bytes of ``config.json``, to be written to ``path``.

        Raises:
            ArtifactError: provenance or metrics are not plain JSON.
        """
        files = {name: vars(record) for name, record in self.files.items()}
        values = {
            **vars(self),
            "format": FORMAT,
            "text": self.text.to_stored(),
            "network": self.network.to_dict(),
            "files": files,
        }
        if not self.thresholds:
            del values["thresholds"]
        return dump_json(values, path, indent=2)

    @classmethod
    def from_json(cls, data: bytes, path: Path) -> Manifest:
        """The inverse of :meth:`to_json`.

        Raises:
            ArtifactError: anything that the format does not allow.
        """
        reader = _Reader(load_json(data, path), path)
        reader.check_keys()
        try:
            text = TextConfig.from_stored(reader.mapping("text"))
            network = NetworkConfig.from_dict(reader.mapping("network"))
        except ConfigError as error:
            reader.fail(str(error), error)
        if network.layers > MOST_LAYERS or len(network.dense) > MOST_LAYERS:
            reader.fail(f"the network has more than {MOST_LAYERS} layers")
        abstain = reader.number("abstain", 0, 1)
        return cls(
            labels=reader.labels(network.classes),
            text=text,
            network=network,
            temperature=reader.number("temperature", *_TEMPERATURES),
            abstain=abstain,
            priors=reader.priors(network.classes),
            provenance=reader.mapping("provenance"),
            metrics=reader.mapping("metrics"),
            files=reader.files(),
            thresholds=reader.thresholds(network.classes),
        )


def folder_sha256(folder: Path) -> str:
    """What tells the model in a folder from any other: the SHA-256 of its ``config.json``.

    That file holds the hashes of all others. Model folders and language models have one.

    Raises:
        ArtifactError: it cannot be read.
    """
    return hashlib.sha256(read_file(folder / CONFIG, limit=_LARGEST_CONFIG)).hexdigest()


def dump_json(value: Any, path: Path, *, indent: int | None = None) -> bytes:
    """Write JSON so that equal values give equal bytes.

    Args:
        value: plain JSON values.
        path: the file it is for.
        indent: spaces a level; None writes one line.

    Raises:
        ArtifactError: something in it is not plain JSON, or a number is not finite.
    """

    def dump(*, ascii_only: bool) -> bytes:
        text = json.dumps(
            value,
            allow_nan=False,
            ensure_ascii=ascii_only,
            indent=indent,
            separators=None if indent else (",", ":"),
            sort_keys=True,
        )
        return f"{text}\n".encode()

    try:
        try:
            return dump(ascii_only=False)
        except UnicodeEncodeError:  # a lone surrogate: JSON has a spelling for it, UTF-8 has not
            return dump(ascii_only=True)
    except (TypeError, ValueError, RecursionError) as error:
        raise ArtifactError(f"would not be plain JSON: {error}", path=path) from error


def load_json(data: bytes, path: Path) -> Any:
    """Read JSON strictly.

    Raises:
        ArtifactError: not UTF-8, not JSON, a repeated key, a number that is not finite, or nested
            too deeply.
    """
    try:
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_float=_finite,
        )
    except RecursionError:
        raise ArtifactError("nests too deeply", path=path) from None
    except ValueError as error:
        raise ArtifactError(f"is not valid JSON: {shorten(str(error))}", path=path) from error


def shorten(text: str) -> str:
    """Cut a message that may quote a hostile file."""
    return text if len(text) <= 300 else f"{text[:300]} ..."


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        keys = Counter(key for key, _ in pairs)
        raise ValueError(f"the key {keys.most_common(1)[0][0]!r} is there twice")
    return values


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits} is too large a number")
    return value


class _Reader:
    """Takes the parts of a parsed ``config.json`` and names the part that is wrong."""

    def __init__(self, values: Any, path: Path) -> None:
        self._path = path
        if not isinstance(values, dict):
            self.fail("holds no JSON object")
        self._values: dict[str, Any] = values

    def fail(self, reason: str, cause: Exception | None = None) -> NoReturn:
        raise ArtifactError(shorten(reason), path=self._path) from cause

    def check_keys(self) -> None:
        """Version first: another version may have other keys."""
        version = self._values.get("format")
        if version is None:
            self.fail('is not of a tonality model: it has no "format"')
        if type(version) is not int or version != FORMAT:
            from tonality._version import __version__

            advice = "; upgrade tonality" if type(version) is int and version > FORMAT else ""
            self.fail(
                f"has format {version!r}; tonality {__version__} reads format {FORMAT}{advice}"
            )
        for key in sorted(_KEYS - self._values.keys()):
            self.fail(f"lacks {key!r}")
        for key in sorted(self._values.keys() - _KEYS - _OPTIONAL):
            self.fail(f"has an unknown key {key!r}")

    def mapping(self, key: str) -> dict[str, Any]:
        value = self._values[key]
        if not isinstance(value, dict):
            self.fail(f"{key} must be an object, not {value!r}")
        return value

    def number(self, key: str, least: float, most: float) -> float:
        return self._number(key, self._values[key], least, most)

    def _number(self, name: str, value: Any, least: float, most: float) -> float:
        # Compared before it is converted: an integer may be too large for a float.
        if type(value) not in (int, float) or not least <= value <= most:
            self.fail(f"{name} must be a number from {least:g} to {most:g}, not {value!r}")
        return float(value)

    def labels(self, classes: int) -> tuple[str, ...]:
        labels = self._list("labels", classes)
        for label in labels:
            if not isinstance(label, str) or not label.strip() or UNPRINTABLE.search(label):
                self.fail(f"labels must be texts without control characters, not {label!r}")
        if len(set(labels)) < len(labels):
            self.fail("labels must differ from each other")
        return tuple(labels)

    def priors(self, classes: int) -> tuple[float, ...]:
        values = self._list("priors", classes)
        priors = tuple(self._number("each of priors", value, 0, 1) for value in values)
        if not math.isclose(math.fsum(priors), 1, abs_tol=1e-6):
            self.fail(f"priors must sum to 1, not {math.fsum(priors)}")
        return priors

    def thresholds(self, classes: int) -> tuple[float, ...]:
        if "thresholds" not in self._values:
            return ()
        values = self._list("thresholds", classes)
        thresholds = tuple(
            self._number("each of thresholds", value, _LEAST_THRESHOLD, 1) for value in values
        )
        if not math.isclose(math.fsum(thresholds), 1, abs_tol=1e-6):
            self.fail(f"thresholds must sum to 1, not {math.fsum(thresholds)}")
        return thresholds

    def _list(self, key: str, length: int) -> list[Any]:
        value = self._values[key]
        if not isinstance(value, list) or len(value) != length:
            self.fail(f"{key} must be a list of {length}, one a class of the network")
        return value

    def files(self) -> dict[str, FileRecord]:
        records = self.mapping("files")
        names = {VOCABULARY, WEIGHTS, CARD}
        if records.keys() != names:
            self.fail(f"files must describe {', '.join(sorted(names))}")
        return {name: self._file(name, record) for name, record in records.items()}

    def _file(self, name: str, record: Any) -> FileRecord:
        if not isinstance(record, dict) or record.keys() != {"sha256", "size"}:
            self.fail(f"files: {name} must have sha256 and size, nothing else")
        sha256, size = record["sha256"], record["size"]
        if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
            self.fail(f"files: {name} must have a SHA-256 of 64 hexadecimal digits")
        if type(size) is not int or size < 0:
            self.fail(f"files: {name} must have a size in bytes, not {size!r}")
        return FileRecord(sha256, size)
