"""tonality tells how people feel from what they write, with LSTM networks.

::

    import tonality

    classifier = tonality.load()
    classifier.predict("I would watch it again tomorrow.").label  # 'positive'
"""

from __future__ import annotations

import typing

from tonality._version import __version__

if typing.TYPE_CHECKING:
    # The rooms that a program may name, such as tonality.scale, apart from those of torch: a type
    # checker would read all of it for everybody. A program that uses them imports them itself.
    from tonality import artifact as artifact
    from tonality import check as check
    from tonality import classifier as classifier
    from tonality import data as data
    from tonality import errors as errors
    from tonality import evaluate as evaluate
    from tonality import explain as explain
    from tonality import measures as measures
    from tonality import network as network
    from tonality import prediction as prediction
    from tonality import scale as scale
    from tonality import score as score
    from tonality import serve as serve
    from tonality import summarise as summarise
    from tonality import tables as tables
    from tonality import text as text
    from tonality.classifier import Classifier, load
    from tonality.errors import (
        ArtifactError,
        ConfigError,
        DataError,
        DependencyError,
        TonalityError,
        TrainingError,
    )
    from tonality.explain.explanation import Explanation
    from tonality.explain.passages import Passage
    from tonality.prediction import Prediction, Predictions
    from tonality.score.score_frame import score_frame

__all__ = [
    "ArtifactError",
    "Classifier",
    "ConfigError",
    "DataError",
    "DependencyError",
    "Explanation",
    "Passage",
    "Prediction",
    "Predictions",
    "TonalityError",
    "TrainingError",
    "__version__",
    "load",
    "score_frame",
]

# The modules that define them. Each is loaded when a name of it is asked for: a help text and a
# shell's completion need none, and importing all takes three times as long.
_HOMES = {
    "tonality.classifier": ("Classifier", "load"),
    "tonality.errors": tuple(name for name in __all__ if name.endswith("Error")),
    "tonality.explain.explanation": ("Explanation",),
    "tonality.explain.passages": ("Passage",),
    "tonality.prediction": ("Prediction", "Predictions"),
    "tonality.score.score_frame": ("score_frame",),
}


if not typing.TYPE_CHECKING:  # type checkers would take any misspelt name for good

    def __getattr__(name: str) -> typing.Any:
        from importlib import import_module

        home = next((module for module, names in _HOMES.items() if name in names), None)
        if home is not None:
            found = globals()[name] = getattr(import_module(home), name)
            return found
        missing = AttributeError(f"module {__name__!r} has no attribute {name!r}")
        if name.startswith("_"):
            raise missing
        try:  # a room, such as tonality.artifact
            return import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{name}":
                raise
            raise missing from None


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
