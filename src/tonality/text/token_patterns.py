r"""The regular expressions that cut a cleaned text into tokens.

One pattern for texts of ASCII alone (the common and fast case) and one for all others; both are
built from the same parts, so an ASCII stretch is cut alike in either. The engine tries the
alternatives in the order of the list in `token_pattern`. Two rules keep every pattern linear in
the length of the text: no two neighbouring repeats can match the same character, and whatever
may fail after a repeat is possessive (``++``) or fails within that repeat's own run.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tonality.late_pattern import late_pattern

URL = "<url>"
MENTION = "<mention>"
NUMBER = "<number>"
RATINGS = tuple(f"<rating-{level}>" for level in range(1, 6))
PLACEHOLDERS = frozenset({URL, MENTION, NUMBER, *RATINGS})

# Elements of HTML 5 and the old presentational ones. Only these are markup: "<3", "a < b" and
# "<spoilers>" are text.
_ELEMENT_NAMES = """
a abbr acronym address applet area article aside audio b base basefont bdi bdo big blink
blockquote body br button canvas caption center cite code col colgroup data datalist dd del
details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer form frame
frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label
legend li link main map mark marquee menu meta meter nav nobr noframes noscript object ol
optgroup option output p param picture pre progress q rp rt ruby s samp script search
section select small source span strike strong style sub summary sup svg table tbody td
template textarea tfoot th thead time title tr track tt u ul var video wbr
"""
ELEMENTS = frozenset(_ELEMENT_NAMES.split())
# Scripts and styles go with what they hold; without a closing tag they run to the end, as in a
# browser. What they hold is no possessive group, for Python before 3.11.5 matches such wrongly;
# nothing after it can fail. A comment may not hold "<": looking for its end could otherwise read
# the text again and again.
TAG = late_pattern(
    r"<(?:(?P<raw>script|style)\b[^<>]*+>(?:[^<]++|<(?!/(?P=raw)))*(?:</(?P=raw)[^<>]*+>?)?"
    r"|/?(?P<name>[a-z][a-z0-9]*+)(?:[\s/][^<>]*+)?>|!(?:--|doctype|\[cdata)[^<>]*+>)",
    re.IGNORECASE | re.ASCII,
)
ENTITY = late_pattern(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
# Also escaped twice ("&amp;#39;", "&#38;rsquo;"), without its semicolon ("&#39", "&rsquo"), or
# with a space in it ("& #39;", "&rsquo ;").
DAMAGED_ENTITY = late_pattern(
    r"&(?:(?:(?:amp|AMP|#0{0,5}38|#[xX]0{0,4}26);)*(?P<entity>"
    r"#[0-9]{1,7}(?:[ ]?;)?"
    r"|#[xX](?:[0-9a-fA-F]{1,6}[ ]?;"
    r"|0*(?:2[27]|20(?:1[3489cdCD]|26)|(?:9[1-7]|[aA]0)(?![0-9a-fA-F])))"
    r"|[A-Za-z][A-Za-z0-9]{1,31};|(?:apos|[lr][sd]quo|[mn]dash|hellip)(?:[ ];)?|quot\b|nbsp"
    r"|[A-Za-z](?:acute|grave|circ|uml|tilde|cedil|ring))"
    r"|[ ](?P<apart>#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};|(?:apos|[lr][sd]quo|quot|amp|nbsp);))"
)

# Scripts written without spaces: one token a character, with the marks that follow it (Thai, Lao,
# Myanmar, Khmer, kana, bopomofo, Han). Half-width kana are folded to these by NFKC.
_UNSPACED = (
    "\u0e01-\u0e30\u0e32\u0e33\u0e40-\u0e46\u0e81-\u0eb0\u0eb2\u0eb3\u0ebd-\u0ec6\u0edc-\u0edf"
    "\u1000-\u102a\u103f\u1050-\u1055\u1780-\u17b3\u17dc\u3005-\u3007\u3031-\u3035\u3041-\u3096"
    "\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9d\U0001b000-\U0001b16f\U00020000-\U000323af"
)
# Combining marks and joiners, which \w leaves out though they belong to the word they follow. The
# ranges run over letters and digits where no other character sits between two marks.
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1-\u05c2\u05c4-\u05c5\u05c7\u0610-\u061a"
    "\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0711-\u07f3\u07fd\u0816-\u082d"
    "\u0859-\u085b\u0898-\u08e1\u08e3-\u0963\u0981-\u09e3\u09fe-\u0a75\u0a81-\u0ae3\u0afa-\u0b63"
    "\u0b82-\u0bd7\u0c00-\u0c63\u0c81-\u0c83\u0cbc-\u0d4d\u0d57-\u0d63\u0d81-\u0df3\u0e31"
    "\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u0f18-\u0f19\u0f35\u0f37\u0f39"
    "\u0f3e-\u0f84\u0f86-\u0fbc\u0fc6\u102b-\u103e\u1056-\u109d\u135d-\u135f\u1712-\u1734"
    "\u1752-\u1773\u17b4-\u17d3\u17dd\u180b-\u180d\u180f-\u193b\u1a17-\u1a1b\u1a55-\u1a7f"
    "\u1ab0-\u1b44\u1b6b-\u1b73\u1b80-\u1bf3\u1c24-\u1c37\u1cd0-\u1cd2\u1cd4-\u1dff\u200c-\u200d"
    "\u20d0-\u20dc\u20e5-\u20f0\u2cef-\u2cf1\u2d7f-\u2dff\u302a-\u302f\u3099-\u309a\ua66f-\ua672"
    "\ua674-\ua67d\ua69e-\ua6f1\ua802-\ua827\ua82c\ua880-\ua8c5\ua8e0-\ua8f1\ua8ff-\ua92d"
    "\ua947-\ua953\ua980-\ua9c0\ua9e5-\uaa4d\uaa7b-\uaac1\uaaeb-\uaaef\uaaf5-\uaaf6\uabe3-\uabea"
    "\uabec-\uabed\ufb1e\ufe20-\ufe2f\U0001e944-\U0001e94a"
)
# What is never part of a token: controls, variation selectors left alone, surrogates, U+FFFD.
_NOISE = (
    "\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff"
    "\ufe00-\ufe0f\ufeff\ufff0-\uffff\U000e0000-\U000e0fff"
)
EMOJI = (
    "\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2934\u2935\u2b00-\u2bff"
    "\u3030\u303d\u3297\u3299\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff"
)
_EMOJI_PART = "\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"
REGIONAL = "\U0001f1e6-\U0001f1ff"

_PUNCTUATION = r".,;:!?\"'()\[\]{}-"
_SYMBOLS = r"#$%&*+/<=>@\\^_`|~"
# A URL does not end in the punctuation of the sentence around it.
_URL_REST = r"""[^\s<>"]*[^\s<>".,;:!?')\]]"""
# General, CJK, Arabic, Indic, Armenian, Hebrew, Ethiopic and full-width punctuation.
_OTHER_PUNCTUATION = (
    "\u00a1\u00a7\u00ab\u00b6\u00b7\u00bb\u00bf\u037e\u0387\u055a-\u055f\u0589\u058a\u05be\u05c0"
    "\u05c3\u05c6\u05f3\u05f4\u060c\u060d\u061b\u061d-\u061f\u066a-\u066d\u06d4\u0964\u0965\u0970"
    "\u0df4\u0e2f\u0e4f\u0e5a\u0e5b\u1361-\u1368\u17d4-\u17d6\u2010-\u2027\u2030-\u203b\u203d-\u2043"
    "\u2045-\u2051\u2053-\u205e\u2e00-\u2e5d\u3001-\u3003\u3008-\u3011\u3014-\u301f\u3030\u30fb"
    "\ufe10-\ufe19\ufe30-\ufe63\uff01-\uff0f\uff1a-\uff20\uff3b-\uff3d\uff5b-\uff65"
)

# A token that is punctuation and no emoticon.
MARK = late_pattern(rf"\.{{1,3}}|!+|\?+|--?|[{_PUNCTUATION}]|[{_OTHER_PUNCTUATION}]")

# A number and no heart: "in <3 days", but not "thank you all <3 years of fun".
_NUMBERED = (
    r"(?:(?<=\bin<3)|(?<=\bin <3)|(?<=\bwithin<3)|(?<=\bwithin <3)|(?<=\bunder<3)|(?<=\bunder <3))"
    r"[ ]?(?:%|(?:hours?|days?|weeks?|months?|years?|minutes?|km|kg)\b)"
)
_EMOTICONS = (
    # :-) ;) =( :'( :D :P :/ :3, but no ":3" in "Food:3 Service:2" or in "Price :3.50".
    r"[:;=]['\-o^]?(?:\)++|\(++|\]|\[|[dpo*/\\|]"
    r"|3(?<!\w[:;=]3)(?<!\w[:;=]['\-o^]3)(?![.,:]\d))(?![\w/])",
    r"\([-^]?[:;](?![\w/])",  # (:
    # Hearts, whole and broken.
    rf"<3++(?!\w|[.,:]\d|{_NUMBERED})|</3(?!\w)|<[\\]3(?!\w)",
    r">[:;]['-]?[()](?!\w)",  # >:(
    r"\^[-_.]?\^|-_++-|\*_++\*|@_++@|=_++=|>_++<|>\.<",  # ^_^ -_- *_* >.<
    r"\\[oO]/(?!\w)",  # \o/
)
# One alternative, told by its first character: most tokens are none of these.
_MORE_EMOTICONS = (
    r"[:;>()](?:"
    r"(?<=:)(?:'[-o^](?:\)++|\(++)|(?<!\w:)[-']?[cxs@#$&{}<>](?![\w/]))"  # :'-( :c :s :@
    r"|(?<=>)[:;][-']?[\[\]|/\\](?!\w)|(?<=;)_++;"  # >:[ >:/ ;_;
    r"|(?<=[()])(?<!\S[()])[-']?:(?!\S))"  # ): (:
)
EMOTICONS = "|".join((_MORE_EMOTICONS, *_EMOTICONS))
_EMOJI_WHOLE = f"[{EMOJI}][{_EMOJI_PART}]*+"
# Read before words and numbers, which would take a part of them.
_UNICODE_FIRST = (
    r"[0-9#*]\ufe0f?\u20e3",  # keycaps
    f"[{REGIONAL}]{{2}}",  # flags
    f"{_EMOJI_WHOLE}(?:\u200d{_EMOJI_WHOLE})*",
    r"\u02c9?\\_\(\u30c4\)_/\u02c9?",  # the shrug, its arms as cleaning leaves them
    f"[{_UNSPACED}][{_MARKS}]*+",
    # Most words of a text that is not all ASCII are, and so they are read fast.
    r"[a-z][a-z0-9]*+(?![^\x00-\x7f]|(?<=n)'t\b)",
)


class _Characters(NamedTuple):
    """The classes of characters that differ between texts of ASCII alone and others."""

    letter: str
    digit: str
    word: str
    name: str  # in @mentions and #hashtags


_ASCII = _Characters("[a-z]", "[0-9]", "[a-z][a-z0-9]*", r"\w")
_LETTER, _LETTER_OR_DIGIT = rf"[^\W\d_{_UNSPACED}]", rf"[^\W_{_UNSPACED}]"
_OTHER = _Characters(
    _LETTER,
    r"\d",
    f"{_LETTER}{_LETTER_OR_DIGIT}*(?:[{_MARKS}]++{_LETTER_OR_DIGIT}*+)*",
    rf"[\w{_MARKS}]",
)


def token_pattern(
    *,
    ascii_only: bool,
    lower_case: bool,
    drop_punctuation: bool,
    drop_symbols: bool,
    whole_hashtags: bool,
    more_emoticons: bool,
) -> re.Pattern[str]:
    """The pattern whose matches are the tokens of a cleaned text.

    Args:
        ascii_only: the pattern for texts of ASCII characters alone.
        lower_case: whether the texts it will see are lower-cased.
        drop_punctuation: leave punctuation out (emoticons stay).
        drop_symbols: leave other special characters out (emoticons and emoji stay).
        whole_hashtags: ``#fun`` is one token; else it is the word, without its sign.
        more_emoticons: also the rarer ones: ``:'-(``, ``:c``, ``):``.

    Returns:
        A pattern without groups, for `findall` and `finditer`.
    """
    characters = _ASCII if ascii_only else _OTHER
    hashtag = rf"\#(?<!\w\#)(?=[\d_]*+{characters.letter})"
    parts = _common(characters, more_emoticons=more_emoticons)
    if whole_hashtags:
        parts.append(f"{hashtag}{characters.name}+")
    if not drop_punctuation:
        parts += [r"\.\.?\.?", r"!+", r"\?+", r"--?", f"[{_PUNCTUATION}]"]
    if not drop_symbols:
        parts += [r"\*+", f"(?!{hashtag})[{_SYMBOLS}]"]
    if not ascii_only and not drop_punctuation:
        parts.append(f"[{_OTHER_PUNCTUATION}]")
    if not ascii_only and not drop_symbols:
        parts.append(rf"[^\x00-\x7f\w\s{_NOISE}{_MARKS}{_OTHER_PUNCTUATION}]")
    flags = (re.NOFLAG if lower_case else re.IGNORECASE) | (re.ASCII if ascii_only else re.NOFLAG)
    # Turning spaces away first spares them a try of every alternative: a third of the time.
    # Late: they take 2 and 20 ms to compile, and with the compiled encoder few texts need them.
    return late_pattern(f"(?! )(?:{'|'.join(parts)})", flags)


def _common(characters: _Characters, *, more_emoticons: bool) -> list[str]:
    """The alternatives that every setting has, in the order in which they are tried."""
    letter, digit, word, name = characters
    return [
        r"https?://" + _URL_REST,
        r"www\." + _URL_REST,
        *(() if characters is _ASCII else _UNICODE_FIRST),
        # A word gives its "n't" up: "don't" is "do", "n't"; "can't" is "ca", "n't".
        rf"{word}(?!(?<=n)'t\b)",
        r"n't\b",
        rf"{digit}+(?:[.,/:]{digit}+)*{letter}*",  # 7/10, 1,000, 3:30, 80s
        *((_MORE_EMOTICONS,) if more_emoticons else ()),
        *_EMOTICONS,
        "|".join(sorted(PLACEHOLDERS)),
        r"'(?:s|m|d|re|ve|ll)\b",
        rf"@(?<!\w@){name}+",
    ]
