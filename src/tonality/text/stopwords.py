"""English stop words: the words that carry grammar and no opinion.

Negations (no, not, n't, never, without, ...), words of contrast (but, however, though) and words of
degree (very, too, so, only, more, most, ...) are not in the list: they turn or weigh what stands
beside them. Clitics are listed as the tokenizer splits them.
"""

from __future__ import annotations

_WORDS = """
a an the this that these those
i me my mine myself we us our ours ourselves you your yours yourself yourselves
he him his himself she her hers herself it its itself they them their theirs themselves
who whom whose which what
am is are was were be been being have has had having do does did doing done
will would shall should can could may might must ought
ca wo sha ai 's 'm 're 've 'll 'd
of at by for with about into through during before after above below to from up down in out
on off over under between among upon toward towards onto within
and or if because as while when where why how than then once here there again also
each other another any some both such own same
"""
ENGLISH = frozenset(_WORDS.split())
