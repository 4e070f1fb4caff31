"""What spreadsheets, survey tools and countries do to a CSV, told from its first lines."""

from __future__ import annotations

import csv
import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tonality.data import read_table
from tonality.errors import ConfigError, DataError
from tonality.score import Row, Rows, read_rows
from tonality.tables.bad_rows import Fault
from tonality.tables.read_options import QUOTINGS, ReadOptions
from tonality.tables.table_head import delimiter_of, read_head

# Of each file, by its bytes as Latin-1: the delimiter, and the first text. The page's tests hold
# its rules in JavaScript to the same.
HEADS = Path(__file__).parents[1] / "golden" / "table_heads.json"
QUOTES = HEADS.with_name("table_quotes.json")  # and how quotes are meant


def read(content: str | bytes, format: str = "csv", **given: object) -> Rows:
    data = content if isinstance(content, bytes) else content.encode()
    return read_rows(io.BytesIO(data), format, **given)  # type: ignore[arg-type]


def texts(rows: Rows) -> list[str | None]:
    found = list(rows.items)
    assert not [item for item in found if isinstance(item, Fault)]
    return [item.text for item in found if isinstance(item, Row)]


@pytest.mark.parametrize("case", json.loads(HEADS.read_text()), ids=lambda case: case["why"])
def test_the_heads_that_the_page_is_held_to(case: dict[str, str]) -> None:
    rows = read(case["bytes"].encode("latin-1"), text_column="1")
    assert (rows.delimiter, texts(rows)[0]) == (case["delimiter"], case["first"])


@pytest.mark.parametrize("case", json.loads(QUOTES.read_text()), ids=lambda case: case["why"])
def test_quotes_that_are_told_are_read_as_those_that_are_found(case: dict[str, str]) -> None:
    def items(quoting: str | None) -> list[Row | Fault]:
        options = ReadOptions(quoting=quoting)
        rows = read(case["bytes"].encode("latin-1"), case["kind"], text_column="2", options=options)
        return list(rows.items)

    assert items(case["quoting"]) == items(None)


def test_a_table_of_one_column_may_be_told_to_have_plain_quotes() -> None:
    rows = read(b'text\n"Great" film\n\n"So, so\n', "csv", options=ReadOptions(quoting="none"))
    assert texts(rows) == ['"Great" film', '"So, so']


def test_the_quoting_that_is_told_holds_for_all_rows() -> None:
    content = '1\t"a \\"b\\" c"\n2\t"Great" film\n'
    found = {
        quoting: [
            item.text if isinstance(item, Row) else None
            for item in read(
                f"id\ttext\n{content}", "tsv", options=ReadOptions(quoting=quoting)
            ).items
        ]
        for quoting in QUOTINGS
    }
    assert found == {
        "double": [None, None],
        "backslash": ['a "b" c', None],
        "none": ['"a \\"b\\" c"', '"Great" film'],
    }


@pytest.mark.parametrize(
    "first",
    [
        "sep=;\r\n",
        '"sep=;"\r\n',
        "SEP=;\n",
        "\ufeffsep=;\n",
        '\ufeff"sep=;"\r\n',
        "sep=;;\n",
        "\nsep=;\n",
    ],
)
def test_the_line_of_excel_names_the_delimiter(first: str) -> None:
    rows = read(
        f'{first}id;review, in words\r\n1;"It broke; at once"\r\n2;I love it\r\n', text_column="2"
    )
    assert rows.columns == ["id", "review, in words"]
    assert texts(rows) == ["It broke; at once", "I love it"]
    assert rows.delimiter == ";"


