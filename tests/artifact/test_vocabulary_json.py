"""``vocabulary.json`` read the quick way and by the JSON parser: the same, or the same refusal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from small_models import small_network, small_vocabulary
from tonality.artifact.config_json import dump_json
from tonality.artifact.vocabulary_json import read_vocabulary
from tonality.errors import ArtifactError
from tonality.text.vocabulary import Vocabulary

PATH = Path("vocabulary.json")
VOCABULARY = small_vocabulary()
WRITTEN = dump_json(VOCABULARY.to_json(), PATH)
TABLE = b'"ngrams":{"2":[2,4,5,2],"3":[5,2,4]}'


def read(data: bytes) -> Vocabulary:
    return read_vocabulary(data, small_network(VOCABULARY), PATH)


def test_written_compactly_or_not_it_is_the_same_vocabulary() -> None:
    assert TABLE in WRITTEN
    assert read(WRITTEN) == VOCABULARY
    assert read(json.dumps(json.loads(WRITTEN), indent=1).encode()) == VOCABULARY


@pytest.mark.parametrize(
    "numbers",
    [b"2,4,,5,2", b",2,4,5,2", b"2,4,5,2,", b"02,4,5,2", b"2,4,5,002", b"2,4,5,%d" % 10**30, b","],
)
def test_numbers_that_are_none_are_refused(numbers: bytes) -> None:
    with pytest.raises(ArtifactError, match=r"JSON|word ids|outside"):
        read(WRITTEN.replace(b"2,4,5,2", numbers))


def test_a_table_of_ngrams_elsewhere_is_none_of_the_vocabulary() -> None:
    empty = WRITTEN.replace(TABLE, b'"ngrams":{"2":[],"3":[]}')
    for other in (b"{%s}" % TABLE, json.dumps(TABLE.decode()).encode()):
        assert b'"forms":{"movie":4}' in empty
        with pytest.raises(ArtifactError, match="forms"):
            read(empty.replace(b'"forms":{"movie":4}', b'"forms":{"movie":%s}' % other))


def test_a_word_may_look_like_the_table() -> None:
    word = TABLE.decode()
    values = VOCABULARY.to_json()
    values["words"][-1] = word
    assert read(dump_json(values, PATH)).words[-1] == word
