"""The paper's two claims, and how a run tests them."""

import pandas as pd

from lib.papers.study import Study
from lib.report import statistics
from lib.report.claims import Claim, Finding, above, says
from lib.spaces.blur import SPACE


def _gain(study: Study, claim: Claim) -> Finding:
    """In dB; the differences are paired, since the draws of noise are the same."""
    rows = study.frame("search").drop_duplicates(["genome", "repeat"]).set_index(["genome", "repeat"])["psnr"]
    narrow, none = (SPACE.text(genome) for genome in ((1, 0), (0, 0)))
    return above(claim, statistics.over_seeds(rows[narrow] - rows[none]), 0)


CLAIMS = [
    Claim("C1", "A blur of width 3, run once, is nearer to the clean picture than the noisy one is", "Table 1", _gain,
          needs=("search",)),
    Claim("E1", "The space has eight blurs", "section 2", says(lambda: (SPACE.size == 8, f"{SPACE.size}")), "smoke"),
]  # fmt: skip


def judge_all(study: Study) -> pd.DataFrame:
    """The verdicts, written to `claims.csv`."""
    return study.judge(CLAIMS)