def test_a_line_that_names_tabs() -> None:
    assert texts(read("sep=\t\nid\treview\n1\tgood, very\n")) == ["good, very"]
    assert texts(read("sep=|\nid|review\n1|good\n", "tsv")) == ["good"]
    assert (
        delimiter_of("sep=\t\n"),
        delimiter_of("sep=;\n"),
        delimiter_of("a\tb"),
        delimiter_of(""),
    ) == (
        "\t",
        ";",
        "\t",
        "",
    )


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ('"Review; in words","stars"\ngood,5\n', ","),
        ('"Your\nreview, please";"stars"\ngood;5\n', ";"),
        ('"Your\nreview; or, a, b, c";stars\r\ngood;5\n', ";"),
        ("Review, if any;stars\ngood, nice;5\nbad;1\nfine;3\n", ";"),
        ("review;price, in EUR\ngood;1,50\nbad;2,50\n", ";"),
        ("review,a;b\nx,y\n", ","),
        ("review|stars\na|1\n", "|"),
        ("review\tstars, 1;5\na\t1\n", "\t"),
        ('id,"5"" screen",review\n1,2,"a;b;c"\n', ","),
    ],
)
def test_the_delimiter_is_told_outside_quotes_and_by_several_rows(
    content: str, delimiter: str
) -> None:
    rows = read(content, text_column="1")
    assert rows.delimiter == delimiter
    assert not [item for item in rows.items if isinstance(item, Fault)]


def test_the_delimiter_can_be_given() -> None:
    for name in ("semicolon", ";"):
        options = ReadOptions.of(delimiter=name)
        rows = read("review, long;x\na;1\n", text_column="1", options=options)
        assert rows.columns == ["review, long", "x"]
    assert texts(read("text:n\na:1\n", options=ReadOptions.of(delimiter=":"))) == ["a"]
    for wrong in ("", ";;", '"', "\n"):
        with pytest.raises(ConfigError, match="expected one character, or comma"):
            ReadOptions.of(delimiter=wrong)


def test_without_a_header() -> None:
    options = ReadOptions.of(no_header=True)
    rows = read("1;good, very\n2;bad\n", text_column="2", options=options)
    assert rows.columns == ["column_1", "column_2"]
    assert texts(rows) == ["good, very", "bad"]
    one = read("It broke, sadly\nI love it\n", text_column="1", options=options)
    found = list(one.items)
    assert [(item.number, item.text) for item in found if isinstance(item, Row)] == [
        (1, "It broke, sadly"),
        (2, "I love it"),
    ]
    with pytest.raises(DataError, match="no text column"):
        read("1;good\n", options=options)


def test_a_header_further_down() -> None:
    content = "Report of May;;\n;;\n\nid;review;n\n1;good;2\n"
    assert texts(read(content, options=ReadOptions.of(header_row=4))) == ["good"]
    assert texts(read(f"sep=;\n{content}", options=ReadOptions.of(header_row=5))) == ["good"]
    with pytest.raises(DataError, match="has 5 lines, so line 9 names no columns"):
        read(content, options=ReadOptions.of(header_row=9))
    for row, none in ((0, False), (2, True)):
        with pytest.raises(ConfigError, match="no-header"):
            ReadOptions.of(header_row=row, no_header=none)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("Report of May;;\nMade 2024-06-01;;\n;;\nid;what;n\n1;good;2\n", 4),
        ('\n"Report\nof May",\n"by\nme",\nid,Your words\n1,good\n', 6),
        ("Report of May\n\nid;what, and why;n\n1;good;2\n2;bad;3\n", 3),
        ("sep=,\nReport,,\nid,what,n,\n", 3),
        ("Report,,\n1,good,5\n2,bad,3\n", 0),
        ("gripe\nGood, fast, and cheap\nSlow, but good\n", 0),
        (",gripe\na,Good\n", 0),
        ("id,,\nid,ID,n\n", 0),
        ("gripe,\nGreat film,Anna\nBad film,Bert\nI hate it,Carl\n", 0),
        ("Survey\nBerlin, Germany\n\nid,what,n\n1,good,2\n2,bad,3\n", 4),
        ('Survey,,\n"By Ann",Bob,\n,,\nid,what,n\n1,good,2\n', 4),
        ("Report;;\nid;what;n\n;;\n1;good;5\n2;bad;3\n", 2),
    ],
)
def test_a_title_above_the_header_is_noticed(
    content: str, line: int, caplog: pytest.LogCaptureFixture
) -> None:
    hint = f"; line {line} looks like the header: give --header-row {line}"
    for column in (None, "no"):
        with pytest.raises(DataError) as caught:
            read(content, text_column=column)
        assert str(caught.value).endswith(hint) if line else "looks like" not in str(caught.value)
    rows = read(content, text_column="1")
    with caplog.at_level(logging.WARNING):
        list(rows.items)
    told = [record.message for record in caplog.records if "looks like" in record.message]
    # One column of texts may have commas in them: only where it is not found, something is said.
    assert told == [f"standard input{hint.replace(';', ':')}"] * (line > 0 < len(rows.columns) - 1)
    if line:
        rows = read(content, text_column="2", options=ReadOptions.of(header_row=line))
        assert rows.columns[1].startswith(("what", "Your words"))


