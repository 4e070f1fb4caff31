"""``tonality calibrate``: probabilities that mean what they say, and when not to answer."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tonality import plain_json
from tonality.cli.column_options import ColumnOptions, column_options_of_good_rows
from tonality.cli.common_options import (
    FILE,
    PART,
    SHARE,
    json_option,
    labelled_data_option,
    model_option,
)
from tonality.cli.plain_help import OneOf, PlainCommand
from tonality.cli.progress import progress_of, say
from tonality.cli.table_options import TableOptions, table_options

if TYPE_CHECKING:
    from tonality.classifier import Classifier
    from tonality.data import Dataset
    from tonality.evaluate.calibrated import Aim, Calibrated, Fit, Offsets
    from tonality.evaluate.select_rows import ChosenRows
    from tonality.measures.thresholds import ChosenThresholds


@click.command(cls=PlainCommand)
@labelled_data_option
@click.option(
    "--output", "-o", type=FILE, required=True, help="The new model folder.", metavar="DIR"
)
@model_option
@click.option(
    "--accuracy",
    type=SHARE,
    help="Answer `uncertain` as often as it takes to reach this accuracy on the rest.",
    metavar="SHARE",
)
@click.option(
    "--coverage",
    type=SHARE,
    help="Answer this share of the texts, `uncertain` on the rest; 1 always answers.",
    metavar="SHARE",
)
@click.option(
    "--offsets",
    is_flag=True,
    help="Fit an offset for each label, too, so that the labels suit your texts: 100 labelled "
    "texts of a new kind often make more verdicts right. Verdicts change by it.",
)
@click.option(
    "--thresholds",
    type=OneOf(["macro-f1", "even", "keep"]),
    default="keep",
    help="macro-f1: choose a threshold a class for the highest macro F1, which serves "
    "rare classes; even: none; keep: those that the model has.",
    metavar="HOW",
)
@click.option(
    "--split",
    type=PART,
    help="test, validation (cut as the model's training cut it), train or all; by default "
    "validation where the model was trained on this data, otherwise all but the test part.",
    metavar="PART",
)
@click.option("--overwrite", is_flag=True, help="Replace a model folder that is there.")
@json_option
@column_options_of_good_rows
@table_options
def calibrate(
    data: str,
    output: Path,
    model: str | None,
    accuracy: float | None,
    coverage: float | None,
    offsets: bool,
    thresholds: str,
    split: str | None,
    overwrite: bool,
    as_json: bool,
    columns: ColumnOptions,
    table: TableOptions,
) -> None:
    """Suit a model's confidence and, if asked for, its verdicts to labelled texts."""
    if accuracy is not None and coverage is not None:
        raise click.BadParameter("give --accuracy or --coverage, not both")
    from tonality import artifact
    from tonality.classifier import load
    from tonality.evaluate.calibrated import Aim, Fit, Thresholds
    from tonality.evaluate.select_rows import Part, choose_unseen, with_text
    from tonality.messages import counted

    fit = Fit(Thresholds(thresholds), offsets)
    classifier = load(model)
    dataset = columns.load(data, table)
    chosen = choose_unseen(dataset, Part(split) if split else None, classifier.artifact.provenance)
    _say_what_it_learnt(dataset, chosen, classifier.artifact.provenance)
    chosen, empty = with_text(chosen, [classifier])
    if empty:
        say(f"{counted(empty, 'row')} without a text to read: left out")
    source = {"name": dataset.name, "sha256": dataset.sha256, "part": chosen.part.value}
    aim = Aim(accuracy, coverage)
    result = _calibrated(classifier, chosen, source, aim, fit)
    if offsets and classifier.artifact.thresholds and thresholds == "keep":
        say(
            "the model's thresholds are taken away, for they were chosen without offsets; "
            "--thresholds macro-f1 chooses new ones"
        )
    if classifier.artifact.abstain and not aim and result.band is None:
        say(
            "careful: the confidence under which the model was uncertain is taken away, for it was "
            "chosen with other thresholds; choose a new one with --accuracy or --coverage"
        )
    _say_what_does_not_help(result)
    artifact.write(result.artifact, output, overwrite=overwrite)
    say(f"the model is in {output}")
    if as_json:
        record = result.artifact.metrics["calibration"]
        click.echo(plain_json.dumps(record, ascii_only=True))
    else:
        _show(result)


def _say_what_it_learnt(
    dataset: Dataset, chosen: ChosenRows, provenance: Mapping[str, Any]
) -> None:
    from tonality.evaluate.select_rows import describe_seen
    from tonality.evaluate.training_cut import held_nothing_out

    seen = describe_seen(dataset, chosen, provenance)
    if seen:
        instead = "on its training data, --split validation takes the rows that were held out"
        if held_nothing_out(provenance):
            instead = "its training held nothing out"
        say(f"careful: the model was trained on {seen}, so it will be far too sure; {instead}")


