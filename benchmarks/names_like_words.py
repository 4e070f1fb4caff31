"""Makes the list of names that are not read as misspelt words of feeling.

``python -m benchmarks.names_like_words`` looks through the names of all countries in faker, letters
alone, without their accents, and through the commonest of the United States' census of 1990, which
the package names has. It keeps those that are a typing error away from a word that the model
``general`` takes as praise or blame. What codespell knows as a misspelling is left out. Needs
``pip install faker==40.63.0 names==0.3.0 codespell==2.4.3``.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
import unicodedata
from collections.abc import Iterable, Iterator
from importlib.resources import files

import tonality
from tonality.text.typing_errors import NAMES, one_error_away

FEELS = 0.3  # a valence
COMMON = 20_000  # family names of the census
HEAD = """\
# Names that are a typing error away from a word of feeling, by benchmarks/names_like_words.py. From
# the lists of faker (MIT License, Copyright (c) 2012 Daniele Faraglia) and the census of the United
# States of 1990 (public domain).
"""


def main() -> None:
    """Writes the list."""
    classifier = tonality.load()
    known = classifier._encoder.vocabulary.forms
    words = [word for word in known if re.fullmatch("[a-z]+", word)]
    said = zip(words, classifier.predict(words), strict=True)
    felt = {word for word, prediction in said if abs(prediction.valence or 0.0) >= FEELS}
    misspelt = {line.split("->")[0] for line in _misspellings()}
    found = {
        name
        for name in {*_names(), *_census()} - misspelt - known.keys()
        if re.fullmatch("[a-z]{4,24}", name) and not felt.isdisjoint(one_error_away(name))
    }
    NAMES.write_text(HEAD + "".join(f"{name}\n" for name in sorted(found)), encoding="ascii")
    print(f"{len(found)} names are in {NAMES}")


def _misspellings() -> list[str]:
    dictionary = files("codespell_lib") / "data" / "dictionary.txt"
    return dictionary.read_text(encoding="utf-8").splitlines()


def _names() -> Iterator[str]:
    """The given and family names of all providers, in lower case and without accents."""
    people = importlib.import_module("faker.providers.person")
    for module in pkgutil.iter_modules(people.__path__):
        provider = importlib.import_module(f"faker.providers.person.{module.name}").Provider
        for kind in dir(provider):
            listed = getattr(provider, kind)
            if re.search("first_name|last_name|romanized", kind) and isinstance(listed, Iterable):
                for name in re.findall(r"\w+", " ".join(map(str, listed))):
                    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore")
                    yield plain.decode().lower()


def _census() -> Iterator[str]:
    for file in ("dist.female.first", "dist.male.first", "dist.all.last"):
        for line in (files("names") / file).read_text(encoding="ascii").splitlines()[:COMMON]:
            yield line.split()[0].lower()


if __name__ == "__main__":
    main()
