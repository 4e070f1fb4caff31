"""Puts a trained model where it ships: python -m benchmarks.bundle NAME RUN/model

``imdb`` and ``general`` go into the package, ``imdb-large`` beside it, to ``models/``. The model is
the run's own; its card gains what a stranger must know of the data and the limits.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import NamedTuple

from benchmarks.predict_speed import ROOT
from tonality import artifact
from tonality.classifier import BUNDLED

FILMS = (
    "the Large Movie Review Dataset v1.0 (Andrew L. Maas, Raymond E. Daly, Peter T. Pham, Dan "
    "Huang, Andrew Y. Ng and Christopher Potts, 2011, *Learning Word Vectors for Sentiment "
    "Analysis*, ACL; <https://ai.stanford.edu/~amaas/data/sentiment/>): film reviews in English "
    "by users of IMDb, published for research. None of its test reviews was read. "
)
CUT = "The validation part was cut from its training half by movie. "
LAST = (
    "It learnt from all labelled reviews, after everything had been chosen, so nothing is left to "
    "measure it on but the test half. The same training on 20,000 of them gave "
)
OTHERS = (
    "Besides: product reviews of 14 categories of Amazon and MR's sentences on films (FDU-MTL: "
    "Pengfei Liu, Xipeng Qiu and Xuanjing Huang, 2017, *Adversarial Multi-task Learning for Text "
    "Classification*, ACL; after John Blitzer, Mark Dredze and Fernando Pereira, 2007, and Bo Pang "
    "and Lillian Lee, 2005), tweets on US airlines (CrowdFlower, 2015), and the sentences of the "
    "Stanford Sentiment Treebank in three classes (Richard Socher et al., 2013, *Recursive Deep "
    "Models for Semantic Compositionality Over a Sentiment Treebank*, EMNLP). Only tweets and "
    "treebank have *neutral*. The treebank took its sentences from MR: some of either's test part "
    "stand in the other's training part. All are public for research; not all carry a licence. "
    "A fifth of each training part is held out. "
)


UNMEASURED = "Not measured.\n\n"


class Notes(NamedTuple):
    """What a card gains.

    Attributes:
        read_as: the name that the training data was read under.
        data: said of the data, after that name.
        results: said under the results.
        limits: said first of the limits.
        place: the folder that the model's is put in.
    """

    read_as: str
    data: str
    results: str
    limits: str
    place: Path = BUNDLED


NOTES = {
    "imdb": Notes(
        "imdb",
        FILMS,
        LAST + "92.22% (95 % interval 91.44% to 92.93%) on the other 5,000, cut by movie, and an "
        "expected calibration error of 1.07%, with the temperature that is kept here "
        "(`docs/results.md`).\n\n"
        "Its teacher has the weights of `models/imdb-large`, whose card has changed since.",
        "It has read film reviews of some 200 words. On single sentences and other subjects it is "
        "less sure and less right; the bundled `general` is meant for those.\n"
        "- Negation in short sentences is its weakest point: it calls *The plot was not awful* "
        "negative. It passes 74% of the 578 cases of `tonality check`, and 28% of those on "
        "negation; of plain facts it is in doubt on 2 of 30.",
    ),
    "imdb-large": Notes(
        "imdb",
        FILMS,
        LAST + "92.60% (95 % interval 91.84% to 93.29%) on the other 5,000, cut by movie "
        "(`docs/results.md`).",
        "It has read film reviews of some 200 words, at a quarter of the speed of `imdb`. "
        "For other subjects and single sentences there is the bundled `general`.\n"
        "- It takes little notice of *not*: *The plot was not awful* is negative to it. It passes "
        "74% of the 578 cases of `tonality check`, and 44% of those on negation.",
        ROOT / "models",
    ),
    "general": Notes(
        "general",
        FILMS + CUT + OTHERS,
        "The figures are over all collections together, of which 5,000 texts are film reviews; by "
        "collection: `docs/general.md`. Its teacher is `imdb-large` that went on with these "
        "collections, 1 x 512 units; it is not shipped. It had learnt from copies of some of these "
        "texts that stand in another collection, 71 of MR's and 65 of the treebank's.",
        "*Neutral* it knows from tweets and from sentences on films; in long reviews it hardly "
        "ever says so, nor of plain facts: of the 30 in `tonality check` it calls none neutral.\n"
        "- Short sentences that turn or weigh a judgement are its weakest point. It passes 77% of "
        "the 578 cases of `tonality check`: 49% of those on negation, 39% on questions, 59% on "
        "comparisons.",
    ),
}


def main(name: str, source: str) -> None:
    """Writes the model as the bundled one of that name."""
    notes, model = NOTES[name], artifact.read(source)
    data = f"- **{notes.read_as}**: "
    if model.card.count(data) != 1:
        sys.exit(f"{source}: the card names no data {data!r}")
    card = model.card.replace(data, data + notes.data)
    heading = "\n## Network and training"
    card = card.replace(heading, f"\n{notes.results}\n{heading}").replace(UNMEASURED, "")
    card = card.replace("## Limits\n\n", f"## Limits\n\n- {notes.limits}\n")
    model = dataclasses.replace(model, card=card)
    print(artifact.write(model, notes.place / name, overwrite=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
