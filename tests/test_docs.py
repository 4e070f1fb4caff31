"""The documentation is true: its snippets run, generated pages are current, links lead on."""

from __future__ import annotations

import re
import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_snippets import Run, Snippet, agree, needs_service, service, snippets
from sample_files import write_samples
from stage_site import DOCS, pages, staged

ROOT = DOCS.parent
# Pages with snippets; a page is run once they all are there, and README as one of them.
PAGES = ["README.md", *sorted(path.relative_to(ROOT).as_posix() for path in DOCS.rglob("*.md"))]
WITH_SNIPPETS = [page for page in PAGES if snippets((ROOT / page).read_text(encoding="utf-8"))]
NEEDS = {
    "README.md": ["sklearn"],
    "docs/tutorials/score-a-spreadsheet.md": ["python_calamine", "xlsxwriter", "matplotlib"],
    "docs/tutorials/train-your-own.md": ["torch"],
    "docs/tutorials/adapt-with-few-labels.md": ["sklearn"],
    "docs/tutorials/serve.md": ["fastapi", "httpx"],
}


@pytest.fixture
def _one_thread() -> Iterator[None]:
    """Threads of a small network wait for one another."""
    torch = pytest.importorskip("torch")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def run_page(page: str, run: Run) -> None:
    """Runs its snippets, and compares what they print with what the page shows."""
    for snippet in snippets(page):
        printed = run.run(snippet)
        if snippet.shown is not None and not snippet.note:
            assert agree(snippet.shown, printed), f"run python docs/make_outputs.py\n{printed}"


@pytest.mark.usefixtures("_one_thread")
@pytest.mark.parametrize("name", WITH_SNIPPETS)
def test_the_snippets_of_a_page_run(name: str, tmp_path: Path) -> None:
    for package in NEEDS.get(name, []):
        pytest.importorskip(package)
    page = (ROOT / name).read_text(encoding="utf-8")
    write_samples(tmp_path)
    if not needs_service(page):
        run_page(page, Run(tmp_path))
    elif shutil.which("curl"):
        with service() as address:
            run_page(page, Run(tmp_path, address))


def test_a_snippet_that_fails_or_prints_something_else_is_found(tmp_path: Path) -> None:
    run = Run(tmp_path)
    with pytest.raises(AssertionError, match="expected it to print 'no'"):
        run.run(Snippet("python", "print('yes')  # prints no", "", None))
    with pytest.raises(AssertionError, match=r"score nothing\.csv"):
        run.run(Snippet("shell", "tonality score nothing.csv -o out.csv", "", None))
    with pytest.raises(AssertionError, match="no such extra"):
        run.run(Snippet("shell", "pip install '.[excel,nonsense]'", "", None))
    with pytest.raises(Exception, match="--nonsense"):
        run.run(Snippet("shell", "tonality train --nonsense 1", "not run", None))
    assert agree("a\n...\nz 0 s, 12 a second\n", "a\nb\nc\nz 3 s, 9,000 a second  \n")
    assert not agree("a\n...\nz\n", "a\nb\nc\n")


@pytest.mark.parametrize("page", ["commands", "http", "recipes"])
def test_a_generated_page_is_current(page: str) -> None:
    if page == "http":
        pytest.importorskip("fastapi", reason="the service needs tonality[serve]")
    if page == "recipes":
        pytest.importorskip("torch", reason="training needs tonality[train]")
    written = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    real = runpy.run_path(str(DOCS / f"make_{page}.py"))["reference"]()
    assert written == real, f"run python docs/make_{page}.py"


def test_the_spreadsheet_of_the_tutorials_is_the_table_of_the_notebook(tmp_path: Path) -> None:
    pytest.importorskip("xlsxwriter", reason="tonality[excel] writes spreadsheets")
    runpy.run_path(str(DOCS / "make_spreadsheet.py"))["write"](tmp_path / "feedback.xlsx")
    kept = (DOCS / "tutorials" / "feedback.xlsx").read_bytes()
    assert (tmp_path / "feedback.xlsx").read_bytes() == kept


def test_links_lead_somewhere() -> None:
    for name in [*PAGES, "CONTRIBUTING.md"]:
        page = ROOT / name
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{name} links to {target}"


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    settings = (ROOT / "zensical.toml").read_text(encoding="utf-8")
    assert set(re.findall(r'"([\w/-]+\.md)"', settings)) == set(pages())


def test_links_are_those_of_the_site_once_a_page_is_staged() -> None:
    page = "[a](docs/format.md#x) [b](src/tonality/classifier.py) [c](README.md) ![d](docs/e.png)"
    assert staged(page, "CHANGELOG.md", "changelog.md") == "[a](format.md#x) b c ![d](docs/e.png)"
    page = "[a](../../benchmarks/README.md) [b](serve.md) [c](https://example.com/d.md)"
    assert staged(page, "docs/tutorials/x.md", "tutorials/x.md") == (
        "[a](../benchmarks.md) [b](serve.md) [c](https://example.com/d.md)"
    )
