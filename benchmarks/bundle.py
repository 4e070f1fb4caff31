"""Puts a trained model into the package: python -m benchmarks.bundle RUN/model

The model is the run's own; its card gains what a stranger must know of the data.
"""

from __future__ import annotations

import dataclasses
import sys

from tonality import artifact
from tonality.classifier import BUNDLED

# The card's line on the data starts with the name that the training data was read under.
DATA = "- **imdb**: "
ABOUT = (
    "the Large Movie Review Dataset v1.0 (Andrew L. Maas, Raymond E. Daly, Peter T. Pham, Dan "
    "Huang, Andrew Y. Ng and Christopher Potts, 2011, *Learning Word Vectors for Sentiment "
    "Analysis*, ACL; <https://ai.stanford.edu/~amaas/data/sentiment/>): film reviews in English "
    "by users of IMDb, published for research. The validation part was cut from its training "
    "half by movie; none of its test reviews was read. "
)
# Found after this model was trained; training leaves such texts out since.
OVERLAP = (
    "89 of the 5,000 validation reviews stand, without their labels, among the 50,000 unlabelled "
    "ones that made the word vectors. Without these 89 the accuracy is 91.16%."
)
SHORT = (
    "It has read film reviews of some 200 words. On single sentences and other subjects it is "
    "less sure and less right.\n"
    "- Negation in short sentences is its weakest point: it calls *The plot was not awful* "
    "negative. It passes 75% of the 578 cases of `tonality check`, and 18% of those on negation."
)


def main(source: str) -> None:
    """Writes the model as the bundled ``imdb``."""
    model = artifact.read(source)
    if model.card.count(DATA) != 1:
        sys.exit(f"{source}: the card names no data {DATA!r}")
    card = model.card.replace(DATA, DATA + ABOUT)
    card = card.replace("\n## Network and training", f"\n{OVERLAP}\n\n## Network and training")
    card = card.replace("## Limits\n\n", f"## Limits\n\n- {SHORT}\n")
    folder = artifact.write(dataclasses.replace(model, card=card), BUNDLED / "imdb", overwrite=True)
    print(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
