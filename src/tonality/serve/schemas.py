"""What goes in and out as JSON: checked on the way in, described in OpenAPI both ways."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from tonality.serve.settings import Settings

Share = Annotated[float, Field(ge=0, le=1)]
Number = Annotated[int, Field(ge=0)]


class Exact(BaseModel):
    """A JSON object with these members and no others."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Result(Exact):
    """The verdict on one text."""

    label: str | None = Field(
        description="The verdict, or `uncertain` under the model's band; null without a text."
    )
    score: Share = Field(description="The probability of the verdict; 0 without a text.")
    probabilities: dict[str, Share] = Field(
        description="The probability of each label; without a text its share in the training data."
    )
    tokens_read: Number
    tokens_left_out: Number = Field(description="Tokens of a long text that were not read.")
    tokens_known: Number = Field(description="Tokens read that the model knows.")
    unfamiliar: bool = Field(
        description="Whether the model knows too few of its words, as in another language."
    )


Results = create_model(
    "Predictions",  # its name in OpenAPI, which the list of the package has in Python
    __base__=Exact,
    __doc__="The verdicts, one a text, in the order of the texts.",
    model=(str, ...),
    results=(list[Result], ...),
)


class ReadToken(Exact):
    """A token, where it is in the text in characters (code points), and what it adds."""

    text: str
    start: Number
    end: Number
    contributions: list[float] = Field(description="What it adds to each label's logit.")


class TextPassage(Exact):
    """A passage of the text, and what it says for the label `weighed`, in log-odds."""

    start: Number
    end: Number
    weight: float


class ExplainedResult(Result):
    """The verdict on one text, and what each token added to it."""

    text: str
    unread: Annotated[list[Number], Field(min_length=2, max_length=2)] | None = Field(
        description="The part of the text, from start to end, that was cut out as too long."
    )
    method: str
    labels: list[str]
    logits: list[float]
    bias: list[float]
    remainder: list[float]
    tokens: list[ReadToken]
    weighed: str
    sentences: list[TextPassage]
    phrases: list[TextPassage]


class Explanations(Exact):
    """The explanations, one a text, in the order of the texts."""

    model: str
    results: list[ExplainedResult]


class ModelInfo(Exact):
    """The model that answers."""

    name: str
    version: str = Field(description="Changes whenever the model does.")
    labels: list[str]
    tonality: str = Field(description="The version of the package.")
    accuracy: Share | None = Field(description="As measured when it was trained.")
    abstain: Share = Field(description="The confidence under which a verdict is `uncertain`.")
    max_tokens: Number = Field(description="Most tokens of a text that are read; 0 for all.")
    max_text_length: Number = Field(description="Most characters of a text that are taken.")
    card: str = Field(description="The model card, in Markdown.")


class Status(Exact):
    """How the service is."""

    status: str


def texts_schema(settings: Settings) -> dict[str, Any]:
    """The JSON schema of a request with texts, as :class:`Bodies` checks it."""
    text = Annotated[str, Field(max_length=settings.max_text_length)]
    model = create_model(
        "Texts",
        __base__=Exact,
        __doc__="The texts to read; null is a missing text and counts as empty.",
        texts=(list[text | None], Field(max_length=settings.max_texts)),
    )
    return model.model_json_schema()
