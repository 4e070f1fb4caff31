"""Which texts a model learnt from: a record small enough to ship with it, and how to read it.

File hashes do not tell: the same reviews come as Parquet, as an archive and as somebody's CSV. The
record holds one hash of all texts that training held out, so that a cut made anew can be checked,
and the least hashes of those it learnt from (a bottom-k sketch, Broder 1997), so that the share of
any other texts that it learnt from can be estimated without bias.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tonality.data import Table
from tonality.data.splits import normalised
from tonality.measures.scores import wilson

KEY = "texts"  # of the record in a model's provenance

_BESIDES = "besides"  # of the record: what was learnt from unlabelled texts, or by the start
_KEPT = 512  # hashes: about 13 kB of JSON
_SHORT = 40  # characters of a text under which others write it, too
_CHANCE = 2  # short texts learnt from that show nothing of the others
_DIGITS = 16  # of each: among a million texts two share a hash once in 40 million times


@dataclass(frozen=True)
class SeenTexts:
    """How many of some texts a model learnt from; copies of a text count once.

    Attributes:
        compared: the texts that the record can tell about, chosen by their hash.
        learnt: how many of those the model learnt from.
        given: how many texts there are.
        long: how many of those learnt from are so long that nobody else writes them.
    """

    compared: int
    learnt: int
    given: int
    long: int

    @property
    def share(self) -> float:
        """The share of all the texts that the model learnt from, estimated."""
        return self.learnt / self.compared if self.compared else 0.0

    @property
    def least_share(self) -> float:
        """A share that the model learnt from at least.

        That is the share itself where the record tells about all the texts. Otherwise it is the
        share of the long ones, or the lower end of the 95 % interval of all where that is more and
        over ``_CHANCE`` were learnt: two sets of reviews may well have a *Like new* in common.
        """
        if self.compared == self.given:
            return self.share
        least = wilson(self.learnt, self.compared)[0] if self.learnt > _CHANCE else 0.0
        return max(least, self.long / max(self.compared, 1))


def record(
    table: Table,
    learnt: Iterable[str],
    held_out: Iterable[int],
    *,
    unlabelled: Iterable[str] = (),
    start: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What a model's provenance keeps of the texts, under ``KEY``: plain JSON.

    Args:
        table: all labelled rows.
        learnt: the texts that were learnt from.
        held_out: the rows of the validation part.
        unlabelled: further texts that were learnt from, without labels.
        start: the provenance of the model that this one began as.
    """
    before = read_record(start or {})
    sketches = [_sketch(unlabelled)]
    if before is not None:
        sketches += [before["train"], *([before[_BESIDES]] if _BESIDES in before else [])]
    besides = _united(sketches)
    return {
        "rows": len(table),
        "labels": sorted(set(table.labels or ())),
        "grouped": table.groups is not None,
        "validation": fingerprint([table.texts[row] for row in held_out]),
        "train": _sketch(learnt),
        **({_BESIDES: besides} if besides["distinct"] else {}),
    }


def fingerprint(texts: Sequence[str]) -> dict[str, Any]:
    """The number of texts and one SHA-256 of them all, whatever their order, case and space."""
    whole = hashlib.sha256()
    for digest in sorted(hashlib.sha256(_plain(text)).digest() for text in texts):
        whole.update(digest)
    return {"rows": len(texts), "sha256": whole.hexdigest()}


def short_hash(text: str) -> str:
    """The beginning of a text's SHA-256, whatever its case and space."""
    return hashlib.sha256(_plain(text)).hexdigest()[:_DIGITS]


def read_record(provenance: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The record that :func:`record` made; ``None`` where a model has none, or no sound one."""
    found = provenance.get(KEY)
    if not isinstance(found, Mapping):
        return None
    validation, train = found.get("validation"), found.get("train")
    sound = (
        isinstance(found.get("rows"), int)
        and _strings(found.get("labels"))
        and isinstance(found.get("grouped"), bool)
        and isinstance(validation, Mapping)
        and isinstance(validation.get("rows"), int)
        and isinstance(validation.get("sha256"), str)
        and _is_sketch(train)
        and (_BESIDES not in found or _is_sketch(found[_BESIDES]))
    )
    return found if sound else None


def count_seen(
    texts: Sequence[str], provenance: Mapping[str, Any], *, besides: bool = False
) -> SeenTexts | None:
    """How many of some texts a model learnt from; ``None`` where it does not record its own.

    Args:
        texts: any texts.
        provenance: the model's.
        besides: ask about the texts without labels, and about those of the model that it began as,
            in place of those that it learnt from itself.
    """
    found = read_record(provenance)
    sketch = None if found is None else found.get(_BESIDES if besides else "train")
    if sketch is None:
        return None
    least = set(sketch["least"])
    # About a text of a greater hash than all that are kept nothing is known.
    last, whole = max(least, default=""), _is_whole(sketch)
    hashes = {short_hash(text): len(" ".join(text.split())) for text in texts}
    compared = {short for short in hashes if short <= last or whole}
    learnt = compared & least
    long = sum(hashes[short] >= _SHORT for short in learnt)
    return SeenTexts(len(compared), len(learnt), len(hashes), long)


def _sketch(texts: Iterable[str]) -> dict[str, Any]:
    distinct = sorted({short_hash(text) for text in texts})
    return {"distinct": len(distinct), "least": distinct[:_KEPT]}


def _united(sketches: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The sketch of all the texts together; of how many they are, an upper bound."""
    hashes = {short for sketch in sketches for short in sketch["least"]}
    # Beyond the last hash of a list that was cut, not all are known.
    known = [max(sketch["least"], default="") for sketch in sketches if not _is_whole(sketch)]
    least = sorted(short for short in hashes if not known or short <= min(known))
    distinct = sum(sketch["distinct"] for sketch in sketches) if known else len(least)
    return {"distinct": distinct, "least": least[:_KEPT]}


def _is_whole(sketch: Mapping[str, Any]) -> bool:
    """Whether it holds the hashes of all the texts, not of the least alone."""
    return bool(sketch["distinct"] <= len(sketch["least"]))


def _is_sketch(value: object) -> bool:
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("distinct"), int)
        and _strings(value.get("least"))
    )


def _strings(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _plain(text: str) -> bytes:
    return normalised(text).encode("utf-8", "surrogatepass")
