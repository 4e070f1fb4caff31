"""The checks of the documentation can fail: hard English, and requests to other hosts."""

from __future__ import annotations

from pathlib import Path

import check_english
import check_site
import pytest


@pytest.mark.parametrize(
    ("sentence", "breaks"),
    [
        ("It works.", 0),
        ("It reads a text, then it answers.", 1),
        ("First (of two): this; that, those – all.", 5),
        ("1,364 tweets at 12:30 cost 1.5 points in `a, b; c`.", 0),
        ("[a link, or two](https://a.example/b,c;d) counts its words.", 1),
        ("A well-known word - with a dash.", 1),
    ],
)
def test_breaks_are_counted(sentence: str, breaks: int) -> None:
    assert [check_english.breaks(each) for each in check_english.sentences(sentence)] == [breaks]


def test_only_prose_counts() -> None:
    page = (
        "# Title: a, b, c\n\nOne. Two\nlines.\n\n```sh\na, b, c, d\n```\n\n| a, b | c, d |\n\n"
        "<!-- a, b, c -->\n- An item\n- Another, with a comma. And a sentence.\n"
    )
    assert len(check_english.sentences(page)) == 5
    assert check_english.average(page) == pytest.approx(1 / 5)


def test_a_page_that_is_hard_to_read_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "easy.md").write_text("It is short, and it is good. It ends.\n")
    (tmp_path / "hard.md").write_text("Long (so long): with this; that, those.\n\nIt ends.\n")
    assert check_english.main([str(tmp_path / "easy.md")]) == 0
    assert check_english.main([str(tmp_path / name) for name in ("easy.md", "hard.md")]) == 1
    said = capsys.readouterr().out
    assert "easy" not in said
    assert "expected at most 1.3 breaks a sentence, got 2.00" in said


@pytest.mark.parametrize(
    "html",
    [
        '<link rel="stylesheet" href="https://fonts.example/a.css">',
        '<link rel="preconnect" href="//fonts.example">',
        '<script src="http://cdn.example/a.js"></script>',
        '<img src="https://a.example/b.png">',
        '<img srcset="a.png 1x, https://a.example/b.png 2x">',
        '<iframe src="//video.example/1"></iframe>',
        "<style>@import 'https://a.example/b.css';</style>",
        "<style>@font-face{src:url(https://a.example/b.woff2)}</style>",
        '<div style="background:url(//a.example/b.png)"></div>',
    ],
)
def test_a_page_that_asks_another_host_fails(html: str, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(f"<html><head></head><body>{html}</body></html>")
    assert check_site.main(str(tmp_path)) == 1


def test_a_page_that_asks_no_other_host_passes(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<link rel="stylesheet" href="../a.css"><link rel="canonical" href="https://a.example/">'
        '<script src="a.js"></script><a href="https://a.example/">follow</a>'
        '<svg xmlns="http://www.w3.org/2000/svg"></svg><img src="data:image/png;base64,AA==">'
    )
    (tmp_path / "a.css").write_text("a{background:url('b.svg')} /* https://a.example/ */")
    assert check_site.main(str(tmp_path)) == 0
    (tmp_path / "a.css").write_text('@import url("https://a.example/b.css");')
    assert check_site.main(str(tmp_path)) == 1


def test_a_folder_without_pages_fails(tmp_path: Path) -> None:
    assert check_site.main(str(tmp_path)) == 1