@pytest.mark.parametrize(
    ("content", "titled"),
    [
        ("Results 2024,,\nMade by us,,\nOpinion,Branch,Date\ngood,Hill,1 May\n", True),
        ("Results 2024\n\nOpinion;Branch;Date\ngood;Hill;1 May\n", True),
        ("Opinion,Branch\ngood,Hill\n", False),
        (",gripe\n1,good\n", False),
    ],
)
def test_a_title_above_names_that_are_not_usual_is_thought_of(
    content: str, titled: bool, caplog: pytest.LogCaptureFixture
) -> None:
    advice = (
        "; if 'Results 2024' is a title above the names of the columns, give the line of the names "
        "by --header-row; if it is a text, give --no-header"
    )
    for column in (None, "no"):
        with pytest.raises(DataError) as caught:
            read(content, text_column=column)
        assert str(caught.value).endswith(advice) == titled
        assert ("title" in str(caught.value)) == titled
    with caplog.at_level(logging.WARNING):
        list(read(content, text_column="1").items)
    assert "title" not in caplog.text
    with pytest.raises(DataError) as caught:
        read("It broke\nI love it\n", text_column="no", options=ReadOptions(header_row=0))
    assert "title" not in str(caught.value)


def test_texts_without_a_header_are_read_as_the_message_says() -> None:
    content = "It broke at once\nI love it\nNever again\n"
    with pytest.raises(DataError, match=r"'It broke at once' is .*; if it is a text, give --no-h"):
        read(content)
    assert len(texts(read(content, options=ReadOptions.of(no_header=True)))) == 3


@pytest.mark.parametrize("column", [None, "review", "REVIEW"])
@pytest.mark.parametrize("row", ["id,5,film", "Great film,Anna,", "movie,comment,"])
def test_columns_without_a_name_are_no_title_where_the_texts_are_named(
    column: str | None, row: str, caplog: pytest.LogCaptureFixture
) -> None:
    rows = read(f"review,,\n{row}\nBad film,5,x\nI hate it,3,x\n", text_column=column)
    with caplog.at_level(logging.WARNING):
        assert len(texts(rows)) == 3
    assert not caplog.records


@pytest.mark.parametrize("given", ["REVIEW", "review", " Re-View", "2", "02"])
def test_the_text_column_by_any_writing_or_number(given: str) -> None:
    assert texts(read("id,Review,other text\n1,good,x\n", text_column=given)) == ["good"]


def test_a_name_that_is_a_number_wins() -> None:
    assert texts(read("x,y,1\na,b,c\n", text_column="1")) == ["c"]
    with pytest.raises(DataError, match="no column '4'"):
        read("x,y\n", text_column="4")


