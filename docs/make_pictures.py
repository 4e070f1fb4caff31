"""Writes docs/pictures: python docs/make_pictures.py

The page, the report and the chart as the tutorials make them, taken by Debian's Chromium. Needs the
extras train, serve, excel and dev, and a minute.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from page_snippets import Run, service, snippets
from PIL import Image
from playwright.sync_api import Browser, sync_playwright
from sample_files import write_samples

DOCS = Path(__file__).resolve().parent
FOLDER = DOCS / "pictures"
SWITCHES = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
TEXT = "The plot was thin and the seats were hard, but I would watch it again tomorrow."
COLOURS = 256  # enough for flat drawings, at a third of the bytes


def tutorial(name: str, beginning: str, folder: Path) -> None:
    """Runs what a tutorial says, with its commands whole, in a folder."""
    page = (DOCS / "tutorials" / name).read_text(encoding="utf-8")
    run = Run(folder)
    for snippet in snippets(page):
        if snippet.code.startswith(beginning):
            run.run(snippet.whole())


def keep(picture: Path, name: str, width: int) -> None:
    """Stores a picture, so wide, in few colours."""
    with Image.open(picture) as image:
        height = round(image.height * width / image.width)
        small = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
        small.quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(FOLDER / name, optimize=True)


def photograph(
    browser: Browser, address: str, target: Path, *, height: int, text: str = ""
) -> None:
    """Opens an address, types a text where there is a page to type in, and takes the picture."""
    page = browser.new_page(
        viewport={"width": 1100, "height": height},
        color_scheme="light",
        reduced_motion="reduce",
        device_scale_factor=1.5,
    )
    page.goto(address)
    if text:
        page.fill("#input", text)
        page.wait_for_selector("#verdict .name")
        page.wait_for_selector("#mirror .level-4")
    page.screenshot(path=target)
    page.close()


def main() -> None:
    """Takes all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        write_samples(folder)
        tutorial("score-a-spreadsheet.md", "tonality score feedback.xlsx -o scored.xlsx", folder)
        tutorial("score-a-spreadsheet.md", "tonality summarise", folder)
        tutorial("train-your-own.md", "tonality train", folder)
        tutorial("train-your-own.md", "tonality evaluate", folder)
        chromium = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        report = (folder / "report" / "report.html").as_uri()
        photograph(browser, report, folder / "report.png", height=900)
        with service() as address:
            photograph(browser, f"http://{address}/", folder / "page.png", height=820, text=TEXT)
        browser.close()
        for taken in ("page.png", "report.png", "summary.png"):
            keep(folder / taken, taken, 1100)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
