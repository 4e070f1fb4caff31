#!/usr/bin/env bash
# datasets 5.2.0 (Hugging Face): where the function given to Dataset.map returns None for some rows, the
# last row decides about the whole run. If None comes for the last row, every change is undone and the
# old dataset comes back. If it comes for a row in between, that row is lost. Nothing warns. With num_proc
# each part of the rows is decided by its own last row, so one part is changed and another is not.
#
# Why: map notes for each row whether there was something to write, keeps only the last note, and hands
# back its input when that note says no. Rows without an answer are not written.
# Who is hurt: whoever writes "if the text is blank: return" at the top of the function. One would expect
# the row unchanged, or an error. A label or text that was put right is the old one again, or reviews are
# fewer than before, and both hang on where in the file the blank review is.
# What to do: return the row in every branch, and drop rows with filter. Compare the count of rows.
# Known: only that None for the first row is an AttributeError (issue 7671).
#
# Seen: of ["good", " ", "fine"] ["GOOD", "FINE"] is left; ["good", "fine", " "] comes back as it was, and
# so does the first half of ["good", " ", "fine", "bad"] with two processes.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q datasets==5.2.0 pyarrow==26.0.1 pandas==3.1.1 numpy==2.4.6
cd "$place"
export HF_HOME="$place/cache" HF_HUB_OFFLINE=1
cat > tidy.py <<'PY'
import warnings

warnings.simplefilter("error")
from datasets import Dataset, disable_progress_bars


def tidy(row):
    """The text in capitals; nothing is to be done for a blank one."""
    if not row["text"].strip():
        return None
    return {"text": row["text"].upper()}


if __name__ == "__main__":
    disable_progress_bars()
    seen = []
    for texts, processes in [
        (["good", "fine"], None),
        (["good", " ", "fine"], None),
        (["good", "fine", " "], None),
        (["good", " ", "fine", "bad"], 2),
    ]:
        seen.append(Dataset.from_dict({"text": texts}).map(tidy, num_proc=processes)["text"][:])
        print(texts, "->", seen[-1], f"({processes or 1} process{'es' if processes else ''})")
    whole, between, last, parts = seen
    assert whole == ["GOOD", "FINE"]
    assert between == ["GOOD", "FINE"], "a row without an answer is kept, or refused, now"
    assert last == ["good", "fine", " "], "the last row does not undo the others now"
    assert parts == ["good", " ", "FINE", "BAD"], "the parts are treated alike now"
PY
"$place/venv/bin/python" tidy.py
