"""The temperature that ``general`` ships with.

Training fits one on held-out rows of what taught. Users have other texts. On collections that a
model of its kind did not learn from, it was too sure. So the temperature is raised. How far was
chosen by log loss on collections that were left out (``docs/general.md``).

``python -m benchmarks.general_scaling RUN/model -o DIR`` writes a model so changed, to be measured
by ``benchmarks.short_texts``. ``benchmarks.bundle`` does the same to what ships.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence

from tonality import artifact

WARMER = 1.15  # times the temperature that was fitted


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the model."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("model", help="a model folder of three classes")
    parser.add_argument("-o", "--output", required=True, help="the new model folder")
    options = parser.parse_args(arguments)
    print(artifact.write(scaled(artifact.read(options.model)), options.output, overwrite=True))


def scaled(model: artifact.Artifact) -> artifact.Artifact:
    """The model with that temperature."""
    return dataclasses.replace(model, temperature=round(model.temperature * WARMER, 6))


if __name__ == "__main__":
    main()
