"""Emoticons as a closed set: every smile is ``:)``, every frown ``:(``, and so on."""

from __future__ import annotations

import re

from tonality.late_pattern import late_pattern
from tonality.text.rewriting import Rewrite

# The plain one of each kind, by the mouth: smile, laugh, tease, frown, doubt, surprise.
_MOUTHS = {
    **dict.fromkeys(")]}>3", ":)"),
    "d": ":d",
    "p": ":p",
    **dict.fromkeys("([{<c@", ":("),
    **dict.fromkeys("/\\|sx#$&", ":/"),
    "o": ":o",
    "*": "<3",
}
_MIRRORED = str.maketrans("()", ")(")
_FACE = late_pattern(r"(>?)([:;=])('?)([-o^~]?)([)\](\[{}<>dpco3/\\|sx@#$&*])\5*")
_TURNED = late_pattern(r"([()])[-^']?([:;])")
_OTHERS = {
    **dict.fromkeys(("^_^", "^^", "^-^", "^.^"), ":)"),
    **dict.fromkeys((";_;", ";__;"), ":'("),
    "<\\3": "</3",
}


def plain_emoticon(token: str) -> str | None:
    """The plain emoticon that a token stands for: ``:-((`` is ``:(``; None for what is none."""
    token = token.lower()
    if re.fullmatch(r"x+d+", token):
        return ":d"
    if re.fullmatch(r"<3+", token):
        return "<3"
    if turned := _TURNED.fullmatch(token):
        token = turned[2] + turned[1].translate(_MIRRORED)
    face = _FACE.fullmatch(token)
    if not face:
        return _OTHERS.get(token)
    angry, eyes, tear, _, mouth = face.groups()
    if eyes == "=" and mouth not in ")(][dp/":
        return None
    plain = _MOUTHS[mouth]
    if plain == ":(" or (angry and plain == ":/"):
        return ":'(" if tear else ":("
    return ";)" if eyes == ";" and plain == ":)" else plain


# Emoticons of letters, which would be cut into words. "D:" is one at the end of a line or before
# punctuation: elsewhere it begins a list.
_OF_LETTERS = late_pattern(
    r"[DTtXxOo](?<!\S.)(?:(?<=D)-?:++(?=\s*+(?:\Z|[^\w\s]))"
    r"|(?:(?<=[Tt])_+[Tt]|(?<=[Xx])_+[Xx]|(?<=[Oo])_+[Oo])(?!\S))"
)


def _of_letters(found: re.Match[str]) -> str:
    first = found[0][0].lower()
    return {"d": " :( ", "t": " :'( ", "x": " :( ", "o": " :o "}[first]


def _may_hold_letters(text: str) -> bool:
    return "_" in text or (":" in text and ("D:" in text or "D-:" in text))


# Emoji as Slack, GitHub and Discord export them.
_WRITTEN = """
+1=👍 thumbsup=👍 -1=👎 thumbsdown=👎 heart=❤ heart_eyes=😍 broken_heart=💔 tada=🎉 100=💯 clap=👏
pray=🙏 ok_hand=👌 joy=😂 smile=😄 slightly_smiling_face=🙂 slightly_frowning_face=🙁 cry=😢
disappointed=😞 angry=😠 rage=😡 confused=😕 unamused=😒 poop=💩
"""
_CODES = dict(pair.split("=") for pair in _WRITTEN.split())
_CODE = late_pattern(rf":(?<!\w:)({'|'.join(map(re.escape, _CODES))}):(?::skin-tone-[2-6]:)?(?!\w)")


def _of_code(found: re.Match[str]) -> str:
    return f" {_CODES[found[1]]} "


READ_EMOTICONS = (
    Rewrite(_OF_LETTERS, _of_letters, _may_hold_letters),
    Rewrite(_CODE, _of_code, lambda text: text.count(":") > 1),
)