@pytest.mark.parametrize(
    "given", ["title,body", "TITLE, 3", ["title", "body"], ["title,body", "body"]]
)
def test_several_text_columns_are_joined(given: str | list[str]) -> None:
    rows = read("title,id,body\nGreat,1,I love it\n,2,Only this\nNULL,3,\n", text_column=given)
    assert rows.text_column == "title + body"
    assert texts(rows) == ["Great\nI love it", "Only this", None]
    found = read('{"title": "a", "body": "b"}\n{"body": "c"}\n', "jsonl", text_column="title,body")
    assert texts(found) == ["a\nb", "c"]


def test_a_name_with_a_comma_in_it_is_one_column() -> None:
    assert texts(read('a,"a,b",b\n1,2,3\n', text_column="a,b")) == ["2"]


def test_lines_with_commas_below_a_header_without_one() -> None:
    content = (
        'review\nIt broke, sadly\n"Quoted, and\nbroken"\n"Bad" film, really\nplain\n"open, end\n'
    )
    assert texts(read(content)) == [
        "It broke, sadly",
        "Quoted, and\nbroken",
        '"Bad" film, really',
        "plain",
        '"open, end',
    ]


def test_a_quote_that_closes_too_early_costs_its_own_row() -> None:
    found = list(read('review,label\n"Bad" film,negative\ngood,positive\n').items)
    assert isinstance(found[0], Fault)
    assert isinstance(found[1], Row)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_that_end_in_one_delimiter_more(end: str) -> None:
    rows = read(end.join(["id,review", "1,bad,", "2,good,", ""]))
    assert texts(rows) == ["bad", "good"]
    assert texts(read(end.join(["id;review", "1;bad;", "2;good", ""]))) == ["bad", "good"]
    assert texts(read(end.join(["id\treview", "1\tbad\t", "2\tgood\t", ""]), "tsv")) == [
        "bad",
        "good",
    ]
    one_more = read(end.join(["id,review,", "1,bad", "2,good", ""]))
    assert one_more.columns == ["id", "review"]
    assert texts(one_more) == ["bad", "good"]


@pytest.mark.parametrize(
    "content",
    [
        '"text","n"\n"1","good, so",5\n"2","bad",1\n',
        '"n";"text"\r\n"1";7;"good, so"\r\n"2";9;"bad"\r\n',
        '"text","n"\n\n"1","good\nso",NA\n\n"2","bad",""\n',
        '"text","5"" screen"\n"1","good, so",NA\n"2","bad",""\n',
        '"text"\t"n"\n"1"\t"good, so"\t5\n"2"\t"bad"\t1\n',
    ],
)
def test_a_table_of_r_with_names_of_rows(caplog: pytest.LogCaptureFixture, content: str) -> None:
    with caplog.at_level(logging.WARNING):
        rows = read(content)
        assert rows.columns[0] == ""
        assert [str(text).replace(",", "").replace("\n", " ") for text in texts(rows)] == [
            "good so",
            "bad",
        ]
    assert "one field more than the header, as R writes the names of rows" in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        "text,label\nGood, very,5\nBad, so,1\n",  # commas in texts
        "text,price\ngood,5,50\nbad,1,20\n",  # or in numbers
        "id,text,price\n1,good,5,50\n2,bad,1,20\n",
        "label,text\n1,Good, very\n0,Bad, so\n",
        '"text","n"\n"good","so",5\n',  # one row alone
        '"n","text"\n"1","good","so"\n"1","bad","so"\n',  # names differ
        '"n","text"\n"1","good","so"\n"2","bad"\n',
        "customer_id,comment\n1000,awful product 0,1\n1001,fine product 0,2\n",
        '"id","text"\n"1","good","x"\n"2","bad","y"\n',
        "rating,review\n4,5,great product\n3,5,fine product\n",
        '"price","review"\n1,100,"great product"\n2,250,"fine product"\n',
        '"text","label"\n"Great stuff", loved it,1\n"Bad stuff", hated it,0\n',
        'n,text\n"1","good","so"\n"2","bad","so"\n',  # names without quotes
        '"n",text\n"1","good","so"\n"2","bad","so"\n',
        '"n","text"\n1,"good","so"\n2,"bad","so"\n',
        '"n","text"\n"2","good","so"\n"3","bad","so"\n',  # not from 1 on
        '"n","text"\n"1","good","so"\n"3","bad","so"\n',
    ],
)
def test_other_rows_that_are_too_long_are_at_fault(content: str) -> None:
    rows = read(content)
    assert "" not in rows.columns
    assert isinstance(next(rows.items), Fault)


