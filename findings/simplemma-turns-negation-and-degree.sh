#!/usr/bin/env bash
# simplemma 2.0.0 gives negated and comparing English words lemmas that say something else:
# dont -> do, wasn't -> be, worse -> wrong, best -> good.
#
# Who is hurt: sentiment models. After lemmatising, "it wasn't worth it" and "it was worth it" are the
# same words, and so are "worse" and "wrong". In German, Dutch or French the negation is a word of its
# own and survives.
# What to do: keep a list of words that negate or compare away from the lemmatiser.
#
# Seen: the four pairs above.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q simplemma==2.0.0
"$place/venv/bin/python" - <<'PY'
import simplemma

words = ["dont", "wasn't", "worse", "best", "didn't", "couldn't"]
seen = {word: simplemma.lemmatize(word, lang="en") for word in words}
print(seen)
expected = {"dont": "do", "wasn't": "be", "worse": "wrong", "best": "good"}
assert {word: seen[word] for word in expected} == expected, "the lemmas are others now"
PY
