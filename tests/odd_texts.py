"""Texts that no one would write, for properties that must hold of any."""

from __future__ import annotations

from hypothesis import strategies as st

# Pieces that have a meaning to some step, so that random texts meet them next to one another.
_MARKUP = "< > <br <br/> <b> </b> <!-- --> <script> </script> <spoiler> & ; &amp; &lt; &#39; &half;"
_LETTERS = "a A I n no don't n't 't ' é e\u0301 \u0301 \u0345 \u1100\u1161\u11a8 \u1161 ﾊﾞ ß Σ İ ı"
_FOLDED = (
    "’ “ ” – — … ½ ﬁ ﷺ ３ Ａ ＠ ＃ \x92 \x96 \xad \u200b \u0149 \u2034 \u203c \u2122 \u2028 \x85"
)
_SIGNS = (
    "0 1 7/10 1,000 3: . .. .... , ! !!! ? - -- * ** _ __ ( ) [ ] : ; = / \\ \x00 \ud800 \uffff"
)
_FACES = ":) :-( :D :'( <3 </3 ^_^ -_- @_@ >:( \\o/ (: ¯\\_(ツ)_/¯ \\_(ツ)_/ ˉ \ue000 \U0001e944"
_EMOJI = (
    "😂 👍🏽 👨\u200d👩 🇬🇧 🇬 1\ufe0f\u20e3 #\u20e3 ❤\ufe0f \u200d \ufe0f 🏽 🏴\U000e0067\U000e007f"
)
_NET = (
    "http:// https://x.y/z. HTTP://A www. www.a.b WWW.C @ @me me@home # #tag #1 #_a_ <url> <number>"
)
_LONG = (
    "sooo SoOoO III xxx www aaa 哈哈哈 हिन्दी ภาษาไทย привет \u0316\u0301\u0316\u0301\u0316\u0301"
)
_DAMAGED = (
    "don â€™ Ã© Ã ðŸ‘Ž â ã¢ ΓÇÖ 鈥檛 \\\\ \\u2019 \\ud83d \\x92 \\n \\' '' ’’ ? %27 =92 #39; &amp; "
    "&#39 &rsquo \ufffd \u02c8 \u055a \u2061 \u034f \x01 ahttps://x 1/5 5* "
    "★ ★☆ star one-star out of #aB D: T_T ): 👎"
)
PIECES = " ".join(
    (_MARKUP, _LETTERS, _FOLDED, _SIGNS, _FACES, _EMOJI, _NET, _LONG, _DAMAGED)
).split(" ")
texts = st.lists(
    st.one_of(st.sampled_from([*PIECES, " ", "\n"]), st.text(st.characters(), max_size=4)),
    max_size=12,
).map("".join)
