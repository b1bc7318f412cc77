"""What the votes say: win shares, Bradley-Terry strengths, and claim C3. No votes, no numbers."""

import pandas as pd
from matplotlib.figure import Figure

from lib.papers.nst.votes import SIMULATED, real
from lib.report import plots
from lib.report.statistics import Interval, bradley_terry_difference, bradley_terry_intervals, wilson, win_shares

VOTES_A_PAIR = 100
VOTERS = 10
SIZE_GUIDE = (
    f"about {VOTES_A_PAIR} votes of a pair tell 60:40 from 50:50 (+-10 %); four options are six pairs; "
    f"an interval over people needs {VOTERS} voters or more"
)
NATURAL_RATES, LOSS_MINIMUM = ("0.0017", "0.005"), "0.06"  # figure 4's winners, and the minimum of table 1


def counted(votes: pd.DataFrame) -> pd.DataFrame:
    """The rows behind shares and strengths: neither repeats, which are not independent, nor skipped pairs.

    `left_id` and `right_id` become the learning rates, so that votes on several pictures are pooled.
    """
    rows = votes[~votes["is_repeat"] & (votes["choice"] != "skip")]
    return rows.assign(**{f"{side}_id": rows[f"lr_{side}"].map("{:g}".format) for side in ("left", "right")})


def summary(votes: pd.DataFrame) -> str:
    """How many real votes there are, of how many voters, and how many repeated pairs were answered as before."""
    votes = real(votes)
    rows = counted(votes)
    if rows.empty:
        return "no votes yet"
    ties, skipped = (int((votes["choice"] == choice).sum()) for choice in ("cannot decide", "skip"))
    text = f"{len(rows)} votes of {rows['voter'].nunique()} voters; {ties} undecided, {skipped} skipped"
    again = consistency(votes)
    return f"{text}; {again.value:.0%} of {again.n} repeated pairs answered as before" if again.n else text


def consistency(votes: pd.DataFrame) -> Interval:
    """Share of repeated pairs answered as the last time in the session: the same option won, or again neither."""
    rows = votes[votes["choice"] != "skip"].sort_values(["session_id", "trial"])
    left, right, choice = rows["left_id"], rows["right_id"], rows["choice"]
    pair = [" ".join(sorted(both)) for both in zip(left, right, strict=True)]
    winner = left.where(choice == "left", right.where(choice == "right", ""))
    before = winner.groupby([rows["session_id"], pd.Series(pair, rows.index)]).shift()
    again = rows["is_repeat"] & before.notna()
    return wilson(int((winner == before)[again].sum()), int(again.sum()))


def figure(votes: pd.DataFrame) -> Figure | None:
    """Win shares against chance and strengths against their mean, side by side; None if there are no votes yet.

    Carries the watermark `simulated` if any row was not cast by a person.
    """
    rows = counted(votes)
    if rows.empty:
        return None
    shares, strengths = (frame.assign(lr=frame["option"].astype(float)).sort_values("lr")
                         for frame in (win_shares(rows), bradley_terry_intervals(rows, seed=0)))  # fmt: skip
    fig, (left, right) = plots.panels(2, height=1.1 + 0.24 * len(shares))
    plots.intervals(shares.assign(label="lr " + shares["option"]), reference=0.5, ax=left,
                    xlabel="share of comparisons won (Wilson 95 %)")  # fmt: skip
    plots.intervals(strengths.assign(label="lr " + strengths["option"]), value="strength", reference=0, ax=right,
                    xlabel="log strength, Bradley-Terry (95 % over voters)")  # fmt: skip
    return plots.watermark(fig, SIMULATED) if (votes["voter"] == SIMULATED).any() else fig


def shortfall(votes: pd.DataFrame) -> str:
    """What real votes still lack to decide claim C3, with the size guide; empty if nothing."""
    rows = counted(real(votes))
    if rows.empty:
        return f"no votes yet; {SIZE_GUIDE}"
    counts = {rate: int(rows[["left_id", "right_id"]].isin([rate, LOSS_MINIMUM]).all(axis=1).sum())
              for rate in NATURAL_RATES}  # fmt: skip
    lacking = [f"lr {rate} against {LOSS_MINIMUM} has {count} of {VOTES_A_PAIR} votes"
               for rate, count in counts.items() if count < VOTES_A_PAIR]  # fmt: skip
    if (voters := rows["voter"].nunique()) < VOTERS:
        lacking.append(f"{voters} of {VOTERS} voters")
    return "; ".join([*lacking, SIZE_GUIDE]) if lacking else ""


def preferences(votes: pd.DataFrame, seed: int) -> list[Interval]:
    """Claim C3 by real votes: log strength of each natural rate minus that of the loss minimum, 95 % over voters.

    Above 0 people prefer the smaller rate; n counts all comparisons. For votes without a `shortfall`.
    """
    rows = counted(real(votes))
    return [bradley_terry_difference(rows, rate, LOSS_MINIMUM, seed=seed) for rate in NATURAL_RATES]
