"""The temperature and the offset that ``general`` ships with.

Training fits a temperature on held-out rows of what taught. Users have other texts. On collections
that a model of its kind did not learn from it was too sure and too rarely neutral; on those that it
knows, each counting alike, too rarely neutral as well. So the temperature is raised and an offset
added to the logit of *neutral*. The temperature was chosen by log loss and macro F1 on collections
that were left out. There the offset was 0.15. Half of it serves better since the model has read
sentences that tell events, on held-out rows of what it knows and on those collections
(``docs/general.md``).

``python -m benchmarks.general_scaling RUN/model -o DIR`` writes a model so changed, to be measured
by ``benchmarks.short_texts``. ``benchmarks.bundle`` does the same to what ships.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tonality import artifact
from tonality.evaluate.model_offsets import with_offsets
from tonality.measures.scaling import Scaling

WARMER = 1.15  # times the temperature that was fitted
NEUTRAL = 0.0  # to be added to the logit of neutral, once that is divided by the temperature


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the model."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("model", help="a model folder of three classes")
    parser.add_argument("-o", "--output", required=True, help="the new model folder")
    options = parser.parse_args(arguments)
    print(artifact.write(scaled(artifact.read(options.model)), options.output, overwrite=True))


def scaled(model: artifact.Artifact) -> artifact.Artifact:
    """The model with that temperature and that offset."""
    temperature = round(model.temperature * WARMER, 6)
    offsets = tuple(NEUTRAL if label == "neutral" else 0.0 for label in model.labels)
    return with_offsets(model, Scaling(temperature, offsets))


if __name__ == "__main__":
    main()
