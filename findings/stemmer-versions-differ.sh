#!/usr/bin/env bash
# The stemmer "english" gives other stems in snowballstemmer 3 than in 2, and nltk 3.9.1 gives those of 2:
# organic -> organ becomes organic, paste -> past becomes paste, adding -> ad becomes add.
#
# Who is hurt: whoever stems at prediction time. A model stored its vocabulary of stems under one
# version. Under the other, words that it knew are unknown to it, or are another word, and nothing
# says so. Mixing nltk and snowballstemmer does the same.
# What to do: stem once, when the vocabulary is made, and store which words share a row. Or pin the
# stemmer with the model.
#
# Seen: the stems below. In a vocabulary of 29,500 words of film reviews 43 stems changed.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

stems() {  # VERSION: stems by snowballstemmer VERSION and by nltk
  python3 -m venv "$place/$1"
  "$place/$1/bin/pip" install -q "snowballstemmer==$1" nltk==3.9.1
  "$place/$1/bin/python" - <<'PY'
import snowballstemmer
from nltk.stem.snowball import SnowballStemmer

words = ["organic", "organize", "paste", "evening", "adding", "international", "emergency", "loved"]
one, other = snowballstemmer.stemmer("english"), SnowballStemmer("english")
print("snowballstemmer:", *map(one.stemWord, words))
print("nltk:", *map(other.stem, words))
PY
}

before=$(stems 2.2.0)
after=$(stems 3.1.1)
printf '2.2.0\n%s\n3.1.1\n%s\n' "$before" "$after"
old="organ organ past even ad intern emerg love"
new="organic organiz paste evening add internat emergenc love"
[ "$before" = "snowballstemmer: $old
nltk: $old" ]
[ "$after" = "snowballstemmer: $new
nltk: $old" ]
