"""The page for everyone: axe-core in each state, keyboard alone, narrow screens."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from page_browser import WAIT, Visit
from playwright.sync_api import FilePayload, Page, expect
from service import Running

expect.set_options(timeout=WAIT)

Open = Callable[..., Visit]
LONG = "I love it. " + "the plot and the film " * 12 + ". I hate hate it"
FILE = b"text,stars\n" + b"I love it,5\nI hate the plot,1\nlove and hate,3\nbad,row,too\n" * 10


def sound(page: Page) -> None:
    """Nothing for axe-core to find, nothing that sticks out at the side."""
    results = Axe().run(page)
    assert not results.violations_count, results.generate_report()
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def file(content: bytes) -> FilePayload:
    return {"name": "x.csv", "mimeType": "text/csv", "buffer": content}


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_every_state_is_sound(open_page: Open, service: Running, scheme: str, width: int) -> None:
    size = {"width": width, "height": 800}
    page = open_page(service, color_scheme=scheme, viewport=size).page
    expect(page.locator("#foot")).not_to_be_empty()
    sound(page)
    page.locator("#input").fill(LONG)
    expect(page.locator("#cut")).to_be_visible()
    sound(page)
    page.locator("#input").fill("See https://example.com/" + "a-long-address-" * 9)
    assert page.locator("#paper").evaluate("paper => paper.scrollWidth <= paper.clientWidth")
    page.get_by_role("link", name="File").click()
    sound(page)
    chooser = page.get_by_label("choose one")
    chooser.set_input_files(file(b"a,b\nI love it,2\n"))
    expect(page.get_by_role("radio", name="a")).to_be_checked()
    sound(page)
    first, button = page.locator(".choice.first"), page.get_by_role("button", name="Read this")
    box, below = first.bounding_box(), button.bounding_box()
    assert box is not None
    assert below is not None
    assert below["y"] - box["y"] - box["height"] >= 8  # pixels; they touched
    chooser.set_input_files(file(FILE))
    expect(page.locator(".state")).to_contain_text("Done: 40 rows")
    page.get_by_text("The same as a table").click()
    sound(page)
    page.get_by_role("link", name="Model").click()
    sound(page)
    page.evaluate("document.getElementById('banner').hidden = false")
    page.evaluate("document.getElementById('key-dialog').showModal()")
    sound(page)


def test_the_keyboard_is_enough(open_page: Open, service: Running) -> None:
    page = open_page(service).page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Your text")).to_be_focused()
    page.keyboard.type("I love it")
    expect(page.locator("#verdict .name")).to_have_text("positive")
    page.get_by_role("link", name="File").press("Enter")
    expect(page.get_by_role("heading", name="A whole file at once")).to_be_focused()
    assert page.title() == "A whole file at once – tonality"
    page.keyboard.press("Tab")
    expect(page.get_by_label("choose one")).to_be_focused()
    page.go_back()
    expect(page.get_by_label("Your text")).to_have_value("I love it")
