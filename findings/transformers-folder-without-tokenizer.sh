#!/usr/bin/env bash
# transformers 5.24.0: AutoTokenizer.from_pretrained(FOLDER) of a folder in which only the model was
# saved gives a tokenizer that knows no word. Every word becomes [UNK]; nothing warns. Version 4 raised
# an OSError.
#
# Who is hurt: whoever saves a fine-tuned model, forgets the tokenizer, and loads the folder elsewhere. A
# classifier then answers by the number of words alone, and raises no error.
# What to do: save the tokenizer to the same folder, and check
# len(tokenizer) > len(tokenizer.all_special_ids) after loading.
#
# Seen: "the film was good" and "the film was bad" get the same ids, [2, 1, 1, 1, 1, 3]; the tokenizer has
# 5 tokens, all special.
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
from transformers import AutoTokenizer, BertConfig, BertTokenizer

words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "the", "film", "was", "good", "bad"]
BertConfig(vocab_size=len(words)).save_pretrained("saved")
print("files:", sorted(path.name for path in Path("saved").iterdir()))
tokenizer = AutoTokenizer.from_pretrained("saved", local_files_only=True)
good, bad = (tokenizer(f"the film was {word}")["input_ids"] for word in ("good", "bad"))
print("without the tokenizer's files:", good, bad, "of", len(tokenizer), "tokens")
assert good == bad == [2, 1, 1, 1, 1, 3], "a folder without a tokenizer is refused, or read, now"
assert len(tokenizer) == len(tokenizer.all_special_ids) == 5

BertTokenizer(vocab={word: row for row, word in enumerate(words)}).save_pretrained("saved")
tokenizer = AutoTokenizer.from_pretrained("saved", local_files_only=True)
good, bad = (tokenizer(f"the film was {word}")["input_ids"] for word in ("good", "bad"))
print("with them:", good, bad)
assert (good, bad) == ([2, 6, 7, 8, 9, 3], [2, 6, 7, 8, 10, 3])
PY