def test_one_row_with_a_delimiter_more_is_not_guessed_at() -> None:
    lines = [f"text {n},{n % 2}" for n in range(10)]
    found = list(read("\n".join(["text,label", *lines, "I liked it, mostly,"])).items)
    assert isinstance(found[-1], Fault)
    assert found[-1].reason == "expected 2 fields, found 3"


# As Spark and MySQL export texts with quotes.
ESCAPED = [
    ('1,"He said \\"awful\\", then left"\n', 'He said "awful", then left'),
    ('2,"\\"So bad,\\" she said,\nand \\"left\\""\n', '"So bad," she said,\nand "left"'),
    ('3,"C:\\new\\\\"\n', "C:\\new\\"),
    ('4,"5\\", 6\\" and 7\\""\n', '5", 6" and 7"'),
    ("5,good\n", "good"),
]


@pytest.mark.parametrize("format", ["csv", "tsv"])
@pytest.mark.parametrize("first", [0, 1, 3, 4])
def test_quotes_behind_a_backslash(
    caplog: pytest.LogCaptureFixture, format: str, first: int
) -> None:
    rows = [*ESCAPED[first:], *ESCAPED[:first]]
    content = "id,text\n" + "".join(raw for raw, _ in rows)
    if format == "tsv":
        content = re.sub(r"^(id|\d),", r"\1\t", content, flags=re.MULTILINE)
    with caplog.at_level(logging.WARNING):
        assert texts(read(content, format)) == [text for _, text in rows]
    assert caplog.text.count(r"quotes in texts are written \"") == 1


def test_quotes_behind_a_backslash_below_the_head_are_told_of() -> None:
    """How quotes are written is decided once for the whole file, by its first rows."""
    plain = "".join(f'{n},"good, and ""nice"""\n' for n in range(50))
    found = list(read(f"id,text\n{plain}{ESCAPED[0][0]}6,good\n").items)
    fault = next(item for item in found if isinstance(item, Fault))
    assert fault.row == 51
    assert fault.reason.endswith(r'; a quote in a text looks written \", where CSV has ""')
    assert [item.text for item in found if isinstance(item, Row)][-2:] == [
        'good, and "nice"',
        "good",
    ]


def test_quotes_behind_a_backslash_in_the_head_hold_for_the_whole_file() -> None:
    plain = "".join(f"{n},good\n" for n in range(3000))
    found = texts(read(f"id,text\n{ESCAPED[0][0]}{plain}{''.join(raw for raw, _ in ESCAPED[1:])}"))
    assert found[3000:] == ["good", *(text for _, text in ESCAPED[1:])]


def test_no_more_lines_are_waited_for_to_tell_how_quotes_are_written() -> None:
    """A live pipe gives its first row when twenty have come."""
    taken = 0

    def lines() -> Iterator[str]:
        nonlocal taken
        for line in ["id,text\n", *('1,"a \\"b\\" c"\n' for _ in range(100))]:
            taken += 1
            yield line

    head = read_head(lines(), ReadOptions(), tab=False)
    assert taken == 1
    assert next(head.found) == (1, ["1", 'a "b" c'])
    assert taken == 21


