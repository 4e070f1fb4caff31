"""English words that negate or judge. Stems and lemmas leave them alone.

simplemma gives *dont* the lemma *do* and *worse* the lemma *wrong*; Snowball stems *grateful* and
*grating* alike. Where such words share an id with others, a verdict turns.
"""

from __future__ import annotations

_NEGATING = """
no not nor never none nothing nobody nowhere neither without cannot hardly scarcely barely nt
dont doesnt didnt isnt wasnt arent werent havent hasnt hadnt wont wouldnt couldnt shouldnt cant
mustnt neednt mightnt shant aint don't doesn't didn't isn't wasn't aren't weren't haven't hasn't
hadn't won't wouldn't couldn't shouldn't can't mustn't needn't mightn't shan't ain't
"""
_JUDGEMENTS = """
good better best bad badly worse worst well ill wrong right less least more most
great greatest fine finer finest like unlike likely unlikely worth worthy worthless
grateful gratefully grating awful awfully awesome hopeful hopeless careful careless useful useless
helpful helpless thoughtful thoughtless thankful thankless tasteful tasteless painful painless
harmful harmless meaningful meaningless powerful powerless wonderful wonderfully delightful
amazing amazingly stunning stunningly striking unbelievable exclusive effective lively deadly
passive broken challenging overwhelming heroin heroine definitely poorly hard
"""
NEGATIONS = frozenset(_NEGATING.split())
OPINION_WORDS = NEGATIONS | frozenset(_JUDGEMENTS.split())
