"""Feelings have the same colours wherever they are shown."""

from __future__ import annotations

import re
from pathlib import Path

import tonality
from tonality.drawing import COLOURS
from tonality.explain.highlight import STYLE
from tonality.palette import HUES, NEGATIVE, NEUTRAL, POSITIVE, label_colours

PACKAGE = Path(tonality.__file__).parent


def test_the_page_of_the_service_has_them() -> None:
    style = (PACKAGE / "serve" / "web" / "style.css").read_text(encoding="utf-8")
    for name, hue in {"up": POSITIVE, "middle": NEUTRAL, "down": NEGATIVE}.items():
        assert re.findall(rf"--hue-{name}: ([\d ]+)", style) == [hue.light, hue.dark]


def test_the_report_has_them() -> None:
    folder = PACKAGE / "evaluate" / "report" / "templates"
    style = (folder / "report.css").read_text(encoding="utf-8")
    assert re.findall(r"--c1: (#\w+); --c2: (#\w+)", style)[0] == (POSITIVE.line, NEGATIVE.line)


def test_marked_words_have_them_in_the_light_and_in_the_dark() -> None:
    assert f"--positive: {POSITIVE.light}; --neutral: {NEUTRAL.light};" in STYLE
    assert f"--positive: {POSITIVE.dark}; --neutral: {NEUTRAL.dark};" in STYLE


def test_labels_of_pictures_have_them() -> None:
    assert label_colours(["negative", "neutral", "positive"]) == {
        name: hue.line for name, hue in HUES.items()
    }
    assert label_colours(["POS", "neg"]) == {"POS": POSITIVE.line, "neg": NEGATIVE.line}
    assert label_colours(["no", "yes"]) == {"no": NEGATIVE.line, "yes": POSITIVE.line}
    mixed = label_colours(["mixed", "positive", "1", "2", "3", "4"])
    assert mixed["positive"] == POSITIVE.line
    assert len(set(mixed.values())) == len(mixed)
    many = label_colours([str(number) for number in range(20)])
    assert set(many.values()) == set(COLOURS)


def test_no_other_module_writes_them_down() -> None:
    known = {hue.line for hue in HUES.values()} | {hue.light for hue in HUES.values()}
    known |= {hue.dark for hue in HUES.values()}
    again = [
        f"{path.relative_to(PACKAGE)}: {colour}"
        for path in PACKAGE.rglob("*.py")
        if path.name != "palette.py"
        for colour in known
        if colour in path.read_text(encoding="utf-8").casefold()
    ]
    assert again == []
