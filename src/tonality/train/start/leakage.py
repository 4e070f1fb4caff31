"""Whether the validation part is no secret to what a run builds on: then its figures flatter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tonality.data import Dataset
from tonality.evaluate.seen_texts import count_seen
from tonality.evaluate.select_rows import ChosenRows, Part, describe_seen
from tonality.train.records.reporter import Reporter
from tonality.train.start.start import Start

# Of the record of a teacher or a start: which of the validation texts it learnt from.
KNOWN = "learnt_from_validation"


def known_to_start(
    start: Start, dataset: Dataset, held_out: Iterable[int], reporter: Reporter
) -> str:
    """What of the validation part a start learnt from, in words; empty if nothing is known of it.

    Args:
        start: what the run begins with.
        dataset: the data.
        held_out: the rows of the validation part.
        reporter: told of it.
    """
    chosen = ChosenRows(Part.VALIDATION, dataset.train.take(held_out), [])
    known = describe_seen(dataset, chosen, start.provenance)
    if known:
        reporter.say(
            f"careful: the validation part is no secret to {start.name}, from which this starts: "
            f"it learnt from {known}; figures of that part will flatter"
        )
    return known


def may_have_read(start: Start, texts: Sequence[str]) -> bool:
    """Whether a start may have learnt from some texts: it has read one, or its record cannot tell.

    Args:
        start: what a run begins with.
        texts: N texts, without labels or with.
    """
    found = [count_seen(texts, start.provenance, besides=besides) for besides in (False, True)]
    known = [seen for seen in found if seen is not None and seen.compared]
    return not known or any(seen.learnt for seen in known)
