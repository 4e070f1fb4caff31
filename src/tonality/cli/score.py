"""``tonality score``: the verdict on every row of tables of any size."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, BinaryIO

import click

from tonality.cli.common_options import (
    FILE,
    SOURCE,
    abstain_option,
    encoding_option,
    input_format_option,
    languages_option,
    model_option,
    text_column_option,
)
from tonality.cli.plain_help import Argument, Number, OneOf, PlainCommand
from tonality.cli.progress import progress_of_share, say
from tonality.cli.ray_engine import (
    address_option,
    engine_option,
    refuse,
    score_on_ray,
    workers_option,
)
from tonality.cli.read_texts import score_command
from tonality.cli.score_outcome import tell
from tonality.cli.table_options import TableOptions, table_options
from tonality.errors import TonalityError

if TYPE_CHECKING:
    from tonality.score.files.job import Options, ScoringJob
    from tonality.tables.open_table import Input


@click.command(cls=PlainCommand)
@click.argument(
    "inputs",
    nargs=-1,
    required=True,
    type=SOURCE,
    cls=Argument,
    help="CSV, TSV, JSON Lines (.jsonl, .ndjson, .json; all also packed: .gz, .bz2, .xz, .zst, "
    ".zip), Parquet, Excel or OpenDocument (.xlsx, .xlsm, .xls, .ods); patterns such as "
    "'data/**/*.csv'; - for standard input.",
    metavar="IN",
)
@click.option(
    "--output",
    "-o",
    type=SOURCE,
    help="The scored table, always to be given: .csv, .tsv, .jsonl (each also .gz, .bz2, .xz, "
    ".zst), .parquet or .xlsx; - for standard output.",
    metavar="OUT",
)
@model_option
@abstain_option
@text_column_option
@click.option(
    "--columns",
    multiple=True,
    help="The columns of the input to keep, by their names in any case or their numbers, with "
    "commas between or repeated; by default all, '' for none.",
    metavar="NAMES",
)
@click.option(
    "--explain",
    type=Number(int, 0),
    default=0,
    help="Add the K phrases that speak most for the verdict, and the K against it.",
    metavar="K",
)
@languages_option
@click.option(
    "--valence",
    is_flag=True,
    help="Add the feeling as one number, from -1 (negative) to 1 (positive).",
)
@click.option(
    "--prefix",
    help="What the added columns' names begin with; by default nothing, or `tonality_` "
    "where the input has a column of such a name.",
    metavar="TEXT",
)
@input_format_option
@click.option(
    "--format",
    type=OneOf(["csv", "tsv", "jsonl", "parquet", "xlsx"]),
    help="csv, tsv, jsonl, parquet or xlsx; by default as OUT's suffix says, on standard "
    "output as the first input.",
    metavar="FORMAT",
)
@encoding_option
@click.option(
    "--bom/--no-bom",
    default=None,
    help="Begin CSV with a byte-order mark, by which Excel knows UTF-8; by default where "
    "the first input has one.",
)
@click.option("--resume", is_flag=True, help="Go on where an earlier run stopped.")
@click.option("--overwrite", is_flag=True, help="Replace OUT; start over what was begun.")
@click.option(
    "--bad-rows",
    type=FILE,
    help="Write rows that cannot be read here; by default beside OUT as NAME.bad-rows.jsonl.",
    metavar="FILE",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
@engine_option
@address_option
@workers_option
@table_options
def score(
    inputs: tuple[str, ...],
    output: str | None,
    model: str | None,
    abstain: float | None,
    text_column: tuple[str, ...] | None,
    columns: tuple[str, ...],
    explain: int,
    languages: bool,
    valence: bool,
    prefix: str | None,
    input_format: str | None,
    format: str | None,
    encoding: str | None,
    bom: bool | None,
    resume: bool,
    overwrite: bool,
    bad_rows: Path | None,
    as_json: bool,
    engine: str | None,
    address: str | None,
    workers: int | None,
    table: TableOptions,
) -> None:
    """Add the verdict to every row of tables. Status 3: some could not be read; 1: none could."""
    output = _checked_output(inputs, output, as_json)
    if resume and overwrite:
        raise click.BadParameter("--resume goes on, --overwrite starts over; give one of them")
    start, names = monotonic(), columns or None
    if engine is not None:
        others = {"--format": format, "--bom": bom, "--bad-rows": bad_rows}
        others["--languages"] = languages or None
        refuse(others, "does not go with --engine, which writes a folder of Parquet")
        said = {"model": model, "abstain": abstain, "text_column": text_column, "columns": names}
        said |= {"explain": explain, "prefix": prefix, "encoding": encoding, "valence": valence}
        tally, before, bad = score_on_ray(
            (list(inputs), input_format, table.read()),
            output,
            said,
            {"address": address, "workers": workers},
            {"resume": resume, "overwrite": overwrite},
        )
        return tell(tally, output, bad, monotonic() - start, before, as_json)
    refuse({"--address": address, "--workers": workers}, "only goes with --engine ray")
    from tonality.score.files.input_files import find_inputs
    from tonality.score.files.job import Options
    from tonality.score.files.output_target import is_stream, output_format, side_file

    found = find_inputs(inputs, input_format, encoding)
    if resume and (is_stream(output) or any(source.path is None for source in found)):
        raise click.BadParameter("--resume needs files: a pipe cannot be read or written again")
    written, packing = output_format(output, format, found[0].format)
    _require(written, packing)
    side = side_file(output, bad_rows, found)
    options = Options(
        written, packing, text_column, names, explain, prefix, encoding, table.read(), bom,
        languages, valence,
    )  # fmt: skip
    with _job(found, options, model, abstain) as (job, fingerprint):
        start, before = monotonic(), 0
        if is_stream(output):
            _to_stream(job, output, side)
        else:
            assert side is not None
            before = _to_file(job, fingerprint, Path(output), side, resume, overwrite)
    there = None if job.tally.none_read else output
    tell(job.tally, there, side, monotonic() - start, before, as_json)


def _checked_output(inputs: tuple[str, ...], output: str | None, as_json: bool) -> str:
    """Where the rows go; refuses none, and standard output for the rows and the summary alike."""
    if output is None:
        from tonality.tables.open_file import table_stem

        named = Path(inputs[0]).is_file() and table_stem(inputs[0]) is not None
        example = score_command(inputs[0] if named else "reviews.csv")
        raise click.UsageError(f"Missing option '-o'. For example: {example}")
    if as_json and output == "-":
        raise click.BadParameter("--json and -o - would both go to standard output")
    return output


@contextmanager
def _job(
    inputs: list[Input], options: Options, model: str | None, abstain: float | None
) -> Iterator[tuple[ScoringJob, str]]:
    """The job, and what tells its model from others."""
    from tonality.artifact.config_json import folder_sha256
    from tonality.classifier import load
    from tonality.model_names import model_path
    from tonality.score.files.job import ScoringJob

    classifier = load(model, abstain=abstain)
    fingerprint = folder_sha256(model_path(model))
    with ScoringJob(classifier, inputs, options) as job:
        yield job, fingerprint
        if guessed := job.guessed_texts:
            names = " and ".join(map(repr, guessed))
            say(f"the texts are those in {names}; --text-column names others")


def _to_file(
    job: ScoringJob, fingerprint: str, path: Path, side: Path, resume: bool, overwrite: bool
) -> int:
    """Scores into a file; returns how many rows an earlier run had done."""
    from tonality.score.files.resumable_output import Output

    with Output(path, side, job.build) as output:
        output.begin(job.description(fingerprint), resume=resume, overwrite=overwrite)
        before = 0 if output.mark is None else int(output.mark.summary["rows"])
        if before:
            say(f"going on after {before:,} rows")
        try:
            with progress_of_share("scoring") as progress:
                job.to_file(output, progress)
        except (KeyboardInterrupt, TonalityError):
            if output.kept:
                say("what was scored so far is kept; run it again with --resume to go on")
            raise
    return before


def _require(format: str, packing: str) -> None:
    """Sees to it that what writes a format is there: without it nothing is begun."""
    if format == "parquet":
        from tonality.tables.parquet_rows import require_pyarrow

        require_pyarrow()
    elif format == "xlsx":
        from tonality.score.files.xlsx_writer import require_xlsxwriter

        require_xlsxwriter()
    elif packing == ".zst":
        from tonality.tables.compression import require_zstd

        require_zstd()


def _to_stream(job: ScoringJob, output: str, side: Path | None) -> None:
    from tonality.score.files.output_target import is_stream, open_stream
    from tonality.score.files.resumable_output import Output
    from tonality.tables.bad_rows import make_way, writing_side

    with ExitStack() as stack:
        progress = stack.enter_context(progress_of_share("scoring"))
        stream: BinaryIO = sys.stdout.buffer
        if output != "-":
            stream = stack.enter_context(open_stream(output))
        if job.build:  # it is written when all rows are there
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tonality-")))
            with Output(folder / "scored", side or folder / "bad", job.build) as whole:
                whole.begin({}, resume=False, overwrite=False)
                job.to_file(whole, progress)
            if job.tally.none_read:
                return
            with (folder / "scored").open("rb") as file:
                shutil.copyfileobj(file, stream)
            return
        faults: BinaryIO | None = None
        if side is not None:
            with writing_side(side):
                if is_stream(str(side)):
                    faults = stack.enter_context(open_stream(str(side)))
                else:
                    make_way(side)
                    faults = stack.enter_context(side.open("wb"))
        job.to_stream(stream, faults, progress)
