#!/usr/bin/env bash
# transformers 5.24.0: BertTokenizer(vocab_file="vocab.txt"), the way to open a vocabulary up to
# version 4, takes the argument and does not read the file. Every word becomes [UNK]; nothing warns.
#
# Who is hurt: whoever moves code from version 4, or trained a vocabulary and opens it by the old name.
# A model is then trained or run on texts in which all words are one word.
# What to do: BertTokenizer(vocab="vocab.txt"), or BertTokenizer.from_pretrained(FOLDER).
#
# Seen: "the film was good" is [2, 1, 1, 1, 1, 3] by vocab_file and [2, 6, 7, 8, 9, 3] by vocab. A file
# that does not exist is taken by vocab_file just as well.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q numpy==2.4.6 tokenizers==0.23.3 transformers==5.24.0
cd "$place"
HF_HUB_OFFLINE=1 "$place/venv/bin/python" - <<'PY'
import warnings
from pathlib import Path

warnings.simplefilter("error")
from transformers import BertTokenizer, BertTokenizerFast

words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "the", "film", "was", "good", "bad"]
Path("vocab.txt").write_text("\n".join(words) + "\n")
right = BertTokenizer(vocab="vocab.txt")("the film was good")["input_ids"]
print("vocab:", right)
assert right == [2, 6, 7, 8, 9, 3]
for kind in (BertTokenizer, BertTokenizerFast):
    for name in ("vocab.txt", "no-such-file.txt"):
        found = kind(vocab_file=name)("the film was good")["input_ids"]
        print(f"{kind.__name__}, vocab_file={name}:", found)
        assert found == [2, 1, 1, 1, 1, 3], "vocab_file is read, or refused, now"
PY
