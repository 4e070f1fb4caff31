"""Columns as people name them: in another case, by number, several with commas between."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from tonality.messages import and_more, shorten

_NUMBER = re.compile("[0-9]{1,9}")
SHOWN = 30  # columns or labels that a message lists
LONGEST = 60  # characters of a name in a message


def places_of(columns: Sequence[str], given: str) -> list[int]:
    """The columns of a name or a number; in any case and punctuation if none is spelled so.

    Args:
        columns: their names as they are written; the second of a name is asked for as ``name_2``.
        given: what is asked for; numbers count from 1.
    """
    names = distinct(columns)
    found = [i for i, name in enumerate(names) if name == given]
    # Before names without punctuation: the second of two columns without a name is "_2".
    if not found and _NUMBER.fullmatch(given) and 1 <= int(given) <= len(columns):
        found = [int(given) - 1]
    if not found and (letters := plain(given)):
        found = [i for i, name in enumerate(names) if plain(name) == letters]
    return found


def split_names(columns: Sequence[str], given: str) -> list[str]:
    """The names in a value with commas between, stripped; commas of a column's own stay in it.

    Where several readings are possible, the longest name of a column counts. One that is spelled
    otherwise, as ``Like, why?`` for ``like,why``, does not where each part stands for a column.
    """
    if given.strip() and given in columns:
        return [given]
    with_commas = [name for name in distinct(columns) if "," in name]
    parts, names, begin = given.split(","), [], 0
    while begin < len(parts):
        end = begin + 1
        for longer in range(len(parts), end, -1) if with_commas else ():
            if _is_one(columns, with_commas, parts[begin:longer]):
                end = longer
                break
        names.append(",".join(parts[begin:end]).strip())
        begin = end
    return [name for name in names if name]


def _is_one(columns: Sequence[str], with_commas: Sequence[str], parts: Sequence[str]) -> bool:
    """Whether parts between commas are the name of one column."""
    name = ",".join(parts).strip()
    if name in with_commas:
        return True
    alike = bool(places_of(with_commas, name))
    return alike and any(not places_of(columns, part.strip()) for part in parts)


def real_names(columns: Sequence[str], given: Sequence[str]) -> list[str]:
    """The columns that names stand for, each once; a name that no column has stays as it is.

    Args:
        columns: the table's.
        given: names in any case or numbers, each also several with commas between.
    """
    names, found = distinct(columns), dict[str, None]()
    for value in given:
        for part in split_names(columns, value):
            places = places_of(columns, part)
            found |= dict.fromkeys([names[place] for place in places] or [part])
    return list(found)


def distinct(columns: Sequence[str]) -> list[str]:
    """The columns' names; the second of a name becomes ``name_2``."""
    taken, counts, result = set(columns), Counter[str](), []
    for name in columns:
        counts[name] += 1
        if counts[name] > 1:
            while (other := f"{name}_{counts[name]}") in taken:
                counts[name] += 1
            name = other
            taken.add(name)
        result.append(name)
    return result


def plain(name: str) -> str:
    """A name without case, spaces and punctuation: ``Review Text`` is ``reviewtext``."""
    return re.sub(r"[\W_]+", "", name.casefold())


def cut(name: str) -> str:
    """A name or label as a message shows it: a long one ends in ``…``."""
    return shorten(name, LONGEST)


def unknown(columns: Sequence[str], given: str, hint: str = "") -> str:
    """Why a name or a number stands for no column, a hint, and which columns there are."""
    return f"no column {given!r}. {hint}{listed(columns)}"


def listed(columns: Sequence[str]) -> str:
    """The columns, for a message; by number those that it cannot show as they are written."""
    names = distinct(columns)
    unnamed = {"", *(f"_{number}" for number in range(2, len(names) + 1))} if "" in names else ()
    shown = [
        str(number)
        if name in unnamed
        else repr(name)
        if len(name) <= LONGEST and repr(name)[1:-1] == name
        else f"{number}: {cut(name)!r}"
        for number, name in enumerate(names[:SHOWN], start=1)
    ]
    more = and_more(len(names) - SHOWN)
    numbers = " (a number stands for its column)" if any(one[0].isdigit() for one in shown) else ""
    return f"Columns: {', '.join(shown)}{more}{numbers}"
