"""The page in a real browser, and a real service behind it: the fixtures of its tests."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from service import Running, running

from reading_model import make_artifact
from tonality.artifact.model_folder import write

SWITCHES = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WAIT = 20_000  # milliseconds; a busy machine is no fault of the page
MAX_TOKENS = 30
ABSTAIN = 0.75
CARD = """---
license: other
---

# A card <script>window.pwned = 1</script>

Of **all** the `<img src=x onerror="window.pwned=1">` and [links](javascript:window.pwned=1),
this [one](https://example.org/) is *fine*.

| label | F1 |
|---|---|
| <b>good</b> | 0.9 |
"""


class Visit:
    """A page in a browser, and all that went wrong there.

    Attributes:
        page: the page.
        faults: errors of the page and of the console.
        strangers: requests to other places than the service.
    """

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.faults: list[str] = []
        self.strangers: list[str] = []
        self._own = (address, f"blob:{address}")
        self._expected: list[str] = []
        page.on("console", self._note)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda request: self._follow(request.url))

    def expect_fault(self, *pattern: str) -> None:
        """Lets console errors pass that match one of these: the browser notes failed requests."""
        self._expected += pattern

    def check(self) -> None:
        """Asserts that nothing went wrong."""
        left = [f for f in self.faults if not any(re.search(p, f) for p in self._expected)]
        assert not left, left
        assert not self.strangers, self.strangers

    def _follow(self, address: str) -> None:
        if not address.startswith(self._own):
            self.strangers.append(address)

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)


@pytest.fixture(scope="session")
def page_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model that reads 30 tokens, is not always sure, and has a hostile card."""
    artifact = dataclasses.replace(make_artifact(max_tokens=MAX_TOKENS, abstain=ABSTAIN), card=CARD)
    return write(artifact, tmp_path_factory.mktemp("models") / "small")


@pytest.fixture(scope="session")
def service(page_model: Path) -> Iterator[Running]:
    """A service with that model."""
    with running(page_model) as one:
        yield one


# Not for the session: as long as it is open, its event loop runs, and asyncio.run() is refused.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, as it is."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs Chromium (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Starts services for one test. They end after its pages: what these ask for is not refused."""
    with contextlib.ExitStack() as services:
        yield lambda model, **settings: services.enter_context(running(model, **settings))


@pytest.fixture
def open_page(browser: Browser, start: object) -> Iterator[Callable[..., Visit]]:
    """Opens pages; at the end of the test, none of them may have met a fault or left its origin."""
    visits: list[Visit] = []

    def open_page(service: Running, view: str = "", **settings: Any) -> Visit:
        context = browser.new_context(reduced_motion="reduce", **settings)
        context.set_default_timeout(WAIT)
        address = f"{service.url}/"
        visit = Visit(context.new_page(), address)
        visits.append(visit)
        visit.page.goto(address + view)
        return visit

    yield open_page
    for visit in visits:
        visit.page.context.close()
    for visit in visits:
        visit.check()
