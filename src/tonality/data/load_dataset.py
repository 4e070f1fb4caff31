"""``load_dataset``: what one ``--data`` argument names, as train, test and unlabelled tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tonality.data.imdb.cache_folder import ARCHIVE_NAME, cached_imdb
from tonality.data.imdb.stanford import find_folder, is_archive, load_stanford
from tonality.durable_files import open_regular, resolved
from tonality.errors import DataError
from tonality.tables.bad_rows import BadRows
from tonality.tables.column_names import LabelMap, TextColumn, Wanted, several
from tonality.tables.dataset import Dataset, Table
from tonality.tables.encoding import checked_encoding
from tonality.tables.open_file import format_of, sha256_of, table_stem, unreadable
from tonality.tables.option_formats import check_options
from tonality.tables.read_options import ReadOptions
from tonality.tables.read_table import joined_labels, read_file, side_file, with_labels
from tonality.tables.spelled_names import SHOWN

PARTS: Mapping[str, tuple[str, ...]] = {
    "train": ("train",),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test",),
    "unlabelled": ("unsup", "unlabelled", "unlabeled", "unsupervised"),
}


def load_dataset(
    spec: str | Path,
    *,
    text_column: TextColumn = None,
    label_column: str | None = None,
    group_column: str | None = None,
    label_map: Mapping[str, str] | None = None,
    extra_columns: str | Sequence[str] = (),
    collection_column: str | None = None,
    bad_rows: str | Path | None = None,
    encoding: str | None = None,
    options: ReadOptions | None = None,
    quiet: bool = False,
) -> Dataset:
    """Loads the data that ``spec`` names.

    Args:
        spec: ``"imdb"``, fetched before by ``tonality download imdb``; a file (see
            ``read_table``); a folder with ``train.*`` and, if there are any, ``validation.*``,
            ``test.*`` and ``unsup.*`` or ``unlabelled.*``; Stanford's folder ``aclImdb`` or its
            archive.
        text_column: as for ``read_table``, for every file; so are the others.
        label_column: the class.
        group_column: what must not be split.
        label_map: label in the file -> label in the table.
        extra_columns: further columns to keep, or the one, as text, of the labelled tables.
        collection_column: a further column to keep, which says what collection a text is from; the
            training and validation parts must have it, the others may.
        bad_rows: where to write the rows that cannot be read, of all files.
        encoding: that of all files.
        options: how all of them are written.
        quiet: whether it goes unsaid which spellings of labels are joined (``Dataset.joined``).

    Returns:
        The dataset, with the SHA-256 of each file that was read.

    Raises:
        ConfigError: an unknown encoding, or an option that suits no file.
        DataError: nothing there that can be read, or no row has a label that is to be mapped.
        DependencyError: a Parquet file, and pyarrow is missing.
    """
    mapping, extras = LabelMap(label_map), several(extra_columns)
    columns = (text_column, label_column, group_column)
    optional = () if collection_column is None else (collection_column,)
    options = dataclasses.replace(options or ReadOptions(), met=set())
    encoding = checked_encoding(encoding)
    wanted = Wanted(*columns, mapping, extras, encoding, optional=optional, options=options)
    path = cached_imdb() if spec == "imdb" else Path(spec)
    dataset = _load(path, wanted, bad_rows)
    mapping.check(path, dataset.train)
    options.warn_of_unmet(path)
    dataset = dataclasses.replace(dataset, text_column=text_column, options=options)
    return _joined(dataset, mapping, path, quiet=quiet)


def _joined(dataset: Dataset, mapping: LabelMap, path: Path, *, quiet: bool) -> Dataset:
    """The dataset with the spellings of one label joined, alike in all parts."""
    tables = [dataset.train] if dataset.test is None else [dataset.train, dataset.test]
    joined = joined_labels(tables, mapping, path, quiet=quiet)
    test = None if dataset.test is None else with_labels(dataset.test, joined)
    train = with_labels(dataset.train, joined)
    return dataclasses.replace(dataset, train=train, test=test, joined=joined, named=mapping.named)


def with_unlabelled(
    dataset: Dataset,
    path: str | Path,
    *,
    text_column: TextColumn = None,
    encoding: str | None = None,
    options: ReadOptions | None = None,
) -> Dataset:
    """The dataset with the texts of one more file, whose labels, if any, are not looked at.

    Args:
        dataset: the data.
        path: as for ``read_table``; so are the others.
        text_column: the column with the text, where the file has it; if not, it is found by its
            usual names.
        encoding: of the file.
        options: how it is written.

    Raises:
        ConfigError: an unknown encoding.
        DataError: the file cannot be read.
        DependencyError: a Parquet file, and pyarrow is missing.
    """
    path, options = Path(path), options or ReadOptions()
    wanted = Wanted(text_column, "", "", encoding=checked_encoding(encoding), options=options)
    try:
        table = _read(path, wanted)
    except DataError:
        if text_column is None:
            raise
        # The labelled file's column; this one may call it otherwise.
        table = _read(path, dataclasses.replace(wanted, text=None))
    return dataclasses.replace(
        dataset,
        unlabelled=table if dataset.unlabelled is None else dataset.unlabelled.joined(table),
        sha256={**dataset.sha256, f"{path.name} (unlabelled)": sha256_of(path)},
    )


def _read(path: Path, wanted: Wanted) -> Table:
    with BadRows(None) as collected:
        return read_file(path, wanted, collected)


def _load(path: Path, wanted: Wanted, bad_rows: str | Path | None) -> Dataset:
    with _probing(path):
        if not path.is_dir():
            open_regular(path).close()
        stanford = _find_stanford(path)
        files = {} if stanford else {"train": path} if path.is_file() else _find_parts(path)
    formats = ["the reviews of IMDB"] if stanford else [format_of(f)[0] for f in files.values()]
    check_options(wanted.options, formats)
    if stanford is not None:
        with BadRows(side_file(bad_rows, stanford)) as collected:
            return load_stanford(stanford, wanted, collected)
    with BadRows(side_file(bad_rows, *files.values())) as collected:
        tables = {part: _read_part(part, file, wanted, collected) for part, file in files.items()}
    train, validation = tables["train"], tables.get("validation")
    return Dataset(
        train=train if validation is None else train.joined(validation),
        test=tables.get("test"),
        unlabelled=tables.get("unlabelled"),
        name=table_stem(path.name) or path.name if path.is_file() else resolved(path).name,
        sha256={file.name: sha256_of(file) for file in files.values()},
        validation_rows=0 if validation is None else len(validation),
        validation_source="" if validation is None else validation.source,
        validation_bad_reasons={} if validation is None else validation.bad_reasons,
        validation_without_text=0 if validation is None else validation.without_text,
        validation_labelled=validation is None
        or validation.labels is not None
        or train.labels is None,
    )


@contextmanager
def _probing(path: Path) -> Iterator[None]:
    """What the system refuses while a path is looked at: no such file, no right, a long name."""
    try:
        yield
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:  # a null character
        raise DataError(f"cannot be read: {error}", path=path) from error


def _find_stanford(path: Path) -> Path | None:
    """Returns the Stanford folder or archive that ``path`` is or holds, else ``None``."""
    if path.is_file():
        return path if is_archive(path) else None
    folder = find_folder(path)
    archive = path / ARCHIVE_NAME
    return archive if folder is None and archive.is_file() else folder


def _read_part(part: str, file: Path, wanted: Wanted, bad_rows: BadRows) -> Table:
    if part == "unlabelled":  # some carry a label column that means nothing, such as -1
        wanted = dataclasses.replace(wanted, label="", extras=())
    elif part != "test":
        extras = (*wanted.extras, *wanted.optional)
        wanted = dataclasses.replace(wanted, extras=extras, optional=())
    return read_file(file, wanted, bad_rows)


def _find_parts(folder: Path) -> dict[str, Path]:
    """Finds the files of a folder by their names; a lone data file is the training part."""
    tables = [f for f in sorted(folder.iterdir()) if f.is_file() and table_stem(f.name) is not None]
    parts: dict[str, Path] = {}
    for part, stems in PARTS.items():
        found = [file for file in tables if table_stem(file.name) in stems]
        if len(found) > 1:
            names = ", ".join(file.name for file in found)
            raise DataError(f"several files could be the {part} part: {names}", path=folder)
        if found:
            parts[part] = found[0]
    if not parts and len(tables) == 1:
        return {"train": tables[0]}
    if "train" not in parts:
        raise DataError(_no_train_part(folder, tables), path=folder)
    return parts


def _no_train_part(folder: Path, tables: Sequence[Path]) -> str:
    found = [file.name for file in tables] or sorted(file.name for file in folder.iterdir())
    names = ", ".join(found[:SHOWN]) or "nothing"
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    advice = f"; name one of the files, such as {folder / found[0]}" if tables else ""
    return f"expected train.csv, train.parquet or the like; found {names}{more}{advice}"