def test_tabs_between_plain_quotes_are_not_read_otherwise() -> None:
    """A quote is a plain character in such a file, also behind a backslash."""
    rows = ['1\t"a \\"b\\" c"', '2\t"Great" film', "3\tgood"]
    found = texts(read("id\ttext\n" + "\n".join(rows), "tsv"))
    assert found == [row[2:] for row in rows]


def test_a_record_that_the_head_cuts_does_not_count() -> None:
    """Also where its next line would be a row of its own."""
    rows = "".join(f'{n},"Say \\"so\\"\nand, then\nleave"\n' for n in range(99))
    found = texts(read(f"id,text\n{rows}"))
    assert found == ['Say "so"\nand, then\nleave'] * 99


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (r'"C:\\"', "C:\\"),
        (r'"C:\new\\dir"', r"C:\new\\dir"),
        (r'"a \"b\" c"', 'a "b" c'),
        (r'"x \\\" y"', 'x \\" y'),
        (r'"a ""b"" c"', 'a "b" c'),
        (r"19\" monitor", '19" monitor'),
        (r"C:\new", r"C:\new"),
        ('"a line\\\nbreak"', "a line\\\nbreak"),
    ],
)
def test_backslashes_where_quotes_stand_behind_one(cell: str, text: str) -> None:
    content = f"id,text,n\n1,{ESCAPED[0][0][2:-1]},1\n2,{cell},3\n"
    assert texts(read(content)) == [ESCAPED[0][1], text]


def test_a_table_without_a_header_or_of_r_with_quotes_behind_a_backslash() -> None:
    bare = read(
        '1,"a \\"b\\", c"\n2,good\n', options=ReadOptions.of(no_header=True), text_column="2"
    )
    assert texts(bare) == ['a "b", c', "good"]
    of_r = read('"text","n"\n"1","a \\"b\\", c",1\n"2","good",2\n')
    assert of_r.columns == ["", "text", "n"]
    assert texts(of_r) == ['a "b", c', "good"]
    tabs = read('"text"\t"n"\n"1"\t"a \\"b\\" c"\t1\n"2"\t"good"\t2\n', "tsv")
    assert texts(tabs) == ['a "b" c', "good"]


@pytest.mark.parametrize(
    "rows",
    [
        ['1,"C:\\dir\\"', '2,"good, so"', '3,"E:\\" and'],  # paths
        ['1,"C:\\dir\\"', "2,good", "3,good", '4,19\\" monitor, small'],
        ['1,"E:\\" and', "2,good", "3,good"],
        ['1,"E:\\",5', "2,good", *["3,good"] * 50],
        ['1,"E:\\" and', *['2,"C:\\dir\\"', '3,"good, so"'] * 50],
        ['1,"say ""so"" and \\"no\\" a"', '2,"C:\\dir\\"', *["3,good"] * 50],
        ['1,"C:\\dir\\"', 'stray"', "3,good"],  # the fault is elsewhere
        ["1,good, so", '2,19\\" monitor', "3,good"],
    ],
)
def test_rows_of_csv_are_not_read_otherwise(
    caplog: pytest.LogCaptureFixture, rows: list[str]
) -> None:
    """Though some row with a backslash and a quote is broken."""
    with caplog.at_level(logging.WARNING):
        items = list(read("id,text\n" + "\n".join(rows)).items)
    assert len(items) == len(rows)
    assert sum(isinstance(item, Fault) for item in items) == 1
    assert not caplog.text


def test_a_column_of_texts_with_quotes_behind_a_backslash() -> None:
    assert texts(read('text\n"A \\"film\\",\nreally"\ngood\n')) == ['A "film",\nreally', "good"]


