"""The page, one text at a time: in a real browser, with a real service."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from page_browser import ABSTAIN, MAX_TOKENS, WAIT, Visit
from playwright.sync_api import Page, Route, expect
from service import Running, running

from small_models import small_artifact
from tonality import load
from tonality.artifact.model_folder import write

expect.set_options(timeout=WAIT)

Open = Callable[..., Visit]
Start = Callable[..., Running]
HOSTILE = (
    '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
    '<a href="javascript:window.pwned=1">love</a><style>*{display:none}</style>&lt;b&gt; I hate it'
)


def lit(page: Page, **words: list[str]) -> None:
    """Waits until these words are those lit up most, ``up`` or ``down``."""
    for way, expected in words.items():
        expect(page.locator(f"#mirror .{way}.level-4")).to_have_text(expected)


def verdict(page: Page, label: str) -> None:
    """Waits for a verdict."""
    expect(page.locator("#verdict .name")).to_have_text(label)


def test_words_light_up_as_one_types(open_page: Open, service: Running, page_model: Path) -> None:
    page = open_page(service).page
    page.locator("#input").click()
    page.keyboard.type("I love the film")
    verdict(page, "positive")
    lit(page, up=["love"])
    score = load(page_model).predict("I love the film").score
    expect(page.locator("#verdict .how")).to_have_text(f"{score:.1%} probable")
    expect(page.locator("#spoken")).to_have_text(f"positive, {score:.1%}. 4 tokens read.")

    page.keyboard.type(". I hate hate the plot and it was bad")
    verdict(page, "negative")
    lit(page, up=["love"], down=["hate", "hate", "bad"])
    key = page.get_by_role("region", name="How to read it")
    expect(key).to_contain_text("with + speaks for positive, one with − speaks for negative.")
    phrases = page.get_by_role("region", name="What weighs most").locator(".phrases")
    expect(phrases.first.locator("b").first).to_contain_text("+")
    expect(phrases.nth(1).locator("b").first).to_contain_text("−")
    assert (
        page.locator("#mirror").inner_text().rstrip("\u200b")
        == page.locator("#input").input_value()
    )

    # Marks follow their words before there is a new answer.
    page.route("**/v1/explain", lambda route: None)
    page.keyboard.press("Control+Home")
    page.keyboard.type("So, ")
    lit(page, up=["love"])


def test_what_is_typed_before_the_page_is_ready_is_read(open_page: Open, service: Running) -> None:
    page = open_page(service).page
    held: list[Route] = []
    page.route("**/static/main.js", lambda route: held.append(route), times=1)
    page.reload(wait_until="commit")
    page.locator("#input").fill("I love it")
    assert len(held) == 1
    held[0].continue_()
    expect(page.locator("#mirror")).to_contain_text("I love it")
    verdict(page, "positive")


def test_a_text_that_the_browser_brings_back_is_read(open_page: Open, service: Running) -> None:
    page = open_page(service).page
    page.locator("#input").fill("I love it")
    verdict(page, "positive")
    page.goto(f"{service.url}/healthz")
    page.go_back()
    expect(page.locator("#input")).to_have_value("I love it")
    expect(page.locator("#mirror")).to_contain_text("I love it")
    verdict(page, "positive")


def test_only_the_latest_text_is_answered(open_page: Open, service: Running) -> None:
    page = open_page(service).page
    held: list[Route] = []
    page.route("**/v1/explain", lambda route: held.append(route), times=1)
    with page.expect_event("requestfailed") as failed:
        page.locator("#input").fill("I love it")
        expect(page.locator("#reading")).to_have_text("waiting…")
        page.locator("#input").fill("I hate it")
    assert failed.value.url.endswith("/v1/explain")
    assert failed.value.failure == "net::ERR_ABORTED"
    verdict(page, "negative")
    expect(page.locator("#reading")).to_be_empty()


def test_an_answer_meets_an_edited_text(open_page: Open, service: Running) -> None:
    page = open_page(service).page
    held: list[Route] = []
    page.route("**/v1/explain", lambda route: held.append(route))
    page.locator("#input").fill("I love the film. I hate the plot. It was good")
    while not held:
        page.wait_for_timeout(20)
    answer = held[0].fetch()
    page.evaluate("""() => {
        const later = window.setTimeout;
        window.setTimeout = () => 0; // there is no next question
        const field = document.getElementById('input');
        field.setRangeText('Well, I dislike', 17, 23);
        field.dispatchEvent(new Event('input'));
        window.setTimeout = later;
    }""")
    held[0].fulfill(response=answer)
    expect(page.locator("#mirror :is(.level-3, .level-4)")).to_have_text(["love", "good"])
    assert page.locator("#input").input_value().endswith("Well, I dislike the plot. It was good")
    # A sentence leads to where it is now, one that was changed to nowhere.
    sentences = page.get_by_role("region", name="Sentence by sentence").get_by_role("button")
    for chosen in (2, 1):
        sentences.nth(chosen).click()
        assert page.evaluate("document.getSelection().toString()") == "It was good"


def test_pasted_html_stays_text(open_page: Open, service: Running) -> None:
    permissions = ["clipboard-read", "clipboard-write"]
    page = open_page(service, permissions=permissions).page
    page.evaluate("text => navigator.clipboard.writeText(text)", HOSTILE)
    page.locator("#input").click()
    page.keyboard.press("Control+V")
    expect(page.locator("#sheet")).to_have_attribute("data-state", "read")
    assert page.locator("#input").input_value() == HOSTILE
    assert page.locator("#mirror").inner_text().rstrip("\u200b") == HOSTILE
    assert not page.locator("#view-text :is(script, img, style, a)").count()
    assert page.evaluate("window.pwned") is None


def test_the_card_is_shown_and_does_nothing(open_page: Open, service: Running) -> None:
    page = open_page(service, "#model").page
    card = page.locator("#card")
    expect(card.get_by_role("heading")).to_have_text("A card <script>window.pwned = 1</script>")
    expect(card.locator("code")).to_have_text('<img src=x onerror="window.pwned=1">')
    expect(card.get_by_role("link")).to_have_attribute("href", "https://example.org/")
    expect(card.get_by_role("cell").first).to_have_text("<b>good</b>")
    expect(card).to_contain_text("[links](javascript:window.pwned=1)")
    expect(card).not_to_contain_text("license")
    expect(card.locator(".facts")).to_contain_text("negative, positive")
    assert page.evaluate("window.pwned") is None


def test_three_labels_are_said_to_be_three(open_page: Open, start: Start, tmp_path: Path) -> None:
    artifact = small_artifact(classes=3)
    measured = dataclasses.replace(artifact, metrics={"validation": {"accuracy": 0.8614}})
    service = start(write(measured, tmp_path / "three"))
    page = open_page(service).page
    key = page.get_by_role("region", name="How to read it")
    expect(key).to_contain_text("with + speaks for the verdict, one with − speaks against it.")
    page.locator("#input").fill("a good film")
    expect(page.locator("#sheet")).to_have_attribute("data-state", "read")
    label = page.locator("#verdict .ranking li span").first.inner_text()
    expect(key).to_contain_text(f"with + speaks for {label}, one with − speaks against {label}.")
    expect(key).to_contain_text("A weight of 2 counts twice as much as 1.")
    page = open_page(service, "#model").page
    expect(page.locator("#card .facts")).to_contain_text("86.1% over 3 labels")


def test_what_is_left_out_is_grey_and_said(open_page: Open, service: Running) -> None:
    page = open_page(service).page
    filler = "the plot and the film " * 10
    text = f"😀 I love 👩‍👩‍👧 it. {filler}. It was not good 🎬 and I hate hate hate it"
    page.locator("#input").fill(text)
    verdict(page, "negative")
    unread = page.locator("#mirror .unread").inner_text()
    assert "plot and the film" in unread
    assert unread in text
    lit(page, up=["love"], down=["good"])
    left_out = re.search(r"([\d,]+) left out\. The middle", page.locator("#cut").inner_text())
    assert left_out
    assert f"{MAX_TOKENS} tokens read" in page.locator("#cut").inner_text()


def test_uncertain_is_said_so(open_page: Open, service: Running) -> None:
    page = open_page(service).page
    page.locator("#input").fill("love and hate")
    verdict(page, "uncertain")
    expect(page.locator("#verdict .how")).to_contain_text(f"it takes {ABSTAIN:.1%} to say so")
    page.locator("#input").fill("   ")
    expect(page.locator("#verdict")).to_have_text("The verdict will stand here.")
    page.locator("#input").fill("...... ??? !!!")
    nothing = "There is nothing in it that could be read."
    expect(page.locator("#verdict")).to_have_text(nothing)
    expect(page.locator("#spoken")).to_have_text(nothing)


def test_a_sentence_leads_to_its_place(open_page: Open, service: Running) -> None:
    page = open_page(service).page
    page.locator("#input").fill("🎬 I love it. I hate the plot. A film.")
    sentences = page.get_by_role("region", name="Sentence by sentence").get_by_role("button")
    expect(sentences).to_have_count(3)
    sentences.nth(1).press("Enter")
    assert page.evaluate("document.getSelection().toString()") == "I hate the plot."
    expect(page.locator("#input")).to_be_focused()


def test_an_example_is_read(open_page: Open, service: Running) -> None:
    page = open_page(service).page
    page.get_by_role("button", name="Delight").click()
    expect(page.locator("#sheet")).to_have_attribute("data-state", "read")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#sheet")).to_have_attribute("data-state", "empty")
    expect(page.locator("#input")).to_have_value("")


@pytest.mark.parametrize("count", [6_000, 20_000])
def test_of_a_text_longer_than_the_server_takes_the_ends_are_read(
    open_page: Open, service: Running, count: int
) -> None:
    page = open_page(service).page
    page.locator("#input").fill("good")
    verdict(page, "positive")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    page.locator("#input").fill("bad film " + "film bad " * count + "bad")
    verdict(page, "negative")
    expect(page.locator("#cut")).to_have_text(
        f"A text of {9 * count + 12:,} characters: its first and last 24,998 were sent, "
        f"so no words are marked. {MAX_TOKENS} tokens read."
    )
    assert not page.locator("#mirror .word").count()
    expect(page.locator("#view-text .key")).to_have_count(0)
    # How much of the whole text was left out is not known.
    expect(page.locator("#spoken")).to_contain_text(f". {MAX_TOKENS} tokens read. A text of")
    (sent,) = (json.loads(body)["texts"][0] for body in asked)
    assert len(sent) == 49_999
    assert sent.startswith("bad film film bad")
    assert sent.endswith("bad")
    page.locator("#input").fill("good film")
    verdict(page, "positive")
    lit(page, up=["good"])


def test_the_server_goes_away_and_comes_back(open_page: Open, page_model: Path) -> None:
    with running(page_model) as service:
        visit = open_page(service)
        visit.expect_fault("Failed to load resource: net::ERR_")
        page = visit.page
        page.locator("#input").fill("I love it")
        verdict(page, "positive")
        service.process.kill()
        service.process.wait()
        page.locator("#input").fill("I hate it")
        banner = page.locator("#banner")
        expect(banner).to_contain_text("The server does not answer. Nothing is lost.")
        page.locator("#input").fill("I hate it, I really do")
    with running(page_model, service.port):
        verdict(page, "negative")
        expect(banner).to_contain_text("The server is back.")
        expect(banner).to_be_hidden()
        page.locator("#input").fill("I love it again")
        verdict(page, "positive")


def test_a_key_is_asked_for(open_page: Open, start: Start, page_model: Path) -> None:
    service = start(page_model, api_keys="good-key")
    visit = open_page(service)
    visit.expect_fault("status of 401")
    dialog = visit.page.get_by_role("dialog")
    for key, words in (("bad-key", ""), ("good-key", "That key was not accepted.")):
        expect(dialog.get_by_role("alert")).to_have_text(words)
        expect(dialog.get_by_label("API key")).to_have_value("")
        dialog.get_by_label("API key").fill(key)
        dialog.get_by_role("button", name="Use it").click()
    expect(visit.page.locator("#foot")).to_contain_text("model small")
    visit.page.locator("#input").fill("I love it")
    verdict(visit.page, "positive")
    assert visit.page.evaluate("localStorage.length + document.cookie.length") == 0


def test_any_text_is_copied_as_it_is(open_page: Open, service: Running) -> None:
    page = open_page(service).page
    for text in ("sooo good", "a\nb\n", "line\u2028love", "\ud83d love", "\u202e evol"):
        page.evaluate(
            "text => { const field = document.getElementById('input'); field.value = text;"
            " field.dispatchEvent(new Event('input')); }",
            text,
        )
        assert page.evaluate(
            "document.getElementById('mirror').textContent === "
            "document.getElementById('input').value + '\u200b'"
        )
    expect(page.locator("#sheet")).to_have_attribute("data-state", "read")
