#!/usr/bin/env bash
# scipy 1.17.1: spearmanr, kendalltau and somersd take an ordered categorical column (pandas Categorical,
# polars Enum) and rank its answers by the alphabet. The order that the column carries is ignored, and
# nothing warns. Perfect agreement can come out as -1.0, with a p-value that says it is certain.
#
# Why: scipy turns the column into an array of strings, and ranks strings as numpy sorts them.
# mannwhitneyu refuses the same column with a TypeError; rank() of pandas and polars heeds the order.
# Who is hurt: whoever compares answers on a scale (terrible, poor, good, excellent) with stars, scores or a
# second rater.
# What to do: pass column.cat.codes (pandas), column.to_physical() (polars), or column.rank().
# Known: for plain lists of strings, from an answer on a question-and-answer site. The documentation
# does not say it.
#
# Seen: answers and stars that agree in all 12 rows: spearmanr -1.0, kendalltau -1.0 (p = 0.00007), somersd
# -1.0. By the codes: 1.0.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install -q scipy==1.17.1 numpy==2.4.6 pandas==3.1.1 polars==2.1.0
"$place/venv/bin/python" - <<'PY'
import warnings

warnings.simplefilter("error")
import pandas as pd
import polars as pl
from scipy import stats

scale = ["terrible", "poor", "good", "excellent"]
stars = [1, 2, 3, 4] * 3
by_pandas = pd.Series(pd.Categorical(scale * 3, categories=scale, ordered=True))
by_polars = pl.Series(scale * 3, dtype=pl.Enum(scale))
assert by_pandas.min() == by_polars.min() == "terrible"

for test in (stats.spearmanr, stats.kendalltau, stats.somersd):
    for library, answers, codes in [
        ("pandas", by_pandas, by_pandas.cat.codes),
        ("polars", by_polars, by_polars.to_physical()),
    ]:
        wrong, right = test(answers, stars), test(codes, stars)
        print(
            f"{test.__name__}, {library}: the column {wrong.statistic:.2f} (p = {wrong.pvalue:.1g}),",
            f"its codes {right.statistic:.2f}",
        )
        assert round(right.statistic, 6) == 1
        assert round(wrong.statistic, 6) == -1, f"{test.__name__} heeds the order, or refuses, now"
        assert wrong.pvalue < 0.001

try:
    stats.mannwhitneyu(by_pandas[:6], by_pandas[6:])
except TypeError as error:
    print("mannwhitneyu:", type(error).__name__)
else:
    raise AssertionError("mannwhitneyu takes the column now")
PY