def _calibrated(
    classifier: Classifier,
    chosen: ChosenRows,
    source: Mapping[str, object],
    aim: Aim,
    fit: Fit,
) -> Calibrated:
    from tonality.artifact.model_card import with_calibration
    from tonality.evaluate.calibrate_model import calibrate as fitted
    from tonality.evaluate.classify_rows import classify

    with progress_of(len(chosen.table), "classifying") as progress:
        predictions = classify(classifier, chosen.table, progress=progress)
    result = fitted(
        classifier.artifact,
        chosen.table,
        predictions,
        source=source,
        aim=aim,
        fit=fit,
    )
    card = with_calibration(result.artifact.card, result.artifact.metrics["calibration"])
    return dataclasses.replace(result, artifact=dataclasses.replace(result.artifact, card=card))


def _say_what_does_not_help(result: Calibrated) -> None:
    """Warns of what does not serve rows that it was not fitted on."""
    from tonality.measures.scaling import HIGHEST, LOWEST
    from tonality.messages import counted

    if result.offsets is not None and result.offsets.helps is False:
        say(
            "careful: offsets fitted on one half of these rows do not make more verdicts on the "
            "other right; more rows may, or leave out --offsets"
        )
    if result.chosen and result.thresholds is not None and not result.thresholds.helps:
        say(
            "careful: thresholds chosen on one half of these rows do not raise the macro F1 of the "
            "other; more rows may, or --thresholds even"
        )
    found = result.artifact.metrics["calibration"]
    crossed = found["error_cross_fitted"]
    if crossed is None:
        say(
            f"careful: these {counted(found['n'], 'text')} are too few to measure on one half what "
            "is fitted on the other, or of one group, so nothing tells if this helps; label more"
        )
    elif crossed > found["error_before"]:
        say(
            f"careful: fitted on one half of these {found['n']:,} texts and measured on the other, "
            "the calibration error is no less than it was; more texts may help"
        )
    if not LOWEST * 1.001 < found["temperature"] < HIGHEST / 1.001:
        say(
            f"careful: a temperature of {found['temperature']:.4g} is as far as it goes: the "
            "model's confidence says little on these rows, or the wrong thing; look whether the "
            "labels are what they should be (--label-map renames them)"
        )


def _show(result: Calibrated) -> None:
    found = result.artifact.metrics["calibration"]
    crossed = found["error_cross_fitted"]
    lines = [
        f"temperature        {found['temperature']:.4g}, fitted on {found['n']:,} texts",
        f"calibration error  {found['error_after']:.2%}, before {found['error_before']:.2%}"
        + ("" if crossed is None else f", cross-fitted {crossed:.2%}")
        + f"; by chance alone {found['error_by_chance']:.2%}",
    ]
    if result.offsets is not None:
        limited = result.thresholds is not None
        lines += _offsets(result.offsets, result.artifact.labels, limited=limited)
    if result.thresholds is not None:
        lines += _thresholds(result.thresholds, result.artifact.labels, chosen=result.chosen)
    click.echo("\n".join(lines + _band(result)))


def _band(result: Calibrated) -> list[str]:
    band, crossed = result.band, result.cross_fitted
    if band is None:
        return ["uncertain          never (see --accuracy and --coverage)"]
    aim = result.artifact.metrics["calibration"]["abstain"]["aim"]
    kept = "" if any(aim.values()) else ", as before; --coverage 1 takes that away"
    right = "" if band.accuracy is None else f", {band.accuracy:.2%} of them right"
    lines = [
        f"uncertain          under {band.threshold:.4f}: answers {band.coverage:.1%}{right}{kept}"
    ]
    if crossed is not None and crossed.accuracy is not None:
        lines.append(
            f"  cross-fitted     answers {crossed.coverage:.1%}, "
            f"{crossed.accuracy:.2%} of them right"
        )
    return lines


def _offsets(found: Offsets, labels: Sequence[str], *, limited: bool) -> list[str]:
    from tonality.messages import printable

    crossed = found.accuracy_cross_fitted
    pairs = zip(labels, found.values, strict=True)
    return [
        "offsets            "
        + ", ".join(f"{printable(name)} {value:+.2f}" for name, value in pairs),
        f"accuracy           {found.accuracy:.2%}, without offsets {found.accuracy_without:.2%}"
        + ("" if crossed is None else f", cross-fitted {crossed:.2%}")
        + ("; before thresholds" if limited else ""),
    ]


def _thresholds(found: ChosenThresholds, labels: Sequence[str], *, chosen: bool) -> list[str]:
    from tonality.messages import printable

    crossed = found.macro_f1_cross_fitted
    pairs = zip(labels, found.values, strict=True)
    limits = ", ".join(f"{printable(label)} {value:.3f}" for label, value in pairs)
    return [
        f"thresholds         {limits}" + ("" if chosen else ", as before"),
        f"macro F1           {found.macro_f1:.4f}, without thresholds {found.macro_f1_even:.4f}"
        + ("" if crossed is None else f", cross-fitted {crossed:.4f}"),
    ]
