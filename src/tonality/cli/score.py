"""``tonality score``: the verdict on every row of tables of any size."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from tonality import plain_json
from tonality.cli.common_options import Encoding, Languages, Model, TextColumn
from tonality.cli.completion import one_of
from tonality.cli.progress import progress_of_share, say, spoken
from tonality.cli.ray_engine import Address, Engine, RayRun, Workers, refuse
from tonality.cli.table_options import TABLE, TableOptions, reads_tables

if TYPE_CHECKING:
    from tonality.score.files.job import Options, ScoringJob
    from tonality.score.tally import Tally
    from tonality.tables.open_table import Input

UNREADABLE = 3  # exit status where rows could not be read

Inputs = Annotated[
    list[str],
    typer.Argument(
        help="CSV, TSV, JSON Lines (also packed: .gz, .bz2, .xz, .zst, .zip), Parquet, Excel or "
        "OpenDocument (.xlsx, .xls, .ods); patterns such as 'data/**/*.csv'; - for standard input.",
        metavar="IN",
    ),
]
OutputFile = Annotated[
    str,
    typer.Option(
        "--output",
        "-o",
        help="The scored table: .csv, .tsv, .jsonl (each also .gz, .bz2, .xz, .zst), .parquet or "
        ".xlsx; - for standard output.",
        metavar="OUT",
    ),
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        help="The columns of the input to keep, with commas between or repeated; by default all, "
        "'' for none.",
        metavar="NAMES",
    ),
]


@reads_tables
def score(
    inputs: Inputs,
    output: OutputFile,
    model: Model = None,
    abstain: Annotated[
        float | None,
        typer.Option(
            help="Answer `uncertain` under this confidence; 0 for never. By default as the model "
            "was calibrated.",
            metavar="SHARE",
            min=0.0,
            max=1.0,
        ),
    ] = None,
    text_column: TextColumn = None,
    columns: Columns = None,
    explain: Annotated[
        int,
        typer.Option(
            help="Add the K phrases that speak most for the verdict, and the K against it.",
            metavar="K",
            min=0,
        ),
    ] = 0,
    languages: Languages = False,
    prefix: Annotated[
        str | None,
        typer.Option(
            help="What the added columns' names begin with; by default nothing, or `tonality_` "
            "where the input has a column of such a name.",
            metavar="TEXT",
        ),
    ] = None,
    input_format: Annotated[
        str | None,
        typer.Option(
            help="csv, tsv, jsonl, parquet, xlsx, xls or ods, where neither suffix nor content "
            "tells.",
            metavar="FORMAT",
            autocompletion=one_of("csv", "tsv", "jsonl", "parquet", "xlsx", "xls", "ods"),
        ),
    ] = None,
    format: Annotated[
        str | None,
        typer.Option(
            help="csv, tsv, jsonl, parquet or xlsx; by default as OUT's suffix says, on standard "
            "output as the first input.",
            metavar="FORMAT",
            autocompletion=one_of("csv", "tsv", "jsonl", "parquet", "xlsx"),
        ),
    ] = None,
    encoding: Encoding = None,
    bom: Annotated[
        bool | None,
        typer.Option(
            "--bom/--no-bom",
            help="Begin CSV with a byte-order mark, by which Excel knows UTF-8; by default where "
            "the first input has one.",
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on where an earlier run stopped.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace OUT; start over what was begun.")
    ] = False,
    bad_rows: Annotated[
        Path | None,
        typer.Option(
            help="Write rows that cannot be read here; by default beside OUT as "
            "NAME.bad-rows.jsonl.",
            metavar="FILE",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as one JSON object.")
    ] = False,
    engine: Engine = None,
    address: Address = None,
    workers: Workers = None,
    table: TableOptions = TABLE,
) -> None:
    """Add the verdict to every row of tables of any size. Status 3: some could not be read."""
    if as_json and output == "-":
        raise typer.BadParameter("--json and -o - would both go to standard output")
    if resume and overwrite:
        raise typer.BadParameter("--resume goes on, --overwrite starts over; give one of them")
    start, names = monotonic(), _names(columns)
    if engine is None:
        refuse({"--address": address, "--workers": workers}, "only goes with --engine ray")
    else:
        others = {"--format": format, "--bom": bom, "--bad-rows": bad_rows}
        others["--languages"] = languages or None
        refuse(others, "does not go with --engine, which writes a folder of Parquet")
        how = RayRun(engine, address, workers, resume, overwrite)
        said = {"model": model, "abstain": abstain, "text_column": text_column, "columns": names}
        said |= {"explain": explain, "prefix": prefix, "encoding": encoding}
        tally, before = how.score(inputs, input_format, table.read(), output, said)
        return _report(tally, output, how.bad_rows(output), monotonic() - start, before, as_json)
    from tonality.score.files.input_files import find_inputs
    from tonality.score.files.job import Options
    from tonality.score.files.output_target import is_stream, output_format, side_file

    found = find_inputs(inputs, input_format, encoding)
    if resume and (is_stream(output) or any(source.path is None for source in found)):
        raise typer.BadParameter("--resume needs files: a pipe cannot be read or written again")
    written, packing = output_format(output, format, found[0].format)
    _require(written, packing)
    side = side_file(output, bad_rows, found)
    options = Options(
        written, packing, text_column, names, explain, prefix, encoding, table.read(), bom,
        languages,
    )  # fmt: skip
    with _job(found, options, model, abstain) as (job, fingerprint):
        start = monotonic()
        if is_stream(output):
            _to_stream(job, output, side)
            before = 0
        else:
            assert side is not None
            before = _to_file(job, fingerprint, Path(output), side, resume, overwrite)
    _report(job.tally, output, side, monotonic() - start, before, as_json)


@contextmanager
def _job(
    inputs: list[Input], options: Options, model: str | None, abstain: float | None
) -> Iterator[tuple[ScoringJob, str]]:
    """The job, and what tells its model from others."""
    from tonality.artifact.config_json import folder_sha256
    from tonality.classifier import load, model_path
    from tonality.score.files.job import ScoringJob

    classifier = load(model, abstain=abstain)
    fingerprint = folder_sha256(model_path(model))
    with ScoringJob(classifier, inputs, options) as job:
        yield job, fingerprint


def _to_file(
    job: ScoringJob, fingerprint: str, path: Path, side: Path, resume: bool, overwrite: bool
) -> int:
    """Scores into a file; returns how many rows an earlier run had done."""
    from tonality.errors import TonalityError
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


def _names(columns: list[str] | None) -> tuple[str, ...] | None:
    if columns is None:
        return None
    names = (name.strip() for given in columns for name in given.split(","))
    return tuple(name for name in names if name)


def _report(
    tally: Tally, output: str, side: Path | None, seconds: float, before: int, as_json: bool
) -> None:
    from tonality.messages import counted, shares, unfamiliar
    from tonality.tables.encoding import REMEDY
    from tonality.tables.row_stream import INVALID

    rows = tally.rows + tally.unreadable
    rate = (tally.rows - before) / max(seconds, 1e-9)
    if as_json:
        found = {
            **tally.to_json(),
            "seconds": round(seconds, 3),
            "rows_per_second": round(rate, 1),
        }
        typer.echo(plain_json.dumps({"output": output, **found}, ascii_only=True))
    where = "" if output == "-" else f" in {output}"
    say(f"{counted(tally.rows, 'row')}{where}; {spoken(seconds)}, {rate:,.0f} a second")
    if tally.judged:
        for label, count in tally.labels.items():
            mean = tally.probabilities.get(label)
            text = "" if mean is None else f"   mean p {mean / tally.judged:.3f}"
            say(f"  {label:<12} {count:>12,} {count / tally.judged:>7.1%}{text}")
        say(
            f"  mean score {tally.scores / tally.judged:.3f}; {tally.truncated:,} texts "
            f"truncated ({tally.truncated / tally.judged:.1%}); {tally.empty:,} empty"
        )
    if tally.unfamiliar:
        say(f"  {unfamiliar(tally.unfamiliar, tally.judged)}")
    if tally.languages:
        say(f"  languages: {shares(tally.languages)}")
    if tally.empty:
        say(f"  {counted(tally.empty, 'row')} without a text: no verdict, and in no share above")
    if tally.unreadable:
        where = "" if side is None else f"; they are in {side}"
        say(f"  {tally.unreadable:,} of {counted(rows, 'row')} could not be read{where}")
        for example in tally.examples:
            say(f"    {example}")
        if INVALID in tally.reasons:
            say(f"  {REMEDY}")
        raise typer.Exit(UNREADABLE)
