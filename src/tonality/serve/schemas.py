"""What goes in and out as JSON: checked on the way in, described in OpenAPI both ways."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from tonality.serve.settings import Settings

Share = Annotated[float, Field(ge=0, le=1)]
Number = Annotated[int, Field(ge=0)]
Start = Annotated[Number, Field(description="Its first character in the text, counted from 0.")]
End = Annotated[Number, Field(description="The character after its last.")]
ModelName = Annotated[str, Field(description="The name of the model that answered.")]


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
    tokens_read: Number = Field(description="Words and marks of the text that were read.")
    tokens_left_out: Number = Field(description="Tokens of a long text that were not read.")
    tokens_known: Number = Field(description="Tokens read that the model knows.")
    unfamiliar: bool = Field(
        description="Whether the model knows too few of its words, as in another language."
    )


Results = create_model(
    "Predictions",  # its name in OpenAPI, which the list of the package has in Python
    __base__=Exact,
    __doc__="The verdicts, one a text, in the order of the texts.",
    model=(ModelName, ...),
    results=(list[Result], Field(description="A verdict for each text, in the same order.")),
)


class ReadToken(Exact):
    """A token, where it is in the text in characters (code points), and what it adds."""

    text: str = Field(description="The token as the model reads it, mostly in lower case.")
    start: Start
    end: End
    contributions: list[float] = Field(description="What it adds to each label's logit.")


class TextPassage(Exact):
    """A passage of the text, and what it says for the label `weighed`.

    The unit of `weight` is that of the logits: what its tokens add to the label's logit, less the
    mean of what they add to those of the other labels.
    """

    start: Start
    end: End
    weight: float = Field(description="The sum of what its tokens say: over 0 for the label.")


class ExplainedResult(Result):
    """The verdict on one text, and what each token added to it."""

    text: str = Field(description="The text as it was sent.")
    unread: Annotated[list[Number], Field(min_length=2, max_length=2)] | None = Field(
        description="The part of the text, from start to end, that was cut out as too long."
    )
    method: str = Field(description="How the parts were found: `contributions`.")
    labels: list[str] = Field(description="The labels, in the order of all lists of numbers here.")
    logits: list[float] = Field(
        description="The score of each label, before it becomes a probability: `bias`, all "
        "contributions and `remainder` added up."
    )
    bias: list[float] = Field(description="The score of each label for an empty text.")
    remainder: list[float] = Field(description="What the split leaves over; close to 0.")
    tokens: list[ReadToken] = Field(description="The words and marks that were read, in order.")
    weighed: str = Field(description="The label that sentences and phrases are weighed for.")
    sentences: list[TextPassage] = Field(description="The sentences, in order.")
    phrases: list[TextPassage] = Field(
        description="Neighbouring words that speak for the label or against it, in order."
    )


class Explanations(Exact):
    """The explanations, one a text, in the order of the texts."""

    model: ModelName
    results: list[ExplainedResult] = Field(
        description="An explanation for each text, in the same order."
    )


class ModelInfo(Exact):
    """The model that answers."""

    name: str = Field(description="Its name or its folder's.")
    version: str = Field(description="Changes whenever the model does.")
    labels: list[str] = Field(description="What a verdict may be, besides `uncertain`.")
    tonality: str = Field(description="The version of the package.")
    accuracy: Share | None = Field(description="As measured when it was trained.")
    abstain: Share = Field(description="The confidence under which a verdict is `uncertain`.")
    max_tokens: Number = Field(description="Most tokens of a text that are read; 0 for all.")
    max_text_length: Number = Field(description="Most characters of a text that are taken.")
    card: str = Field(description="The model card, in Markdown.")


class Status(Exact):
    """How the service is."""

    status: str = Field(description="`ok` or `ready`; any other answer is a problem.")


def texts_schema(settings: Settings) -> dict[str, Any]:
    """The JSON schema of a request with texts, as
    :class:`tonality.serve.request_bodies.Bodies` checks it."""
    text = Annotated[str, Field(max_length=settings.max_text_length)]
    model = create_model(
        "Texts",
        __base__=Exact,
        __doc__="The texts to read; null is a missing text and counts as empty.",
        texts=(
            list[text | None],
            Field(
                max_length=settings.max_texts,
                description=f"The texts, at most {settings.max_texts:,} of them; null where one is "
                "missing.",
            ),
        ),
    )
    return model.model_json_schema()