def test_a_backslash_before_a_quote_may_be_one(caplog: pytest.LogCaptureFixture) -> None:
    """In CSV as it should be, also where some other row is broken."""
    content = 'id,text,n\n1,"C:\\dir\\",2\n2,"typed \\""x\\"", so",3\n3,"D:\\",4\n'
    with caplog.at_level(logging.WARNING):
        assert texts(read(content)) == ["C:\\dir\\", 'typed \\"x\\", so', "D:\\"]
        broken = list(read(f'{content}4,"E:\\" and,5\n5,"F:\\",6\n').items)
    assert [item.row for item in broken if isinstance(item, Fault)] == [4]
    assert [item.text for item in broken if isinstance(item, Row)][-1] == "F:\\"
    assert not caplog.text


@given(st.lists(st.tuples(st.booleans(), st.text('ab"\\ ,', max_size=8)), max_size=8))
def test_a_table_with_escaped_quotes_reads_as_many_rows_as_it_has(
    written: list[tuple[bool, str]],
) -> None:
    """Where the first row leaves no doubt; some texts have two lines."""
    cells = ['He said "bad", twice', *('So "bad"\n' * two + text for two, text in written)]
    escaped = [cell.replace("\\", "\\\\").replace('"', '\\"') for cell in cells]
    found = texts(read("id,text\n" + "".join(f'1,"{cell}"\n' for cell in escaped)))
    assert len(found) == len(cells)
    assert [(text or "").count('"') for text in found] == [cell.count('"') for cell in cells]


def test_the_second_header_of_survey_tools(caplog: pytest.LogCaptureFixture) -> None:
    monkey = "Respondent ID,Collector ID,Comment\n,,Open-Ended Response\n11,2,It broke\n"
    qualtrics = (
        'StartDate,Q1,Comment\nStart Date,How?,"Your comment?"\n'
        '"{""ImportId"":""startDate""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2""}"\n'
        "2024-01-01,5,It broke\n"
    )
    for content in (monkey, qualtrics):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            (row,) = read(content).items
        assert isinstance(row, Row)
        assert (row.number, row.text) == (1, "It broke")
        assert "a second header" in caplog.text
    with caplog.at_level(logging.WARNING):
        (row,) = read("A survey\n\n" + monkey, options=ReadOptions(header_row=3)).items
    assert isinstance(row, Row)
    assert (row.number, row.text) == (1, "It broke")
    assert "the line below the header is a second header" in caplog.messages[-1]
    answer = "Respondent ID,Comment\n1,Open-Ended Response\n2,bad\n"
    assert texts(read(answer)) == ["Open-Ended Response", "bad"]


NAME = st.text('abé ",;|\n', min_size=1, max_size=6).map(lambda name: f"n{name.strip()}")
CELL = st.text('xyé ",;|\n', max_size=6)


@settings(deadline=None)
@given(
    names=st.lists(NAME, min_size=2, max_size=4, unique=True),
    rows=st.lists(st.lists(CELL, min_size=4, max_size=4), max_size=6),
    delimiter=st.sampled_from(",;\t|"),
    named=st.booleans(),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_what_the_csv_module_writes_is_read_back(
    names: list[str], rows: list[list[str]], delimiter: str, named: bool, quoting: int
) -> None:
    """With the line that names it always; without one where only one delimiter could be meant."""
    text = io.StringIO()
    if named:
        text.write(f"sep={delimiter}\r\n")
    else:
        names = [name.translate({ord(c): "_" for c in ",;|"}) for name in names]
    rows = [row[: len(names)] for row in rows]
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([names, *rows])
    found = read(text.getvalue(), text_column="1")
    assert found.delimiter == delimiter
    cells = [list(item.cells.values()) for item in found.items if isinstance(item, Row)]
    assert cells == [row for row in rows if row != [""] or len(names) > 1]


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_training_takes_the_same_options(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text("made by hand\n\nReview|Titel|y\ngood|A|1\nbad|B|0\n")
    options = ReadOptions.of(delimiter="pipe", header_row=3)
    table = read_table(path, text_column=["titel", "1"], label_column="3", options=options)
    assert table.texts == ["A\ngood", "B\nbad"]
    assert table.labels == ["1", "0"]
