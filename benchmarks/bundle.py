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
    "and Lillian Lee, 2005), tweets on US airlines (CrowdFlower, 2015), and the sentences and "
    "phrases of the Stanford Sentiment Treebank in three classes (Richard Socher et al., 2013, "
    "*Recursive Deep Models for Semantic Compositionality Over a Sentiment Treebank*, EMNLP). The "
    "treebank took its sentences from MR: some of either's test part stand in the other's training "
    "part. And short texts of 63 public collections, which `docs/general.md` names with their "
    "sources and licences: tweets (SemEval-2017 task 4, CrowdFlower, Sanders and others), Reddit "
    "(GoEmotions), talk (MELD, EmoryNLP), news (NewsMTSC, MPQA), reviews of restaurants, hotels, "
    "laptops, apps and courses, developers' comments, verse, questions, and facts that nobody "
    "labelled, taken as neutral. 5,253 sentences were made from templates, for praise by negation, "
    "ratings, requests and who people are; no template fits a case of `tonality check`, signs and "
    "bare ratings aside, and no text to learn from is one of its cases. All collections are public "
    "for research; not all carry a licence. Parts of each are held out. "
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
        "The figures are over held-out texts of all collections together: 3,000 of the longer "
        "ones, 6,114 short ones. `docs/general.md` has them by collection, and on whole "
        "collections that a model of this kind did not learn from. There such a student has a mean "
        "macro F1 of 0.625, its teacher, a transformer, 0.638, VADER 0.547. The student went on "
        "from the `general` before it. No teacher of the long reviews had read the held-out ones.",
        "On texts of a kind that it did not learn from, expect a macro F1 of 0.5 to 0.75. "
        "Newspaper sentences and verse a word list judges better.\n"
        "- It passes 81% of the 1,496 cases of `tonality check`, 69% above chance: 95% of those on "
        "facts and 97% on who people are, but 67% on negation, 40% on double negation, 52% on "
        "questions, 25% on mixed opinions.\n"
        "- It takes *long* for blame, as film reviews have it: *The cable is one metre long* is "
        "negative to it. It reads irony as praise nearly half of the time.",
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
